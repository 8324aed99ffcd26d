// One question before an act that cannot be undone. Native <dialog>: focus, Escape and the backdrop come with it.

import { make } from "./dom.js";
import { t, tn } from "./i18n.js";

/** @typedef {{label: string, minimum: number, maximum: number}} TextQuestion characters, without blanks at the ends */

/**
 * @typedef {{title: string, text: string, yes: string, danger?: boolean}} Question
 * @typedef {{check?: () => boolean, focus?: HTMLElement | undefined, shows?: boolean}} Body `check`: whether the answer can be yes;
 *   says why not. `shows`: nothing is asked, there is something wide to look at
 */

/**
 * @param {Question & {input?: TextQuestion}} question
 * @returns {Promise<string | null>} the input's text ("" without an input), or null when the answer is no
 */
export async function ask({ input, ...question }) {
  if (!input) return (await dialogue(question, [])) ? "" : null;
  const field = new TextField("ask-input", input);
  const yes = await dialogue(question, [field.element], { check: () => field.check(), focus: field.area });
  return yes ? field.value : null;
}

/**
 * The same with anything between the question and its buttons.
 * @param {Question} question
 * @param {readonly HTMLElement[]} body
 * @param {Body} [about]
 * @returns {Promise<boolean>}
 */
export function dialogue({ title, text, yes, danger = false }, body, { check, focus, shows = false } = {}) {
  const heading = make("h2", "", title);
  heading.id = "ask-title";
  const paragraph = make("p", "", text);
  paragraph.id = "ask-text";
  const no = make("button", "button", t("Cancel"));
  no.type = "button";
  const go = make("button", danger ? "button danger" : "button primary", yes);
  go.value = "yes";
  const form = make("form", "stack", heading, paragraph, ...body, make("footer", "", ...(shows ? [] : [no]), go));
  form.method = "dialog";
  form.noValidate = true;
  const dialog = make("dialog", shows ? "dialog wide" : "dialog", form);
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.setAttribute("aria-describedby", paragraph.id);

  no.addEventListener("click", () => dialog.close());
  form.addEventListener("submit", (event) => {
    if (check && !check()) event.preventDefault();
  });
  dialog.addEventListener("keydown", (event) => {
    // Enter that is still held from the button before must not answer.
    if (event.key === "Enter" && event.repeat) event.preventDefault();
  });
  document.body.append(dialog);
  dialog.showModal();
  (focus ?? (danger ? no : go)).focus();

  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

/** A text that must have some length, with its error in the page's language. */
export class TextField {
  /** @param {string} id @param {TextQuestion} question */
  constructor(id, { label, minimum, maximum }) {
    this.minimum = minimum;
    this.area = make("textarea", "input");
    this.area.id = id;
    this.area.required = true;
    this.area.maxLength = maximum;
    this.area.rows = 3;
    const caption = make("label", "", label);
    caption.htmlFor = id;
    this.error = make("p", "error");
    this.error.id = `${id}-error`;
    this.error.hidden = true;
    this.element = make("div", "field", caption, this.area, this.error);
    this.area.addEventListener("input", () => this.show(""));
  }

  get value() {
    return this.area.value.trim();
  }

  /** Whether it is long enough; says so if not, and takes the focus there. */
  check() {
    if (this.value.length >= this.minimum) return true;
    this.show(tn("Write at least {count} character.", "Write at least {count} characters.", this.minimum));
    this.area.focus();
    return false;
  }

  /** @param {string} error */
  show(error) {
    this.error.textContent = error;
    this.error.hidden = !error;
    this.area.setAttribute("aria-invalid", String(error !== ""));
    this.area.setAttribute("aria-describedby", error ? this.error.id : "");
  }
}
