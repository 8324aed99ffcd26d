// Scores as a judge types and reads them. On its way and in the store a score is a whole number of steps, of which a point has
// so many: nothing here ever computes with a fraction, so nothing is rounded.

import { withLocalSign } from "../lib/i18n.js";

/** @typedef {{maximum: number, steps: number}} Scale `maximum` in points; `steps` of a point */

/** Digits before and after a decimal sign: a comma or a point, whatever the page's language. */
const TYPED = /^(\d{1,4})(?:[.,](\d{0,4}))?$/;

/**
 * @param {string} text
 * @param {Scale} scale
 * @returns {number | null | undefined} steps; null: it is no score of this scale; undefined: nothing was typed
 */
export function parseScore(text, { maximum, steps }) {
  // As a Chinese keyboard types them: ９０．５, 90。5.
  const plain = text.normalize("NFKC").replace("。", ".").replace(/\s/g, "");
  if (!plain) return undefined;
  const parts = TYPED.exec(plain);
  if (!parts) return null;
  const decimals = parts[2] ?? "";
  const unit = 10 ** decimals.length;
  const score = (Number(`${parts[1]}${decimals}`) * steps) / unit;
  return Number.isInteger(score) && score <= maximum * steps ? score : null;
}

/** With a point, and no more decimals than it has: "8.5", "90". @param {number} score in steps @param {Scale} scale */
export function writeScore(score, { steps }) {
  const hundredths = (score * 100) / steps;
  const whole = Math.floor(hundredths / 100);
  const rest = String(hundredths % 100).padStart(2, "0").replace(/0+$/, "");
  return rest ? `${whole}.${rest}` : String(whole);
}

/** As the page's language writes it. @param {number} score in steps @param {Scale} scale */
export function localScore(score, scale) {
  return withLocalSign(writeScore(score, scale));
}
