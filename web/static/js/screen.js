// The hall's screen: who is on, the clock across the hall, and the podium. It changes by itself, nobody touches it.

import { drawAwardLine } from "./ceremony/awardresult.js";
import { shownNow } from "./ceremony/cardwords.js";
import { asCeremony } from "./ceremony/overall.js";
import "./ceremony/podium.js";
import "./ceremony/shown.js";
import { keyed, make, must, write } from "./lib/dom.js";
import { dotted, formatDuration, formatTime, t } from "./lib/i18n.js";
import { page, ready } from "./lib/page.js";
import { showConnection } from "./live/banner.js";
import "./live/clock.js";
import { words } from "./live/heads.js";
import { overdue } from "./live/countdown.js";
import { connect } from "./live/live.js";
import "./media/stage.js";

/** @typedef {import("./live/follow.js").Room} Room */
/** @typedef {import("./live/protocol.js").SlotView} SlotView */
/** As many as there is room for under the clock. */
const MOST_COMING = 4;

/** @typedef {"before"|"next"|"show"|"cards"|"wait"|"podium"} Scene */

const live = connect(page.live);
const stage = /** @type {import("./media/stage.js").RoomStage} */ (must("room-stage"));
const clock = /** @type {import("./live/clock.js").ShowClock} */ (must(".hall-side show-clock"));
const shown = /** @type {import("./ceremony/shown.js").ShownCards} */ (must("shown-cards"));
const podium = /** @type {import("./ceremony/podium.js").PodiumReveal} */ (must("podium-reveal"));

showConnection(live, must("#connection"), t("Reconnecting. The clock goes on."));
stage.connect(page, live);
clock.now = live.now;
podium.projects = shown.projects = page.projects;
shown.judges = page.judges ?? {};

/**
 * @param {Room} room
 * @returns {Scene}
 */
function sceneOf(room) {
  if (room.ceremony.state !== "sealed") return "podium";
  if (shownNow(room)) return "cards";
  const slots = room.rundown.slots;
  if (room.session.over) return "wait";
  if (room.session.phase !== "standby" && room.session.phase !== "closed") return "show";
  return slots.some((slot) => slot.status === "done" || slot.status === "live") ? "next" : "before";
}

/** @param {Room} room */
function draw(room) {
  const scene = sceneOf(room);
  document.body.dataset.scene = scene;
  must(".hall-show").hidden = scene !== "show";
  must("#card").hidden = scene === "show" || scene === "cards" || scene === "podium";
  must("#podium").hidden = scene !== "podium";
  shown.shown = shownNow(room);
  stage.room = room;
  clock.session = room.session;
  podium.ceremony = room.ceremony;
  drawHeads(room, scene === "before" || scene === "next" || scene === "wait");
  drawOverall(room);
  drawProject(room);
  drawComing(room);
  drawCard(scene, room);
  drawAwardLine(must("#award"), room.audience, page.projects);
}

/** Between projects, for whoever takes a picture: what the published record can be held against. @param {Room} room @param {boolean} on */
function drawHeads({ heads: { rules, heads } }, on) {
  const newest = heads.at(-1);
  must("#heads").hidden = !on;
  write(must("#heads [data-rules]"), inFours(rules));
  write(must("#heads [data-when]"), newest ? words(newest) : "");
  write(must("#heads [data-head]"), newest ? inFours(newest.hash) : "");
}

/** @param {string} hash */
function inFours(hash) {
  return hash.match(/.{1,16}/g)?.join(" ") ?? "";
}

/** The podium of all fields takes the place of this one's. @param {Room} room */
function drawOverall({ overall }) {
  const all = /** @type {import("./ceremony/podium.js").PodiumReveal|null} */ (document.querySelector("podium-reveal[data-overall]"));
  if (!all) return;
  const on = overall.stands;
  podium.hidden = on;
  all.hidden = !on;
  write(must("#title"), on ? t("All fields together") : page.room.title);
  all.projects = page.all_projects ?? {};
  all.ceremony = asCeremony(overall);
}

/** @param {Room} room */
function drawProject(room) {
  const { session, rundown } = room;
  const project = page.projects[session.project ?? ""];
  const position = rundown.slots.findIndex((slot) => slot.slot === session.slot);
  must("#now-label").textContent =
    position < 0 ? "" : t("Project {number} of {total}", { number: position + 1, total: rundown.slots.length });
  must("#now-name").textContent = project?.name ?? "";
  must("#now-line").textContent = project?.one_liner ?? "";
  must("#now-team").textContent = dotted([project?.team, project?.place]);
  must("#order").replaceChildren(...rundown.slots.map((slot) => dot(slot, slot.slot === session.slot)));
}

/** Who comes after the project on stage, and when. @param {Room} room */
function drawComing({ session, rundown }) {
  const coming = rundown.slots.filter((slot) => slot.status === "waiting" && slot.slot !== session.slot);
  must("#coming").hidden = !coming.length;
  keyed(must("#coming-slots"), coming.slice(0, MOST_COMING), {
    key: (slot) => slot.slot,
    create: (slot) => make("li", "", make("time", "figures"), make("span", "", nameOf(slot))),
    update: (row, slot) => write(/** @type {Element} */ (row.firstElementChild), formatTime(slot.planned_at)),
  });
}

/**
 * @param {SlotView} slot
 * @param {boolean} on
 */
function dot(slot, on) {
  const item = document.createElement("li");
  item.dataset.status = on ? "live" : slot.status;
  return item;
}

/** What the card counts down to; null: nothing. @type {number|null} */
let begins = null;

/**
 * @param {Scene} scene
 * @param {Room} room
 */
function drawCard(scene, room) {
  const coming =
    room.rundown.slots.find((slot) => slot.slot === room.session.slot && slot.status !== "done") ??
    room.rundown.slots.find((slot) => slot.status === "waiting");
  const project = coming ? page.projects[coming.project] : undefined;
  begins = scene === "before" ? (coming?.planned_at ?? page.room.starts_at) : null;
  switch (scene) {
    case "before":
      say(t("Begins at {time}", { time: formatTime(begins ?? 0) }), page.room.title, "");
      break;
    case "next":
      say(t("Next on stage"), project?.name ?? "", project?.one_liner ?? "");
      break;
    case "wait":
      say(t("The pitches are over"), t("The jury decides"), t("The places are announced here, third to first."));
      break;
    case "show":
    case "cards":
    case "podium":
      break;
  }
  tick();
}

/**
 * @param {string} label
 * @param {string} title
 * @param {string} line
 */
function say(label, title, line) {
  must("#card-label").textContent = label;
  must("#card-title").textContent = title;
  must("#card-line").textContent = line;
}

/** @type {number|undefined} */
let timer;

/** The countdown to the beginning, in words that change once a minute, in the last one once a second. */
function tick() {
  clearTimeout(timer);
  if (begins === null) return;
  const left = begins - live.now();
  const step = left > 60_000 ? 60_000 : 1_000;
  must("#card-line").textContent = left > 0 ? t("in {time}", { time: formatDuration(Math.ceil(left / step) * step) }) : overdue(left);
  timer = setTimeout(tick, left > 0 ? Math.min(left % 1_000 || 1_000, 1_000) : 1_000);
}

/** @param {SlotView} slot */
function nameOf(slot) {
  return page.projects[slot.project]?.name ?? slot.project;
}

live.follow(page.room.id, draw);

// Screens in halls must not go dark; a browser that cannot promise it is set up by the technician.
async function stayAwake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // Refused, for instance on battery: the next time the page shows.
  }
}
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void stayAwake());
void stayAwake();
ready();
