// The rundown as control works it: status, planned time, skip and defer.

import { formatTime, t } from "./i18n.js";

/**
 * @typedef {import("./protocol.js").Room} Room
 * @typedef {Record<string, {name: string}>} Projects
 */

/**
 * @param {HTMLElement} list an `<ol>`
 * @param {Room} room
 * @param {Projects} projects
 * @param {{skip: (slot: string, name: string) => void, defer: (slot: string) => void}} actions
 */
export function drawRundown(list, room, projects, { skip, defer }) {
  // Focus stays where it was: the rows are new elements, their buttons are found again by what they do.
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.does : undefined;
  list.replaceChildren(
    ...room.rundown.slots.map((slot, index) => {
      const name = projects[slot.project]?.name ?? slot.project;
      const row = document.createElement("li");
      row.className = "rundown-row";
      row.dataset.status = slot.status;
      row.dataset.project = slot.project;
      if (slot.slot === room.session.slot) row.setAttribute("aria-current", "step");
      const number = document.createElement("span");
      number.className = "rundown-number";
      number.textContent = String(index + 1);
      const text = document.createElement("div");
      text.className = "rundown-text";
      const title = document.createElement("strong");
      title.textContent = name;
      const status = document.createElement("small");
      status.textContent = [statusName(slot.status), slot.status === "waiting" ? formatTime(slot.planned_at) : ""]
        .filter(Boolean)
        .join(" · ");
      text.append(title, status);
      row.append(number, text);
      if (slot.status === "waiting" || slot.status === "live") {
        const buttons = document.createElement("div");
        buttons.className = "rundown-actions";
        buttons.append(
          action(t("Defer"), t("Move {project} to the end", { project: name }), `defer ${slot.slot}`, () => defer(slot.slot)),
          action(t("Skip"), t("Skip {project}", { project: name }), `skip ${slot.slot}`, () => skip(slot.slot, name)),
        );
        row.append(buttons);
      }
      return row;
    }),
  );
  if (focused) {
    const again = list.querySelector(`[data-does="${CSS.escape(focused)}"]`);
    if (again instanceof HTMLElement) again.focus();
  }
}

/** @param {string} text @param {string} label @param {string} does @param {() => void} act */
function action(text, label, does, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small quiet";
  button.textContent = text;
  button.setAttribute("aria-label", label);
  button.dataset.does = does;
  button.addEventListener("click", act);
  return button;
}

/** @param {import("./protocol.js").SlotStatus} status */
function statusName(status) {
  switch (status) {
    case "live":
      return t("on stage");
    case "done":
      return t("done");
    case "skipped":
      return t("skipped");
    default:
      return t("waiting");
  }
}
