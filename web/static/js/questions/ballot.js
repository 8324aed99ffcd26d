// A judge's vote on the question that is put to the jury: once, and for good.

import { ask } from "../lib/ask.js";
import { make, must, write, writeOrHide } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { keep, kept } from "../lib/kept.js";
import { acts } from "../live/acts.js";
import { commandId } from "../live/commands.js";
import { clockFace } from "../live/countdown.js";
import { asked, noneOf, stands } from "./words.js";

/**
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {import("./words.js").QuestionView} QuestionView
 */

/** A vote's end by the clock is told by nobody: so long after it the desk asks, ms. */
const ASK_AFTER = 1_000;

export class QuestionBallot {
  /** How a vote is signed, where judges have keys of their own. @type {((said: {command: string, kind: "vote", question: number, choice: string}) => Promise<{key: string, signature: string}>) | null} */
  sign = null;

  /** @type {QuestionView | null} */ #question = null;
  /** The question whose choices are on the page. */
  #drawn = 0;
  /** The question whose end was asked about. */
  #asked = 0;
  #live;
  #room;
  #person;
  #names;
  #act;
  #decides = document.querySelector("#review") !== null;
  #panel = must("#question");
  #title = must("#question-title");
  #choices = must("#question-choices");
  #send = must("#question-send");
  #clock = must("#question-clock");
  #state = must("#question-state");

  /** @param {import("../live/live.js").Live} live @param {string} room @param {string} person @param {import("./words.js").Names} names */
  constructor(live, room, person, names) {
    this.#live = live;
    this.#room = room;
    this.#person = person;
    this.#names = names;
    this.#act = acts(live, room, must("#question-error"));
    this.#send.addEventListener("click", () => void this.#vote());
  }

  /** @param {Room} now */
  show(now) {
    this.#question = now.questions?.newest ?? null;
    this.draw();
  }

  /** Also once a second. */
  draw() {
    const question = this.#question;
    const mine = question?.jury.includes(this.#person) ?? false;
    const open = question?.state === "open";
    // How it ended, whoever decides reads where they go on.
    this.#panel.hidden = !question || !mine || (!open && this.#decides);
    if (!question || this.#panel.hidden) return;
    const voted = question.voted.includes(this.#person);
    if (this.#drawn !== question.question) this.#fill(question);
    this.#choices.hidden = this.#send.hidden = voted || !open;
    const left = question.until - this.#live.now();
    writeOrHide(this.#clock, open && left > 0 ? clockFace(left) : "");
    write(this.#state, this.#said(question, voted, open));
    this.#panel.dataset.state = open && !voted ? "asks" : "rests";
    if (open && left < -ASK_AFTER && this.#asked !== question.question) {
      this.#asked = question.question;
      this.#live.refresh(this.#room);
    }
  }

  /** @param {QuestionView} question @param {boolean} voted @param {boolean} open */
  #said(question, voted, open) {
    if (voted && kept("local", this.#key(question)) === null) {
      return t("A vote was given in your name on another device or tab. If that was not you, tell the organiser at once.");
    }
    if (voted && open) return [t("Your vote is stored."), stands(question)].join(" ");
    if (open) return t("One vote, which nobody sees before the end, and which cannot be changed.");
    return stands(question);
  }

  /** @param {QuestionView} question */
  #key(question) {
    return `voted ${this.#room} ${this.#person} ${question.question}`;
  }

  /** @param {QuestionView} question */
  #fill(question) {
    this.#drawn = question.question;
    write(this.#title, asked(question, this.#names));
    const none = noneOf(question.award);
    this.#choices.replaceChildren(
      make("legend", "visually-hidden", asked(question, this.#names)),
      ...[...question.projects, ""].map((id) => {
        const radio = make("input");
        radio.type = "radio";
        radio.name = "question-choice";
        radio.value = id;
        return make("label", "question-choice", radio, make("span", "", id === "" ? none : (this.#names.projects[id]?.name ?? id)));
      }),
    );
  }

  async #vote() {
    const question = this.#question;
    const chosen = this.#choices.querySelector("input:checked");
    if (!question) return;
    if (!(chosen instanceof HTMLInputElement)) {
      write(must("#question-error"), t("Choose first."));
      this.#choices.querySelector("input")?.focus();
      return;
    }
    const choice = chosen.value === "" ? null : chosen.value;
    const name = choice === null ? noneOf(question.award) : (this.#names.projects[choice]?.name ?? choice);
    const answer = await ask({
      title: t("Vote for: {choice}?", { choice: name }),
      text: t("You have one vote on this, and cannot change it."),
      yes: t("Vote"),
    });
    if (answer === null) return;
    keep("local", this.#key(question), "1");
    const id = commandId();
    const own = this.sign ? await this.sign({ command: id, kind: "vote", question: question.question, choice: choice ?? "" }) : {};
    await this.#act("jury.vote", { question: question.question, choice, ...own }, id);
    if (this.#send.hidden) this.#title.focus(); // the button that had the focus is gone
  }
}
