// <room-stage>: the room's picture, slides and sound, and what stands there while there is none.
//
//   stage.connect(page, live);   once: opens the media connection
//   stage.room = room;           at every change
//
// Attributes: `bare` (no controls: the hall's screen), `sound` (try to play sound at once), `quiet` (begin without, and
// keep no choice), `fill` (take the height given).
// For tests and styles it says on itself: data-connection, data-sessions, data-frames-main, data-frames-slides, data-layout,
// data-slate, data-sound, data-missing, data-reason, data-card.

import { make, mark, writeOrHide } from "../lib/dom.js";
import { formatDuration, t } from "../lib/i18n.js";
import { makeButton, nameButton } from "../lib/icons.js";
import { clockFace, overdue } from "../live/countdown.js";
import { Card, cardOf } from "./card.js";
import { FullPicture } from "./fullwindow.js";
import { Pane } from "./pane.js";
import { QualityMenu } from "./quality.js";
import { Reason, explained } from "./reason.js";
import { listening, slateFor } from "./slate.js";
import { Sound } from "./sound.js";
import { LANES, Viewer } from "./whep.js";

/** @typedef {import("../live/follow.js").Room} Room */
/** @typedef {import("./slate.js").Projects} Projects */

const LOOK_EVERY = 250;
/** Countdowns longer than this are told by the rundown, ms. */
const LONGEST_COUNTDOWN = 24 * 3_600_000;
/** From here on a countdown is told in words, without seconds, ms. */
const HOUR = 3_600_000;
/** Controls over a full screen fade after this, ms. */
const IDLE_AFTER = 3_000;

export class RoomStage extends HTMLElement {
  /** The server's clock. */
  now = () => Date.now();
  /** What stands there while there is no picture. */
  slateFor = slateFor;

  /** @type {Room|null} */ #room = null;
  /** @type {Projects} */ #projects = {};
  /** @type {Viewer|null} */ #viewer = null;
  #panes = { main: new Pane("main"), slides: new Pane("slides") };
  #card = new Card();
  #sound = new Sound(this, [this.#panes.main.video, this.#panes.slides.video]);
  /** @type {"main"|"slides"} */ #big = "slides";
  #built = false;
  /** @type {number|undefined} */ #timer;
  /** @type {number|undefined} */ #idleTimer;

  #eyebrow = make("p", "eyebrow stage-eyebrow");
  #title = make("p", "stage-title");
  #line = make("p", "stage-line");
  #count = make("p", "stage-count figures");
  #slate = make("div", "stage-slate", this.#eyebrow, this.#title, this.#line, this.#count);
  #note = make("p", "stage-note");
  #swapPane = makeButton("stage-swap");
  #picture = make("div", "stage-picture stage");
  #swap = makeButton("stage-tool");
  #pip = makeButton("stage-tool");
  #full = makeButton("stage-tool");
  #fullPicture = new FullPicture(this);
  #quality = new QualityMenu();
  #reason = new Reason();
  #bar = make("div", "stage-bar");

  /** Sizes inside follow the picture's width: one hundredth of it is --w. */
  #sizes = new ResizeObserver(() => this.style.setProperty("--w", `${this.#picture.clientWidth / 100}px`));

  connectedCallback() {
    if (!this.#built) this.#build();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY);
    this.#sizes.observe(this.#picture);
    this.#look();
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
    this.#sizes.disconnect();
  }

  /** @param {Room|null} room */
  set room(room) {
    this.#room = room;
    this.#look();
  }

  get room() {
    return this.#room;
  }

  /** The media connection, for those who show its state. */
  get viewer() {
    return this.#viewer;
  }

  /**
   * Open the media connection of the page's room.
   * @param {{whep: string, watch_token?: string, projects: Projects}} page without a token: as the audience
   * @param {import("../live/live.js").Live} [live] lends its clock, and tells when the server was away
   */
  connect({ whep, watch_token = "", projects }, live) {
    if (this.#viewer) return;
    this.#projects = projects;
    const viewer = new Viewer(whep, watch_token);
    this.#viewer = viewer;
    if (!this.hasAttribute("bare")) this.#quality.follow(viewer);
    viewer.addEventListener("state", () => this.#look());
    viewer.addEventListener("opened", () => this.#take(viewer));
    viewer.start();
    if (live) {
      this.now = live.now;
      let away = false;
      live.onstate(({ state }) => {
        if (state === "waiting") away = true;
        if (state === "open" && away) viewer.check();
        if (state === "open") away = false;
      });
    }
    this.#look();
  }

  #build() {
    this.#built = true;
    this.#title.setAttribute("role", "heading");
    this.#title.setAttribute("aria-level", "2");
    this.#note.setAttribute("role", "status");
    nameButton(this.#swapPane, t("Swap camera and slides"));
    nameButton(this.#swap, t("Swap camera and slides"), "swap");
    this.#swap.dataset.tool = "swap";
    nameButton(this.#pip, t("Small window"), "pip");
    nameButton(this.#full, t("Full screen"), "fullscreen");
    this.#full.dataset.tool = "full";
    const audio = this.#sound.build(LANES.filter((lane) => lane !== "main" && lane !== "slides"));
    this.#panes.main.element.append(this.#card.element);
    this.#picture.append(this.#panes.slides.element, this.#panes.main.element, this.#slate, this.#note, this.#swapPane);
    this.#bar.setAttribute("role", "group");
    this.#bar.setAttribute("aria-label", t("Picture and sound"));
    this.#bar.append(this.#sound.button, this.#sound.mute, this.#sound.slider, make("span", "stage-space"));
    this.#bar.append(this.#quality.element, this.#swap, this.#pip, this.#full);
    this.append(this.#picture, ...audio);
    if (this.hasAttribute("bare")) this.#picture.append(this.#sound.button);
    else this.append(this.#bar);

    for (const swap of [this.#swap, this.#swapPane]) swap.addEventListener("click", () => this.#turn());
    this.#pip.addEventListener("click", () => void this.#smallWindow());
    this.#full.addEventListener("click", () => void this.#fullPicture.toggle());
    this.#quality.addEventListener("change", () => this.#look());
    this.addEventListener("keydown", (event) => this.#key(event));
    for (const sign of ["pointermove", "pointerdown"]) this.addEventListener(sign, () => this.#active());
    this.addEventListener("focusin", () => this.#active());
    this.#fullPicture.addEventListener("change", () => {
      const { on } = this.#fullPicture;
      nameButton(this.#full, on ? t("Leave full screen") : t("Full screen"), on ? "fullscreen-off" : "fullscreen");
      this.#active();
    });
    this.#pip.hidden = !document.pictureInPictureEnabled;
  }

  /** @param {Viewer} viewer a new session's tracks */
  #take(viewer) {
    for (const [lane, track] of viewer.tracks) {
      const stream = new MediaStream([track]);
      if (lane === "main" || lane === "slides") this.#panes[lane].video.srcObject = stream;
      else this.#sound.take(lane, stream);
    }
    this.#sound.play();
  }

  #turn() {
    this.#big = this.#big === "slides" ? "main" : "slides";
    this.#look();
  }

  /** Once in a while, and at every change: what is there to see. Cheap; writes only what changed. */
  #look() {
    const { main, slides } = this.#panes;
    const lanes = this.#room?.stage.lanes ?? {};
    const came = this.#viewer?.lanes;
    main.look(lanes.main ?? "", came?.get("main")?.frames);
    slides.look(lanes.slides ?? "", came?.get("slides")?.frames);
    const away = this.#viewer?.state === "full" || this.#viewer?.state === "refused";
    const card = away ? null : cardOf(this.#room, this.#projects);
    this.#card.draw(card);
    this.#quality.expect(card ? "" : main.source);
    const without = this.hasAttribute("bare") ? "" : this.#quality.without;
    this.#reason.watch(this.#viewer, this.#panes, without);
    const hasMain = (main.shown || card !== null) && !without;
    const hasSlides = slides.shown && without !== "all";
    const layout = hasMain && hasSlides ? "both" : hasMain ? "main" : hasSlides ? "slides" : "none";
    const connection = this.#viewer ?? { state: /** @type {const} */ ("idle"), retryAt: null, status: null };
    mark(this, "connection", connection.state);
    mark(this, "sessions", String(this.#viewer?.sessions ?? 0));
    mark(this, "framesMain", String(main.frames));
    mark(this, "framesSlides", String(slides.frames));
    mark(this, "layout", layout);
    mark(this, "big", this.#big);
    mark(this, "missing", without || "none");
    mark(this, "reason", this.#reason.missing?.trouble ?? "none");
    mark(this, "card", card ? "on" : "off");
    this.#swap.disabled = this.#swapPane.hidden = layout !== "both";
    this.#pip.disabled = !(main.shown && !without) && !hasSlides;
    this.#drawSlate(layout === "none", connection);
    this.#drawNote(layout);
  }

  /**
   * @param {boolean} needed
   * @param {import("./slate.js").Connection} connection
   */
  #drawSlate(needed, connection) {
    const { without, choice } = this.#quality;
    const hears = without !== "" && connection.state === "live" && Boolean(this.#panes.main.source || this.#panes.slides.source);
    const slate = hears
      ? listening(this.#room, this.#projects, choice === "sound")
      : explained(this.slateFor(this.#room, this.#projects, connection), this.#reason.text);
    mark(this, "slate", needed ? slate.kind : "none");
    this.#slate.setAttribute("aria-hidden", String(!needed));
    writeOrHide(this.#eyebrow, slate.eyebrow);
    writeOrHide(this.#title, slate.title);
    writeOrHide(this.#line, slate.line);
    const left = slate.until === null ? null : slate.until - (slate.kind === "full" ? Date.now() : this.now());
    const counts = needed && left !== null && left > 0 && left < LONGEST_COUNTDOWN;
    let text = "";
    if (counts) text = left < HOUR ? clockFace(left) : formatDuration(Math.floor(left / 60_000) * 60_000);
    else if (slate.kind === "before" && left !== null && left <= 0) text = overdue(left);
    writeOrHide(this.#count, text);
    this.#count.classList.toggle("is-number", counts);
  }

  /** @param {string} layout */
  #drawNote(layout) {
    const viewer = this.#viewer;
    let text = "";
    if (viewer?.blocked) text = t("Your network seems to block video. The clock and the result still come. Try another network.");
    else if (viewer?.state === "restoring") text = t("The picture is coming back");
    else if (this.#quality.missing) {
      text = layout === "slides" ? t("Your connection is slow: sound and slides only") : t("Your connection is slow: sound only");
    }
    else if (this.#reason.text && this.dataset.slate !== "waiting") text = this.#reason.text;
    else if (layout !== "none" && viewer?.state === "live" && this.dataset.card === "off" && this.#panes.main.frozen && !document.hidden) {
      text = t("The picture is coming back");
    }
    writeOrHide(this.#note, text);
    mark(this, "note", text ? "on" : "off");
  }

  async #smallWindow() {
    const video = this.#panes.main.shown ? this.#panes.main.video : this.#panes.slides.video;
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await video.requestPictureInPicture();
    } catch {
      // The browser had its reasons; the picture is still on the page.
    }
  }

  #active() {
    this.dataset.idle = "false";
    clearTimeout(this.#idleTimer);
    // Not while somebody is at the controls by keyboard.
    this.#idleTimer = setTimeout(() => mark(this, "idle", String(!this.#bar.querySelector(":focus-visible"))), IDLE_AFTER);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // Letters choose in a menu.
    if (event.target === this.#sound.slider || event.target instanceof HTMLSelectElement) return;
    const action = { m: this.#sound.mute, s: this.#swap, p: this.#pip, f: this.#full }[event.key.toLowerCase()];
    if (!action || action.hidden || action.disabled) return;
    event.preventDefault();
    event.stopPropagation();
    action.click();
  }
}

customElements.define("room-stage", RoomStage);
