// The judge's desk: the stage, the project on it, the scorecard, and the ballot's way to the store and back.

import { Ballots, cardOf } from "./jury/ballots.js";
import { Cards } from "./jury/cards.js";
import { watchReview } from "./jury/review.js";
import { Scorecard, total } from "./jury/scorecard.js";
import { Tabs } from "./jury/tabs.js";
import { ask } from "./lib/ask.js";
import { keyed, make, must, write } from "./lib/dom.js";
import { formatNumber, t } from "./lib/i18n.js";
import { page } from "./lib/page.js";
import { showConnection } from "./live/banner.js";
import "./live/clock.js";
import { phaseName } from "./live/clock.js";
import { connect } from "./live/live.js";
import "./media/stage.js";

/**
 * @typedef {import("./live/protocol.js").Room} Room
 * @typedef {import("./jury/cards.js").Note} Note
 */

const { room: place, person, projects, criteria, judges, rules } = page;
/** How often a judge whose late ballot waits looks for the chair's word, ms. */
const LOOK_EVERY = 10_000;
const live = connect(page.live);
const ballots = new Ballots(live, place.id, person.id);
const cards = new Cards(ballots, live, projects);

/** What was last said about each project's ballot, until the next change. @type {Map<string, Note>} */
const notes = new Map();
/** @type {Room | null} */
let room = null;
/** The card that is shown (see ballots.js); the project on stage when last looked; whether the card goes with the stage. */
let shown = "";
let staged = "";
let follows = true;
/** The newest re-vote that the card was turned to. */
let revote = 1;

const stage = /** @type {import("./media/stage.js").RoomStage} */ (must("room-stage"));
const clock = /** @type {import("./live/clock.js").ShowClock} */ (must("show-clock"));
const form = /** @type {HTMLFormElement} */ (must("#card"));
const submit = must("#submit");
const recuseButton = must("#recuse");
const abstainButton = must("#abstain");
const revert = must("#revert");
const tabs = must("#projects");
const backToLive = must("#back-to-live");
const column = new Tabs();

const card = new Scorecard(form, criteria, {
  onchange: (scores) => {
    ballots.keep(shown, scores);
    // All taken back: what is stored is on the card again.
    if (!ballots.draft(shown)) card.fill(ballots.scores(shown));
    notes.delete(shown);
    render();
  },
  onsubmit: () => void send(),
});

/** @param {string} project */
function show(project) {
  shown = project;
  card.fill(ballots.scores(project));
  card.mark(null);
  render();
  tabs.querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

async function send() {
  const project = shown;
  if (ballots.isUnderway(project)) return;
  if (!cards.canSubmit(shown)) return say(project, "bad", cards.whyNot(shown));
  const missing = card.missing();
  if (missing) {
    card.mark(missing);
    card.focus(missing);
    return say(project, "bad", t("Every criterion needs a score. The first one without is marked."));
  }
  const late = cards.isLate(project);
  if (late) {
    const answer = await ask({
      title: t("Hand in late?"),
      text: t("The time for this vote is over. Your ballot is kept apart and counts only if the chair accepts it."),
      yes: t("Hand in late"),
    });
    if (answer === null) return;
  }
  notes.delete(project);
  await ballots.cast(project, card.scores(), late);
}

async function abstain() {
  const key = shown;
  if (!cards.isOpen(key)) return say(key, "quiet", t("You can abstain while voting on the project is open."));
  const reason = await ask({
    title: t("Abstain on {project}?", { project: cards.nameOf(key) }),
    text: t("Your scores for it do not count. While voting is open, you can still submit a ballot instead."),
    yes: t("Abstain"),
    input: { label: t("Your reason, for the protocol"), ...page.reason },
  });
  if (reason) {
    notes.delete(key);
    await ballots.abstain(key, reason);
  }
}

async function recuse() {
  const project = shown;
  if (!cards.canRecuse(shown)) return say(project, "quiet", t("A conflict can be declared while voting on the project is open."));
  const reason = await ask({
    title: t("Step back from {project}?", { project: cards.nameOf(project) }),
    text: t("You will not score this project, and it will not count against it. This cannot be taken back."),
    yes: t("Declare the conflict"),
    danger: true,
    input: { label: t("Your reason, for the protocol"), ...page.reason },
  });
  if (reason) await ballots.recuse(project, reason);
}

/** @param {string} project @param {Note["kind"]} kind @param {string} text */
function say(project, kind, text) {
  notes.set(project, { kind, text });
  render();
}

function render() {
  if (!room) return;
  const project = projects[cardOf(shown).project];
  write(must("#project-name"), project?.name ?? place.title);
  write(must("#project-line"), project?.one_liner ?? "");
  write(must("#project-team"), project ? [project.team, project.place].filter(Boolean).join(" · ") : "");
  renderTabs(room);
  renderPhase(room);
  renderRevote();

  const out = cards.isOut(shown);
  card.enable(!out && !cards.isSettled());
  form.toggleAttribute("data-recused", out);
  const stored = out ? undefined : (ballots.late.get(shown) ?? ballots.own.get(shown));
  const changed = stored !== undefined && ballots.isUnfinished(shown);
  card.ring(changed ? stored.scores : null);
  revert.hidden = !changed || ballots.isUnderway(shown);

  const note = cards.note(shown, notes.get(shown));
  const state = must("#ballot-state");
  write(state, note.text);
  state.dataset.kind = note.kind;
  must("#storage").hidden = ballots.isSafe;
  submit.setAttribute("aria-disabled", String(!cards.canSubmit(shown) || note.kind === "busy"));
  submit.setAttribute("aria-busy", String(note.kind === "busy"));
  write(must("#submit [data-label]"), cards.isLate(shown) ? t("Hand in late…") : stored && !stored.abstained ? t("Submit again") : t("Submit"));
  recuseButton.hidden = out || cards.isSettled() || !revert.hidden;
  recuseButton.setAttribute("aria-disabled", String(!cards.canRecuse(shown)));
  abstainButton.hidden = recuseButton.hidden || Boolean(stored?.abstained);
  abstainButton.setAttribute("aria-disabled", String(!cards.isOpen(shown)));
  must("#results-link").hidden = room.ceremony.state !== "revealed";

  const receipt = stored?.receipt;
  const line = must("#receipt");
  line.hidden = !receipt;
  must("#keys-hint").hidden = Boolean(receipt);
  if (receipt) {
    const score = receipt.abstained ? null : total(criteria, receipt.scores);
    write(
      line,
      t("Receipt {number} · total {total} · {hash}", {
        number: formatNumber(receipt.sequence),
        total: score === null ? "–" : formatNumber(score, 2),
        hash: receipt.ballot_hash.slice(0, 16),
      }),
    );
    line.title = receipt.ballot_hash;
  }
  form.dataset.revision = String(stored?.revision ?? 0);
}

/** What the card's project is in now; or the way to the one on stage, if it has another. @param {Room} now */
function renderPhase({ session }) {
  const badge = must("#phase");
  const away = session.project !== null && session.project !== cardOf(shown).project && !session.over;
  const open = cards.isOpen(shown) && !cards.isOut(shown);
  badge.dataset.phase = session.phase;
  badge.classList.toggle("brass", open);
  write(badge, open ? t("Voting is open") : phaseName(session.phase));
  const waits = away && session.phase === "voting" && cards.tabState(session.project ?? "") === "open";
  const project = projects[session.project ?? ""]?.name ?? "";
  write(backToLive, waits ? t("Vote on {project} now", { project }) : t("Go to the stage: {project}", { project }));
  backToLive.classList.toggle("brass", waits);
  if (!away && document.activeElement === backToLive) submit.focus();
  backToLive.hidden = !away;
  badge.hidden = away;
}

/** Which round the card is for, and what it is good for. */
function renderRevote() {
  const { round } = cardOf(shown);
  const called = cards.revoteCards();
  const banner = must("#revote");
  banner.hidden = round === 1 && called.length === 0;
  if (banner.hidden) return;
  const number = formatNumber(round > 1 ? round : cardOf(called[0] ?? "").round);
  write(must("#revote strong"), t("Re-vote, round {number}", { number }));
  const names = called.map((key) => cards.nameOf(key)).join(", ");
  const text = called.length
    ? t("Score these projects once more: {names}. It only decides which of them stands ahead.", { names })
    : t("This re-vote is closed.");
  write(must("#revote span"), text);
}

/** @param {Room} now */
function renderTabs(now) {
  const slots = now.rundown.slots.filter((slot) => slot.status !== "skipped" || slot.project === shown);
  const keys = new Set([...cards.revoteCards(), ...(cardOf(shown).round > 1 ? [shown] : []), ...slots.map((slot) => slot.project)]);
  keyed(tabs, [...keys], {
    key: (key) => key,
    create: (key) => {
      const { project, round } = cardOf(key);
      const button = make("button", "project-tab", make("span", "", cards.nameOf(key)), make("small"));
      button.type = "button";
      button.dataset.project = project;
      button.dataset.round = String(round);
      button.addEventListener("click", () => {
        follows = key === room?.session.project;
        column.show("card");
        show(key);
      });
      return button;
    },
    update: (button, key) => {
      button.setAttribute("aria-pressed", String(key === shown));
      button.dataset.state = cards.tabState(key);
      const mark = button.querySelector("small");
      const said = cards.tabMark(key);
      if (mark) write(mark, cardOf(key).round > 1 ? [t("re-vote"), said].filter(Boolean).join(": ") : said);
    },
  });
}

/** Go along with the stage, but never away from a card that is not finished. @param {Room} now */
function keepUp(now) {
  const onStage = now.session.project ?? "";
  const moved = onStage !== "" && onStage !== staged;
  staged = onStage || staged;
  const called = cards.revoteCards();
  const first = called[0];
  if (first && cardOf(first).round > revote) {
    revote = cardOf(first).round;
    if (!ballots.isUnfinished(shown)) return show(first);
  }
  if (!shown) show(onStage || (now.rundown.slots[0]?.project ?? ""));
  else if (moved && follows && !ballots.isUnfinished(shown)) show(onStage);
  else render();
}

ballots.onchange = (project) => {
  if (project === shown && !ballots.draft(project)) card.fill(ballots.scores(project));
  render();
};
ballots.onrefused = (project, refusal) => {
  const closed = t("This desk is closed. Your scores are kept in this browser; ask the organiser for a new link.");
  const stale = t("Newer scores came from another tab or device (ringed). Submit again to replace them with yours.");
  say(project, "bad", refusal.code === "ballot.stale" ? stale : refusal.text || closed);
};

live.follow(place.id, (now) => {
  room = cards.room = now;
  stage.room = now;
  clock.phase = now.session.phase;
  clock.clock = now.session.clock;
  keepUp(now);
  if (now.session.over && !ballots.isUnfinished(shown)) column.fieldIsOver();
});
live.onstate(render);

clock.now = live.now;
stage.connect(page, live);
showConnection(
  live,
  must("#connection"),
  t("Reconnecting. Your ballot is safe in this browser."),
  t("This desk is closed. Your scores are kept in this browser; ask the organiser for a new link."),
);
backToLive.addEventListener("click", () => {
  follows = true;
  column.show("card");
  show(room?.session.project ?? shown);
  card.focus(criteria[0]?.id ?? "");
});
revert.addEventListener("click", () => {
  ballots.drop(shown);
  notes.delete(shown);
  show(shown);
  submit.focus();
});
recuseButton.addEventListener("click", () => void recuse());
abstainButton.addEventListener("click", () => void abstain());
setInterval(() => ballots.late.size > 0 && live.refresh(place.id), LOOK_EVERY);
document.addEventListener("keydown", (event) => {
  const busy = event.target instanceof Element && event.target.closest("input, select, textarea, dialog, #card, #review");
  if (!busy && !form.hidden) card.typeElsewhere(event);
});
addEventListener("beforeunload", (event) => {
  if (ballots.atRisk) event.preventDefault();
});
watchReview(live, { room: place.id, person: person.id, projects, judges, rules }, {
  oncall: (calls) => column.call(calls),
  onscore: () => column.show("card"),
});
ballots.resend();
