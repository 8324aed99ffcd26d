// What each judge gave, for the chair alone, once the count is closed: where the rules say so.

import { judgeOf } from "../ceremony/cardwords.js";
import { keyed, make, write } from "../lib/dom.js";
import { dotted, formatNumber, listed, t, withLocalSign } from "../lib/i18n.js";

/** @typedef {import("../live/protocol.js").ShownProject} ShownProject */
/** @typedef {import("../live/protocol.js").Striking} Striking */

/**
 * What is striking in the cards, as rules of thumb. It decides nothing.
 * @param {HTMLElement} list a `<ul>`
 * @param {Striking} striking
 * @param {(project: string) => string} project
 * @param {(judge: string) => string} judge
 * @param {number} points of `rules.far_apart`
 */
export function drawStriking(list, { apart, alike }, project, judge, points) {
  const lines = [
    apart.length ? t("Judges are more than {points} points apart: {projects}", { points: formatNumber(points), projects: listed(apart.map(project)) }) : "",
    alike.length ? t("The same total for all projects, from: {judges}", { judges: listed(alike.map(judge)) }) : "",
  ].filter(Boolean);
  list.hidden = !lines.length;
  keyed(list, lines, { key: (text) => text, create: () => make("li"), update: write });
}

/**
 * @param {HTMLElement} list a `<ul>`
 * @param {readonly ShownProject[]} cards
 * @param {(project: string) => string} project
 * @param {Record<string, {name: string}>} judges
 */
export function drawTold(list, cards, project, judges) {
  list.hidden = !cards.length;
  keyed(list, cards, {
    key: (one) => one.project,
    create: () => make("li", "", make("b"), " ", make("span", "figures"), make("small", "muted figures")),
    update: (row, one) => {
      const [name, score, given] = row.children;
      if (!name || !score || !given) return;
      write(name, project(one.project));
      write(score, one.score ? withLocalSign(one.score) : t("too few ballots"));
      write(given, dotted(one.cards.filter((card) => card.total).map((card) => `${judgeOf(card, judges)} ${withLocalSign(card.total)}`)));
    },
  });
}
