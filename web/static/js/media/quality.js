// The quality menu by the player: what the viewer wants of the picture, kept for the next visit, and what comes of it.

import { make, mark, writeOrHide } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { keep, kept } from "../lib/kept.js";

/** @typedef {import("./whep.js").Viewer} Viewer */
/** @typedef {import("./whep.js").Quality} Quality */

const KEY = "roadshow.quality";
/** A picture that is on the programme and of which nothing came for this long: ask whether it is sent, ms. */
const MISSING_AFTER = 2_000;
/** The wait before asking again; it doubles, for all of the audience may miss the picture at once, ms. */
const ASK_AFTER = 3_000;
const ASK_AT_MOST = 24_000;
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
  /** What the server leaves out because of the viewer's network. @type {""|"main"|"all"} */ missing = "";
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
  #bytes = 0;
  #cameAt = 0;
  #askAt = 0;
  #patience = ASK_AFTER;

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

  /** What is not to be shown: the main picture, or the slides too. @returns {""|"main"|"all"} */
  get without() {
    return this.choice === "sound" ? "all" : this.missing;
  }

  /** @param {Viewer} viewer */
  follow(viewer) {
    this.#viewer = viewer;
    viewer.addEventListener("opened", () => {
      this.#tellAt = this.#askAt = 0;
      this.#cameAt = performance.now();
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
    this.#cameAt = performance.now();
    this.#patience = ASK_AFTER;
    if (!source) this.#draw(0);
  }

  #choose() {
    this.choice = /** @type {Quality} */ (this.#select.value);
    keep("local", KEY, this.choice);
    this.#tellAt = 0;
    this.#cameAt = performance.now();
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
    if (lane && lane.bytes !== this.#bytes) {
      this.#bytes = lane.bytes;
      this.#cameAt = now;
      this.#askAt = 0;
      this.#patience = ASK_AFTER;
    }
    const comes = now - this.#cameAt < MISSING_AFTER;
    // By its short side, as everybody does: a phone held upright sends 720p as well.
    this.#draw(lane && comes && this.#source && !this.without ? Math.min(lane.width, lane.height) : 0);
    if (comes || !this.#source || this.choice === "sound") this.#becomes("");
    else if (now >= this.#askAt && this.#viewer?.state === "live") void this.#ask(now);
  }

  /** @param {number} now */
  async #ask(now) {
    this.#askAt = now + this.#patience * (1 + Math.random() / 4);
    this.#patience = Math.min(ASK_AT_MOST, 2 * this.#patience);
    const sent = await this.#viewer?.received();
    if (this.#cameAt > now || sent === undefined) return;
    this.#becomes(sent === "slides" ? "main" : sent === "sound" ? "all" : "");
  }

  /** @param {""|"main"|"all"} missing */
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
