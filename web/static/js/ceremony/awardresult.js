// The announced result of the audience award: who has it, as everybody is told, and all votes for those who run it.

import { keyed, make, write } from "../lib/dom.js";
import { formatNumber, listed, tn } from "../lib/i18n.js";

/** @typedef {import("../live/protocol.js").AudienceView} AudienceView */
/** @typedef {import("../live/protocol.js").ProjectVotes} ProjectVotes */

/** @param {AudienceView} award how many have voted, in words; nothing before the first */
export function votesLine({ votes }) {
  return votes ? tn("{count} vote", "{count} votes", votes) : "";
}

/**
 * The award in one line. Hidden until it is announced.
 * @param {HTMLElement} line with `[data-names]` and `[data-votes]`
 * @param {AudienceView} award
 * @param {Record<string, {name: string}>} projects
 */
export function drawAwardLine(line, { winners }, projects) {
  line.hidden = !winners?.length;
  if (!winners?.length) return;
  const [names, votes] = [line.querySelector("[data-names]"), line.querySelector("[data-votes]")];
  if (names) write(names, listed(winners.map(({ project }) => projects[project]?.name ?? project)));
  if (votes) write(votes, tn("{count} vote", "{count} votes", winners[0]?.votes ?? 0));
}

/**
 * Every project's votes, most first, for the control desk.
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
