// Who publishes into the room, which of it is on stage, and who should be here and is not.

import { keyed, make, write } from "../lib/dom.js";
import { listed, t } from "../lib/i18n.js";

/**
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {{publisher: string, kinds: string[], onStage: boolean, due: boolean, done: boolean}} Presence `due`: on stage now or called next; `done`: has pitched
 */

/**
 * @param {HTMLElement} list a `<ul>`
 * @param {Room} room
 * @param {Record<string, {name: string}>} projects
 */
export function drawGreenRoom(list, room, projects) {
  keyed(list, presences(room), {
    key: (one) => one.publisher,
    create: (one) => {
      const name = one.publisher === "feed" ? t("Feed") : (projects[one.publisher]?.name ?? one.publisher);
      const row = make("li", "", make("strong", "", name), make("small"), make("span", "badge"));
      row.dataset.publisher = one.publisher;
      return row;
    },
    update: (row, { kinds, onStage, due, done }) => {
      row.dataset.stage = String(onStage);
      const badge = /** @type {HTMLElement} */ (row.querySelector(".badge"));
      const missing = kinds.length === 0;
      badge.className = onStage ? "badge live" : missing ? "badge warn" : due ? "badge next" : "badge done";
      write(badge, onStage ? t("on stage") : missing ? t("not here yet") : due ? t("next") : done ? t("has pitched") : t("ready"));
      write(/** @type {HTMLElement} */ (row.querySelector("small")), listed(kinds.map(kindName)));
    },
  });
}

/** Whoever is due first, then the others who are here. @param {Room} room @returns {Presence[]} */
export function presences({ session, rundown, stage }) {
  const on = session.phase === "closed" ? null : session.project;
  const next = rundown.slots.find((slot) => slot.status === "waiting" && slot.project !== on)?.project;
  const pitched = new Set(rundown.slots.filter((slot) => slot.status === "done").map((slot) => slot.project));
  /** @type {Map<string, Presence>} */
  const found = new Map();
  for (const project of [on, next]) {
    if (project) found.set(project, { publisher: project, kinds: [], onStage: false, due: true, done: false });
  }
  for (const { source, lane } of stage.sources) {
    const [publisher = "", kind = ""] = source.split("/");
    const one = found.get(publisher) ?? { publisher, kinds: [], onStage: false, due: false, done: pitched.has(publisher) };
    // A card says more than the picture that goes on under it.
    if (kind === "card") one.kinds = one.kinds.filter((known) => known !== "camera");
    if (kind !== "camera" || !one.kinds.includes("card")) one.kinds.push(kind);
    one.onStage ||= lane !== null;
    found.set(publisher, one);
  }
  return [...found.values()];
}

/** @param {string} kind */
export function kindName(kind) {
  switch (kind) {
    case "camera":
      return t("camera");
    case "microphone":
      return t("microphone");
    case "card":
      return t("camera off");
    case "slides":
      return t("slides");
    default:
      return t("slides' sound");
  }
}
