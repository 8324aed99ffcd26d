// Whether what goes out is seen, as the server has it; and the reason, in the pitcher's words.

import { formatNumber, t, tn } from "../lib/i18n.js";

/**
 * As roadshow/rooms/relay/diagnosing.py gives it.
 * @typedef {{source: string, trouble: string|null, codec: string, viewers: number, blind: number}} SourceReport
 * @typedef {{sources: SourceReport[], noted: {trouble: string, detail: string, count: number}[]}} Report
 */

/** The server is asked every so many seconds. */
const ASK_EVERY = 5;

export class Seen {
  /** Empty: it is seen, as far as anybody knows. */
  text = "";
  onchange = () => {};

  #former = "";
  #seconds = 0;
  /** @type {import("../media/whip.js").Publisher|null} */ #publisher = null;

  /** @param {import("../media/whip.js").Publisher} publisher */
  follow(publisher) {
    this.#publisher = publisher;
    this.#seconds = 0;
    this.told("");
    publisher.addEventListener("stats", () => {
      if (publisher === this.#publisher && publisher.state === "live" && ++this.#seconds % ASK_EVERY === 0) void this.#ask(publisher);
    });
  }

  /** Said only when it was so twice: what passes by itself within seconds needs nobody's attention. @param {string} text */
  told(text) {
    const before = this.text;
    this.text = text === this.#former ? text : "";
    this.#former = text;
    if (this.text !== before) this.onchange();
  }

  /** @param {import("../media/whip.js").Publisher} publisher */
  async #ask(publisher) {
    const response = await fetch(`${publisher.session}/picture`, { cache: "no-store" }).catch(() => undefined);
    if (!response?.ok || publisher !== this.#publisher) return;
    /** @type {Report|undefined} */
    const report = await response.json().catch(() => undefined);
    if (report) this.told(seenText(report));
  }
}

/** @param {Report} report */
export function seenText({ sources, noted }) {
  for (const { trouble, codec, viewers, blind } of sources) {
    switch (trouble) {
      case "silent":
        return t("Nothing of your picture arrives. Switch the camera off and on again.");
      case "no_key_frame":
      case "no_parameter_sets":
        return t("Your browser sends a picture that nobody can show. Reload the page, or use another browser.");
    }
    if (blind) {
      const values = { screens: formatNumber(viewers), codec };
      return tn("{count} of {screens} screens cannot show your picture ({codec}).", "{count} of {screens} screens cannot show your picture ({codec}).", blind, values);
    }
  }
  return noted.some(({ trouble }) => trouble === "too_fast") ? t("More is sent than the server takes: some of it is left out.") : "";
}
