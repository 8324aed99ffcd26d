// The page of an invitation. Once it has let somebody in, the address with the token gives way in this tab's history: who
// goes back on a borrowed machine finds the sign-in, not a link. Until then it stays, for another try.

import { ready } from "./lib/page.js";

const form = document.querySelector("form[data-then]");
let underway = false;
if (form instanceof HTMLFormElement) form.addEventListener("submit", (event) => void accept(form, event));
addEventListener("pageshow", () => (underway = false));

/** @param {HTMLFormElement} form @param {SubmitEvent} event */
async function accept(form, event) {
  event.preventDefault();
  if (underway) return;
  underway = true;
  const button = form.querySelector("button");
  button?.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", headers: { Accept: "text/html" } });
    if (answer.redirected) {
      history.replaceState(null, "", form.dataset.then);
      location.assign(answer.url);
      return;
    }
    // The server cannot at the moment: its page of this address asks again by itself.
    if (answer.status >= 500) return location.reload();
  } catch {
    // Offline: the browser says so itself.
  }
  button?.removeAttribute("aria-busy");
  underway = false;
  form.submit();
}
ready();
