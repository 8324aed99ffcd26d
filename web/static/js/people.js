// The people desk: forms that work without this script. It asks first, finds people, and copies a new link.

import { askFirst } from "./lib/asked.js";
import { make, must } from "./lib/dom.js";
import { t } from "./lib/i18n.js";
import { ready } from "./lib/page.js";
import { watchWho } from "./lib/who.js";

const TOAST_MS = 4000;
const desk = must(".people");

// A reload must not make the link once more: from here on this is the page of everybody.
if (desk.dataset.address && location.pathname !== desk.dataset.address) history.replaceState(null, "", desk.dataset.address);
document.getElementById("new-link")?.focus();

askFirst(desk);

const link = document.getElementById("link");
const copy = document.getElementById("copy");
if (link instanceof HTMLInputElement && copy) {
  link.addEventListener("focus", () => link.select());
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(link.value);
      say(t("Copied"));
    } catch {
      link.focus();
      say(t("Press Ctrl+C to copy the link."));
    }
  });
}

const filter = /** @type {HTMLInputElement} */ (must("#filter"));
must(".people-filter").hidden = false;
filter.addEventListener("input", find);
find();

function find() {
  const wanted = filter.value.trim().toLowerCase();
  let found = 0;
  for (const group of desk.querySelectorAll(".panel")) {
    let shown = 0;
    for (const row of group.querySelectorAll("tbody tr")) {
      const fits = [...row.querySelectorAll("th, .people-role")].some((cell) => cell.textContent?.toLowerCase().includes(wanted));
      /** @type {HTMLElement} */ (row).hidden = !fits;
      if (fits) shown++;
    }
    /** @type {HTMLElement} */ (group).hidden = shown === 0;
    found += shown;
  }
  must("#nobody").hidden = found > 0;
}

/** @param {string} text */
function say(text) {
  const toast = make("p", "toast", text);
  must("#toasts").append(toast);
  setTimeout(() => toast.remove(), TOAST_MS);
}
watchWho();
ready();
