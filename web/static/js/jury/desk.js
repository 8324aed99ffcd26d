// The card that a judge has before them: it goes along with the stage, keeps what is typed, and hands it in.

import { ask } from "../lib/ask.js";
import { must, writeOrHide } from "../lib/dom.js";
import { formatNumber, t } from "../lib/i18n.js";
import { ownTime } from "../lib/times.js";
import { OrderCard } from "../ordering/ordercard.js";
import { PairCard } from "../ordering/paircard.js";
import { cardOf } from "./ballots.js";
import { drawAnswers, drawReceipt } from "./cardfoot.js";
import { drawFor, drawPhase, drawProject, drawRound } from "./cardhead.js";
import { drawCardTabs } from "./cardtabs.js";
import { askGrounds } from "./grounds.js";
import { alikeText, lookBefore, showOwnTotals } from "./owntotals.js";
import { Scorecard } from "./scorecard.js";

/**
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {import("./ballots.js").Ballots} Ballots
 * @typedef {import("./cards.js").Cards} Cards
 * @typedef {import("./cards.js").Note} Note
 * @typedef {Pick<import("../lib/page.js").Page, "room" | "projects" | "criteria" | "reason" | "rules">} Page
 */

export class CardDesk {
  /** A card was chosen by hand: it is to be seen. */
  onchosen = () => {};
  /** The card of this project is shown. @type {(project: string) => void} */
  onshown = () => {};

  /** What was last said about each card's ballot, until the next change. @type {Map<string, Note>} */ #notes = new Map();
  /** @type {Room | null} */ #room = null;
  /** The card that is shown (see ballots.js); the project on stage when last looked; whether the card goes with the stage. */
  #shown = "";
  #staged = "";
  #follows = true;
  /** The newest re-vote that the card was turned to. */
  #revote = 1;
  #page;
  #ballots;
  #cards;
  #card;
  #form = must("#card");
  #tabs = must("#projects");

  /** @param {Page} page @param {Ballots} ballots @param {Cards} cards */
  constructor(page, ballots, cards) {
    this.#page = page;
    this.#ballots = ballots;
    this.#cards = cards;
    /** @type {{onchange: (scores: import("./drafts.js").Scores, texts: import("./drafts.js").Texts) => void, onsubmit: () => void}} */
    const hooks = { onchange: (scores, texts) => this.#typed(scores, texts), onsubmit: () => void this.#send() };
    /** @param {string} project */
    const named = (project) => cards.nameOf(project);
    if (cards.arePairs) this.#card = new PairCard(this.#form, named, page.rules.level_places, hooks);
    else if (cards.areOrders) this.#card = new OrderCard(this.#form, named, page.rules.level_places, hooks);
    else this.#card = new Scorecard(this.#form, page.criteria, hooks);
    must("#revert").addEventListener("click", () => this.#revert());
    must("#recuse").addEventListener("click", () => void this.#recuse());
    must("#abstain").addEventListener("click", () => void this.#abstain());
    must("#totals").addEventListener("click", () => showOwnTotals(this.#own(), this.#page.criteria));
    must("#back-to-live").addEventListener("click", () => {
      this.#choose(this.#room?.session.project ?? this.#shown, true);
      this.#card.focus(page.criteria[0]?.id ?? "");
    });
    document.addEventListener("keydown", (event) => {
      const busy = event.target instanceof Element && event.target.closest("input, select, textarea, dialog, #card, #review");
      if (!busy && !this.#form.hidden) this.#card.typeElsewhere(event);
    });
    ballots.onchange = (key) => {
      if ((key === this.#shown || cards.areOrders) && !ballots.draft(this.#shown)) this.#card.fill(ballots.scores(this.#shown), ballots.texts(this.#shown));
      this.draw();
    };
    ballots.onelsewhere = (key, at) => {
      const time = ownTime(at);
      const kept = t("Changed on another device or tab at {time} (ringed). Your draft is kept: submit it to replace that. If that was not you, tell the organiser at once.", { time });
      const shown = t("Changed on another device or tab at {time}. If that was not you, tell the organiser at once.", { time });
      this.#say(key, "bad", ballots.isUnfinished(key) ? kept : shown);
    };
    ballots.onrefused = (key, refusal) => {
      const closed = t("This desk is closed. Your scores are kept in this browser; ask the organiser for a new link.");
      const stale = t("Newer scores came from another tab or device (ringed). Submit again to replace them with yours.");
      this.#say(key, "bad", refusal.code === "ballot.stale" ? stale : refusal.text || closed);
    };
  }

  /** Whether scores are on the card that the store does not have. */
  get isUnfinished() {
    return this.#ballots.isUnfinished(this.#shown);
  }

  /** Go along with the stage, but never away from a card that is not finished. @param {Room} now */
  follow(now) {
    this.#room = this.#cards.room = now;
    const onStage = now.session.project ?? "";
    const moved = onStage !== "" && onStage !== this.#staged;
    this.#staged = onStage || this.#staged;
    const [first] = this.#cards.revoteCards();
    if (first && cardOf(first).round > this.#revote) {
      this.#revote = cardOf(first).round;
      if (!this.isUnfinished) return this.#show(first);
    }
    if (!this.#shown) this.#show(onStage || (now.rundown.slots[0]?.project ?? ""));
    else if (moved && this.#follows && !this.isUnfinished) this.#show(onStage);
    else this.draw();
  }

  draw() {
    if (!this.#room) return;
    const key = this.#shown;
    const [ballots, cards] = [this.#ballots, this.#cards];
    const out = cards.isOut(key);
    const stored = out ? undefined : (ballots.late.get(key) ?? ballots.kept(key));
    const changed = stored !== undefined && ballots.isUnfinished(key);
    drawProject(key, this.#page.projects, this.#page.room.title);
    drawCardTabs(this.#tabs, this.#room, key, cards, (chosen) => this.#choose(chosen, chosen === this.#room?.session.project));
    drawPhase(this.#room, key, cards);
    drawRound(key, cards);
    if (this.#card instanceof OrderCard) this.#card.offer(cards.offered(key), cards.abstained(key));
    if (this.#card instanceof PairCard) this.#card.offer(cardOf(key).project, cards.compared(key));
    drawFor(this.#room, key, cards);
    this.#card.enable(!out && !cards.isSettled());
    this.#card.ring(changed ? stored.scores : null);
    this.#form.toggleAttribute("data-recused", out);
    this.#form.dataset.revision = String(stored?.revision ?? 0);
    drawAnswers(key, cards, { stored, changed: changed && !ballots.isUnderway(key), note: cards.note(key, this.#notes.get(key)) });
    drawReceipt(stored?.receipt, this.#page.criteria, cards.arePairs);
    writeOrHide(must("#alike"), this.#card instanceof OrderCard ? "" : alikeText(this.#own(), this.#page.criteria, this.#page.rules.all_alike));
    must("#storage").hidden = ballots.isSafe;
    must("#results-link").hidden = this.#room.ceremony.state !== "revealed";
  }

  /** @param {string} key @param {boolean} follows */
  #choose(key, follows) {
    this.#follows = follows;
    this.onchosen();
    this.#show(key);
  }

  /** @param {string} key */
  #show(key) {
    this.#shown = key;
    this.onshown(cardOf(key).project);
    this.#card.fill(this.#ballots.scores(key), this.#ballots.texts(key));
    this.#card.mark(null);
    this.draw();
    this.#tabs.querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** @param {import("./drafts.js").Scores} scores @param {import("./drafts.js").Texts} texts what was typed and is none */
  #typed(scores, texts) {
    this.#ballots.keep(this.#shown, scores, texts);
    // All taken back: what is stored is on the card again.
    if (!this.#ballots.draft(this.#shown) && !Object.keys(texts).length) this.#card.fill(this.#ballots.scores(this.#shown));
    this.#notes.delete(this.#shown);
    this.draw();
  }

  #revert() {
    this.#ballots.drop(this.#shown);
    this.#notes.delete(this.#shown);
    this.#show(this.#shown);
    must("#submit").focus();
  }

  async #send() {
    const key = this.#shown;
    const [card, cards] = [this.#card, this.#cards];
    if (this.#ballots.isUnderway(key)) return;
    if (!cards.canSubmit(key)) return this.#say(key, "bad", cards.whyNot(key));
    const missing = card.missing();
    if (missing) {
      card.mark(missing);
      card.focus(missing);
      return this.#say(key, "bad", card.problem(missing) || t("Every criterion needs a score. The first one without is marked."));
    }
    if (card instanceof PairCard && card.left && !(await this.#leavesOut(card.left))) return;
    const late = cards.isLate(key);
    if (late) {
      const answer = await ask({
        title: t("Hand in late?"),
        text: t("The time for this vote is over. Your ballot is kept apart and counts only if the chair accepts it."),
        yes: t("Hand in late"),
      });
      if (answer === null) return;
    }
    if (card.isTyped && !(await this.#looked(key))) return;
    this.#notes.delete(key);
    await this.#ballots.cast(key, card.scores(), late);
  }

  /** Nobody has to compare what they cannot; nor forgets any. @param {number} count */
  async #leavesOut(count) {
    const text = t("Comparisons left out: {count}. They count for neither project.", { count: formatNumber(count) });
    return (await ask({ title: t("Submit without them?"), text, yes: t("Submit") })) !== null;
  }

  /** A slip of a finger is not seen in a field as it is in cells: a last look. @param {string} key */
  async #looked(key) {
    const own = this.#own();
    const card = { key, name: this.#cards.nameOf(key), scores: this.#card.scores(), stored: false };
    return lookBefore(card, own.filter((one) => one.key !== key), this.#page.criteria);
  }

  /** This judge's scores for each project of the rundown. */
  #own() {
    const slots = this.#room?.rundown.slots.filter((slot) => slot.status !== "skipped" && !this.#cards.isOut(slot.project)) ?? [];
    return slots.map(({ project }) => ({
      key: project,
      name: this.#cards.nameOf(project),
      scores: this.#ballots.scores(project),
      stored: !this.#ballots.isUnfinished(project),
    }));
  }

  async #abstain() {
    const key = this.#shown;
    if (this.#ballots.isUnderway(key)) return;
    if (!this.#cards.isOpen(key)) return this.#say(key, "quiet", t("You can abstain while voting on the project is open."));
    const question = {
      title: t("Abstain on {project}?", { project: this.#cards.nameOf(key) }),
      text: t("Your scores for it do not count. While voting is open, you can still submit a ballot instead."),
      yes: t("Abstain"),
    };
    const grounds = await askGrounds("abstained", question, this.#page.reason);
    if (!grounds) return;
    this.#notes.delete(key);
    await this.#ballots.abstain(key, grounds);
  }

  async #recuse() {
    const key = this.#shown;
    if (this.#ballots.isUnderway(key)) return;
    if (!this.#cards.canRecuse(key)) {
      return this.#say(key, "quiet", t("A conflict can be declared while voting on the project is open."));
    }
    const question = {
      title: t("Step back from {project}?", { project: this.#cards.nameOf(key) }),
      text: t("You will not score this project, and it will not count against it. This cannot be taken back."),
      yes: t("Declare the conflict"),
      danger: true,
    };
    const grounds = await askGrounds("recused", question, this.#page.reason);
    if (grounds) await this.#ballots.recuse(key, grounds);
  }

  /** @param {string} key @param {Note["kind"]} kind @param {string} text */
  #say(key, kind, text) {
    this.#notes.set(key, { kind, text });
    this.draw();
  }
}
