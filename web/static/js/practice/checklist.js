// What has been tried and works: pure, drawn by view.js.

import { dotted, formatNumber, formatShare, t } from "../lib/i18n.js";

/** @typedef {import("../pitch/devices.js").Problem} Problem */
/** @typedef {import("./line.js").Line} Line */
/**
 * `works`; `waits`: it is coming, or something is to be done; `fails`; `off`: not tried.
 * @typedef {"works"|"waits"|"fails"|"off"} CheckState
 */
/** @typedef {{id: string, state: CheckState, name: string, text: string}} Check */
/**
 * `running`: the trial is on. `camera`, `microphone`: whether there is one, and what stands in the way. `slides`: whether
 * some are chosen.
 * @typedef {object} Tried
 * @property {boolean} running
 * @property {{there: boolean, problem: Problem|null}} camera
 * @property {{there: boolean, problem: Problem|null, heard: boolean}} microphone
 * @property {{chosen: boolean, back: boolean}} slides
 * @property {Line} line
 */

/** @param {Tried} tried @returns {Check[]} */
export function checks({ running, camera, microphone, slides, line }) {
  return [
    { id: "camera", name: t("Camera"), ...device(camera, camera.there) },
    {
      id: "microphone",
      name: t("Microphone"),
      ...(microphone.there && !microphone.heard
        ? { state: /** @type {const} */ ("waits"), text: t("say something") }
        : device(microphone, microphone.there)),
    },
    { id: "out", name: t("Line to the server"), ...wayOut(running && (camera.there || microphone.there), line) },
    { id: "back", name: t("Line back"), ...wayBack(running && camera.there, line) },
    { id: "slides", name: t("Slides"), ...shown(running, slides) },
  ];
}

/** Whether all works that was tried, and enough was tried. @param {Check[]} list */
export function allWell(list) {
  return list.every(({ id, state }) => state === "works" || (id === "slides" && state === "off"));
}

/** @param {{problem: Problem|null}} one @param {boolean} works @returns {{state: CheckState, text: string}} */
function device({ problem }, works) {
  if (works) return { state: "works", text: t("works") };
  switch (problem) {
    case "denied":
      return { state: "fails", text: t("not allowed") };
    case "busy":
      return { state: "fails", text: t("in use by another program") };
    case "missing":
      return { state: "fails", text: t("not found") };
    case "insecure":
      return { state: "fails", text: t("not possible at this address") };
    default:
      return { state: "off", text: t("not tried yet") };
  }
}

/** @param {boolean} tried @param {Line} line @returns {{state: CheckState, text: string}} */
function wayOut(tried, { out, roundTrip, lostOut }) {
  if (!tried) return { state: "off", text: t("not tried yet") };
  const figures = [t("{count} ms there and back", { count: formatNumber(Math.round(roundTrip * 1000)) }), lost(lostOut)];
  switch (out) {
    case "good":
      return { state: "works", text: dotted([t("good"), ...figures]) };
    case "fair":
      return { state: "works", text: dotted([t("fair"), ...figures]) };
    case "poor":
      return { state: "fails", text: t("weak: try another network") };
    default:
      return { state: "waits", text: t("is being tried") };
  }
}

/** @param {boolean} tried @param {Line} line @returns {{state: CheckState, text: string}} */
function wayBack(tried, { height, received, lostBack }) {
  if (!tried) return { state: "off", text: t("not tried yet") };
  if (!height) return { state: "waits", text: t("is being tried") };
  return { state: "works", text: dotted([`${height}p`, quality(received), lost(lostBack)]) };
}

/** @param {number} share */
function lost(share) {
  return t("{share} lost", { share: formatShare(share) });
}

/** @param {import("./line.js").Received} received */
function quality(received) {
  switch (received) {
    case "high":
      return t("high quality");
    case "medium":
      return t("medium quality");
    case "low":
      return t("low quality");
    case "slides":
      return t("slides and sound only");
    case "sound":
      return t("sound only");
    default:
      return "";
  }
}

/** @param {boolean} running @param {{chosen: boolean, back: boolean}} slides @returns {{state: CheckState, text: string}} */
function shown(running, { chosen, back }) {
  if (!chosen) return { state: "off", text: t("none chosen") };
  if (!running) return { state: "off", text: t("not tried yet") };
  return back ? { state: "works", text: t("come back") } : { state: "waits", text: t("are on their way") };
}
