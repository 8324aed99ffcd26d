// Why somebody has no picture, in the host's words; and what to do about it.

import { formatNumber, formatShare, t, tn } from "../lib/i18n.js";
import { encoderName } from "./encoders.js";

/**
 * As roadshow/desks/media.py gives them.
 * @typedef {{lane: string, trouble: string, codec: string, takes: string[], viewers: number}} Blind
 * @typedef {{who: string, trouble: string, detail: string, count: number}} Noted
 */

/** So many failed connections in a minute are more than somebody's own bad line. */
const MANY_FAILED = 10;
/** Of all who watch or try to: a page tries some five times in a minute, so these are at least one in fifty. */
const LARGE_SHARE = 0.1;

/** @param {string} trouble */
export function troubleName(trouble) {
  switch (trouble) {
    case "absent":
      return t("not connected");
    case "silent":
      return t("nothing comes");
    case "certificate":
      return t("the encoder's certificate is not taken");
    case "handshake":
      return t("the encryption could not be agreed on");
    case "no_way":
      return t("the network lets no video through");
    case "codec":
      return t("a codec that is not taken");
    case "no_key_frame":
      return t("no key frame yet");
    case "no_parameter_sets":
      return t("H264 without its parameter sets");
    case "too_fast":
      return t("more than is taken");
    case "taken_over":
      return t("another connection took the place");
    case "standing_by":
      return t("stands by");
    case "withdrawn":
      return t("the token was taken back");
    default:
      return trouble;
  }
}

/**
 * Of a source's row: why nobody sees it, or who does not.
 * @param {{trouble: string|null, blind: number, layers: {codec: string}[]}} source
 * @param {number} screens
 */
export function whyUnseen({ trouble, blind, layers }, screens) {
  if (trouble) return troubleName(trouble);
  if (!blind) return "";
  const codec = layers.map((layer) => layer.codec).find(Boolean) ?? "";
  return tn("{count} of {screens} screens cannot show {codec}", "{count} of {screens} screens cannot show {codec}", blind, {
    screens: formatNumber(screens),
    codec,
  });
}

/** Screens that miss a picture; most, where they miss several. @param {Blind[]} blind */
export function withoutPicture(blind) {
  const lanes = new Map();
  for (const { lane, viewers } of blind) lanes.set(lane, (lanes.get(lane) ?? 0) + viewers);
  return Math.max(0, ...lanes.values());
}

/**
 * What to do, for what weighs most; empty: nothing is wrong.
 * @param {{blind: Blind[], viewers: {connected: number, failed: number}}} media
 */
export function troubleAdvice({ blind, viewers }) {
  switch (blind[0]?.trouble) {
    case "codec":
      return t("Some browsers have no H264 (Firefox without OpenH264, say). Let the encoder send VP8, or the pitcher's page: it always does.");
    case "no_parameter_sets":
      return t("The encoder never sends its parameter sets. Set it to repeat them with each key frame.");
    case "no_key_frame":
      return t("The encoder sends no key frame. Set its key-frame interval to one or two seconds.");
    case "silent":
      return t("The connection stands and no picture comes. Start the encoder, or the camera, again.");
  }
  const share = viewers.failed / Math.max(1, viewers.failed + viewers.connected);
  if (viewers.failed < MANY_FAILED || share < LARGE_SHARE) return "";
  return t("{count} tries in the last minute found no way for video, {share} of all. Is UDP to the media port open, and is there a TURN server?", {
    count: formatNumber(viewers.failed),
    share: formatShare(share),
  });
}

/**
 * @param {Noted} noted
 * @param {Record<string, {name: string}>} projects
 */
export function notedLine({ who, trouble, detail, count }, projects) {
  const name = who === "viewers" ? t("Screens") : who === "feed" ? t("Feed") : (projects[who]?.name ?? encoderName(who));
  const what = detail ? `${troubleName(trouble)} (${detail})` : troubleName(trouble);
  return count > 1 ? t("{name}: {what}, {count} times", { name, what, count: formatNumber(count) }) : t("{name}: {what}", { name, what });
}
