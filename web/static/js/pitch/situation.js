// What a pitcher must know at this moment: pure decisions, drawn by deskview.js.

import { t, tn } from "../lib/i18n.js";

/** @typedef {import("../live/follow.js").Room} Room */
/** @typedef {import("../media/peer.js").PeerState} PeerState */
/** @typedef {"off"|"connecting"|"green"|"stage"|"seen"|"restoring"|"full"|"refused"|"missed"} SituationKind */
/** @typedef {{kind: SituationKind, word: string, text: string}} Situation */

/**
 * Whether this project is on the stage, as far as the room knows.
 * @param {Room|null} room
 * @param {string} project
 * @returns {{turn: boolean, seen: boolean, heard: boolean, slides: boolean}} `turn`: the clock is theirs
 */
export function standing(room, project) {
  const mine = room?.session.project === project;
  const phase = room?.session.phase ?? "standby";
  const lanes = Object.entries(room?.stage.lanes ?? {}).filter(([, source]) => source.split("/")[0] === project);
  return {
    turn: mine && (phase === "pitch" || phase === "questions"),
    seen: lanes.some(([lane]) => lane === "main" || lane === "slides"),
    heard: lanes.some(([lane]) => lane.startsWith("floor")),
    slides: lanes.some(([lane]) => lane === "slides"),
  };
}

/** @param {Room|null} room @param {string} project */
export function hasPitched(room, project) {
  return room?.rundown.slots.some((slot) => slot.project === project && slot.status === "done") ?? false;
}

/** Whether the room has this project's camera or microphone. @param {Room|null} room @param {string} project */
export function isPublished(room, project) {
  const own = new Set([`${project}/camera`, `${project}/microphone`]);
  return room?.stage.sources.some(({ source }) => own.has(source)) ?? false;
}

/**
 * @param {Room|null} room
 * @param {string} project
 * @param {PeerState} media
 * @returns {Situation}
 */
export function situation(room, project, media) {
  const { turn, seen, heard } = standing(room, project);
  switch (media) {
    case "connecting":
      return { kind: "connecting", word: t("Connecting"), text: t("Your camera and microphone are being connected.") };
    case "restoring":
      return {
        kind: "restoring",
        word: t("Connection lost"),
        text: t("It comes back by itself. Stay on this page, and go on when the clock runs."),
      };
    case "full":
      return { kind: "full", word: t("Waiting for a place"), text: t("The server is full; the next try is made by itself.") };
    case "refused":
      return {
        kind: "refused",
        word: t("Not connected"),
        text: t("The server does not take your picture. Reload the page; if that does not help, call the organiser."),
      };
    case "idle":
      return turn
        ? { kind: "missed", word: t("It is your turn"), text: t("You are not connected. Press the button to go on stage now.") }
        : { kind: "off", word: t("Off"), text: t("Nobody sees or hears you.") };
    case "live":
      if (turn && seen) return { kind: "stage", word: t("On stage"), text: t("Everybody sees you.") };
      if (turn && heard) return { kind: "stage", word: t("On stage"), text: t("Everybody hears you; your camera is off.") };
      if (seen) return { kind: "seen", word: t("Still in the picture"), text: t("Everybody sees you; nobody hears you.") };
      if (hasPitched(room, project)) return { kind: "green", word: t("In the green room"), text: t("Nobody sees or hears you any more. You may leave.") };
      return { kind: "green", word: t("In the green room"), text: t("You are connected. Nobody sees or hears you yet.") };
  }
}

/**
 * What comes next, in a line.
 * @param {Room|null} room
 * @param {string} project
 * @returns {string}
 */
export function cue(room, project) {
  if (!room) return "";
  const { session, rundown } = room;
  const slots = rundown.slots.filter((slot) => slot.status !== "skipped");
  const own = rundown.slots.find((slot) => slot.project === project);
  if (session.project === project) {
    switch (session.phase) {
      case "standby":
        return t("You are next. The clock starts when the organiser starts your pitch.");
      case "pitch":
        if (session.clock.policy === "mute") return t("At 0:00 your microphone is switched off. Then: questions from the judges.");
        if (session.clock.policy === "cut") return t("At 0:00 the questions begin by themselves.");
        return t("Then: questions from the judges.");
      case "questions":
        if (session.clock.policy === "mute") return t("At 0:00 your microphone is switched off. Then the judges score.");
        return t("Then the judges score, and you may leave the stage.");
      case "voting":
        return t("The judges are scoring. You are not heard any more.");
      case "closed":
        return t("Your slot is over. Thank you! The podium is announced on the watch page.");
    }
  }
  switch (own?.status) {
    case "skipped":
      return t("Your slot was skipped. Ask the organiser.");
    case "done":
      return t("Your slot is over. Stay for the podium: it is announced on the watch page.");
    case "waiting": {
      const before = slots.filter((slot) => slot.status !== "done").findIndex((slot) => slot.project === project);
      if (before <= 0) return t("You are called next.");
      return tn("{count} project is before you.", "{count} projects are before you.", before);
    }
    default:
      return "";
  }
}
