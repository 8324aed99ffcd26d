// Beside the event's times, the reader's own, where the two differ.

import { formatDateTime, formatTime, ownZone, t } from "./i18n.js";
import { page } from "./page.js";

/** A moment by the reader's own clock, and that it is; by the event's, with its zone, where the browser does not know theirs. @param {number} at */
export function ownTime(at) {
  const zone = ownZone();
  return zone ? t("{time} your time", { time: formatTime(at, zone) }) : `${formatTime(at)} (${page.time_zone})`;
}

/** Moments that are the reader's own business, in their own zone: `<time datetime="…" data-in-own-zone>`. */
export function showInOwnZone() {
  const zone = ownZone();
  if (!zone) return;
  for (const place of document.querySelectorAll("time[data-in-own-zone]")) {
    const at = Date.parse(place.getAttribute("datetime") ?? "");
    if (!Number.isNaN(at)) place.textContent = formatDateTime(at, zone);
  }
  for (const note of document.querySelectorAll("[data-zone-note]")) note.textContent = t("Times are your own.");
}

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
