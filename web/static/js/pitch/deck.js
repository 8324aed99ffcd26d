// A deck drawn by the page: 1280 × 720, for the pitcher's own view and as a picture to send.

import { SentCanvas } from "./sentcanvas.js";

/** @typedef {import("../lib/page.js").PageSlide} Slide */
/** @typedef {{project: string, language: string}} Caption */

const WIDTH = 1280;
const HEIGHT = 720;
const MARGIN = 88;
const INK = "#17181c";
const MUTED = "#5b584f";
const PAPER = "#f6f4ee";
const BRASS = "#7a560d";
const RULE = "#b98f3a";
const NIGHT = "#121318";
const LIGHT = "#f4f0e6";
const LIGHT_MUTED = "#a8a69e";

export class Deck {
  canvas = newCanvas();
  index = 0;

  #slides;
  #caption;
  #still = newCanvas();
  #sent = new SentCanvas(this.canvas, () => this.#blit());

  /**
   * @param {Slide[]} slides at least one
   * @param {Caption} caption
   */
  constructor(slides, caption) {
    this.#slides = slides;
    this.#caption = caption;
    this.#render();
    void loadFonts(slides).then(() => this.#render());
  }

  get length() {
    return this.#slides.length;
  }

  /** Show another slide. @param {number} index is kept within the deck */
  go(index) {
    this.index = Math.min(Math.max(0, index), this.length - 1);
    this.#render();
  }

  /** @param {number} index @returns {Slide|undefined} */
  slide(index) {
    return this.#slides[index];
  }

  /** The deck as a track to send; the same one until `stop`. */
  track() {
    return this.#sent.track();
  }

  stop() {
    this.#sent.stop();
  }

  #render() {
    const slide = this.#slides[this.index];
    if (slide) drawSlide(this.#still, slide, this.index, this.length, this.#caption);
    this.#blit();
  }

  #blit() {
    this.canvas.getContext("2d")?.drawImage(this.#still, 0, 0);
  }
}

export function newCanvas() {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  return canvas;
}

/**
 * The page's typeface comes in parts, one for each script: fetch those the texts need.
 * @param {Slide[]} slides
 */
async function loadFonts(slides) {
  const text = slides.map(({ title, lines, figure }) => [title, ...lines, figure].join("")).join("");
  const [family] = fontFamily().split(",");
  await Promise.allSettled([300, 500].map((weight) => document.fonts.load(`${weight} 40px ${family}`, text)));
}

export function fontFamily() {
  return getComputedStyle(document.documentElement).getPropertyValue("--font").trim() || "sans-serif";
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Slide} slide
 * @param {number} index
 * @param {number} count
 * @param {Caption} caption
 */
export function drawSlide(canvas, slide, index, count, { project, language }) {
  const pen = canvas.getContext("2d", { alpha: false });
  if (!pen) return;
  const cover = index === 0 && slide.lines.length < 2 && !slide.figure;
  const [paper, ink, muted, accent] = cover ? [NIGHT, LIGHT, LIGHT_MUTED, "#e6c277"] : [PAPER, INK, MUTED, BRASS];
  const family = fontFamily();
  const chinese = language === "zh";
  pen.textBaseline = "alphabetic";
  pen.textAlign = "left";
  pen.fillStyle = paper;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  pen.fillStyle = RULE;
  pen.fillRect(MARGIN, 76, 56, 4);

  // The figure stands large on the right and takes the words a good third of the width.
  const figureWidth = slide.figure ? 420 : 0;
  const textWidth = WIDTH - 2 * MARGIN - (figureWidth ? figureWidth + 56 : 0);
  if (slide.figure) {
    const size = fitting(pen, slide.figure, figureWidth, 210, (px) => `300 ${px}px ${family}`);
    pen.font = `300 ${size}px ${family}`;
    pen.fillStyle = accent;
    pen.textAlign = "right";
    pen.fillText(slide.figure, WIDTH - MARGIN, HEIGHT / 2 + size * 0.36);
    pen.textAlign = "left";
  }

  const titleWeight = chinese ? 500 : 300;
  const top = 118;
  const bottom = HEIGHT - 110;
  let scale = 1;
  let plan = layOut(scale);
  // Long words in one language, short ones in another: shrink until it fits.
  while (plan.height > bottom - top && scale > 0.55) plan = layOut((scale -= 0.05));

  /** @param {number} by */
  function layOut(by) {
    const titleSize = Math.round((cover ? 92 : 64) * by);
    const lineSize = Math.round((cover ? 36 : 34) * by);
    const title = wrap(setFont(`${titleWeight} ${titleSize}px ${family}`), slide.title, textWidth, language);
    const paragraphs = slide.lines.map((line) => {
      return wrap(setFont(`${chinese ? 400 : 320} ${lineSize}px ${family}`), line, textWidth - (cover ? 0 : 34), language);
    });
    const titleHeight = title.length * titleSize * 1.14;
    const gap = slide.lines.length ? titleSize * 0.62 : 0;
    const between = lineSize * 0.62;
    const rows = paragraphs.reduce((sum, rowsOfOne) => sum + rowsOfOne.length, 0);
    const bodyHeight = rows * lineSize * 1.38 + Math.max(0, paragraphs.length - 1) * between;
    return { titleSize, lineSize, title, paragraphs, gap, between, titleHeight, height: titleHeight + gap + bodyHeight };
  }

  /** @param {string} font */
  function setFont(font) {
    if (pen) pen.font = font;
    return /** @type {CanvasRenderingContext2D} */ (pen);
  }

  let y = cover ? Math.max(top, (HEIGHT - plan.height) / 2 - 10) : top;
  pen.fillStyle = ink;
  pen.font = `${titleWeight} ${plan.titleSize}px ${family}`;
  for (const row of plan.title) {
    y += plan.titleSize * 1.14;
    pen.fillText(row, MARGIN, y - plan.titleSize * 0.16);
  }
  y += plan.gap;
  pen.font = `${chinese ? 400 : 320} ${plan.lineSize}px ${family}`;
  for (const paragraph of plan.paragraphs) {
    paragraph.forEach((row, at) => {
      y += plan.lineSize * 1.38;
      if (!cover && at === 0) {
        pen.fillStyle = RULE;
        pen.fillRect(MARGIN, y - plan.lineSize * 0.5, 16, 3);
      }
      pen.fillStyle = cover ? muted : ink;
      pen.fillText(row, MARGIN + (cover ? 0 : 34), y - plan.lineSize * 0.22);
    });
    y += plan.between;
  }

  pen.fillStyle = muted;
  pen.font = `${chinese ? 400 : 320} 22px ${family}`;
  if (!cover) pen.fillText(project, MARGIN, HEIGHT - 52);
  pen.textAlign = "right";
  pen.fillText(`${index + 1} / ${count}`, WIDTH - MARGIN, HEIGHT - 52);
  pen.textAlign = "left";
}

/**
 * The largest size up to `most` at which the text is no wider than `width`.
 * @param {CanvasRenderingContext2D} pen
 * @param {string} text
 * @param {number} width
 * @param {number} most
 * @param {(px: number) => string} font
 */
function fitting(pen, text, width, most, font) {
  pen.font = font(most);
  return Math.min(most, Math.floor((most * width) / Math.max(1, pen.measureText(text).width)));
}

/** Signs that no line begins with, and that no line ends with, in Chinese setting. */
const NOT_FIRST = "，。、；：！？）》”’】…%％·";
const NOT_LAST = "（《“‘【";

/**
 * Break a text into rows: between words, in Chinese between signs.
 * @param {CanvasRenderingContext2D} pen
 * @param {string} text
 * @param {number} width
 * @param {string} language
 */
export function wrap(pen, text, width, language) {
  const pieces = language === "zh" ? text.match(/[\p{Script=Latin}\p{N}.,%+\-–]+\s?|./gu) : text.match(/\S+\s*/g);
  const rows = [];
  let row = "";
  for (const piece of pieces ?? []) {
    const full = row !== "" && pen.measureText((row + piece).trimEnd()).width > width;
    if (full && !NOT_FIRST.includes(piece.trim() || " ")) {
      // An opening bracket goes with what it opens.
      const stays = NOT_LAST.includes(row.slice(-1)) ? row.slice(-1) : "";
      rows.push(row.slice(0, row.length - stays.length).trimEnd());
      row = stays + piece;
    } else row += piece;
  }
  if (row.trim()) rows.push(row.trimEnd());
  return rows;
}
