// The pitcher's desk as it looks: the state in a word, what comes next, the buttons, the slides, the connection.

import { must, writeOrHide } from "../lib/dom.js";
import { formatTime, ownZone, t } from "../lib/i18n.js";
import { icon } from "../lib/icons.js";
import { drawSlide, newCanvas } from "./deck.js";
import { drawDevices } from "./devicepanel.js";
import { cue, hasPitched, situation, standing } from "./situation.js";
import { drawSlidePanel } from "./slidepanel.js";

/**
 * @typedef {import("./situation.js").SituationKind} SituationKind
 * @typedef {{id: string, projects: Record<string, {name: string}>, language: string}} Project its id, and the names of all
 * @typedef {import("./sending.js").Parts & {sending: import("./sending.js").Sending}} Parts
 */

/** @type {Partial<Record<SituationKind, string>>} */
const BADGES = { stage: "live", seen: "live", green: "good", restoring: "warn", full: "warn", refused: "bad", missed: "bad" };

export class DeskView {
  #project;
  #parts;
  #nextSlide = newCanvas();
  #main = must("main");
  #go = must("#go");
  #microphone = /** @type {HTMLButtonElement} */ (must("#microphone"));
  #camera = /** @type {HTMLButtonElement} */ (must("#camera"));

  /** @param {Project} project @param {Parts} parts */
  constructor(project, parts) {
    this.#project = project;
    this.#parts = parts;
    must("#next-slide").append(this.#nextSlide);
  }

  draw() {
    const { sending, tab, intent, devices } = this.#parts;
    const { turn, seen } = standing(sending.room, this.#project.id);
    const now = situation(sending.room, this.#project.id, sending.state);
    const onStage = intent.now.wanted && (turn || seen);
    this.#main.dataset.view = tab.state === "elsewhere" ? "elsewhere" : onStage ? "stage" : "prepare";
    this.#main.dataset.state = now.kind;
    const badge = must("#state");
    badge.className = `badge ${BADGES[now.kind] ?? ""}`;
    writeOrHide(badge, now.word);
    const blocked = t("Your network seems to block video. Try another network, or a phone's.");
    writeOrHide(must("#state-text"), sending.publisher?.blocked ? blocked : this.#unseen() || now.text);
    writeOrHide(must("#cue"), cue(sending.room, this.#project.id));
    this.#drawPlan(turn);
    this.#drawButtons(now.kind);
    drawDevices(devices, intent.now.hidden);
    this.#drawSlides();
    this.drawQuality();
  }

  /** Why it is not seen, while it is sent. */
  #unseen() {
    const { sending, intent } = this.#parts;
    return sending.state === "live" && !intent.now.hidden ? sending.seen.text : "";
  }

  drawQuality() {
    const { publisher } = this.#parts.sending;
    const quality = publisher?.state === "live" ? publisher.quality : null;
    must("#quality").dataset.quality = quality ?? "none";
    writeOrHide(
      must("#quality-word"),
      quality === "good" ? t("Connection good") : quality === "fair" ? t("Connection fair") : quality === "poor" ? t("Connection weak") : t("Not connected"),
    );
  }

  /** @param {boolean} turn */
  #drawPlan(turn) {
    const { room } = this.#parts.sending;
    const { id, projects } = this.#project;
    const slot = room?.rundown.slots.find((one) => one.project === id);
    const other = room?.session.project && room.session.project !== id ? projects[room.session.project] : undefined;
    const running = room && room.session.phase !== "standby" && room.session.phase !== "closed";
    writeOrHide(must("#on-now"), other && running ? t("On stage now: {project}", { project: other.name }) : "");
    const clock = must("show-clock");
    clock.hidden = !turn && !running;
    this.#main.dataset.clock = clock.hidden ? "off" : "on";
    const waits = slot?.status === "waiting" && !running && slot.planned_at > this.#parts.live.now();
    writeOrHide(must("#planned"), waits ? planned(slot.planned_at) : "");
  }

  /** @param {SituationKind} kind */
  #drawButtons(kind) {
    const { sending, devices, intent } = this.#parts;
    const { wanted, muted, hidden } = intent.now;
    this.#go.hidden = wanted && kind !== "off" && kind !== "missed" && kind !== "refused";
    const opening = devices.asking || (wanted && !sending.publisher && devices.ready);
    this.#go.setAttribute("aria-busy", String(opening));
    writeOrHide(must("#go-word"), kind === "missed" ? t("Go on stage now") : t("I am ready"));
    must("#leave").hidden = !sending.publisher || this.#main.dataset.view === "stage" || kind === "refused";
    // Whoever is in the green room would leave it by going there.
    must("#practice").hidden = sending.publisher !== null;
    must("#watch").hidden = !hasPitched(sending.room, this.#project.id);
    const cutOff = sending.room?.session.muted === true && sending.room.session.project === this.#project.id;
    const { microphone: voice, camera: picture } = devices.tracks;
    toggle(this.#microphone, !muted && voice !== null, muted ? "microphone-off" : "microphone");
    this.#microphone.dataset.policy = String(cutOff && !muted);
    writeOrHide(
      must("#microphone-word"),
      !voice ? t("No microphone") : muted ? t("Microphone off") : cutOff ? t("Cut off: time is up") : t("Microphone on"),
    );
    this.#microphone.disabled = !voice;
    toggle(this.#camera, !hidden && picture !== null, hidden ? "camera-off" : "camera");
    writeOrHide(must("#camera-word"), !picture ? t("No camera") : hidden ? t("Camera off") : t("Camera on"));
    this.#camera.disabled = !picture;
  }

  #drawSlides() {
    const { slides } = this.#parts;
    drawSlidePanel(slides);
    const { deck, mode } = slides;
    const after = (deck?.index ?? 0) + 1;
    const next = mode === "deck" ? deck?.slide(after) : undefined;
    must("#next-slide").hidden = !next;
    const { id, projects, language } = this.#project;
    const caption = { project: projects[id]?.name ?? "", language };
    if (next) drawSlide(this.#nextSlide, next, after, deck?.length ?? 0, caption);
    writeOrHide(must("#slides-note"), this.#slidesNote());
  }

  #slidesNote() {
    const { sending, slides, intent } = this.#parts;
    if (slides.refused) return t("No screen was shared. Choose again, or show the deck.");
    if (intent.now.slides === "screen" && slides.mode === "none") return t("The screen is not shared any more. Share it again, or show the deck.");
    if (slides.mode === "none") return t("Only your camera is shown.");
    if (intent.now.wanted && slides.state === "restoring") return t("The slides are coming back.");
    const languages = document.querySelectorAll(".languages a").length;
    if (slides.mode !== "deck" || languages < 2 || hasPitched(sending.room, this.#project.id)) return "";
    return t("Everybody sees the deck in the language of this page. Choose another above.");
  }
}

/** When the slot is due, in the reader's time and the event's where they differ. @param {number} at */
function planned(at) {
  const own = formatTime(at, ownZone());
  const there = formatTime(at);
  return own === there ? t("Planned for {time}", { time: own }) : t("Planned for {time} your time, {there} at the event", { time: own, there });
}

/**
 * @param {HTMLButtonElement} button
 * @param {boolean} on
 * @param {import("../lib/icons.js").IconName} picture
 */
function toggle(button, on, picture) {
  button.setAttribute("aria-pressed", String(on));
  if (button.dataset.icon === picture) return;
  button.dataset.icon = picture;
  button.querySelector("svg")?.remove();
  button.prepend(icon(picture));
}
