// The line check as it looks: what holds, in words; what to do; the figures under a fold.

import { keyed, make, mark, must, write, writeOrHide } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { advice, ageText, counts, figureRows, verdictText, verdictTitle } from "./words.js";

const TONES = { full: "good", slides: "warn", another: "bad" };

export class LineView {
  #check;
  #port;
  #place = must("#line-check");
  #start = must("#line-start");
  #stop = must("#line-stop");

  /** @param {import("./check.js").LineCheck} check @param {number} port */
  constructor(check, port) {
    this.#check = check;
    this.#port = port;
    this.#start.addEventListener("click", () => void check.start());
    this.#stop.addEventListener("click", () => check.stop());
    this.#place.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !check.running) return;
      event.stopPropagation();
      check.stop();
    });
    check.addEventListener("change", () => this.draw());
    this.draw();
  }

  draw() {
    const { running, progress, failure, last } = this.#check;
    const now = Date.now();
    const fresh = last !== null && counts(last, now);
    mark(this.#place, "state", running ? "running" : failure ? "failed" : !last ? "none" : fresh ? "done" : "old");
    const shown = running ? null : last;
    const result = must("#line-result");
    result.hidden = shown === null;
    result.className = `notice ${shown && fresh && !failure ? TONES[shown.verdict] : ""}`;
    // What did not work is said before what did earlier.
    writeOrHide(must("#line-said"), running ? t("Your line is being checked. Stay on this page.") : failure);
    writeOrHide(must("#line-hint"), running || failure || last ? "" : t("Twelve seconds show whether picture, slides and voice will reach the stage from here. No camera is needed, and nobody sees it."));
    write(must("#line-title-said"), shown ? verdictTitle(shown.verdict) : "");
    write(must("#line-text"), shown ? verdictText(shown) : "");
    write(must("#line-age"), shown ? ageText(shown, now) : "");
    const list = must("#line-advice");
    const todo = shown ? advice(shown, this.#port, location.hostname) : [];
    list.hidden = todo.length === 0;
    keyed(list, todo, { key: (text) => text, create: () => make("li"), update: write });
    this.#drawFigures(shown);
    const bar = /** @type {HTMLProgressElement} */ (must("#line-progress"));
    bar.hidden = !running;
    bar.value = progress;
    this.#drawButtons(running, last !== null || failure !== "");
  }

  /** @param {import("./check.js").Told|null} told */
  #drawFigures(told) {
    must("#line-figures").hidden = told === null;
    keyed(must("#line-rows"), told ? figureRows(told) : [], {
      key: ([name]) => name,
      create: () => make("div", "", make("dt"), make("dd", "figures")),
      update: (row, [name, value]) => {
        const [term, said] = row.children;
        if (term) write(term, name);
        if (said) write(said, value);
      },
    });
  }

  /** @param {boolean} running @param {boolean} again */
  #drawButtons(running, again) {
    const focused = document.activeElement;
    this.#start.hidden = running;
    this.#stop.hidden = !running;
    write(this.#start, again ? t("Check again") : t("Check the line"));
    if (running && focused === this.#start) this.#stop.focus();
    if (!running && focused === this.#stop) this.#start.focus();
  }
}
