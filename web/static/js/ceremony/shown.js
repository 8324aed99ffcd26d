// <shown-cards>: what each judge gave a project, shown before the ceremony as a television graphic: the cards stand at once where
// they will stay, turn up one by one, and then the points are counted up.

import { make, write } from "../lib/dom.js";
import { dotted, formatNumber, listed, t, withLocalSign } from "../lib/i18n.js";
import { judgeOf, withoutScore } from "./cardwords.js";

/** @typedef {import("../live/protocol.js").ShownProject} ShownProject */
/** @typedef {import("../live/protocol.js").Card} Card */

/** From one card to the next, ms. */
const NEXT = 450;
/** The points count up, ms. */
const COUNT = 1_400;
/** Beside each other; more stand in rows. In one of a large jury. */
const MOST_BESIDE = 7;
const MOST_OF_MANY = 10;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class ShownCards extends HTMLElement {
  /** @type {Record<string, {name: string}>} */ projects = {};
  /** Where judges are named. @type {Record<string, {name: string}>} */ judges = {};
  /** @type {ShownProject | null} */ #shown = null;
  /** Whether this page was there before the cards: then they are played. */
  #waited = false;
  /** @type {number | undefined} */ #timer;
  #voice = make("p", "visually-hidden");

  /** The cards to show; the first ones a page hears of stand there at once. @param {ShownProject | null} shown */
  set shown(shown) {
    const before = this.#shown;
    if (JSON.stringify(shown) === JSON.stringify(before)) {
      this.#waited = true;
      return;
    }
    this.#shown = shown;
    this.hidden = !shown;
    if (!shown) this.#stop();
    else this.#draw(shown, this.#waited && before?.project !== shown.project);
    this.#waited = true;
  }

  connectedCallback() {
    this.#voice.setAttribute("aria-live", "polite");
  }

  disconnectedCallback() {
    this.#stop();
  }

  /** @param {ShownProject} shown @param {boolean} plays */
  #draw(shown, plays) {
    this.#stop();
    const cards = shown.cards.map((card) => this.#card(card));
    const list = make("ol", "shown-list", ...cards);
    const rows = rowsOf(cards.length);
    this.style.setProperty("--columns", String(Math.ceil(cards.length / rows)));
    this.style.setProperty("--rows", String(rows));
    const points = make("p", "shown-points figures", withLocalSign(shown.score));
    const total = make("div", "shown-total", make("p", "shown-label", t("Points")), points, make("p", "shown-note", note(shown)));
    const head = make("header", "shown-head", make("p", "shown-label", t("What the judges gave")), make("h2", "", this.#name(shown.project)));
    const picture = make("div", "shown-picture", head, list, total);
    this.replaceChildren(picture, this.#voice);
    write(this.#voice, this.#said(shown));
    if (plays && !still.matches) this.#play(cards, points, shown.score);
  }

  /** @param {Card} card */
  #card(card) {
    const value = card.total ? withLocalSign(card.total) : "–";
    const remark = card.dropped ? t("not counted") : card.total ? "" : withoutScore(card.state);
    const item = make("li", "shown-card", make("span", "shown-judge", judgeOf(card, this.judges)), make("b", "figures", value), make("small", "", remark));
    item.toggleAttribute("data-dropped", card.dropped);
    item.dataset.state = card.state;
    return item;
  }

  /** @param {HTMLElement[]} cards @param {HTMLElement} points @param {string} score */
  #play(cards, points, score) {
    const digits = score.split(".")[1]?.length ?? 0;
    const end = Number(score);
    for (const card of cards) card.dataset.waits = "";
    points.dataset.waits = "";
    const begun = performance.now();
    const counts = begun + (cards.length + 1) * NEXT;
    const step = () => {
      const now = performance.now();
      cards.forEach((card, index) => now - begun >= index * NEXT && delete card.dataset.waits);
      if (now >= counts) {
        delete points.dataset.waits;
        const share = Math.min((now - counts) / COUNT, 1);
        write(points, share < 1 ? formatNumber(end * (1 - (1 - share) ** 3), digits) : withLocalSign(score));
      }
      if (now < counts + COUNT) this.#timer = requestAnimationFrame(step);
    };
    step();
  }

  #stop() {
    if (this.#timer !== undefined) cancelAnimationFrame(this.#timer);
    this.#timer = undefined;
  }

  /** One sentence for whoever listens. @param {ShownProject} shown */
  #said(shown) {
    const cards = shown.cards.map((card) => {
      const said = card.total ? withLocalSign(card.total) : withoutScore(card.state);
      return `${judgeOf(card, this.judges)}: ${said}${card.dropped ? ` (${t("not counted")})` : ""}`;
    });
    return t("{project}: {score} points. {cards}", {
      project: this.#name(shown.project),
      score: withLocalSign(shown.score),
      cards: listed(cards),
    });
  }

  /** @param {string} project */
  #name(project) {
    return this.projects[project]?.name ?? project;
  }
}

/** As long as each other, or one card shorter. @param {number} count */
function rowsOf(count) {
  return Math.max(1, Math.ceil(count / (count > 2 * MOST_BESIDE ? MOST_OF_MANY : MOST_BESIDE)));
}

/** @param {ShownProject} shown */
function note({ estimator, penalty }) {
  const how = estimator === "trimmed-mean" ? t("mean without the highest and lowest") : t("mean of all");
  return dotted([how, penalty && t("{points} taken off", { points: withLocalSign(penalty) })]);
}

customElements.define("shown-cards", ShownCards);
