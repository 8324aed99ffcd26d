// When silence is unusual: sooner than a browser says so, and never for a rhythm that is only slow.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LISTEN_CLOSELY_EVERY, LISTEN_EVERY, Pulse } from "../../web/static/js/connection/silence.js";

const SOONEST = 500;

/** Moments of doubt, ms. Something comes at each of `moments`; it is listened as a page does, or as `every` says. */
function doubts(moments, until, every) {
  const pulse = new Pulse(SOONEST);
  pulse.begin(0);
  const found = [];
  let bytes = 0;
  for (let now = LISTEN_EVERY; now <= until; ) {
    const before = bytes;
    bytes = moments.filter((at) => at <= now).length;
    if (pulse.listen(bytes, now)) found.push(now);
    now += every?.(now) ?? (bytes === before ? LISTEN_CLOSELY_EVERY : LISTEN_EVERY);
  }
  return found;
}

const rhythm = (every, from, until) => Array.from({ length: Math.floor((until - from) / every) }, (_, at) => from + (at + 1) * every);

test("a way that dies while it carries media is doubted within nine tenths of a second", () => {
  for (let dies = 20_000; dies < 20_500; dies += 30) {
    const [first] = doubts(rhythm(50, 0, dies), dies + 3_000);
    assert.ok(first >= dies + SOONEST && first <= dies + 900, `${first - dies}`);
  }
});

test("a rhythm is usual however slow it is: reports once a second, a room where nobody sends", () => {
  for (const every of [50, 200, 480, 1_000, 2_500, 4_000]) {
    const found = doubts(rhythm(every, 0, 120_000), 120_000);
    assert.deepEqual(found, [], `every ${every}`);
  }
});

test("a room that falls silent by and by is not doubted", () => {
  // As the relay's beats are: each pause half as long again as the last.
  const moments = rhythm(30, 0, 20_000);
  for (let pause = 200; pause < 4_000; pause *= 1.5) moments.push(moments.at(-1) + pause);
  moments.push(...rhythm(4_000, moments.at(-1), 60_000));
  assert.deepEqual(doubts(moments, 60_000), []);
});

test("one false doubt makes the next one later, and doubts rest meanwhile", () => {
  const paused = [...rhythm(50, 0, 20_000), ...rhythm(50, 21_500, 26_000), ...rhythm(50, 27_500, 40_000)];
  assert.equal(doubts(paused, 40_000).length, 1);
  const dead = doubts(rhythm(50, 0, 20_000), 30_000);
  assert.ok(dead.length >= 3, "it is looked after again");
  const rests = dead.slice(1).map((at, number) => at - dead[number]);
  assert.ok(rests.every((rest, number) => rest >= 3_000 * 2 ** number), `ever more rarely: ${rests}`);
});

test("a page that stood still says nothing of the network", () => {
  const asleep = (now) => (now >= 20_000 && now < 21_000 ? 60_000 : LISTEN_EVERY);
  assert.deepEqual(doubts(rhythm(50, 0, 20_000), 80_300, asleep), []);
  // Nor is the time it slept a usual pause: what dies soon after is doubted as soon as ever.
  const [first] = doubts([...rhythm(50, 0, 20_000), ...rhythm(50, 80_000, 86_000)], 90_000, (now) => (now === 20_000 ? 60_000 : undefined));
  assert.ok(first >= 86_000 + SOONEST && first <= 86_900, `${first}`);
});

test("what took another's place knows its pauses; what begins anew learns them first", () => {
  for (const anew of [false, true]) {
    const pulse = new Pulse(SOONEST);
    pulse.begin(0);
    let now = 0;
    for (let signs = 0; now < 20_000; now += 50) pulse.listen((signs += 1), now);
    now += 3_000; // no sign, and then another connection
    pulse.begin(now, anew);
    const since = now;
    for (let signs = 0; now < since + 1_000; now += 50) pulse.listen((signs += 1), now);
    const dies = now;
    let doubted = false;
    for (; now < dies + 900; now += 50) doubted ||= pulse.listen(20, now);
    assert.equal(doubted, !anew);
  }
});
