// What a pitcher must know at this moment.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";
import { room, rundown, session, slot } from "./rooms.mjs";

const { cue, hasPitched, situation, standing } = await import("../../web/static/js/pitch/situation.js");

const staged = (phase, lanes) => room({ session: session({ phase }), stage: { section: "stage", mode: "auto", lanes, sources: [] } });
const ON = { main: "alpha/camera", "floor-1": "alpha/microphone" };

test("who is seen and heard is read from the stage, not from the phase", () => {
  // The organiser may have put somebody else into the picture.
  assert.deepEqual(standing(staged("pitch", ON), "alpha"), { turn: true, seen: true, heard: true, slides: false });
  assert.deepEqual(standing(staged("pitch", {}), "alpha"), { turn: true, seen: false, heard: false, slides: false });
  assert.deepEqual(standing(staged("voting", { slides: "alpha/slides" }), "alpha"), { turn: false, seen: true, heard: false, slides: true });
  assert.deepEqual(standing(null, "alpha"), { turn: false, seen: false, heard: false, slides: false });
});

test("a project whose name begins like another's is not taken for it", () => {
  assert.equal(standing(staged("pitch", { main: "alpha-two/camera" }), "alpha").seen, false);
});

for (const [media, phase, lanes, kind] of [
  ["idle", "standby", {}, "off"],
  ["idle", "pitch", {}, "missed"],
  ["connecting", "pitch", {}, "connecting"],
  ["live", "pitch", ON, "stage"],
  ["live", "pitch", { "floor-1": "alpha/microphone" }, "stage"],
  ["live", "voting", { main: "alpha/camera" }, "seen"],
  ["live", "standby", {}, "green"],
  ["restoring", "pitch", ON, "restoring"],
  ["full", "pitch", {}, "full"],
  ["refused", "pitch", {}, "refused"],
]) {
  test(`${media} in ${phase} with ${Object.keys(lanes).join(" and ") || "no lane"} is told as "${kind}"`, () => {
    const now = situation(staged(phase, lanes), "alpha", media);
    assert.equal(now.kind, kind);
    assert.ok(now.word && now.text);
  });
}

test("nobody is told that they are heard while only their picture is on", () => {
  // They would go on talking to nobody.
  assert.match(situation(staged("voting", { main: "alpha/camera" }), "alpha", "live").text, /nobody hears you/);
});

test("whoever has pitched may leave", () => {
  const over = room({ session: session({ project: "beta" }), rundown: rundown(slot("alpha", "done"), slot("beta", "live")) });
  assert.equal(hasPitched(over, "alpha"), true);
  assert.match(situation(over, "alpha", "live").text, /You may leave/);
});

test("how many come before is counted without those who are through or skipped", () => {
  const now = room({
    session: session({ project: "one" }),
    rundown: rundown(slot("zero", "done"), slot("one", "live"), slot("two", "skipped"), slot("three"), slot("alpha")),
  });
  assert.equal(cue(now, "alpha"), "2 projects are before you.");
  assert.equal(cue(room({ session: session({ project: null, slot: null }) }), "alpha"), "You are called next.");
  assert.equal(cue(null, "alpha"), "");
});

test("what happens at 0:00 depends on the rule", () => {
  const pitching = (policy) => room({ session: session({ phase: "pitch", clock: { policy } }) });
  assert.match(cue(pitching("mute"), "alpha"), /your microphone is switched off/);
  assert.match(cue(pitching("cut"), "alpha"), /the questions begin by themselves/);
  assert.match(cue(pitching("warn"), "alpha"), /^Then: questions/);
});
