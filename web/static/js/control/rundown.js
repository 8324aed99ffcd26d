// The rundown as control works it: where each project stands, how many ballots it has, when it is due, skip and defer.

import { ask } from "../lib/ask.js";
import { keyed, make, write } from "../lib/dom.js";
import { formatTime, t } from "../lib/i18n.js";
import { icon } from "../lib/icons.js";

/**
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {import("../live/protocol.js").SlotView} SlotView
 * @typedef {Record<string, {name: string}>} Projects
 * @typedef {import("../live/acts.js").Act} Act
 */

/**
 * @param {HTMLElement} list an `<ol>`
 * @param {Room} room
 * @param {Projects} projects
 * @param {Act} act
 */
export function drawRundown(list, room, projects, act) {
  const sealed = room.ceremony.state === "sealed" && !room.review?.count?.closed;
  keyed(list, room.rundown.slots, {
    key: (slot) => slot.slot,
    create: (slot) => create(slot, projects[slot.project]?.name ?? slot.project, act),
    update: (row, slot, index) => {
      row.dataset.status = slot.status;
      if (slot.slot === room.session.slot) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
      write(part(row, "number"), String(index + 1));
      const { word, kind, detail } = standing(room, slot);
      const badge = part(row, "status");
      badge.className = kind;
      write(badge, word);
      write(part(row, "detail"), detail);
      const ahead = slot.status === "waiting" || slot.status === "live";
      const last = slot.status === "waiting" && index === room.rundown.slots.length - 1;
      part(row, "defer").hidden = !sealed || !ahead || last;
      part(row, "skip").hidden = !sealed || !ahead;
      part(row, "restore").hidden = !sealed || slot.status !== "skipped";
    },
  });
}

/** @param {SlotView} first @param {string} name @param {Act} act */
function create(first, name, act) {
  const number = make("span", "rundown-number figures");
  number.dataset.part = "number";
  const status = make("span");
  status.dataset.part = "status";
  const detail = make("span", "figures");
  detail.dataset.part = "detail";
  const text = make("div", "rundown-text", make("strong", "", name), make("small", "", status, detail));
  const slot = () => ({ ...first, status: /** @type {SlotView["status"]} */ (row.dataset.status) });
  const buttons = make(
    "div",
    "rundown-actions",
    tool("defer", icon("end"), t("Move {project} to the end", { project: name }), () => void defer(slot(), name, act)),
    tool("skip", icon("off"), t("Skip {project}", { project: name }), () => void skip(slot(), name, act)),
    tool("restore", icon("restore"), t("Bring back {project}", { project: name }), () => void act("slot.defer", { slot: first.slot })),
  );
  for (const button of buttons.children) {
    if (button instanceof HTMLElement) button.dataset.does = `${button.dataset.part} ${first.slot}`;
  }
  const row = make("li", "rundown-row", number, text, buttons);
  row.dataset.project = first.project;
  return row;
}

/** @param {string} name @param {SVGElement} picture @param {string} label @param {() => void} act */
function tool(name, picture, label, act) {
  const button = make("button", "rundown-tool", picture, make("span", "visually-hidden", label));
  button.type = "button";
  button.dataset.part = name;
  button.title = label;
  button.addEventListener("click", act);
  return button;
}

/** @param {HTMLElement} row @param {string} name @returns {HTMLElement} */
function part(row, name) {
  return /** @type {HTMLElement} */ (row.querySelector(`[data-part=${name}]`));
}

/** @param {SlotView} slot @param {string} name @param {Act} act */
async function skip({ slot, status }, name, act) {
  const answer = await ask({
    title: t("Skip {project}?", { project: name }),
    text:
      status === "live"
        ? t("They leave the stage now, and a vote that is open on them closes. You can bring them back to the end of the rundown.")
        : t("The rundown goes on without them. You can bring them back to its end."),
    yes: t("Skip"),
    danger: true,
  });
  if (answer !== null) await act("slot.skip", { slot });
}

/** @param {SlotView} slot @param {string} name @param {Act} act */
async function defer({ slot, status }, name, act) {
  const answer = await ask({
    title: t("Move {project} to the end?", { project: name }),
    text:
      status === "live"
        ? t("They leave the stage now and go on later with the time that remains.")
        : t("All the others move up by one."),
    yes: t("Move to the end"),
    danger: status === "live",
  });
  if (answer !== null) await act("slot.defer", { slot });
}

/** @param {Room} room @param {SlotView} slot @returns {{word: string, kind: string, detail: string}} */
function standing({ session, progress }, slot) {
  switch (slot.status) {
    case "live":
      return session.phase === "voting" ? { word: t("voting"), kind: "badge brass", detail: "" } : { word: t("on stage"), kind: "badge live", detail: "" };
    case "skipped":
      return { word: t("skipped"), kind: "", detail: "" };
    case "done": {
      const votes = progress?.projects.find((one) => one.project === slot.project);
      const due = votes?.judges.filter((one) => one.state !== "recused" && !one.shadow) ?? [];
      const cast = due.filter((one) => one.state === "submitted").length;
      const short = votes !== undefined && !votes.quorum_met;
      const detail = t("{done} of {due} ballots", { done: cast, due: due.length });
      return { word: short ? t("below the quorum") : t("done"), kind: short ? "badge warn" : "badge done", detail };
    }
    case "waiting":
      return slot.slot === session.slot
        ? { word: t("next"), kind: "badge next", detail: formatTime(slot.planned_at) }
        : { word: "", kind: "", detail: formatTime(slot.planned_at) };
  }
}
