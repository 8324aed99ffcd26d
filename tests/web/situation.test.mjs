// What a pitcher must know at this moment.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";
import { desk, NOW } from "./desks.mjs";
import { room, rundown, session, slot } from "./rooms.mjs";

const { cue, hasPitched, situation, standing } = await import("../../web/static/js/pitch/situation.js");

const SOURCES = [{ source: "alpha/camera", lane: null }];
const staged = (phase, lanes) => room({ session: session({ phase }), stage: { section: "stage", mode: "auto", lanes, sources: SOURCES } });
const told = (room, media = "live", changes = {}) => situation(desk({ room, media, wanted: media !== "idle", ...changes }));
const next = (room, changes = {}) => cue(desk({ room, ...changes }));
const ON = { main: "alpha/camera", "floor-1": "alpha/microphone" };

test("who is seen and heard is read from the stage, not from the phase", () => {
  // The organiser may have put somebody else into the picture.
  const nothing = { turn: false, seen: false, card: false, slides: false, heard: false, shown: false };
  assert.deepEqual(standing(staged("pitch", ON), "alpha"), { ...nothing, turn: true, seen: true, heard: true, shown: true });
  assert.deepEqual(standing(staged("pitch", { main: "alpha/card" }), "alpha"), { ...nothing, turn: true, card: true, shown: true });
  assert.deepEqual(standing(staged("pitch", {}), "alpha"), { ...nothing, turn: true });
  assert.deepEqual(standing(staged("voting", { slides: "alpha/slides" }), "alpha"), { ...nothing, slides: true, shown: true });
  assert.deepEqual(standing(null, "alpha"), nothing);
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
  ["live", "pitch", { main: "alpha/card", "floor-1": "alpha/microphone" }, "stage"],
  ["live", "pitch", {}, "aside"],
  ["restoring", "pitch", ON, "restoring"],
  ["full", "pitch", {}, "full"],
  ["refused", "pitch", {}, "refused"],
]) {
  test(`${media} in ${phase} with ${Object.keys(lanes).join(" and ") || "no lane"} is told as "${kind}"`, () => {
    const now = told(staged(phase, lanes), media);
    assert.equal(now.kind, kind);
    assert.ok(now.word && now.text);
  });
}

test("nobody is told that they are heard while only their picture is on", () => {
  // They would go on talking to nobody.
  assert.match(told(staged("voting", { main: "alpha/camera" })).text, /Nobody hears you/);
  assert.match(told(staged("pitch", ON), "live", { muted: true }).text, /Your microphone is off/);
  assert.match(told(staged("pitch", ON), "live", { microphone: false }).text, /have no microphone/);
});

test("whoever has pitched may leave", () => {
  const over = room({ session: session({ project: "beta" }), rundown: rundown(slot("alpha", "done"), slot("beta", "live")) });
  assert.equal(hasPitched(over, "alpha"), true);
  assert.match(told(over).text, /You may leave/);
});

test("how many come before is counted without those who are through or skipped", () => {
  const now = room({
    session: session({ project: "one" }),
    rundown: rundown(slot("zero", "done"), slot("one", "live"), slot("two", "skipped"), slot("three"), slot("alpha")),
  });
  assert.equal(next(now), "2 projects are before you.");
  assert.equal(next(room({ session: session({ project: null, slot: null }) })), "You are called next.");
  assert.equal(next(null), "");
});

test("what happens at 0:00 depends on the rule, and is told until then", () => {
  const pitching = (policy, left) => room({ session: session({ phase: "pitch", clock: { policy, ends_at: NOW + left } }) });
  assert.match(next(pitching("mute", 1)), /^At 0:00 your microphone is switched off/);
  assert.match(next(pitching("mute", -151_000)), /^Time is up: your microphone is switched off. Then: questions/);
  assert.match(next(pitching("cut", 1)), /the questions begin by themselves/);
  assert.match(next(pitching("cut", 0)), /^Then: questions/);
  assert.match(next(pitching("warn", 1)), /^Then: questions/);
  assert.match(next(pitching("warn", 0)), /^Time is up. Then: questions/);
});
