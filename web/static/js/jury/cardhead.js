// Over the scores: which project and which round they are for, and where the show is meanwhile.

import { mark, must, write } from "../lib/dom.js";
import { dotted, formatNumber, listed, t } from "../lib/i18n.js";
import { phaseName } from "../live/countdown.js";
import { cardOf } from "./ballots.js";

/**
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {import("./cards.js").Cards} Cards
 * @typedef {Record<string, {name: string, one_liner: string, team: string, place: string}>} Projects
 */

/** @param {string} shown @param {Projects} projects @param {string} field its title, where there is no project */
export function drawProject(shown, projects, field) {
  const project = projects[cardOf(shown).project];
  write(must("#project-name"), project?.name ?? field);
  write(must("#project-line"), project?.one_liner ?? "");
  write(must("#project-team"), dotted([project?.team, project?.place]));
}

/**
 * What the card's project is in now; or the way to the one on stage, if it has another.
 * @param {Room} room
 * @param {string} shown
 * @param {Cards} cards
 */
export function drawPhase({ session }, shown, cards) {
  const badge = must("#phase");
  const backToLive = must("#back-to-live");
  const away = session.project !== null && session.project !== cardOf(shown).project && !session.over;
  const open = cards.isOpen(shown) && !cards.isOut(shown);
  badge.dataset.phase = session.phase;
  badge.classList.toggle("brass", open);
  write(badge, open ? t("Voting is open") : phaseName(session.phase));
  const key = session.project ?? "";
  const waits = away && session.phase === "voting" && cards.tabState(key) === "open";
  const project = session.project ? cards.nameOf(key) : "";
  write(backToLive, waits ? t("Vote on {project} now", { project }) : t("Go to the stage: {project}", { project }));
  backToLive.classList.toggle("brass", waits);
  if (!away && document.activeElement === backToLive) must("#submit").focus();
  backToLive.hidden = !away;
  badge.hidden = away;
}

/**
 * Beside the total: by number and name whose card this is, and that it is not the one on stage. A card on which projects are put in
 * order is nobody's.
 * @param {Room} room
 * @param {string} shown
 * @param {Cards} cards
 */
export function drawFor({ rundown, session }, shown, cards) {
  const line = document.getElementById("card-project");
  if (!line) return;
  const { project } = cardOf(shown);
  const number = rundown.slots.findIndex((slot) => slot.project === project) + 1;
  const away = session.project !== null && session.project !== project && !session.over;
  write(must("#card-project strong"), number ? dotted([formatNumber(number), cards.nameOf(shown)]) : cards.nameOf(shown));
  write(must("#card-project small"), away ? t("Not on stage now") : t("Total of 100"));
  mark(line, "away", String(away));
}

/** Which round the card is for, and what it is good for. @param {string} shown @param {Cards} cards */
export function drawRound(shown, cards) {
  const { round } = cardOf(shown);
  const called = cards.revoteCards();
  const banner = must("#revote");
  if (round === 1 && called.length === 0) {
    banner.hidden = true;
    return;
  }
  const number = formatNumber(round > 1 ? round : cardOf(called[0] ?? "").round);
  write(must("#revote strong"), t("Re-vote, round {number}", { number }));
  const names = listed(called.map((key) => cards.nameOf(key)));
  const again = cards.arePairs
    ? t("Compare these projects once more, each with the others: {names}. It only decides which of them stands ahead.", { names })
    : cards.areOrders
    ? t("Put these projects in order once more: {names}. It only decides which of them stands ahead.", { names })
    : t("Score these projects once more: {names}. It only decides which of them stands ahead.", { names });
  const text = called.length ? again : t("This re-vote is closed.");
  write(must("#revote span"), text);
  banner.hidden = false; // a region that speaks shows itself once all of it is there
}
