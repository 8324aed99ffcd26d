// Whether what used to come still comes. Pure: times are ms, and the caller's.
//
// `Silence` waits for answers to checks, seconds apart, and says when the relay is gone. Media and feedback come many times a
// second, so their end tells sooner that the way is gone: that is `Pulse`.

/** A browser checks its path by a rhythm of its own, and is answered: Chromium and WebKit every 2.5 s, Firefox every 4 to 6 (RFC 7675). */
const SLOWEST_RHYTHM = 6_000;
/** Beside the rhythm: the way there and back, and that statistics are read once a second. */
const SLACK = 1_000;
/** Gone is who answered neither this check nor the next; sooner than this nobody is given up. */
const GONE_AT_LEAST = 6_000;
/** With reason to doubt one answer must come; a burst of loss is shorter than this. */
const DOUBT_AT_LEAST = 3_000;
/** Statistics come once a second. After a pause like this nobody listened: the page was frozen, or the machine slept. */
const DEAF_AFTER = 4_000;

export class Silence {
  #answers = 0;
  #answeredAt = 0;
  /** The longest wait for the next answer so far; 0: not known. */
  #rhythm = 0;
  #bytes = 0;
  #heardAt = 0;
  #listenedAt = 0;

  /** The path is up. @param {number} now */
  begin(now) {
    this.#answers = this.#bytes = this.#rhythm = 0;
    this.#answeredAt = this.#heardAt = this.#listenedAt = now;
  }

  /**
   * @param {number} answers to checks so far
   * @param {number} bytes received so far
   * @param {number} now
   * @returns {boolean} whether nobody listened before, so that the silence until now says nothing
   */
  listen(answers, bytes, now) {
    const deaf = now - this.#listenedAt > DEAF_AFTER;
    this.#listenedAt = now;
    // The first count is of the beginning, and what came while nobody listened came at any time: neither tells a rhythm.
    if (answers !== this.#answers && this.#answers && !deaf) {
      this.#rhythm = Math.min(SLOWEST_RHYTHM, Math.max(this.#rhythm, now - this.#answeredAt));
    }
    if (answers !== this.#answers || deaf) this.#answeredAt = now;
    if (answers !== this.#answers || bytes !== this.#bytes || deaf) this.#heardAt = now;
    this.#answers = answers;
    this.#bytes = bytes;
    return deaf;
  }

  /** @param {number} now */
  gone(now) {
    return now - this.#heardAt > Math.max(GONE_AT_LEAST, 2 * (this.#rhythm || SLOWEST_RHYTHM) + SLACK);
  }

  /** How long to wait for a sign of life when there is reason to doubt. */
  get patience() {
    return Math.max(DOUBT_AT_LEAST, (this.#rhythm || SLOWEST_RHYTHM) + SLACK);
  }

  /** @param {number} then */
  heardAfter(then) {
    return this.#heardAt > then;
  }
}

/** @param {Iterable<any>} report entries of an RTCStatsReport @returns {[answers: number, bytes: number]} */
export function signsOfLife(report) {
  let answers = 0;
  let bytes = 0;
  for (const entry of report) {
    if (entry.type !== "candidate-pair") continue;
    answers += entry.responsesReceived ?? 0;
    bytes += entry.bytesReceived ?? 0;
  }
  return [answers, bytes];
}

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
const AWAY_AFTER = 1_500;
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

  /** The way is up. @param {number} now @param {boolean} [anew] not in the place of another, whose pauses are known */
  begin(now, anew = true) {
    this.#signs = 0;
    this.#heardAt = this.#listenedAt = this.#restUntil = now;
    this.#rest = REST;
    if (!anew) return;
    this.#longest = 0;
    this.#longestBefore = AT_FIRST;
    this.#spanEnds = now + MEMORY / 3;
  }

  /**
   * @param {number} signs of life so far: any number that grows with each
   * @param {number} now
   * @returns {boolean} whether the silence is unusual
   */
  listen(signs, now) {
    const deaf = now - this.#listenedAt > AWAY_AFTER;
    this.#listenedAt = now;
    if (now >= this.#spanEnds) {
      // A pause that is not over yet counts, too.
      [this.#longestBefore, this.#longest] = [Math.max(this.#longest, deaf ? 0 : this.quiet(now)), 0];
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
