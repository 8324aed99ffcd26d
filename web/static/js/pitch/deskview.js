// The pitcher's desk as it looks: the state in a word, what comes next, the buttons, the slides, the connection.

import { mark, must, write, writeOrHide } from "../lib/dom.js";
import { formatTime, ownZone, t } from "../lib/i18n.js";
import { icon } from "../lib/icons.js";
import { controls, goLabel, leaveLabel, viewOf } from "./controls.js";
import { drawSlide, newCanvas } from "./deck.js";
import { drawDevices } from "./devicepanel.js";
import { cue, situation, slidesNote, standing } from "./situation.js";
import { drawSlidePanel } from "./slidepanel.js";

/**
 * @typedef {import("./situation.js").Desk} Desk
 * @typedef {import("./situation.js").SituationKind} SituationKind
 * @typedef {import("./controls.js").Control} Control
 * @typedef {{id: string, projects: Record<string, {name: string}>, language: string}} Project its id, and the names of all
 * @typedef {import("./sending.js").Parts & {sending: import("./sending.js").Sending}} Parts
 */

/** @type {Partial<Record<SituationKind, string>>} */
const BADGES = { stage: "live", seen: "live", green: "good", aside: "warn", restoring: "warn", full: "warn", refused: "bad", missed: "bad" };
/** Controls that are not there when they cannot be used. @type {readonly Control[]} */
const COME_AND_GO = ["go", "leave", "end", "practice", "watch", "devices", "share-again", "show-deck"];

export class DeskView {
  #project;
  #parts;
  /** The panel of the devices is open, on stage. */
  #open = false;
  #troubled = false;
  #nextSlide = newCanvas();
  #main = must("main");
  #microphone = /** @type {HTMLButtonElement} */ (must("#microphone"));
  #camera = /** @type {HTMLButtonElement} */ (must("#camera"));

  /** @param {Project} project @param {Parts} parts */
  constructor(project, parts) {
    this.#project = project;
    this.#parts = parts;
    must("#next-slide").append(this.#nextSlide);
  }

  /** What is known, for those who decide. @returns {Desk} */
  get desk() {
    const { sending, intent, devices, slides, live } = this.#parts;
    const { wanted, hidden, muted, slides: was } = intent.now;
    const { mode, refused, state, canShare } = slides;
    const { camera, microphone } = devices.tracks;
    return {
      room: sending.room,
      project: this.#project.id,
      now: live.now(),
      wanted,
      media: sending.state,
      blocked: sending.publisher?.blocked ?? false,
      unseen: sending.seen.text,
      camera: camera !== null,
      microphone: microphone !== null,
      hidden,
      muted,
      slides: { mode, was, refused, state, canShare, deck: slides.deck !== null },
    };
  }

  draw() {
    const { tab, devices, intent } = this.#parts;
    const { desk } = this;
    const now = situation(desk);
    mark(this.#main, "view", tab.state === "elsewhere" ? "elsewhere" : viewOf(desk));
    mark(this.#main, "state", now.kind);
    must("#state").className = `badge ${BADGES[now.kind] ?? ""}`;
    this.#drawPlan(desk);
    this.#drawControls(desk);
    drawDevices(devices, intent.now.hidden);
    this.#openWhenTroubled();
    this.#drawSlides();
    this.drawWords();
    this.drawQuality();
  }

  /** What is told of this moment: the clock alone may change it. */
  drawWords() {
    const { desk } = this;
    const { word, text } = situation(desk);
    writeOrHide(must("#state"), word);
    writeOrHide(must("#state-text"), text);
    writeOrHide(must("#cue"), cue(desk));
    writeOrHide(must("#slides-note"), slidesNote(desk, document.querySelectorAll(".languages a").length > 1));
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

  /** Open the panel of the devices, or close it. */
  turnDevices(open = !this.#open) {
    this.#open = open;
    mark(this.#main, "devices", open ? "open" : "closed");
    must("#devices").setAttribute("aria-expanded", String(open));
  }

  /** Whoever has to choose another device finds where, even on stage. */
  #openWhenTroubled() {
    const { problems, failed } = this.#parts.devices;
    const troubled = Boolean(problems.camera ?? problems.microphone ?? failed.camera ?? failed.microphone);
    if (troubled && !this.#troubled) this.turnDevices(true);
    this.#troubled = troubled;
  }

  /** @param {Desk} desk */
  #drawPlan({ room, project, now }) {
    const { projects } = this.#project;
    const { turn } = standing(room, project);
    const slot = room?.rundown.slots.find((one) => one.project === project);
    const other = room?.session.project && room.session.project !== project ? projects[room.session.project] : undefined;
    const running = room && room.session.phase !== "standby" && room.session.phase !== "closed";
    writeOrHide(must("#on-now"), other && running ? t("On stage now: {project}", { project: other.name }) : "");
    const clock = must("show-clock");
    clock.hidden = !turn && !running;
    mark(this.#main, "clock", clock.hidden ? "off" : "on");
    const waits = slot?.status === "waiting" && !running && slot.planned_at > now;
    writeOrHide(must("#planned"), waits ? planned(slot.planned_at) : "");
  }

  /** @param {Desk} desk */
  #drawControls(desk) {
    const { devices, sending } = this.#parts;
    const there = controls(desk);
    for (const control of COME_AND_GO) must(`#${control}`).hidden = !there.has(control);
    must("#line-check").hidden = !there.has("practice"); // as long as the line is not needed for the show
    const lost = there.has("share-again") || there.has("show-deck");
    must("#slides-lost").hidden = !lost;
    mark(this.#main, "lost", String(lost));
    /** @type {NodeListOf<HTMLButtonElement>} */
    const choices = document.querySelectorAll("#slides-choice button");
    for (const choice of choices) choice.hidden = !there.has(/** @type {Control} */ (choice.value));
    must("#go").setAttribute("aria-busy", String(devices.asking || (desk.wanted && !sending.publisher && devices.ready)));
    writeOrHide(must("#go-word"), goLabel(desk));
    write(must("#leave"), leaveLabel(desk));

    const { muted, hidden, microphone, camera, room, project } = desk;
    const cutOff = room?.session.muted === true && room.session.project === project && !muted;
    toggle(this.#microphone, !muted && microphone, muted ? "microphone-off" : "microphone");
    this.#microphone.dataset.policy = String(cutOff);
    writeOrHide(
      must("#microphone-word"),
      !microphone ? t("No microphone") : muted ? t("Microphone off") : cutOff ? t("Cut off: time is up") : t("Microphone on"),
    );
    this.#microphone.disabled = !there.has("microphone");
    toggle(this.#camera, !hidden && camera, hidden ? "camera-off" : "camera");
    writeOrHide(must("#camera-word"), !camera ? t("No camera") : hidden ? t("Camera off") : t("Camera on"));
    this.#camera.disabled = !there.has("camera");
    mark(this.#main, "picture", devices.ready && (hidden || !camera) ? "card" : "camera");
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
