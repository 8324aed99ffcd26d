// A judge's comments to the teams. The forms work without this script; with it, what is typed is kept until it is sent.

import { keep, kept } from "./lib/kept.js";
import { t } from "./lib/i18n.js";
import { page, ready } from "./lib/page.js";
import { watchWho } from "./lib/who.js";
import { Notes } from "./notes/notes.js";

const notes = new Notes(page.notes);
const done = new URLSearchParams(location.search).get("done");

for (const section of document.querySelectorAll("section.comment")) {
  const area = section.querySelector("textarea");
  const [said, take] = [section.querySelector("[data-draft]"), section.querySelector("[data-notes]")];
  const project = section.getAttribute("data-project") ?? "";
  if (area && said && take instanceof HTMLButtonElement) follow(project, area, said, take);
}

/** @param {string} project @param {HTMLTextAreaElement} area @param {Element} said @param {HTMLButtonElement} take */
function follow(project, area, said, take) {
  const stored = area.defaultValue;
  const draw = () => (said.textContent = area.value === stored ? "" : t("Not sent yet. Kept in this browser."));
  const remember = () => {
    keep("local", page.draft + project, area.value === stored ? "" : area.value);
    draw();
  };
  if (done === project) keep("local", page.draft + project, "");
  else if (!isRefused(area)) area.value = kept("local", page.draft + project) || stored;
  area.addEventListener("input", remember);
  take.hidden = !notes.of(project);
  take.addEventListener("click", () => {
    area.value = [area.value.trimEnd(), notes.of(project)].filter(Boolean).join("\n\n").slice(0, area.maxLength);
    remember();
    area.focus();
  });
  draw();
}

/** What was typed last stands there, with why it was not taken. @param {HTMLTextAreaElement} area */
function isRefused(area) {
  return area.closest("section")?.querySelector("#refused") !== null;
}

watchWho();
ready();
