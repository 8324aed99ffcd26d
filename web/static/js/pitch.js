// The pitcher's desk: check the devices, be ready in the green room, pitch with the clock and the slides in view.

import { watchCall } from "./calls/asking.js";
import { ask } from "./lib/ask.js";
import { must } from "./lib/dom.js";
import { t } from "./lib/i18n.js";
import { icon } from "./lib/icons.js";
import { page, ready } from "./lib/page.js";
import { watchWho } from "./lib/who.js";
import { LineCheck } from "./line/check.js";
import { LineView } from "./line/view.js";
import { showConnection } from "./live/banner.js";
import "./live/clock.js";
import { connect } from "./live/live.js";
import { drawMeter } from "./pitch/devicepanel.js";
import { Devices } from "./pitch/devices.js";
import { DeskView } from "./pitch/deskview.js";
import { Intent } from "./pitch/intent.js";
import { NameCard } from "./pitch/namecard.js";
import { OneTab } from "./pitch/onetab.js";
import { Sending } from "./pitch/sending.js";
import { Slides } from "./pitch/slides.js";

/** The meter moves this often, ms. */
const METER_EVERY = 80;
/** What is said of this moment is looked through this often, ms: a sentence about 0:00 is over with it. */
const WORDS_EVERY = 250;

const { room: place, person, projects, language } = page;
const project = person.project ?? "";
const live = connect(page.live);
const tab = new OneTab(`roadshow.pitch.${person.id}`);
const intent = new Intent(`roadshow.pitch.${person.id}`);
const devices = new Devices("roadshow.devices");
const slides = new Slides(page, projects[project]?.name ?? "");
const card = new NameCard(projects[project]?.name ?? "", language);
const parts = { live, tab, intent, devices, slides, card };
const sending = new Sending(page, project, parts);
const view = new DeskView({ id: project, projects, language }, { ...parts, sending });
const clock = /** @type {import("./live/clock.js").ShowClock} */ (must("show-clock"));

const line = new LineCheck(page.line);
new LineView(line, page.line.port);
sending.uprate = () => line.uprate;
intent.onchange = () => view.draw();
sending.addEventListener("change", () => view.draw());
sending.addEventListener("quality", () => view.drawQuality());
slides.addEventListener("change", () => view.draw());

/** @param {string} selector @param {() => unknown} action */
function onClick(selector, action) {
  must(selector).addEventListener("click", (event) => {
    // A button that was pressed by pointer keeps no focus: the space bar, meant for the next slide, would press it again.
    if (event.detail > 0 && event.currentTarget instanceof HTMLElement) event.currentTarget.blur();
    void action();
  });
}

/** @param {import("./pitch/slides.js").SlidesMode} mode */
function show(mode) {
  return slides.choose(mode).then(() => slides.refused || intent.mean({ slides: slides.mode }));
}

async function end() {
  const text = t("The clock goes on, and nobody sees or hears you until you come back.");
  if ((await ask({ title: t("Leave the stage?"), text, yes: t("Leave the stage"), danger: true })) !== null) sending.stop();
}

/** @param {number} step */
function turn(step) {
  if (slides.mode !== "deck" || !slides.deck) return;
  slides.go(slides.deck.index + step);
  intent.mean({ index: slides.deck.index });
}

/** @param {Partial<import("./pitch/intent.js").Meant>} changes */
function mean(changes) {
  intent.mean(changes);
  sending.apply();
}

onClick("#go", () => {
  line.stop(); // both would have half a line each
  return sending.start();
});
onClick("#leave", () => sending.stop());
onClick("#end", end);
onClick("#devices", () => view.turnDevices());
onClick("#share-again", () => show("screen"));
onClick("#show-deck", () => show("deck"));
onClick("#take-over", () => sending.takeOver());
for (const again of ["#check", "#again"]) onClick(again, () => devices.open().then(() => sending.apply()));
onClick("#microphone", () => mean({ muted: !intent.now.muted }));
onClick("#camera", () => mean({ hidden: !intent.now.hidden }));
onClick("#previous", () => turn(-1));
onClick("#following", () => turn(1));
for (const mode of /** @type {const} */ (["deck", "screen", "none"])) {
  onClick(`#slides-choice [value=${mode}]`, () => show(mode));
}
for (const kind of /** @type {const} */ (["camera", "microphone"])) {
  const select = /** @type {HTMLSelectElement} */ (must(`#choose-${kind}`));
  select.addEventListener("change", () => void devices.choose(kind, select.value));
}

must(".pitch-check").addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || must("main").dataset.view !== "stage") return;
  view.turnDevices(false);
  must("#devices").focus();
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input, select, textarea, dialog")) return;
  const onButton = Boolean(target?.closest("button, a"));
  /** @type {Record<string, number>} */
  const steps = { ArrowRight: 1, PageDown: 1, ArrowDown: 1, " ": onButton ? 0 : 1, ArrowLeft: -1, PageUp: -1, ArrowUp: -1 };
  const step = steps[event.key];
  if (!step || slides.mode !== "deck") return;
  event.preventDefault();
  turn(step);
});

if (slides.deck) must("#deck").append(slides.deck.canvas);
must(".pitch-preview").prepend(card.canvas);
must("#devices").prepend(icon("settings"));
setInterval(() => drawMeter(devices, intent.now.muted), METER_EVERY);

setInterval(() => view.drawWords(), WORDS_EVERY);

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
  sending.publisher?.check();
  slides.check();
});
clock.now = live.now;
live.follow(place.id, (now) => {
  sending.room = now;
  clock.session = now.session;
  view.draw();
});
watchCall(live, place.id, "pitcher");
view.draw();
tab.ask();
watchWho();
ready();
