// The count that is closed: asking that it be opened again, and a second person's signature. On the chair's and the
// deputy's desk, and at control.

import { ask } from "../lib/ask.js";
import { writeOrHide } from "../lib/dom.js";
import { formatNumber, t } from "../lib/i18n.js";
import { why } from "./rulings.js";

/**
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {import("./rulings.js").Office} Office
 */

/** The first, and two versions after it; the server's own limit. */
const MOST_COUNTS = 3;

export class CountPanel {
  /** @type {Room | null} */ #now = null;
  #act;
  #person;
  #office;
  #ask;
  #sign;
  #asked;

  /**
   * @param {(name: string) => HTMLElement} part `ask-count`, `sign-count`, `asked`
   * @param {import("../live/acts.js").Act} act
   * @param {string} person whose desk it is
   * @param {Office} office
   */
  constructor(part, act, person, office) {
    this.#act = act;
    this.#person = person;
    this.#office = office;
    this.#ask = part("ask-count");
    this.#sign = part("sign-count");
    this.#asked = part("asked");
    this.#ask.addEventListener("click", () => void this.ask());
    this.#sign.addEventListener("click", () => void this.sign());
  }

  /** @param {Room} now */
  show(now) {
    this.#now = now;
    const { review } = now;
    const before = review?.state !== "revealing" && review?.state !== "revealed";
    const number = review?.count?.number ?? 1;
    const asked = before ? review?.asked : null;
    this.#ask.hidden = !before || !review?.count?.closed || number >= MOST_COUNTS || this.#office === "organiser";
    this.#sign.hidden = !this.calls(now);
    writeOrHide(this.#asked, asked ? t("It is asked that the count be opened again: {reason}", { reason: asked.reason }) : "");
  }

  /** Does a request wait for a signature that may be given here? @param {Room} now */
  calls({ review, progress }) {
    if (!review?.asked || review.state === "revealing" || review.state === "revealed") return false;
    // Who judges the field is no second person.
    const judges = progress?.projects[0]?.judges.some((one) => one.judge === this.#person) ?? false;
    return this.#office !== "chair" && !judges && review.asked.by !== this.#person;
  }

  async ask() {
    const reason = await why(
      t("Ask that the count be opened again?"),
      t("A second person has to sign: the deputy chair, if they do not score, or an organiser. Each ruling can then be made once, and you close the count anew. It can be opened twice at most. Everybody reads your reason with the result."),
      t("Ask for it"),
    );
    if (reason) await this.#act("count.ask", { count: this.#now?.review?.count?.number ?? 1, reason });
  }

  async sign() {
    const asked = this.#now?.review?.asked;
    if (!asked) return;
    const answer = await ask({
      title: t("Open the count again?"),
      text: t("Reason: {reason}. This would be count {number}. With your signature rulings can be made once more, and a confirmation is taken back. Your signature is on record with the result.", {
        reason: asked.reason,
        number: formatNumber((this.#now?.review?.count?.number ?? 1) + 1),
      }),
      yes: t("Sign"),
    });
    if (answer !== null) await this.#act("count.reopen", { asked: asked.sequence });
  }
}
