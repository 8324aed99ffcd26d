// The way to the other rooms' desks, each with what goes on there now.

import { write } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { figures, phaseName, remaining } from "../live/clock.js";

/** @typedef {import("../live/protocol.js").Room} Room */

/** A clock that is a little late is no harm here, ms. */
const LOOK_EVERY = 500;

/**
 * @param {import("../live/live.js").Live} live
 * @param {HTMLElement} tabs holds an `a[data-room]` with a `[data-state]` for each room
 */
export function watchRooms(live, tabs) {
  /** @type {Map<HTMLElement, Room>} */
  const rooms = new Map();
  for (const tab of tabs.querySelectorAll("a")) {
    const id = tab.dataset.room;
    const state = tab.querySelector("[data-state]");
    if (!id || !(state instanceof HTMLElement)) continue;
    live.follow(id, (room) => {
      rooms.set(state, room);
      write(state, stateOf(room, live.now()));
    });
  }
  setInterval(() => {
    for (const [state, room] of rooms) write(state, stateOf(room, live.now()));
  }, LOOK_EVERY);
}

/** @param {Room} room @param {number} now */
export function stateOf({ session, ceremony }, now) {
  switch (ceremony.state) {
    case "revealed":
      return t("The podium is public");
    case "confirmed":
    case "revealing":
      return t("Places to announce");
    case "sealed": {
      if (session.over && session.phase === "closed") return t("Pitches over");
      const left = remaining(session.clock, now);
      const clock = left === null ? "" : ` ${figures(left)}`;
      return `${phaseName(session.phase)}${clock}${session.paused ? ` · ${t("Paused")}` : ""}`;
    }
  }
}
