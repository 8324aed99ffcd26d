// What moves the show on: the main button, back, pause, more time, the stage's mode; by mouse and by single keys.

import { must, write } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { keep, kept } from "../lib/kept.js";
import { DOUBLE_CLICK_MS, able, press } from "./press.js";
import { advanceLabel } from "./words.js";

/**
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {import("../live/protocol.js").StageMode} StageMode
 */

const KEYS_KEY = "roadshow.control.keys";

export class ShowButtons {
  /** @type {Room | null} */ #room = null;
  /** When the main button last got another meaning. */
  #movedAt = -Infinity;
  #act;
  #go = must("#go");
  #back = must("#back");
  #pause = must("#pause");
  #mode = /** @type {HTMLSelectElement} */ (must("#mode"));
  #keys = /** @type {HTMLInputElement} */ (must("#keys"));
  #times = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-add]"));

  /** @param {import("../live/acts.js").Act} act */
  constructor(act) {
    this.#act = act;
    press(this.#go, () => this.#advance());
    press(this.#back, () => act("session.back", { expected: this.#expected() }));
    press(this.#pause, () => act(this.#room?.session.paused ? "session.resume" : "session.pause", {}));
    for (const button of this.#times) button.addEventListener("click", () => this.#addTime(Number(button.dataset.add)));
    this.#mode.addEventListener("change", () => void act("stage.select", { mode: /** @type {StageMode} */ (this.#mode.value) }));
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#keys.checked = kept("local", KEYS_KEY) !== "off";
    this.#keys.addEventListener("change", () => keep("local", KEYS_KEY, this.#keys.checked ? "on" : "off"));
  }

  /** @param {Room} room */
  show(room) {
    const { phase, slot } = this.#expected();
    const { session, rundown, ceremony, review, stage } = room;
    if (this.#room && (session.phase !== phase || session.slot !== slot)) this.#movedAt = performance.now();
    this.#room = room;
    write(must("#go [data-label]"), advanceLabel(room));
    able(this.#go, !session.over || session.phase !== "closed");
    write(must("#pause [data-label]"), session.paused ? t("Resume") : t("Pause"));
    able(this.#pause, this.#hasClock);
    const counting = ceremony.state === "sealed" && !review?.count?.closed;
    able(this.#back, counting && (session.phase !== "standby" || rundown.slots.some((one) => one.status === "done")));
    for (const button of this.#times) able(button, this.#hasClock);
    if (document.activeElement !== this.#mode) this.#mode.value = stage.mode;
    this.#mode.dataset.mode = stage.mode;
  }

  get #hasClock() {
    const { ends_at = null, remaining_ms = null } = this.#room?.session.clock ?? {};
    return ends_at !== null || remaining_ms !== null;
  }

  /** What the sender saw: a double click or an old page must not act twice. */
  #expected() {
    return { phase: this.#room?.session.phase ?? "standby", slot: this.#room?.session.slot ?? null };
  }

  #advance() {
    // A phase that has just ended by itself, or by another operator: this press was meant for it, not for the next one.
    if (!this.#room || performance.now() - this.#movedAt < DOUBLE_CLICK_MS) return;
    const expected = this.#expected();
    void this.#act(expected.phase === "standby" ? "session.start" : "session.next", { expected });
  }

  /** @param {number} seconds */
  #addTime(seconds) {
    if (this.#hasClock) void this.#act("session.add_time", { seconds });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const busy = event.target instanceof Element && event.target.closest("input, select, textarea, dialog, [contenteditable]");
    if (!this.#keys.checked || busy || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    /** @type {Record<string, () => void>} */
    const actions = {
      n: () => this.#go.click(),
      p: () => this.#pause.click(),
      b: () => this.#back.click(),
      "+": () => this.#addTime(30),
      "=": () => this.#addTime(30),
      "-": () => this.#addTime(-30),
      "−": () => this.#addTime(-30),
    };
    const action = actions[event.key.toLowerCase()] ?? actions[{ KeyN: "n", KeyP: "p", KeyB: "b" }[event.code] ?? ""];
    if (!action) return;
    event.preventDefault();
    action();
  }
}
