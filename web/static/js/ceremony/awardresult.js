// The announced result of the audience award: who has it, as everybody is told.

import { write } from "../lib/dom.js";
import { listed, tn } from "../lib/i18n.js";

/** @typedef {import("../live/protocol.js").AudienceView} AudienceView */

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
