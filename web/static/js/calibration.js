// Calibration rounds. The forms work without this script; with it, whoever waits sees a round opened or closed by itself.

import { must } from "./lib/dom.js";
import { ready } from "./lib/page.js";
import { watchWho } from "./lib/who.js";

/** Often enough for people who talk with each other, and five questions a second from a jury of fifty. */
const LOOKS_EVERY_MS = 10_000;

const { stamp } = must(".calibration").dataset;
const news = must("[data-news]");
const card = document.getElementById("card");
let touched = false;

card?.addEventListener("input", () => (touched = true));
setInterval(() => void look(), LOOKS_EVERY_MS);
document.addEventListener("visibilitychange", () => void look());

/** A page with nothing typed on it is simply fetched again; else it is said that there is something new. */
async function look() {
  if (document.hidden || !news.hidden) return;
  const answer = await fetch(`${location.pathname}?since=${stamp}`).catch(() => undefined);
  if (answer?.status !== 200) return;
  if (touched) news.hidden = false;
  else location.assign(location.pathname);
}

watchWho();
ready();
