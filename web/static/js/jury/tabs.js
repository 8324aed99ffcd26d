// The chair's two views of one column: the scorecard and the field's result. A tablist as ARIA describes it.

import { must } from "../lib/dom.js";

/** @typedef {"card" | "review"} View */

/** Does nothing on a desk without tabs. */
export class Tabs {
  /** @type {HTMLElement[]} */
  #tabs = [...document.querySelectorAll("[role=tab]")].filter((tab) => tab instanceof HTMLElement);
  #toldOver = false;

  constructor() {
    for (const tab of this.#tabs) {
      tab.addEventListener("click", () => this.show(viewOf(tab)));
      tab.addEventListener("keydown", (event) => this.#key(event));
    }
  }

  /** @param {View} view */
  show(view) {
    for (const tab of this.#tabs) {
      const chosen = viewOf(tab) === view;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      must(`#${viewOf(tab)}`).hidden = !chosen;
    }
  }

  /** The scorecards are done with: once, the result comes to the fore. */
  fieldIsOver() {
    if (this.#toldOver || !this.#tabs.length) return;
    this.#toldOver = true;
    const focused = must("#card").contains(document.activeElement);
    this.show("review");
    if (focused) must("#tab-review").focus();
  }

  /** Mark that the result waits for the chair. @param {boolean} calls */
  call(calls) {
    must("#review-call").hidden = !calls;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const at = this.#tabs.findIndex((tab) => tab === event.target);
    const last = this.#tabs.length - 1;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last }[event.key];
    const tab = to === undefined ? undefined : this.#tabs[(to + last + 1) % (last + 1)];
    if (!tab) return;
    event.preventDefault();
    this.show(viewOf(tab));
    tab.focus();
  }
}

/** @param {HTMLElement} tab @returns {View} */
function viewOf(tab) {
  return tab.getAttribute("aria-controls") === "review" ? "review" : "card";
}
