// How one criterion is scored: by cells, where each score has one, or typed.

import { make, write } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { localScore, parseScore } from "./points.js";

/**
 * @typedef {import("./scorecard.js").Criterion} Criterion
 * @typedef {{
 *   score: number | undefined, problem: string, typed: string,
 *   fill: (score: number | undefined, typed?: string) => void, ring: (stored: number | undefined) => void, focus: () => void,
 *   choose: (score: number | null) => void, digit: (event: KeyboardEvent) => void, takes: (event: KeyboardEvent) => boolean,
 * }} Field `score` in steps; `problem`: what is wrong with what was typed, which stays there; `choose` null: none; `digit`: a
 *   digit's key, wherever it was pressed; `takes`: whether a key pressed in it is its own
 */

/** A second digit this soon after the first belongs to the same number. */
const TWO_KEYS_MS = 700;

/** @param {HTMLFieldSetElement} set @param {Criterion} criterion @returns {Field} */
export function fieldIn(set, criterion) {
  const input = set.querySelector("input[inputmode]");
  return input instanceof HTMLInputElement ? new Typed(set, input, criterion) : new Cells(set, criterion);
}

/** A radio group. @implements {Field} */
class Cells {
  problem = "";
  typed = "";
  #set;
  #criterion;
  #digits = { value: "", at: 0 };

  /** @param {HTMLFieldSetElement} set @param {Criterion} criterion */
  constructor(set, criterion) {
    this.#set = set;
    this.#criterion = criterion;
  }

  get #radios() {
    return this.#set.querySelectorAll("input");
  }

  get score() {
    const radio = this.#set.querySelector("input:checked");
    return radio instanceof HTMLInputElement ? Number(radio.value) : undefined;
  }

  /** @param {number | undefined} score */
  fill(score) {
    for (const radio of this.#radios) radio.checked = score === Number(radio.value);
  }

  /** @param {number | undefined} stored */
  ring(stored) {
    for (const radio of this.#radios) {
      radio.closest("label")?.toggleAttribute("data-stored", stored === Number(radio.value) && !radio.checked);
    }
  }

  focus() {
    const radio = this.#set.querySelector("input:checked") ?? this.#set.querySelector("input");
    if (radio instanceof HTMLElement) radio.focus();
  }

  /** @param {number | null} score */
  choose(score) {
    for (const radio of this.#radios) {
      radio.checked = score === Number(radio.value);
      if (radio.checked) radio.focus();
    }
  }

  /** Digits name points; halves between them are chosen by the arrows. @param {KeyboardEvent} event */
  digit(event) {
    event.preventDefault();
    const { maximum, steps } = this.#criterion;
    const follows = event.timeStamp - this.#digits.at < TWO_KEYS_MS;
    let text = follows ? this.#digits.value + event.key : event.key;
    if (Number(text) > maximum) text = event.key;
    this.#digits = { value: text, at: event.timeStamp };
    if (Number(text) <= maximum) this.choose(Number(text) * steps);
  }

  /** @param {KeyboardEvent} event */
  takes(event) {
    if (/^\d$/.test(event.key)) this.digit(event);
    else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.choose(null);
    } else return false;
    return true;
  }
}

/** A text field: number fields of browsers take one decimal sign only, and drop what they do not understand. @implements {Field} */
class Typed {
  #set;
  #input;
  #criterion;
  #told;
  #stored;

  /** @param {HTMLFieldSetElement} set @param {HTMLInputElement} input @param {Criterion} criterion */
  constructor(set, input, criterion) {
    this.#set = set;
    this.#input = input;
    this.#criterion = criterion;
    this.#told = set.querySelector("[data-problem]") ?? make("p");
    this.#stored = set.querySelector("[data-stored-score]") ?? make("span");
    // Said when the field is left, not at every key; gone as soon as it is mended.
    input.addEventListener("blur", () => this.#tell(this.problem));
    input.addEventListener("input", () => this.problem || this.#tell(""));
  }

  get score() {
    return parseScore(this.#input.value, this.#criterion) ?? undefined;
  }

  get typed() {
    return this.#input.value;
  }

  get problem() {
    if (parseScore(this.#input.value, this.#criterion) !== null) return "";
    const { maximum, steps } = this.#criterion;
    const most = localScore(maximum * steps, this.#criterion);
    if (steps === 1) return t("A whole number from 0 to {most}.", { most });
    return t("A number from 0 to {most}, in steps of {step}.", { most, step: localScore(1, this.#criterion) });
  }

  /** @param {number | undefined} score @param {string} [typed] what stood there instead, if it was none */
  fill(score, typed = "") {
    // What means the same is left as it was typed: "8," is on its way to "8,5".
    if (score === undefined || this.score !== score) this.#input.value = score === undefined ? typed : localScore(score, this.#criterion);
    this.#tell(this.problem);
  }

  /** @param {number | undefined} stored */
  ring(stored) {
    const differs = stored !== undefined && stored !== this.score;
    write(this.#stored, differs ? t("stored: {score}", { score: localScore(stored, this.#criterion) }) : "");
    this.#input.toggleAttribute("data-stored", differs);
  }

  focus() {
    this.#input.focus();
    this.#input.select();
  }

  /** @param {number | null} score */
  choose(score) {
    this.#input.value = score === null ? "" : localScore(score, this.#criterion);
  }

  /** It begins with the digit. @param {KeyboardEvent} event */
  digit(event) {
    event.preventDefault();
    this.#input.value = event.key;
    this.#input.focus();
  }

  /** @param {KeyboardEvent} event */
  takes(event) {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (by === undefined) return false;
    event.preventDefault();
    const { maximum, steps } = this.#criterion;
    const score = (this.score ?? (by > 0 ? -1 : maximum * steps + 1)) + by;
    this.choose(Math.min(Math.max(score, 0), maximum * steps));
    return true;
  }

  /** @param {string} problem */
  #tell(problem) {
    write(this.#told, problem);
    this.#input.setAttribute("aria-invalid", String(problem !== ""));
    this.#set.toggleAttribute("data-wrong", problem !== "");
  }
}
