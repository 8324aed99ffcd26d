// The pitcher's desk: check the devices, be ready in the green room, pitch with the clock and the slides in view.

import { must } from "./lib/dom.js";
import { t } from "./lib/i18n.js";
import { page, ready } from "./lib/page.js";
import { watchWho } from "./lib/who.js";
import { showConnection } from "./live/banner.js";
import "./live/clock.js";
import { connect } from "./live/live.js";
import { drawMeter } from "./pitch/devicepanel.js";
import { Devices } from "./pitch/devices.js";
import { DeskView } from "./pitch/deskview.js";
import { Intent } from "./pitch/intent.js";
import { OneTab } from "./pitch/onetab.js";
import { Sending } from "./pitch/sending.js";
import { Slides } from "./pitch/slides.js";

/** The meter moves this often, ms. */
const METER_EVERY = 80;

const { room: place, person, projects, language } = page;
const project = person.project ?? "";
const live = connect(page.live);
const tab = new OneTab(`roadshow.pitch.${person.id}`);
const intent = new Intent(`roadshow.pitch.${person.id}`);
const devices = new Devices("roadshow.devices");
const slides = new Slides(page, projects[project]?.name ?? "");
const parts = { live, tab, intent, devices, slides };
const sending = new Sending(page, project, parts);
const view = new DeskView({ id: project, projects, language }, { ...parts, sending });
const clock = /** @type {import("./live/clock.js").ShowClock} */ (must("show-clock"));

intent.onchange = () => view.draw();
sending.addEventListener("change", () => view.draw());
sending.addEventListener("quality", () => view.drawQuality());
slides.addEventListener("change", () => view.draw());

/** @param {string} selector @param {() => unknown} action */
function onClick(selector, action) {
  must(selector).addEventListener("click", () => void action());
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

onClick("#go", () => sending.start());
onClick("#leave", () => sending.stop());
onClick("#take-over", () => sending.takeOver());
for (const again of ["#check", "#again"]) onClick(again, () => devices.open().then(() => sending.apply()));
onClick("#microphone", () => mean({ muted: !intent.now.muted }));
onClick("#camera", () => mean({ hidden: !intent.now.hidden }));
onClick("#previous", () => turn(-1));
onClick("#following", () => turn(1));
for (const mode of /** @type {const} */ (["deck", "screen", "none"])) {
  onClick(`#slides-choice [value=${mode}]`, () => slides.choose(mode).then(() => intent.mean({ slides: slides.mode })));
}
for (const kind of /** @type {const} */ (["camera", "microphone"])) {
  const select = /** @type {HTMLSelectElement} */ (must(`#choose-${kind}`));
  select.addEventListener("change", () => void devices.choose(kind, select.value));
}

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
setInterval(() => drawMeter(devices, intent.now.muted), METER_EVERY);

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
view.draw();
tab.ask();
watchWho();
ready();
