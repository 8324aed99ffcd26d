// Judges who ask for another key to sign with: a second person looks whether it is the judge, and signs. On the chair's and the deputy's
// desk, and at control.

import { ask } from "../lib/ask.js";
import { keyed, make, write } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { shortKey } from "./keydesk.js";

/**
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {import("../live/protocol.js").JudgeKey} JudgeKey
 */

export class KeyPanel {
  #list;
  #act;
  #person;
  #judges;

  /** @param {HTMLElement} list @param {import("../live/acts.js").Act} act @param {string} person whose desk it is @param {Record<string, {name: string}>} judges */
  constructor(list, act, person, judges) {
    this.#list = list;
    this.#act = act;
    this.#person = person;
    this.#judges = judges;
  }

  /** @param {Room} now */
  show(now) {
    const asked = this.#mine(now);
    this.#list.hidden = asked.length === 0;
    keyed(this.#list, asked, {
      key: (one) => String(one.asked),
      create: (one) => {
        const button = make("button", "button small", t("Sign…"));
        button.type = "button";
        button.addEventListener("click", () => void this.#sign(one));
        return make("li", "cluster", make("span"), button);
      },
      update: (row, one) => write(/** @type {Element} */ (row.children[0]), this.#request(one)),
    });
  }

  /** Does a request wait for a signature that may be given here? @param {Room} now */
  calls(now) {
    return this.#mine(now).length > 0;
  }

  /** @param {Room} now */
  #mine({ review }) {
    const open = review?.state === "sealed" ? review.asked_keys : [];
    return open.filter((one) => one.judge !== this.#person && one.let_in !== this.#person);
  }

  /** @param {JudgeKey} one */
  #request({ judge, key }) {
    const name = this.#judges[judge]?.name ?? judge;
    return key
      ? t("{judge} asks to vote with another browser's key: {key}", { judge: name, key: shortKey(key) })
      : t("{judge} asks to vote without a key of their own.", { judge: name });
  }

  /** @param {JudgeKey} one */
  async #sign(one) {
    const answer = await ask({
      title: t("Sign for {judge}?", { judge: this.#judges[one.judge]?.name ?? one.judge }),
      text: one.key
        ? t("Sign only with the judge before you or on the line, who reads you this key from their own desk: {key}. Their former key is worth nothing from then on. Everybody reads in the protocol that you signed.", { key: shortKey(one.key) })
        : t("Sign only with the judge before you or on the line. From then on their sign-in alone says that a ballot is theirs. Everybody reads in the protocol that you signed."),
      yes: t("Sign"),
    });
    if (answer !== null) await this.#act("key.sign", { asked: one.asked, judge: one.judge });
  }
}
