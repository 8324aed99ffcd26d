// One desk, one tab: two would take the camera and the connection from each other.

/** A tab that is being reloaded lets go a moment after its successor asks, ms. */
const PATIENCE = 1_200;

/** Events: `change`. The tab that was opened last waits to be told to take over. */
export class OneTab extends EventTarget {
  /** @type {"waiting"|"held"|"elsewhere"} */ state = "waiting";

  #name;
  #release = () => {};

  /** @param {string} name of the desk, one for each person */
  constructor(name) {
    super();
    this.#name = name;
  }

  /** Become the desk's tab if no other is. */
  ask() {
    // Without locks (old browsers) every tab believes it is the only one.
    if (!navigator.locks) return this.#become("held");
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE);
    this.#hold({ signal: patience.signal }, () => clearTimeout(timer));
  }

  /** Become the desk's tab; the other one is told that it is not any more. */
  take() {
    if (this.state === "held") return;
    if (navigator.locks) this.#hold({ steal: true }, () => {});
    else this.#become("held");
  }

  /** Another device has become the desk. */
  yield() {
    this.#release();
    this.#become("elsewhere");
  }

  /**
   * @param {LockOptions} options
   * @param {() => void} granted
   */
  #hold(options, granted) {
    const held = navigator.locks.request(this.#name, options, () => {
      granted();
      this.#become("held");
      // Until the page goes, or another tab or device takes over.
      return new Promise((release) => (this.#release = () => release(undefined)));
    });
    held.catch(() => this.#become("elsewhere"));
  }

  /** @param {OneTab["state"]} state */
  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}
