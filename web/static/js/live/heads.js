// The hashes by which anybody can tell later that the published record is the one of today.

import { make } from "../lib/dom.js";
import { dotted, formatTime, t, tn } from "../lib/i18n.js";

/**
 * @typedef {import("./protocol.js").HeadsView} HeadsView
 * @typedef {import("./protocol.js").ToldHead} ToldHead
 */

/** @param {Element} list a `dl` @param {HeadsView} told */
export function drawHeads(list, { rules, heads }) {
  const rows = [row(t("Rules"), rules), ...heads.map((head) => row(words(head), head.hash))];
  list.replaceChildren(...rows.flat());
}

/** @param {string} name @param {string} hash */
function row(name, hash) {
  return [make("dt", "", name), make("dd", "figures", hash)];
}

/** @param {ToldHead} head */
export function words({ when, at, entries }) {
  const time = formatTime(at);
  if (when === "confirmed") return t("Result confirmed, {time}", { time });
  if (when === "amended") return t("Result changed, {time}", { time });
  const what = when === "counted" ? t("Count closed, {time}", { time }) : t("Vote closed, {time}", { time });
  return dotted([what, entries > 0 ? tn("1 entry", "{count} entries", entries) : ""]);
}
