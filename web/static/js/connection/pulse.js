// Whether what used to come still comes. `silence.js` waits for checks, seconds apart; media and feedback come many times a
// second, so their end tells sooner that the way is gone. Pure: times are ms, and the caller's.

/** Statistics are read so often, and sooner once nothing came. */
export const LISTEN_EVERY = 250;
export const LISTEN_CLOSELY_EVERY = 100;
/** So many times the longest pause of late is none of its kind. */
const UNUSUAL = 2;
/** Pauses are remembered for one to two times this. */
const MEMORY = 15_000;
/** Taken for usual until that is known. */
const AT_FIRST = 5_000;
/** Nobody listened for so long: the page was frozen, or the machine slept. Says nothing of the network. */
const DEAF_AFTER = 1_500;
/** After a doubt there is none for so long: what was done about it takes its time. Twice as long after each that changed nothing. */
const REST = 3_000;

export class Pulse {
  #soonest;
  #signs = 0;
  #heardAt = 0;
  #listenedAt = 0;
  #restUntil = 0;
  #rest = REST;
  /** The longest pauses of this span of memory and of the one before. */
  #longest = 0;
  #longestBefore = AT_FIRST;
  #spanEnds = 0;

  /** @param {number} soonest a pause of less is never unusual */
  constructor(soonest) {
    this.#soonest = soonest;
  }

  /** The way is up. @param {number} now */
  begin(now) {
    this.#signs = this.#longest = 0;
    this.#longestBefore = AT_FIRST;
    this.#heardAt = this.#listenedAt = now;
    this.#restUntil = now;
    this.#rest = REST;
    this.#spanEnds = now + MEMORY / 3;
  }

  /**
   * @param {number} signs of life so far: any number that grows with each
   * @param {number} now
   * @returns {boolean} whether the silence is unusual
   */
  listen(signs, now) {
    const deaf = now - this.#listenedAt > DEAF_AFTER;
    this.#listenedAt = now;
    if (now >= this.#spanEnds) {
      // A pause that is not over yet counts, too.
      [this.#longestBefore, this.#longest] = [Math.max(this.#longest, this.quiet(now)), 0];
      this.#spanEnds = now + MEMORY;
    }
    if (signs !== this.#signs || deaf) {
      if (!deaf) this.#longest = Math.max(this.#longest, this.quiet(now));
      this.#heardAt = now;
      this.#rest = REST;
    }
    this.#signs = signs;
    if (now < this.#restUntil || this.quiet(now) < this.#patience) return false;
    this.#restUntil = now + this.#rest;
    this.#rest *= 2;
    return true;
  }

  /** For how long nothing came, at least. @param {number} now */
  quiet(now) {
    return now - this.#heardAt;
  }

  get #patience() {
    return Math.max(this.#soonest, UNUSUAL * Math.max(this.#longest, this.#longestBefore));
  }
}
