// The audience's page: the stage, the clock, who is on, who comes next, and the podium when it is announced.

import { watchAward } from "./ceremony/award.js";
import "./ceremony/podium.js";
import { make, must, write, writeOrHide } from "./lib/dom.js";
import { dotted, formatDate, formatTime, ownZone, t, tn } from "./lib/i18n.js";
import { page, ready } from "./lib/page.js";
import { showConnection } from "./live/banner.js";
import "./live/clock.js";
import { connect } from "./live/live.js";
import "./media/stage.js";

/** @typedef {import("./live/follow.js").Room} Room */
/** @typedef {import("./live/protocol.js").SlotView} SlotView */

const { room: place, projects, time_zone: eventZone } = page;
const live = connect(page.live);
const stage = /** @type {import("./media/stage.js").RoomStage} */ (must("room-stage"));
const clock = /** @type {import("./live/clock.js").ShowClock} */ (must("show-clock"));
const podium = /** @type {import("./ceremony/podium.js").PodiumReveal} */ (must("podium-reveal"));
const main = must("main");
const now = must("#now");
const rundown = must("#rundown");
const viewers = must("#viewers");
const hint = must("#ceremony-hint");

/** What can be checked later: whoever unfolds it asks for its module. @type {import("./live/protocol.js").HeadsView | undefined} */
let heads;
/** Judges' cards, where the rules show them before the ceremony: only then is their module asked for. */
const shown = /** @type {import("./ceremony/shown.js").ShownCards | null} */ (document.querySelector("shown-cards"));
const cards = shown && Promise.all([import("./ceremony/cardwords.js"), import("./ceremony/shown.js")]);

/** The audience thinks in its own time; the event has one too. */
const elsewhere = formatTime(0, eventZone) !== formatTime(0, ownZone());

/** @param {Room} room */
function draw(room) {
  const { session, ceremony } = room;
  main.dataset.phase = session.phase;
  drawNow(room);
  drawRundown(room);
  const announcing = ceremony.announced.length > 0;
  main.dataset.ceremony = announcing ? "on" : "";
  podium.hidden = !announcing;
  hint.hidden = announcing || ceremony.state === "sealed";
  must("#zones").hidden = !elsewhere || !rundown.querySelector("time");
  podium.whenShown(() => (must("#all-results").hidden = ceremony.state !== "revealed"));
  // Whoever reads this watches: of nobody the count is only late.
  write(viewers, room.viewers > 0 ? tn("{count} person is watching", "{count} people are watching", room.viewers) : "");
}

/** @param {Room} room */
function drawNow({ session, rundown: { slots } }) {
  const project = session.project ? projects[session.project] : undefined;
  const waiting = slots.find((slot) => slot.status === "waiting" && slot.slot !== session.slot);
  const on = session.phase !== "standby" && session.phase !== "closed";
  now.hidden = session.over && session.phase === "closed";
  writeOrHide(must("#now-eyebrow"), on ? t("Now") : eyebrow(session.phase));
  writeOrHide(must("#now-name"), project?.name ?? place.title);
  writeOrHide(must("#now-line"), project?.one_liner ?? "");
  writeOrHide(must("#now-team"), dotted([project?.team, project?.place]));
  writeOrHide(must("#now-next"), waiting && session.phase !== "standby" ? t("Next: {project}", { project: projects[waiting.project]?.name ?? "" }) : "");
  now.dataset.on = String(on);
}

/** @param {import("./live/protocol.js").Phase} phase */
function eyebrow(phase) {
  return phase === "closed" ? t("Just pitched") : t("Next on stage");
}

/** @param {Room} room */
function drawRundown(room) {
  const { session } = room;
  // While a project is called, it is the next one itself.
  const called = session.phase === "standby" && session.slot !== null;
  const next = called ? undefined : room.rundown.slots.find((slot) => slot.status === "waiting" && slot.slot !== session.slot);
  const focused = document.activeElement instanceof HTMLAnchorElement ? document.activeElement.href : "";
  rundown.replaceChildren(...room.rundown.slots.map((slot, index) => row(room, slot, index, slot === next)));
  if (!focused || !document.activeElement || document.activeElement !== document.body) return;
  for (const link of rundown.querySelectorAll("a")) if (link.href === focused) link.focus();
}

/**
 * @param {Room} room
 * @param {SlotView} slot
 * @param {number} index
 * @param {boolean} isNext
 */
function row({ session }, slot, index, isNext) {
  const item = make("li");
  item.dataset.status = slot.status;
  const current = slot.slot === session.slot && slot.status !== "done" && slot.status !== "skipped";
  if (current) item.setAttribute("aria-current", "step");
  const project = projects[slot.project];
  const link = make("a", "", project?.name ?? slot.project);
  link.href = project?.url ?? "#";
  item.append(make("span", "watch-number figures", `${index + 1}`), link, status(slot, current && session.phase !== "standby", isNext || (current && session.phase === "standby")));
  return item;
}

/**
 * @param {SlotView} slot
 * @param {boolean} on
 * @param {boolean} next
 */
function status(slot, on, next) {
  if (on) return make("span", "badge live", t("Now"));
  if (slot.status === "done") return make("span", "badge done", t("Done"));
  if (slot.status === "skipped") return make("span", "badge", t("Skipped"));
  return next ? make("span", "badge next", t("Next")) : times(slot.planned_at);
}

/** @param {number} at */
function times(at) {
  const time = make("time", "", formatTime(at, ownZone()));
  time.dateTime = new Date(at).toISOString();
  time.title = formatDate(at, ownZone());
  const box = make("span", "watch-times", time);
  if (elsewhere) box.append(make("small", "muted figures", formatTime(at)));
  return box;
}

async function showHeads() {
  if (!heads || !(/** @type {HTMLDetailsElement} */ (must("#heads")).open)) return;
  const { drawHeads } = await import("./live/heads.js");
  drawHeads(must("#heads dl"), heads);
}

showConnection(live, must("#connection"), t("Reconnecting. The show goes on; this page catches up by itself."));

clock.now = live.now;
podium.projects = page.all_projects ?? projects;
void cards?.then(() => shown && Object.assign(shown, { projects, judges: page.judges ?? {} }));
stage.connect(page, live);
watchAward(live, place.id, projects, page.voters);
live.follow(place.id, (room) => {
  stage.room = room;
  clock.session = room.session;
  // That of all fields takes the place of this one's.
  heads = room.heads;
  void showHeads();
  podium.ceremony = room.overall.stands ? room.overall : room.ceremony;
  draw(room);
  void cards?.then(([{ shownNow }]) => shown && (shown.shown = shownNow(room)));
});
must("#heads").addEventListener("toggle", () => void showHeads());
ready();
