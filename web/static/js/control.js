// The control desk: rundown on the left, programme and green room in the middle, clock and judges on the right.

import { switchAward } from "./control/awardswitch.js";
import { watchMedia } from "./control/figures.js";
import { drawGreenRoom } from "./control/greenroom.js";
import { watchRooms } from "./control/roomtabs.js";
import { drawRundown } from "./control/rundown.js";
import { drawProgress, revoteStates } from "./jury/progress.js";
import { penalise, rest } from "./jury/rulings.js";
import { ask } from "./lib/ask.js";
import { keyed, make, must, write } from "./lib/dom.js";
import { formatNumber, t, tn } from "./lib/i18n.js";
import { page } from "./lib/page.js";
import { showConnection } from "./live/banner.js";
import { phaseName } from "./live/clock.js";
import { connect } from "./live/live.js";
import "./media/stage.js";

/**
 * @typedef {import("./live/protocol.js").Room} Room
 * @typedef {import("./live/protocol.js").SlotView} SlotView
 * @typedef {import("./live/live.js").Refusal} Refusal
 */

/** A second click this soon after a press is the same press. */
const DOUBLE_CLICK_MS = 400;
const KEYS_KEY = "roadshow.control.keys";

const { room: place, projects, judges } = page;
const live = connect(page.live);
/** @type {Room | null} */
let room = null;
let pressedAt = -Infinity;
/** When the main button last got another meaning. */
let movedAt = -Infinity;
/** Commands without an answer yet: none is sent twice. @type {Set<string>} */
const underway = new Set();

const stage = /** @type {import("./media/stage.js").RoomStage} */ (must("room-stage"));
const clock = /** @type {import("./live/clock.js").ShowClock} */ (must("show-clock"));
const go = /** @type {HTMLButtonElement} */ (must("#go"));
const back = /** @type {HTMLButtonElement} */ (must("#back"));
const pause = /** @type {HTMLButtonElement} */ (must("#pause"));
const mode = /** @type {HTMLSelectElement} */ (must("#mode"));
const announce = /** @type {HTMLButtonElement} */ (must("#announce"));
const countersign = must("#countersign");
const penalty = must("#penalise");
const keys = /** @type {HTMLInputElement} */ (must("#keys"));
const said = must("#said");

/** @param {string} type @param {Record<string, unknown>} [fields] */
async function act(type, fields = {}) {
  const key = type + JSON.stringify(fields);
  if (underway.has(key)) return;
  underway.add(key);
  said.textContent = "";
  try {
    await live.command(type, { room: place.id, ...fields });
  } catch (error) {
    const refusal = /** @type {Refusal} */ (error);
    said.textContent = refusal.text || t("Not done: the server did not answer. Check the connection and press again.");
  } finally {
    underway.delete(key);
  }
}

/** What the sender saw: a double click or an old page must not act twice. */
function expected() {
  return { phase: room?.session.phase ?? "standby", slot: room?.session.slot ?? null };
}

/** @param {() => void} action */
function once(action) {
  return () => {
    const now = performance.now();
    if (now - pressedAt < DOUBLE_CLICK_MS) return;
    pressedAt = now;
    action();
  };
}

function advance() {
  if (!room || go.getAttribute("aria-disabled") === "true") return;
  // A phase that has just ended by itself, or by another operator: this press was meant for it, not for the next one.
  if (performance.now() - movedAt < DOUBLE_CLICK_MS) return;
  const { phase } = room.session;
  void act(phase === "standby" ? "session.start" : "session.next", { expected: expected() });
}

/** @param {Room} now What the main button does. */
function advanceLabel({ session }) {
  if (session.over && session.phase === "closed") return t("The field is over");
  switch (session.phase) {
    case "standby":
      return t("Start the pitch");
    case "pitch":
      return t("Go on to questions");
    case "questions":
      return t("Open the voting");
    case "voting":
      return t("Close the voting");
    case "closed":
      return t("Call the next project");
  }
}

/** @param {Room} now */
function standing({ session, stage: { mode: chosen } }) {
  if (session.interrupted) return t("The time ran out while the server was away. Add time, or go on.");
  if (session.muted) return t("Time is up: the pitcher's microphone is off the floor.");
  // That it stands is said beside the clock; here only what is easily missed.
  if (session.paused && (session.clock.remaining_ms ?? 1) <= 0) return t("The clock stands at 0:00: add time, then resume.");
  return chosen === "auto" ? "" : t("The stage does not follow the rundown.");
}

/** @param {Room} now */
function draw(now) {
  const { session, ceremony, rundown } = now;
  const project = session.project ? projects[session.project] : undefined;
  write(must("#now-name"), project?.name ?? (session.over ? t("The pitches are over") : t("Nobody is called yet")));
  write(must("#now-line"), project?.one_liner ?? "");
  const phase = must("#phase");
  write(phase, phaseName(session.phase));
  phase.dataset.phase = session.phase;
  phase.classList.toggle("live", session.phase === "pitch" || session.phase === "questions");
  phase.classList.toggle("brass", session.phase === "voting");
  const next = rundown.slots.find((slot) => slot.status === "waiting" && slot.slot !== session.slot);
  write(must("#next"), next ? t("Next: {project}", { project: projects[next.project]?.name ?? next.project }) : "");
  const text = standing(now);
  const notice = must("#standing");
  write(notice, text);
  notice.hidden = !text;

  const over = session.over && session.phase === "closed";
  write(must("#go [data-label]"), advanceLabel(now));
  go.setAttribute("aria-disabled", String(over));
  const hasClock = session.clock.ends_at !== null || session.clock.remaining_ms !== null;
  write(must("#pause [data-label]"), session.paused ? t("Resume") : t("Pause"));
  able(pause, hasClock);
  const sealed = ceremony.state === "sealed";
  able(back, sealed && (session.phase !== "standby" || rundown.slots.some((slot) => slot.status === "done")));
  for (const button of document.querySelectorAll("[data-add]")) able(button, hasClock);
  if (document.activeElement !== mode) mode.value = now.stage.mode;
  mode.dataset.mode = now.stage.mode;
  write(must("#viewers"), tn("{count} person follows this room", "{count} people follow this room", now.viewers));

  drawRundown(must("#rundown"), now, projects, { skip, defer, restore });
  drawGreenRoom(must("#green-room"), now, projects);
  drawProgress(must("#progress"), now, judges, projects);
  drawCeremony(now);
}

/** Not `disabled`: a button that loses its power keeps the focus. @param {Element} button @param {boolean} can */
function able(button, can) {
  button.setAttribute("aria-disabled", String(!can));
}

/** @param {Room} now */
function drawCeremony(now) {
  const { ceremony, review, progress } = now;
  countersign.hidden = review?.state !== "awaiting";
  penalty.hidden = review?.state !== "sealed";
  const resting = rest(now);
  able(penalty, !resting);
  write(must("#penalty-rest"), resting);
  must("#penalty-rest").hidden = !resting;
  const revote = progress?.revote;
  const revoting = revote?.projects.some((one) => one.open) ? revote : null;
  const list = must("#revote");
  list.hidden = !revoting;
  keyed(list, revoting ? revoteStates(revoting, judges, projects) : [], {
    key: (one) => one.project,
    create: () => make("li", "", make("span"), make("small", "muted")),
    update: (row, { text, detail }) => {
      write(/** @type {Element} */ (row.children[0]), text);
      write(/** @type {Element} */ (row.children[1]), detail);
    },
  });
  must("#ceremony").dataset.state = ceremony.state;
  write(must("#ceremony-line"), ceremonyLine(now));
  announce.hidden = ceremony.state === "sealed" || ceremony.state === "revealed";
  must("#results-link").hidden = ceremony.state !== "revealed";
  must("#progress").hidden = ceremony.state !== "sealed" || review?.state === "awaiting";
  keyed(must("#announced"), ceremony.announced, {
    key: (one) => String(one.place),
    create: (one) => {
      const medal = make("b", "medal", String(one.place));
      medal.dataset.place = String(one.place);
      const names = one.projects.map((id) => projects[id]?.name ?? id).join(", ");
      return make("li", "", medal, make("span", "", names), make("span", "figures muted", formatNumber(Number(one.score), 2)));
    },
    update: () => {},
  });
}

/** @param {Room} now */
function ceremonyLine({ ceremony, review, session, progress }) {
  switch (ceremony.state) {
    case "sealed":
      if (!session.over) return t("Scores are sealed. When the rundown is over, the chair confirms the result.");
      if (review?.state === "awaiting") return t("The chair has confirmed. It takes a second signature before anything is announced.");
      if (progress?.revote?.projects.some((one) => one.open)) return t("The jury votes again on a tie; the chair closes the re-vote.");
      if (review?.late.length) return t("A late ballot waits for the chair's word.");
      if (progress?.projects.some((one) => one.open)) return t("Close the voting; then the chair confirms the result.");
      return t("All votes are in. The chair settles ties, if there are any, and confirms the result.");
    case "confirmed":
    case "revealing":
      return tn("Confirmed. {count} place to announce.", "Confirmed. {count} places to announce.", ceremony.remaining);
    case "revealed":
      return t("The podium is public.");
  }
}

/** @param {SlotView} slot @param {string} name */
async function skip({ slot, status }, name) {
  const answer = await ask({
    title: t("Skip {project}?", { project: name }),
    text:
      status === "live"
        ? t("They leave the stage now, and a vote that is open on them closes. You can bring them back to the end of the rundown.")
        : t("The rundown goes on without them. You can bring them back to its end."),
    yes: t("Skip"),
    danger: true,
  });
  if (answer !== null) await act("slot.skip", { slot });
}

/** @param {SlotView} slot @param {string} name */
async function defer({ slot, status }, name) {
  const answer = await ask({
    title: t("Move {project} to the end?", { project: name }),
    text:
      status === "live"
        ? t("They leave the stage now and go on later with the time that remains.")
        : t("All the others move up by one."),
    yes: t("Move to the end"),
    danger: status === "live",
  });
  if (answer !== null) await act("slot.defer", { slot });
}

/** @param {SlotView} slot */
async function restore({ slot }) {
  await act("slot.defer", { slot });
}

async function reveal() {
  if (!room || announce.hidden) return;
  const announced = room.ceremony.announced.length;
  const answer = await ask({
    title: t("Announce the next place now?"),
    text: t("Everybody sees it at once, on every screen. It cannot be taken back."),
    yes: t("Announce"),
  });
  if (answer !== null) await act("result.reveal", { announced });
}

/** The second person's signature: what is signed is named by the ledger's newest entry. */
async function sign() {
  const { review } = room ?? {};
  if (review?.state !== "awaiting") return;
  const answer = await ask({
    title: t("Sign the result?"),
    text: t("The chair has confirmed version {version} of this field's result. With your signature the places can be announced.", {
      version: formatNumber(review.version),
    }),
    yes: t("Sign"),
  });
  if (answer !== null) await act("result.countersign", { version: review.version });
}

/** @param {KeyboardEvent} event */
function shortcut(event) {
  const busy = event.target instanceof Element && event.target.closest("input, select, textarea, dialog, [contenteditable]");
  if (!keys.checked || busy || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  /** @type {Record<string, () => void>} */
  const actions = {
    n: () => go.click(),
    p: () => pause.click(),
    b: () => back.click(),
    "+": () => addTime(30),
    "=": () => addTime(30),
    "-": () => addTime(-30),
    "−": () => addTime(-30),
  };
  const action = actions[event.key.toLowerCase()] ?? actions[{ KeyN: "n", KeyP: "p", KeyB: "b" }[event.code] ?? ""];
  if (action) {
    event.preventDefault();
    action();
  }
}

/** @param {number} seconds */
function addTime(seconds) {
  const { clock: running } = room?.session ?? {};
  if (running && (running.ends_at !== null || running.remaining_ms !== null)) void act("session.add_time", { seconds });
}

/** @param {HTMLElement} button @param {() => void} action */
function press(button, action) {
  const pressed = once(action);
  button.addEventListener("click", () => button.getAttribute("aria-disabled") === "true" || pressed());
}

press(go, advance);
press(back, () => void act("session.back", { expected: expected() }));
press(pause, () => void act(room?.session.paused ? "session.resume" : "session.pause"));
press(announce, () => void reveal());
press(countersign, () => void sign());
press(penalty, () => void penalise(projects, room, act));
for (const button of document.querySelectorAll("[data-add]")) {
  if (button instanceof HTMLElement) button.addEventListener("click", () => addTime(Number(button.dataset.add)));
}
mode.addEventListener("change", () => void act("stage.select", { mode: mode.value }));
document.addEventListener("keydown", shortcut);
try {
  keys.checked = localStorage.getItem(KEYS_KEY) !== "off";
  keys.addEventListener("change", () => localStorage.setItem(KEYS_KEY, keys.checked ? "on" : "off"));
} catch {
  // No storage: the keys are on whenever the page is opened.
}

clock.now = live.now;
stage.connect(page, live);
showConnection(live, must("#connection"), t("Reconnecting. The show goes on by the server's clock."));
live.follow(place.id, (now) => {
  const { phase, slot } = expected();
  if (room && (now.session.phase !== phase || now.session.slot !== slot)) movedAt = performance.now();
  room = now;
  stage.room = now;
  clock.phase = now.session.phase;
  clock.clock = now.session.clock;
  draw(now);
});
watchRooms(live, must("#rooms"));
switchAward(live, place.id, projects);
watchMedia(page.media, projects);
