// What a page says about its connection.

import { writeOrHide } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

/**
 * A banner that says so while the connection is away, and nothing otherwise.
 * @param {import("./live.js").Live} live
 * @param {HTMLElement} banner
 * @param {string} text while it comes back
 * @param {string} [ended] once it does not come back by itself
 */
export function showConnection(live, banner, text, ended = t("This page is no longer connected. Reload it.")) {
  live.onstate(({ state, ended: how }) => {
    document.documentElement.dataset.live = state;
    banner.dataset.state = state;
    writeOrHide(banner, state === "waiting" ? text : state === "closed" ? (signedOut(how) ?? ended) : "");
  });
}

/** @param {import("./live.js").EndReason | null} how @returns {string | null} null: it is about something else, or the page knows better */
function signedOut(how) {
  if (how === "ended") return t("You are signed out here. What you typed stays in this browser: a new link opens this desk again.");
  if (how === "expired") return t("This sign-in has run out. What you typed stays in this browser: a new link opens this desk again.");
  return null;
}
