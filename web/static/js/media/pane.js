// One lane's picture, and whether anything of it has been seen.

import { make } from "../lib/dom.js";
import { Frames } from "./frames.js";

/** No new frame for this long although a source is there: say so, ms. */
const FROZEN_AFTER = 3_000;

export class Pane {
  /** Frames when its source last changed, and when the newest came. */
  source = "";
  framesBefore = 0;
  frames = 0;
  changedAt = 0;

  #counted;

  /** @param {"main"|"slides"} lane */
  constructor(lane) {
    this.video = document.createElement("video");
    // WebKit plays by itself what is muted and stays in the page, and nothing else.
    this.video.playsInline = this.video.autoplay = this.video.muted = true;
    this.video.disablePictureInPicture = lane === "slides";
    this.#counted = new Frames(this.video);
    this.element = make("div", `stage-pane stage-${lane}`, this.video);
  }

  /**
   * @param {string} source feeds the lane now; empty: none
   * @param {number|undefined} decoded frames of the lane, by the connection's statistics
   */
  look(source, decoded) {
    this.#counted.look(decoded);
    const frames = this.#counted.count;
    if (source && !this.source) this.framesBefore = frames;
    if (frames !== this.frames) this.changedAt = performance.now();
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
