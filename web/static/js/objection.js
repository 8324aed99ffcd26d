// After the podium: forms that work without this script. What a team types is kept until it is handed in.

import { kept, keep } from "./lib/kept.js";
import { page, ready } from "./lib/page.js";
import { watchWho } from "./lib/who.js";

const words = document.getElementById("words");
const category = document.getElementById("category");
const command = document.querySelector("input[name=command]");
const key = page.draft ?? "";

if (words instanceof HTMLTextAreaElement && category instanceof HTMLSelectElement && command instanceof HTMLInputElement) {
  // The command with it: one that was handed in, and had no answer, is then the same one when it is sent again.
  const remember = () =>
    keep("local", key, JSON.stringify({ words: words.value, category: category.value, command: command.value }));
  if (location.search === "?done") keep("local", key, ""); // handed in: the next one begins empty
  else if (!restored(words, category, command)) remember();
  words.addEventListener("input", remember);
  category.addEventListener("input", remember);
}

/**
 * What was typed last, unless the server brings back what was typed after it. False: there is nothing to restore.
 * @param {HTMLTextAreaElement} words @param {HTMLSelectElement} category @param {HTMLInputElement} command
 */
function restored(words, category, command) {
  try {
    const draft = JSON.parse(kept("local", key) || "{}");
    if (!draft.command || (words.value && draft.command !== command.value)) return false;
    words.value = String(draft.words ?? "");
    category.value = String(draft.category ?? "");
    command.value = String(draft.command);
    return true;
  } catch {
    return false; // not of this version
  }
}

watchWho();
ready();
