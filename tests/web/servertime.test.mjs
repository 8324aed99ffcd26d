// Every desk shows the same second, by the server's clock.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ServerClock } from "../../web/static/js/live/servertime.js";

let monotonic;
let wall;
let clock;

beforeEach((context) => {
  monotonic = 1_000;
  wall = 500_000;
  context.mock.method(performance, "now", () => monotonic);
  context.mock.method(Date, "now", () => wall);
  clock = new ServerClock();
});

/** A ping that took `out` ms there and `home` ms back, of a server that is `ahead`. */
function ping(out, home, ahead) {
  const sent = monotonic;
  monotonic += out;
  const serverNow = monotonic + ahead;
  monotonic += home;
  clock.pong(sent, serverNow);
}

test("the first word of the server is taken until it was measured, and not after", () => {
  clock.hint(9_000);
  assert.equal(clock.now(), 9_000);
  ping(10, 10, 5_000);
  clock.hint(1);
  assert.equal(clock.now(), monotonic + 5_000);
});

test("the quickest answer counts: it can be wrong by the least", () => {
  ping(20, 20, 5_000);
  ping(10, 300, 5_000);
  assert.equal(clock.now(), monotonic + 5_000);
});

test("an answer older than a minute counts no more: crystals drift apart", () => {
  ping(10, 10, 5_000);
  monotonic += 61_000;
  ping(40, 40, 5_300);
  assert.equal(clock.now(), monotonic + 5_300);
});

test("a server whose clock was set is believed at once, however quick its former answers were", () => {
  // Between two items it follows its machine's clock; for a minute pages would show the former time.
  ping(1, 1, 5_000);
  monotonic += 1_000;
  ping(40, 40, 3_605_000);
  assert.equal(clock.now(), monotonic + 3_605_000);
  monotonic += 1_000;
  ping(90, 90, 3_605_010);
  assert.equal(clock.now(), monotonic + 3_605_000);
});

test("an answer to a question that was never asked is left aside", () => {
  ping(10, 10, 5_000);
  clock.pong(monotonic + 50, 99_999_999);
  clock.pong(Number.NaN, 99_999_999);
  assert.equal(clock.now(), monotonic + 5_000);
});

test("a machine that slept measures anew", () => {
  // Its monotonic clock may have stood still meanwhile.
  ping(10, 10, 5_000);
  wall += 20;
  monotonic += 20;
  assert.equal(clock.slept(), false);
  wall += 60_000;
  monotonic += 1_000;
  assert.equal(clock.slept(), true);
  assert.equal(clock.slept(), false);
  ping(200, 200, 7_000);
  assert.equal(clock.now(), monotonic + 7_000);
});
