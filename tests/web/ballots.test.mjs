// A judge's ballots between this browser and the store, and what each card says of them.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import "./page.mjs";
import { PROJECTS, room, rundown, session, slot } from "./rooms.mjs";

globalThis.addEventListener = () => {};
const { Ballots, cardKey, cardOf } = await import("../../web/static/js/jury/ballots.js");
const { Cards } = await import("../../web/static/js/jury/cards.js");
const { Refusal } = await import("../../web/static/js/live/commands.js");

/** A connection that hands its commands to the test. */
class Live {
  state = "open";
  sent = [];
  refreshed = 0;
  #own = () => {};
  #changed = () => {};

  on(type, listener) {
    if (type === "ballot.own") this.#own = listener;
    if (type === "ballot.changed") this.#changed = listener;
  }

  /** Something was done on another socket. */
  change(room) {
    this.#changed({ type: "ballot.changed", room, project: "alpha" });
  }

  /** What the store holds, as it tells it after `follow`. */
  tell(changes) {
    this.#own({ type: "ballot.own", room: "field", ballots: [], recused: [], late: [], revote: [], set_aside: [], ...changes });
  }

  command(type, fields, options = {}) {
    return new Promise((accept, refuse) => this.sent.push({ type, fields, ...options, accept, refuse }));
  }

  refresh() {
    this.refreshed += 1;
  }

  now() {
    return 1_000;
  }
}

const SCORES = { team: 7, market: 5 };
const stored = (changes = {}) => ({ project: "alpha", revision: 1, scores: SCORES, recused: false, receipt: null, abstained: false, round: 1, ...changes });
const receipt = (changes = {}) => ({ revision: 1, scores: SCORES, abstained: false, late: false, round: 1, ...changes });
const windows = (...list) => ({ section: "windows", windows: list.map((one) => ({ open: true, closes_at: null, round: 1, ...one })) });
const settled = () => new Promise((resolve) => setImmediate(resolve));

let live;
let ballots;
let cards;
let refused;

beforeEach(() => {
  globalThis.window = {};
  live = new Live();
  refused = [];
  ballots = new Ballots(live, "field", "judge");
  ballots.onrefused = (key, { code }) => refused.push([key, code]);
  cards = new Cards(ballots, live, PROJECTS);
  cards.room = room({ session: session({ phase: "voting" }), windows: windows({ project: "alpha" }) });
});

test("a card is a project, in a re-vote with its round", () => {
  assert.equal(cardKey("alpha", 1), "alpha");
  assert.deepEqual(cardOf(cardKey("alpha", 1)), { project: "alpha", round: 1 });
  assert.deepEqual(cardOf(cardKey("alpha", 3)), { project: "alpha", round: 3 });
});

test("a ballot is the judge's until the store has it", async () => {
  // Only an answer of the store may take it off this browser's hands.
  ballots.keep("alpha", SCORES);
  void ballots.cast("alpha", SCORES);
  assert.equal(ballots.isUnderway("alpha"), true);
  assert.equal(cards.note("alpha", undefined).kind, "busy");
  const [{ type, fields, durable, accept }] = live.sent;
  assert.deepEqual([type, fields, durable], ["ballot.cast", { room: "field", project: "alpha", scores: SCORES, expected_revision: 0 }, true]);
  accept({ type: "ballot.accepted", command: "c", receipt: receipt() });
  await settled();
  assert.equal(ballots.isUnderway("alpha"), false);
  assert.equal(ballots.draft("alpha"), null);
  assert.equal(cards.tabState("alpha"), "submitted");
});

test("pressed twice, it goes out once", () => {
  void ballots.cast("alpha", SCORES);
  void ballots.cast("alpha", SCORES);
  assert.equal(live.sent.length, 1);
});

test("the next ballot names the revision it replaces", async () => {
  // Two tabs of one judge must not overwrite each other unseen.
  live.tell({ ballots: [stored({ revision: 4 })] });
  void ballots.cast("alpha", { ...SCORES, team: 9 });
  assert.equal(live.sent[0].fields.expected_revision, 4);
  live.sent[0].refuse(new Refusal({ code: "ballot.stale", text: "Newer.", retry: false, details: { revision: 6 } }));
  await settled();
  assert.deepEqual(refused, [["alpha", "ballot.stale"]]);
  assert.deepEqual(ballots.draft("alpha"), { ...SCORES, team: 9 });
  assert.equal(live.refreshed, 1);
  void ballots.cast("alpha", { ...SCORES, team: 9 });
  assert.equal(live.sent[1].fields.expected_revision, 6);
});

test("what the store cannot take just now is sent again with the same id", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  void ballots.cast("alpha", SCORES);
  live.sent[0].refuse(new Refusal({ code: "store.away", retry: true }));
  await settled();
  context.mock.timers.tick(2_000);
  await settled();
  assert.deepEqual(live.sent.map((one) => one.id), [live.sent[0].id, live.sent[0].id]);
  assert.deepEqual(refused, []);
});

test("a re-vote's ballot goes out with its round and is another card's", async () => {
  void ballots.cast("alpha@2", SCORES);
  assert.deepEqual(live.sent[0].fields, { room: "field", project: "alpha", scores: SCORES, expected_revision: 0, round: 2 });
  live.sent[0].accept({ type: "ballot.accepted", command: "c", receipt: receipt({ round: 2 }) });
  await settled();
  assert.equal(ballots.own.has("alpha"), false);
  assert.equal(ballots.own.has("alpha@2"), true);
});

test("scores that say what is stored are no draft; others are unfinished", () => {
  live.tell({ ballots: [stored()] });
  ballots.keep("alpha", { ...SCORES });
  assert.equal(ballots.isUnfinished("alpha"), false);
  ballots.keep("alpha", { ...SCORES, team: 8 });
  assert.equal(ballots.isUnfinished("alpha"), true);
  assert.equal(cards.tabState("alpha"), "changed");
  ballots.keep("alpha", {});
  assert.equal(ballots.draft("alpha"), null);
});

test("a conflict ends the card, its draft too", () => {
  ballots.keep("alpha", SCORES);
  live.tell({ recused: ["alpha"] });
  assert.equal(ballots.draft("alpha"), null);
  assert.equal(cards.canSubmit("alpha"), false);
  assert.equal(cards.tabState("alpha"), "recused");
});

test("a closed window takes a late ballot, and the chair's word decides", () => {
  cards.room = room({ session: session({ phase: "closed" }), windows: windows({ project: "alpha", open: false }) });
  assert.equal(cards.isLate("alpha"), true);
  assert.equal(cards.canSubmit("alpha"), true);
  live.tell({ late: [stored({ receipt: receipt({ late: true }) })] });
  assert.equal(cards.tabState("alpha"), "late");
  live.tell({});
  assert.match(cards.note("alpha", undefined).text, /did not accept your late ballot/);
  live.tell({ late: [stored({ revision: 2, receipt: receipt({ revision: 2, late: true }) })] });
  live.tell({ ballots: [stored({ revision: 2, receipt: receipt({ revision: 2, late: true }) })] });
  assert.match(cards.note("alpha", undefined).text, /accepted your late ballot/);
});

test("a window is over when its time is, whether or not the server has said so", () => {
  cards.room = room({ windows: windows({ project: "alpha", closes_at: 1_000 }) });
  assert.equal(cards.windowState("alpha"), "closed");
  cards.room = room({ windows: windows({ project: "alpha", closes_at: 1_001 }) });
  assert.equal(cards.windowState("alpha"), "open");
  assert.equal(cards.windowState("beta"), "never");
});

test("the cards of the newest re-vote alone are called for", () => {
  const list = [{ project: "alpha" }, { project: "alpha", round: 2 }, { project: "beta", round: 3 }, { project: "gamma", round: 3 }];
  cards.room = room({ windows: windows(...list) });
  assert.deepEqual(cards.revoteCards(), ["beta@3", "gamma@3"]);
});

test("ballots that the chair has set aside are told apart, until they are restored", () => {
  live.tell({ ballots: [stored()], set_aside: ["alpha"] });
  assert.equal(cards.tabMark("alpha"), "set aside");
  assert.match(cards.whyNot("alpha"), /does not count/);
  live.tell({ ballots: [stored()] });
  assert.equal(cards.tabMark("alpha"), "submitted");
});

test("once everybody has seen the judges' scores of a project there is no handing in late", () => {
  // The desk would offer what the store refuses.
  const seen = { section: "cards", told: "after-each", projects: [{ project: "alpha", at: 1, cards: [], score: "80.00", estimator: "mean", penalty: "" }] };
  const closed = { windows: windows({ project: "alpha", open: false }, { project: "beta", open: false }) };
  cards.room = room(closed);
  assert.equal(cards.canSubmit("alpha"), true);
  cards.room = room({ ...closed, cards: seen });
  assert.equal(cards.canSubmit("alpha"), false);
  assert.match(cards.whyNot("alpha"), /stand as they are/);
  assert.equal(cards.canSubmit("beta"), true);
});

test("after the result is confirmed no ballot changes", () => {
  const confirmed = { section: "ceremony", state: "confirmed", announced: [], remaining: 3 };
  cards.room = room({ ceremony: confirmed, windows: windows({ project: "alpha" }) });
  assert.equal(cards.canSubmit("alpha"), false);
  assert.match(cards.whyNot("alpha"), /confirmed/);
});

test("a card that cannot be submitted yet says what it waits for", () => {
  cards.room = room({ rundown: rundown(slot("alpha", "live"), slot("beta"), slot("gamma", "skipped")), session: session({ phase: "pitch" }) });
  assert.match(cards.whyNot("alpha"), /Voting opens after the questions/);
  assert.match(cards.whyNot("beta"), /has not pitched yet/);
  assert.match(cards.whyNot("gamma"), /skipped/);
  assert.equal(cards.tabMark("alpha"), "on stage");
});

test("a judge is told within six seconds what becomes of a ballot without an answer", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  void ballots.cast("alpha", SCORES);
  assert.match(cards.note("alpha", undefined).text, /^Sending/);
  mock.timers.tick(6_000);
  assert.match(cards.note("alpha", undefined).text, /^No answer yet\. Your ballot is kept in this browser/);
  live.sent[0].accept({ type: "ballot.accepted", command: "c", receipt: receipt() });
  mock.timers.reset();
  await settled();
  assert.equal(cards.note("alpha", undefined).kind, "good");
});

test("an abstention and a conflict are sent again until the store has them, each under its one id", async () => {
  // The refusal said that it was tried again; nothing was.
  mock.timers.enable({ apis: ["setTimeout"] });
  for (const act of [() => ballots.abstain("alpha", "ill"), () => ballots.recuse("alpha", "my brother's")]) {
    live.sent.length = 0;
    void act();
    assert.match(cards.note("alpha", undefined).text, /^Sending/);
    live.sent[0].refuse(new Refusal({ code: "store.away", retry: true }));
    await settled();
    mock.timers.tick(4_000);
    await settled();
    assert.match(cards.note("alpha", undefined).text, /sent again as long as this page is open/);
    assert.equal(live.sent.length, 2);
    assert.equal(live.sent[0].id, live.sent[1].id);
    live.sent[1].accept({ type: "ballot.accepted", command: "c" });
    await settled();
    assert.equal(ballots.isUnderway("alpha"), false);
  }
  mock.timers.reset();
  assert.deepEqual(refused, []);
});

test("what was changed on another device is looked at, and said with its time", () => {
  const said = [];
  ballots.onelsewhere = (key, at) => said.push([key, at]);
  live.tell({ ballots: [stored({ receipt: receipt({ command: "before-this-page", cast_at: 1 }) })] });
  assert.deepEqual(said, [], "what there was before this page is no news");
  live.change("another-field");
  assert.equal(live.refreshed, 0);
  live.change("field");
  assert.equal(live.refreshed, 1);
  const newer = receipt({ revision: 2, command: "by-somebody-else", cast_at: 723_000 });
  live.tell({ ballots: [stored({ revision: 2, receipt: newer })] });
  live.tell({ ballots: [stored({ revision: 2, receipt: newer })] });
  assert.deepEqual(said, [["alpha", 723_000]], "once");
});

test("a draft outlives what is changed elsewhere, and one's own ballot is no news", async () => {
  const said = [];
  ballots.onelsewhere = (key, at) => said.push([key, at]);
  live.tell({});
  ballots.keep("alpha", { team: 1, market: 1 });
  live.tell({ ballots: [stored({ receipt: receipt({ command: "by-somebody-else", cast_at: 5 }) })] });
  assert.deepEqual(ballots.draft("alpha"), { team: 1, market: 1 });
  assert.ok(ballots.isUnfinished("alpha"));
  void ballots.cast("alpha", { team: 1, market: 1 });
  const [{ id }] = live.sent;
  live.tell({ ballots: [stored({ revision: 2, scores: { team: 1, market: 1 }, receipt: receipt({ revision: 2, command: id, cast_at: 6 }) })] });
  assert.deepEqual(said, [["alpha", 5]]);
});

test("a conflict that was declared elsewhere is news too", () => {
  const said = [];
  ballots.onelsewhere = (key) => said.push(key);
  live.tell({});
  live.tell({ ballots: [stored({ recused: true, scores: {}, receipt: receipt({ command: "by-somebody-else", cast_at: 5 }) })] });
  assert.deepEqual(said, ["alpha"]);
});
