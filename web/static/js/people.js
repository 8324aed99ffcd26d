// The people desk: forms that work without this script; it asks before a revocation and selects a new link.

import { ask } from "./ask.js";
import { t } from "./i18n.js";
import "./page.js";

for (const form of document.querySelectorAll("form[data-ask]")) {
  if (!(form instanceof HTMLFormElement)) continue;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void ask({
      title: form.dataset.ask ?? "",
      text: t("Their links stop working at once. You can make a new one afterwards."),
      yes: t("Revoke"),
      danger: true,
    }).then((answer) => {
      if (answer !== null) form.submit();
    });
  });
}

for (const input of document.querySelectorAll("input[data-select]")) {
  if (input instanceof HTMLInputElement) input.addEventListener("focus", () => input.select());
}
