// Putting a question to the jury, and the casting vote: for whoever decides.

import { ask, TextField } from "../lib/ask.js";
import { keyed, make, write, writeOrHide } from "../lib/dom.js";
import { formatDuration, t } from "../lib/i18n.js";
import { page } from "../lib/page.js";
import { asked, noneOf, stands, TIMES } from "./words.js";

/**
 * @typedef {import("../live/protocol.js").Unvoted} Unvoted
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {import("../live/acts.js").Act} Act
 * @typedef {import("./words.js").Names} Names
 */

/** Asks who of level projects goes first. @param {string[]} projects @param {(project: string) => string} name @param {Act} act */
export function tieQuestion(projects, name, act) {
  const time = times(`time-${projects.join("-")}`);
  return make(
    "div",
    "tie-form",
    make("ul", "question-names", ...projects.map((project) => make("li", "", name(project)))),
    make("p", "small muted", t("Each judge without a conflict has one vote for who goes first. Nobody sees votes before the end, and nobody can end it earlier.")),
    time.element,
    button(t("Ask the jury"), () => act("jury.ask", { projects: [...projects], seconds: time.seconds })),
  );
}

/**
 * The vote that decides where the jury's are level.
 * @param {{question: number, award: string | null, level: readonly string[]}} about
 * @param {(project: string) => string} name @param {Act} act
 */
export function castingVote({ question, award, level }, name, act) {
  const choices = choose(`casting-${question}`, "radio", level.map((id) => ({ id, name: id === "" ? noneOf(award) : name(id) })), t("Your casting vote"));
  const reason = new TextField(`casting-reason-${question}`, { label: t("Your reason, which is published with the result"), ...page.reason });
  reason.area.rows = 2;
  return make(
    "div",
    "tie-form",
    make("p", "small muted", t("The jury's votes are level. Your casting vote decides, with a reason.")),
    choices.element,
    reason.element,
    button(t("Give the casting vote"), () => {
      const [choice] = choices.chosen();
      if (choice === undefined) return choices.ask();
      if (reason.check()) void act("jury.casting", { question, choice: choice || null, reason: reason.value });
    }),
  );
}

/** Awards that wait for a vote, and how the newest question stands. */
export class QuestionPanel {
  #act;
  #names;
  #office;
  #awards;
  #state;

  /**
   * @param {(name: string) => HTMLElement} part `awards`, `question`
   * @param {Act} act @param {Names} names @param {import("../live/protocol.js").Unvoted["decided_by"]} office
   */
  constructor(part, act, names, office) {
    this.#act = act;
    this.#names = names;
    this.#office = office;
    this.#awards = part("awards");
    this.#state = part("question");
  }

  /** @param {Room} now */
  show({ review, questions, rundown }) {
    const newest = questions?.newest ?? null;
    writeOrHide(this.#state, newest ? `${asked(newest, this.#names)} ${stands(newest)}` : "");
    const unvoted = review?.state === "sealed" ? review.unvoted : [];
    const done = rundown.slots.filter((slot) => slot.status === "done" && !review?.incomplete.includes(slot.project));
    // A form holds what was chosen: it stays as long as its award waits for the same.
    keyed(this.#awards, unvoted.filter((one) => this.concerns(one, review?.elsewhere ?? {})), {
      key: (one) => `${one.award} ${one.waits_for} ${one.question} ${one.missed}`,
      create: (one) => this.#form(one, done.map((slot) => slot.project)),
      update: () => {},
    });
  }

  /** May something be done here about an award? @param {Unvoted} one @param {Record<string, unknown>} elsewhere whom the chair may not decide about */
  concerns(one, elsewhere) {
    if (one.waits_for === "casting-vote") return one.decided_by === this.#office;
    return one.decided_by === this.#office || Object.values(elsewhere).includes(this.#office);
  }

  /** @param {Unvoted} one @param {string[]} projects who could get it */
  #form(one, projects) {
    const title = this.#names.awards[one.award] ?? one.award;
    /** @param {string} id */
    const name = (id) => this.#names.projects[id]?.name ?? id;
    const heading = make("h3", "", t("Award: {award}", { award: title }));
    if (one.waits_for === "casting-vote") return make("div", "tie", heading, castingVote(one, name, this.#act));
    const nominated = choose(`nominated-${one.award}`, "checkbox", projects.map((id) => ({ id, name: name(id) })), t("Nominated"));
    const time = times(`time-${one.award}`);
    return make(
      "div",
      "tie",
      heading,
      ...(one.missed ? [make("p", "small", t("The jury was asked, and too few voted. Ask again, or nobody has it."))] : []),
      nominated.element,
      time.element,
      button(t("Ask the jury"), () => {
        const chosen = nominated.chosen();
        if (chosen.length === 0) return nominated.ask();
        void this.#put(one, title, chosen, time.seconds);
      }),
    );
  }

  /** @param {Unvoted} one @param {string} title @param {string[]} projects @param {number} seconds */
  async #put(one, title, projects, seconds) {
    const answer = await ask({
      title: t("Ask the jury who gets “{award}”?", { award: title }),
      text: t("Once enough judges have voted, the jury is not asked again. Who was nominated is published with the result."),
      yes: t("Ask the jury"),
    });
    if (answer !== null) await this.#act("jury.ask", { projects, seconds, award: one.award });
  }
}

/** How long the jury has. @param {string} id */
function times(id) {
  const select = make("select", "input", ...TIMES.map((seconds) => {
    const option = make("option", "", formatDuration(seconds * 1000));
    option.value = String(seconds);
    option.selected = seconds === 120;
    return option;
  }));
  select.id = id;
  const label = make("label", "", t("Time for the jury"));
  label.htmlFor = id;
  return {
    element: make("div", "field question-time", label, select),
    get seconds() {
      return Number(select.value);
    },
  };
}

/**
 * @param {string} id @param {"radio" | "checkbox"} type @param {{id: string, name: string}[]} items @param {string} legend
 */
function choose(id, type, items, legend) {
  const error = make("p", "error");
  error.id = `${id}-error`;
  error.setAttribute("role", "alert");
  error.hidden = true;
  const inputs = items.map((item) => {
    const input = make("input");
    input.type = type;
    input.name = id;
    input.value = item.id;
    input.checked = type === "checkbox";
    input.addEventListener("change", () => writeOrHide(error, ""));
    return input;
  });
  const labels = inputs.map((input, number) => make("label", "question-choice", input, make("span", "", items[number]?.name ?? "")));
  const element = make("fieldset", "question-choices", make("legend", "", legend), ...labels, error);
  return {
    element,
    chosen: () => inputs.filter((input) => input.checked).map((input) => input.value),
    ask: () => {
      write(error, t("Choose first."));
      error.hidden = false;
      inputs[0]?.focus();
    },
  };
}

/** @param {string} label @param {() => unknown} act */
function button(label, act) {
  const made = make("button", "button primary", label);
  made.type = "button";
  made.addEventListener("click", () => act());
  return made;
}
