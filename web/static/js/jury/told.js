// What each judge gave, for the chair alone, once the count is closed: where the rules say so.

import { judgeOf } from "../ceremony/cardwords.js";
import { keyed, make, write } from "../lib/dom.js";
import { dotted, t, withLocalSign } from "../lib/i18n.js";

/** @typedef {import("../live/protocol.js").ShownProject} ShownProject */

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
