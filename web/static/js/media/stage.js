// <room-stage>: the room's picture, slides and sound, and what stands there while there is none.
//
//   stage.connect(page, live);   once: opens the media connection
//   stage.room = room;           at every change
//
// Attributes: `bare` (no controls: the hall's screen), `sound` (try to play sound at once), `fill` (take the height given).
// For tests and styles it says on itself: data-connection, data-sessions, data-frames-main, data-frames-slides, data-layout,
// data-slate, data-sound, data-missing.

import { make, mark, writeOrHide } from "../lib/dom.js";
import { formatDuration, t } from "../lib/i18n.js";
import { icon, makeButton, nameButton } from "../lib/icons.js";
import { keep, kept } from "../lib/kept.js";
import { clockFace } from "../live/countdown.js";
import { QualityMenu } from "./quality.js";
import { listening, slateFor } from "./slate.js";
import { LANES, Viewer } from "./whep.js";

/** @typedef {import("../live/follow.js").Room} Room */
/** @typedef {import("./whep.js").Lane} Lane */
/** @typedef {import("./slate.js").Projects} Projects */
/** @typedef {"main"|"slides"} Pane */

const LOOK_EVERY = 250;
/** No new frame for this long although a source is there: say so, ms. */
const FROZEN_AFTER = 3_000;
/** Countdowns longer than this are told by the rundown, ms. */
const LONGEST_COUNTDOWN = 24 * 3_600_000;
/** From here on a countdown is told in words, without seconds, ms. */
const HOUR = 3_600_000;
/** Controls over a full screen fade after this, ms. */
const IDLE_AFTER = 3_000;
const VOLUME_KEY = "roadshow.volume";
const SOUND_KEY = "roadshow.sound";

class View {
  /** Frames when its source last changed, and when the newest came. */
  source = "";
  framesBefore = 0;
  frames = 0;
  changedAt = 0;

  /** @param {Pane} lane */
  constructor(lane) {
    this.video = document.createElement("video");
    this.video.playsInline = this.video.autoplay = this.video.muted = true;
    this.video.disablePictureInPicture = lane === "slides";
    this.pane = make("div", `stage-pane stage-${lane}`, this.video);
  }

  /** @param {string} source feeds the lane now; empty: none */
  look(source) {
    const frames = this.video.getVideoPlaybackQuality?.().totalVideoFrames ?? Math.floor(this.video.currentTime * 25);
    const now = performance.now();
    if (source && !this.source) this.framesBefore = frames;
    if (frames !== this.frames) this.changedAt = now;
    if (frames < this.framesBefore) this.framesBefore = 0;
    this.source = source;
    this.frames = frames;
  }

  /** A source is there, and something of it has been seen. */
  get shown() {
    return this.source !== "" && this.frames > this.framesBefore;
  }

  get frozen() {
    return this.shown && performance.now() - this.changedAt > FROZEN_AFTER;
  }
}

export class RoomStage extends HTMLElement {
  /** The server's clock. */
  now = () => Date.now();

  /** @type {Room|null} */ #room = null;
  /** @type {Projects} */ #projects = {};
  /** @type {Viewer|null} */ #viewer = null;
  #views = { main: new View("main"), slides: new View("slides") };
  /** @type {Map<Lane, HTMLAudioElement>} */ #audio = new Map();
  /** @type {Pane} */ #big = "slides";
  #sounding = false;
  /** The browser wants to be asked before it plays. */
  #blocked = false;
  #volume = 1;
  #built = false;
  /** @type {number|undefined} */ #timer;
  /** @type {number|undefined} */ #idleTimer;

  #eyebrow = make("p", "eyebrow stage-eyebrow");
  #title = make("p", "stage-title");
  #line = make("p", "stage-line");
  #count = make("p", "stage-count figures");
  #slate = make("div", "stage-slate", this.#eyebrow, this.#title, this.#line, this.#count);
  #note = make("p", "stage-note");
  #soundButton = makeButton("stage-sound button primary");
  #swapPane = makeButton("stage-swap");
  #picture = make("div", "stage-picture stage");
  #mute = makeButton("stage-tool");
  #slider = document.createElement("input");
  #swap = makeButton("stage-tool");
  #pip = makeButton("stage-tool");
  #full = makeButton("stage-tool");
  #quality = new QualityMenu();
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
   * @param {{whep: string, watch_token: string, projects: Projects}} page
   * @param {import("../live/live.js").Live} [live] lends its clock, and tells when the server was away
   */
  connect({ whep, watch_token, projects }, live) {
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
    for (const lane of LANES) {
      if (lane === "main" || lane === "slides") continue;
      const audio = document.createElement("audio");
      audio.autoplay = false;
      this.#audio.set(lane, audio);
    }
    this.#title.setAttribute("role", "heading");
    this.#title.setAttribute("aria-level", "2");
    this.#note.setAttribute("role", "status");
    this.#soundButton.append(icon("sound"), t("Turn on sound"));
    nameButton(this.#swapPane, t("Swap camera and slides"));
    nameButton(this.#swap, t("Swap camera and slides"), "swap");
    this.#swap.dataset.tool = "swap";
    nameButton(this.#pip, t("Small window"), "pip");
    nameButton(this.#full, t("Full screen"), "fullscreen");
    this.#slider.type = "range";
    this.#slider.className = "stage-volume";
    this.#slider.max = "1";
    this.#slider.step = "0.05";
    this.#slider.setAttribute("aria-label", t("Volume"));
    this.#picture.append(this.#views.slides.pane, this.#views.main.pane, this.#slate, this.#note, this.#swapPane);
    this.#bar.setAttribute("role", "group");
    this.#bar.setAttribute("aria-label", t("Picture and sound"));
    this.#bar.append(this.#soundButton, this.#mute, this.#slider, make("span", "stage-space"));
    this.#bar.append(this.#quality.element, this.#swap, this.#pip, this.#full);
    this.append(this.#picture, ...this.#audio.values());
    if (this.hasAttribute("bare")) this.#picture.append(this.#soundButton);
    else this.append(this.#bar);

    this.#soundButton.addEventListener("click", () => this.#setSound(true));
    this.#mute.addEventListener("click", () => this.#setSound(!this.#sounding));
    this.#slider.addEventListener("input", () => this.#setVolume(Number(this.#slider.value)));
    for (const swap of [this.#swap, this.#swapPane]) swap.addEventListener("click", () => this.#turn());
    this.#pip.addEventListener("click", () => void this.#smallWindow());
    this.#full.addEventListener("click", () => void this.#fullScreen());
    this.#quality.addEventListener("change", () => this.#look());
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("pointermove", () => this.#active());
    this.addEventListener("focusin", () => this.#active());
    document.addEventListener("fullscreenchange", () => {
      nameButton(this.#full, document.fullscreenElement === this ? t("Leave full screen") : t("Full screen"), "fullscreen");
    });
    this.#pip.hidden = !document.pictureInPictureEnabled;
    this.#full.hidden = !document.fullscreenEnabled;

    this.#setVolume(Number(kept("local", VOLUME_KEY) ?? 1));
    this.#sounding = this.hasAttribute("sound") || kept("session", SOUND_KEY) === "on";
    this.#drawSound();
  }

  /** @param {Viewer} viewer a new session's tracks */
  #take(viewer) {
    for (const [lane, track] of viewer.tracks) {
      const stream = new MediaStream([track]);
      const element = lane === "main" || lane === "slides" ? this.#views[lane].video : this.#audio.get(lane);
      if (element) element.srcObject = stream;
    }
    void this.#play();
  }

  async #play() {
    const elements = [this.#views.main.video, this.#views.slides.video, ...(this.#sounding ? this.#audio.values() : [])];
    const results = await Promise.allSettled(elements.map((element) => element.play()));
    const refused = results.some(({ status, ...rest }) => {
      return status === "rejected" && /** @type {{reason?: Error}} */ (rest).reason?.name === "NotAllowedError";
    });
    this.#blocked = refused;
    if (refused) this.#sounding = false;
    this.#drawSound();
  }

  /** @param {boolean} on */
  #setSound(on) {
    this.#sounding = on;
    keep("session", SOUND_KEY, on ? "on" : "off");
    if (on && this.#volume === 0) this.#setVolume(1);
    for (const audio of this.#audio.values()) if (!on) audio.pause();
    this.#drawSound();
    if (on) void this.#play();
  }

  /** @param {number} volume */
  #setVolume(volume) {
    this.#volume = volume >= 0 && volume <= 1 ? volume : 1;
    for (const audio of this.#audio.values()) audio.volume = this.#volume;
    this.#slider.value = String(this.#volume);
    this.#slider.style.setProperty("--volume", String(this.#volume));
    keep("local", VOLUME_KEY, String(this.#volume));
    if (!this.#sounding && this.#volume > 0 && document.activeElement === this.#slider) this.#setSound(true);
  }

  #drawSound() {
    const chosen = kept("session", SOUND_KEY) !== null;
    // Asked for once, in words; after that a sign is enough.
    const ask = !this.#sounding && (this.#blocked || !chosen);
    const focused = document.activeElement === this.#soundButton;
    this.#soundButton.hidden = !ask;
    this.#mute.hidden = this.#slider.hidden = ask;
    if (!ask && focused) this.#mute.focus();
    nameButton(this.#mute, this.#sounding ? t("Turn off sound") : t("Turn on sound"), this.#sounding ? "sound" : "sound-off");
    this.dataset.sound = this.#sounding ? "on" : "off";
  }

  #turn() {
    this.#big = this.#big === "slides" ? "main" : "slides";
    this.#look();
  }

  /** Once in a while, and at every change: what is there to see. Cheap; writes only what changed. */
  #look() {
    const { main, slides } = this.#views;
    const lanes = this.#room?.stage.lanes ?? {};
    main.look(lanes.main ?? "");
    slides.look(lanes.slides ?? "");
    this.#quality.expect(main.source);
    const without = this.hasAttribute("bare") ? "" : this.#quality.without;
    const hasMain = main.shown && !without;
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
    this.#swap.disabled = this.#swapPane.hidden = layout !== "both";
    this.#pip.disabled = layout === "none";
    this.#drawSlate(layout === "none", connection);
    this.#drawNote(layout);
  }

  /**
   * @param {boolean} needed
   * @param {import("./slate.js").Connection} connection
   */
  #drawSlate(needed, connection) {
    const { without, choice } = this.#quality;
    const hears = without !== "" && connection.state === "live" && Boolean(this.#views.main.source || this.#views.slides.source);
    const slate = hears
      ? listening(this.#room, this.#projects, choice === "sound")
      : slateFor(this.#room, this.#projects, connection);
    mark(this, "slate", needed ? slate.kind : "none");
    this.#slate.setAttribute("aria-hidden", String(!needed));
    writeOrHide(this.#eyebrow, slate.eyebrow);
    writeOrHide(this.#title, slate.title);
    writeOrHide(this.#line, slate.line);
    const left = slate.until === null ? null : slate.until - (slate.kind === "full" ? Date.now() : this.now());
    const counts = needed && left !== null && left > 0 && left < LONGEST_COUNTDOWN;
    let text = "";
    if (counts) text = left < HOUR ? clockFace(left) : formatDuration(Math.floor(left / 60_000) * 60_000);
    else if (slate.kind === "before" && left !== null && left <= 0) text = t("Starts in a moment");
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
    else if (layout !== "none" && viewer?.state === "live" && this.#views.main.frozen && !document.hidden) {
      text = t("The picture is coming back");
    }
    writeOrHide(this.#note, text);
    mark(this, "note", text ? "on" : "off");
  }

  async #smallWindow() {
    const video = this.#views.main.shown ? this.#views.main.video : this.#views.slides.video;
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await video.requestPictureInPicture();
    } catch {
      // The browser had its reasons; the picture is still on the page.
    }
  }

  async #fullScreen() {
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else await this.requestFullscreen();
    } catch {
      // As above.
    }
  }

  #active() {
    this.dataset.idle = "false";
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => void (this.dataset.idle = "true"), IDLE_AFTER);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // Letters choose in a menu.
    if (event.target === this.#slider || event.target instanceof HTMLSelectElement) return;
    const action = { m: this.#mute, s: this.#swap, p: this.#pip, f: this.#full }[event.key.toLowerCase()];
    if (!action || action.hidden || action.disabled) return;
    event.preventDefault();
    event.stopPropagation();
    action.click();
  }
}

customElements.define("room-stage", RoomStage);
