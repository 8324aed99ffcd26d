// Beside the event's times, the reader's own, where the two differ.

import { formatDateTime, formatTime, ownZone, t } from "./i18n.js";
import { page } from "./page.js";

/** Fill what the templates left for it: `<span class="own-time" data-own-time="2026-11-21T06:00:00+00:00" hidden>`. */
export function showOwnTimes() {
  const zone = ownZone();
  for (const place of document.querySelectorAll("[data-own-time]")) {
    if (!(place instanceof HTMLElement)) continue;
    const at = Date.parse(place.dataset.ownTime ?? "");
    if (Number.isNaN(at) || formatDateTime(at, zone) === formatDateTime(at, page.time_zone)) continue;
    const time = formatTime(at, zone);
    place.textContent = "short" in place.dataset ? time : t("{time} your time", { time });
    place.hidden = false;
    for (const note of document.querySelectorAll("[data-own-note]")) note.removeAttribute("hidden");
  }
}
