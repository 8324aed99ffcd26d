// The choice of slides, the one that is shown, and the way to turn them.

import { must, writeOrHide } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

/** @param {import("./slides.js").Slides} slides */
export function drawSlidePanel({ deck, mode, screen, canShare }) {
  /** @type {NodeListOf<HTMLButtonElement>} */
  const choices = document.querySelectorAll("#slides-choice button");
  for (const choice of choices) {
    choice.setAttribute("aria-pressed", String(choice.value === mode));
    if (choice.value === "deck") choice.hidden = deck === null;
    if (choice.value === "screen") choice.hidden = !canShare;
  }
  must("main").dataset.slides = mode;
  const index = deck?.index ?? 0;
  const count = deck?.length ?? 0;
  /** @type {HTMLButtonElement} */ (must("#previous")).disabled = mode !== "deck" || index === 0;
  /** @type {HTMLButtonElement} */ (must("#following")).disabled = mode !== "deck" || index >= count - 1;
  writeOrHide(must("#slide-number"), mode === "deck" ? t("Slide {number} of {count}", { number: index + 1, count }) : "");
  const shared = /** @type {HTMLVideoElement} */ (must("#screen"));
  if (shared.srcObject !== screen) shared.srcObject = screen;
}
