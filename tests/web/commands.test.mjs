// A command reaches the server once at least, and is acted on once.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Commands, Refusal, commandId } from "../../web/static/js/live/commands.js";

let sent;
let commands;

beforeEach(() => {
  sent = [];
  commands = new Commands((message) => sent.push(JSON.parse(message)));
});

test("what was not answered goes out again, with the same id", async () => {
  // The server knows by the id that it has acted already.
  const answer = commands.issue("session.pause", { room: "field" }, { durable: true });
  commands.resend();
  assert.equal(sent.length, 2);
  assert.deepEqual(sent[0], sent[1]);
  assert.deepEqual(Object.keys(sent[0]).sort(), ["command", "room", "type"]);
  commands.accepted({ type: "command.accepted", command: sent[0].command });
  assert.equal((await answer).command, sent[0].command);
  commands.resend();
  assert.equal(sent.length, 2);
});

test("a refusal carries its code and text to whoever asked", async () => {
  const answer = commands.issue("session.pause", { room: "field" }, { id: "command-1" });
  commands.refused("command-1", new Refusal({ code: "room.over", text: "It is over.", retry: false }));
  await assert.rejects(answer, { name: "Refusal", code: "room.over", text: "It is over.", retry: false, details: {} });
});

test("an answer that nobody waits for does no harm", () => {
  commands.accepted({ type: "command.accepted", command: "unknown-1" });
  commands.refused("unknown-1", new Refusal({ code: "room.over", retry: false }));
});

test("after twelve seconds without an answer it is given up, unless it must not be lost", async (context) => {
  // A button is pressed again; a ballot waits as long as its page lives.
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const button = commands.issue("session.pause", { room: "field" }, {});
  const refused = assert.rejects(button, { code: "live.unanswered", retry: true });
  let settled = false;
  const ballot = commands.issue("session.resume", { room: "field" }, { durable: true }).finally(() => (settled = true));
  context.mock.timers.tick(12_000);
  await refused;
  assert.equal(settled, false);
  commands.accepted({ type: "command.accepted", command: sent[1].command });
  await ballot;
});

test("an id waits once, and no more than a hundred wait at a time", async () => {
  // A page that went wild must not flood the server after an outage.
  const waiting = [commands.issue("session.pause", { room: "field" }, { id: "command-1", durable: true })];
  await assert.rejects(commands.issue("session.pause", { room: "field" }, { id: "command-1" }), { code: "live.busy", retry: true });
  while (waiting.length < 100) waiting.push(commands.issue("session.pause", { room: "field" }, { durable: true }));
  await assert.rejects(commands.issue("session.pause", { room: "field" }, {}), { code: "live.busy" });
  const all = Promise.allSettled(waiting);
  commands.end("live.closed");
  assert.deepEqual(new Set((await all).map(({ reason }) => reason.code)), new Set(["live.closed"]));
});

test("ids are fresh and of the server's form", () => {
  const ids = new Set(Array.from({ length: 1_000 }, commandId));
  assert.equal(ids.size, 1_000);
  for (const id of ids) assert.match(id, /^[A-Za-z0-9_-]{22}$/);
});
