// The field's result at the control desk: penalties, the second signature, and the places to announce.

import { drawAnnounced } from "../ceremony/announced.js";
import { caveatSentences } from "../jury/caveat.js";
import { drawRevote } from "../jury/progress.js";
import { CountPanel } from "../jury/count.js";
import { SeatPanel } from "../jury/seats.js";
import { OfficePanel } from "../office/panel.js";
import { KeyPanel } from "../keys/keypanel.js";
import { Stead } from "./stead.js";
import { ask } from "../lib/ask.js";
import { must, write, writeOrHide } from "../lib/dom.js";
import { formatNumber, t } from "../lib/i18n.js";
import { press } from "./press.js";
import { resultLine } from "./words.js";

/**
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {Record<string, {name: string}>} Named
 */

export class ResultPanel {
  /** @type {Room | null} */ #room = null;
  #act;
  #projects;
  #judges;
  #announce = must("#announce");
  #countersign = must("#countersign");
  #stead;
  #count;
  #seat;
  #office;
  #keys;

  /** @param {import("../live/acts.js").Act} act @param {Named} projects @param {Named} judges @param {string} person whose desk it is @param {import("../lib/page.js").Page["rules"]} rules */
  constructor(act, projects, judges, person, rules) {
    this.#stead = new Stead(act, projects, judges, rules);
    this.#count = new CountPanel((name) => must(`#${name}`), act, person, "organiser");
    this.#seat = new SeatPanel((name) => must(`#${name}`), act, person, "organiser", { judges, projects });
    this.#office = new OfficePanel((name) => must(`#${name}`), act, person, "organiser", { judges, projects });
    this.#keys = new KeyPanel(must("#asked-keys"), act, person, judges);
    this.#act = act;
    this.#projects = projects;
    this.#judges = judges;
    press(this.#announce, () => this.#reveal());
    press(this.#countersign, () => this.#sign());
  }

  /** @param {Room} room */
  show(room) {
    this.#room = room;
    const { ceremony, review, progress, session } = room;
    this.#countersign.hidden = review?.state !== "awaiting";
    this.#stead.show(room);
    this.#count.show(room);
    this.#seat.show(room);
    this.#office.show(room);
    this.#keys.show(room);
    const caveats = caveatSentences(
      session.over && ceremony.state === "sealed" ? review?.caveat : null,
      (id) => this.#projects[id]?.name ?? id,
      (id) => this.#judges[id]?.name ?? id,
    );
    writeOrHide(must("#caveat"), caveats.join(" "));
    drawRevote(must("#revote"), progress?.revote ?? null, this.#judges, this.#projects);
    must("#ceremony").dataset.state = ceremony.state;
    write(must("#ceremony-line"), resultLine(room));
    this.#announce.hidden = ceremony.state === "sealed" || ceremony.state === "revealed";
    must("#results-link").hidden = ceremony.state !== "revealed";
    must("#progress").hidden = ceremony.state !== "sealed" || review?.state === "awaiting";
    drawAnnounced(must("#announced"), ceremony, this.#projects);
  }

  async #reveal() {
    if (!this.#room || this.#announce.hidden) return;
    const announced = this.#room.ceremony.announced.length;
    const answer = await ask({
      title: t("Announce the next place now?"),
      text: t("Everybody sees it at once, on every screen. It cannot be taken back."),
      yes: t("Announce"),
    });
    if (answer !== null) await this.#act("result.reveal", { announced });
  }

  /** The second person's signature: what is signed is named by the version of the result. */
  async #sign() {
    const review = this.#room?.review;
    if (review?.state !== "awaiting") return;
    const answer = await ask({
      title: t("Sign the result?"),
      text: t("The chair has confirmed version {version} of this field's result. With your signature the places can be announced.", {
        version: formatNumber(review.version),
      }),
      yes: t("Sign"),
    });
    if (answer !== null) await this.#act("result.countersign", { version: review.version });
  }
}
