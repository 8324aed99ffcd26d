// The chair is lost in the middle of a field: somebody asks that another person have the office, everybody who may sign reads what
// that does, and a second person signs. On the chair's and the deputy's desk, and at control.

import { ask } from "../lib/ask.js";
import { writeOrHide } from "../lib/dom.js";
import { fillIn } from "../lib/form.js";
import { listed, t } from "../lib/i18n.js";

/**
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {import("../live/protocol.js").OfferedChair} OfferedChair
 * @typedef {Record<string, {name: string}>} Named
 */

export class OfficePanel {
  /** @type {Room | null} */ #now = null;
  #act;
  #person;
  #office;
  #names;
  #ask;
  #sign;
  #said;

  /**
   * @param {(name: string) => HTMLElement} part `ask-chair`, `sign-chair`, `office`
   * @param {import("../live/acts.js").Act} act
   * @param {string} person whose desk it is
   * @param {"chair" | "deputy" | "organiser"} office
   * @param {{judges: Named, projects: Named}} names
   */
  constructor(part, act, person, office, names) {
    this.#act = act;
    this.#person = person;
    this.#office = office;
    this.#names = names;
    this.#ask = part("ask-chair");
    this.#sign = part("sign-chair");
    this.#said = part("office");
    this.#ask.addEventListener("click", () => void this.ask());
    this.#sign.addEventListener("click", () => void this.sign());
  }

  /** @param {Room} now */
  show(now) {
    this.#now = now;
    const office = now.review?.office;
    this.#ask.hidden = !office?.candidates.length || !now.windows?.windows.length;
    this.#sign.hidden = !this.calls(now);
    const holds = office?.passed.length ? t("{name} has the chair's office now.", { name: this.#judge(office.chair) }) : "";
    writeOrHide(this.#said, office?.offered ? [holds, this.#request(office.offered), this.#outlook(office.offered)].filter(Boolean).join(" ") : holds);
  }

  /** Does a request wait for a signature that may be given here? @param {Room} now */
  calls({ review }) {
    const offered = review?.office?.offered;
    return Boolean(offered) && this.#office !== "chair" && offered?.asked.by !== this.#person;
  }

  /** @param {OfferedChair} offered */
  #request({ asked: { chair, reason } }) {
    return t("It is asked that {name} have the chair's office: {reason}.", { name: this.#judge(chair), reason });
  }

  /** What it does. @param {OfferedChair} offered */
  #outlook({ asked, outlook }) {
    const mine = { name: this.#judge(asked.chair) };
    const conflicts = Object.keys(outlook.elsewhere).map((id) => this.#project(id));
    return [
      t("Judges, quorum and rule stay as they are."),
      outlook.votes ? t("{name} scores projects as well, and has a casting vote besides.", mine) : t("{name} scores no project.", mine),
      conflicts.length ? t("For a conflict of interest {name} decides nothing about: {names}.", { ...mine, names: listed(conflicts) }) : "",
      outlook.settles ? "" : t("Ties are not theirs to settle: it is known who stands level."),
      outlook.deputy ? t("{name} stays deputy chair.", { name: this.#judge(outlook.deputy) }) : t("There is no deputy chair then: organisers sign."),
    ].filter(Boolean).join(" ");
  }

  async ask() {
    const review = this.#now?.review;
    if (!review?.office) return;
    const answers = await fillIn({
      title: t("Ask for another chair?"),
      text: t("From the signature on the former chair decides and signs nothing more, and does not come back. You are told what it does, and a second person signs: the deputy or an organiser. Everybody reads your reason with the result."),
      yes: t("Ask for it"),
      choices: [{ id: "chair", label: t("Who is to have the chair's office"), options: review.office.candidates.map((id) => [id, this.#judge(id)]) }],
      reason: t("Your reason, which is published with the result"),
    });
    const { chair = "", reason = "" } = answers ?? {};
    const count = review.count.closed || review.count.number > 1 ? review.count.number : null;
    if (answers) await this.#act("chair.ask", { chair, count, reason });
  }

  async sign() {
    const offered = this.#now?.review?.office?.offered;
    if (!offered) return;
    const last = t("It cannot be taken back.");
    const answer = await ask({
      title: t("Give the chair's office to {name}?", { name: this.#judge(offered.asked.chair) }),
      text: `${this.#request(offered)} ${this.#outlook(offered)} ${last}`,
      yes: t("Sign"),
    });
    if (answer !== null) await this.#act("chair.sign", { asked: offered.asked.asked });
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
