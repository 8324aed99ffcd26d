// The quality menu by the player: what the viewer wants of the picture, kept for the next visit, and what comes of it.

import { make, mark, writeOrHide } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { keep, kept } from "../lib/kept.js";
import { Lookout } from "./missing.js";

/** @typedef {import("./missing.js").Missing} Missing */
/** @typedef {import("./whep.js").Viewer} Viewer */
/** @typedef {import("./whep.js").Quality} Quality */

const KEY = "roadshow.quality";
/** A choice that did not reach the server is sent again after this, ms. */
const TELL_AFTER = 5_000;

const names = () =>
  /** @type {const} */ ([
    ["auto", t("Auto")],
    ["high", t("High")],
    ["medium", t("Medium")],
    ["low", t("Low")],
    ["sound", t("Sound only")],
  ]);

/** `change` when something else is to be shown than before. */
export class QualityMenu extends EventTarget {
  /** @type {Quality} */ choice = "auto";
  /** What the server leaves out because of the viewer's network. @type {Missing} */ missing = "";
  element = make("div", "stage-quality");

  /** @type {Viewer|null} */ #viewer = null;
  #names = names();
  #select = document.createElement("select");
  #said = make("span", "stage-quality-choice");
  #now = make("span", "stage-quality-now figures");
  /** What was told to which session, and when it was tried. */
  #told = "";
  #tellAt = 0;
  #source = "";
  #lookout = new Lookout();

  constructor() {
    super();
    const before = kept("local", KEY);
    this.choice = this.#names.find(([value]) => value === before)?.[0] ?? "auto";
    for (const [value, text] of this.#names) this.#select.add(new Option(text, value, false, value === this.choice));
    const state = make("span", "stage-quality-state", this.#said, this.#now);
    // The menu itself has the choice's name; what comes of it is told with it.
    state.id = "stage-quality-state";
    state.setAttribute("aria-hidden", "true");
    this.#select.setAttribute("aria-label", t("Quality"));
    this.#select.setAttribute("aria-describedby", state.id);
    this.#select.title = t("Quality");
    this.#select.addEventListener("change", () => this.#choose());
    this.element.append(this.#select, state);
    this.#draw(0);
  }

  /** What is not to be shown: the main picture, or the slides too. @returns {Missing} */
  get without() {
    return this.choice === "sound" ? "all" : this.missing;
  }

  /** @param {Viewer} viewer */
  follow(viewer) {
    this.#viewer = viewer;
    viewer.addEventListener("opened", () => {
      this.#tellAt = 0;
      this.#lookout.open(performance.now());
      this.#tell();
    });
    viewer.addEventListener("stats", () => {
      this.#tell();
      this.#look();
    });
  }

  /** @param {string} source feeds the main lane now; empty: none */
  expect(source) {
    if (source === this.#source) return;
    this.#source = source;
    this.#lookout.turn(performance.now());
    if (!source) this.#draw(0);
  }

  #choose() {
    this.choice = /** @type {Quality} */ (this.#select.value);
    keep("local", KEY, this.choice);
    this.#tellAt = 0;
    this.#lookout.begin(performance.now());
    this.#becomes("");
    this.#draw(0);
    this.#tell();
    this.dispatchEvent(new Event("change"));
  }

  /** Let the server know, once for each session; a new session begins with `auto`. */
  #tell() {
    const session = this.#viewer?.session;
    const wanted = `${session} ${this.choice}`;
    const now = performance.now();
    if (!session || wanted === this.#told || now < this.#tellAt) return;
    const known = this.#told.startsWith(`${session} `);
    if (!known && this.choice === "auto") return;
    this.#tellAt = now + TELL_AFTER;
    void this.#viewer?.choose(this.choice).then((done) => {
      if (done) this.#told = wanted;
    });
  }

  /** Once a second: what comes, and why nothing does. */
  #look() {
    const lane = this.#viewer?.lanes.get("main");
    const now = performance.now();
    const comes = this.#lookout.comes(lane?.bytes, now);
    // By its short side, as everybody does: a phone held upright sends 720p as well.
    this.#draw(lane && comes && this.#source && !this.without ? Math.min(lane.width, lane.height) : 0);
    if (comes || !this.#source || this.choice === "sound") this.#becomes("");
    else if (this.#viewer?.state === "live" && this.#lookout.asks(now, Math.random())) void this.#ask(now);
  }

  /** @param {number} now */
  async #ask(now) {
    const missing = this.#lookout.answered((await this.#viewer?.told())?.sent, now);
    if (missing !== null) this.#becomes(missing);
  }

  /** @param {Missing} missing */
  #becomes(missing) {
    if (missing === this.missing) return;
    this.missing = missing;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} height lines of the main picture as it comes; 0: none does */
  #draw(height) {
    writeOrHide(this.#said, this.#names.find(([value]) => value === this.choice)?.[1] ?? "");
    writeOrHide(this.#now, height ? `${height}p` : "");
    mark(this.element, "now", height ? "on" : "off");
  }
}
