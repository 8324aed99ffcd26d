// Forms that ask before they are sent: what is asked stands in the form's data-ask, data-text, data-yes, data-danger. A yes
// goes along as a field; a form without it, because this script has not arrived, is asked by the server.

import { ask } from "./ask.js";
import { make } from "./dom.js";

/** @param {ParentNode} root */
export function askFirst(root) {
  for (const form of root.querySelectorAll("form")) {
    const { ask: title, text = "", yes = "", danger } = form.dataset;
    const asked = make("input");
    asked.type = "hidden";
    asked.name = "asked";
    asked.value = "yes";
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
        form.append(asked);
        form.submit();
      });
    });
    // Back from the next page, the form may be sent again, and asks again.
    addEventListener("pageshow", () => {
      sent = false;
      asked.remove();
    });
  }
}
