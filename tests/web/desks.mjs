// Desks of a pitcher, for the tests to change, and all that there can be.

import { room, rundown, session, slot } from "./rooms.mjs";

export const NOW = 1_000_000;

/** Everything works, and "alpha" waits for its turn. */
export function desk(changes = {}) {
  const slides = { mode: "deck", was: "deck", refused: false, state: "idle", deck: true, canShare: true, ...changes.slides };
  const all = { room: room(), project: "alpha", now: NOW, wanted: true, media: "live", blocked: false, unseen: "" };
  return { ...all, camera: true, microphone: true, hidden: false, muted: false, ...changes, slides };
}

/** @param {Record<string, readonly unknown[]>} axes @returns {Generator<any>} every combination */
export function* product(axes) {
  const [first, ...rest] = Object.entries(axes);
  if (!first) return yield {};
  const [name, values] = first;
  for (const value of values) for (const others of product(Object.fromEntries(rest))) yield { [name]: value, ...others };
}

export const MEDIA = ["idle", "connecting", "live", "restoring", "full", "refused"];
const CAMERA = "alpha/camera";
const CARD = "alpha/card";
const VOICE = "alpha/microphone";
const SLIDES = "alpha/slides";
/** What the room shows of the project. */
export const LANES = [
  {},
  { main: CAMERA, "floor-1": VOICE },
  { main: CAMERA, slides: SLIDES },
  { main: CARD, "floor-1": VOICE, slides: SLIDES },
  { main: CARD },
  { slides: SLIDES },
  { "floor-1": VOICE },
  { main: "feed/camera", "floor-2": "feed/microphone" },
];

/** Where the show can be, seen from alpha: `own` is what has become of its slot. */
export const PLACES = [
  ...["standby", "pitch", "questions", "voting", "closed"].map((phase) => ({ phase, project: "alpha", own: phase === "standby" ? "waiting" : "live" })),
  ...["waiting", "done", "skipped"].flatMap((own) => ["pitch", "voting"].map((phase) => ({ phase, project: "beta", own }))),
  ...["waiting", "done", "skipped"].map((own) => ({ phase: "standby", project: null, own })),
];

/** @param {{phase: string, project: string|null, own: string}} place */
export function roomAt({ phase, project, own }, { lanes = {}, published = true, clock = {}, paused = false, muted = false, ceremony = "sealed" } = {}) {
  const slots = rundown(slot("beta", project === "beta" ? "live" : "done"), slot("alpha", own), slot("gamma"));
  return room({
    rundown: slots,
    session: session({ phase, project, slot: project && `slot-${project}`, paused, muted, clock: { ...session().clock, ...clock } }),
    stage: { section: "stage", mode: "auto", lanes, sources: published ? [CAMERA, VOICE].map((source) => ({ source, lane: null })) : [] },
    ceremony: { section: "ceremony", state: ceremony, announced: [], remaining: 0 },
  });
}
