// The rundown as control works it: where each project stands, how many ballots it has, when it is due, skip and defer.

import { keyed, make, write } from "../lib/dom.js";
import { formatTime, t } from "../lib/i18n.js";
import { icon } from "../lib/icons.js";

/**
 * @typedef {import("../live/protocol.js").Room} Room
 * @typedef {import("../live/protocol.js").SlotView} SlotView
 * @typedef {Record<string, {name: string}>} Projects
 * @typedef {(slot: SlotView, name: string) => void} Act
 */

/**
 * @param {HTMLElement} list an `<ol>`
 * @param {Room} room
 * @param {Projects} projects
 * @param {{skip: Act, defer: Act, restore: Act}} actions
 */
export function drawRundown(list, room, projects, actions) {
  const sealed = room.ceremony.state === "sealed";
  keyed(list, room.rundown.slots, {
    key: (slot) => slot.slot,
    create: (slot) => create(slot, projects[slot.project]?.name ?? slot.project, actions),
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

/** @param {SlotView} first @param {string} name @param {{skip: Act, defer: Act, restore: Act}} actions */
function create(first, name, { skip, defer, restore }) {
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
    tool("defer", icon("end"), t("Move {project} to the end", { project: name }), () => defer(slot(), name)),
    tool("skip", icon("off"), t("Skip {project}", { project: name }), () => skip(slot(), name)),
    tool("restore", icon("restore"), t("Bring back {project}", { project: name }), () => restore(slot(), name)),
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

/** @param {Room} room @param {SlotView} slot @returns {{word: string, kind: string, detail: string}} */
function standing({ session, progress }, slot) {
  switch (slot.status) {
    case "live":
      return session.phase === "voting" ? { word: t("voting"), kind: "badge brass", detail: "" } : { word: t("on stage"), kind: "badge live", detail: "" };
    case "skipped":
      return { word: t("skipped"), kind: "", detail: "" };
    case "done": {
      const votes = progress?.projects.find((one) => one.project === slot.project);
      const due = votes?.judges.filter((one) => one.state !== "recused") ?? [];
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
