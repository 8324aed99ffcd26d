// What a pitcher shows beside the camera: the deck drawn by the page, or a shared screen, in a session of its own.

import { Publisher } from "../media/whip.js";
import { Deck } from "./deck.js";

/** @typedef {"none"|"deck"|"screen"} SlidesMode */

/** Events: `change`. */
export class Slides extends EventTarget {
  /** @type {SlidesMode} */ mode = "none";
  /** @type {Deck|null} */ deck = null;
  /** @type {MediaStream|null} */ screen = null;
  /** The browser did not share a screen when asked. */
  refused = false;
  /** Whether this browser can share one: phones cannot. */
  canShare = typeof navigator.mediaDevices?.getDisplayMedia === "function";

  #page;
  #sending = false;
  /** @type {Publisher|null} */ #publisher = null;

  /**
   * @param {{whip: string, publish_token: string, deck: import("../lib/page.js").PageSlide[], language: string}} page
   * @param {string} project its name, for the deck's foot
   */
  constructor(page, project) {
    super();
    this.#page = page;
    if (page.deck.length) this.deck = new Deck(page.deck, { project, language: page.language });
  }

  /** The connection's state; `idle` while nothing is sent. */
  get state() {
    return this.#publisher?.state ?? "idle";
  }

  /** Send what is chosen, or stop. @param {boolean} on */
  send(on) {
    if (on === this.#sending) return;
    this.#sending = on;
    this.#apply();
  }

  /** @param {SlidesMode} mode */
  async choose(mode) {
    this.refused = false;
    if (mode === "screen") {
      const screen = await this.#ask();
      if (!screen) {
        this.refused = true;
        return this.#changed();
      }
      this.#release();
      this.screen = screen;
      const [picture] = screen.getVideoTracks();
      // The browser's own "stop sharing".
      if (picture) picture.onended = () => void this.choose("none");
    } else this.#release();
    this.mode = mode === "deck" && !this.deck ? "none" : mode;
    this.#apply();
  }

  /** Another slide of the deck. @param {number} index */
  go(index) {
    this.deck?.go(index);
    this.#changed();
  }

  /** Find out soon whether the server was away. */
  check() {
    this.#publisher?.check();
  }

  async #ask() {
    try {
      const video = { width: { max: 1920 }, height: { max: 1080 }, frameRate: { max: 15 } };
      return await navigator.mediaDevices.getDisplayMedia({ video, audio: true });
    } catch {
      return null;
    }
  }

  #release() {
    for (const track of this.screen?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.screen = null;
  }

  /** The picture, then its sound, so that one kind of slides follows the other without a new session. @returns {import("../media/whip.js").Sent[]} */
  #tracks() {
    const deck = this.mode === "deck" ? this.deck?.track() : undefined;
    if (deck) return [deck, null];
    const [picture] = this.mode === "screen" ? (this.screen?.getVideoTracks() ?? []) : [];
    return picture ? [picture, this.screen?.getAudioTracks()[0] ?? null] : [];
  }

  #apply() {
    const tracks = this.#sending ? this.#tracks() : [];
    if (!tracks.length) {
      this.#publisher?.stop();
      this.#publisher = null;
    } else if (this.#publisher) {
      void this.#publisher.replace(tracks);
      this.#publisher.start(); // again, if it was refused
    } else {
      const { whip, publish_token: token } = this.#page;
      this.#publisher = new Publisher(whip, token, { tracks, slides: true });
      this.#publisher.addEventListener("state", () => this.#changed());
      this.#publisher.start();
    }
    if (this.mode !== "deck" || !this.#sending) this.deck?.stop();
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
