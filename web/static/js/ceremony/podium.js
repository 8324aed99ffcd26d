// <podium-reveal>: the announcement of a field's places, third to first. What is known when the page opens simply stands there;
// what is announced later is called, named, and then takes its place on the podium. The page comes with what was announced when
// it was made (_partials/podium.html draws the same): that stands until the first ceremony is set.

import { make } from "../lib/dom.js";
import { listed, placeName, t, withLocalSign } from "../lib/i18n.js";
import { page } from "../lib/page.js";

/** @typedef {import("../live/protocol.js").CeremonyView|import("../live/protocol.js").OverallView} CeremonyView */
/** @typedef {import("../live/protocol.js").PlaceView} PlaceView */
/** @typedef {Record<string, {name: string, one_liner: string, place?: string}>} Projects */

/** The place is called, and the hall holds its breath, ms. */
const CALL = 2_600;
/** The name stands alone, ms. */
const NAME = 4_200;
/** Pedestals side by side that leave a project's name in large letters room. */
const FEW = 4;
/** Without motion there is no call; the name stands as long. */
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class PodiumReveal extends HTMLElement {
  /** @type {Projects} */ #projects = {};
  /** @type {CeremonyView|null} */ #ceremony = null;
  /** Places that stand on the podium. @type {PlaceView[]} */ #shown = [];
  /** Places still to be played. @type {PlaceView[]} */ #queue = [];
  /** @type {number|undefined} */ #timer;
  #podium = document.createElement("ol");
  #moment = document.createElement("div");
  #note = document.createElement("p");
  #voice = document.createElement("p");

  /** Names by project id; set it before `ceremony`. */
  get projects() {
    return this.#projects;
  }

  set projects(projects) {
    this.#projects = projects;
    this.#draw();
  }

  /** The room's ceremony. The first one is shown as it is; what a later one adds is played. */
  get ceremony() {
    return this.#ceremony;
  }

  set ceremony(ceremony) {
    const before = this.#ceremony;
    if (ceremony === before) return;
    this.#ceremony = ceremony;
    if (!ceremony) return;
    const known = [...this.#shown, ...this.#queue].map((place) => place.place);
    const news = ceremony.announced.filter((place) => !known.includes(place.place));
    if (!before) this.#shown = [...ceremony.announced];
    else if (known.length + news.length !== ceremony.announced.length) this.#restart(ceremony);
    else this.#queue.push(...news);
    this.#draw();
    this.#play();
  }

  /**
   * What must not be told sooner than the podium tells it: done at once, or when the last moment has been played.
   * @param {() => void} act
   */
  whenShown(act) {
    if (!this.#queue.length) act();
    else this.addEventListener("settled", () => this.whenShown(act), { once: true });
  }

  connectedCallback() {
    this.#podium.className = "podium";
    this.#podium.setAttribute("aria-label", t("Podium"));
    this.#moment.className = "podium-moment";
    this.#moment.setAttribute("aria-hidden", "true");
    this.#note.className = "podium-note";
    this.#voice.className = "visually-hidden";
    this.#voice.setAttribute("aria-live", "assertive");
    this.#draw();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#shown.push(...this.#queue.splice(0));
    this.dispatchEvent(new CustomEvent("settled"));
  }

  /** The announcements are not those we know: another poll, or a demo that began again. @param {CeremonyView} ceremony */
  #restart(ceremony) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue = [];
    this.#shown = [...ceremony.announced];
    delete this.dataset.moment;
    this.dispatchEvent(new CustomEvent("settled"));
  }

  #play() {
    const next = this.#queue[0];
    if (!next || this.#timer !== undefined || !this.isConnected) return;
    this.#stageMoment(next);
    this.#voice.textContent = "";
    if (still.matches) this.#name(next);
    else {
      this.dataset.moment = "call";
      this.#timer = setTimeout(() => this.#name(next), CALL);
    }
  }

  /** @param {PlaceView} place */
  #name(place) {
    this.dataset.moment = "name";
    this.#voice.textContent = t("{place}: {names}, {score} points", {
      place: nameOf(place),
      names: listed(this.#names(place)),
      score: withLocalSign(place.score),
    });
    if (!place.projects.length) this.#voice.textContent = `${nameOf(place)}: ${t("Not awarded")}`;
    this.#timer = setTimeout(() => this.#settle(place), NAME);
  }

  /** @param {PlaceView} place */
  #settle(place) {
    this.#timer = undefined;
    this.#queue.shift();
    this.#shown.push(place);
    delete this.dataset.moment;
    this.#draw(place.place);
    this.dispatchEvent(new CustomEvent("settled"));
    this.#play();
  }

  /** @param {PlaceView} place */
  #stageMoment(place) {
    const call = make("p", "moment-place", nameOf(place));
    const names = this.#names(place).map((name) => make("p", "moment-name", name));
    const [only = "", ...others] = place.projects;
    const lines = others.length === 0 ? [make("p", "moment-line", this.#projects[only]?.one_liner ?? "")] : [];
    const score = make("p", "moment-score", place.score && withLocalSign(place.score));
    this.#moment.dataset.place = String(place.place);
    this.#moment.replaceChildren(call, ...names, ...lines, score);
  }

  /** @param {PlaceView} place */
  #names(place) {
    return place.projects.length ? place.projects.map((project) => this.#projects[project]?.name ?? project) : [t("Not awarded")];
  }

  /** @param {number} [fresh] the place that has just been taken */
  #draw(fresh) {
    const ceremony = this.#ceremony;
    if (!this.isConnected || !ceremony) return;
    if (this.#podium.parentElement !== this) this.replaceChildren(this.#podium, this.#note, this.#moment, this.#voice);
    this.dataset.state = ceremony.state;
    const waiting = Math.max(ceremony.remaining, ...this.#queue.map((one) => one.place));
    const pedestals = [
      ...Array.from({ length: waiting }, (_, index) => this.#empty(index + 1)),
      ...this.#shown.map((place) => this.#taken(place, place.place === fresh)),
    ];
    // In the order of the places for whoever reads; the style sheet sets first in the middle.
    pedestals.sort((one, other) => Number(one.dataset.place) - Number(other.dataset.place));
    this.#podium.replaceChildren(...pedestals);
    this.#podium.hidden = pedestals.length === 0;
    this.#podium.toggleAttribute("data-many", pedestals.length > FEW);
    this.#note.textContent = note(ceremony);
    this.#note.hidden = this.#note.textContent === "";
  }

  /** @param {number} place */
  #empty(place) {
    const item = make("li", "pedestal");
    item.dataset.place = String(place);
    item.append(make("span", "pedestal-waits", t("To be announced")), block(place, placeName(place), ""));
    return item;
  }

  /**
   * @param {PlaceView} place
   * @param {boolean} fresh
   */
  #taken(place, fresh) {
    const item = make("li", "pedestal taken");
    item.dataset.place = String(place.place);
    item.toggleAttribute("data-fresh", fresh);
    const names = make("div", "pedestal-names");
    for (const project of place.projects) {
      const known = this.#projects[project];
      names.append(make("strong", "", known?.name ?? project));
      if (place.projects.length === 1 && known) names.append(make("span", "", known.one_liner));
    }
    if (!place.projects.length) names.append(make("span", "", t("Not awarded")));
    item.append(names, block(place.place, nameOf(place), place.score && withLocalSign(place.score)));
    return item;
  }
}

/** The prize that goes with it, if any does. @param {PlaceView} place */
function nameOf({ place, prize }) {
  return (prize && page.prizes?.[prize]) || placeName(place);
}

/**
 * @param {number} place
 * @param {string} name
 * @param {string} score
 */
function block(place, name, score) {
  const element = make("div", "pedestal-block");
  element.append(make("b", "", String(place)), make("span", "pedestal-place", name));
  if (score) element.append(make("span", "pedestal-score", score));
  return element;
}

/** @param {CeremonyView} ceremony */
function note({ state }) {
  if (state === "confirmed") return t("The jury has confirmed the result. The places are announced next.");
  return state === "revealing" || state === "revealed" ? "" : t("Scores stay sealed until the jury has finished.");
}

customElements.define("podium-reveal", PodiumReveal);
