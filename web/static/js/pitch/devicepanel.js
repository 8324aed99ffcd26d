// The pitcher's device check: preview, level, choice of devices, and what to do when something is missing.

import { must, writeOrHide } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

/** @typedef {import("./devices.js").Devices} Devices */
/** @typedef {import("./devices.js").Kind} Kind */

/** So soft for so long: perhaps the wrong microphone, ms. */
const SILENT_AFTER = 6_000;
const SILENT_BELOW = 0.12;

let heardAt = performance.now();

/**
 * Preview, choices, and what stands in the way.
 * @param {Devices} devices
 * @param {boolean} hidden the camera is switched off by hand
 */
export function drawDevices(devices, hidden) {
  const preview = /** @type {HTMLVideoElement} */ (must("#preview"));
  const { camera: picture } = devices.tracks;
  const shown = preview.srcObject instanceof MediaStream ? preview.srcObject.getTracks()[0] : null;
  if (shown !== picture) preview.srcObject = picture ? new MediaStream([picture]) : null;
  must("#check").hidden = devices.ready || devices.asking || devices.problems.camera !== null;
  const hindrance = devices.problems.camera ?? devices.problems.microphone;
  writeOrHide(must("#problem-title"), hindrance ? problemTitle(devices, hindrance) : "");
  writeOrHide(must("#problem-text"), hindrance ? problemText(devices, hindrance) : "");
  must("#problem").hidden = hindrance === null;
  writeOrHide(must("#asking"), devices.asking ? t("Your browser asks for camera and microphone: choose “Allow”.") : "");
  must("#preview-off").hidden = !devices.ready || hindrance !== null || !(hidden || !picture);
  for (const kind of /** @type {Kind[]} */ (["camera", "microphone"])) drawChoice(devices, kind);
}

/**
 * @param {Devices} devices
 * @param {Kind} kind
 */
function drawChoice(devices, kind) {
  const select = /** @type {HTMLSelectElement} */ (must(`#choose-${kind}`));
  const found = devices.found[kind];
  const current = devices.tracks[kind]?.getSettings().deviceId ?? "";
  const key = found.map(({ deviceId, label }) => `${deviceId} ${label}`).join("\n");
  if (select.dataset.key !== key) {
    select.dataset.key = key;
    select.replaceChildren(...found.map(({ deviceId, label }) => new Option(label, deviceId)));
  }
  select.value = current;
  const failed = devices.failed[kind];
  writeOrHide(must(`#failed-${kind}`), failed ? t("{device} cannot be used: {reason}. The one before stays.", { device: failed.label, reason: reason(failed.problem) }) : "");
  must(`#field-${kind}`).hidden = found.length === 0;
}

/** @param {import("./devices.js").Problem} problem */
function reason(problem) {
  switch (problem) {
    case "denied":
      return t("not allowed");
    case "busy":
      return t("in use by another program");
    case "missing":
      return t("not found");
    case "insecure":
      return t("not possible at this address");
  }
}

/**
 * @param {Devices} devices
 * @param {import("./devices.js").Problem} hindrance
 */
function problemTitle(devices, hindrance) {
  const both = devices.problems.camera !== null && devices.problems.microphone !== null;
  const which = both ? t("Camera and microphone") : devices.problems.camera ? t("Camera") : t("Microphone");
  switch (hindrance) {
    case "denied":
      return t("{device}: not allowed", { device: which });
    case "busy":
      return t("{device}: in use by another program", { device: which });
    case "missing":
      return t("{device}: not found", { device: which });
    case "insecure":
      return t("This address cannot use a camera");
  }
}

/**
 * @param {Devices} devices
 * @param {import("./devices.js").Problem} hindrance
 */
function problemText(devices, hindrance) {
  switch (hindrance) {
    case "denied":
      return t("Press the sign at the left of the browser's address line, allow camera and microphone for this site, then press “Try again”.");
    case "busy":
      return t("Close other programs that use it (a meeting, a camera app), then press “Try again”.");
    case "missing":
      return devices.ready
        ? t("You can pitch without it. Or plug it in: it is found by itself.")
        : t("Plug one in: it is found by itself. Or open this link on a device that has one.");
    case "insecure":
      return t("Open the desk by the link you were sent; it begins with https.");
  }
}

/** Whether the microphone hears more than silence now. @param {Devices} devices */
export function isHeard(devices) {
  return devices.tracks.microphone !== null && (devices.level() ?? 0) > SILENT_BELOW;
}

/**
 * How loud it is now, and a word about it.
 * @param {Devices} devices
 * @param {boolean} muted
 */
export function drawMeter(devices, muted) {
  const meter = must("#level");
  const level = devices.tracks.microphone ? devices.level() : null;
  meter.style.setProperty("--level", String(muted ? 0 : (level ?? 0)));
  meter.setAttribute("aria-valuenow", String(Math.round((level ?? 0) * 100)));
  const now = performance.now();
  if (level === null || muted || level > SILENT_BELOW) heardAt = now;
  let note = "";
  if (devices.tracks.microphone) {
    if (muted) note = t("The microphone is off.");
    else if (devices.unmeasured) note = t("This browser shows no level for this microphone. It is sent all the same.");
    else if (level === null) note = t("Click anywhere to see the level.");
    else if (now - heardAt > SILENT_AFTER) note = t("Nothing is heard. Is it the right microphone?");
    else note = t("Say something: the bar should move.");
  }
  writeOrHide(must("#level-note"), note);
}
