// The scorecard: one radio group for each criterion, all of it usable by keyboard alone.

import { make, write } from "../lib/dom.js";
import { formatNumber } from "../lib/i18n.js";

/**
 * @typedef {{score: number, text: string}} Anchor
 * @typedef {{id: string, title: string, hint: string, weight: number, share: string, maximum: number, anchors: Anchor[]}} Criterion
 * @typedef {import("./drafts.js").Scores} Scores
 */

/** A second digit this soon after the first belongs to the same number. */
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
export function meaning({ anchors }, score) {
  return anchors.filter((anchor) => anchor.score <= score).pop() ?? null;
}

/**
 * The two anchors beside a score: what it means, and what the next one up would take. Without a score: both ends.
 * @param {Criterion} criterion
 * @param {number | undefined} score
 * @returns {[Anchor | null, Anchor | null]}
 */
export function beside(criterion, score) {
  const { anchors } = criterion;
  if (score === undefined) return [anchors[0] ?? null, anchors.length > 1 ? (anchors[anchors.length - 1] ?? null) : null];
  return [meaning(criterion, score), anchors.find((anchor) => anchor.score > score) ?? null];
}

export class Scorecard {
  /**
   * @param {HTMLElement} form holds a `fieldset[data-criterion]` for each criterion
   * @param {Criterion[]} criteria anchors rising
   * @param {{onchange: (scores: Scores) => void, onsubmit: () => void}} hooks
   */
  constructor(form, criteria, { onchange, onsubmit }) {
    this.form = form;
    this.criteria = criteria;
    this.onchange = onchange;
    this.onsubmit = onsubmit;
    /** @type {Map<string, HTMLFieldSetElement>} */
    this.sets = new Map();
    for (const set of form.querySelectorAll("fieldset")) {
      if (set.dataset.criterion) this.sets.set(set.dataset.criterion, set);
    }
    this.submit = /** @type {HTMLElement | null} */ (form.querySelector("#submit"));
    this.digits = { criterion: "", value: "", at: 0 };
    for (const criterion of criteria) this.explain(criterion);

    form.addEventListener("change", () => {
      this.describe();
      onchange(this.scores());
    });
    this.submit?.addEventListener("click", () => onsubmit());
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.repeat) {
        event.preventDefault(); // held for too long: not a second answer
      } else if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
        event.preventDefault();
        onsubmit();
      } else {
        this.type(event);
      }
    });
  }

  /** What each score means: in its name, and on the line below while it is pointed at. @param {Criterion} criterion */
  explain(criterion) {
    const set = this.sets.get(criterion.id);
    for (const radio of set?.querySelectorAll("input") ?? []) {
      const score = Number(radio.value);
      const anchor = meaning(criterion, score);
      radio.setAttribute("aria-label", anchor ? `${score}: ${anchor.text}` : radio.value);
      radio.closest("label")?.toggleAttribute("data-anchor", anchor?.score === score);
    }
    set?.addEventListener("pointerover", (event) => {
      const radio = event.target instanceof Element ? event.target.closest("label")?.querySelector("input") : null;
      if (event.pointerType === "mouse") this.mean(criterion, radio ? Number(radio.value) : undefined);
    });
    set?.addEventListener("pointerleave", () => this.mean(criterion));
  }

  /** Digits choose a score, Delete takes it back; Enter and Shift+Enter go to the next and the former criterion. @param {KeyboardEvent} event */
  type(event) {
    const set = event.target instanceof Element ? event.target.closest("fieldset") : null;
    const criterion = this.criteria.find((one) => one.id === set?.dataset.criterion);
    if (!set || !criterion || event.altKey || event.ctrlKey || event.metaKey) return;
    const { id } = criterion;
    if (event.key === "Enter") {
      event.preventDefault();
      this.step(id, event.shiftKey ? -1 : 1);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.choose(id, null);
    } else if (/^\d$/.test(event.key)) {
      this.digit(criterion, event);
    }
  }

  /** @param {Criterion} criterion @param {KeyboardEvent} event of a digit's key */
  digit({ id, maximum }, event) {
    event.preventDefault();
    const follows = this.digits.criterion === id && event.timeStamp - this.digits.at < TWO_KEYS_MS;
    let text = follows ? this.digits.value + event.key : event.key;
    if (Number(text) > maximum) text = event.key;
    this.digits = { criterion: id, value: text, at: event.timeStamp };
    if (Number(text) <= maximum) this.choose(id, Number(text));
  }

  /** A key pressed elsewhere on the desk: a digit goes to the first criterion without a score, Ctrl+Enter submits. @param {KeyboardEvent} event */
  typeElsewhere(event) {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      event.preventDefault();
      if (!event.repeat) this.onsubmit();
    } else if (/^\d$/.test(event.key) && !event.altKey && !event.ctrlKey && !event.metaKey) {
      const missing = this.missing();
      const criterion = this.criteria.find((one) => one.id === missing);
      if (criterion) this.digit(criterion, event);
    }
  }

  /** @param {string} id @param {number} by */
  step(id, by) {
    const order = this.criteria.map((one) => one.id);
    const next = order[order.indexOf(id) + by];
    if (next) this.focus(next);
    else if (by > 0) this.submit?.focus();
  }

  /** @param {string} id */
  focus(id) {
    const set = this.sets.get(id);
    const radio = set?.querySelector("input:checked") ?? set?.querySelector("input");
    if (radio instanceof HTMLElement) radio.focus();
  }

  /** @param {string} id @param {number | null} score null: none */
  choose(id, score) {
    const set = this.sets.get(id);
    if (!set || set.disabled) return;
    for (const radio of set.querySelectorAll("input")) {
      radio.checked = score === Number(radio.value);
      if (radio.checked) radio.focus();
    }
    this.describe();
    this.onchange(this.scores());
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

  /** Ring the scores that are stored, where the card says otherwise. @param {Scores | null} stored */
  ring(stored) {
    for (const [id, set] of this.sets) {
      for (const radio of set.querySelectorAll("input")) {
        radio.closest("label")?.toggleAttribute("data-stored", stored?.[id] === Number(radio.value) && !radio.checked);
      }
    }
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
      this.mean(criterion);
      if (scores[criterion.id] !== undefined) this.sets.get(criterion.id)?.removeAttribute("data-missing");
    }
    const sum = total(this.criteria, scores);
    const output = this.form.querySelector("[data-total]");
    if (output) write(output, sum === null ? "–" : formatNumber(sum, 2));
  }

  /** The lines under a scale. @param {Criterion} criterion @param {number} [pointed] at this score; else the chosen one counts */
  mean(criterion, pointed) {
    const lines = this.sets.get(criterion.id)?.querySelector("[data-meaning]");
    const shown = beside(criterion, pointed ?? this.scores()[criterion.id]).map(
      (anchor) => make("span", "", ...(anchor ? [make("b", "figures", String(anchor.score)), ` ${anchor.text}`] : [])),
    );
    lines?.replaceChildren(...shown);
  }
}
