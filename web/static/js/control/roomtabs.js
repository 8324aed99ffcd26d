// The way to the other rooms' desks, each with what goes on there now.

import { write } from "../lib/dom.js";
import { inShort } from "./words.js";

/** @typedef {import("../live/follow.js").Room} Room */

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
      write(state, inShort(room, live.now()));
    });
  }
  setInterval(() => {
    for (const [state, room] of rooms) write(state, inShort(room, live.now()));
  }, LOOK_EVERY);
}
