// What a camera's picture is sent as on a line that does not hold all its layers: pure, done by whip.js.
//
// By itself a browser gives up the largest layer, takes it up again as soon as there seems to be room, and begins all layers
// anew each time. One layer that has the whole line is sharper, and nothing changes its size.

/**
 * `all` layers; the `ends`, a picture that fills what is left and the smallest for viewers whose own lines are thin; the `top`
 * alone. `scale`: by what the top one's size is divided.
 * @typedef {{send: "all"|"ends"|"top", scale: number}} Plan
 */
/** @typedef {{width?: number, height?: number, frameRate?: number}} Picture as the camera has it */

/** Of what the line is estimated at a picture may take: the rest is headers and what is sent again. */
const SHARE = 0.85;
const SOUND = 50_000;
/** Bits for each pixel of each frame, below which a picture in motion loses frames: 540 lines at 15 a second take 350 kbit/s. */
const BITS = 0.045;
const SCALES = [1, 1.5, 2, 3, 4];
const RATE = 30;
/** Of the top layer's rate, what is left for it beside all layers or the smallest: less ends that, more begins it again. */
const ALL_DOWN = 0.4;
const ALL_UP = 0.7;
const ENDS_DOWN = 0.2;
/** Times what a plan takes, before it is taken up again: on a steady line an estimate swings from 0.8 to 1.2 of what it holds. */
const MARGIN = 1.45;
/** An estimate ends at 1.5 times what is sent. So near to that the line is not full: the picture takes no more. */
const SPARE = 1.4;
/** So long before it is tried whether such a line holds more, ms; then twice that. */
const SPARE_LASTS = 10_000;
/** An estimate begins low, and is not listened to for so long, ms. */
const EARLY = 3_000;
/** So long it must say the same, ms, of something worse and of something better; a steep fall once. */
const LASTS = 900;
const LASTS_UP = 1_900;
/** What had to be taken back within so long was too early: the next time it must say so four times as long. */
const KEPT_FOR = 15_000;
const MOST_LASTS = 15_000;
const STEEP = 0.7;
/** So long after something worse an estimate may still be on its way down: it counts at once, ms. Meanwhile little is sent, as a
 * browser takes off what it sends again, so that the line may not look full. */
const FALLS_FOR = 2_500;

/** @param {number} room bits a second for all that is sent */
function forPicture(room) {
  return Math.max(0, room * SHARE - SOUND);
}

/** @param {readonly RTCRtpEncodingParameters[]} layers */
function sum(layers) {
  return layers.reduce((all, layer) => all + (layer.maxBitrate ?? 0), 0);
}

/**
 * The least rate for a plan.
 * @param {readonly RTCRtpEncodingParameters[]} layers lowest first
 * @param {Picture} picture
 * @param {Plan} plan
 * @param {boolean} again whether it is to be taken up again
 */
function needed(layers, picture, { send, scale }, again) {
  const { width = 960, height = 540, frameRate = RATE } = picture;
  const rate = Math.min(frameRate, layers.at(-1)?.maxFramerate ?? RATE);
  const size = SCALES.indexOf(scale) === SCALES.length - 1 ? 0 : (BITS * width * height * rate) / scale ** 2;
  const small = sum(layers.slice(0, -1));
  const top = layers.at(-1)?.maxBitrate ?? 0;
  if (send === "all") return small + top * (again ? ALL_UP : ALL_DOWN);
  if (send === "ends") return (small + top * ENDS_DOWN) * (again ? MARGIN : 1);
  return Math.min(size, top) * (again ? MARGIN : 1);
}

/**
 * All plans, the best first.
 * @param {readonly RTCRtpEncodingParameters[]} layers
 * @returns {Plan[]}
 */
function plans(layers) {
  /** @type {Plan[]} */
  const top = SCALES.map((scale) => ({ send: "top", scale }));
  /** @type {Plan[]} */
  const several = [{ send: "all", scale: 1 }, { send: "ends", scale: 1 }];
  return [...several.slice(0, layers.length - 1), ...top];
}

/** One picture's. */
export class Thinning {
  /** The last that was listened to, bits a second. @type {number|null} */ room;

  #layers;
  #picture;
  #plans;
  #at = 0;
  #since = 0;
  /** Where the estimate points, and since when. */
  #towards = 0;
  #pointed = 0;
  /** Since when there is room to spare. */
  #spare = Infinity;
  #patience = SPARE_LASTS;
  #lasts = LASTS_UP;
  #better = -Infinity;
  #worse = -Infinity;

  /**
   * @param {readonly RTCRtpEncodingParameters[]} layers those of a good line, lowest first
   * @param {Picture} picture
   * @param {number|null} room what is known of the line, bits a second
   * @param {number} now ms
   */
  constructor(layers, picture, room, now) {
    this.#layers = layers.filter(({ active }) => active !== false);
    this.#picture = picture;
    this.#plans = plans(this.#layers);
    this.room = room;
    this.#since = now;
    if (room !== null) this.#at = this.#towards = this.#fits(forPicture(room), false);
  }

  /** @returns {Plan} */
  get plan() {
    return /** @type {Plan} */ (this.#plans[this.#at]);
  }

  /**
   * Whether the plan is another from now on.
   * @param {number} room what the browser estimates now
   * @param {number} sent what went of late, all in all
   * @param {number} now
   */
  follow(room, sent, now) {
    if (!Number.isFinite(room) || now - this.#since < EARLY) return false;
    this.room = room;
    const rate = forPicture(room);
    const full = room < SPARE * sent;
    if (full) this.#spare = Infinity;
    else if (this.#spare === Infinity) this.#spare = now;
    // Worse when what there is does not fit any more; better with a margin, or as a trial.
    const fits = this.#fits(rate, false);
    const better = Math.min(this.#at, this.#fits(rate, true));
    const falls = now - this.#worse < FALLS_FOR;
    const tried = this.#at > 0 && now - this.#spare >= this.#patience;
    const to = fits > this.#at && (full || falls) ? fits : tried ? this.#at - 1 : better;
    const kept = Math.sign(to - this.#at) === Math.sign(this.#towards - this.#at);
    if (!kept) this.#pointed = now;
    this.#towards = to;
    if (to === this.#at) return false;
    const steep = to > this.#at && (falls || rate < STEEP * needed(this.#layers, this.#picture, this.plan, false));
    if (!steep && now - this.#pointed < (to > this.#at ? LASTS : this.#lasts)) return false;
    if (tried) this.#patience *= 2;
    if (to < this.#at) this.#better = now;
    else {
      this.#worse = now;
      if (now - this.#better < KEPT_FOR) this.#lasts = Math.min(MOST_LASTS, this.#lasts * 4);
    }
    this.#at = to;
    this.#spare = Infinity;
    return true;
  }

  /** @param {number} rate @param {boolean} again */
  #fits(rate, again) {
    const found = this.#plans.findIndex((plan, at) => rate >= needed(this.#layers, this.#picture, plan, again && at < this.#at));
    return found < 0 ? this.#plans.length - 1 : found;
  }
}

/**
 * Layers of a good line as a plan has them.
 * @param {readonly RTCRtpEncodingParameters[]} layers lowest first
 * @param {Plan} plan
 * @returns {RTCRtpEncodingParameters[]}
 */
export function thinned(layers, { send, scale }) {
  return layers.map((layer, at) => {
    const top = at === layers.length - 1;
    const sent = top || send === "all" || (send === "ends" && at === 0);
    const active = sent && layer.active !== false;
    return { ...layer, active, ...(top ? { scaleResolutionDownBy: (layer.scaleResolutionDownBy ?? 1) * scale } : {}) };
  });
}
