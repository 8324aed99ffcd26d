// The clerk's desk: Enter goes on from field to field, the code says whose card it is, and what waits comes by itself. The form
// works without this script.

import { watchCall } from "./calls/asking.js";
import { must, write } from "./lib/dom.js";
import { t } from "./lib/i18n.js";
import { page, ready } from "./lib/page.js";
import { watchWho } from "./lib/who.js";
import { showConnection } from "./live/banner.js";
import { connect } from "./live/live.js";

const { room, card: address } = page;
const live = connect(page.live);
if (document.getElementById("call-ask")) watchCall(live, room.id, "clerk"); // the organiser, who comes to confirm, is control
const form = document.getElementById("enter");
const code = document.getElementById("code");
/** What is asked of a code that was left, and of none that came before it. */ let asking = 0;
let stamp = "";

live.follow(room.id, ({ papers }) => {
  if (!papers || papers.stamp === stamp) return;
  if (stamp) void refresh();
  ({ stamp } = papers);
});
showConnection(live, must("#connection"), t("Reconnecting. What you type stays here."), t("This desk is closed. Ask the organiser for a new link."));

if (form instanceof HTMLFormElement && code instanceof HTMLInputElement) {
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
    const fields = [...form.querySelectorAll("input:not([type=hidden])")];
    const next = fields[fields.indexOf(event.target) + 1];
    if (!(next instanceof HTMLInputElement)) return; // the last one hands it in
    event.preventDefault();
    next.focus();
    next.select();
  });
  code.addEventListener("change", () => void whose(code));
  const wrong = form.querySelector("[aria-invalid=true]");
  if (wrong instanceof HTMLElement) wrong.focus();
  if (code.value) void whose(code);
}

/** Say beside the code whose it is, or what is wrong with it. @param {HTMLInputElement} field */
async function whose(field) {
  const line = must("[data-whose]");
  const mine = ++asking;
  const answer = field.value ? await fetch(`${address}?code=${encodeURIComponent(field.value)}`).catch(() => undefined) : undefined;
  const told = await answer?.json().catch(() => undefined);
  if (mine !== asking) return;
  field.setAttribute("aria-invalid", String(Boolean(told?.error)));
  line.dataset.kind = told?.error ? "bad" : "";
  write(line, told?.error ?? (told ? `${told.project} · ${told.judge}` : ""));
}

/** What waits, and what was confirmed, as the server has it now. */
async function refresh() {
  const answer = await fetch(location.pathname).catch(() => undefined);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ["waiting", "confirmed"]) {
    const [old, now] = [document.getElementById(id), fresh.getElementById(id)];
    if (old && now && !old.contains(document.activeElement)) old.replaceWith(now);
  }
}

watchWho();
ready();
