// How many frames of a playing stream have been seen. No one figure is told by every browser: getVideoPlaybackQuality is
// always 0 for streams in Firefox and old WebKit, callbacks are younger than the browsers we serve and rest in the
// background, and a stream's currentTime goes on without any picture in Firefox. So each look counts what moved.

/** What of it is used here; a test has none of a page. @typedef {Pick<HTMLVideoElement, "currentTime"|"paused"> & Partial<Pick<HTMLVideoElement, "requestVideoFrameCallback">>} Video */

export class Frames {
  count = 0;

  #video;
  /** Told by callbacks, since the one that began. */
  #presented = 0;
  /** The browser's own count, which starts afresh with another stream. @type {number|undefined} */ #told;
  #before = { presented: 0, decoded: 0, time: 0 };

  /** @param {Video} video */
  constructor(video) {
    this.#video = video;
    this.#wait();
  }

  /** @param {number|undefined} decoded as the connection's statistics have it; undefined: they do not say */
  look(decoded) {
    const { currentTime: time, paused } = this.#video;
    const before = this.#before;
    this.#before = { presented: this.#presented, decoded: decoded ?? before.decoded, time };
    // A decoder goes on while its element stands still.
    if (paused) return;
    const presented = this.#presented - before.presented;
    const came = Math.max(0, (decoded ?? 0) - before.decoded);
    if (presented || came) this.count += presented || came;
    else if (decoded === undefined && !this.#calls && time > before.time) this.count += 1;
  }

  get #calls() {
    return typeof this.#video.requestVideoFrameCallback === "function";
  }

  #wait() {
    this.#video.requestVideoFrameCallback?.((_now, { presentedFrames }) => {
      const since = presentedFrames - (this.#told ?? 0);
      this.#presented += this.#told !== undefined && since > 0 ? since : 1;
      this.#told = presentedFrames;
      this.#wait();
    });
  }
}
