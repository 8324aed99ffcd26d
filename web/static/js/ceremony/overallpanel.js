// The podium of all fields at the desks of those who sign and announce it.

import { ask } from "../lib/ask.js";
import { write } from "../lib/dom.js";
import { t, tn } from "../lib/i18n.js";
import { drawAnnounced } from "./announced.js";
import { asCeremony } from "./overall.js";

/** @typedef {import("../live/protocol.js").OverallView} OverallView */

/** What is said of it to this person; nothing as long as there is nothing to do. @param {OverallView} overall @param {string} person */
export function overallLine({ state, remaining, confirmed_by }, person) {
  switch (state) {
    case "none":
    case "waiting":
      return "";
    case "ready":
      return t("Each field has announced its places. An organiser confirms the podium of all fields, and a second person signs.");
    case "awaiting":
      return confirmed_by === person
        ? t("You have confirmed. Another organiser, or a chair, has yet to sign.")
        : t("The podium of all fields is confirmed. With your signature its places can be announced.");
    case "confirmed":
    case "revealing":
      return tn("Confirmed. {count} place to announce.", "Confirmed. {count} places to announce.", remaining);
    case "revealed":
      return t("The podium of all fields is public.");
  }
}

export class OverallPanel {
  /** @type {OverallView | null} */ #overall = null;
  #panel;
  #act;
  #person;
  #projects;

  /**
   * @param {HTMLElement} panel with buttons for what may be done here
   * @param {import("../live/acts.js").Act} act
   * @param {string} person
   * @param {Record<string, {name: string}>} projects of all fields
   */
  constructor(panel, act, person, projects) {
    this.#panel = panel;
    this.#act = act;
    this.#person = person;
    this.#projects = projects;
    this.#button("confirm")?.addEventListener("click", () => void this.#confirm());
    this.#button("sign")?.addEventListener("click", () => void this.#sign());
    this.#button("announce")?.addEventListener("click", () => void this.#announce());
  }

  /** @param {OverallView} overall */
  show(overall) {
    this.#overall = overall;
    const { state } = overall;
    this.#panel.hidden = state === "none" || state === "waiting";
    const line = this.#panel.querySelector("[data-line]");
    if (line) write(line, overallLine(overall, this.#person));
    const may = { confirm: state === "ready", sign: state === "awaiting" && overall.confirmed_by !== this.#person };
    const shown = { ...may, announce: state === "confirmed" || state === "revealing" };
    for (const [name, is] of Object.entries(shown)) {
      const button = this.#button(name);
      if (button) button.hidden = !is;
    }
    const list = this.#panel.querySelector("ol");
    if (list) drawAnnounced(list, asCeremony(overall), this.#projects);
  }

  /** @param {string} name @returns {HTMLElement | null} */
  #button(name) {
    return this.#panel.querySelector(`button[data-do=${name}]`);
  }

  async #confirm() {
    const answer = await ask({
      title: t("Confirm the podium of all fields?"),
      text: t("It follows from the fields' results, which stand: nobody can change it. A second person signs before it is announced."),
      yes: t("Confirm"),
    });
    if (answer !== null) await this.#act("overall.confirm", {});
  }

  async #sign() {
    const answer = await ask({
      title: t("Sign the podium of all fields?"),
      text: t("With your signature its places can be announced."),
      yes: t("Sign"),
    });
    if (answer !== null) await this.#act("overall.countersign", {});
  }

  async #announce() {
    const announced = this.#overall?.announced.length ?? 0;
    const answer = await ask({
      title: t("Announce the next place now?"),
      text: t("Everybody sees it at once, on every screen. It cannot be taken back."),
      yes: t("Announce"),
    });
    if (answer !== null) await this.#act("overall.reveal", { announced });
  }
}
