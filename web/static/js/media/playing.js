// Which elements play, and what browsers make of it. They let play by itself what is muted and, on telephones, stays in the
// page; for sound they want a gesture first, or refuse for good; and they pause what they like when the page is not seen.

/** What of an element is used here; a test has none of a page. @typedef {Pick<HTMLMediaElement, "play"|"pause"|"paused"|"srcObject">} Player */

export class Playing {
  /** The viewer wants sound. */
  sound = false;
  /** The browser wants a gesture before it plays. */
  blocked = false;
  /** Told when a browser refuses. */
  onblocked = () => {};

  #pictures;
  /** @type {Player[]} */ #voices = [];
  /** Refusals of what was tried before a gesture come late. */
  #tries = 0;

  /** @param {Player[]} pictures muted, whatever happens */
  constructor(pictures) {
    this.#pictures = pictures;
  }

  /** @param {Player} voice */
  add(voice) {
    this.#voices.push(voice);
  }

  /**
   * Start what should play, after a gesture if there was one, which WebKit grants to each element that is played in it, also
   * without a stream so far. Each answers for itself: one without data when it has some, which may be never.
   */
  play() {
    this.#tries += 1;
    this.blocked = false;
    for (const picture of this.#pictures) void this.#start(picture);
    if (this.sound) for (const voice of this.#voices) void this.#start(voice);
  }

  /** Go on with what the browser has paused: nobody here pauses a picture. */
  resume() {
    const stopped = [...this.#pictures, ...(this.sound ? this.#voices : [])].filter((one) => one.paused && one.srcObject);
    for (const one of stopped) void this.#start(one);
  }

  hush() {
    this.sound = false;
    for (const voice of this.#voices) voice.pause();
  }

  /** @param {Player} player */
  async #start(player) {
    const tries = this.#tries;
    try {
      await player.play();
    } catch (error) {
      // AbortError: paused, or another stream was put in. That is somebody's will, and followed by another call.
      const refused = error instanceof Error && error.name === "NotAllowedError";
      if (!refused || this.blocked || tries !== this.#tries) return;
      this.blocked = true;
      this.hush();
      this.onblocked();
    }
  }
}
