// Which controls a pitcher has at this moment: pure, drawn by deskview.js.

import { t } from "../lib/i18n.js";
import { hasPitched, screenLost, situation, standing } from "./situation.js";

/** @typedef {import("./situation.js").Desk} Desk */
/**
 * `end` leaves the stage while the clock runs, and asks before; `leave` does not. `devices` opens the panel of the devices,
 * which is always there before.
 * @typedef {"go"|"leave"|"end"|"practice"|"watch"|"microphone"|"camera"|"devices"|"deck"|"screen"|"none"|"share-again"|"show-deck"} Control
 */
/** `prepare`: devices, plan, slides; `stage`: clock, slides, next cue. @typedef {"prepare"|"stage"} View */

/** @param {Desk} desk @returns {View} */
export function viewOf({ room, project, wanted, media }) {
  const { turn, shown } = standing(room, project);
  return wanted && media !== "idle" && (turn || shown) ? "stage" : "prepare";
}

/** Those that can be pressed. @param {Desk} desk @returns {Set<Control>} */
export function controls(desk) {
  const { room, project, media, slides } = desk;
  const { turn } = standing(room, project);
  const pitched = hasPitched(room, project);
  const on = media !== "idle";
  const lost = screenLost(desk);
  /** @type {[Control, boolean][]} */
  const all = [
    ["go", !pitched && (!on || media === "refused")],
    ["leave", on && !turn],
    ["end", on && turn],
    // It leads away from the desk.
    ["practice", !on && !turn && !pitched],
    ["watch", pitched],
    ["microphone", desk.microphone],
    ["camera", desk.camera],
    ["devices", viewOf(desk) === "stage"],
    ["deck", slides.deck],
    ["screen", slides.canShare],
    ["none", slides.deck || slides.canShare],
    ["share-again", lost && slides.canShare],
    ["show-deck", lost && slides.deck],
  ];
  return new Set(all.filter(([, there]) => there).map(([control]) => control));
}

/** @param {Desk} desk */
export function goLabel(desk) {
  switch (situation(desk).kind) {
    case "missed":
      return t("Go on stage now");
    case "refused":
      return t("Try again");
    default:
      return t("I am ready");
  }
}

/** @param {Desk} desk */
export function leaveLabel({ room, project }) {
  return standing(room, project).shown ? t("Leave the stage") : t("Leave the green room");
}
