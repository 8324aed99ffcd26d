// The way to the other rooms' desks, each with what goes on there now.

import { callsInShort } from "../calls/answering.js";
import { mark, write } from "../lib/dom.js";
import { dotted } from "../lib/i18n.js";
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
  /** @param {HTMLElement} state @param {Room} room */
  const draw = (state, room) => {
    const calls = callsInShort(room.calls);
    mark(state, "calls", String(calls !== ""));
    write(state, dotted([calls, inShort(room, live.now())]));
  };
  for (const tab of tabs.querySelectorAll("a")) {
    const id = tab.dataset.room;
    const state = tab.querySelector("[data-state]");
    if (!id || !(state instanceof HTMLElement)) continue;
    live.follow(id, (room) => {
      rooms.set(state, room);
      draw(state, room);
    });
  }
  setInterval(() => {
    for (const [state, room] of rooms) draw(state, room);
  }, LOOK_EVERY);
}
