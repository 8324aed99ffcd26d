// What stands between a field and its confirmed result.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";
import { PROJECTS, review, room, rundown, session, slot } from "./rooms.mjs";

const { mayClose, sentence, steps } = await import("../../web/static/js/jury/checklist.js");

const JUDGES = { wu: { name: "Wu Jun" }, petrova: { name: "Anna Petrova" } };
const CLOSED = { number: 1, closed: true };
const OVER = session({ over: true, phase: "closed" });

function progress(...projects) {
  return { section: "progress", projects, revote: null };
}

function votes(project, changes = {}) {
  return { project, open: false, quorum_met: true, judges: [{ judge: "wu", state: "submitted", revision: 1 }], ...changes };
}

const open = (now) => steps(now, PROJECTS, JUDGES).filter((step) => !step.done).map((step) => step.id);

test("a field that is over with all its ballots waits for nothing", () => {
  const now = room({
    session: OVER,
    rundown: rundown(slot("alpha", "done"), slot("beta", "skipped")),
    progress: progress(votes("alpha")),
    review: review({ ready: true, count: CLOSED }),
  });
  assert.deepEqual(open(now), []);
  assert.equal(sentence(now), "The count is closed. You can confirm the result.");
  assert.equal(steps(now, PROJECTS, JUDGES)[0].detail, "Skipped: Beta");
});

test("in the middle of a field, turns, the open vote, quorum and ties are still to come", () => {
  const now = room({ progress: progress(votes("alpha", { open: true, quorum_met: false })), review: review() });
  assert.deepEqual(open(now), ["turns", "open", "quorum", "missing", "count", "ties"]);
});

test("below the quorum it says whose ballot is missing, by name", () => {
  // The chair goes and asks them.
  const judges = [{ judge: "petrova", state: "waiting", revision: 0 }, { judge: "wu", state: "submitted", revision: 1 }];
  const now = room({
    session: OVER,
    rundown: rundown(slot("alpha", "done")),
    progress: progress(votes("alpha", { quorum_met: false, judges })),
    review: review(),
  });
  const quorum = steps(now, PROJECTS, JUDGES).find((step) => step.id === "quorum");
  assert.deepEqual([quorum.done, quorum.detail], [false, "Alpha: no ballot from Anna Petrova"]);
});

test("what hangs on missing ballots is told when the voting is over, and who would be first by the rules' own estimator", () => {
  // Whoever confirms must know that the winner would be another; before, every ballot to come is missing.
  const caveat = {
    absent: [{ project: "beta", judges: ["petrova"] }],
    provisional: true,
    declared: "trimmed-mean",
    used: "mean",
    short: ["beta"],
    needed: 5,
    first: ["alpha"],
  };
  const missing = (changes) => steps(room({ review: review({ caveat }), ...changes }), PROJECTS, JUDGES).find((step) => step.id === "missing");
  assert.deepEqual(missing({}), { id: "missing", done: false, text: "Missing ballots are told when the voting is over.", detail: "" });
  const over = missing({ session: OVER, rundown: rundown(slot("alpha", "done")), progress: progress(votes("alpha")) });
  assert.equal(over.text, "Missing ballots change the rule that counts.");
  assert.equal(
    over.detail,
    "Instead of the trimmed mean, which the rules name, the mean counts for the whole field, because fewer than 5 ballots count for: Beta. " +
      "By the trimmed mean, this would be first: Alpha. " +
      "The result is provisional: a missing ballot could move other projects than its own. No ballot came for Beta from: Anna Petrova.",
  );
});

test("a skipped project without ballots is not below the quorum", () => {
  const now = room({
    session: OVER,
    rundown: rundown(slot("alpha", "done"), slot("beta", "skipped")),
    progress: progress(votes("alpha"), votes("beta", { quorum_met: false, judges: [] })),
    review: review({ ready: true, count: CLOSED }),
  });
  assert.deepEqual(open(now), []);
});

test("ties show only when the count is closed: before that they would tell of scores", () => {
  const tie = { projects: ["alpha", "beta"], waits_for: "chair" };
  const before = room({ rundown: rundown(slot("alpha", "done"), slot("beta")), progress: progress(votes("alpha")), review: review({ ties: [tie] }) });
  assert.equal(steps(before, PROJECTS, JUDGES).at(-1).text, "Ties are shown here when the count is closed.");
  const over = { session: OVER, rundown: rundown(slot("alpha", "done")), progress: progress(votes("alpha")) };
  assert.deepEqual(open(room({ ...over, review: review({ ties: [tie] }) })), ["count", "ties"]);
  assert.equal(sentence(room({ ...over, review: review() })), "All votes are in. Close the count, and you are told of ties.");
  const after = room({ ...over, review: review({ ties: [tie], count: CLOSED }) });
  assert.deepEqual(open(after), ["ties"]);
  assert.equal(sentence(after), "A tie waits for your vote.");
});

test("an open re-vote and a late ballot each hold the result up", () => {
  const revote = { round: 2, projects: [votes("alpha", { open: true })] };
  const now = room({
    session: OVER,
    rundown: rundown(slot("alpha", "done")),
    progress: { ...progress(votes("alpha")), revote },
    review: review({ late: [{ judge: "wu", project: "alpha", late: 9, at: 0, replaces: false }] }),
  });
  assert.deepEqual(open(now), ["open", "late", "count", "ties"]);
  assert.equal(sentence(now), "The re-vote is open.");
});

for (const [state, said] of [
  ["awaiting", "You have confirmed. The organiser has yet to sign."],
  ["confirmed", "Confirmed. The organiser announces the places."],
  ["revealing", "The places are being announced."],
  ["revealed", "The podium is public."],
]) {
  test(`a result that is ${state} says so`, () => assert.equal(sentence(room({ review: review({ state }) })), said));
}

test("the count is closed once all are over, and neither a vote is open nor a late ballot waits", () => {
  const over = { session: OVER, rundown: rundown(slot("alpha", "done")), progress: progress(votes("alpha")), review: review() };
  assert.equal(mayClose(room(over)), true);
  const late = [{ judge: "wu", project: "alpha", late: 9, at: 0, replaces: false, decided_by: "chair" }];
  for (const changes of [
    { session: session() },
    { progress: progress(votes("alpha", { open: true })) },
    { review: review({ late }) },
    { review: review({ count: CLOSED }) },
    { review: review({ state: "confirmed", count: CLOSED }) },
  ]) {
    assert.equal(mayClose(room({ ...over, ...changes })), false);
  }
});

test("while the jury votes on a question, that is what is waited for, and no tie is said to be settled", () => {
  // The list of ties is empty then: nothing of it hangs on votes that are coming in.
  const newest = { question: 9, award: null, projects: ["alpha", "beta"], jury: ["wu"], voted: [], until: 1, state: "open", quorum: 1, decided_by: "chair" };
  const done = rundown(slot("alpha", "done"), slot("beta", "done"));
  const counted = { session: OVER, rundown: done, progress: progress(votes("alpha"), votes("beta")) };
  const now = room({ ...counted, review: review({ count: CLOSED }), questions: { section: "questions", newest } });
  assert.deepEqual(open(now), ["open", "ties"]);
  assert.equal(sentence(now), "The jury votes on a question.");
});

test("an award that waits for a vote holds up the result, but not one for which nobody came", () => {
  const done = { session: OVER, rundown: rundown(slot("alpha", "done")), progress: progress(votes("alpha")) };
  const waiting = { award: "best-team", waits_for: "jury", question: 0, level: [], projects: [], missed: false, decided_by: "chair" };
  assert.deepEqual(open(room({ ...done, review: review({ count: CLOSED, unvoted: [waiting] }) })), ["awards"]);
  assert.deepEqual(open(room({ ...done, review: review({ count: CLOSED, unvoted: [{ ...waiting, missed: true }] }) })), []);
});
