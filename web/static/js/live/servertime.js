// What time it is at the server.

/** Samples older than this no longer count, ms: crystals drift apart. */
const SAMPLE_LIFE = 60_000;
/** How far two crystals come apart within that, ms: 500 parts in a million, and rounding. */
const DRIFT = 32;
/** The page's two clocks apart by more than this since the last question: it slept, or the system's clock was set, ms. */
const SLEPT = 400;

/** The server's clock, measured. Runs on the page's monotonic clock, so a step of this machine's clock does no harm. */
export class ServerClock {
  /** Server time minus `performance.now()`. */
  #offset = performance.timeOrigin;
  #measured = false;
  /** @type {{at: number, roundTrip: number, offset: number}[]} */ #samples = [];
  #apart = Date.now() - performance.now();

  now() {
    return Math.round(performance.now() + this.#offset);
  }

  /** @param {number} serverNow a first idea, until a ping is answered */
  hint(serverNow) {
    if (!this.#measured) this.#offset = serverNow - performance.now();
  }

  /**
   * @param {number} sent by `performance.now()`
   * @param {number} serverNow
   */
  pong(sent, serverNow) {
    const at = performance.now();
    const roundTrip = at - sent;
    if (!(roundTrip >= 0)) return;
    const offset = serverNow + roundTrip / 2 - at;
    // What cannot be true together with the newest answer was said before the server's clock was set.
    this.#samples = this.#samples.filter(
      (one) =>
        at - one.at < SAMPLE_LIFE && Math.abs(one.offset - offset) <= (one.roundTrip + roundTrip) / 2 + DRIFT,
    );
    this.#samples.push({ at, roundTrip, offset });
    const best = this.#samples.reduce((one, other) => (other.roundTrip < one.roundTrip ? other : one));
    this.#offset = best.offset;
    this.#measured = true;
  }

  /** Whether the machine slept (or its clock was set) since this was last asked; forgets the samples if so. */
  slept() {
    const apart = Date.now() - performance.now();
    if (Math.abs(apart - this.#apart) < SLEPT) return false;
    this.#apart = apart;
    this.#samples = [];
    return true;
  }
}
