// A line check from its beginning to its end: a place is asked for, media flow for twelve seconds, the server says what it means.

import { t } from "../lib/i18n.js";
import { figuresOf, unreached } from "./figures.js";
import { Probe } from "./probe.js";
import { Source } from "./source.js";
import { bound } from "./words.js";

/** @typedef {import("./figures.js").Figures} Figures */
/**
 * As `LineTold` of rooms/lines/views.py.
 * @typedef {{verdict: import("../live/protocol.js").Verdict, reasons: import("../live/protocol.js").Reason[], at: number, old_at: number,
 *   elsewhere: boolean, up: number, figures: Figures, missing: number|null}} Told
 */
/** What a page is given: where a check is asked for, the server's UDP port, what came of the last one. @typedef {{address: string, port: number, last: Told|null}} LinePage */

/** Browsers' estimators are steady after eight seconds; what counts is the rest. */
const MEASURES = 12_000;
/** By then a way is found, by a TURN server at last, or there is none, ms; the server gives a check 45 s in all. */
const CONNECTS_WITHIN = 20_000;
const ANSWERS_WITHIN = 10_000;
const DRAW_EVERY = 250;

/** Events: `change`. */
export class LineCheck extends EventTarget {
  running = false;
  /** Of what there is to do, done: 0–1. */
  progress = 0;
  /** Why the last try came to nothing, in words; empty: it did not. */
  failure = "";
  /** @type {Told|null} */ last;

  #page;
  #round = 0;
  /** @type {Probe|null} */ #probe = null;
  /** @type {Source|null} */ #source = null;
  /** @type {number|undefined} */ #timer;
  #begun = 0;
  #live = 0;
  /** The place that is ours, as the server calls it; empty: none. */
  #held = "";

  /** @param {LinePage} page */
  constructor(page) {
    super();
    this.#page = page;
    this.last = page.last;
    addEventListener("offline", () => this.running && this.#fail(lostInTheMiddle()));
    addEventListener("pagehide", () => this.stop());
    document.addEventListener("visibilitychange", () => {
      // Browsers slow down a page that nobody looks at: what it sends would say nothing of the line.
      if (document.hidden && this.running) this.#fail(t("The check stopped when you left this page. Stay here while it runs."));
    });
  }

  /** What the line holds, bits a second, for what is sent next; null: enough, or nothing that counts is known. */
  get uprate() {
    return bound(this.last, Date.now());
  }

  async start() {
    if (this.running) return;
    const round = ++this.#round;
    this.running = true;
    this.progress = 0;
    this.failure = "";
    this.#source = new Source();
    const tracks = this.#made(); // in the turn of the press: a browser makes sound for nobody else
    if (!tracks.length) return this.#fail(t("This browser cannot check a line. Open this page in Chrome, Edge, Firefox or Safari."));
    this.#changed();
    const asked = await this.#ask("", "POST");
    if (round === this.#round && !asked) return this.#fail(noAnswer());
    const given = asked ? await said(asked) : {};
    if (round !== this.#round) return this.#giveUp(given.check);
    if (!asked?.ok) return this.#fail(given.text ?? noAnswer());
    this.#held = given.check;
    this.#begun = performance.now();
    this.#live = 0;
    const probe = new Probe(given.whip, given.token, tracks);
    this.#probe = probe;
    // Once all is measured the server ends it, which is no trouble any more.
    probe.addEventListener("state", () => round === this.#round && this.#follow(probe));
    probe.addEventListener("replaced", () => round === this.#round && void this.#interrupt());
    probe.start();
    this.#timer = setInterval(() => this.#tick(probe), DRAW_EVERY);
  }

  #made() {
    try {
      return this.#source?.start() ?? [];
    } catch {
      return []; // browsers within other apps make no pictures
    }
  }

  stop() {
    if (!this.running) return;
    this.#end();
    this.#giveUp(this.#held);
    this.#changed();
  }

  /** @param {Probe} probe */
  #follow(probe) {
    switch (probe.state) {
      case "live":
        this.#live ||= performance.now();
        return;
      case "restoring":
        return this.#live ? void this.#interrupt() : undefined;
      case "full":
        return this.#fail(t("The server is busy just now. Try again in a few minutes."));
      case "refused":
        return this.#fail(t("The server does not take the check. Reload the page; if that does not help, ask the organiser for a new link."));
    }
  }

  /** Media stopped: the line broke, or the place is another tab's by now, which the server knows. */
  async #interrupt() {
    const held = this.#held;
    this.#held = "";
    this.#fail(lostInTheMiddle());
    const round = this.#round;
    const answer = await this.#giveUp(held);
    const told = answer && !answer.ok ? await said(answer) : {};
    if (round !== this.#round || !told.text) return;
    this.failure = told.text;
    this.#changed();
  }

  /** @param {Probe} probe */
  #tick(probe) {
    const now = performance.now();
    const network = networkName();
    if (this.#live) {
      this.progress = Math.min(1, (now - this.#live) / MEASURES);
      if (this.progress === 1) return void this.#tell(probe.samples.length ? figuresOf(probe.samples, network) : unreached(network));
    } else if (now - this.#begun > CONNECTS_WITHIN) return void this.#tell(unreached(network));
    this.#changed();
  }

  /** @param {Figures} figures */
  async #tell(figures) {
    const round = ++this.#round;
    clearInterval(this.#timer);
    const answer = await this.#ask(`/figures?check=${this.#held}`, "POST", JSON.stringify(figures));
    if (round !== this.#round) return;
    if (!answer) return this.#fail(lostInTheMiddle());
    this.#held = "";
    const told = await said(answer);
    if (round !== this.#round) return;
    if (!answer.ok) return this.#fail(told.text ?? noAnswer());
    this.last = told;
    this.#end();
    this.#changed();
  }

  /** @param {string} why */
  #fail(why) {
    this.#end();
    this.#giveUp(this.#held);
    this.failure = why;
    this.#changed();
  }

  #end() {
    this.#round += 1;
    this.running = false;
    clearInterval(this.#timer);
    this.#probe?.stop();
    this.#source?.stop();
    this.#probe = this.#source = null;
  }

  /**
   * The place is free for others at once; where this is not heard, a little later. What another tab has is its own.
   * @param {string|undefined} check its id @returns {Promise<Response|null>}
   */
  #giveUp(check) {
    this.#held = "";
    return check ? this.#ask(`?check=${check}`, "DELETE") : Promise.resolve(null);
  }

  /** @param {string} path @param {string} method @param {string} [body] @returns {Promise<Response|null>} null: nobody answers */
  #ask(path, method, body) {
    const patience = new AbortController();
    setTimeout(() => patience.abort(), ANSWERS_WITHIN);
    const headers = { Accept: "application/json" };
    const asking = { method, body, headers, signal: patience.signal, keepalive: method === "DELETE" };
    return fetch(this.#page.address + path, asking).catch(() => null);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {Response} response @returns {Promise<any>} */
function said(response) {
  return response.json().catch(() => ({}));
}

function noAnswer() {
  return t("The server does not answer. Look whether you are connected, and try again.");
}

function lostInTheMiddle() {
  return t("The connection was lost in the middle. Once it is back, check again.");
}

/** Few browsers tell. @returns {string|undefined} */
function networkName() {
  return /** @type {any} */ (navigator).connection?.type;
}
