// A practice room: see and hear what others would, and a checklist of what works.

import { must } from "./lib/dom.js";
import { page, ready } from "./lib/page.js";
import { watchWho } from "./lib/who.js";
import { LineCheck } from "./line/check.js";
import { LineView } from "./line/view.js";
import "./media/stage.js";
import { drawMeter, isHeard } from "./pitch/devicepanel.js";
import { Devices } from "./pitch/devices.js";
import { Slides } from "./pitch/slides.js";
import { Trial } from "./practice/trial.js";
import { PracticeView, practiceSlate } from "./practice/view.js";

/** The meter moves this often, ms. */
const METER_EVERY = 80;

const devices = new Devices("roadshow.devices");
const slides = new Slides(page, page.projects[page.person.project ?? ""]?.name ?? "");
const stage = /** @type {import("./media/stage.js").RoomStage} */ (must("room-stage"));
const parts = { devices, slides, stage };
const trial = new Trial(page, parts);
const view = new PracticeView(trial, parts);

const line = new LineCheck(page.line);
new LineView(line, page.line.port);
trial.uprate = () => line.uprate;

stage.slateFor = (_room, _projects, connection) => practiceSlate(connection, devices.tracks.camera !== null);
trial.addEventListener("change", () => view.draw());
trial.addEventListener("line", () => view.drawLine());

/** @param {string} selector @param {() => unknown} action */
function onClick(selector, action) {
  must(selector).addEventListener("click", () => void action());
}

onClick("#go", () => {
  line.stop(); // both would have half a line each
  return trial.start();
});
must("#line-start").addEventListener("click", () => trial.stop(), { capture: true });
onClick("#stop", () => trial.stop());
for (const again of ["#check", "#again"]) onClick(again, () => devices.open());
onClick("#previous", () => slides.go((slides.deck?.index ?? 0) - 1));
onClick("#following", () => slides.go((slides.deck?.index ?? 0) + 1));
for (const mode of /** @type {const} */ (["deck", "screen", "none"])) {
  onClick(`#slides-choice [value=${mode}]`, () => slides.choose(mode));
}
for (const kind of /** @type {const} */ (["camera", "microphone"])) {
  const select = /** @type {HTMLSelectElement} */ (must(`#choose-${kind}`));
  select.addEventListener("change", () => void devices.choose(kind, select.value));
}

if (slides.deck) must("#deck").append(slides.deck.canvas);
setInterval(() => {
  drawMeter(devices, false);
  if (isHeard(devices)) view.heard();
}, METER_EVERY);
void slides.choose("deck");
view.draw();
watchWho();
ready();
