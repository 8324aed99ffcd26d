// What a desk does to its room is on its way once, and what became of it is said.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import "./page.mjs";
import { room, session } from "./rooms.mjs";

const { acts, sayingOf } = await import("../../web/static/js/live/acts.js");
const { Refusal } = await import("../../web/static/js/live/commands.js");

let sent;
let said;
let hear;
let see;
const live = {
  command: (type, fields) => new Promise((accept, refuse) => sent.push({ type, fields, accept, refuse })),
  onstate: (listener) => (hear = listener)({ state: "open" }),
  follow: (_room, listener) => (see = listener)(room()),
};

beforeEach(() => {
  sent = [];
  said = { textContent: "from before" };
});

test("an act goes to the desk's room, and what was said before is gone", async () => {
  const act = acts(live, "field", said);
  const done = act("session.add_time", { seconds: 30 });
  assert.deepEqual(sent.map(({ type, fields }) => [type, fields]), [["session.add_time", { room: "field", seconds: 30 }]]);
  assert.equal(said.textContent, "");
  sent[0].accept();
  await done;
  assert.equal(said.textContent, "");
});

test("a refusal is said in the server's words, an outage in ours", async () => {
  const act = acts(live, "field", said);
  const first = act("session.pause", {});
  sent[0].refuse(new Refusal({ code: "room.over", text: "It is over.", retry: false }));
  await first;
  assert.equal(said.textContent, "It is over.");
  const second = act("session.pause", {});
  sent[1].refuse(new Refusal({ code: "live.unanswered", retry: true }));
  await second;
  assert.match(said.textContent, /did not answer/);
});

test("an act without an answer says so within six seconds, and no longer than it waits", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const act = acts(live, "field", said);
  const done = act("session.pause", {});
  mock.timers.tick(6_000);
  assert.match(said.textContent, /^No answer yet/);
  sent[0].accept();
  await done;
  assert.equal(said.textContent, "");
  const next = act("session.resume", {});
  sent[1].accept();
  await next;
  mock.timers.tick(6_000);
  assert.equal(said.textContent, "");
  mock.timers.reset();
});

test("one act at a time; where several may wait, no two that are the same", () => {
  // A second press of "announce" before the first is answered would announce the next place as well.
  const single = acts(live, "field", said);
  void single("result.reveal", { announced: 0 });
  void single("session.pause", {});
  assert.equal(sent.length, 1);
  const several = acts(live, "field", said, { together: true });
  void several("result.reveal", { announced: 0 });
  void several("result.reveal", { announced: 0 });
  void several("session.pause", {});
  assert.equal(sent.length, 3);
});

test("once the line is back, nobody is told to check it", async () => {
  const act = acts(live, "field", said);
  const done = act("session.pause", {});
  hear({ state: "waiting" });
  sent[0].refuse(new Refusal({ code: "live.unanswered", retry: true }));
  await done;
  assert.match(said.textContent, /Check the connection/);
  hear({ state: "open" });
  assert.equal(said.textContent, "");
});

test("a refusal stands until the show has moved on", async () => {
  const act = acts(live, "field", said);
  const done = act("session.pause", {});
  sent[0].refuse(new Refusal({ code: "room.not_possible", text: "Not in this phase.", retry: false }));
  await done;
  see(room({ viewers: 7 }));
  assert.equal(said.textContent, "Not in this phase.");
  see(room({ session: session({ phase: "pitch" }) }));
  assert.equal(said.textContent, "");
});

test("what is said is as old as what it is about", () => {
  const fresh = { back: false, moved: false };
  assert.match(sayingOf({ kind: "unanswered" }, fresh), /^Not done/);
  assert.match(sayingOf({ kind: "long" }, { back: true, moved: true }), /^No answer yet/);
  for (const since of [{ back: true, moved: false }, { back: false, moved: true }]) assert.equal(sayingOf({ kind: "unanswered" }, since), "");
  assert.equal(sayingOf({ kind: "refused", text: "It is over." }, { back: true, moved: false }), "It is over.");
  assert.equal(sayingOf({ kind: "none" }, fresh), "");
});
