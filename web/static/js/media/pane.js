// One lane's picture, and whether anything of it has been seen.

import { make } from "../lib/dom.js";

/** No new frame for this long although a source is there: say so, ms. */
const FROZEN_AFTER = 3_000;

export class Pane {
  /** Frames when its source last changed, and when the newest came. */
  source = "";
  framesBefore = 0;
  frames = 0;
  changedAt = 0;

  /** @param {"main"|"slides"} lane */
  constructor(lane) {
    this.video = document.createElement("video");
    this.video.playsInline = this.video.autoplay = this.video.muted = true;
    this.video.disablePictureInPicture = lane === "slides";
    this.element = make("div", `stage-pane stage-${lane}`, this.video);
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
