// A tie that only a vote can settle: the jury's re-vote or its votes on who goes first, or the chair's own order.

import { TextField } from "../lib/ask.js";
import { keyed, make, write } from "../lib/dom.js";
import { formatNumber, listed, t } from "../lib/i18n.js";
import { page } from "../lib/page.js";
import { castingVote, tieQuestion } from "../questions/asking.js";

/**
 * @typedef {import("../live/protocol.js").Tie} Tie
 * @typedef {import("../live/acts.js").Act} Act
 */

/**
 * What the chair can do about a tie. It holds what the chair typed: keep it as long as its tie.
 * @param {Tie} tie
 * @param {(project: string) => string} name
 * @param {boolean} settles whether the rules give the chair a vote
 * @param {Act} act
 * @returns {HTMLElement}
 */
export function tieForms({ projects, waits_for, judges, quorum, question }, name, settles, act) {
  const forms = make("div", "tie", make("h3", "", heading(waits_for)));
  if (judges !== null) {
    const counts = { judges: formatNumber(judges), quorum: formatNumber(quorum) };
    const asked = waits_for === "jury" ? t("The jury's vote was not held. Votes: {judges}; needed: {quorum}.", counts) : "";
    forms.append(make("p", "small", asked || t("The last re-vote was not held: judges who scored all of these: {judges}; needed: {quorum}.", counts)));
  }
  if (waits_for === "jury") forms.append(tieQuestion(projects, name, act));
  if (waits_for === "casting-vote") forms.append(castingVote({ question, award: null, level: projects }, name, act));
  if (waits_for === "re-vote") forms.append(revoteForm(projects, name, act));
  if (waits_for === "chair") forms.append(chairForm(projects, name, act));
  else if (settles && (waits_for === "re-vote" || (waits_for === "jury" && judges !== null))) {
    forms.append(make("details", "tie-instead", make("summary", "", t("Settle it by your own vote instead")), chairForm(projects, name, act)));
  }
  return forms;
}

/** @param {Tie["waits_for"]} waits_for */
function heading(waits_for) {
  switch (waits_for) {
    case "re-vote":
      return t("A tie for the jury to vote on again");
    case "jury":
      return t("A tie for the jury to vote on");
    case "casting-vote":
      return t("A tie for the casting vote");
    case "chair":
      return t("A tie for the chair to settle");
  }
}

/** @param {string[]} projects @param {(project: string) => string} name @param {Act} act */
function revoteForm(projects, name, act) {
  const reason = new TextField(`revote-${projects.join("-")}`, { label: t("Your reason, which is published with the result"), ...page.reason });
  reason.area.rows = 2;
  const names = listed(projects.map(name));
  return make(
    "div",
    "tie-form",
    make("p", "small muted", t("The jury scores these projects once more: {names}. It only decides which of them stands ahead.", { names })),
    reason.element,
    button("button primary", t("Open the re-vote"), () => reason.check() && act("result.revote", { projects: [...projects], reason: reason.value })),
  );
}

/** @param {string[]} projects @param {(project: string) => string} name @param {Act} act */
function chairForm(projects, name, act) {
  const order = [...projects];
  const list = make("ol", "tie-order");
  /** @param {number} index @param {number} by */
  const move = (index, by) => {
    const [moved] = order.splice(index, 1);
    if (moved !== undefined) order.splice(index + by, 0, moved);
    draw();
  };
  const draw = () =>
    keyed(list, order, {
      key: (project) => project,
      create: (project) => {
        const up = arrow("↑", t("Move {project} up", { project: name(project) }), () => move(order.indexOf(project), -1));
        const down = arrow("↓", t("Move {project} down", { project: name(project) }), () => move(order.indexOf(project), 1));
        return make("li", "", make("b", "figures"), make("span", "", name(project)), up, down);
      },
      update: (row, _project, index) => {
        const [place, , up, down] = row.children;
        if (place) write(place, `${index + 1}.`);
        up?.setAttribute("aria-disabled", String(index === 0));
        down?.setAttribute("aria-disabled", String(index === order.length - 1));
      },
    });
  draw();
  const reason = new TextField(`reason-${projects.join("-")}`, { label: t("Your reason, which is published with the result"), ...page.reason });
  reason.area.rows = 2;
  return make(
    "div",
    "tie-form",
    make("p", "small muted", t("Put the projects in order, the best first, and say why.")),
    list,
    reason.element,
    button("button primary", t("Cast the chair's vote"), () => reason.check() && act("result.settle", { order: [...order], reason: reason.value })),
  );
}

/** @param {string} className @param {string} label @param {() => unknown} act */
function button(className, label, act) {
  const made = make("button", className, label);
  made.type = "button";
  made.addEventListener("click", () => act());
  return made;
}

/** @param {string} sign @param {string} label @param {() => void} act */
function arrow(sign, label, act) {
  const made = button("button small", sign, () => made.getAttribute("aria-disabled") === "true" || act());
  made.setAttribute("aria-label", label);
  return made;
}
