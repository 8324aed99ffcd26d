// Who is signed in, in the bar of a desk: what it offers closes as a menu does, and a sign-out is asked first.

import { askFirst } from "./asked.js";

export function watchWho() {
  const who = document.querySelector("details.who");
  if (!(who instanceof HTMLDetailsElement)) return;
  askFirst(who);
  document.addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Node && !who.contains(target) && !(target instanceof Element && target.closest("dialog"))) who.open = false;
  });
  who.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !who.open) return;
    who.open = false;
    who.querySelector("summary")?.focus();
  });
}
