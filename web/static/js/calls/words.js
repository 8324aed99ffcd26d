// What can be wrong at a desk, in words.

import { t } from "../lib/i18n.js";

/** @typedef {import("../live/protocol.js").Call} Call */

/** In the order in which they are asked for. @type {readonly Call["kind"][]} */
export const KINDS = ["stage", "card", "time", "other"];

/** @param {Call["kind"]} kind */
export function kindName(kind) {
  switch (kind) {
    case "stage":
      return t("Picture or sound");
    case "card":
      return t("Scorecard or slides");
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
    default:
      return t("Judge");
  }
}
