// The judge's desk: the stage, the project on it, the scorecard, and the ballot's way to the store and back.

import { watchCall } from "./calls/asking.js";
import { Ballots } from "./jury/ballots.js";
import { Cards } from "./jury/cards.js";
import { drawBrowsers } from "./jury/cardfoot.js";
import { CardDesk } from "./jury/desk.js";
import { KeyDesk } from "./keys/keydesk.js";
import { cabinet, OwnKey } from "./keys/ownkey.js";
import { showReceipts, watchRecord } from "./receipts/receiptdesk.js";
import { Receipts } from "./receipts/receipts.js";
import { watchReview } from "./jury/review.js";
import { Tabs } from "./jury/tabs.js";
import { must, write } from "./lib/dom.js";
import { t } from "./lib/i18n.js";
import { page, ready } from "./lib/page.js";
import { watchWho } from "./lib/who.js";
import { showConnection } from "./live/banner.js";
import "./live/clock.js";
import { connect } from "./live/live.js";
import "./media/stage.js";
import { Notes } from "./notes/notes.js";
import { NotesDesk } from "./notes/notesdesk.js";
import { showOffice } from "./office/notice.js";
import { QuestionBallot } from "./questions/ballot.js";
import { showDeliberation } from "./questions/deliberation.js";

/** A vote ends by the clock, also where nobody tells: the line may be away. What the desk says of it is this late at most, ms. */
const DRAW_EVERY = 1_000;
/** How often a judge whose late ballot waits looks for the chair's word, ms. */
const LOOK_EVERY = 10_000;

const { enrol, room: place, person, projects, judges, rules } = page;
// Where the rules ask for it, everything is signed here. Before anything is heard: nobody tells it twice.
const own = enrol ? new OwnKey({ poll: place.id, judge: person.id }, cabinet(enrol)) : null;
await own?.open();
const live = connect(page.live);
const ballots = new Ballots(live, place.id, person.id, rules.ballots === "orders");
const receipts = new Receipts(place.id, person.id);
const desk = new CardDesk(page, ballots, new Cards(ballots, live, projects, page.opponents ?? null));
const notes = new Notes(page.notes);
const noted = new NotesDesk(page, notes);
const column = new Tabs();
/** @type {import("./live/follow.js").Room | null} */
let told = null;
const question = new QuestionBallot(live, place.id, person.id, { projects, awards: rules.awards });
/** Another one whenever something is new among the cards of paper, whoever's. */ let papers = "";
const stage = /** @type {import("./media/stage.js").RoomStage} */ (must("room-stage"));
const clock = /** @type {import("./live/clock.js").ShowClock} */ (must("show-clock"));

const keys = own && enrol ? new KeyDesk(live, place.id, own, enrol) : null;
if (own) {
  ballots.key = own.text;
  ballots.sign = (said) => own.sign(said);
  question.sign = (said) => own.sign(said);
}

ballots.onreceipt = (receipt) => void receipts.take(receipt);
receipts.onlost = (receipt) => ballots.ask(receipt);
live.on("ballot.own", (told) => {
  if (told.room !== place.id) return;
  keys?.compare(told);
  drawBrowsers(keys?.rests ? [] : told.elsewhere_since);
  showPapers(told.papers);
  void receipts.compare(told);
});
showReceipts(receipts, (project) => projects[project]?.name ?? project, place.id);
const record = watchRecord(receipts, must("#receipts-published").dataset.record ?? "");

desk.onshown = (project) => noted.show(project);
addEventListener("storage", (event) => notes.changed(event.key));
desk.onchosen = () => column.show("card");
live.follow(place.id, (now) => {
  stage.room = now;
  clock.session = now.session;
  desk.follow(now);
  question.show(now);
  told = now;
  showDeliberation(now, live.now());
  showOffice(now, person, judges);
  receipts.hear(now.heads);
  own?.hear(now.heads.rules);
  keys?.follow(now);
  if (now.papers && now.papers.stamp !== papers) {
    if (papers) live.refresh(place.id); // is one of them ours?
    papers = now.papers.stamp;
  }
  record(now.ceremony);
  if (now.session.over && !desk.isUnfinished) column.fieldIsOver();
});
live.onstate(() => desk.draw());

clock.now = live.now;
stage.connect(page, live);
showConnection(
  live,
  must("#connection"),
  t("Reconnecting. Your ballot is safe in this browser."),
  t("This desk is closed. Your scores are kept in this browser; ask the organiser for a new link."),
);
setInterval(() => {
  desk.draw();
  question.draw();
  if (told) showDeliberation(told, live.now());
}, DRAW_EVERY);
setInterval(() => ballots.late.size > 0 && live.refresh(place.id), LOOK_EVERY);
addEventListener("beforeunload", (event) => {
  if (ballots.atRisk || notes.atRisk) event.preventDefault();
});
watchReview(live, { room: place.id, person: person.id, projects, judges, rules, office: person.role === "deputy" ? "deputy" : "chair" }, {
  oncall: (calls) => column.call(calls),
  onscore: () => column.show("card"),
});
watchCall(live, place.id, "judge");
ballots.resend();

/** That clerks typed in cards of this judge's. @param {readonly string[]} of projects */
function showPapers(of) {
  const box = must("#on-paper");
  const names = of.map((id) => projects[id]?.name ?? id).join(", ");
  box.hidden = !names;
  write(must("#on-paper span"), names && t("A ballot on paper was typed in for you: {names}.", { names }));
}

watchWho();
ready();
