// A question to the jury in words. Pure.

import { formatNumber, listed, t } from "../lib/i18n.js";

/**
 * @typedef {import("../live/protocol.js").QuestionView} QuestionView
 * @typedef {{projects: Record<string, {name: string}>, awards: Record<string, string>}} Names
 */

/** Seconds that the jury can be given; the server takes others, too. */
export const TIMES = [60, 120, 180, 300, 600];

/** @param {Pick<QuestionView, "award" | "projects">} question @param {Names} names */
export function asked({ award, projects }, { projects: named, awards }) {
  if (award !== null) return t("Who gets “{award}”?", { award: awards[award] ?? award });
  return t("Who goes first: {names}?", { names: listed(projects.map((id) => named[id]?.name ?? id)) });
}

/** What is chosen with no project. @param {string | null} award */
export function noneOf(award) {
  return award === null ? t("Abstain") : t("Not awarded");
}

/** How it stands, without a word on the votes. @param {QuestionView} question */
export function stands(question) {
  const counts = { voted: formatNumber(question.voted.length), jury: formatNumber(question.jury.length) };
  switch (question.state) {
    case "open":
      return t("The jury votes: {voted} of {jury} have voted.", counts);
    case "missed":
      return t("Not held: {voted} of {jury} have voted; needed: {quorum}.", { ...counts, quorum: formatNumber(question.quorum) });
    case "level":
      return t("The jury has voted: {voted} of {jury}. The votes are level.", counts);
    case "held":
      return t("The jury has voted: {voted} of {jury}.", counts);
  }
}
