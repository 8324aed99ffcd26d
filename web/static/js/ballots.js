// A judge's ballots: what the store holds, what this browser keeps, and what is on its way between the two.

import { Drafts } from "./drafts.js";
import { commandId } from "./live.js";

/**
 * @typedef {import("./drafts.js").Scores} Scores
 * @typedef {import("./drafts.js").Pending} Pending
 * @typedef {import("./live.js").Live} Live
 * @typedef {import("./live.js").Refusal} Refusal
 * @typedef {import("./protocol.js").Receipt} Receipt
 * @typedef {{revision: number, scores: Scores, receipt: Receipt | null}} Own a ballot as it is stored
 */

/** A pause before a ballot that could not be stored just now is sent again. */
const RETRY_MS = 2000;

export class Ballots {
  /** Stored ballots, by project. @type {Map<string, Own>} */
  own = new Map();
  /** Projects with a conflict of interest. @type {Set<string>} */
  recused = new Set();
  /** Something is different about this project. @type {(project: string) => void} */
  onchange = () => {};
  /** @type {(project: string, refusal: Refusal) => void} */
  onrefused = () => {};

  #live;
  #room;
  #drafts;
  /** Projects whose ballot waits for its answer. @type {Set<string>} */ #underway = new Set();
  /** The newest revision the store has spoken of, by project. @type {Map<string, number>} */ #newest = new Map();

  /** @param {Live} live @param {string} room @param {string} person */
  constructor(live, room, person) {
    this.#live = live;
    this.#room = room;
    this.#drafts = new Drafts(room, person);
    live.on("ballot.own", (message) => {
      if (message.room !== room) return;
      for (const project of message.recused) this.#stepBack(project);
      for (const { project, recused, ...ballot } of message.ballots) {
        if (recused) this.#stepBack(project);
        else this.#store(project, ballot);
      }
    });
    // Another tab has sent something: look what the store holds now.
    addEventListener("storage", (event) => this.#drafts.concerns(event.key) && live.refresh(room));
  }

  /** What belongs on the card. @param {string} project @returns {Scores} */
  scores(project) {
    return this.#drafts.draft(project) ?? this.own.get(project)?.scores ?? {};
  }

  /** @param {string} project */
  draft(project) {
    return this.#drafts.draft(project);
  }

  /** Whether drafts survive a reload. */
  get isSafe() {
    return this.#drafts.safe;
  }

  /** Whether something would be lost with this page. */
  get atRisk() {
    return this.#drafts.atRisk;
  }

  /** @param {string} project */
  isUnderway(project) {
    return this.#underway.has(project);
  }

  /** Whether this browser holds scores that the store does not. @param {string} project */
  isUnfinished(project) {
    const draft = this.#drafts.draft(project);
    const stored = this.own.get(project);
    return draft !== null && !this.recused.has(project) && !(stored && same(draft, stored.scores));
  }

  /** @param {string} project @param {Scores} scores */
  keep(project, scores) {
    if (Object.keys(scores).length) this.#drafts.keep(project, scores);
    else this.#drafts.drop(project);
  }

  /** @param {string} project */
  drop(project) {
    this.#drafts.drop(project);
  }

  /** Submit; it goes on until the store has answered. @param {string} project @param {Scores} scores */
  async cast(project, scores) {
    if (this.#underway.has(project)) return;
    const expected_revision = Math.max(this.own.get(project)?.revision ?? 0, this.#newest.get(project) ?? 0);
    const ballot = { command: commandId(), project, scores, expected_revision };
    this.#drafts.queue(ballot);
    await this.#deliver(ballot);
  }

  /** Go on with what an earlier page could not deliver. */
  resend() {
    for (const ballot of this.#drafts.pending()) void this.#deliver(ballot);
  }

  /** Step back from a project, for good. @param {string} project @param {string} reason */
  async recuse(project, reason) {
    try {
      await this.#live.command("ballot.recuse", { room: this.#room, project, reason }, { durable: true });
      this.#stepBack(project);
    } catch (error) {
      const refusal = /** @type {Refusal} */ (error);
      if (refusal.code === "ballot.recused") this.#stepBack(project);
      else this.onrefused(project, refusal);
    }
  }

  /** @param {Pending} ballot */
  async #deliver(ballot) {
    const { command, project, scores, expected_revision } = ballot;
    this.#underway.add(project);
    this.onchange(project);
    const fields = { room: this.#room, project, scores, expected_revision };
    /** @type {Refusal | null} */
    let refusal = null;
    do {
      if (refusal) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      refusal = await this.#live.command("ballot.cast", fields, { id: command, durable: true }).then(
        (answer) => {
          if ("receipt" in answer) this.#store(project, { ...answer.receipt, receipt: answer.receipt });
          return null;
        },
        (error) => /** @type {Refusal} */ (error),
      );
    } while (refusal?.retry);
    this.#underway.delete(project);
    if (refusal) this.#refused(ballot, refusal);
    else this.#drafts.settle(ballot);
    this.onchange(project);
  }

  /** @param {Pending} ballot @param {Refusal} refusal */
  #refused(ballot, refusal) {
    const { project, scores } = ballot;
    // Without an answer of the store it stays on its way: the next page with access sends it again.
    if (!refusal.code.startsWith("live.")) this.#drafts.settle(ballot);
    if (!this.#drafts.draft(project)) this.#drafts.keep(project, scores);
    if (refusal.code === "ballot.stale") {
      this.#newest.set(project, Number(refusal.details.revision ?? 0));
      this.#live.refresh(this.#room);
    }
    this.onrefused(project, refusal);
  }

  /** @param {string} project @param {Own} ballot */
  #store(project, { revision, scores, receipt }) {
    const known = this.own.get(project)?.revision ?? 0;
    if (revision < known) return;
    this.own.set(project, { revision, scores, receipt });
    const draft = this.#drafts.draft(project);
    if (draft && same(draft, scores)) this.#drafts.drop(project);
    this.onchange(project);
  }

  /** @param {string} project */
  #stepBack(project) {
    this.recused.add(project);
    this.#drafts.drop(project);
    this.onchange(project);
  }
}

/** @param {Scores} a @param {Scores} b */
function same(a, b) {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
