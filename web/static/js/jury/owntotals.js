// A judge's own totals beside each other, to score the next project by the same measure; and a last look before a typed card is
// handed in. Nobody else's are in either.

import { dialogue } from "../lib/ask.js";
import { make, write } from "../lib/dom.js";
import { dotted, formatNumber, t } from "../lib/i18n.js";
import { localScore } from "./points.js";
import { total } from "./scorecard.js";

/**
 * @typedef {import("./scorecard.js").Criterion} Criterion
 * @typedef {import("./drafts.js").Scores} Scores
 * @typedef {{key: string, name: string, scores: Scores, stored: boolean}} OwnCard in the order of the rundown; `stored`: as it is
 *   on the card now, the store has it
 */

/** @param {OwnCard} card @param {Criterion[]} criteria */
function standing(card, criteria) {
  return total(criteria, card.scores) ?? -1;
}

/** The greatest first; what is unfinished stands last. @param {OwnCard[]} cards @param {Criterion[]} criteria */
export function byTotal(cards, criteria) {
  return [...cards].sort((one, other) => standing(other, criteria) - standing(one, criteria));
}

/**
 * For the judge alone, while it can still be changed: all that they handed in has one total. Empty: it has not, or there is little.
 * @param {OwnCard[]} cards @param {Criterion[]} criteria @param {number} least projects; fewer than two: nobody is told
 */
export function alikeText(cards, criteria, least) {
  const totals = cards.filter((one) => one.stored).flatMap((one) => total(criteria, one.scores) ?? []);
  if (least < 2 || totals.length < least || new Set(totals).size > 1) return "";
  return t("You have given all {count} projects the same total.", { count: formatNumber(totals.length) });
}

/** @param {OwnCard[]} cards @param {Criterion[]} criteria */
export function showOwnTotals(cards, criteria) {
  const body = make("tbody");
  const [order, points] = [sorter(t("Project"), () => draw(false)), sorter(t("Total of 100"), () => draw(true))];
  points.cell.className = "number";
  const heads = criteria.map((one) => make("th", "number", one.title));
  const table = make("table", "table own-totals", make("thead", "", make("tr", "", order.cell, ...heads, points.cell)), body);
  /** @param {boolean} sorted */
  const draw = (sorted) => {
    order.cell.setAttribute("aria-sort", sorted ? "none" : "ascending");
    points.cell.setAttribute("aria-sort", sorted ? "descending" : "none");
    body.replaceChildren(...(sorted ? byTotal(cards, criteria) : cards).map((card) => row(card, criteria)));
  };
  draw(false);
  const scroll = make("div", "table-scroll", table);
  scroll.tabIndex = 0;
  const text = t("Your own scores alone. Those marked with a circle are not handed in.");
  void dialogue({ title: t("Your totals"), text, yes: t("Close") }, [scroll], { shows: true });
}

/** @param {string} label @param {() => void} sort */
function sorter(label, sort) {
  const button = make("button", "own-totals-sort", label);
  button.type = "button";
  button.addEventListener("click", sort);
  return { cell: make("th", "", button) };
}

/** @param {OwnCard} card @param {Criterion[]} criteria */
function row(card, criteria) {
  const name = make("th", "", card.stored ? card.name : `○ ${card.name}`);
  name.scope = "row";
  const cells = criteria.map((one) => {
    const score = card.scores[one.id];
    return make("td", "number", score === undefined ? "–" : `${one.taken_from ? "−" : ""}${localScore(score, one)}`);
  });
  const sum = total(criteria, card.scores);
  return make("tr", "", name, ...cells, make("td", "number", make("b", "", sum === null ? "–" : formatNumber(sum, 2))));
}

/**
 * What will be sent, and beside it what the judge gave others.
 * @param {OwnCard} card
 * @param {OwnCard[]} others
 * @param {Criterion[]} criteria
 * @returns {Promise<boolean>}
 */
export function lookBefore(card, others, criteria) {
  const lines = criteria
    .filter((one) => !one.taken_from || card.scores[one.id])
    .flatMap((one) => [make("dt", "", one.title), make("dd", "figures", given(card.scores[one.id] ?? 0, one))]);
  const list = make("dl", "look", ...lines, make("dt", "", t("Total of 100")), make("dd", "figures", make("b", "", told(card, criteria))));
  const near = byTotal(others.filter((one) => total(criteria, one.scores) !== null), criteria);
  const beside = make("p", "small muted figures");
  write(beside, dotted(near.map((one) => `${one.name} ${told(one, criteria)}`)));
  beside.hidden = !near.length;
  return dialogue({ title: t("Submit these scores?"), text: card.name, yes: t("Submit") }, [list, beside]);
}

/** @param {number} score @param {Criterion} one */
function given(score, one) {
  return one.taken_from ? `−${localScore(score, one)}` : `${localScore(score, one)} / ${one.maximum}`;
}

/** @param {OwnCard} card @param {Criterion[]} criteria */
function told(card, criteria) {
  const sum = total(criteria, card.scores);
  return sum === null ? "–" : formatNumber(sum, 2);
}
