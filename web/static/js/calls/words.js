// What can be wrong at a desk, in words. A clerk has no picture, and cards of paper for a scorecard.

import { t } from "../lib/i18n.js";

/** @typedef {import("../live/protocol.js").Call} Call */

/** In the order in which they are asked for. @param {Call["role"]} role @returns {readonly Call["kind"][]} */
export function kindsFor(role) {
  return role === "clerk" ? ["card", "time", "other"] : ["stage", "card", "time", "other"];
}

/** @param {Call["kind"]} kind @param {Call["role"]} role whose desk it is */
export function kindName(kind, role) {
  switch (kind) {
    case "stage":
      return t("Picture or sound");
    case "card":
      return role === "clerk" ? t("Judges' cards") : t("Scorecard or slides");
    case "time":
      return t("The time");
    case "other":
      return t("Something else");
  }
}

/** @param {Call["role"]} role */
export function roleName(role) {
  switch (role) {
    case "chair":
      return t("Chair");
    case "deputy":
      return t("Deputy chair");
    case "pitcher":
      return t("Pitcher");
    case "clerk":
      return t("Clerk");
    default:
      return t("Judge");
  }
}
