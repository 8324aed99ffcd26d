// All votes of the audience award, for those who run it.

import { keyed, make, write } from "../lib/dom.js";
import { formatNumber } from "../lib/i18n.js";

/** @typedef {import("../live/protocol.js").ProjectVotes} ProjectVotes */

/**
 * Every project's, most first.
 * @param {HTMLElement} list
 * @param {ProjectVotes[]} result
 * @param {Record<string, {name: string}>} projects
 */
export function drawAwardVotes(list, result, projects) {
  list.hidden = !result.length;
  keyed(list, result, {
    key: (one) => one.project,
    create: (one) => make("li", "", make("span", "", projects[one.project]?.name ?? one.project), make("span", "figures")),
    update: (row, one) => {
      row.toggleAttribute("data-winner", one.votes > 0 && one.votes === result[0]?.votes);
      write(/** @type {Element} */ (row.lastElementChild), formatNumber(one.votes));
    },
  });
}
