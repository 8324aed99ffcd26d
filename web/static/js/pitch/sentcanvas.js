// What was drawn, as a picture that is sent.

/** Drawn again this often, so that whoever joins late gets a picture: browsers send of a canvas what has changed, ms. */
const REDRAW_EVERY = 200;

export class SentCanvas {
  #canvas;
  #draw;
  /** @type {MediaStream|null} */ #stream = null;
  /** @type {number|undefined} */ #timer;

  /** @param {HTMLCanvasElement} canvas @param {() => void} draw */
  constructor(canvas, draw) {
    this.#canvas = canvas;
    this.#draw = draw;
  }

  /** The same one until `stop`. */
  track() {
    this.#stream ??= this.#canvas.captureStream(1000 / REDRAW_EVERY);
    this.#timer ??= setInterval(this.#draw, REDRAW_EVERY);
    this.#draw();
    return this.#stream.getVideoTracks()[0];
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
  }
}
