// What stands on the stage while no picture does.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";
import { PROJECTS, room, rundown, session, slot } from "./rooms.mjs";

const { listening, slateFor } = await import("../../web/static/js/media/slate.js");

const LIVE = { state: "live", retryAt: null, status: null };
const shown = (changes, connection = LIVE) => slateFor(room(changes), PROJECTS, connection);

test("before the first pitch the slate counts down to it", () => {
  const slate = shown({ rundown: rundown(slot("alpha", "waiting", 7_000), slot("beta")) });
  assert.deepEqual([slate.kind, slate.title, slate.until], ["before", "Alpha", 7_000]);
});

test("between two pitches it names the next one, without a countdown", () => {
  // Nobody knows how long the jury takes.
  const slate = shown({ session: session({ slot: "slot-beta", project: "beta" }), rundown: rundown(slot("alpha", "done"), slot("beta")) });
  assert.deepEqual([slate.kind, slate.title, slate.until], ["standby", "Beta", null]);
});

for (const [phase, kind] of [["pitch", "waiting"], ["questions", "waiting"], ["voting", "voting"], ["closed", "closed"]]) {
  test(`in ${phase} it is "${kind}"`, () => assert.equal(shown({ session: session({ phase }) }).kind, kind));
}

test("who is on stage and sends nothing, or sound alone, is not waited for in vain", () => {
  const line = (lanes) => shown({ session: session({ phase: "pitch" }), stage: { section: "stage", lanes, sources: [] } }).line;
  const lines = [line({ main: "alpha/camera" }), line({ "floor-1": "alpha/microphone" }), line({})];
  assert.equal(new Set(lines).size, 3);
  assert.equal(lines[0], "Waiting for the picture");
});

test("after the last project it waits for the result, but not while the jury still votes", () => {
  assert.equal(shown({ session: session({ phase: "closed", over: true }) }).kind, "over");
  assert.equal(shown({ session: session({ phase: "voting", over: true }) }).kind, "voting");
  const revealed = { section: "ceremony", state: "revealed", announced: [], remaining: 0 };
  assert.equal(shown({ session: session({ phase: "closed", over: true }), ceremony: revealed }).title, "The podium is public");
});

test("once the jury has confirmed, nobody waits for that any more", () => {
  const line = (state) => shown({ session: session({ phase: "closed", over: true }), ceremony: { section: "ceremony", state, announced: [], remaining: 3 } }).line;
  assert.match(line("sealed"), /first the judges confirm/);
  assert.match(line("confirmed"), /has confirmed/);
  assert.doesNotMatch(line("revealing"), /confirm/);
});

test("trouble with the connection comes before whatever the room does", () => {
  assert.equal(shown({}, { state: "refused", retryAt: null, status: 403 }).kind, "refused");
  assert.deepEqual(shown({}, { state: "full", retryAt: 9_000, status: null }).until, 9_000);
  assert.equal(slateFor(null, PROJECTS, LIVE).kind, "connecting");
});

test("sound alone names who is heard, and whose choice it was", () => {
  assert.equal(listening(room(), PROJECTS, true).title, "Alpha");
  assert.notEqual(listening(room(), PROJECTS, true).line, listening(room(), PROJECTS, false).line);
  assert.equal(listening(null, PROJECTS, false).title, "Sound only");
});
