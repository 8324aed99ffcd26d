// Forms that ask before they are sent: what is asked stands in the form's data-ask, data-text, data-yes, data-danger.
// Without this script they are sent at once.

import { ask } from "./ask.js";

/** @param {ParentNode} root */
export function askFirst(root) {
  for (const form of root.querySelectorAll("form")) {
    const { ask: title, text = "", yes = "", danger } = form.dataset;
    let sent = false;
    form.addEventListener("submit", (event) => {
      if (sent) return event.preventDefault();
      if (!title) {
        sent = true;
        return;
      }
      event.preventDefault();
      void ask({ title, text, yes, danger: danger !== undefined }).then((answer) => {
        if (answer === null || sent) return;
        sent = true;
        form.submit();
      });
    });
    // Back from the next page, the form may be sent again.
    addEventListener("pageshow", () => (sent = false));
  }
}
