// What a desk does to its room: each act is on its way once, and what became of it is said.

import { t } from "../lib/i18n.js";
import { LONG_MS } from "./commands.js";

/** @typedef {import("./commands.js").Command} Command */
/** @template {Command} K @typedef {Omit<import("./commands.js").Fields<K>, "room">} ActFields */
/** @typedef {<K extends Command>(type: K, fields: ActFields<K>) => Promise<void>} Act */

/**
 * @param {import("./live.js").Live} live
 * @param {string} room
 * @param {HTMLElement} said
 * @param {{together?: boolean}} [options] `together`: different acts may wait for their answers at one time; no two that are the
 *   same may
 * @returns {Act}
 */
export function acts(live, room, said, { together = false } = {}) {
  /** @type {Set<string>} */
  const underway = new Set();
  return async (type, fields) => {
    const key = together ? type + JSON.stringify(fields) : "";
    if (underway.has(key)) return;
    underway.add(key);
    said.textContent = "";
    const patience = t("No answer yet. Waiting for the server…");
    const told = setTimeout(() => (said.textContent = patience), LONG_MS);
    try {
      await live.command(type, /** @type {any} */ ({ room, ...fields }));
      if (said.textContent === patience) said.textContent = "";
    } catch (error) {
      const refusal = /** @type {import("./commands.js").Refusal} */ (error);
      said.textContent = refusal.text || t("Not done: the server did not answer. Check the connection and press again.");
    } finally {
      clearTimeout(told);
      underway.delete(key);
    }
  };
}
