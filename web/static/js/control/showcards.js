// Judges' cards that can be shown to everybody now: a button for each project, and what it means before it is pressed.

import { ask } from "../lib/ask.js";
import { keyed, make, write } from "../lib/dom.js";
import { listed, sentences, t } from "../lib/i18n.js";

/**
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {import("../live/acts.js").Act} Act
 * @typedef {import("../live/protocol.js").Showable} Showable
 * @typedef {Record<string, {name: string}>} Named
 */

export class ShowCards {
  /** @type {Room | null} */ #room = null;
  #list;
  #act;
  #projects;
  #judges;

  /** @param {HTMLElement} list @param {Act} act @param {Named} projects @param {Named} judges */
  constructor(list, act, projects, judges) {
    this.#list = list;
    this.#act = act;
    this.#projects = projects;
    this.#judges = judges;
  }

  /** @param {Room} room */
  show(room) {
    this.#room = room;
    const showable = room.progress?.showable ?? [];
    this.#list.hidden = !showable.length;
    keyed(this.#list, showable, {
      key: (one) => one.project,
      create: (one) => {
        const button = make("button", "button brass wide", "");
        button.type = "button";
        button.addEventListener("click", () => button.getAttribute("aria-disabled") !== "true" && void this.#ask(one.project));
        return make("li", "", button, make("p", "small muted"));
      },
      update: (row, one) => {
        const [button, remark] = row.children;
        if (!button || !remark) return;
        write(button, t("Show the scores of {project}…", { project: this.#name(one.project) }));
        button.setAttribute("aria-disabled", String(one.waits !== ""));
        write(remark, this.#remark(one));
      },
    });
  }

  /** @param {Showable} one */
  #remark(one) {
    if (one.waits === "late") return t("A late ballot waits for the chair.");
    if (one.waits === "paper") return t("A card of paper waits to be confirmed.");
    if (one.waits === "quorum") return t("Too few ballots count: these scores stay sealed.");
    return one.missing ? t("Not yet: {names}", { names: listed(this.#missing(one.project)) }) : "";
  }

  /** From whom nothing came. @param {string} project */
  #missing(project) {
    const progress = this.#room?.progress?.projects.find((one) => one.project === project);
    const waiting = progress?.judges.filter((one) => one.state === "waiting" || one.state === "late") ?? [];
    return waiting.map((one) => this.#judges[one.judge]?.name ?? one.judge);
  }

  /** @param {string} project */
  async #ask(project) {
    const missing = this.#room?.progress?.showable.find((one) => one.project === project)?.missing ?? 0;
    const shutOut = missing && t("They have no say in this project any more: {names}.", { names: listed(this.#missing(project)) });
    const answer = await ask({
      title: t("Show every judge's scores of {project} now?", { project: this.#name(project) }),
      text: sentences([
        t("Everybody sees them at once, on every screen."),
        t("From then on they stand: no ballot for this project is taken, and nothing is ruled upon it in this count."),
        shutOut || "",
      ]),
      yes: t("Show the scores"),
    });
    if (answer !== null) await this.#act("cards.show", { project, missing });
  }

  /** @param {string} project */
  #name(project) {
    return this.#projects[project]?.name ?? project;
  }
}
