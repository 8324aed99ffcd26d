// The practice page as it looks: the state in a sentence, what comes back, the checklist, the line.

import { keyed, make, mark, must, write, writeOrHide } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { drawDevices } from "../pitch/devicepanel.js";
import { drawSlidePanel } from "../pitch/slidepanel.js";
import { allWell, checks } from "./checklist.js";
import { lineWord } from "./line.js";

/** @typedef {import("./checklist.js").Check} Check */
/** @typedef {import("../media/slate.js").Slate} Slate */

/**
 * What stands where the picture will come back.
 * @param {import("../media/slate.js").Connection} connection
 * @param {boolean} seen there is a camera
 * @returns {Slate}
 */
export function practiceSlate({ state, retryAt }, seen) {
  switch (state) {
    case "idle":
      return slate("standby", t("Others would see you here"), t("Your picture goes to the server and comes back, as it would to the audience."));
    case "full":
      return slate("full", t("No place is free just now"), t("You are let in by itself as soon as there is a place."), retryAt);
    case "refused":
      return slate("refused", t("The server does not take your picture"), t("Reload the page. If that does not help, ask the organiser for a new link."));
    default:
      if (!seen) return slate("listening", t("Sound only"), t("Without a camera your voice alone comes back: turn on the sound to hear it."));
      return slate("waiting", t("Your picture is on its way"), t("It comes back in a moment."));
  }
}

/** @param {import("../media/slate.js").SlateKind} kind @param {string} title @param {string} line @param {number|null} until @returns {Slate} */
function slate(kind, title, line, until = null) {
  return { kind, eyebrow: t("Practice"), title, line, until };
}

export class PracticeView {
  #trial;
  #parts;
  #heard = false;
  #go = must("#go");
  #stop = must("#stop");
  #list = must("#checklist");

  /**
   * @param {import("./trial.js").Trial} trial
   * @param {{devices: import("../pitch/devices.js").Devices, slides: import("../pitch/slides.js").Slides,
   *   stage: import("../media/stage.js").RoomStage}} parts
   */
  constructor(trial, parts) {
    this.#trial = trial;
    this.#parts = parts;
  }

  /** The microphone was heard. */
  heard() {
    if (this.#heard) return;
    this.#heard = true;
    this.draw();
  }

  draw() {
    const { devices, slides } = this.#parts;
    const state = this.#trial.publisher?.state ?? "idle";
    mark(must("main"), "state", state);
    writeOrHide(must("#state-text"), this.#sentence());
    const focused = document.activeElement;
    const on = this.#trial.running;
    this.#go.hidden = on;
    this.#stop.hidden = !on;
    if (on && focused === this.#go) this.#stop.focus();
    if (!on && focused === this.#stop) this.#go.focus();
    drawDevices(devices, false);
    drawSlidePanel(slides);
    const none = slides.refused ? t("No screen was shared. Choose again.") : "";
    writeOrHide(must("#slides-note"), none);
    this.#show();
    this.drawLine();
  }

  /** What the own room carries: nobody else tells, for it has no session. */
  #show() {
    const { devices, slides, stage } = this.#parts;
    const live = this.#trial.publisher?.state === "live";
    /** @type {Record<string, string>} */
    const lanes = {};
    if (live && devices.tracks.camera) lanes.main = "camera";
    if (slides.state === "live") lanes.slides = "slides";
    const room = { session: { project: null }, stage: { lanes } };
    stage.room = /** @type {import("../live/follow.js").Room} */ (/** @type {unknown} */ (room));
  }

  #sentence() {
    const { publisher, running, over } = this.#trial;
    if (over === "time") return t("The trial ended by itself after 20 minutes, so that others find a place.");
    if (over === "server") return t("The trial has ended: it goes on in another tab or on another device, or your link was withdrawn.");
    if (over === "devices") return t("A camera or a microphone is needed.");
    if (!running) return t("This room is yours alone: nobody sees or hears you.");
    if (!publisher) return t("Your camera and microphone are being connected.");
    if (publisher.blocked) return t("Your network seems to block video. Try another network, or a phone's.");
    switch (publisher.state) {
      case "live":
        return t("This is what others would see and hear. Nobody else is here.");
      case "full":
        return t("No place is free just now; the next try is made by itself.");
      case "refused":
        return t("The server does not take your picture. Reload the page; if that does not help, ask the organiser for a new link.");
      case "restoring":
        return t("The connection is lost and comes back by itself.");
      default:
        return t("Your camera and microphone are being connected.");
    }
  }

  drawLine() {
    const { line } = this.#trial;
    const word = lineWord(line);
    must("#quality").dataset.quality = word ?? "none";
    writeOrHide(
      must("#quality-word"),
      word === "good" ? t("Connection good") : word === "fair" ? t("Connection fair") : word === "poor" ? t("Connection weak") : t("Not connected"),
    );
    this.#drawChecks();
  }

  #drawChecks() {
    const { devices, slides, stage } = this.#parts;
    const { line, running } = this.#trial;
    const list = checks({
      running,
      camera: { there: devices.tracks.camera !== null, problem: devices.problems.camera },
      microphone: { there: devices.tracks.microphone !== null, problem: devices.problems.microphone, heard: this.#heard },
      slides: { chosen: slides.mode !== "none", back: running && stage.dataset.layout === "both" },
      line,
    });
    keyed(this.#list, list, {
      key: ({ id }) => id,
      create: () => make("li", "", make("strong"), make("span")),
      update: (row, { state, name, text }) => {
        row.dataset.check = state;
        const [label, said] = row.children;
        if (label) write(label, name);
        if (said) write(said, text);
      },
    });
    const failed = list.some(({ state }) => state === "fails");
    writeOrHide(
      must("#summary"),
      allWell(list) ? t("All is well. On stage it will be the same.") : failed ? t("Something does not work yet: see below.") : "",
    );
    mark(must("main"), "well", String(allWell(list)));
  }
}
