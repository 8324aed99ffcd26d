// What the control desk says of a room, in words. Changes nothing.

import { dotted, t, tn } from "../lib/i18n.js";
import { clockFace, phaseName, remaining } from "../live/countdown.js";

/** @typedef {import("../live/follow.js").Room} Room */

/** What the main button does. @param {Room} room */
export function advanceLabel({ session }) {
  if (session.over && session.phase === "closed") return t("The field is over");
  switch (session.phase) {
    case "standby":
      return t("Start the pitch");
    case "pitch":
      return t("Go on to questions");
    case "questions":
      return t("Open the voting");
    case "voting":
      return t("Close the voting");
    case "closed":
      return t("Call the next project");
  }
}

/** What is easily missed; that the clock stands is said beside it. @param {Room} room */
export function warning({ session, stage }) {
  if (session.interrupted) return t("The time ran out while the server was away. Add time, or go on.");
  if (session.muted) return t("Time is up: the pitcher's microphone is off the floor.");
  if (session.paused && (session.clock.remaining_ms ?? 1) <= 0) return t("The clock stands at 0:00: add time, then resume.");
  return stage.mode === "auto" ? "" : t("The stage does not follow the rundown.");
}

/** How far the result is. @param {Room} room */
export function resultLine({ ceremony, review, session, progress, questions }) {
  switch (ceremony.state) {
    case "sealed":
    case "awaiting":
      if (!session.over) return t("Scores are sealed. When the rundown is over, the chair confirms the result.");
      if (review?.state === "awaiting") return t("The chair has confirmed. It takes a second signature before anything is announced.");
      if (progress?.revote?.projects.some((one) => one.open)) return t("The jury votes again on a tie; the chair closes the re-vote.");
      if (questions?.newest?.state === "open") return t("The jury votes on a question.");
      if (review?.late.length) return t("A late ballot waits for a decision.");
      if (progress?.projects.some((one) => one.open)) return t("Close the voting; then the chair closes the count.");
      if (!review?.count?.closed) return t("All votes are in. The chair closes the count.");
      return t("The count is closed. Ties are settled, if there are any, and the chair confirms the result.");
    case "confirmed":
    case "revealing":
      return tn("Confirmed. {count} place to announce.", "Confirmed. {count} places to announce.", ceremony.remaining);
    case "revealed":
      return t("The podium is public.");
  }
}

/** A room in a word or two, for the way to its desk. @param {Room} room @param {number} now by the server's clock */
export function inShort({ session, ceremony }, now) {
  switch (ceremony.state) {
    case "revealed":
      return t("The podium is public");
    case "confirmed":
    case "revealing":
      return t("Places to announce");
    case "sealed":
    case "awaiting": {
      if (session.over && session.phase === "closed") return t("Pitches over");
      const left = remaining(session.clock, now);
      const clock = left === null ? "" : ` ${clockFace(left)}`;
      return dotted([`${phaseName(session.phase)}${clock}`, session.paused ? t("Paused") : ""]);
    }
  }
}
