// A phase and its clock, in figures and words. Changes nothing.

import { formatDuration, t } from "../lib/i18n.js";

/** @typedef {import("./protocol.js").ClockView} ClockView */
/** @typedef {import("./protocol.js").Phase} Phase */
/** @typedef {"still"|"calm"|"warn"|"last"|"over"} Urgency `still`: the phase has no clock */

/**
 * What is left at `now`, ms, negative in overtime; null without a clock.
 * @param {ClockView} clock
 * @param {number} now
 */
export function remaining(clock, now) {
  return clock.ends_at === null ? clock.remaining_ms : clock.ends_at - now;
}

/**
 * Minutes and seconds; a second shows until it is over: 8:00 at first, 0:00 at the end, then +0:01.
 * @param {number} ms
 */
export function clockFace(ms) {
  const seconds = ms > 0 ? Math.ceil(ms / 1000) : Math.floor(-ms / 1000);
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return ms < 0 && seconds > 0 ? `+${text}` : text;
}

/**
 * @param {ClockView} clock
 * @param {number|null} left
 * @returns {Urgency}
 */
export function urgency(clock, left) {
  if (left === null) return "still";
  if (left <= 0) return "over";
  const passed = clock.warnings_ms.filter((warning) => left <= warning).length;
  if (passed === 0) return "calm";
  return passed > 1 ? "last" : "warn";
}

/** @param {Phase} phase */
export function phaseName(phase) {
  switch (phase) {
    case "standby":
      return t("Standby");
    case "pitch":
      return t("Pitch");
    case "questions":
      return t("Questions");
    case "voting":
      return t("Voting");
    case "closed":
      return t("Closed");
  }
}

/**
 * The words beside the figures: the colour's meaning for whoever cannot see the colour.
 * @param {Urgency} urgent
 * @param {boolean} paused
 * @param {number} duration
 * @param {boolean} own whoever looks is the one whose time runs: only they are told what to do
 */
export function cue(urgent, paused, duration, own) {
  if (urgent === "still") return "";
  if (paused) return t("Paused");
  switch (urgent) {
    case "calm":
      return t("of {time}", { time: clockFace(duration) });
    case "warn":
      return own ? t("Time to wind up") : t("Little time left");
    case "last":
      return own ? t("Finish now") : t("Almost over");
    case "over":
      return t("Time is up");
  }
}

/** A beginning that is later than planned by more than this is late, ms; until then it is a moment away. */
const LATE_AFTER = 120_000;

/**
 * What is said of a beginning whose time has come.
 * @param {number} left until the planned time, ms
 */
export function overdue(left) {
  return left > -LATE_AFTER ? t("Starts in a moment") : t("It begins a little later than planned");
}

/**
 * What is told aloud of a clock: at a new phase, at a warning, at the end, and when it is stopped or goes on.
 * @param {Phase} phase
 * @param {ClockView} clock of this phase
 * @param {number} now
 * @returns {{news: string, text: string}} `news`: as long as it is the same, nothing has happened that is to be told
 */
export function spoken(phase, clock, now) {
  const left = remaining(clock, now);
  const urgent = urgency(clock, left);
  const paused = left !== null && clock.ends_at === null;
  const rest = left === null ? "" : left > 0 ? t("{time} left", { time: formatDuration(Math.ceil(left / 1000) * 1000) }) : t("Time is up");
  const text = [phaseName(phase), paused ? t("Paused") : "", rest].filter(Boolean).join(". ");
  return { news: `${phase} ${urgent} ${paused}`, text };
}
