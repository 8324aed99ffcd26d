// What a pitcher must know at this moment: pure decisions, drawn by deskview.js. Whatever a sentence here tells somebody to
// press is among the controls of controls.js: tests/web/desk.test.mjs goes through every state there is.

import { sentences, t, tn } from "../lib/i18n.js";
import { remaining } from "../live/countdown.js";

/** @typedef {import("../live/follow.js").Room} Room */
/** @typedef {import("../connection/peer.js").PeerState} PeerState */
/** @typedef {"off"|"connecting"|"green"|"aside"|"stage"|"seen"|"restoring"|"full"|"refused"|"missed"} SituationKind `aside`: it is their turn, and something else is shown */
/** @typedef {{kind: SituationKind, word: string, text: string}} Situation */
/**
 * What is chosen: `was` before the browser ended it. `canShare`: a screen, with this browser.
 * @typedef {{mode: import("./slides.js").SlidesMode, was: import("./slides.js").SlidesMode, refused: boolean, state: PeerState,
 *   deck: boolean, canShare: boolean}} SlidesState
 */
/**
 * All that is known at a desk. `now`: the server's clock, ms; `wanted`: to be connected; `camera`, `microphone`: there is one;
 * `hidden`, `muted`: it is off by hand; `blocked`: the network lets no media through; `unseen`: why
 * the picture that is sent is not seen, empty: it is.
 * @typedef {{room: Room|null, project: string, now: number, wanted: boolean, media: PeerState, blocked: boolean, unseen: string, camera: boolean,
 *   microphone: boolean, hidden: boolean, muted: boolean, slides: SlidesState}} Desk
 */

/**
 * Whether this project is on the stage, as far as the room knows.
 * @param {Room|null} room
 * @param {string} project
 * @returns {{turn: boolean, seen: boolean, card: boolean, slides: boolean, heard: boolean, shown: boolean}} `turn`: the clock
 *   is theirs; `card`: their name stands for the picture; `shown`: something of them is on
 */
export function standing(room, project) {
  const mine = room?.session.project === project;
  const phase = room?.session.phase ?? "standby";
  const lanes = Object.entries(room?.stage.lanes ?? {}).filter(([, source]) => source.split("/")[0] === project);
  return {
    turn: mine && (phase === "pitch" || phase === "questions"),
    seen: lanes.some(([lane, source]) => lane === "main" && source === `${project}/camera`),
    card: lanes.some(([lane, source]) => lane === "main" && source === `${project}/card`),
    slides: lanes.some(([lane]) => lane === "slides"),
    heard: lanes.some(([lane]) => lane.startsWith("floor")),
    shown: lanes.length > 0,
  };
}

/** Whether their slot is behind them. @param {Room|null} room @param {string} project */
export function hasPitched(room, project) {
  if (room?.session.project === project && (room.session.phase === "voting" || room.session.phase === "closed")) return true;
  return room?.rundown.slots.some((slot) => slot.project === project && slot.status === "done") ?? false;
}

/** Whether the room has this project's camera or microphone. @param {Room|null} room @param {string} project */
export function isPublished(room, project) {
  const own = new Set([`${project}/camera`, `${project}/microphone`]);
  return room?.stage.sources.some(({ source }) => own.has(source)) ?? false;
}

/** @param {Desk} desk @returns {Situation} */
export function situation(desk) {
  const { room, project, media } = desk;
  const { turn, shown } = standing(room, project);
  const pitched = hasPitched(room, project);
  if (media === "live") return connected(desk);
  if (pitched && !shown) return { kind: "off", word: t("Off"), text: t("Your slot is over. Nobody sees or hears you.") };
  const blocked = desk.blocked ? t("Your network seems to block video. Try another network, or a phone's.") : "";
  const again = t("Try again");
  const go = t("Go on stage now");
  switch (media) {
    case "connecting":
      return { kind: "connecting", word: t("Connecting"), text: blocked || t("Your camera and microphone are being connected.") };
    case "restoring":
      return {
        kind: "restoring",
        word: t("Connection lost"),
        text: blocked || (turn ? t("Nobody sees or hears you now. It comes back by itself: stay on this page.") : t("It comes back by itself. Stay on this page.")),
      };
    case "full":
      return { kind: "full", word: t("Waiting for a place"), text: t("The server is full; the next try is made by itself.") };
    case "refused":
      return {
        kind: "refused",
        word: t("Not connected"),
        text: pitched
          ? ""
          : t("The server does not take your picture. Press “{button}”; if that does not help, call the organiser.", { button: again }),
      };
    case "idle":
      return turn
        ? { kind: "missed", word: t("It is your turn"), text: t("You are not connected. Press “{button}”.", { button: go }) }
        : // On another device they may be.
          { kind: "off", word: t("Off"), text: shown ? t("This desk is not connected.") : t("Nobody sees or hears you.") };
  }
}

/** @param {Desk} desk @returns {Situation} */
function connected(desk) {
  const { room, project } = desk;
  const { turn, shown } = standing(room, project);
  const unseen = desk.camera && !desk.hidden ? desk.unseen : "";
  if (shown) {
    const word = turn ? t("On stage") : hasPitched(room, project) ? t("Still in the picture") : t("In the picture");
    return { kind: turn ? "stage" : "seen", word, text: unseen || whatIsOn(desk) };
  }
  if (hasPitched(room, project)) return { kind: "green", word: t("In the green room"), text: t("Nobody sees or hears you any more. You may leave.") };
  if (!turn) return { kind: "green", word: t("In the green room"), text: unseen || t("You are connected. Nobody sees or hears you yet.") };
  if (!isPublished(room, project)) return { kind: "connecting", word: t("Connecting"), text: t("Your camera and microphone are being connected.") };
  return { kind: "aside", word: t("Not in the picture"), text: t("The organiser shows something else now: nobody sees or hears you.") };
}

/** Who is seen and heard is read from the stage, not from the phase; what is off, from the desk. @param {Desk} desk */
function whatIsOn({ room, project, microphone, muted }) {
  const { seen, card, slides, heard } = standing(room, project);
  const voice = heard && microphone && !muted;
  if (voice) return seen ? t("Everybody sees and hears you.") : card ? t("Everybody hears you and sees your name: your camera is off.") : t("Everybody hears you.");
  const picture = seen ? t("Everybody sees you.") : card ? t("Everybody sees your name: your camera is off.") : slides ? t("Everybody sees your slides.") : t("Nobody sees you.");
  const cutOff = room?.session.muted === true;
  const why = !microphone ? t("You have no microphone.") : muted ? t("Your microphone is off.") : cutOff ? t("Time is up: nobody hears you.") : t("Nobody hears you.");
  return sentences([picture, why]);
}

/**
 * What comes next, in a line. Nothing in it is over, by the clock or by the rundown.
 * @param {Desk} desk
 * @returns {string}
 */
export function cue(desk) {
  const { room, project } = desk;
  if (!room) return "";
  const { session, rundown, ceremony } = room;
  const own = rundown.slots.find((slot) => slot.project === project);
  if (own?.status === "skipped") return t("Your slot was skipped. Ask the organiser.");
  if (session.project === project) {
    if (session.phase === "standby") return t("You are next. The clock starts when the organiser starts your pitch.");
    if (session.phase === "pitch" || session.phase === "questions") return untilTheEnd(desk, session.phase);
    if (session.phase === "voting") {
      return standing(room, project).heard ? t("The judges are scoring.") : t("The judges are scoring. You are not heard any more.");
    }
  }
  if (hasPitched(room, project)) {
    return ceremony.state === "revealed"
      ? t("Your slot is over. Thank you! The result is public.")
      : t("Your slot is over. Thank you! The podium is announced on the watch page.");
  }
  if (own?.status !== "waiting") return "";
  const waiting = rundown.slots.filter((slot) => slot.status !== "skipped" && slot.status !== "done");
  const before = waiting.findIndex((slot) => slot.project === project);
  if (before <= 0) return t("You are called next.");
  return tn("{count} project is before you.", "{count} projects are before you.", before);
}

/** @param {Desk} desk @param {"pitch"|"questions"} phase */
function untilTheEnd({ room, now, microphone }, phase) {
  const session = /** @type {Room} */ (room).session;
  const then = phase === "pitch" ? t("Then: questions from the judges.") : t("Then the judges score.");
  if (session.paused || session.interrupted) return t("The clock stands. Wait for the organiser.");
  const { clock } = session;
  const left = remaining(clock, now);
  if (left === null) return then;
  if (left <= 0) {
    // What is cut goes on by itself, at this moment.
    if (clock.policy === "cut") return then;
    const over = clock.policy === "mute" && microphone ? t("Time is up: your microphone is switched off.") : t("Time is up.");
    return sentences([over, then]);
  }
  if (clock.policy === "cut") return phase === "pitch" ? t("At 0:00 the questions begin by themselves.") : t("At 0:00 the judges begin to score.");
  const ahead = clock.policy === "mute" && microphone ? t("At 0:00 your microphone is switched off.") : "";
  return sentences([ahead, then]);
}

/** The screen was shared until the browser ended it: the pitcher has to choose. @param {Desk} desk */
export function screenLost({ room, project, slides }) {
  return slides.mode === "none" && slides.was === "screen" && (slides.canShare || slides.deck) && !hasPitched(room, project);
}

/**
 * A line about the slides.
 * @param {Desk} desk
 * @param {boolean} choice the deck is there in several languages, which the page's links choose
 * @returns {string}
 */
export function slidesNote(desk, choice) {
  const { room, project, wanted, slides, camera, hidden } = desk;
  const { turn, shown } = standing(room, project);
  if (hasPitched(room, project) && !shown) return "";
  const alone = camera && !hidden ? t("Only your camera is shown.") : t("Only your name is shown.");
  const lost = t("Your screen is not shared any more.");
  if (screenLost(desk)) return sentences([lost, alone]);
  if (slides.refused) {
    if (slides.mode !== "none") return t("No screen was shared: what was chosen before still is.");
    return slides.deck ? t("No screen was shared. Choose again, or show the deck.") : t("No screen was shared. Choose again.");
  }
  if (slides.mode === "none") return alone;
  if (wanted && slides.state === "restoring") return t("The slides are coming back.");
  if (wanted && slides.state === "refused") return t("The server does not take your slides. Choose them again.");
  // On stage it would ask for a page that is loaded anew.
  if (slides.mode !== "deck" || !choice || turn || shown) return "";
  return t("Everybody sees the deck in the language of this page. Choose another above.");
}
