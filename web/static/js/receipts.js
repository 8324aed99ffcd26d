// A judge's receipts on paper: each is checked by this browser before it is printed.

import { textOf, verify } from "./receipts/proofs.js";
import { must, write } from "./lib/dom.js";
import { t } from "./lib/i18n.js";
import { page, ready } from "./lib/page.js";

/** @param {boolean | null} genuine null: this browser cannot tell */
function words(genuine) {
  if (genuine === null) return t("This browser cannot check the signature.");
  return genuine ? t("The signature is genuine.") : t("The signature is not the server's: tell the organiser at once.");
}

async function check() {
  for (const receipt of page.receipts ?? []) {
    const line = document.querySelector(`[data-command="${CSS.escape(receipt.command)}"]`);
    if (line) write(line, words(await verify(textOf(receipt), receipt.signature, page.key ?? "")));
  }
}

must("#print").addEventListener("click", () => print());
void check();
ready();
