// A phase's clock in figures, colours and words.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";

const { clockFace, cue, overdue, remaining, spoken, urgency } = await import("../../web/static/js/live/countdown.js");

const clock = (changes) => ({ duration_ms: 480_000, ends_at: null, remaining_ms: null, warnings_ms: [120_000, 30_000], policy: "warn", ...changes });

test("a second shows until it is over", () => {
  // At 0:00 the time is up, not in a second; overtime counts from there.
  const faces = [480_000, 479_999, 1, 0, -999, -1_000, -61_000].map(clockFace);
  assert.deepEqual(faces, ["8:00", "8:00", "0:01", "0:00", "0:00", "+0:01", "+1:01"]);
});

test("what is left comes from the end while it runs, and is told while it stands", () => {
  assert.equal(remaining(clock({ ends_at: 10_000 }), 4_000), 6_000);
  assert.equal(remaining(clock({ ends_at: 10_000 }), 12_000), -2_000);
  assert.equal(remaining(clock({ remaining_ms: 5_000 }), 99_000), 5_000);
  assert.equal(remaining(clock({}), 99_000), null);
});

test("the first warning and the last one differ, and one alone is not the last", () => {
  const kinds = [null, 200_000, 120_000, 30_000, 0, -5].map((left) => urgency(clock({}), left));
  assert.deepEqual(kinds, ["still", "calm", "warn", "last", "over", "over"]);
  assert.equal(urgency(clock({ warnings_ms: [30_000] }), 10_000), "warn");
});

test("every colour has words beside it, and a clock that stands says so", () => {
  // For whoever cannot see the colour.
  const words = (own) => ["still", "calm", "warn", "last", "over"].map((urgent) => cue(urgent, false, 480_000, own));
  assert.deepEqual(words(true), ["", "of 8:00", "Time to wind up", "Finish now", "Time is up"]);
  assert.deepEqual(words(false), ["", "of 8:00", "Little time left", "Almost over", "Time is up"]);
  assert.equal(cue("last", true, 480_000, true), "Paused");
});

test("what is told aloud is of the phase that is on, and a second that passes is no news", () => {
  const voting = { duration_ms: 120_000, ends_at: 120_000, remaining_ms: null, warnings_ms: [30_000], policy: "advance" };
  assert.equal(spoken("voting", voting, 0).text, "Voting. 2 minutes left");
  assert.equal(spoken("voting", voting, 0).news, spoken("voting", voting, 60_000).news);
  assert.notEqual(spoken("voting", voting, 0).news, spoken("voting", voting, 95_000).news);
  assert.equal(spoken("voting", { ...voting, ends_at: null, remaining_ms: 5_000 }, 0).text, "Voting. Paused. 5 seconds left");
  assert.equal(spoken("closed", clock({}), 0).text, "Closed");
});

test("a moment does not last for ever", () => {
  // "Starts in a moment", read a quarter of an hour after the time on the programme.
  assert.match(overdue(-1_000), /moment/);
  assert.match(overdue(-15 * 60_000), /later than planned/);
});
