// The row of projects over the card: each with what became of its ballot.

import { keyed, make, write } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { cardOf } from "./ballots.js";

/**
 * @param {HTMLElement} list
 * @param {import("../live/follow.js").Room} room
 * @param {string} shown the card that is shown
 * @param {import("./cards.js").Cards} cards
 * @param {(key: string) => void} choose
 */
export function drawCardTabs(list, room, shown, cards, choose) {
  const slots = room.rundown.slots.filter((slot) => slot.status !== "skipped" || slot.project === shown);
  const keys = new Set([...cards.revoteCards(), ...(cardOf(shown).round > 1 ? [shown] : []), ...slots.map((slot) => slot.project)]);
  keyed(list, [...keys], {
    key: (key) => key,
    create: (key) => {
      const { project, round } = cardOf(key);
      const button = make("button", "project-tab", make("span", "", cards.nameOf(key)), make("small"));
      button.type = "button";
      button.dataset.project = project;
      button.dataset.round = String(round);
      button.addEventListener("click", () => choose(key));
      return button;
    },
    update: (button, key) => {
      button.setAttribute("aria-pressed", String(key === shown));
      button.dataset.state = cards.tabState(key);
      const mark = button.querySelector("small");
      const said = cards.tabMark(key);
      if (mark) write(mark, cardOf(key).round > 1 ? [t("re-vote"), said].filter(Boolean).join(": ") : said);
    },
  });
}
