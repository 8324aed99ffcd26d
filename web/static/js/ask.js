// One question before an act that cannot be undone. Native <dialog>: focus, Escape and the backdrop come with it.

import { t } from "./i18n.js";

/**
 * @param {{title: string, text: string, yes: string, danger?: boolean, input?: {label: string, minimum: number, maximum: number}}} question
 * @returns {Promise<string | null>} the input's text ("" without an input), or null when the answer is no
 */
export function ask({ title, text, yes, danger = false, input }) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const form = document.createElement("form");
  form.method = "dialog";
  const heading = document.createElement("h2");
  heading.id = "ask-title";
  heading.textContent = title;
  dialog.setAttribute("aria-labelledby", heading.id);
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  form.append(heading, paragraph);

  /** @type {HTMLTextAreaElement | null} */
  let area = null;
  if (input) {
    const label = document.createElement("div");
    label.className = "field";
    const caption = document.createElement("label");
    caption.htmlFor = "ask-input";
    caption.textContent = input.label;
    area = document.createElement("textarea");
    area.id = "ask-input";
    area.className = "input";
    area.required = true;
    area.minLength = input.minimum;
    area.maxLength = input.maximum;
    area.rows = 3;
    label.append(caption, area);
    form.append(label);
  }

  const actions = document.createElement("footer");
  const no = document.createElement("button");
  no.type = "button";
  no.className = "button";
  no.textContent = t("Cancel");
  no.addEventListener("click", () => dialog.close());
  const go = document.createElement("button");
  go.className = danger ? "button danger" : "button primary";
  go.value = "yes";
  go.textContent = yes;
  actions.append(no, go);
  form.append(actions);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  (area ?? go).focus();

  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const answer = dialog.returnValue === "yes" ? (area?.value.trim() ?? "") : null;
      dialog.remove();
      resolve(answer);
    });
  });
}
