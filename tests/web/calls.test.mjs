// "Something is wrong": what became of a desk's call, and in which order control sees them.

import assert from "node:assert/strict";
import { test } from "node:test";
import "./page.mjs";

const { OwnCalls, callText } = await import("../../web/static/js/calls/asking.js");
const { inOrder, waiting } = await import("../../web/static/js/calls/answering.js");

const SAID = { kind: "stage", words: "No sound" };

/** A desk whose calls are answered when the test says so. */
function desk() {
  const sent = [];
  const calls = new OwnCalls((said) => new Promise((resolve, reject) => sent.push({ said, resolve, reject })), () => 1_000);
  return { calls, sent };
}

/** @param {object} [changes] */
function own(changes) {
  return { type: "call.own", room: "ai", call: { number: 1, by: "lin", role: "judge", ...SAID, at: 900, heard: null, ...changes }, withdrawn: false };
}

const NONE = { type: "call.own", room: "ai", call: null, withdrawn: false };

test("a call is said to wait once control can see it, and to be heard once it was", async () => {
  const { calls, sent } = desk();
  const made = calls.make(SAID);
  assert.equal(calls.now.state, "going");
  sent[0].resolve();
  await made;
  assert.deepEqual(calls.now, { state: "waits", said: SAID, at: 1_000 });
  calls.hear(own({ heard: { by: "anna", at: 1_500 } }));
  assert.deepEqual(calls.now, { state: "heard", said: SAID, at: 1_500 });
  assert.match(callText(calls.now, "judge"), /control heard you/);
});

test("a server that has forgotten the call is called again, but not for one that was heard or taken back", async () => {
  // It was started anew while somebody waited.
  const { calls, sent } = desk();
  calls.hear(own());
  calls.hear(NONE);
  assert.deepEqual(sent.map(({ said }) => said), [SAID]);
  sent[0].resolve();
  await Promise.resolve();
  calls.hear({ ...NONE, withdrawn: true });
  assert.equal(calls.now.state, "none");
  calls.hear(own({ heard: { by: "anna", at: 1_500 } }));
  calls.hear(NONE);
  assert.equal(calls.now.state, "none");
  assert.equal(sent.length, 1);
});

test("the greeting does not take a call away that is on its way", async () => {
  const { calls, sent } = desk();
  const made = calls.make(SAID);
  calls.hear(NONE);
  assert.equal(calls.now.state, "going");
  sent[0].resolve();
  await made;
  assert.equal(calls.now.state, "waits");
  assert.equal(sent.length, 1);
});

test("a call that is refused says why", async () => {
  const { calls, sent } = desk();
  const made = calls.make(SAID);
  sent[0].reject({ text: "This belongs to another room." });
  await made;
  assert.equal(callText(calls.now, "judge"), "This belongs to another room.");
});

test("those that nobody has heard stand first, the oldest on top", () => {
  const call = (number, heard = null) => ({ number, heard: heard && { by: "anna", at: heard } });
  const calls = [call(1, 50), call(2), call(3, 70), call(4)];
  assert.deepEqual(inOrder(calls).map(({ number }) => number), [2, 4, 3, 1]);
  assert.equal(waiting({ section: "calls", calls }), 2);
  assert.equal(waiting(undefined), 0);
});
