// Whether the audience's votes look like an audience's, in words.

import { formatNumber, t } from "../lib/i18n.js";

/** @typedef {import("../live/protocol.js").TurnoutView} TurnoutView */

/** Votes beside viewers, and the largest share of one address; nothing before the first vote. @param {TurnoutView} turnout */
export function turnoutLine({ votes, viewers, largest }) {
  if (!votes) return "";
  const most = t("Most viewers at one time: {count}.", { count: formatNumber(viewers) });
  const share = t("Most votes from one address: {largest} of {votes}.", { largest: formatNumber(largest), votes: formatNumber(votes) });
  return `${most} ${share}`;
}

/** What somebody should look at; empty: nothing. @param {TurnoutView} turnout */
export function doubtLine({ doubt }) {
  if (doubt === "one_address") return t("More than half of the votes come from one address. That is as it should be if it is your hall's; if not, somebody may be voting many times.");
  if (doubt === "more_than_viewers") return t("There are more than twice as many votes as there were viewers. Somebody may be voting many times.");
  return "";
}
