// The card where ballots are comparisons: the project beside each of those that it is compared with.

import { keyed, make, write } from "../lib/dom.js";
import { formatNumber, t } from "../lib/i18n.js";
import { choiceOf, chosen } from "./pairs.js";

/** @typedef {import("./pairs.js").Halves} Scores */

export class PairCard {
  isTyped = false;
  /** The card's project. */ #own = "";
  /** Those to compare it with. @type {string[]} */ #offered = [];
  /** @type {Scores} */ #given = {};
  #enabled = false;
  #list;
  #count;
  #names;
  /** @type {(import("./pairs.js").Choice | "")[]} */ #choices;
  #onchange;
  #onsubmit;

  /**
   * @param {HTMLElement} form holds `[data-pairs]` and `[data-pair-count]`
   * @param {(project: string) => string} names
   * @param {boolean} mayLevel
   * @param {{onchange: (scores: Scores, texts: {}) => void, onsubmit: () => void}} hooks
   */
  constructor(form, names, mayLevel, { onchange, onsubmit }) {
    this.#names = names;
    this.#choices = mayLevel ? ["own", "other", "level", ""] : ["own", "other", ""];
    this.#onchange = onchange;
    this.#onsubmit = onsubmit;
    this.#list = part(form, "[data-pairs]");
    this.#count = part(form, "[data-pair-count]");
    form.querySelector("#submit")?.addEventListener("click", () => onsubmit());
    form.addEventListener("keydown", (event) => this.typeElsewhere(event));
  }

  /** @param {string} own the card's project @param {string[]} others to compare it with */
  offer(own, others) {
    if ([own, ...others].join() === [this.#own, ...this.#offered].join()) return;
    this.#own = own;
    this.#offered = others;
    this.#draw();
  }

  /** @param {Scores} scores */
  fill(scores) {
    this.#given = { ...scores };
    this.#draw();
  }

  /** @returns {Scores} */
  scores() {
    return Object.fromEntries(this.#offered.flatMap((one) => (this.#given[one] === undefined ? [] : [[one, this.#given[one]]])));
  }

  texts() {
    return {};
  }

  /** How many of those offered are not compared. */
  get left() {
    return this.#offered.length - Object.keys(this.scores()).length;
  }

  /** The first one, if none is compared. */
  missing() {
    return this.left === this.#offered.length ? (this.#offered[0] ?? null) : null;
  }

  problem() {
    return t("Compare it with one other project at least; or abstain.");
  }

  /** @param {Scores | null} stored how each was compared in the ballot that is stored, if that is another */
  ring(stored) {
    for (const row of this.#list.children) {
      if (!(row instanceof HTMLElement)) continue;
      const other = row.dataset.other ?? "";
      const differs = stored !== null && stored[other] !== this.#given[other];
      const note = row.querySelector("[data-stored]");
      if (note) write(note, differs ? t("stored: {score}", { score: this.#said(choiceOf(stored[other]), other) }) : "");
    }
  }

  /** @param {boolean} on */
  enable(on) {
    this.#enabled = on;
    for (const input of this.#list.querySelectorAll("input")) input.disabled = !on;
  }

  /** @param {string} other */
  focus(other) {
    const row = [...this.#list.children].find((one) => one instanceof HTMLElement && (!other || one.dataset.other === other));
    row?.querySelector("input")?.focus();
  }

  /** @param {string | null} other marks it as missing; null clears */
  mark(other) {
    for (const row of this.#list.children) if (row instanceof HTMLElement) row.toggleAttribute("data-missing", row.dataset.other === other);
  }

  /** Ctrl+Enter hands in, wherever it is pressed. @param {KeyboardEvent} event */
  typeElsewhere(event) {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) this.#onsubmit();
  }

  #draw() {
    keyed(this.#list, this.#offered, {
      key: (one) => `${this.#own}|${one}`,
      create: (one) => this.#row(one),
      update: (row, one) => this.#check(row, one),
    });
    write(this.#count, `${formatNumber(this.#offered.length - this.left)} / ${formatNumber(this.#offered.length)}`);
    this.enable(this.#enabled);
  }

  /** @param {string} other */
  #row(other) {
    const own = this.#own;
    const group = make("div", "pair-choices");
    for (const choice of this.#choices) {
      const input = make("input");
      input.type = "radio";
      input.name = `pair-${own}-${other}`;
      input.value = choice;
      input.addEventListener("change", () => this.#choose(other, choice));
      group.append(make("label", choice ? "pair-choice" : "pair-choice pair-none", input, make("span", "", this.#said(choice, other))));
    }
    group.setAttribute("role", "radiogroup");
    group.setAttribute("aria-label", t("{project} or {other}: which is ahead?", { project: this.#names(own), other: this.#names(other) }));
    const note = make("small", "muted");
    note.dataset.stored = "";
    const row = make("li", "pair", group, note);
    row.dataset.other = other;
    return row;
  }

  /** @param {HTMLElement} row @param {string} other */
  #check(row, other) {
    const choice = choiceOf(this.#given[other]);
    for (const input of row.querySelectorAll("input")) input.checked = input.value === choice;
  }

  /** @param {string} other @param {import("./pairs.js").Choice | ""} choice */
  #choose(other, choice) {
    this.#given = chosen(this.#given, other, choice);
    this.#draw();
    this.mark(null);
    this.#onchange(this.scores(), {});
  }

  /** @param {import("./pairs.js").Choice | ""} choice @param {string} other */
  #said(choice, other) {
    if (choice === "own") return this.#names(this.#own);
    if (choice === "other") return this.#names(other);
    return choice === "level" ? t("level") : t("leave out");
  }
}

/** @param {HTMLElement} form @param {string} selector */
function part(form, selector) {
  const found = form.querySelector(selector);
  return found instanceof HTMLElement ? found : make("div");
}
