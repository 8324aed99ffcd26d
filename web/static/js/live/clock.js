// <show-clock>: the clock of a phase, the same on every desk. It counts down from a moment by the server's clock, so that all
// desks show the same second; colour, a shape and words tell how much is left. `cues` names the phases in which the time is that
// of whoever looks: the pitcher's while they speak, a judge's while they score.

import { write } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { clockFace, cue, phaseName, remaining, spoken, urgency } from "./countdown.js";

/** @typedef {import("./protocol.js").ClockView} ClockView */
/** @typedef {import("./protocol.js").Phase} Phase */

/** The clock is looked at again after this at the latest, ms: the measured offset may have moved. */
const LONGEST_SLEEP = 1_000;

/** @type {ClockView} */
const NO_CLOCK = { duration_ms: 0, ends_at: null, remaining_ms: null, warnings_ms: [], policy: null };

export class ShowClock extends HTMLElement {
  /** @type {ClockView} */ #clock = NO_CLOCK;
  /** @type {Phase} */ #phase = "standby";
  /** @type {() => number} */ #now = Date.now;
  /** @type {number|undefined} */ #timer;
  /** Whether a session was given yet; until then the clock shows and says nothing of its own. */
  #given = false;
  /** What was last told aloud, so that a redraw does not say it again. */
  #said = "";
  #phaseText = document.createElement("span");
  #figures = document.createElement("span");
  #cue = document.createElement("span");
  #track = document.createElement("span");
  #voice = document.createElement("span");

  /** The phase's clock, as in a room's session. */
  get clock() {
    return this.#clock;
  }

  get phase() {
    return this.#phase;
  }

  /** Phase and clock come together: between the two, the clock would show and say the time of another phase. */
  set session(/** @type {{phase: Phase, clock: ClockView}} */ { phase, clock }) {
    if (this.#given && phase === this.#phase && same(clock, this.#clock)) return;
    this.#given = true;
    this.#phase = phase;
    this.#clock = clock;
    this.#marks();
    this.#draw();
  }

  /** The server's time, ms since the epoch: give it `live.now`. */
  get now() {
    return this.#now;
  }

  set now(now) {
    this.#now = now;
    this.#draw();
  }

  connectedCallback() {
    this.#phaseText.className = "clock-phase";
    this.#figures.className = "clock-figures";
    this.#figures.setAttribute("role", "timer");
    this.#cue.className = "clock-cue";
    this.#track.className = "clock-track";
    this.#track.setAttribute("aria-hidden", "true");
    this.#voice.className = "visually-hidden";
    this.#voice.setAttribute("aria-live", "polite");
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", this.getAttribute("label") ?? t("Clock"));
    this.replaceChildren(this.#phaseText, this.#figures, this.#track, this.#cue, this.#voice);
    this.#draw();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  /** @param {boolean} [ticking] nothing but time has changed */
  #draw(ticking = false) {
    clearTimeout(this.#timer);
    if (!this.isConnected) return;
    const left = remaining(this.#clock, this.#now());
    const urgent = urgency(this.#clock, left);
    const paused = left !== null && this.#clock.ends_at === null;
    this.dataset.urgency = urgent;
    this.dataset.phase = this.#phase;
    this.toggleAttribute("data-paused", paused);
    this.toggleAttribute("data-ticking", ticking);
    write(this.#phaseText, this.#given ? phaseName(this.#phase) : "");
    write(this.#figures, left === null ? "" : clockFace(left));
    write(this.#cue, cue(urgent, paused, this.#clock.duration_ms, this.#owns()));
    const share = left === null || this.#clock.duration_ms <= 0 ? 0 : left / this.#clock.duration_ms;
    this.#track.style.setProperty("--left", String(Math.min(Math.max(share, 0), 1)));
    this.#say();
    if (left !== null && !paused) {
      // To the next edge of a second, where the figures change.
      const edge = ((left % 1000) + 1000) % 1000 || 1000;
      this.#timer = setTimeout(() => this.#draw(true), Math.min(Math.ceil(edge), LONGEST_SLEEP));
    }
  }

  #owns() {
    return (this.getAttribute("cues") ?? "").split(" ").includes(this.#phase);
  }

  /** Where on the track the warnings are. */
  #marks() {
    const { duration_ms: duration, warnings_ms: warnings } = this.#clock;
    this.#track.replaceChildren(
      ...warnings
        .filter((warning) => warning < duration)
        .map((warning) => {
          const mark = document.createElement("i");
          mark.style.setProperty("--at", String(warning / duration));
          return mark;
        }),
    );
  }

  /** Aloud only what is news; what stood there when the page came is none. */
  #say() {
    if (!this.#given) return;
    const { news, text } = spoken(this.#phase, this.#clock, this.#now());
    if (news === this.#said) return;
    const first = this.#said === "";
    this.#said = news;
    if (!first) write(this.#voice, text);
  }
}

/**
 * @param {ClockView} one
 * @param {ClockView} other
 */
function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

customElements.define("show-clock", ShowClock);
