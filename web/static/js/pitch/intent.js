// What this tab means to do: kept over a reload, so that whoever was on stage comes back there.

import { keep, kept } from "../lib/kept.js";

/** @typedef {{wanted: boolean, muted: boolean, hidden: boolean, slides: import("./slides.js").SlidesMode, index: number}} Meant */

/** @type {Meant} */
const AT_FIRST = { wanted: false, muted: false, hidden: false, slides: "deck", index: 0 };

export class Intent {
  /** Something else is meant than before. */
  onchange = () => {};

  #key;
  #meant;

  /** @param {string} key where the browser keeps it */
  constructor(key) {
    this.#key = key;
    this.#meant = recall(key);
  }

  /** @returns {Readonly<Meant>} */
  get now() {
    return this.#meant;
  }

  /** @param {Partial<Meant>} changes */
  mean(changes) {
    this.#meant = { ...this.#meant, ...changes };
    keep("session", this.#key, JSON.stringify(this.#meant));
    this.onchange();
  }
}

/** @param {string} key @returns {Meant} */
function recall(key) {
  try {
    return { ...AT_FIRST, ...JSON.parse(kept("session", key) ?? "{}") };
  } catch {
    return AT_FIRST;
  }
}
