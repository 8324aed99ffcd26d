// Every sentence on a pitcher's desk, in every state there is: none tells of a thing that is over, and none asks for a control
// that is not there.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";
import { desk, LANES, MEDIA, NOW, PLACES, product, roomAt } from "./desks.mjs";

const { cue, hasPitched, screenLost, situation, slidesNote, standing } = await import("../../web/static/js/pitch/situation.js");
const { controls, goLabel, leaveLabel, viewOf } = await import("../../web/static/js/pitch/controls.js");

const BOTH = [true, false];

/**
 * What must hold where a sentence says this. `is`: the desk's own state, with all that follows from it.
 * @type {[RegExp, (is: any) => boolean][]}
 */
const MEANS = [
  [/At 0:00/, (is) => is.turn && is.left > 0 && !is.stands],
  [/At 0:00 your microphone is switched off/, (is) => is.policy === "mute" && is.microphone],
  [/At 0:00 (the questions|the judges) begin/, (is) => is.policy === "cut"],
  [/^Time is up\b/, (is) => is.turn && is.left !== null && is.left <= 0],
  [/Time is up: your microphone/, (is) => is.policy === "mute" && is.microphone],
  [/The clock stands/, (is) => is.turn && is.stands],
  [/Then: questions|the questions begin/, (is) => is.phase === "pitch"],
  [/Then the judges score|judges begin to score/, (is) => is.phase === "questions"],
  [/are scoring/, (is) => is.phase === "voting"],
  [/You are next|called next|before you/, (is) => !is.pitched && is.own === "waiting"],
  [/organiser starts your pitch/, (is) => is.phase === "standby"],
  [/slot was skipped/, (is) => is.own === "skipped"],
  [/slot is over/, (is) => is.pitched],
  [/podium is announced/, (is) => is.ceremony !== "revealed"],
  [/result is public/, (is) => is.ceremony === "revealed"],
  [/on the watch page/, (is) => is.has("watch")],
  [/comes back by itself/, (is) => is.media === "restoring" && !(is.pitched && !is.shown)],
  [/being connected/, (is) => is.media === "connecting" || (is.media === "live" && !is.published)],
  [/try is made by itself/, (is) => is.media === "full"],
  [/“Try again”/, (is) => is.has("go") && is.go === "Try again"],
  [/“Go on stage now”/, (is) => is.has("go") && is.go === "Go on stage now"],
  [/You may leave/, (is) => is.has("leave") && !is.shown],
  [/seems to block video/, (is) => is.blocked && is.media !== "live"],
  [/hears you yet/, (is) => !is.turn && !is.pitched && !is.shown],
  [/Switch the camera off and on/, (is) => is.has("camera") && !is.hidden && is.media === "live"],
  [/Everybody (hears|sees and hears)/, (is) => is.media === "live" && is.voice],
  [/[Nn]obody (sees or )?hears you|not heard any more/, (is) => !is.voice],
  [/Everybody sees (and hears )?you\./, (is) => is.seen],
  [/camera is off/, (is) => is.card],
  [/Everybody sees your slides/, (is) => is.slides && !is.seen && !is.card],
  [/have no microphone/, (is) => !is.microphone],
  [/microphone is off/, (is) => is.muted],
  [/something else now/, (is) => is.turn && !is.shown],
  [/is not shared any more/, (is) => is.lost && (is.has("share-again") || is.has("show-deck"))],
  [/Choose again/, (is) => is.has("screen")],
  [/show the deck/, (is) => is.has("deck")],
  [/Choose them again/, (is) => is.has("none") && is.mode !== "none"],
  [/Only your camera/, (is) => is.mode === "none" && is.camera && !is.hidden],
  [/Only your name/, (is) => is.mode === "none" && (!is.camera || is.hidden)],
  [/slides are coming back/, (is) => is.slidesState === "restoring"],
  [/Choose another above/, (is) => is.view === "prepare" && !is.pitched],
];

/** The sentences of a desk, each held to what it says. */
function judge(desk, { place, clock = {}, stands = false, published = true, ceremony = "sealed" }) {
  const has = (control) => there.has(control);
  const there = controls(desk);
  const on = standing(desk.room, desk.project);
  const left = clock.ends_at == null ? (clock.remaining_ms ?? null) : clock.ends_at - desk.now;
  const is = {
    ...desk, ...on, ...place, has, left, stands, published, ceremony,
    policy: clock.policy ?? null, pitched: hasPitched(desk.room, desk.project), lost: screenLost(desk), view: viewOf(desk), go: goLabel(desk),
    voice: desk.media === "live" && on.heard && desk.microphone && !desk.muted, mode: desk.slides.mode, slidesState: desk.slides.state, slides: on.slides,
  };
  const { word, text } = situation(desk);
  assert.ok(word, "the state has a word");
  for (const sentence of [text, cue(desk), slidesNote(desk, true)]) {
    for (const [says, holds] of MEANS) {
      if (says.test(sentence)) assert.ok(holds(is), `"${sentence}" says ${says} in ${JSON.stringify({ ...is, room: undefined })}`);
    }
  }
  return is;
}

const CLOCKS = [
  {},
  ...["warn", "cut", "mute"].flatMap((policy) => [5_000, 0, -151_000].map((left) => ({ policy, ends_at: NOW + left, duration_ms: 60_000 }))),
  { policy: "mute", remaining_ms: 5_000, duration_ms: 60_000 },
];

/** What the room knows beside who is where; `blocked` is the desk's own. */
const WORLDS = [
  { published: true, ceremony: "sealed", blocked: false },
  { published: true, ceremony: "sealed", blocked: false, unseen: "Nothing of your picture arrives. Switch the camera off and on again." },
  { published: false, ceremony: "sealed", blocked: true },
  { published: true, ceremony: "revealed", blocked: false },
  { published: false, ceremony: "revealed", blocked: false },
];

test("no sentence of any moment is about a thing that is over, or a control that is not there", () => {
  let states = 0;
  for (const { place, lanes, clock, world } of product({ place: PLACES, lanes: LANES, clock: CLOCKS, world: WORLDS })) {
    const runs = place.project === "alpha" && (place.phase === "pitch" || place.phase === "questions");
    if (!runs && clock !== CLOCKS[0]) continue;
    const late = clock.policy === "mute" && (clock.ends_at ?? NOW + 1) <= NOW;
    const stands = clock.remaining_ms !== undefined;
    const room = roomAt(place, { lanes, clock, paused: stands, muted: late, ...world });
    for (const { media, ...own } of product({ media: MEDIA, muted: BOTH, microphone: BOTH, hidden: BOTH })) {
      const is = judge(desk({ room, media, wanted: media !== "idle", blocked: world.blocked, unseen: world.unseen ?? "", ...own }), { place, clock, stands, ...world });
      states += 1;
      // Who is called and not there has one thing to do; nobody is sent away from a desk that they need.
      if (is.turn && media === "idle") assert.ok(is.has("go") && !is.has("practice"));
      assert.ok(!is.has("leave") || !is.turn, "the end is behind a question while the clock is theirs");
      assert.ok(!is.pitched || !is.has("go"), "nobody is to be ready for a slot that is over");
      if (is.view === "stage") for (const control of ["camera", "deck", "screen", "none", "devices"]) assert.ok(is.has(control), control);
    }
  }
  assert.ok(states > 20_000, `${states}`);
});

test("no line about the slides is about a thing that is over, or a control that is not there", () => {
  const modes = ["deck", "screen", "none"];
  const axes = { mode: modes, was: modes, refused: BOTH, state: ["live", "restoring", "refused"], deck: BOTH, canShare: BOTH };
  const possible = [...product(axes)].filter(
    ({ mode, was, refused, deck, canShare }) => (mode !== "deck" || deck) && (canShare || (mode !== "screen" && was !== "screen" && !refused)),
  );
  for (const { place, lanes } of product({ place: PLACES, lanes: LANES.slice(0, 3) })) {
    const room = roomAt(place, { lanes });
    for (const { slides, ...own } of product({ slides: possible, camera: BOTH, hidden: BOTH, wanted: BOTH })) {
      const is = judge(desk({ room, slides, ...own }), { place });
      assert.equal(is.has("share-again"), is.lost, "whoever's screen is gone can share it again");
      assert.equal(is.has("show-deck"), is.lost && slides.deck);
    }
  }
});

test("on stage everything can be changed: slides, microphone, camera, devices; the end is there, behind a question", () => {
  // A pitcher whose browser stopped sharing had three minutes and no button.
  const room = roomAt(PLACES[1], { lanes: LANES[1] });
  const there = controls(desk({ room, slides: { mode: "none", was: "screen" } }));
  assert.deepEqual([...there].sort(), ["camera", "deck", "devices", "end", "microphone", "none", "screen", "share-again", "show-deck"]);
});

test("a phone, which cannot share its screen, has no button for it", () => {
  const there = controls(desk({ slides: { canShare: false } }));
  assert.ok(there.has("deck") && !there.has("screen"));
  const without = controls(desk({ slides: { canShare: false, deck: false, mode: "none" } }));
  assert.ok(!without.has("none"), "a choice of one is none");
});

test("what leaves is called by what is left", () => {
  assert.equal(leaveLabel(desk()), "Leave the green room");
  assert.equal(leaveLabel(desk({ room: roomAt(PLACES[3], { lanes: LANES[2] }) })), "Leave the stage");
});
