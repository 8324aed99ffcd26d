// A judge who is lost in the middle of a field: somebody asks that one of the reserve take the seat, everybody who may sign reads
// what that does, and a second person signs. On the chair's and the deputy's desk, and at control.

import { ask } from "../lib/ask.js";
import { writeOrHide } from "../lib/dom.js";
import { fillIn } from "../lib/form.js";
import { listed, t } from "../lib/i18n.js";

/**
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {import("../live/protocol.js").Prospect} Prospect
 * @typedef {import("./rulings.js").Office} Office
 * @typedef {Record<string, {name: string}>} Named
 */

export class SeatPanel {
  /** @type {Room | null} */ #now = null;
  #act;
  #person;
  #office;
  #names;
  #ask;
  #sign;
  #said;

  /**
   * @param {(name: string) => HTMLElement} part `ask-seat`, `sign-seat`, `seat`
   * @param {import("../live/acts.js").Act} act
   * @param {string} person whose desk it is
   * @param {Office} office
   * @param {{judges: Named, projects: Named}} names
   */
  constructor(part, act, person, office, names) {
    this.#act = act;
    this.#person = person;
    this.#office = office;
    this.#names = names;
    this.#ask = part("ask-seat");
    this.#sign = part("sign-seat");
    this.#said = part("seat");
    this.#ask.addEventListener("click", () => void this.ask());
    this.#sign.addEventListener("click", () => void this.sign());
  }

  /** @param {Room} now */
  show(now) {
    this.#now = now;
    const { review } = now;
    const open = review?.state === "sealed" && !review.count.closed;
    this.#ask.hidden = !open || !review?.reserve.length;
    this.#sign.hidden = !this.calls(now);
    writeOrHide(this.#said, open && review?.offered ? `${this.#request()} ${this.#outlook()}` : "");
  }

  /** Does a request wait for a signature that may be given here? @param {Room} now */
  calls({ review }) {
    const offered = review?.offered;
    if (!offered || review?.state !== "sealed" || review.count.closed) return false;
    const { by, judge, substitute } = offered.asked;
    return offered.decided_by === this.#office && ![by, judge, substitute].includes(this.#person);
  }

  #request() {
    const asked = this.#now?.review?.offered?.asked;
    if (!asked) return "";
    return t("From {project} on, {substitute} is to have the seat of {judge}: {reason}.", {
      project: this.#project(asked.project),
      substitute: this.#judge(asked.substitute),
      judge: this.#judge(asked.judge),
      reason: asked.reason,
    });
  }

  /** What it does to quorum and estimator. */
  #outlook() {
    const preview = this.#now?.review?.offered?.preview;
    if (!preview) return "";
    const without = t("Without a substitute: {prospect}.", { prospect: this.#prospect(preview.without) });
    const seated = t("With one: {prospect}.", { prospect: this.#prospect(preview.seated) });
    return `${without} ${seated}`;
  }

  /** @param {Prospect} prospect */
  #prospect({ short, estimator }) {
    const quorum = short.length
      ? t("below the quorum: {names}", { names: listed(short.map((id) => this.#project(id))) })
      : t("every project has its quorum");
    return `${quorum}; ${estimatorName(estimator)}`;
  }

  async ask() {
    const now = this.#now;
    if (!now?.review) return;
    const lost = new Set(now.review.substitutions.map((one) => one.judge));
    const seated = new Set((now.progress?.projects ?? []).flatMap((one) => one.judges.map(({ judge }) => judge)));
    const sitting = [...seated].filter((judge) => !lost.has(judge) && judge !== this.#person);
    const coming = now.rundown.slots.filter((slot) => slot.status !== "done").map((slot) => slot.project);
    const answers = await fillIn({
      title: t("Ask for a substitute?"),
      text: t("What the judge has given before stays. You are told what it does to quorum and rule, and a second person signs. Everybody reads your reason with the result."),
      yes: t("Ask for it"),
      choices: [
        { id: "judge", label: t("Who is lost"), options: sitting.map((id) => [id, this.#judge(id)]) },
        { id: "substitute", label: t("Who comes"), options: now.review.reserve.map((id) => [id, this.#judge(id)]) },
        { id: "project", label: t("From which project on"), options: coming.map((id) => [id, this.#project(id)]) },
      ],
      reason: t("Your reason, which is published with the result"),
    });
    const { judge = "", substitute = "", project = "", reason = "" } = answers ?? {};
    if (answers) await this.#act("seat.ask", { judge, substitute, project, reason });
  }

  async sign() {
    const asked = this.#now?.review?.offered?.asked;
    if (!asked) return;
    const last = t("It cannot be taken back.");
    const answer = await ask({
      title: t("Give the seat to {name}?", { name: this.#judge(asked.substitute) }),
      text: `${this.#request()} ${this.#outlook()} ${last}`,
      yes: t("Sign"),
    });
    if (answer !== null) await this.#act("seat.sign", { asked: asked.asked, substitute: asked.substitute });
  }

  /** @param {string} id */
  #judge(id) {
    return this.#names.judges[id]?.name ?? id;
  }

  /** @param {string} id */
  #project(id) {
    return this.#names.projects[id]?.name ?? id;
  }
}

/** @param {string} name */
function estimatorName(name) {
  switch (name) {
    case "mean":
      return t("counted by the mean");
    case "trimmed-mean":
      return t("counted by the trimmed mean");
    default:
      return t("counted by the rule as declared");
  }
}
