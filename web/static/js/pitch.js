// The pitcher's desk: check the devices, be ready in the green room, pitch with the clock and the slides in view.

import { must, writeOrHide } from "./lib/dom.js";
import { formatTime, ownZone, t } from "./lib/i18n.js";
import { icon } from "./lib/icons.js";
import { keep, kept } from "./lib/kept.js";
import { page } from "./lib/page.js";
import { showConnection } from "./live/banner.js";
import "./live/clock.js";
import { connect } from "./live/live.js";
import { Publisher } from "./media/whip.js";
import { newCanvas, drawSlide } from "./pitch/deck.js";
import { drawDevices, drawMeter } from "./pitch/devicepanel.js";
import { Devices } from "./pitch/devices.js";
import { OneTab } from "./pitch/onetab.js";
import { cue, hasPitched, situation, standing } from "./pitch/situation.js";
import { Slides } from "./pitch/slides.js";

/** @typedef {import("./live/follow.js").Room} Room */
/** @typedef {import("./pitch/devices.js").Kind} Kind */
/** @typedef {import("./pitch/slides.js").SlidesMode} SlidesMode */
/** What this tab means to do, kept over a reload. */
/** @typedef {{wanted: boolean, muted: boolean, hidden: boolean, slides: SlidesMode, index: number}} Intent */

const { room: place, person, projects } = page;
const project = person.project ?? "";
const INTENT_KEY = `roadshow.pitch.${person.id}`;
/** The meter moves this often, ms. */
const METER_EVERY = 80;
/** So long the room, or the lost connection to it, may take to tell why a session ended, ms. */
const ASK_FOR = 1_500;
const ASK_EVERY = 100;

const intent = recall();
const live = connect(page.live);
const tab = new OneTab(`roadshow.pitch.${person.id}`);
const devices = new Devices("roadshow.devices");
const slides = new Slides(page, projects[project]?.name ?? "");
/** @type {Publisher|null} */
let publisher = null;
/** @type {Room|null} */
let room = null;
let sent = /** @type {MediaStreamTrack[]} */ ([]);

const main = must("main");
const clock = /** @type {import("./live/clock.js").ShowClock} */ (must("show-clock"));
const go = /** @type {HTMLButtonElement} */ (must("#go"));
const leave = /** @type {HTMLButtonElement} */ (must("#leave"));
const check = /** @type {HTMLButtonElement} */ (must("#check"));
const microphone = /** @type {HTMLButtonElement} */ (must("#microphone"));
const camera = /** @type {HTMLButtonElement} */ (must("#camera"));
const previous = /** @type {HTMLButtonElement} */ (must("#previous"));
const following = /** @type {HTMLButtonElement} */ (must("#following"));
const screen = /** @type {HTMLVideoElement} */ (must("#screen"));
const nextSlide = newCanvas();
const choices = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("#slides-choice button"));

/** @returns {Intent} */
function recall() {
  const first = { wanted: false, muted: false, hidden: false, slides: /** @type {SlidesMode} */ ("deck"), index: 0 };
  try {
    return { ...first, ...JSON.parse(kept("session", INTENT_KEY) ?? "{}") };
  } catch {
    return first;
  }
}

/** @param {Partial<Intent>} changes */
function mean(changes) {
  Object.assign(intent, changes);
  keep("session", INTENT_KEY, JSON.stringify(intent));
  draw();
}

// Going live ---------------------------------------------------------------------------------------------------------

async function ready() {
  mean({ wanted: true });
  if (!devices.ready) await devices.open();
  send();
}

function off() {
  mean({ wanted: false });
  send();
}

/** Make the connections what they should be. */
function send() {
  const { microphone: voice, camera: picture } = devices.tracks;
  if (voice) voice.enabled = !intent.muted;
  if (picture) picture.enabled = !intent.hidden;
  const tracks = devices.list;
  const on = intent.wanted && tab.state === "held" && tracks.length > 0;
  slides.send(on);
  if (!on) {
    publisher?.stop();
    publisher = null;
  } else if (!publisher) {
    publisher = new Publisher(page.whip, page.publish_token, { tracks });
    publisher.addEventListener("state", draw);
    publisher.addEventListener("stats", drawQuality);
    publisher.addEventListener("replaced", () => tab.yield());
    publisher.mayReturn = mayReturn;
    publisher.start();
  } else if (tracks.some((track, at) => track !== sent[at]) || tracks.length !== sent.length) {
    void publisher.replace(tracks);
  } else if (publisher.state === "refused") publisher.start();
  sent = tracks;
  draw();
}

/** Whether the room has this project's camera or microphone. */
function published() {
  const own = new Set([`${project}/camera`, `${project}/microphone`]);
  return room !== null && room.stage.sources.some(({ source }) => own.has(source));
}

/** The server ended the session. If the room goes on having this project's camera, another device has taken the stage. */
async function mayReturn() {
  const until = performance.now() + ASK_FOR;
  while (live.state === "open" && published()) {
    if (performance.now() > until) return false;
    await new Promise((done) => setTimeout(done, ASK_EVERY));
  }
  return true;
}

/** Take the desk from another tab or device, and its place on the stage with it. */
function takeOver() {
  if (published()) mean({ wanted: true });
  tab.take();
}

async function begin() {
  if (tab.state !== "held") {
    devices.close();
    return send();
  }
  if (intent.slides !== "screen") await slides.choose(intent.slides);
  slides.go(intent.index);
  if (intent.wanted || (await permitted())) await devices.open();
  send();
}

/** Whether the browser has been asked before, so that asking again opens no question. */
async function permitted() {
  try {
    const name = /** @type {PermissionName} */ ("camera");
    return (await navigator.permissions.query({ name })).state === "granted";
  } catch {
    return false;
  }
}

// Showing ------------------------------------------------------------------------------------------------------------

function draw() {
  const { turn, seen } = standing(room, project);
  const now = situation(room, project, publisher?.state ?? "idle");
  const elsewhere = tab.state === "elsewhere";
  main.dataset.view = elsewhere ? "elsewhere" : intent.wanted && (turn || seen) ? "stage" : "prepare";
  main.dataset.state = now.kind;
  const badge = must("#state");
  badge.className = `badge ${{ stage: "live", seen: "live", green: "good", restoring: "warn", full: "warn", refused: "bad", missed: "bad" }[String(now.kind)] ?? ""}`;
  writeOrHide(badge, now.word);
  writeOrHide(must("#state-text"), publisher?.blocked ? t("Your network seems to block video. Try another network, or a phone's.") : now.text);
  writeOrHide(must("#cue"), cue(room, project));
  drawPlan(turn);
  drawButtons(now.kind);
  drawDevices(devices, intent.hidden);
  drawSlides();
  drawQuality();
}

/** @param {boolean} turn */
function drawPlan(turn) {
  const slot = room?.rundown.slots.find((one) => one.project === project);
  const other = room?.session.project && room.session.project !== project ? projects[room.session.project] : undefined;
  const running = room && room.session.phase !== "standby" && room.session.phase !== "closed";
  writeOrHide(must("#on-now"), other && running ? t("On stage now: {project}", { project: other.name }) : "");
  clock.hidden = !turn && !running;
  main.dataset.clock = clock.hidden ? "off" : "on";
  const waits = slot?.status === "waiting" && !running && slot.planned_at > live.now() ? slot.planned_at : null;
  const own = waits === null ? "" : formatTime(waits, ownZone());
  const there = waits === null ? "" : formatTime(waits);
  writeOrHide(
    must("#planned"),
    waits === null ? "" : own === there ? t("Planned for {time}", { time: own }) : t("Planned for {time} your time, {there} at the event", { time: own, there }),
  );
}

/** @param {import("./pitch/situation.js").SituationKind} kind */
function drawButtons(kind) {
  go.hidden = intent.wanted && kind !== "off" && kind !== "missed" && kind !== "refused";
  const opening = devices.asking || (intent.wanted && !publisher && devices.ready);
  go.setAttribute("aria-busy", String(opening));
  writeOrHide(must("#go-word"), kind === "missed" ? t("Go on stage now") : t("I am ready"));
  leave.hidden = !publisher || main.dataset.view === "stage" || kind === "refused";
  must("#watch").hidden = !hasPitched(room, project);
  const policy = room?.session.muted === true && room.session.project === project;
  const voice = devices.tracks.microphone;
  toggle(microphone, !intent.muted && voice !== null, intent.muted ? "microphone-off" : "microphone");
  microphone.dataset.policy = String(policy && !intent.muted);
  writeOrHide(
    must("#microphone-word"),
    !voice ? t("No microphone") : intent.muted ? t("Microphone off") : policy ? t("Cut off: time is up") : t("Microphone on"),
  );
  microphone.disabled = !voice;
  const picture = devices.tracks.camera;
  toggle(camera, !intent.hidden && picture !== null, intent.hidden ? "camera-off" : "camera");
  writeOrHide(must("#camera-word"), !picture ? t("No camera") : intent.hidden ? t("Camera off") : t("Camera on"));
  camera.disabled = !picture;
}

function drawSlides() {
  const { deck, mode } = slides;
  for (const choice of choices) {
    choice.setAttribute("aria-pressed", String(choice.value === mode));
    if (choice.value === "deck") choice.hidden = deck === null;
  }
  main.dataset.slides = mode;
  const index = deck?.index ?? 0;
  const count = deck?.length ?? 0;
  previous.disabled = mode !== "deck" || index === 0;
  following.disabled = mode !== "deck" || index >= count - 1;
  writeOrHide(must("#slide-number"), mode === "deck" ? t("Slide {number} of {count}", { number: index + 1, count }) : "");
  const next = mode === "deck" ? deck?.slide(index + 1) : undefined;
  must("#next-slide").hidden = !next;
  if (next) drawSlide(nextSlide, next, index + 1, count, { project: projects[project]?.name ?? "", language: page.language });
  if (screen.srcObject !== slides.screen) screen.srcObject = slides.screen;
  const lost = intent.slides === "screen" && mode === "none";
  let note = "";
  if (slides.refused) note = t("No screen was shared. Choose again, or show the deck.");
  else if (lost) note = t("The screen is not shared any more. Share it again, or show the deck.");
  else if (mode === "none") note = t("Only your camera is shown.");
  else if (intent.wanted && slides.state === "restoring") note = t("The slides are coming back.");
  else if (mode === "deck" && !hasPitched(room, project) && document.querySelectorAll(".languages a").length > 1) {
    note = t("Everybody sees the deck in the language of this page. Choose another above.");
  }
  writeOrHide(must("#slides-note"), note);
}

function drawQuality() {
  const quality = publisher?.state === "live" ? publisher.quality : null;
  const box = must("#quality");
  box.dataset.quality = quality ?? "none";
  writeOrHide(
    must("#quality-word"),
    quality === "good" ? t("Connection good") : quality === "fair" ? t("Connection fair") : quality === "poor" ? t("Connection weak") : t("Not connected"),
  );
}

/**
 * @param {HTMLButtonElement} button
 * @param {boolean} on
 * @param {import("./lib/icons.js").IconName} picture
 */
function toggle(button, on, picture) {
  button.setAttribute("aria-pressed", String(on));
  if (button.dataset.icon === picture) return;
  button.dataset.icon = picture;
  button.querySelector("svg")?.remove();
  button.prepend(icon(picture));
}

// What people do -----------------------------------------------------------------------------------------------------

/** @param {number} step */
function turn(step) {
  if (slides.mode !== "deck" || !slides.deck) return;
  slides.go(slides.deck.index + step);
  mean({ index: slides.deck.index });
}

/** @param {KeyboardEvent} event */
function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input, select, textarea, dialog")) return;
  const onButton = target?.closest("button, a") !== null && target !== null;
  /** @type {Record<string, number>} */
  const steps = { ArrowRight: 1, PageDown: 1, ArrowDown: 1, " ": onButton ? 0 : 1, ArrowLeft: -1, PageUp: -1, ArrowUp: -1 };
  const step = steps[event.key];
  if (!step || slides.mode !== "deck") return;
  event.preventDefault();
  turn(step);
}

go.addEventListener("click", () => void ready());
leave.addEventListener("click", off);
check.addEventListener("click", () => void devices.open().then(send));
must("#again").addEventListener("click", () => void devices.open().then(send));
must("#take-over").addEventListener("click", takeOver);
microphone.addEventListener("click", () => {
  mean({ muted: !intent.muted });
  send();
});
camera.addEventListener("click", () => {
  mean({ hidden: !intent.hidden });
  send();
});
previous.addEventListener("click", () => turn(-1));
following.addEventListener("click", () => turn(1));
for (const choice of choices) {
  choice.addEventListener("click", () => {
    const mode = /** @type {SlidesMode} */ (choice.value);
    void slides.choose(mode).then(() => mean({ slides: slides.mode }));
  });
}
for (const kind of /** @type {Kind[]} */ (["camera", "microphone"])) {
  const select = /** @type {HTMLSelectElement} */ (must(`#choose-${kind}`));
  select.addEventListener("change", () => void devices.choose(kind, select.value));
}
document.addEventListener("keydown", key);

devices.addEventListener("change", send);
slides.addEventListener("change", draw);
tab.addEventListener("change", () => void begin());
if (slides.deck) must("#deck").append(slides.deck.canvas);
must("#next-slide").append(nextSlide);
setInterval(() => drawMeter(devices, intent.muted), METER_EVERY);

let away = false;
showConnection(
  live,
  must("#connection"),
  t("Reconnecting. Go on: the clock keeps running by the server's time."),
  t("This desk is no longer connected. Reload the page, or ask the organiser for a new link."),
);
live.onstate(({ state }) => {
  if (state === "waiting") away = true;
  if (state !== "open" || !away) return;
  away = false;
  publisher?.check();
  slides.check();
});
clock.now = live.now;
live.follow(place.id, (now) => {
  room = now;
  clock.phase = now.session.phase;
  clock.clock = now.session.clock;
  draw();
});
draw();
tab.ask();
