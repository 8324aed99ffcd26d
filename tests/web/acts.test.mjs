// What a desk does to its room is on its way once, and what became of it is said.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import "./page.mjs";

const { acts } = await import("../../web/static/js/live/acts.js");
const { Refusal } = await import("../../web/static/js/live/commands.js");

let sent;
let said;
const live = { command: (type, fields) => new Promise((accept, refuse) => sent.push({ type, fields, accept, refuse })) };

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
