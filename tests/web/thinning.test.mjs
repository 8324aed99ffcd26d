// What a camera is sent as on a thin line.
import assert from "node:assert/strict";
import test from "node:test";

import { thinned, Thinning } from "../../web/static/js/media/thinning.js";

const LAYERS = [
  { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 150_000, active: true },
  { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 500_000, active: true },
  { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 1_500_000, active: true },
];
const ONE = [{ maxBitrate: 1_500_000, active: true }];
const PICTURE = { width: 960, height: 540, frameRate: 15 };

/** All plans that come of these estimates, one each second, the first after ten; `filled`: which share of it is sent, by plan. */
function walk(layers, rooms, uprate = null, filled = () => 0.85) {
  const thinning = new Thinning(layers, PICTURE, uprate, 0);
  const seen = [{ ...thinning.plan, at: 0 }];
  rooms.forEach((room, second) => {
    if (thinning.follow(room, filled(thinning.plan, second) * room, 10_000 + second * 1000)) seen.push({ ...thinning.plan, at: second });
  });
  return seen;
}

const steady = (room, seconds) => Array.from({ length: seconds }, (_, at) => room * (1 + 0.13 * Math.sin(at)));

test("a good line keeps all layers, whatever the estimate's swing", () => {
  assert.equal(walk(LAYERS, steady(2_500_000, 60)).length, 1);
});

test("before it has grown, an estimate says nothing", () => {
  const thinning = new Thinning(LAYERS, PICTURE, null, 0);
  for (let now = 0; now < 3_000; now += 500) assert.equal(thinning.follow(300_000, 300_000, now), false);
});

test("where the large picture has no room any more, it is sent with the smallest beside it, then alone", () => {
  assert.equal(walk(LAYERS, steady(1_400_000, 60)).at(-1).send, "ends");
  const { send, scale } = walk(LAYERS, steady(1_000_000, 60)).at(-1);
  assert.deepEqual([send, scale], ["top", 1]);
});

test("a picture that loses frames gets smaller, and no smaller than it must", () => {
  assert.deepEqual(walk(ONE, steady(1_000_000, 60)).at(-1).scale, 1);
  assert.deepEqual(walk(ONE, steady(440_000, 60)).at(-1).scale, 1.5);
  assert.deepEqual(walk(ONE, steady(250_000, 60)).at(-1).scale, 2);
  assert.deepEqual(walk(ONE, steady(1, 60)).at(-1).scale, 4);
});

test("a swing of a quarter, as estimates have it on a steady line, takes nothing up again", () => {
  for (let room = 200_000; room < 3_000_000; room += 50_000) {
    for (const layers of [LAYERS, ONE]) {
      const worth = walk(layers, steady(room, 120)).map(({ send, scale }) => ({ all: 20, ends: 10, top: 0 })[send] - scale);
      assert.deepEqual(worth, worth.toSorted((a, b) => b - a), `at ${room}`);
    }
  }
});

test("a steep fall is met at once, a slight one when it lasts", () => {
  assert.equal(walk(ONE, [1_000_000, 300_000])[1].at, 1);
  assert.equal(walk(ONE, [1_000_000, 200_000])[1].scale, 2);
  assert.equal(walk(ONE, [1_000_000, 440_000, 1_000_000]).length, 1);
  assert.equal(walk(ONE, [1_000_000, 440_000, 440_000]).length, 2);
});

test("an estimate that was met on its way down is followed to its end", () => {
  // From a line that fell to 500 kbit/s: the second look came in the middle of the fall, and then little was sent for seconds.
  const rooms = [2_500_000, 616_000, 353_000, 366_000, 366_000];
  const starved = (_, second) => (second < 2 ? 0.85 : 0.6);
  const plans = walk(LAYERS, rooms, null, starved).slice(1);
  assert.deepEqual(plans.map(({ send, scale, at }) => [send, scale, at]), [["top", 1, 1], ["top", 1.5, 2]]);
  assert.equal(walk(LAYERS, [2_500_000, 616_000, 616_000, 616_000, 616_000, 366_000], null, starved).length, 2, "but no longer");
});

test("a line that is wide again gets all back within seconds, and not at the first good word", () => {
  const back = walk(LAYERS, [...Array(20).fill(450_000), 2_500_000, 450_000, ...Array(6).fill(2_500_000)]);
  assert.deepEqual([back.at(-1).send, back.at(-1).at], ["all", 24]);
  assert.equal(back.length, 3);
});

test("what had to be taken back soon is taken up less and less readily", () => {
  // A line whose estimate rises too far whenever it is believed.
  const rooms = Array.from({ length: 200 }, (_, at) => (at % 8 < 5 ? 720_000 : 380_000));
  const ups = walk(ONE, [380_000, 380_000, ...rooms]).filter(({ scale, at }) => scale === 1 && at > 0);
  assert.ok(ups.length >= 1 && ups.length <= 2, `${ups.length}`);
});

test("a quiet picture costs nothing: an estimate never goes far beyond what is sent", () => {
  assert.equal(walk(LAYERS, steady(700_000, 60), null, () => 0.68).length, 1);
});

test("where the line was thin and the picture takes no more, better is tried after a while, and less and less often", () => {
  const rooms = [...Array(5).fill(450_000), ...Array(120).fill(700_000)];
  const words = (seen) => seen.map(({ send, scale }) => `${send} ${scale}`);
  const usual = walk(LAYERS, rooms, null, () => 0.75);
  assert.deepEqual(words(usual), ["all 1", "top 1.5", "top 1"], "an estimate at its usual distance says nothing");
  const quiet = walk(LAYERS, rooms, null, (_, second) => (second < 5 ? 0.85 : 0.68));
  assert.deepEqual(words(quiet), ["all 1", "top 1.5", "top 1", "ends 1", "all 1"]);
  assert.ok(quiet[3].at - quiet[2].at >= 10);
  const thin = walk(LAYERS, rooms, null, ({ send }, second) => (second < 5 || send !== "top" ? 0.85 : 0.68));
  const tried = thin.filter(({ send }) => send === "ends").map(({ at }) => at);
  assert.equal(tried.length, 3);
  tried.slice(1).forEach((at, before) => assert.ok(at - tried[before] >= 20 * 2 ** before));
});

test("what a line check found is begun with", () => {
  assert.equal(walk(LAYERS, [], 3_000_000)[0].send, "all");
  assert.equal(walk(LAYERS, [], 1_300_000)[0].send, "ends");
  assert.deepEqual(walk(LAYERS, [], 450_000)[0], { send: "top", scale: 1.5, at: 0 });
});

test("a browser that tells no estimate sends what it was set up with", () => {
  assert.equal(walk(LAYERS, [Infinity, Infinity, Infinity, NaN]).length, 1);
});

test("a plan rests layers, keeps their rates, and rouses none that was at rest", () => {
  const ends = thinned(LAYERS, { send: "ends", scale: 1 });
  assert.deepEqual(ends.map(({ active }) => active), [true, false, true]);
  assert.deepEqual(ends.map(({ maxBitrate }) => maxBitrate), [150_000, 500_000, 1_500_000]);
  const top = thinned(LAYERS, { send: "top", scale: 1.5 });
  assert.deepEqual(top.map(({ active }) => active), [false, false, true]);
  assert.deepEqual(top.map((layer) => layer.scaleResolutionDownBy), [4, 2, 1.5]);
  assert.deepEqual(thinned(LAYERS, { send: "all", scale: 1 }), LAYERS);
  const resting = [{ ...LAYERS[0], active: false }, ...LAYERS.slice(1)];
  assert.equal(thinned(resting, { send: "all", scale: 1 })[0].active, false);
  assert.deepEqual(thinned(ONE, { send: "top", scale: 2 }), [{ ...ONE[0], scaleResolutionDownBy: 2 }]);
});
