// The chair's view of the field's result: what is still missing, what waits for a word, confirm. No score, no order.

import { drawAnnounced } from "../ceremony/announced.js";
import { OverallPanel } from "../ceremony/overallpanel.js";
import { ask } from "../lib/ask.js";
import { keyed, make, write } from "../lib/dom.js";
import { formatDuration, formatNumber, listed, t } from "../lib/i18n.js";
import { acts } from "../live/acts.js";
import { OfficePanel } from "../office/panel.js";
import { QuestionPanel } from "../questions/asking.js";
import { KeyPanel } from "../keys/keypanel.js";
import { caveatSentences } from "./caveat.js";
import { mayClose, sentence, steps } from "./checklist.js";
import { CountPanel } from "./count.js";
import { drawUnscored } from "./grounds.js";
import { drawRevote } from "./progress.js";
import { decidedBy, Rulings } from "./rulings.js";
import { SeatPanel } from "./seats.js";
import { tieForms } from "./ties.js";
import { drawStriking, drawTold } from "./told.js";

/**
 * @typedef {import("../live/live.js").Live} Live
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {{room: string, person: string, projects: Record<string, {name: string}>,
 *   judges: Record<string, {name: string, chair: boolean}>, rules: import("../lib/page.js").Page["rules"], office: "chair" | "deputy"}} Field
 * @typedef {{oncall: (calls: boolean) => void, onscore: () => void}} Hooks `oncall`: whether the chair has something to
 *   do here; `onscore`: the chair wants the scorecard
 */

/** Does nothing on the desk of a judge who is not the chair. @param {Live} live @param {Field} field @param {Hooks} hooks */
export function watchReview(live, field, hooks) {
  const panel = document.querySelector("#review");
  if (panel instanceof HTMLElement) new Review(live, field, panel, hooks);
}

class Review {
  /** @param {Live} live @param {Field} field @param {HTMLElement} panel @param {Hooks} hooks */
  constructor(live, field, panel, { oncall, onscore }) {
    /** @param {string} name */
    const part = (name) => need(panel, name);
    this.field = field;
    this.act = acts(live, field.room, part("error"));
    this.oncall = oncall;
    this.state = part("state");
    this.steps = part("steps");
    this.ties = part("ties");
    this.told = part("told");
    this.striking = part("striking");
    this.announced = part("announced");
    this.sequence = part("sequence");
    this.head = part("head");
    this.error = part("error");
    this.button = part("confirm");
    this.closeButton = part("close-count");
    this.deliberateButton = part("deliberate");
    this.count = new CountPanel(part, this.act, field.person, field.office);
    this.seat = new SeatPanel(part, this.act, field.person, field.office, field);
    this.office = new OfficePanel(part, this.act, field.person, field.office, field);
    this.questions = new QuestionPanel(part, this.act, { projects: field.projects, awards: field.rules.awards }, field.office);
    this.keys = new KeyPanel(part("keys"), this.act, field.person, field.judges);
    this.revote = part("revote");
    this.revoteTitle = part("revote-title");
    this.revoteProgress = part("revote-progress");
    this.scoreButton = part("score");
    this.unscored = part("unscored");
    this.rulings = new Rulings(part, field, this.act, field.office);
    const together = panel.querySelector("[data-overall]");
    this.overall = together instanceof HTMLElement ? new OverallPanel(together, this.act, field.person, {}) : null;
    /** @type {Room | null} */
    this.now = null;
    this.button.addEventListener("click", () => void this.confirm());
    this.closeButton.addEventListener("click", () => void this.closeCount());
    this.deliberateButton.addEventListener("click", () => void this.deliberate());
    this.scoreButton.addEventListener("click", onscore);
    part("close").addEventListener("click", () => void this.closeRevote());
    live.follow(field.room, (now) => this.show(now));
  }

  /** @param {string} id */
  name(id) {
    return this.field.projects[id]?.name ?? id;
  }

  /** May the result be confirmed now? */
  get ready() {
    return Boolean(this.now?.session.over && this.now.review?.ready && this.now.review.state === "sealed");
  }

  /** @param {Room} now */
  show(now) {
    const { review, ceremony } = now;
    if (!review) return;
    this.now = now;
    const sealed = review.state === "sealed";
    const chairs = this.field.office === "chair";
    write(this.state, chairs ? sentence(now) : t("You decide what the chair may not. The chair closes the count and confirms the result."));
    this.state.dataset.state = review.state;
    this.steps.hidden = !sealed || !chairs;
    keyed(this.steps, steps(now, this.field.projects, this.field.judges), {
      key: (step) => step.id,
      create: () => make("li", "", make("span"), make("small")),
      update: (row, step) => {
        row.dataset.done = String(step.done);
        write(/** @type {Element} */ (row.children[0]), step.text);
        write(/** @type {Element} */ (row.children[1]), step.detail);
      },
    });
    const counted = review.count?.closed ?? false;
    const closes = chairs && mayClose(now);
    this.deliberateButton.hidden = !chairs || !closes || !review.may_deliberate;
    this.closeButton.hidden = !sealed || counted || !chairs;
    this.closeButton.setAttribute("aria-disabled", String(!closes));
    this.button.hidden = !sealed || !counted || !chairs;
    this.button.setAttribute("aria-disabled", String(!this.ready));
    this.count.show(now);
    this.seat.show(now);
    this.office.show(now);
    this.keys.show(now);
    write(this.sequence, formatNumber(review.sequence));
    write(this.head, review.head);
    const ties = sealed ? review.ties : [];
    // A tie's form holds what the chair typed: it stays as long as its tie.
    keyed(this.ties, ties, {
      key: (tie) => `${tie.waits_for} ${tie.projects.join(" ")} ${tie.judges ?? ""}`,
      create: (tie) => this.tie(tie),
      update: () => {},
    });
    drawStriking(this.striking, review.striking, (id) => this.name(id), (id) => this.field.judges[id]?.name ?? id, this.field.rules.far_apart);
    this.questions.show(now);
    drawTold(this.told, review.cards, (id) => this.name(id), this.field.judges);
    this.showRevote(now);
    this.rulings.show(now);
    drawUnscored(this.unscored, now.grounds, this.field);
    this.overall?.show(now.overall);
    drawAnnounced(this.announced, ceremony, this.field.projects);
    const unvoted = (sealed ? review.unvoted : []).some((one) => this.questions.concerns(one, review.elsewhere) && !one.missed);
    const mine = unvoted || [...ties, ...(sealed ? review.late : [])].some((one) => one.decided_by === this.field.office);
    this.oncall((chairs && this.ready) || closes || mine || this.count.calls(now) || this.seat.calls(now) || this.office.calls(now) || this.keys.calls(now));
  }

  /** @param {import("./ties.js").Tie} tie */
  tie(tie) {
    if (tie.decided_by === this.field.office) return tieForms(tie, (id) => this.name(id), this.field.rules.chair_settles, this.act);
    const names = listed(tie.projects.map((id) => this.name(id)));
    return make("div", "tie", make("h3", "", t("A tie: {names}", { names })), make("p", "small muted", decidedBy(tie.decided_by)));
  }

  /** The open re-vote: who has submitted, never what. @param {Room} now */
  showRevote({ progress }) {
    const revote = progress?.revote;
    const open = revote?.projects.some((one) => one.open) ?? false;
    this.revote.hidden = !open;
    if (!revote || !open) return;
    write(this.revoteTitle, t("Re-vote, round {number}", { number: formatNumber(revote.round) }));
    drawRevote(this.revoteProgress, revote, this.field.judges, this.field.projects);
    const own = revote.projects.flatMap((one) => one.judges).filter((one) => one.judge === this.field.person);
    this.scoreButton.hidden = !own.some((one) => one.state === "waiting");
  }

  async closeRevote() {
    const waiting = this.now?.progress?.revote?.projects.some((one) => one.judges.some((judge) => judge.state === "waiting"));
    const answer = await ask({
      title: t("Close the re-vote?"),
      text: waiting ? t("Some judges have not submitted. A judge counts who has scored all of the projects.") : t("All judges have submitted."),
      yes: t("Close the re-vote"),
    });
    if (answer !== null) await this.act("result.revote_close", {});
  }

  async confirm() {
    if (!this.ready || !this.now?.review) {
      this.error.textContent = t("Not yet: the list above says what is missing.");
      return;
    }
    const { review, rundown } = this.now;
    const pitched = new Set(rundown.slots.filter((slot) => slot.status === "done").map((slot) => slot.project));
    const short = review.incomplete.filter((id) => pitched.has(id)).map((id) => this.name(id));
    const caveats = caveatSentences(
      review.caveat,
      (id) => this.name(id),
      (id) => this.field.judges[id]?.name ?? id,
    );
    const quorum = short.length
      ? t("Below the quorum, so without a place: {names}. After this no ballot can change.", { names: listed(short) })
      : t("Every project that pitched has its quorum. After this no ballot can change.");
    const answer = await ask({
      title: t("Confirm the result of this field?"),
      text: [...caveats, quorum].join(" "),
      yes: t("Confirm the result"),
    });
    if (answer !== null) await this.act("result.confirm", { accept_incomplete: review.incomplete.length > 0 });
  }

  async deliberate() {
    const time = formatDuration(this.field.rules.deliberation * 60_000);
    const answer = await ask({
      title: t("Open all cards for deliberation?"),
      text: t("For {time} every judge can look at their cards and change them. It can be done once, and ends by the clock. How many ballots were changed is published with the result.", { time }),
      yes: t("Open the cards"),
    });
    if (answer !== null) await this.act("jury.deliberate", {});
  }

  async closeCount() {
    if (!this.now || !mayClose(this.now)) {
      this.error.textContent = t("Not yet: the list above says what is missing.");
      return;
    }
    const answer = await ask({
      title: t("Close the count?"),
      text: t("After this no ballot, no ruling and no points off change a score, and you are told of ties. Only two people can open it again, with a reason that everybody reads, and twice at most."),
      yes: t("Close the count"),
    });
    if (answer !== null) await this.act("count.close", { count: this.now.review?.count?.number ?? 1 });
  }
}

/** @param {HTMLElement} root @param {string} name @returns {HTMLElement} */
function need(root, name) {
  const found = root.querySelector(`[data-review=${name}]`);
  if (!(found instanceof HTMLElement)) throw new Error(`the review has no ${name}`);
  return found;
}
