// Which judges have submitted for the project on stage, or the one that has just left it. Who, never what.

import { keyed, make, write } from "../lib/dom.js";
import { dotted, listed, t } from "../lib/i18n.js";

/**
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {import("../live/protocol.js").JudgeProgress} JudgeProgress
 * @typedef {import("../live/protocol.js").RevoteProgress} RevoteProgress
 */

/**
 * @param {HTMLElement} panel holds `[data-progress=title]`, `[data-progress=count]` and a `<ul data-progress=judges>`
 * @param {Room} room
 * @param {Record<string, {name: string, chair: boolean}>} judges
 * @param {Record<string, {name: string}>} projects
 */
export function drawProgress(panel, room, judges, projects) {
  const title = panel.querySelector("[data-progress=title]");
  const count = panel.querySelector("[data-progress=count]");
  const list = panel.querySelector("[data-progress=judges]");
  const project = room.session.project ?? room.rundown.slots.filter((slot) => slot.status === "done").pop()?.project;
  const progress = room.progress?.projects.find((one) => one.project === project);
  if (!title || !count || !list || !progress) return;
  const due = progress.judges.filter((one) => !one.shadow && !["recused", "void", "abstained"].includes(one.state));
  const done = due.filter((one) => one.state === "submitted").length;
  const asked = room.session.phase === "voting" || room.session.phase === "closed" || done > 0;
  write(title, projects[progress.project]?.name ?? progress.project);
  write(count, asked ? ballots(done, due.length, progress.quorum_met) : t("Voting opens after the questions."));
  /** @param {string} id */
  const isChair = (id) => (room.windows?.chair ? room.windows.chair === id : Boolean(judges[id]?.chair));
  keyed(list, progress.judges, {
    key: (one) => `${one.judge} ${isChair(one.judge)}`,
    create: (one) => {
      const judge = judges[one.judge];
      const office = isChair(one.judge) ? t("chair") : one.shadow ? t("shadow judge") : "";
      const name = make("span", "", judge?.name ?? one.judge, ...(office ? [" ", make("small", "", office)] : []));
      name.append(" ", make("span", "visually-hidden judge-word"));
      const item = make("li", "", name);
      item.dataset.judge = one.judge;
      return item;
    },
    update: (item, { state, shadow, paper }) => {
      item.dataset.state = state;
      item.toggleAttribute("data-late", !shadow && (state === "late" || (state === "waiting" && asked && !progress.open)));
      const name = stateName(state, asked, progress.open);
      const said = paper ? t("{state}, on paper", { state: name }) : name;
      item.title = said;
      const word = item.querySelector(".judge-word");
      if (word) write(word, said);
    },
  });
}

/** @param {number} done @param {number} due @param {boolean} quorum */
function ballots(done, due, quorum) {
  const count = t("{done} of {due} ballots", { done, due });
  const enough = quorum ? t("quorum reached") : t("below the quorum");
  return dotted([count, enough]);
}

/** @param {JudgeProgress["state"]} state @param {boolean} asked @param {boolean} open */
function stateName(state, asked, open) {
  switch (state) {
    case "submitted":
      return t("submitted");
    case "recused":
      return t("conflict");
    case "abstained":
      return t("abstained");
    case "void":
      return t("set aside");
    case "late":
      return t("late, waits for the chair");
    case "waiting":
      if (!asked) return "";
      return open ? t("still scoring") : t("no ballot");
  }
}

/**
 * How far a re-vote is, for each of its projects. Hidden while none is open.
 * @param {HTMLElement} list a `<ul>`
 * @param {RevoteProgress | null} revote
 * @param {Record<string, {name: string}>} judges
 * @param {Record<string, {name: string}>} projects
 */
export function drawRevote(list, revote, judges, projects) {
  const open = revote?.projects.some((one) => one.open) ?? false;
  list.hidden = !open;
  keyed(list, open && revote ? revoteStates(revote, judges, projects) : [], {
    key: (one) => one.project,
    create: () => make("li", "", make("span"), make("small", "muted")),
    update: (row, { text, detail }) => {
      write(/** @type {Element} */ (row.children[0]), text);
      write(/** @type {Element} */ (row.children[1]), detail);
    },
  });
}

/**
 * @param {RevoteProgress} revote
 * @param {Record<string, {name: string}>} judges
 * @param {Record<string, {name: string}>} projects
 * @returns {{project: string, text: string, detail: string}[]}
 */
function revoteStates(revote, judges, projects) {
  return revote.projects.map(({ project, judges: all }) => {
    const states = all.filter((one) => !one.shadow);
    const waiting = states.filter((one) => one.state === "waiting").map((one) => judges[one.judge]?.name ?? one.judge);
    const done = states.filter((one) => one.state === "submitted").length;
    const due = done + waiting.length;
    return {
      project,
      text: `${projects[project]?.name ?? project}: ${t("{done} of {due} ballots", { done, due })}`,
      detail: waiting.length ? t("Not yet: {names}", { names: listed(waiting) }) : "",
    };
  });
}
