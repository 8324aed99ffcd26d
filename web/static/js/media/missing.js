// Whether the picture that is on the programme comes, and when to ask the server why it does not. Times are ms.

/** @typedef {""|"main"|"all"} Missing the main picture, or the slides too */

/** A picture of which nothing came for this long: ask whether it is sent. */
const MISSING_AFTER = 2_000;
/** The wait before asking again; it doubles, for all of the audience may miss the picture at once. */
const ASK_AFTER = 3_000;
const ASK_AT_MOST = 24_000;

export class Lookout {
  #bytes = 0;
  #cameAt = 0;
  #askAt = 0;
  #patience = ASK_AFTER;

  /** Nothing can have come yet: another source, or another choice. @param {number} now */
  begin(now) {
    this.#cameAt = now;
  }

  /** A new session, which may be sent everything. @param {number} now */
  open(now) {
    this.#cameAt = now;
    this.#askAt = 0;
  }

  /** Somebody else is in the picture: whoever missed the one before may well see this one. @param {number} now */
  turn(now) {
    this.#cameAt = now;
    this.#patience = ASK_AFTER;
  }

  /** Whether the picture comes. @param {number|undefined} bytes of it so far @param {number} now */
  comes(bytes, now) {
    if (bytes !== undefined && bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#askAt = 0;
      this.turn(now);
    }
    return now - this.#cameAt < MISSING_AFTER;
  }

  /** Whether it is time to ask; if so, the next time is later. @param {number} now @param {number} chance 0–1, by which viewers differ */
  asks(now, chance) {
    if (now < this.#askAt) return false;
    this.#askAt = now + this.#patience * (1 + chance / 4);
    this.#patience = Math.min(ASK_AT_MOST, 2 * this.#patience);
    return true;
  }

  /**
   * What the server's answer means; null: nothing new, for it did not say, or the picture came meanwhile.
   * @param {string|undefined} sent
   * @param {number} asked
   * @returns {Missing|null}
   */
  answered(sent, asked) {
    if (this.#cameAt > asked || sent === undefined) return null;
    return sent === "slides" ? "main" : sent === "sound" ? "all" : "";
  }
}
