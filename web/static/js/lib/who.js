// Who is signed in, in the bar of a desk: what it offers closes as a menu does, and a sign-out is asked first.

import { askFirst } from "./asked.js";
import { closeAsMenu } from "./menu.js";

export function watchWho() {
  const who = document.querySelector("details.who");
  if (!(who instanceof HTMLDetailsElement)) return;
  closeAsMenu(who);
  askFirst(who);
}
