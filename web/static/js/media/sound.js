// The stage's sound: whether it is on, how loud, and what a browser that wants to be asked first makes of it.

import { t } from "../lib/i18n.js";
import { icon, makeButton, nameButton } from "../lib/icons.js";
import { keep, kept } from "../lib/kept.js";

/** @typedef {import("./whep.js").Lane} Lane */

const VOLUME_KEY = "roadshow.volume";
const SOUND_KEY = "roadshow.sound";

export class Sound {
  button = makeButton("stage-sound button primary");
  mute = makeButton("stage-tool");
  slider = document.createElement("input");

  #stage;
  #videos;
  /** @type {Map<Lane, HTMLAudioElement>} */ #audio = new Map();
  #on = false;
  /** The browser wants to be asked before it plays. */
  #blocked = false;
  #volume = 1;

  /** @param {HTMLElement} stage tells the state in `data-sound` @param {HTMLVideoElement[]} videos play along, silently */
  constructor(stage, videos) {
    this.#stage = stage;
    this.#videos = videos;
  }

  /** Once, when the stage is in its page. @param {readonly Lane[]} lanes @returns {HTMLElement[]} what plays them */
  build(lanes) {
    for (const lane of lanes) this.#audio.set(lane, document.createElement("audio"));
    this.button.append(icon("sound"), t("Turn on sound"));
    this.slider.type = "range";
    this.slider.className = "stage-volume";
    this.slider.max = "1";
    this.slider.step = "0.05";
    this.slider.setAttribute("aria-label", t("Volume"));
    this.button.addEventListener("click", () => this.#turn(true));
    this.mute.addEventListener("click", () => this.#turn(!this.#on));
    this.slider.addEventListener("input", () => this.#setVolume(Number(this.slider.value)));
    this.#setVolume(Number(kept("local", VOLUME_KEY) ?? 1));
    this.#on = this.#stage.hasAttribute("sound") || this.#chosen === "on";
    this.#draw();
    return [...this.#audio.values()];
  }

  /** It begins without sound, whatever was chosen elsewhere, and says nothing of it to other pages. */
  get #quiet() {
    return this.#stage.hasAttribute("quiet");
  }

  get #chosen() {
    return this.#quiet ? null : kept("session", SOUND_KEY);
  }

  /** @param {Lane} lane @param {MediaStream} stream */
  take(lane, stream) {
    const audio = this.#audio.get(lane);
    if (audio) audio.srcObject = stream;
  }

  async play() {
    const elements = [...this.#videos, ...(this.#on ? this.#audio.values() : [])];
    const results = await Promise.allSettled(elements.map((element) => element.play()));
    this.#blocked = results.some((one) => one.status === "rejected" && one.reason?.name === "NotAllowedError");
    if (this.#blocked) this.#on = false;
    this.#draw();
  }

  /** @param {boolean} on */
  #turn(on) {
    this.#on = on;
    if (!this.#quiet) keep("session", SOUND_KEY, on ? "on" : "off");
    if (on && this.#volume === 0) this.#setVolume(1);
    for (const audio of this.#audio.values()) if (!on) audio.pause();
    this.#draw();
    if (on) void this.play();
  }

  /** @param {number} volume */
  #setVolume(volume) {
    this.#volume = volume >= 0 && volume <= 1 ? volume : 1;
    for (const audio of this.#audio.values()) audio.volume = this.#volume;
    this.slider.value = String(this.#volume);
    this.slider.style.setProperty("--volume", String(this.#volume));
    keep("local", VOLUME_KEY, String(this.#volume));
    if (!this.#on && this.#volume > 0 && document.activeElement === this.slider) this.#turn(true);
  }

  #draw() {
    // Asked for once, in words; after that a sign is enough.
    const ask = !this.#on && (this.#blocked || this.#chosen === null);
    const focused = document.activeElement === this.button;
    this.button.hidden = !ask;
    this.mute.hidden = this.slider.hidden = ask;
    if (!ask && focused) this.mute.focus();
    nameButton(this.mute, this.#on ? t("Turn off sound") : t("Turn on sound"), this.#on ? "sound" : "sound-off");
    this.#stage.dataset.sound = this.#on ? "on" : "off";
  }
}
