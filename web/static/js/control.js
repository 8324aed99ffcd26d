// The control desk: rundown on the left, programme and green room in the middle, clock and judges on the right.

import { phaseName } from "./clock.js";
import "./stage.js";
import { ask } from "./ask.js";
import { drawGreenRoom } from "./greenroom.js";
import { must, showConnection } from "./dom.js";
import { t, tn } from "./i18n.js";
import { connect } from "./live.js";
import { page } from "./page.js";
import { drawProgress } from "./progress.js";
import { drawRundown } from "./rundown.js";

/**
 * @typedef {import("./protocol.js").Room} Room
 * @typedef {import("./live.js").Refusal} Refusal
 */

/** A second click this soon after a press is the same press. */
const DOUBLE_CLICK_MS = 400;

const { room: place, projects, judges } = page;
const live = connect(page.live);
/** @type {Room | null} */
let room = null;
let pressedAt = -Infinity;

const stage = /** @type {import("./stage.js").RoomStage} */ (must("room-stage"));
const clock = /** @type {import("./clock.js").ShowClock} */ (must("show-clock"));
const go = /** @type {HTMLButtonElement} */ (must("#go"));
const back = /** @type {HTMLButtonElement} */ (must("#back"));
const pause = /** @type {HTMLButtonElement} */ (must("#pause"));
const mode = /** @type {HTMLSelectElement} */ (must("#mode"));
const announce = /** @type {HTMLButtonElement} */ (must("#announce"));
const said = must("#said");

/** @param {string} type @param {Record<string, unknown>} [fields] */
async function act(type, fields = {}) {
  said.textContent = "";
  try {
    await live.command(type, { room: place.id, ...fields });
  } catch (error) {
    const refusal = /** @type {Refusal} */ (error);
    said.textContent = refusal.text || t("Not done: the server did not answer. Check the connection and press again.");
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
function standing({ session }) {
  if (session.interrupted) {
    return t("The time ran out while the server was away. Add time, or go on.");
  }
  if (session.muted) return t("Time is up: the pitcher's microphone is off the floor.");
  if (session.paused) return t("Paused");
  return "";
}

/** @param {Room} now */
function draw(now) {
  const { session, ceremony } = now;
  const project = session.project ? projects[session.project] : undefined;
  must("#now-name").textContent = project?.name ?? t("Nobody is called yet");
  must("#now-line").textContent = project?.one_liner ?? "";
  must("#phase").textContent = phaseName(session.phase);
  must("#phase").dataset.phase = session.phase;
  const text = standing(now);
  must("#standing").textContent = text;
  must("#standing").hidden = !text;

  const over = session.over && session.phase === "closed";
  go.textContent = advanceLabel(now);
  go.setAttribute("aria-disabled", String(over));
  const runs = session.clock.ends_at !== null;
  const hasClock = runs || session.clock.remaining_ms !== null;
  pause.textContent = session.paused ? t("Resume") : t("Pause");
  pause.disabled = !hasClock;
  back.disabled = session.phase === "standby" && !now.rundown.slots.some((slot) => slot.status === "done");
  for (const button of document.querySelectorAll("[data-add]")) {
    if (button instanceof HTMLButtonElement) button.disabled = !hasClock;
  }
  if (document.activeElement !== mode) mode.value = now.stage.mode;
  must("#viewers").textContent = tn("{count} person follows this room", "{count} people follow this room", now.viewers);

  drawRundown(must("#rundown"), now, projects, { skip, defer });
  drawGreenRoom(must("#green-room"), now, projects);
  drawProgress(must("#progress"), now, judges, projects);
  drawCeremony(ceremony, now);
}

/** @param {import("./protocol.js").CeremonyView} ceremony @param {Room} now */
function drawCeremony(ceremony, now) {
  const panel = must("#ceremony");
  panel.dataset.state = ceremony.state;
  const line = must("#ceremony-line");
  announce.hidden = ceremony.state === "sealed" || ceremony.state === "revealed";
  announce.textContent = t("Announce the next place");
  switch (ceremony.state) {
    case "sealed":
      line.textContent = now.review?.ready
        ? t("All votes are in. The chair confirms the result next.")
        : t("Scores are sealed. When the rundown is over, the chair confirms the result.");
      break;
    case "confirmed":
    case "revealing":
      line.textContent = tn("{count} place to announce.", "{count} places to announce.", ceremony.remaining);
      break;
    case "revealed":
      line.textContent = t("The podium is public.");
  }
  const list = must("#announced");
  list.replaceChildren(
    ...ceremony.announced.map((one) => {
      const item = document.createElement("li");
      const names = one.projects.map((id) => projects[id]?.name ?? id).join(", ");
      item.textContent = t("Place {place}: {names}", { place: one.place, names });
      return item;
    }),
  );
}

/** @param {string} slot @param {string} name */
async function skip(slot, name) {
  const answer = await ask({
    title: t("Skip {project}?", { project: name }),
    text: t("They will not pitch in this final unless you go back. A vote that is open on them closes."),
    yes: t("Skip"),
    danger: true,
  });
  if (answer !== null) await act("slot.skip", { slot });
}

/** @param {string} slot */
async function defer(slot) {
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

/** @param {KeyboardEvent} event */
function shortcut(event) {
  const busy = event.target instanceof Element && event.target.closest("input, select, textarea, dialog, [contenteditable]");
  if (busy || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  /** @type {Record<string, () => void>} */
  const keys = {
    n: () => go.click(),
    p: () => pause.disabled || pause.click(),
    b: () => back.disabled || back.click(),
    "+": () => addTime(30),
    "=": () => addTime(30),
    "-": () => addTime(-30),
  };
  const action = keys[event.key.toLowerCase()];
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

go.addEventListener("click", once(advance));
back.addEventListener("click", once(() => void act("session.back", { expected: expected() })));
pause.addEventListener("click", once(() => void act(room?.session.paused ? "session.resume" : "session.pause")));
for (const button of document.querySelectorAll("[data-add]")) {
  if (button instanceof HTMLElement) button.addEventListener("click", () => addTime(Number(button.dataset.add)));
}
mode.addEventListener("change", () => void act("stage.select", { mode: mode.value }));
announce.addEventListener("click", once(() => void reveal()));
document.addEventListener("keydown", shortcut);

clock.now = () => live.now();
stage.connect(page);
showConnection(live, must("#connection"), t("Reconnecting. The show goes on by the server's clock."));
live.follow(place.id, (now) => {
  room = now;
  stage.room = now;
  clock.phase = now.session.phase;
  clock.clock = now.session.clock;
  draw(now);
});
