// The pitcher's name as a picture, sent while the camera is off: players that know nothing of cards see it, too. Pages put
// their own over it (media/card.js).

import { fontFamily, wrap } from "./deck.js";
import { SentCanvas } from "./sentcanvas.js";

const NIGHT = "#121318";
const LIGHT = "#f4f0e6";
const RULE = "#b98f3a";
/** Where there is no camera to go by. */
const SIZE = { width: 1280, height: 720 };

export class NameCard {
  canvas = document.createElement("canvas");

  #name;
  #language;
  #sent = new SentCanvas(this.canvas, () => this.#draw());

  /** @param {string} name @param {string} language */
  constructor(name, language) {
    this.#name = name;
    this.#language = language;
    void document.fonts?.load(`300 40px ${fontFamily().split(",")[0]}`, name).then(() => this.#draw(), () => {});
  }

  /** Of the camera's own size, so that it goes out in its place. @param {MediaStreamTrack|null} camera */
  fit(camera) {
    const { width = 0, height = 0 } = camera?.getSettings() ?? {};
    this.#size(width && height ? { width, height } : SIZE);
    this.#draw();
  }

  /** The same one until `stop`. */
  track() {
    return this.#sent.track();
  }

  stop() {
    this.#sent.stop();
  }

  /** A canvas is emptied by being given a size. @param {{width: number, height: number}} size */
  #size({ width, height }) {
    if (this.canvas.width === width && this.canvas.height === height) return;
    this.canvas.width = width;
    this.canvas.height = height;
  }

  #draw() {
    const { width, height } = this.canvas;
    const pen = this.canvas.getContext("2d", { alpha: false });
    if (!pen) return;
    const unit = Math.min(width, height) / 100;
    pen.fillStyle = NIGHT;
    pen.fillRect(0, 0, width, height);
    pen.font = `300 ${Math.round(unit * 13)}px ${fontFamily()}`;
    const rows = wrap(pen, this.#name, width - unit * 24, this.#language).slice(0, 3);
    let y = height / 2 - (rows.length * unit * 15) / 2;
    pen.fillStyle = RULE;
    pen.fillRect(unit * 12, y - unit * 5, unit * 9, Math.max(2, unit / 2));
    pen.fillStyle = LIGHT;
    for (const row of rows) pen.fillText(row, unit * 12, (y += unit * 15) - unit * 3);
  }
}
