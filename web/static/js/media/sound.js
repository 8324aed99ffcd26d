// The stage's sound: whether it is on, how loud, and what a browser that wants to be asked first makes of it.

import { t } from "../lib/i18n.js";
import { icon, makeButton, nameButton } from "../lib/icons.js";
import { keep, kept } from "../lib/kept.js";
import { onWake } from "../connection/waking.js";
import { Playing } from "./playing.js";

/** @typedef {import("./whep.js").Lane} Lane */

const VOLUME_KEY = "roadshow.volume";
const SOUND_KEY = "roadshow.sound";

export class Sound {
  button = makeButton("stage-sound button primary");
  mute = makeButton("stage-tool");
  slider = document.createElement("input");

  #stage;
  #playing;
  /** @type {Map<Lane, HTMLAudioElement>} */ #audio = new Map();
  #volume = 1;

  /** @param {HTMLElement} stage tells the state in `data-sound` @param {HTMLVideoElement[]} videos play along, silently */
  constructor(stage, videos) {
    this.#stage = stage;
    this.#playing = new Playing(videos);
    this.#playing.onblocked = () => this.#draw();
  }

  /** Once, when the stage is in its page. @param {readonly Lane[]} lanes @returns {HTMLElement[]} what plays them */
  build(lanes) {
    for (const lane of lanes) {
      const audio = document.createElement("audio");
      this.#audio.set(lane, audio);
      this.#playing.add(audio);
    }
    this.button.append(icon("sound"), t("Turn on sound"));
    this.slider.type = "range";
    this.slider.className = "stage-volume";
    this.slider.max = "1";
    this.slider.step = "0.05";
    this.slider.setAttribute("aria-label", t("Volume"));
    this.button.addEventListener("click", () => this.#turn(true));
    this.mute.addEventListener("click", () => this.#turn(!this.#playing.sound));
    this.slider.addEventListener("input", () => this.#setVolume(Number(this.slider.value)));
    this.#setVolume(Number(kept("local", VOLUME_KEY) ?? 1));
    this.#playing.sound = this.#stage.hasAttribute("sound") || this.#chosen === "on";
    onWake(() => this.#playing.resume());
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

  play() {
    this.#playing.play();
    this.#draw();
  }

  /** @param {boolean} on */
  #turn(on) {
    this.#playing.sound = on;
    if (!this.#quiet) keep("session", SOUND_KEY, on ? "on" : "off");
    if (on && this.#volume === 0) this.#setVolume(1);
    if (on) this.#playing.play();
    else this.#playing.hush();
    this.#draw();
  }

  /** @param {number} volume */
  #setVolume(volume) {
    this.#volume = volume >= 0 && volume <= 1 ? volume : 1;
    for (const audio of this.#audio.values()) audio.volume = this.#volume;
    this.slider.value = String(this.#volume);
    this.slider.style.setProperty("--volume", String(this.#volume));
    keep("local", VOLUME_KEY, String(this.#volume));
    if (!this.#playing.sound && this.#volume > 0 && document.activeElement === this.slider) this.#turn(true);
  }

  #draw() {
    // Asked for once, in words; after that a sign is enough.
    const { sound, blocked } = this.#playing;
    const ask = !sound && (blocked || this.#chosen === null);
    const focused = document.activeElement === this.button;
    this.button.hidden = !ask;
    this.mute.hidden = this.slider.hidden = ask;
    if (!ask && focused) this.mute.focus();
    nameButton(this.mute, sound ? t("Turn off sound") : t("Turn on sound"), sound ? "sound" : "sound-off");
    this.#stage.dataset.sound = sound ? "on" : "off";
  }
}
