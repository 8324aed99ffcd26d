// The control desk: rundown on the left, programme and green room in the middle, clock and judges on the right.

import { OverallPanel } from "./ceremony/overallpanel.js";
import { CallPanel } from "./calls/answering.js";
import { switchAward } from "./control/awardswitch.js";
import { watchMedia } from "./control/figures.js";
import { drawGreenRoom } from "./control/greenroom.js";
import { drawLines } from "./control/lines.js";
import { ResultPanel } from "./control/result.js";
import { watchRooms } from "./control/roomtabs.js";
import { drawRundown } from "./control/rundown.js";
import { ShowCards } from "./control/showcards.js";
import { ShowButtons } from "./control/showbuttons.js";
import { warning } from "./control/words.js";
import { drawProgress } from "./jury/progress.js";
import { must, write, writeOrHide } from "./lib/dom.js";
import { t, tn } from "./lib/i18n.js";
import { page, ready } from "./lib/page.js";
import { watchWho } from "./lib/who.js";
import { acts } from "./live/acts.js";
import { showConnection } from "./live/banner.js";
import "./live/clock.js";
import { phaseName } from "./live/countdown.js";
import { connect } from "./live/live.js";
import "./media/stage.js";

const { room: place, projects, judges } = page;
const live = connect(page.live);
const act = acts(live, place.id, must("#said"), { together: true });
const buttons = new ShowButtons(act);
const result = new ResultPanel(act, projects, judges, page.person?.id ?? "", page.rules);
const calls = new CallPanel(page.people, act);
const showCards = new ShowCards(must("#show-cards"), act, projects, judges);
const overallPanel = document.getElementById("overall");
const overall = overallPanel && new OverallPanel(overallPanel, act, page.person.id, page.all_projects ?? {});
const stage = /** @type {import("./media/stage.js").RoomStage} */ (must("room-stage"));
const clock = /** @type {import("./live/clock.js").ShowClock} */ (must("show-clock"));

/** The project on stage, and what of the show is easily missed. @param {import("./live/follow.js").Room} now */
function drawNow(now) {
  const { session, rundown } = now;
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
  writeOrHide(must("#standing"), warning(now));
  write(must("#viewers"), tn("{count} person follows this room", "{count} people follow this room", now.viewers));
}

clock.now = live.now;
stage.connect(page, live);
showConnection(live, must("#connection"), t("Reconnecting. The show goes on by the server's clock."));
live.follow(place.id, (now) => {
  stage.room = now;
  clock.session = now.session;
  drawNow(now);
  buttons.show(now);
  drawRundown(must("#rundown"), now, projects, act);
  drawGreenRoom(must("#green-room"), now, projects);
  drawProgress(must("#progress"), now, judges, projects);
  if (now.lines) drawLines(now.lines.lines, projects, page.pitchers, live.now());
  calls.show(now.calls);
  showCards.show(now);
  result.show(now);
  overall?.show(now.overall);
});
watchRooms(live, must("#rooms"));
switchAward(live, place.id, projects);
watchMedia(page.media, page.feed, projects);
watchWho();
ready();
