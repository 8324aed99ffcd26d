// A question with several answers: which judge, which project, how many points, and why.

import { TextField } from "./ask.js";
import { make } from "./dom.js";
import { t } from "./i18n.js";
import { page } from "./page.js";

/**
 * @typedef {{id: string, label: string, options: [string, string][]}} Choice one of these, as value and text
 * @typedef {{id: string, label: string, hint: string, maximum: number, error: string}} Amount from 0.01, in steps of 0.01
 * @typedef {{title: string, text: string, yes: string, choices: Choice[], amount?: Amount, reason: string}} Form
 */

const STEP = 0.01;

/** @param {Form} form @returns {Promise<Record<string, string> | null>} by id; the reason as `reason` */
export function fillIn({ title, text, yes, choices, amount, reason }) {
  const heading = make("h2", "", title);
  heading.id = "form-title";
  const fields = choices.map(({ id, label, options }) => {
    const select = make("select", "input");
    select.id = select.name = id;
    for (const [value, said] of options) {
      const option = make("option", "", said);
      option.value = value;
      select.append(option);
    }
    return { id, control: select, element: labelled(id, label, select) };
  });
  const number = amount ? numberField(amount) : null;
  const why = new TextField("form-reason", { label: reason, ...page.reason });
  const no = make("button", "button", t("Cancel"));
  no.type = "button";
  const go = make("button", "button primary", yes);
  go.value = "yes";
  const parts = [...fields.map((field) => field.element), ...(number ? [number.element] : []), why.element];
  const form = make("form", "stack", heading, make("p", "", text), ...parts, make("footer", "", no, go));
  form.method = "dialog";
  form.noValidate = true;
  const dialog = make("dialog", "dialog", form);
  dialog.setAttribute("aria-labelledby", heading.id);
  no.addEventListener("click", () => dialog.close());
  form.addEventListener("submit", (event) => {
    if ((number && !number.check()) || !why.check()) event.preventDefault();
  });
  document.body.append(dialog);
  dialog.showModal();

  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      /** @type {Record<string, string>} */
      const answers = { reason: why.value };
      for (const { id, control } of fields) answers[id] = control.value;
      if (amount && number) answers[amount.id] = number.value();
      resolve(dialog.returnValue === "yes" ? answers : null);
      dialog.remove();
    });
  });
}

/** @param {string} id @param {string} label @param {HTMLElement} control @param {...HTMLElement} more */
function labelled(id, label, control, ...more) {
  const caption = make("label", "", label);
  caption.htmlFor = id;
  return make("div", "field", caption, control, ...more);
}

/** @param {Amount} amount */
function numberField({ id, label, hint, maximum, error }) {
  const input = make("input", "input number");
  input.id = input.name = id;
  input.type = "text"; // a number field takes one decimal sign only, which depends on the browser's language
  input.inputMode = "decimal";
  input.autocomplete = "off";
  const told = make("p", "error");
  told.id = `${id}-error`;
  told.hidden = true;
  const note = make("p", "hint", hint);
  note.id = `${id}-hint`;
  input.setAttribute("aria-describedby", `${note.id} ${told.id}`);
  const value = () => Number(input.value.trim().replace(",", "."));
  return {
    element: labelled(id, label, input, note, told),
    value: () => String(Math.round(value() / STEP)),
    check: () => {
      const fits = /^\d{1,3}([.,]\d{1,2})?$/.test(input.value.trim()) && value() >= STEP && value() <= maximum;
      told.textContent = fits ? "" : error;
      told.hidden = fits;
      input.setAttribute("aria-invalid", String(!fits));
      if (!fits) input.focus();
      return fits;
    },
  };
}
