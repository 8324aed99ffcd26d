// The judge's desk: the stage, the project on it, the scorecard, and the ballot's way to the store and back.

import "./clock.js";
import "./stage.js";
import { Drafts } from "./drafts.js";
import { formatNumber, t } from "./i18n.js";
import { commandId, connect } from "./live.js";
import { page } from "./page.js";
import { Scorecard } from "./scorecard.js";
import { watchReview } from "./review.js";
import { must, showConnection } from "./dom.js";
import { ask } from "./ask.js";

/**
 * @typedef {import("./protocol.js").Room} Room
 * @typedef {import("./protocol.js").Receipt} Receipt
 * @typedef {{revision: number, scores: Record<string, number>, recused: boolean, receipt: Receipt | null}} Own
 * @typedef {{kind: "quiet" | "good" | "bad" | "busy", text: string}} Note
 */

const RETRY_MS = 2000;

const { room: place, person, projects, criteria } = page;
const live = connect(page.live);
const drafts = new Drafts(place.id, person.id);

/** @type {Map<string, Own>} */
const own = new Map();
/** Projects with a conflict of interest. @type {Set<string>} */
const recused = new Set();
/** What was last said about each project's ballot. @type {Map<string, Note>} */
const notes = new Map();
/** @type {Room | null} */
let room = null;
/** The project on the card, and whether the judge chose it or it follows the show. */
let shown = "";
let follows = true;

const stage = /** @type {import("./stage.js").RoomStage} */ (must("room-stage"));
const clock = /** @type {import("./clock.js").ShowClock} */ (must("show-clock"));
const form = /** @type {HTMLFormElement} */ (must("#card"));
const submit = /** @type {HTMLButtonElement} */ (must("#submit"));
const state = must("#ballot-state");
const receiptLine = must("#receipt");
const tabs = must("#projects");
const backToLive = must("#back-to-live");
const recuseButton = /** @type {HTMLButtonElement} */ (must("#recuse"));

const card = new Scorecard(form, criteria, {
  onchange: (scores) => {
    drafts.keep(shown, scores);
    notes.delete(shown);
    render();
  },
  onsubmit: () => void send(),
});

/** The window of the project on stage is open while its votes are asked for. @param {string} project */
function isOpen(project) {
  return room?.session.phase === "voting" && room.session.project === project;
}

function hasVoted() {
  return room !== null && room.ceremony.state !== "sealed";
}

/** @param {string} project */
function show(project) {
  shown = project;
  card.fill(drafts.draft(project) ?? own.get(project)?.scores ?? {});
  card.mark(null);
  render();
}

async function send() {
  const missing = card.missing();
  if (!canSubmit()) {
    state.textContent = whyNot();
    return;
  }
  if (missing) {
    card.mark(missing);
    card.focus(missing);
    note(shown, "bad", t("Every criterion needs a score. The first one without is marked."));
    return;
  }
  const project = shown;
  const ballot = {
    command: commandId(),
    project,
    scores: card.scores(),
    expected_revision: own.get(project)?.revision ?? 0,
  };
  drafts.queue(ballot);
  await deliver(ballot);
}

/** Send a ballot until the store has answered. @param {import("./drafts.js").Pending} ballot */
async function deliver(ballot) {
  const { command, project, scores, expected_revision } = ballot;
  note(project, "busy", t("Sending your ballot…"));
  try {
    const answer = await live.command(
      "ballot.cast",
      { room: place.id, project, scores, expected_revision },
      { id: command, durable: true },
    );
    drafts.settle(command);
    const now = drafts.draft(project);
    if (now && same(now, scores)) drafts.drop(project);
    if ("receipt" in answer) own.set(project, fromReceipt(answer.receipt));
    notes.delete(project);
    render();
  } catch (error) {
    const refusal = /** @type {import("./live.js").Refusal} */ (error);
    if (refusal.retry) {
      note(project, "busy", t("Not confirmed yet. Your ballot is safe in this browser and is being sent again."));
      setTimeout(() => void deliver(ballot), RETRY_MS);
      return;
    }
    drafts.settle(command);
    if (!drafts.draft(project)) drafts.keep(project, scores);
    const current = Number(refusal.details?.revision ?? 0);
    const before = own.get(project);
    if (refusal.code === "ballot.stale" && before && current > before.revision) before.revision = current;
    note(project, "bad", refusal.text);
  }
}

async function recuse() {
  const project = shown;
  const reason = await ask({
    title: t("Step back from {project}?", { project: projects[project]?.name ?? "" }),
    text: t("You will not score this project, and it will not count against it. This cannot be taken back."),
    yes: t("Declare the conflict"),
    danger: true,
    input: { label: t("Your reason, for the protocol"), minimum: 3, maximum: 500 },
  });
  if (!reason) return;
  try {
    await live.command("ballot.recuse", { room: place.id, project, reason }, { durable: true });
    recused.add(project);
    drafts.drop(project);
    notes.delete(project);
  } catch (error) {
    note(project, "bad", /** @type {import("./live.js").Refusal} */ (error).text);
  }
  render();
}

/** @param {Receipt} receipt @returns {Own} */
function fromReceipt(receipt) {
  return { revision: receipt.revision, scores: receipt.scores, recused: receipt.recused, receipt };
}

/** @param {Record<string, number>} a @param {Record<string, number>} b */
function same(a, b) {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

/** @param {string} project @param {Note["kind"]} kind @param {string} text */
function note(project, kind, text) {
  notes.set(project, { kind, text });
  render();
}

function canSubmit() {
  return isOpen(shown) && !recused.has(shown) && !hasVoted();
}

/** Why there is no submitting now, or what the card is waiting for. */
function whyNot() {
  if (recused.has(shown)) return t("You have a conflict of interest with this project and do not score it.");
  if (hasVoted()) return t("The result of this field is confirmed. Voting is over.");
  const slot = room?.rundown.slots.find((one) => one.project === shown);
  if (room?.session.project === shown && room.session.phase !== "closed") {
    return t("Voting opens after the questions. Your draft is kept in this browser.");
  }
  if (slot?.status === "waiting") return t("This project has not pitched yet. You may note a draft.");
  return t("Voting on this project is closed.");
}

/** @returns {Note} */
function currentNote() {
  const said = notes.get(shown);
  if (said) return said;
  const stored = own.get(shown);
  const draft = drafts.draft(shown);
  if (stored && draft && !same(stored.scores, draft)) {
    return { kind: "quiet", text: canSubmit() ? t("Changed since you submitted. Submit again to replace your ballot.") : whyNot() };
  }
  if (stored) {
    return { kind: "good", text: t("Submitted, revision {revision}. You can change it until voting closes.", { revision: stored.revision }) };
  }
  if (!canSubmit()) return { kind: "quiet", text: whyNot() };
  if (!drafts.safe) return { kind: "bad", text: t("This browser does not store drafts: submit before you leave the page.") };
  return { kind: "quiet", text: draft ? t("Draft kept in this browser.") : t("Voting is open.") };
}

function render() {
  if (!room) return;
  const project = projects[shown];
  must("#project-name").textContent = project?.name ?? "";
  must("#project-line").textContent = project?.one_liner ?? "";
  must("#project-team").textContent = project ? [project.team, project.place].filter(Boolean).join(" · ") : "";
  renderTabs();
  const liveProject = room.session.project;
  backToLive.hidden = !liveProject || liveProject === shown;
  const out = recused.has(shown);
  card.enable(!out && !hasVoted());
  form.toggleAttribute("data-recused", out);
  const said = currentNote();
  state.textContent = said.text;
  state.dataset.kind = said.kind;
  submit.setAttribute("aria-disabled", String(!canSubmit() || said.kind === "busy"));
  submit.textContent = own.get(shown) ? t("Submit again") : t("Submit");
  recuseButton.hidden = out || own.has(shown) || hasVoted();
  const receipt = own.get(shown)?.receipt;
  receiptLine.hidden = !receipt;
  if (receipt) {
    receiptLine.textContent = t("Receipt {number} · {hash}", {
      number: formatNumber(receipt.sequence, 0),
      hash: receipt.ballot_hash.slice(0, 16),
    });
    receiptLine.title = receipt.ballot_hash;
  }
  form.dataset.revision = String(own.get(shown)?.revision ?? 0);
}

function renderTabs() {
  if (!room) return;
  const focused = tabs.contains(document.activeElement);
  const buttons = room.rundown.slots
    .filter((slot) => slot.status !== "skipped")
    .map((slot) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "project-tab";
      button.dataset.project = slot.project;
      button.setAttribute("aria-pressed", String(slot.project === shown));
      const name = document.createElement("span");
      name.textContent = projects[slot.project]?.name ?? slot.project;
      const mark = document.createElement("small");
      mark.textContent = tabMark(slot.project);
      button.dataset.state = tabState(slot.project);
      button.append(name, mark);
      button.addEventListener("click", () => {
        follows = slot.project === room?.session.project;
        show(slot.project);
      });
      return button;
    });
  tabs.replaceChildren(...buttons);
  if (focused) /** @type {HTMLElement | null} */ (tabs.querySelector("[aria-pressed=true]"))?.focus();
}

/** @param {string} project */
function tabState(project) {
  if (recused.has(project)) return "recused";
  if (own.has(project)) return "submitted";
  if (isOpen(project)) return "open";
  return drafts.draft(project) ? "draft" : "none";
}

/** @param {string} project */
function tabMark(project) {
  switch (tabState(project)) {
    case "recused":
      return t("conflict");
    case "submitted":
      return t("submitted");
    case "open":
      return t("vote now");
    case "draft":
      return t("draft");
    default:
      return room?.session.project === project ? t("on stage") : "";
  }
}

live.on("ballot.own", (message) => {
  for (const ballot of message.ballots) {
    if (ballot.recused) recused.add(ballot.project);
    else own.set(ballot.project, ballot);
  }
  for (const project of message.recused) recused.add(project);
  if (shown) show(shown);
});

live.follow(place.id, (now) => {
  const first = room === null;
  room = now;
  stage.room = now;
  clock.phase = now.session.phase;
  clock.clock = now.session.clock;
  must("#phase").dataset.phase = now.session.phase;
  const onStage = now.session.project ?? now.rundown.slots[0]?.project ?? "";
  if (first || (follows && onStage !== shown)) show(onStage);
  else render();
});

clock.now = () => live.now();
stage.connect(page);
showConnection(live, must("#connection"), t("Reconnecting. Your ballot is safe in this browser."));
backToLive.addEventListener("click", () => {
  follows = true;
  show(room?.session.project ?? shown);
});
recuseButton.addEventListener("click", () => void recuse());
watchReview(live, place.id, projects);
for (const ballot of drafts.pending()) void deliver(ballot);
