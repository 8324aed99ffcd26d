// The page of an invitation. Once its button is pressed, the address with the token gives way in this tab's history: who
// goes back on a borrowed machine finds the sign-in, not a link.

import { ready } from "./lib/page.js";

const form = document.querySelector("form[data-then]");
form?.addEventListener("submit", () => {
  const then = form instanceof HTMLFormElement ? form.dataset.then : undefined;
  if (then) history.replaceState(null, "", then);
});
ready();
