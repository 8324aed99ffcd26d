// The scorecard: one radio group for each criterion, all of it usable by keyboard alone.

import { formatNumber } from "./i18n.js";

/**
 * @typedef {{score: number, text: string}} Anchor
 * @typedef {{id: string, title: string, hint: string, weight: number, share: string, maximum: number, anchors: Anchor[]}} Criterion
 * @typedef {import("./drafts.js").Scores} Scores
 */

const TWO_KEYS_MS = 700;

/**
 * Weighted total of 100, or null until every criterion has a score. For the judge's eyes: the store computes its own.
 * @param {Criterion[]} criteria
 * @param {Scores} scores
 * @returns {number | null}
 */
export function total(criteria, scores) {
  let weights = 0;
  let sum = 0;
  for (const { id, weight, maximum } of criteria) {
    const score = scores[id];
    if (score === undefined) return null;
    weights += weight;
    sum += (weight * score) / maximum;
  }
  return weights ? (100 * sum) / weights : null;
}

/** What a score means: the anchor at it, or the nearest one below. @param {Criterion} criterion @param {number} score */
export function meaning(criterion, score) {
  let best = null;
  for (const anchor of criterion.anchors) {
    if (anchor.score <= score && (!best || anchor.score > best.score)) best = anchor;
  }
  return best?.text ?? "";
}

export class Scorecard {
  /**
   * @param {HTMLFormElement} form holds a `fieldset[data-criterion]` for each criterion
   * @param {Criterion[]} criteria
   * @param {{onchange: (scores: Scores) => void, onsubmit: () => void}} hooks
   */
  constructor(form, criteria, { onchange, onsubmit }) {
    this.form = form;
    this.criteria = criteria;
    /** @type {Map<string, HTMLFieldSetElement>} */
    this.sets = new Map();
    for (const set of form.querySelectorAll("fieldset")) {
      if (set.dataset.criterion) this.sets.set(set.dataset.criterion, set);
    }
    this.digits = { criterion: "", value: "", at: 0 };

    form.addEventListener("change", () => {
      this.describe();
      onchange(this.scores());
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      onsubmit();
    });
    form.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
        event.preventDefault();
        onsubmit();
        return;
      }
      this.type(event, onchange);
    });
  }

  /** Digits choose a score; Enter and Shift+Enter go to the next and the former criterion. @param {KeyboardEvent} event @param {(scores: Scores) => void} onchange */
  type(event, onchange) {
    const set = event.target instanceof Element ? event.target.closest("fieldset") : null;
    const id = set?.dataset.criterion;
    if (!set || !id || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.step(id, event.shiftKey ? -1 : 1);
      return;
    }
    if (!/^\d$/.test(event.key)) return;
    event.preventDefault();
    const criterion = this.criteria.find((one) => one.id === id);
    if (!criterion) return;
    const follows = this.digits.criterion === id && event.timeStamp - this.digits.at < TWO_KEYS_MS;
    let text = follows ? this.digits.value + event.key : event.key;
    if (Number(text) > criterion.maximum) text = event.key;
    this.digits = { criterion: id, value: text, at: event.timeStamp };
    if (Number(text) > criterion.maximum) return;
    this.choose(id, Number(text));
    onchange(this.scores());
  }

  /** @param {string} id @param {number} by */
  step(id, by) {
    const order = this.criteria.map((one) => one.id);
    const next = order[order.indexOf(id) + by];
    if (next) this.focus(next);
    else if (by > 0) /** @type {HTMLElement | null} */ (this.form.querySelector("[type=submit]"))?.focus();
  }

  /** @param {string} id */
  focus(id) {
    const set = this.sets.get(id);
    const radio = set?.querySelector("input:checked") ?? set?.querySelector("input");
    if (radio instanceof HTMLElement) radio.focus();
  }

  /** @param {string} id @param {number} score */
  choose(id, score) {
    const radio = this.sets.get(id)?.querySelector(`input[value="${score}"]`);
    if (!(radio instanceof HTMLInputElement) || radio.disabled) return;
    radio.checked = true;
    radio.focus();
    this.describe();
  }

  /** @returns {Scores} */
  scores() {
    /** @type {Scores} */
    const scores = {};
    for (const [id, set] of this.sets) {
      const radio = set.querySelector("input:checked");
      if (radio instanceof HTMLInputElement) scores[id] = Number(radio.value);
    }
    return scores;
  }

  /** @param {Scores} scores */
  fill(scores) {
    for (const [id, set] of this.sets) {
      for (const radio of set.querySelectorAll("input")) radio.checked = scores[id] === Number(radio.value);
    }
    this.describe();
  }

  /** @param {boolean} on */
  enable(on) {
    for (const set of this.sets.values()) set.disabled = !on;
  }

  /** @returns {string | null} the first criterion without a score */
  missing() {
    const scores = this.scores();
    return this.criteria.find((one) => scores[one.id] === undefined)?.id ?? null;
  }

  /** @param {string | null} id marks it as missing; null clears */
  mark(id) {
    for (const [one, set] of this.sets) set.toggleAttribute("data-missing", one === id);
  }

  describe() {
    const scores = this.scores();
    for (const criterion of this.criteria) {
      const set = this.sets.get(criterion.id);
      const score = scores[criterion.id];
      const output = set?.querySelector("output");
      if (output) output.textContent = score === undefined ? "" : meaning(criterion, score);
      if (score !== undefined) set?.removeAttribute("data-missing");
    }
    const sum = total(this.criteria, scores);
    const output = this.form.querySelector("[data-total]");
    if (output) output.textContent = sum === null ? "–" : formatNumber(sum, 2);
  }
}
