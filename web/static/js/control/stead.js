// What an organiser decides about projects: penalties, and in the chair's stead what chair and deputy may not.

import { drawUnscored } from "../jury/grounds.js";
import { decidedBy, Rulings } from "../jury/rulings.js";
import { tieForms } from "../jury/ties.js";
import { ask } from "../lib/ask.js";
import { keyed, must } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { QuestionPanel } from "../questions/asking.js";

/**
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {Record<string, {name: string}>} Named
 */

export class Stead {
  #act;
  #projects;
  #settles;
  #rulings;
  #ties = must("#stead-ties");
  #title = must("#stead-title");
  #close = must("#stead-close");
  #void = must("#stead-void");
  #unscored = must("#unscored");
  #names;
  #questions;

  /** @param {import("../live/acts.js").Act} act @param {Named} projects @param {Named} judges @param {import("../lib/page.js").Page["rules"]} rules */
  constructor(act, projects, judges, rules) {
    this.#act = act;
    this.#projects = projects;
    this.#settles = rules.chair_settles;
    this.#questions = new QuestionPanel((name) => must(`#stead-${name}`), act, { projects, awards: rules.awards }, "organiser");
    this.#names = { projects, judges };
    this.#rulings = new Rulings((name) => must(`#stead-${name}`), { projects, judges }, act, "organiser");
    this.#close.addEventListener("click", () => void this.closeRevote());
  }

  /** @param {Room} room */
  show(room) {
    const { review, progress } = room;
    this.#rulings.show(room);
    drawUnscored(this.#unscored, room.grounds, this.#names);
    const sealed = review?.state === "sealed";
    const ties = sealed ? review.ties.filter((tie) => tie.decided_by === "organiser") : [];
    // A tie's form holds what was typed: it stays as long as its tie.
    keyed(this.#ties, ties, {
      key: (tie) => `${tie.waits_for} ${tie.projects.join(" ")} ${tie.judges ?? ""}`,
      create: (tie) => tieForms(tie, (id) => this.#projects[id]?.name ?? id, this.#settles, this.#act),
      update: () => {},
    });
    this.#questions.show(room);
    const elsewhere = Object.values(review?.elsewhere ?? {});
    const revote = progress?.revote?.projects ?? [];
    const mine = revote.some((one) => one.open && review?.elsewhere?.[one.project] === "organiser");
    const late = sealed && review.late.some((one) => one.decided_by === "organiser");
    this.#title.hidden = !ties.length && !late && !mine;
    this.#close.hidden = !sealed || !mine;
    if (!elsewhere.includes("organiser")) this.#void.hidden = true;
    this.#title.title = decidedBy("organiser");
  }

  async closeRevote() {
    const answer = await ask({
      title: t("Close the re-vote?"),
      text: t("A judge counts who has scored all of the projects."),
      yes: t("Close the re-vote"),
    });
    if (answer !== null) await this.#act("result.revote_close", {});
  }
}
