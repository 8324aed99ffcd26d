// The card where ballots are orders: the projects that have pitched, the best first, moved by buttons or by keys.

import { keyed, make, write } from "../lib/dom.js";
import { formatNumber, t } from "../lib/i18n.js";
import { levelsOf, moved, placesOf } from "./order.js";

/** @typedef {import("./order.js").Places} Scores */

export class OrderCard {
  isTyped = false;
  /** @type {string[][]} */ #levels = [];
  /** Those to be put in order. @type {string[]} */ #offered = [];
  /** Those of them that need not be. @type {Set<string>} */ #optional = new Set();
  #enabled = false;
  #list;
  #rest;
  #said;
  #count;
  #names;
  #mayLevel;
  #onchange;
  #onsubmit;

  /**
   * @param {HTMLElement} form holds `[data-order]`, `[data-unplaced]`, `[data-order-count]` and `[data-order-said]`
   * @param {(project: string) => string} names
   * @param {boolean} mayLevel
   * @param {{onchange: (scores: Scores, texts: {}) => void, onsubmit: () => void}} hooks
   */
  constructor(form, names, mayLevel, { onchange, onsubmit }) {
    this.#names = names;
    this.#mayLevel = mayLevel;
    this.#onchange = onchange;
    this.#onsubmit = onsubmit;
    this.#list = part(form, "[data-order]");
    this.#rest = part(form, "[data-unplaced]");
    this.#said = part(form, "[data-order-said]");
    this.#count = part(form, "[data-order-count]");
    form.querySelector("#submit")?.addEventListener("click", () => onsubmit());
    form.addEventListener("keydown", (event) => this.typeElsewhere(event));
  }

  /** @param {string[]} projects that have pitched and are this judge's to order @param {Set<string>} abstained those of them that may be left out */
  offer(projects, abstained) {
    if ([...projects, ":", ...abstained].join() === [...this.#offered, ":", ...this.#optional].join()) return;
    this.#offered = projects;
    this.#optional = abstained;
    this.#draw();
  }

  /** @param {Scores} scores */
  fill(scores) {
    this.#levels = levelsOf(scores);
    this.#draw();
  }

  /** @returns {Scores} */
  scores() {
    return placesOf(this.#shown());
  }

  texts() {
    return {};
  }

  /** The first one without a place. */
  missing() {
    const placed = new Set(this.#shown().flat());
    return this.#offered.find((one) => !placed.has(one) && !this.#optional.has(one)) ?? null;
  }

  problem() {
    return t("Every project that has pitched needs a place in your order; abstain from one that you cannot judge.");
  }

  /** @param {Scores | null} stored where each stands in the order that is stored, if that is another */
  ring(stored) {
    for (const row of this.#list.children) {
      if (!(row instanceof HTMLElement)) continue;
      const place = stored?.[row.dataset.key ?? ""];
      const note = row.querySelector("[data-stored-place]");
      const differs = place !== undefined && place !== this.scores()[row.dataset.key ?? ""];
      if (note) write(note, differs ? t("stored: {score}", { score: formatNumber(place) }) : "");
    }
  }

  /** @param {boolean} on */
  enable(on) {
    this.#enabled = on;
    for (const list of [this.#list, this.#rest]) for (const button of list.querySelectorAll("button")) button.disabled = !on;
  }

  /** @param {string} id */
  focus(id) {
    const row = [...this.#list.children, ...this.#rest.children].find((one) => one instanceof HTMLElement && (!id || one.dataset.key === id));
    const button = row?.querySelector("button");
    if (button) button.focus();
  }

  /** @param {string | null} id marks it as missing; null clears */
  mark(id) {
    for (const row of this.#rest.children) if (row instanceof HTMLElement) row.toggleAttribute("data-missing", row.dataset.key === id);
  }

  /** Ctrl+Enter hands in, wherever it is pressed. @param {KeyboardEvent} event */
  typeElsewhere(event) {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) this.#onsubmit();
  }

  /** What of the order is offered. */
  #shown() {
    const offered = new Set(this.#offered);
    return this.#levels.map((level) => level.filter((one) => offered.has(one))).filter((level) => level.length > 0);
  }

  /** @param {string[][]} levels @param {string} project which of them was moved */
  #change(levels, project) {
    this.#levels = levels;
    this.#draw();
    const place = this.scores()[project] ?? 0;
    write(this.#said, t("{project}: place {place} of {count}", { project: this.#names(project), place: formatNumber(place), count: formatNumber(levels.flat().length) }));
    this.#onchange(this.scores(), {});
  }

  #draw() {
    const levels = this.#shown();
    const places = placesOf(levels);
    const order = this.#offered.indexOf.bind(this.#offered);
    const rows = levels.flatMap((level) => [...level].sort((one, other) => order(one) - order(other)));
    keyed(this.#list, rows, { key: (one) => one, create: (one) => this.#row(one), update: (row, one) => this.#place(row, one, places) });
    const left = this.#offered.filter((one) => places[one] === undefined);
    keyed(this.#rest, left, { key: (one) => one, create: (one) => this.#unplaced(one), update: (row, one) => this.#note(row, one) });
    this.#rest.hidden = !left.length;
    write(this.#count, `${formatNumber(rows.length)} / ${formatNumber(this.#offered.length)}`);
    this.enable(this.#enabled);
  }

  /** @param {string} project */
  #row(project) {
    const name = this.#names(project);
    const up = this.#button("▲", t("Move {project} up", { project: name }), () => this.#move(project, -1));
    const down = this.#button("▼", t("Move {project} down", { project: name }), () => this.#move(project, 1));
    const out = this.#button("×", t("Take {project} out of the order", { project: name }), () => this.#takeOut(project));
    const row = make("li", "order-row", make("b", "medal figures"), named(name), up, down, out);
    row.querySelector("small")?.setAttribute("data-stored-place", "");
    row.addEventListener("keydown", (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (by === undefined || !this.#enabled) return;
      event.preventDefault();
      this.#move(project, by < 0 ? -1 : 1);
    });
    return row;
  }

  /** @param {HTMLElement} row @param {string} project @param {Scores} places */
  #place(row, project, places) {
    const place = places[project] ?? 0;
    const medal = row.querySelector("b");
    const level = Object.values(places).filter((one) => one === place).length > 1;
    if (medal) write(medal, formatNumber(place));
    medal?.setAttribute("data-place", String(place));
    row.toggleAttribute("data-level", level);
  }

  /** @param {string} project */
  #unplaced(project) {
    const name = this.#names(project);
    const first = this.#button(t("First"), t("Put {project} first", { project: name }), () => this.#change([[project], ...this.#levels], project));
    const last = this.#button(t("Last"), t("Put {project} last", { project: name }), () => this.#change([...this.#levels, [project]], project));
    return make("li", "order-row", make("b", "medal figures", "–"), named(name), first, last);
  }

  /** @param {HTMLElement} row @param {string} project */
  #note(row, project) {
    const note = row.querySelector("small");
    if (note) write(note, this.#optional.has(project) ? t("abstained") : t("no place yet"));
  }

  /** @param {string} project @param {-1 | 1} by */
  #move(project, by) {
    this.#change(moved(this.#shown(), project, by, this.#mayLevel), project);
  }

  /** @param {string} project */
  #takeOut(project) {
    this.#levels = this.#shown().map((level) => level.filter((one) => one !== project)).filter((level) => level.length > 0);
    this.#draw();
    this.focus(project);
    this.#onchange(this.scores(), {});
  }

  /** @param {string} text @param {string} label @param {() => void} press */
  #button(text, label, press) {
    const button = make("button", "button small quiet", text);
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.addEventListener("click", press);
    return button;
  }
}

/** With room for a note below it. @param {string} name */
function named(name) {
  return make("span", "order-text", make("span", "order-name", name), make("small", "muted"));
}

/** @param {HTMLElement} form @param {string} selector */
function part(form, selector) {
  const found = form.querySelector(selector);
  return found instanceof HTMLElement ? found : make("div");
}
