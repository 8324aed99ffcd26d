// The notes beside the card: they go along with it, are kept as they are typed, and can be taken away or thrown away.

import { ask } from "../lib/ask.js";
import { must, write } from "../lib/dom.js";
import { formatNumber, t } from "../lib/i18n.js";
import { keep, kept } from "../lib/kept.js";
import { LONGEST } from "./notes.js";

/**
 * @typedef {import("./notes.js").Notes} Notes
 * @typedef {Pick<import("../lib/page.js").Page, "room" | "projects">} Page
 */

/** Whether the notes are unfolded, for the next time. */
const UNFOLDED = "roadshow.notes-unfolded";

export class NotesDesk {
  #project = "";
  #page;
  #notes;
  #box = /** @type {HTMLDetailsElement} */ (must("#notes"));
  #text = /** @type {HTMLTextAreaElement} */ (must("#notes-text"));

  /** @param {Page} page @param {Notes} notes */
  constructor(page, notes) {
    this.#page = page;
    this.#notes = notes;
    this.#box.open = kept("local", UNFOLDED) === "yes";
    this.#box.addEventListener("toggle", () => keep("local", UNFOLDED, this.#box.open ? "yes" : ""));
    this.#text.maxLength = LONGEST;
    this.#text.addEventListener("input", () => {
      notes.keep(this.#project, this.#text.value);
      this.#draw();
    });
    must("#notes-save").addEventListener("click", () => this.#save());
    must("#notes-forget").addEventListener("click", () => void this.#forget());
    notes.onelsewhere = (project) => {
      if (!project || project === this.#project) this.#fill();
      this.#draw();
    };
  }

  /** The card of this project is shown now. @param {string} project */
  show(project) {
    if (project === this.#project) return;
    this.#project = project;
    write(must("#notes-label"), t("Your notes on {project}", { project: this.#page.projects[project]?.name ?? project }));
    this.#fill();
    this.#draw();
  }

  #fill() {
    const text = this.#notes.of(this.#project);
    if (this.#text.value !== text) this.#text.value = text;
  }

  #draw() {
    const { count, safe } = this.#notes;
    write(must("#notes-first"), this.#notes.of(this.#project).trim().split("\n", 1)[0] ?? "");
    must("#notes-save").hidden = must("#notes-forget").hidden = count === 0;
    const line = must("#notes-kept");
    line.dataset.kind = safe ? "" : "bad";
    if (!safe) write(line, t("This browser keeps no notes: save them as text before you leave the page."));
    else if (this.#text.value.length >= LONGEST) write(line, t("No more than {count} characters fit.", { count: formatNumber(LONGEST) }));
    else write(line, t("Kept in this browser as you type, and nowhere else: nobody but you reads them."));
  }

  #save() {
    const { room, projects } = this.#page;
    const named = Object.entries(projects).map(([id, { name }]) => ({ id, name }));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([this.#notes.file(room.title, named)], { type: "text/plain;charset=utf-8" }));
    link.download = `notes-${room.id}.txt`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href));
  }

  async #forget() {
    const question = {
      title: t("Delete your notes on all projects?"),
      text: t("They are in this browser alone. Once deleted, they are gone for good."),
      yes: t("Delete the notes"),
      danger: true,
    };
    if ((await ask(question)) === null) return;
    this.#notes.forget();
    this.#fill();
    this.#draw();
  }
}
