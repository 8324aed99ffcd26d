// <show-clock>: the clock of a phase, the same on every desk. It counts down from a moment by the server's clock, so that all
// desks show the same second; colour, a shape and words tell how much is left.

import { write } from "../lib/dom.js";
import { formatDuration, t } from "../lib/i18n.js";
import { clockFace, cue, phaseName, remaining, urgency } from "./countdown.js";

/** @typedef {import("./protocol.js").ClockView} ClockView */
/** @typedef {import("./protocol.js").Phase} Phase */
/** @typedef {import("./countdown.js").Urgency} Urgency */

/** The clock is looked at again after this at the latest, ms: the measured offset may have moved. */
const LONGEST_SLEEP = 1_000;

/** @type {ClockView} */
const NO_CLOCK = { duration_ms: 0, ends_at: null, remaining_ms: null, warnings_ms: [], policy: null };

export class ShowClock extends HTMLElement {
  /** @type {ClockView} */ #clock = NO_CLOCK;
  /** @type {Phase} */ #phase = "standby";
  /** @type {() => number} */ #now = Date.now;
  /** @type {number|undefined} */ #timer;
  /** What was last said aloud, so that a redraw does not say it again. */
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

  set clock(clock) {
    if (same(clock, this.#clock)) return;
    this.#clock = clock;
    this.#marks();
    this.#draw();
  }

  get phase() {
    return this.#phase;
  }

  set phase(phase) {
    this.#phase = phase;
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
    write(this.#phaseText, phaseName(this.#phase));
    write(this.#figures, left === null ? "–:––" : clockFace(left));
    write(this.#cue, cue(urgent, paused, this.#clock.duration_ms));
    const share = left === null || this.#clock.duration_ms <= 0 ? 0 : left / this.#clock.duration_ms;
    this.#track.style.setProperty("--left", String(Math.min(Math.max(share, 0), 1)));
    this.#say(urgent, paused, left);
    if (left !== null && !paused) {
      // To the next edge of a second, where the figures change.
      const edge = ((left % 1000) + 1000) % 1000 || 1000;
      this.#timer = setTimeout(() => this.#draw(true), Math.min(Math.ceil(edge), LONGEST_SLEEP));
    }
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

  /**
   * Aloud only at a warning, at the end, and when it is stopped or goes on.
   * @param {Urgency} urgent
   * @param {boolean} paused
   * @param {number|null} left
   */
  #say(urgent, paused, left) {
    const key = `${this.#phase} ${urgent} ${paused}`;
    if (key === this.#said) return;
    const first = this.#said === "";
    this.#said = key;
    if (first || left === null) return;
    const rest = left > 0 ? t("{time} left", { time: formatDuration(Math.ceil(left / 1000) * 1000) }) : t("Time is up");
    this.#voice.textContent = [phaseName(this.#phase), paused ? t("Paused") : "", rest].filter(Boolean).join(". ");
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
