// What a line check measures, says and tells control.
import assert from "node:assert/strict";
import test from "node:test";

import "./page.mjs";
const { figuresOf, sampleOf, unreached } = await import("../../web/static/js/line/figures.js");
const { advice, ageText, bound, counts, figureRows, verdictText, verdictTitle } = await import("../../web/static/js/line/words.js");
const { inOrder, standing, summary } = await import("../../web/static/js/control/lines.js");

/** A sample each second; `change` for those from the fifth on. */
const walk = (change = {}) =>
  Array.from({ length: 13 }, (_, second) => ({
    at: second * 1000,
    octets: second * 250_000,
    sent: second * 200,
    lost: 0,
    room: 2_400_000,
    trips: [40],
    way: "udp",
    ...(second > 4 ? change : {}),
  }));
const LATE = 8 * 24 * 3600 * 1000;
const FIGURES = figuresOf(walk(), "wifi");
const TOLD = { verdict: "full", reasons: [], at: 0, old_at: LATE, elsewhere: false, up: 2_400_000, figures: FIGURES, missing: 0 };

test("a steady line is told as it is", () => {
  assert.deepEqual(FIGURES, { way: "udp", estimate: 2_400_000, carried: 2_000_000, round_trip: 40, spread: 0, lost: 0, network: "wifi" });
});

test("what an estimator tries at first does not count", () => {
  const early = walk().map((sample, second) => (second < 4 ? { ...sample, room: 300_000, trips: [900], lost: 50 } : { ...sample, lost: 50 }));
  assert.deepEqual(figuresOf(early, undefined), { ...FIGURES, network: "unknown" });
});

test("lost packets are not carried, and one long round trip is not the line", () => {
  const lossy = walk().map((sample, second) => ({ ...sample, lost: second * 20, trips: second === 9 ? [900] : [40] }));
  const found = figuresOf(lossy, undefined);
  assert.ok(Math.abs(found.lost - 0.1) < 1e-9);
  assert.equal(found.carried, 1_800_000);
  assert.equal(found.spread, 0);
});

test("a browser without an estimate is judged by what it sent", () => {
  assert.equal(figuresOf(walk().map((sample) => ({ ...sample, room: NaN })), undefined).estimate, null);
});

test("nothing came through, or nothing was measured", () => {
  assert.equal(unreached("cellular").way, null);
  assert.equal(unreached("cellular").network, "cellular");
  for (const value of Object.values(figuresOf([], "carrier pigeon"))) assert.ok(!Number.isNaN(value));
});

test("each way is known by the pair in use", () => {
  const report = (candidate) => [
    { type: "candidate-pair", nominated: true, state: "succeeded", localCandidateId: "a", bytesSent: 5, availableOutgoingBitrate: 7, currentRoundTripTime: 0.02 },
    { id: "a", type: "local-candidate", ...candidate },
    { type: "remote-inbound-rtp", packetsLost: -2, roundTripTime: 0.03 },
    { type: "outbound-rtp", packetsSent: 9 },
  ];
  const ways = [
    [{ candidateType: "host", protocol: "udp" }, "udp"],
    [{ candidateType: "prflx", protocol: "tcp" }, "tcp"],
    [{ candidateType: "relay", protocol: "udp", relayProtocol: "udp" }, "turn-udp"],
    [{ candidateType: "relay", protocol: "udp", relayProtocol: "tls" }, "turn-tcp"],
    [{ candidateType: "relay", protocol: "udp" }, "turn-udp"],
  ];
  for (const [candidate, way] of ways) assert.equal(sampleOf(report(candidate), 1).way, way);
  assert.deepEqual(sampleOf(report(ways[0][0]), 1), { at: 1, octets: 5, sent: 9, lost: 0, room: 7, trips: [20, 30], way: "udp" });
  assert.equal(sampleOf([], 1).way, null);
});

test("every verdict says in words what it means, and what to do about it", () => {
  for (const verdict of ["full", "slides", "another"]) {
    for (const reasons of [[], ["unreached"], ["stream"], ["rate", "delay", "spread", "loss"]]) {
      const told = { ...TOLD, verdict, reasons };
      assert.ok(verdictTitle(verdict) && verdictText(told));
      assert.equal(advice(told, 3478, "show.example").length > 0, verdict !== "full");
    }
  }
  const shut = advice({ ...TOLD, verdict: "another", reasons: ["unreached"] }, 3478, "show.example");
  assert.ok(shut.at(-1).includes("3478") && shut.at(-1).includes("show.example"));
  assert.ok(!advice({ ...TOLD, verdict: "slides", reasons: ["rate"] }, 3478, "show.example").some((text) => text.includes("3478")));
  assert.deepEqual(figureRows({ ...TOLD, figures: unreached(undefined) }).length, 1);
});

test("an old check, or one of another network, does not count", () => {
  assert.equal(counts(TOLD, 1), true);
  assert.equal(counts(TOLD, LATE), false);
  assert.equal(counts({ ...TOLD, elsewhere: true }, 1), false);
  assert.equal(new Set([ageText(TOLD, 1), ageText(TOLD, LATE), ageText({ ...TOLD, elsewhere: true }, 1)]).size, 3);
});

const line = (person, verdict, old_at = LATE) => ({ person, project: person, verdict, reasons: [], at: verdict && 0, old_at: verdict && old_at });

test("control sees trouble first, and each kind in the running order", () => {
  const lines = [line("a", "full"), line("b", null), line("c", "slides"), line("d", "another"), line("e", "full", 5), line("f", "another", 5), line("g", null)];
  assert.deepEqual(inOrder(lines, 10).map(({ person }) => person), ["d", "f", "b", "g", "e", "c", "a"]);
  assert.deepEqual(lines.map((one) => standing(one, 10)), ["full", "none", "slides", "another", "old", "another", "none"]);
  const said = summary(lines, 10);
  assert.ok(said.includes("2 need another network") && said.includes("2 not checked") && said.includes("1 checked long ago"), said);
  assert.equal(summary([line("a", "full")], 10), "All lines are checked.");
  assert.equal(summary([], 10), "Nobody pitches here.");
});

test("only a line that was found too slow, here and lately, bounds what is sent", () => {
  const slow = { ...TOLD, verdict: "slides", reasons: ["rate", "loss"], up: 400_000 };
  assert.equal(bound(slow, 0), 400_000);
  for (const other of [null, TOLD, { ...slow, reasons: ["stream", "delay"] }, { ...slow, reasons: ["unreached"], up: 0 }, { ...slow, elsewhere: true }])
    assert.equal(bound(other, 0), null);
  assert.equal(bound(slow, LATE), null);
});
