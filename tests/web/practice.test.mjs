// A trial in words: how the line is, what works, and what stands where the picture will come back.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";

const { allWell, checks } = await import("../../web/static/js/practice/checklist.js");
const { NO_LINE, backSoFar, lineWord, share } = await import("../../web/static/js/practice/line.js");

const GOOD = { out: "good", received: "high", height: 720, roundTrip: 0.0234, lostOut: 0, lostBack: 0 };
const WELL = {
  running: true,
  camera: { there: true, problem: null },
  microphone: { there: true, problem: null, heard: true },
  slides: { chosen: true, back: true },
  line: GOOD,
};
const states = (changes) => Object.fromEntries(checks({ ...WELL, ...changes }).map(({ id, state }) => [id, state]));
const text = (id, changes) => checks({ ...WELL, ...changes }).find((one) => one.id === id)?.text;

for (const [changes, word] of [
  [{}, "good"],
  [{ out: null }, null],
  [{ out: "fair" }, "fair"],
  [{ out: "poor" }, "poor"],
  [{ received: "medium" }, "fair"],
  [{ received: "low" }, "poor"],
  [{ received: "sound" }, "poor"],
  [{ received: undefined }, "good"],
  [{ lostBack: 0.05 }, "fair"],
  [{ lostBack: 0.2 }, "poor"],
  // Without a camera nothing comes back that could be smaller.
  [{ received: "sound", height: 0 }, "good"],
]) {
  test(`a line with ${JSON.stringify(changes)} is ${word}`, () => assert.equal(lineWord({ ...GOOD, ...changes }), word));
}

test("what came back is counted over all tracks, and a new session begins anew", () => {
  const report = [
    { type: "inbound-rtp", packetsReceived: 90, packetsLost: 4 },
    { type: "inbound-rtp", packetsReceived: 10, packetsLost: -1 },
    { type: "outbound-rtp", packetsSent: 7 },
  ];
  assert.deepEqual(backSoFar(report), { packets: 100, lost: 4 });
  assert.equal(share(2, 4, 100), 0.02);
  assert.equal(share(50, 4, -900), 0);
  assert.equal(share(0, 4, 0), 0);
  assert.equal(share(0, 9, 3), 1);
});

test("all is well once everything that was tried works; slides may be left out", () => {
  assert.deepEqual(states({}), { camera: "works", microphone: "works", out: "works", back: "works", slides: "works" });
  assert.ok(allWell(checks(WELL)));
  assert.ok(allWell(checks({ ...WELL, slides: { chosen: false, back: false } })));
  for (const changes of [{ running: false }, { slides: { chosen: true, back: false } }, { line: { ...GOOD, out: "poor" } }]) {
    assert.ok(!allWell(checks({ ...WELL, ...changes })), JSON.stringify(changes));
  }
});

test("a microphone works once it was heard", () => {
  assert.equal(states({ microphone: { there: true, problem: null, heard: false } }).microphone, "waits");
});

for (const problem of ["denied", "busy", "missing", "insecure"]) {
  test(`a device that is ${problem} fails, in words of its own`, () => {
    const camera = { there: false, problem };
    const found = states({ camera });
    assert.deepEqual([found.camera, found.back], ["fails", "off"], "no picture can come back");
    assert.ok(text("camera", { camera }));
  });
}

test("before a trial nothing of the line is told, and no figure", () => {
  const before = { running: false, line: NO_LINE };
  assert.deepEqual(states(before), { camera: "works", microphone: "works", out: "off", back: "off", slides: "off" });
  assert.doesNotMatch(text("out", before), /\d/);
});

test("the line says how long it takes, what comes back, and what is lost", () => {
  assert.match(text("out", {}), /23 ms/);
  assert.match(text("back", { line: { ...GOOD, lostBack: 0.021 } }), /720p\u00a0· high quality\u00a0· 2\.1% lost/);
});

test("a trial that has just begun waits for its figures", () => {
  const found = states({ line: NO_LINE, slides: { chosen: true, back: false } });
  assert.deepEqual([found.out, found.back, found.slides], ["waits", "waits", "waits"]);
});
