// The auditor's page: entries, the newest first; heads to note; what does not fit together.

import { actText } from "./words.js";
import { heads } from "./notes.js";
import { keyed, make, mark, must, write, writeOrHide } from "../lib/dom.js";
import { dotted, formatNumber, formatTime, t, tn } from "../lib/i18n.js";

/** @typedef {import("./notes.js").Entry} Entry */
/** @typedef {{projects: Record<string, {name: string}>, people: Record<string, string>}} Names */

/** What a page can show without stumbling; the others are in the file. */
const MOST_ROWS = 500;

export class AuditView {
  #names;
  #late = false;
  /** @type {readonly Entry[]} */ #entries = [];

  /** @param {Names} names */
  constructor(names) {
    this.#names = names;
    for (const button of must("#audit-which").querySelectorAll("button")) {
      button.addEventListener("click", () => {
        this.#late = button.value === "late";
        this.draw(this.#entries);
      });
    }
  }

  /** @param {readonly Entry[]} entries */
  draw(entries) {
    this.#entries = entries;
    const late = entries.filter((entry) => entry.late);
    for (const button of must("#audit-which").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String((button.value === "late") === this.#late));
    }
    write(must("#audit-count"), tn("{count} entry", "{count} entries", entries.length));
    write(must("#audit-late"), formatNumber(late.length));
    const shown = (this.#late ? late : entries).slice(-MOST_ROWS).reverse();
    must("#audit-empty").hidden = shown.length > 0;
    must("#audit-table").hidden = shown.length === 0;
    keyed(must("#audit-rows"), shown, { key: ({ sequence }) => String(sequence), create: row, update: (made, entry) => this.#fill(made, entry) });
    this.#drawHeads(entries);
  }

  /** @param {HTMLElement} made @param {Entry} entry */
  #fill(made, entry) {
    const { sequence, at, kind, hash, by, project, judge, reason = "" } = entry;
    const about = dotted([project ? (this.#names.projects[project]?.name ?? project) : "", judge ? this.#name(judge) : ""]);
    const texts = [formatNumber(sequence), formatTime(at), actText(kind), by ? this.#name(by) : "", about, hash.slice(0, 12)];
    texts.forEach((text, at) => made.children[at] && write(made.children[at].firstElementChild ?? made.children[at], text));
    writeOrHide(/** @type {HTMLElement} */ (made.querySelector("small")), reason);
    mark(made, "late", String(entry.late === true));
    made.children[5]?.setAttribute("title", hash);
  }

  /** @param {string} person */
  #name(person) {
    return this.#names.people[person] ?? person;
  }

  /** @param {readonly Entry[]} entries */
  #drawHeads(entries) {
    keyed(must("#audit-heads"), heads(entries).reverse(), {
      key: ({ sequence }) => String(sequence),
      create: () => make("li", "", make("span"), make("code")),
      update: (made, { sequence, at, kind, project, hash }) => {
        const [what, code] = made.children;
        const named = project ? (this.#names.projects[project]?.name ?? project) : "";
        if (what) write(what, dotted([t("Entry {number}", { number: formatNumber(sequence) }), actText(kind), named, formatTime(at)]));
        if (code) write(code, hash);
      },
    });
  }

  /** @param {string} rules */
  showRules(rules) {
    write(must("#audit-rules"), rules);
  }

  /** What does not fit together, in sentences. @param {string[]} alarms @param {string} calm */
  alarm(alarms, calm) {
    const list = must("#audit-alarms");
    list.hidden = alarms.length === 0;
    keyed(must("#audit-alarm-list"), alarms, { key: (text) => text, create: () => make("li"), update: write });
    writeOrHide(must("#audit-calm"), alarms.length ? "" : calm);
  }
}

function row() {
  const act = make("td", "", make("span"), make("small"));
  return make("tr", "", make("td", "number"), make("td", "figures"), act, make("td"), make("td"), make("td", "audit-hash"));
}
