// The announced result of the audience award, as every page shows it.

import { keyed, make, must, write } from "../lib/dom.js";
import { formatNumber, tn } from "../lib/i18n.js";

/** @typedef {import("../live/protocol.js").AudienceView} AudienceView */

/** @param {AudienceView} award how many have voted, in words; nothing before the first */
export function votesLine({ votes }) {
  return votes ? tn("{count} vote", "{count} votes", votes) : "";
}

/** @param {AudienceView} award @param {Record<string, {name: string}>} projects */
export function drawAwardResult(award, projects) {
  const list = must("#award-result");
  const result = award.result ?? [];
  const most = Math.max(1, ...result.map((one) => one.votes));
  list.hidden = !result.length;
  keyed(list, result, {
    key: (one) => one.project,
    create: (one) => {
      const row = make("li", "", make("span", "", projects[one.project]?.name ?? one.project), make("span", "figures"), make("meter"));
      row.querySelector("meter")?.setAttribute("aria-hidden", "true");
      return row;
    },
    update: (row, one) => {
      const [, count, bar] = row.children;
      if (one.votes === most) row.dataset.winner = "";
      if (count) write(count, formatNumber(one.votes));
      if (bar instanceof HTMLMeterElement) {
        bar.max = most;
        bar.value = one.votes;
      }
    },
  });
}

/**
 * The award in one line: who has it. Nothing until it is announced.
 * @param {HTMLElement} line with `[data-names]` and `[data-votes]`
 * @param {AudienceView} award
 * @param {Record<string, {name: string}>} projects
 */
export function drawAwardLine(line, award, projects) {
  const result = award.result ?? [];
  const most = Math.max(1, ...result.map((one) => one.votes));
  const winners = result.filter((one) => one.votes === most);
  line.hidden = !winners.length;
  const [names, votes] = [line.querySelector("[data-names]"), line.querySelector("[data-votes]")];
  if (names) write(names, winners.map(({ project }) => projects[project]?.name ?? project).join(", "));
  if (votes) write(votes, winners.length ? tn("{count} vote", "{count} votes", most) : "");
}

/** On the results' page: nothing until it is announced. @param {AudienceView} award @param {Record<string, {name: string}>} projects */
export function showAwardResult(award, projects) {
  const section = document.getElementById("award");
  if (!section) return;
  section.hidden = award.state !== "counted";
  if (section.hidden) return;
  write(must("#award-votes"), votesLine(award));
  drawAwardResult(award, projects);
}
