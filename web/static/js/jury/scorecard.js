// The scorecard: cells or a field to type in for each criterion, all of it usable by keyboard alone.

import { make, write } from "../lib/dom.js";
import { formatNumber } from "../lib/i18n.js";
import { localScore } from "./points.js";
import { fieldIn } from "./scales.js";

/**
 * @typedef {{score: number, text: string}} Anchor
 * @typedef {{id: string, title: string, hint: string, weight: number, share: string, maximum: number, steps: number, anchors: Anchor[], taken_from?: "total" | "points"}} Criterion
 *   `steps`: of a point; scores are whole numbers of them, anchors stand at points. `taken_from`: it is no criterion, but what points may be taken off for
 * @typedef {import("./drafts.js").Scores} Scores
 * @typedef {import("./drafts.js").Texts} Texts
 */

/**
 * Weighted total of 100, less what the judge takes off it, or null until every criterion has a score. For the judge's eyes: the store computes its own.
 * @param {Criterion[]} criteria
 * @param {Scores} scores
 * @returns {number | null}
 */
export function total(criteria, scores) {
  let weights = 0;
  let sum = 0;
  let off = 0;
  for (const { id, weight, maximum, steps, taken_from } of criteria) {
    const score = scores[id];
    if (taken_from) {
      off += taken_from === "total" ? (score ?? 0) / steps : 0;
      continue;
    }
    if (score === undefined) return null;
    weights += weight;
    sum += (weight * score) / (maximum * steps);
  }
  return weights ? Math.max((100 * sum) / weights - off, 0) : null;
}

/** What a score means: the anchor at it, or the nearest one below. @param {Criterion} criterion @param {number} score */
export function meaning({ anchors, steps }, score) {
  return anchors.filter((anchor) => anchor.score * steps <= score).pop() ?? null;
}

/**
 * The two anchors beside a score: what it means, and what the next one up would take. Without a score: both ends.
 * @param {Criterion} criterion
 * @param {number | undefined} score
 * @returns {[Anchor | null, Anchor | null]}
 */
export function beside(criterion, score) {
  const { anchors, steps } = criterion;
  if (score === undefined) return [anchors[0] ?? null, anchors.length > 1 ? (anchors[anchors.length - 1] ?? null) : null];
  return [meaning(criterion, score), anchors.find((anchor) => anchor.score * steps > score) ?? null];
}

export class Scorecard {
  /**
   * @param {HTMLElement} form holds a `fieldset[data-criterion]` for each criterion
   * @param {Criterion[]} criteria anchors rising
   * @param {{onchange: (scores: Scores, texts: Texts) => void, onsubmit: () => void}} hooks `texts`: what was typed and is no score
   */
  constructor(form, criteria, { onchange, onsubmit }) {
    this.form = form;
    this.criteria = criteria;
    this.onchange = onchange;
    this.onsubmit = onsubmit;
    /** @type {Map<string, HTMLFieldSetElement>} */
    this.sets = new Map();
    /** @type {Map<string, import("./scales.js").Field>} */
    this.fields = new Map();
    for (const criterion of criteria) {
      const set = [...form.querySelectorAll("fieldset")].find((one) => one.dataset.criterion === criterion.id);
      if (!set) continue;
      this.sets.set(criterion.id, set);
      this.fields.set(criterion.id, fieldIn(set, criterion));
      this.explain(criterion);
    }
    this.submit = /** @type {HTMLElement | null} */ (form.querySelector("#submit"));

    form.addEventListener("change", () => this.changed());
    form.addEventListener("input", (event) => event.target instanceof HTMLInputElement && event.target.inputMode && this.changed());
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

  changed() {
    this.describe();
    this.onchange(this.scores(), this.texts());
  }

  /** What each score means: in its name, and on the line below while it is pointed at. @param {Criterion} criterion */
  explain(criterion) {
    const set = this.sets.get(criterion.id);
    for (const radio of set?.querySelectorAll("input[type=radio]") ?? []) {
      if (!(radio instanceof HTMLInputElement)) continue;
      const score = Number(radio.value);
      const anchor = meaning(criterion, score);
      const said = localScore(score, criterion);
      radio.setAttribute("aria-label", anchor ? `${said}: ${anchor.text}` : said);
      radio.closest("label")?.toggleAttribute("data-anchor", anchor !== null && anchor.score * criterion.steps === score);
    }
    set?.addEventListener("pointerover", (event) => {
      const radio = event.target instanceof Element ? event.target.closest("label")?.querySelector("input") : null;
      if (event.pointerType === "mouse") this.mean(criterion, radio ? Number(radio.value) : undefined);
    });
    set?.addEventListener("pointerleave", () => this.mean(criterion));
  }

  /** Enter and Shift+Enter go to the next and the former criterion; all other keys are the field's. @param {KeyboardEvent} event */
  type(event) {
    const set = event.target instanceof Element ? event.target.closest("fieldset") : null;
    const field = this.fields.get(set?.dataset.criterion ?? "");
    if (!set || !field || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.step(set.dataset.criterion ?? "", event.shiftKey ? -1 : 1);
    } else if (!set.disabled && field.takes(event)) {
      this.changed();
    }
  }

  /** A key pressed elsewhere on the desk: a digit goes to the first criterion without a score, Ctrl+Enter submits. @param {KeyboardEvent} event */
  typeElsewhere(event) {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      event.preventDefault();
      if (!event.repeat) this.onsubmit();
    } else if (/^\d$/.test(event.key) && !event.altKey && !event.ctrlKey && !event.metaKey) {
      const missing = this.missing() ?? "";
      if (this.sets.get(missing)?.disabled !== false) return;
      this.fields.get(missing)?.digit(event);
      this.changed();
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
    this.fields.get(id)?.focus();
  }

  /** @returns {Scores} */
  scores() {
    /** @type {Scores} */
    const scores = {};
    for (const { id, taken_from } of this.criteria) {
      const score = this.fields.get(id)?.score;
      if (score !== undefined && !(taken_from && score === 0)) scores[id] = score;
    }
    return scores;
  }

  /** @returns {Texts} */
  texts() {
    /** @type {Texts} */
    const texts = {};
    for (const [id, field] of this.fields) if (field.problem) texts[id] = field.typed;
    return texts;
  }

  /** @param {Scores} scores @param {Texts} [texts] */
  fill(scores, texts = {}) {
    for (const [id, field] of this.fields) field.fill(scores[id], texts[id]);
    this.describe();
  }

  /** Ring the scores that are stored, where the card says otherwise. @param {Scores | null} stored */
  ring(stored) {
    for (const [id, field] of this.fields) field.ring(stored?.[id]);
  }

  /** @param {boolean} on */
  enable(on) {
    for (const set of this.sets.values()) set.disabled = !on;
  }

  /** @returns {string | null} the first criterion without a score */
  missing() {
    const scores = this.scores();
    return this.criteria.find((one) => !one.taken_from && scores[one.id] === undefined)?.id ?? null;
  }

  /** Whether some of it is typed. */
  get isTyped() {
    return [...this.sets.values()].some((set) => set.querySelector("input[inputmode]"));
  }

  /** What is wrong with what was typed there. @param {string} id */
  problem(id) {
    return this.fields.get(id)?.problem ?? "";
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
