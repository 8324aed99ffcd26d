// The public pages: which room is live, how far it is, and a project's deck one page at a time.

import { formatNumber, listed, t } from "./lib/i18n.js";
import { page, ready } from "./lib/page.js";
import { showOwnTimes } from "./lib/times.js";
import { showConnection } from "./live/banner.js";
import "./live/clock.js";
import { connect } from "./live/live.js";

/** @typedef {import("./live/follow.js").Room} Room */

/**
 * As Programme.state in desks/public.py.
 * @param {Room} room
 */
function stateOf(room) {
  if (room.ceremony.state === "revealing" || room.ceremony.state === "revealed") return "results";
  const statuses = room.rundown.slots.map((slot) => slot.status);
  if (statuses.every((status) => status === "done" || status === "skipped")) return "jury";
  return statuses.some((status) => status !== "waiting") ? "live" : "upcoming";
}

/**
 * @param {HTMLElement} sheet
 * @param {Room} room
 */
function drawSheet(sheet, room) {
  sheet.dataset.state = stateOf(room);
  for (const { project, status } of room.rundown.slots) {
    const line = sheet.querySelector(`[data-project="${CSS.escape(project)}"]`);
    if (line instanceof HTMLElement) line.dataset.status = status;
  }
  const clock = /** @type {import("./live/clock.js").ShowClock|null} */ (sheet.querySelector("show-clock"));
  if (clock) {
    clock.now = live.now;
    clock.session = room.session;
  }
  const medals = sheet.querySelector(".medals");
  if (medals) medals.replaceChildren(...[...room.ceremony.announced].sort((a, b) => a.place - b.place).map(medal));
}

/** @param {import("./live/protocol.js").PlaceView} place */
function medal(place) {
  const item = document.createElement("li");
  const number = document.createElement("b");
  number.className = "medal";
  number.dataset.place = String(place.place);
  number.textContent = String(place.place);
  const names = document.createElement("span");
  place.projects.forEach((project, index) => {
    const link = document.createElement("a");
    link.href = page.projects[project]?.url ?? "#";
    link.textContent = page.projects[project]?.name ?? project;
    names.append(index ? listed(["", ""]) : "", link);
  });
  const score = document.createElement("span");
  score.className = "figures muted";
  score.textContent = formatNumber(Number(place.score), 2);
  item.append(number, names, score);
  return item;
}

/** A deck that is swiped also has buttons and the keyboard's arrows. */
function walkDeck() {
  const slides = document.getElementById("slides");
  const steps = document.getElementById("deck-steps");
  const where = document.getElementById("deck-page");
  if (!slides || !steps || !where || slides.children.length < 2) return;
  const pages = /** @type {HTMLElement[]} */ ([...slides.children]);
  let current = 0;

  const draw = () => {
    where.textContent = t("Page {page} of {pages}", { page: current + 1, pages: pages.length });
    for (const button of steps.querySelectorAll("button")) {
      const target = current + Number(button.value);
      button.disabled = target < 0 || target >= pages.length;
    }
  };
  /** @param {number} target */
  const go = (target) => {
    const slide = pages[Math.min(Math.max(target, 0), pages.length - 1)];
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    slide?.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "nearest", inline: "start" });
  };

  /** The page nearest to the left edge. */
  const look = () => {
    const first = pages[0]?.offsetLeft ?? 0;
    const away = pages.map((slide) => Math.abs(slide.offsetLeft - first - slides.scrollLeft));
    current = away.indexOf(Math.min(...away));
    draw();
  };
  slides.addEventListener("scroll", () => requestAnimationFrame(look), { passive: true });
  steps.addEventListener("click", (event) => {
    if (event.target instanceof HTMLButtonElement) go(current + Number(event.target.value));
  });
  slides.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    go(current + step);
  });
  draw();
  steps.hidden = where.hidden = false;
}

const live = connect(page.live);
const banner = document.getElementById("connection");
if (banner) showConnection(live, banner, t("Reconnecting. What you see may be a little old."));
for (const sheet of document.querySelectorAll("[data-room]")) {
  if (sheet instanceof HTMLElement) live.follow(sheet.dataset.room ?? "", (room) => drawSheet(sheet, room));
}
showOwnTimes();
walkDeck();
ready();
