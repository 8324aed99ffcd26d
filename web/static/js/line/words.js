// What a line check says: pure, drawn by view.js, and in a word by control.

import { formatDate, formatNumber, formatRate, formatShare, sentences, t } from "../lib/i18n.js";

/** @typedef {import("./check.js").Told} Told */
/** @typedef {import("../live/protocol.js").Verdict} Verdict */
/** @typedef {import("../live/protocol.js").Reason} Reason */

/** @param {Verdict} verdict */
export function verdictTitle(verdict) {
  switch (verdict) {
    case "full":
      return t("Full picture");
    case "slides":
      return t("Slides and voice");
    case "another":
      return t("Use another network");
  }
}

/** @param {Told} told */
export function verdictText({ verdict, reasons }) {
  switch (verdict) {
    case "full":
      return t("This line carries your picture, your slides and your voice.");
    case "slides":
      return sentences([t("Your slides and your voice will come across; your picture will be small, or stand still at times."), ...reasons.map(reasonText)]);
    case "another":
      return reasons.includes("unreached")
        ? t("The server answers, but this network lets neither picture nor sound through.")
        : sentences([t("On this line a pitch would break up."), ...reasons.map(reasonText)]);
  }
}

/** What stands in the way. @param {Reason} reason */
export function reasonText(reason) {
  switch (reason) {
    case "unreached":
      return t("Nothing gets through.");
    case "stream":
      return t("The network blocks the direct way for video.");
    case "rate":
      return t("The line sends too slowly.");
    case "delay":
      return t("The way to the server takes long.");
    case "spread":
      return t("The line stalls now and then.");
    case "loss":
      return t("The line loses part of what is sent.");
  }
}

/** What somebody can do, the likeliest first. @param {Told} told @param {number} port @param {string} host @returns {string[]} */
export function advice({ verdict, reasons }, port, host) {
  if (verdict === "full") return [];
  const shut = reasons.includes("stream") || reasons.includes("unreached");
  return [
    t("Plug in a cable, if there is one."),
    t("Try another Wi-Fi, near its router."),
    t("Try a phone's hotspot."),
    ...(shut ? [t("Or ask whoever looks after this network to open UDP port {port} to {host}.", { port: String(port), host })] : []),
  ];
}

/** When it was, and whether it still counts. @param {Told} told @param {number} now ms */
export function ageText({ at, old_at, elsewhere }, now) {
  const date = formatDate(at);
  if (elsewhere) return t("Checked on {date}, on another network. Check this one, too.", { date });
  if (now >= old_at) return t("Checked on {date}. That was a while ago: check again.", { date });
  return t("Checked on {date}.", { date });
}

/** Whether it says what this line holds now. @param {Told} told @param {number} now ms */
export function counts({ old_at, elsewhere }, now) {
  return !elsewhere && now < old_at;
}

/** What is sent next is bound by so many bits a second; null: by none that is known. @param {Told|null} told @param {number} now ms */
export function bound(told, now) {
  // A line that only delays, or has no datagrams, may hold more than a careful browser sent over it.
  return told?.reasons.includes("rate") && counts(told, now) ? told.up : null;
}

/** @param {Told} told @returns {[string, string][]} names and values */
export function figureRows({ up, figures, missing }) {
  if (figures.way === null) return [[t("Way"), t("none")]];
  const milliseconds = (/** @type {number} */ count) => t("{count} ms", { count: formatNumber(count) });
  return [
    [t("Sends"), formatRate(up)],
    [t("There and back"), milliseconds(figures.round_trip)],
    [t("At times longer by"), milliseconds(figures.spread)],
    [t("Lost on the way"), formatShare(figures.lost)],
    ...(missing === null ? [] : [/** @type {[string, string]} */ ([t("Lost for good"), formatShare(missing)])]),
    [t("Way"), wayName(figures.way)],
  ];
}

/** @param {import("./figures.js").Way} way */
function wayName(way) {
  switch (way) {
    case "udp":
      return t("direct (UDP)");
    case "tcp":
      return t("detour (TCP)");
    case "turn-udp":
      return t("by a relay server (TURN, UDP)");
    case "turn-tcp":
      return t("by a relay server (TURN, TCP)");
  }
}
