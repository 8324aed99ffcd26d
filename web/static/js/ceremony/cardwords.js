// Judges' cards in words, and when they are on the screens.

import { t } from "../lib/i18n.js";

/** @typedef {import("../live/follow.js").Room} Room */
/** @typedef {import("../live/protocol.js").Card} Card */
/** @typedef {import("../live/protocol.js").ShownProject} ShownProject */

/** Whose it is: by name, or by number where judges are not named. @param {Card} card @param {Record<string, {name: string}>} judges */
export function judgeOf({ judge, number }, judges) {
  return judge === null ? t("Judge {number}", { number }) : (judges[judge]?.name ?? judge);
}

/** Why there is no score. @param {Card["state"]} state */
export function withoutScore(state) {
  switch (state) {
    case "recused":
      return t("conflict");
    case "abstained":
      return t("abstained");
    case "void":
      return t("set aside");
    case "absent":
      return t("no ballot");
    case "submitted":
    case "elsewhere": // and these have no card
    case "replaced":
    case "shadow":
      return "";
  }
}

/**
 * Whose cards belong on the screens now: from when they are shown until the next pitch is called.
 * @param {Room} room
 * @returns {ShownProject | null}
 */
export function shownNow({ cards, rundown, session, ceremony }) {
  const newest = cards.projects[cards.projects.length - 1];
  if (!newest || ceremony.state !== "sealed" || (session.phase !== "closed" && !session.over)) return null;
  const pitched = rundown.slots.filter((slot) => slot.status === "done").map((slot) => slot.project);
  const last = pitched.slice(cards.told === "one-later" ? -2 : -1);
  return last.includes(newest.project) ? newest : null;
}
