// On the control desk: who calls, what is wrong, and the word that it was heard.

import { keyed, make, must, write, writeOrHide } from "../lib/dom.js";
import { dotted, formatTime, t, tn } from "../lib/i18n.js";
import { kindName, roleName } from "./words.js";

/**
 * @typedef {import("../live/protocol.js").Call} Call
 * @typedef {import("../live/protocol.js").CallsView} CallsView
 * @typedef {import("../live/acts.js").Act} Act
 */

/** Those that nobody has heard first, the oldest of them on top; then the others, the newest first. @param {readonly Call[]} calls */
export function inOrder(calls) {
  const open = calls.filter((one) => !one.heard);
  const heard = calls.filter((one) => one.heard).sort((one, other) => (other.heard?.at ?? 0) - (one.heard?.at ?? 0));
  return [...open, ...heard];
}

/** How many wait. @param {CallsView | undefined} view */
export function waiting(view) {
  return view?.calls.filter((one) => !one.heard).length ?? 0;
}

export class CallPanel {
  #title = document.title;
  #people;
  #act;

  /** @param {Record<string, string>} people names @param {Act} act */
  constructor(people, act) {
    this.#people = people;
    this.#act = act;
  }

  /** @param {CallsView | undefined} view */
  show(view) {
    const calls = inOrder(view?.calls ?? []);
    const open = waiting(view);
    must("#calls").hidden = calls.length === 0;
    // Also seen where another tab is in front.
    document.title = open ? `(${open}) ${this.#title}` : this.#title;
    keyed(must("#calls-list"), calls, {
      key: (one) => String(one.number),
      create: (one) => this.#row(one),
      update: (row, one) => this.#fill(row, one),
    });
    const [newest] = calls.filter((one) => !one.heard).slice(-1);
    writeOrHide(must("#calls-said"), newest ? t("{name} calls: {what}", { name: this.#name(newest.by), what: whatOf(newest) }) : "");
  }

  /** @param {Call} call */
  #row({ number, by }) {
    const button = make("button", "button small", t("Heard"));
    button.type = "button";
    button.addEventListener("click", () => void this.#act("call.hear", { call: number }));
    const row = make("li", "call", make("span", "", make("strong", "", this.#name(by)), make("small", "muted")), make("p", "small"), button);
    row.dataset.by = by;
    return row;
  }

  /** @param {HTMLElement} row @param {Call} call */
  #fill(row, call) {
    const [when, what, button] = [row.querySelector("small"), row.querySelector("p"), row.querySelector("button")];
    const heard = call.heard ? t("heard by {name}, {time}", { name: this.#name(call.heard.by), time: formatTime(call.heard.at) }) : "";
    if (when) write(when, dotted([roleName(call.role), formatTime(call.at), heard]));
    if (what) write(what, whatOf(call));
    if (button) button.hidden = call.heard !== null;
    row.dataset.heard = String(call.heard !== null);
  }

  /** @param {string} person */
  #name(person) {
    return this.#people[person] ?? person;
  }
}

/** @param {Call} call */
function whatOf({ kind, role, words }) {
  const name = kindName(kind, role);
  return words ? t("{name}: {what}", { name, what: words }) : name;
}

/** For the way to another room. @param {CallsView | undefined} view */
export function callsInShort(view) {
  const open = waiting(view);
  return open ? tn("{count} call", "{count} calls", open) : "";
}
