// What a desk does to its room: each act is on its way once, and what became of it is said.

import { write } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { LONG_MS } from "./commands.js";

/** @typedef {import("./commands.js").Command} Command */
/** @template {Command} K @typedef {Omit<import("./commands.js").Fields<K>, "room">} ActFields */
/** @typedef {<K extends Command>(type: K, fields: ActFields<K>, id?: string) => Promise<void>} Act `id`: of the command, where something hangs on it */

/**
 * What became of the newest act: `waits` for an answer, which `long` is when somebody should be told; `refused`, in the server's
 * words; `unanswered`, and given up.
 * @typedef {{kind: "none"|"waits"|"long"} | {kind: "refused", text: string} | {kind: "unanswered"}} Outcome
 */

/**
 * What is said of an act. A reason stands as long as things are as they were when it was given: once the line is back, nobody is
 * told to check it, and once the room has moved on, the desk itself shows what is.
 * @param {Outcome} outcome
 * @param {{back: boolean, moved: boolean}} since whether meanwhile the connection came back, or the show went on
 */
export function sayingOf(outcome, { back, moved }) {
  switch (outcome.kind) {
    case "long":
      return t("No answer yet. Waiting for the server…");
    case "refused":
      return moved ? "" : outcome.text;
    case "unanswered":
      return back || moved ? "" : t("Not done: the server did not answer. Check the connection and press again.");
    default:
      return "";
  }
}

/** Where a show stands, as far as a refusal can hang on it. @param {import("./follow.js").Room} room */
function standing({ session, ceremony, overall, audience }) {
  const results = [ceremony.state, ceremony.remaining, overall.state, overall.remaining];
  return [session.phase, session.slot, session.paused, ...results, audience.state].join(" ");
}

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
  /** @type {Outcome} */
  let outcome = { kind: "none" };
  let since = { back: false, moved: false };
  let away = false;
  /** @type {string | null} */
  let stood = null;

  /** @param {Outcome} now */
  function become(now) {
    outcome = now;
    since = { back: false, moved: false };
    write(said, sayingOf(outcome, since));
  }

  live.onstate(({ state }) => {
    if (state === "open" && away) since = { ...since, back: true };
    away = state !== "open";
    write(said, sayingOf(outcome, since));
  });
  live.follow(room, (now) => {
    const stands = standing(now);
    if (stood !== null && stands !== stood) since = { ...since, moved: true };
    stood = stands;
    write(said, sayingOf(outcome, since));
  });
  return async (type, fields, id) => {
    const key = together ? type + JSON.stringify(fields) : "";
    if (underway.has(key)) return;
    underway.add(key);
    become({ kind: "waits" });
    const told = setTimeout(() => become({ kind: "long" }), LONG_MS);
    try {
      await live.command(type, /** @type {any} */ ({ room, ...fields }), id ? { id } : {});
      if (outcome.kind === "long") become({ kind: "none" });
    } catch (error) {
      const refusal = /** @type {import("./commands.js").Refusal} */ (error);
      become(refusal.text ? { kind: "refused", text: refusal.text } : { kind: "unanswered" });
    } finally {
      clearTimeout(told);
      underway.delete(key);
    }
  };
}
