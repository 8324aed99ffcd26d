// Why a picture that is on is not seen.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";

const { Reason, explained, reasonText } = await import("../../web/static/js/media/reason.js");

const CODEC = { trouble: "codec", codec: "H264" };
const none = () => 0;

/** A main picture that has been dark for so long. */
function dark(ms, reason = new Reason()) {
  reason.look("main", true, 100, 0);
  reason.look("main", true, 100, ms);
  return reason;
}

test("nobody is asked before a picture had its time to begin", () => {
  assert.equal(dark(2_900).asks(2_900, 0), false);
  assert.equal(dark(3_000).asks(3_000, 0), true);
});

test("the server is asked less and less often, and not by all at once", () => {
  const [early, late] = [dark(3_000), dark(3_000)];
  const asked = (reason, chance) => Array.from({ length: 1_200 }, (_, tenth) => reason.asks(3_000 + tenth * 100, chance)).filter(Boolean).length;
  const often = [asked(early, 0), asked(late, 1)];
  assert.ok(often[0] <= 8 && often[1] < often[0], String(often));
});

test("what the server says is told until the picture is seen", () => {
  const reason = dark(3_000);
  reason.answered({ main: CODEC }, none);
  assert.deepEqual(reason.missing, CODEC);
  assert.match(reason.text, /H264/);
  reason.look("main", false, 200, 5_000);
  assert.equal(reason.text, "");
  assert.equal(reason.asks(5_100, 0), false);
});

test("an answer that did not come changes nothing", () => {
  const reason = dark(3_000);
  reason.answered({ main: CODEC }, none);
  reason.answered(undefined, none);
  assert.deepEqual(reason.missing, CODEC);
});

test("what comes and is not decoded is this browser's own trouble", () => {
  const reason = dark(4_000);
  reason.answered({}, () => 100);
  assert.equal(reason.missing, null);
  reason.answered({}, () => 90_000);
  assert.equal(reason.missing.trouble, "undecodable");
});

test("the main picture's reason comes before the slides'", () => {
  const reason = new Reason();
  for (const lane of ["slides", "main"]) reason.look(lane, true, 0, 0);
  reason.answered({ slides: { trouble: "silent", codec: "VP8" }, main: CODEC }, none);
  assert.deepEqual(reason.missing, CODEC);
  reason.look("main", false, 0, 100);
  assert.equal(reason.missing.trouble, "silent");
});

test("of what is left out on purpose, and while nothing is connected, no reason is looked for", async () => {
  let asked = 0;
  const viewer = { state: "live", lanes: new Map(), told: async () => ((asked += 1), { missing: { main: CODEC } }) };
  const panes = { main: { source: "alpha/camera", shown: false, frozen: false }, slides: { source: "", shown: false, frozen: false } };
  const reason = new Reason();
  for (const [state, without] of [["connecting", ""], ["live", "main"], ["live", "all"]]) {
    reason.watch({ ...viewer, state }, panes, without);
    assert.equal(reason.asks(performance.now() + 10_000, 0), false);
  }
  reason.watch(viewer, { ...panes, main: { ...panes.main, source: "alpha/card" } }, "");
  assert.equal(reason.asks(performance.now() + 10_000, 0), false);
  reason.watch(viewer, panes, "");
  assert.equal(reason.asks(performance.now() + 10_000, 0), true);
  assert.equal(asked, 0);
});

test("the slate says the reason where it would only wait, and nowhere else", () => {
  const slate = (kind) => ({ kind, eyebrow: "", title: "Alpha", line: "Waiting for the picture", until: null });
  assert.equal(explained(slate("waiting"), "Because.").line, "Because.");
  assert.equal(explained(slate("waiting"), "").line, "Waiting for the picture");
  assert.equal(explained(slate("voting"), "Because.").line, "Waiting for the picture");
});

test("a trouble that has no words for viewers leaves the slate as it is", () => {
  assert.equal(reasonText({ trouble: "standing_by", codec: "" }), "");
});
