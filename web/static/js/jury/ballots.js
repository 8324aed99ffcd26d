// A judge's ballots: what the store holds, what this browser keeps, and what is on its way between the two.
// They stand under a card's key: the project's id, in a re-vote followed by its round ("neurolens@2").

import { LONG_MS, commandId } from "../live/commands.js";
import { Drafts } from "./drafts.js";

/**
 * @typedef {import("./drafts.js").Scores} Scores
 * @typedef {import("./drafts.js").Pending} Pending
 * @typedef {import("../live/live.js").Live} Live
 * @typedef {import("../live/commands.js").Refusal} Refusal
 * @typedef {import("../live/protocol.js").Receipt} Receipt
 * @typedef {import("./grounds.js").Grounds} Grounds
 * @typedef {{kept: boolean, long: boolean}} Wait for an answer; `kept`: in this browser, over a reload; `long`: see LONG_MS
 * @typedef {{revision: number, scores: Scores, receipt: Receipt | null, abstained: boolean}} Own a ballot as it is stored
 */

/** No id holds it. */
const ROUND = "@";

/** A pause before a ballot that could not be stored just now is sent again. */
const RETRY_MS = 2000;

/** @param {string} project @param {number} round */
export function cardKey(project, round) {
  return round > 1 ? `${project}${ROUND}${round}` : project;
}

/** @param {string} key @returns {{project: string, round: number}} */
export function cardOf(key) {
  const [project = "", round = "1"] = key.split(ROUND);
  return { project, round: Number(round) };
}

export class Ballots {
  /** Stored ballots that count, by card. @type {Map<string, Own>} */
  own = new Map();
  /** Ballots that came late and wait for the chair. @type {Map<string, Own>} */
  late = new Map();
  /** Projects with a conflict of interest. @type {Set<string>} */
  recused = new Set();
  /** Projects that, by lot, others score. @type {Set<string>} */
  elsewhere = new Set();
  /** Projects for which somebody else has the seat. @type {Set<string>} */
  replaced = new Set();
  /** Projects for which the chair has set this judge's ballots aside. @type {Set<string>} */
  setAside = new Set();
  /** Late ballots whose word from the chair was seen here: whether it counts. @type {Map<string, boolean>} */
  ruled = new Map();
  /** Something is different about this card. @type {(key: string) => void} */
  onchange = () => {};
  /** @type {(key: string, refusal: Refusal) => void} */
  onrefused = () => {};
  /** The server has acknowledged something. @type {(receipt: Receipt) => void} */
  onreceipt = () => {};
  /** The judge's own key, if this browser has it. */
  key = "";
  /** How what is sent is signed; null: judges sign nothing here. @type {((said: import("../keys/ownkey.js").Said) => Promise<import("../keys/ownkey.js").Signed>) | null} */
  sign = null;
  /** A newer ballot is stored than this desk knew, and it was not sent from here: when that came. @type {(key: string, at: number) => void} */
  onelsewhere = () => {};

  #live;
  #room;
  #drafts;
  /** Whether ballots are orders: each is about all projects, whichever card it was sent from. */
  #orders;
  /** Cards on which something waits for its answer. @type {Map<string, Wait>} */ #underway = new Map();
  /** Ballots that this page sent. @type {Set<string>} */ #sent = new Set();
  /** Whether the store has told of all there was before this page. */
  #isTold = false;
  /** The newest revision the store has spoken of, by card. @type {Map<string, number>} */ #newest = new Map();

  /** @param {Live} live @param {string} room @param {string} person @param {boolean} [orders] whether ballots are */
  constructor(live, room, person, orders = false) {
    this.#orders = orders;
    this.#live = live;
    this.#room = room;
    this.#drafts = new Drafts(room, person);
    live.on("ballot.own", (message) => {
      if (message.room !== room) return;
      for (const project of message.recused) this.#stepBack(project);
      this.elsewhere = new Set(message.elsewhere);
      this.replaced = new Set(message.replaced);
      for (const { project, recused, ...ballot } of message.ballots) {
        if (recused) this.#stepBack(project, ballot.receipt);
        else if (!ballot.receipt?.late) this.#store(project, ballot);
      }
      for (const { project, round, ...ballot } of message.revote) this.#store(cardKey(project, round), ballot);
      this.#takeRulings(message);
      this.#isTold = true;
    });
    // On another device, or by the chair's ruling.
    live.on("ballot.changed", (message) => message.room === room && live.refresh(room));
    // Another tab has sent something: look what the store holds now.
    addEventListener("storage", (event) => this.#drafts.concerns(event.key) && live.refresh(room));
  }

  /** What belongs on the card. @param {string} key @returns {Scores} */
  scores(key) {
    return this.draft(key) ?? this.late.get(key)?.scores ?? this.#stored(key)?.scores ?? {};
  }

  /** What was typed on the card and is no score. @param {string} key */
  texts(key) {
    return this.#drafts.texts(key);
  }

  /** @param {string} key */
  draft(key) {
    return this.#drafts.draft(this.#sheet(key));
  }

  /** What the store has of this judge for the card's project: of orders the newest, if the project is in it. @param {string} key @returns {Own | undefined} */
  kept(key) {
    const own = this.own.get(key);
    if (!this.#orders) return own;
    const newest = this.#stored(key);
    if (newest?.scores[cardOf(key).project] === undefined) return own?.abstained ? own : undefined;
    return own?.abstained && when(own) > when(newest) ? own : newest;
  }

  /** The ballot that the card shows; of orders the newest of the round. @param {string} key @returns {Own | undefined} */
  #stored(key) {
    if (!this.#orders) return this.own.get(key);
    const round = cardOf(key).round;
    const orders = [...this.own].filter(([one, ballot]) => cardOf(one).round === round && !ballot.abstained).map(([, ballot]) => ballot);
    return orders.sort((one, other) => when(other) - when(one))[0];
  }

  /** Under what a card's draft is kept: an order is one for all cards of a round. @param {string} key */
  #sheet(key) {
    return this.#orders ? `${ROUND}${cardOf(key).round}` : key;
  }

  /** Whether drafts survive a reload. */
  get isSafe() {
    return this.#drafts.safe;
  }

  /** Whether something would be lost with this page. */
  get atRisk() {
    return this.#drafts.atRisk;
  }

  /** @param {string} key */
  isUnderway(key) {
    return this.#underway.has(key);
  }

  /** What the card waits for. @param {string} key */
  wait(key) {
    return this.#underway.get(key);
  }

  /** Whether this browser holds scores that the store does not. @param {string} key */
  isUnfinished(key) {
    const draft = this.draft(key);
    const stored = this.late.get(key) ?? this.#stored(key);
    return draft !== null && !this.isOut(key) && !(stored && same(draft, stored.scores));
  }

  /** @param {string} key @param {Scores} scores @param {import("./drafts.js").Texts} [texts] */
  keep(key, scores, texts = {}) {
    this.#drafts.keepTexts(key, texts);
    if (Object.keys(scores).length) this.#drafts.keep(this.#sheet(key), scores);
    else this.#drafts.drop(this.#sheet(key));
  }

  /** @param {string} key */
  drop(key) {
    this.#drafts.drop(this.#sheet(key));
    this.#drafts.keepTexts(key, {});
  }

  /** Whether this judge has no say on a card's project any more. @param {string} key */
  isOut(key) {
    return this.recused.has(cardOf(key).project) || this.setAside.has(cardOf(key).project) || this.isElsewhere(key) || this.replaced.has(key);
  }

  /** Whether, by lot, others score it; a re-vote is everybody's. @param {string} key */
  isElsewhere(key) {
    return this.elsewhere.has(key);
  }

  /** Whether ballots are orders. */
  get areOrders() {
    return this.#orders;
  }

  /** Submit; it goes on until the store has answered. @param {string} key @param {Scores} scores @param {boolean} [late] */
  async cast(key, scores, late = false) {
    if (this.#underway.has(key)) return;
    const ballot = { command: commandId(), project: key, scores, expected_revision: this.#revision(key), ...(late ? { late } : {}) };
    this.ruled.delete(key);
    this.#drafts.queue(ballot);
    await this.#deliver(ballot);
  }

  /** Go on with what an earlier page could not deliver. */
  resend() {
    for (const ballot of this.#drafts.pending()) void this.#deliver(ballot);
  }

  /** Ask once more for a receipt that this browser has and the server has lost: the same ballot, under the same command. @param {Receipt} receipt */
  ask({ command, project, round, scores, revision, recused, abstained, late, signed }) {
    // A recusal's or an abstention's grounds are not on its receipt; nor is it counted.
    if (recused || abstained || this.#sent.has(command)) return;
    const own = signed ? { own: { key: this.key, signature: signed } } : {};
    void this.#deliver({ command, project: cardKey(project, round), scores, expected_revision: revision - 1, ...(late ? { late } : {}), ...own });
  }

  /** Give no score, for another reason than a conflict. @param {string} key @param {Grounds} grounds */
  async abstain(key, grounds) {
    const expected_revision = this.#revision(key);
    const id = commandId();
    this.#sent.add(id);
    const said = { command: id, kind: /** @type {const} */ ("abstain"), ...cardOf(key), replaces: expected_revision, category: grounds.category };
    const fields = { room: this.#room, ...cardOf(key), ...grounds, expected_revision, ...(this.sign ? await this.sign(said) : {}) };
    try {
      const answer = await this.#insist(key, false, () => this.#live.command("ballot.abstain", fields, { id, durable: true }));
      if (!this.#orders) this.#drafts.drop(key);
      if ("receipt" in answer) {
        this.#store(key, { ...answer.receipt, receipt: answer.receipt });
        this.onreceipt(answer.receipt);
      }
    } catch (error) {
      this.onrefused(key, /** @type {Refusal} */ (error));
    }
  }

  /** Step back from a project, for good. @param {string} key @param {Grounds} grounds */
  async recuse(key, grounds) {
    const { project } = cardOf(key);
    const id = commandId();
    this.#sent.add(id);
    const said = { command: id, kind: /** @type {const} */ ("recuse"), project, replaces: 0, round: 1, category: grounds.category };
    const fields = { room: this.#room, project, ...grounds, ...(this.sign ? await this.sign(said) : {}) };
    try {
      const answer = await this.#insist(key, false, () => this.#live.command("ballot.recuse", fields, { id, durable: true }));
      this.#stepBack(project);
      if ("receipt" in answer) this.onreceipt(answer.receipt);
    } catch (error) {
      const refusal = /** @type {Refusal} */ (error);
      if (refusal.code === "ballot.recused") this.#stepBack(project);
      else this.onrefused(project, refusal);
    }
  }

  /** @param {Pending} ballot */
  async #deliver(ballot) {
    const { command, project: key, scores, expected_revision, late = false } = ballot;
    this.#sent.add(command);
    const { round, ...place } = cardOf(key);
    const fields = { room: this.#room, ...place, scores, expected_revision, ...(round > 1 ? { round } : {}) };
    const type = late ? "ballot.late" : "ballot.cast";
    /** @param {Partial<import("../keys/ownkey.js").Signed>} own */
    const send = (own) => this.#live.command(type, { ...fields, ...own }, { id: command, durable: true });
    const refusal = await this.#insist(key, true, () => (this.sign ? this.#signed(ballot, this.sign).then(send) : send({}))).then(
      (answer) => {
        if ("receipt" in answer) {
          this.#store(key, { ...answer.receipt, receipt: answer.receipt });
          this.onreceipt(answer.receipt);
        }
        return null;
      },
      (error) => /** @type {Refusal} */ (error),
    );
    if (refusal) this.#refused(ballot, refusal);
    else this.#drafts.settle(ballot);
    this.onchange(key);
  }

  /** A ballot's own signature, kept with it: sent again, it must be the same. @param {Pending} ballot @param {NonNullable<Ballots["sign"]>} sign */
  async #signed(ballot, sign) {
    const { command, project: key, scores, expected_revision: replaces, late = false } = ballot;
    if (!ballot.own) {
      ballot.own = await sign({ command, kind: late ? "late" : "ballot", ...cardOf(key), replaces, scores });
      if (ballot.own.signature) this.#drafts.queue(ballot);
    }
    return ballot.own;
  }

  /**
   * Send it until there is an answer that is one.
   * @param {string} key @param {boolean} kept
   * @param {() => Promise<import("../live/commands.js").Answer>} send with the same id each time
   * @returns {Promise<import("../live/commands.js").Answer>} rejects with the Refusal
   */
  async #insist(key, kept, send) {
    const wait = { kept, long: false };
    const told = setTimeout(() => {
      wait.long = true;
      this.onchange(key);
    }, LONG_MS);
    this.#underway.set(key, wait);
    this.onchange(key);
    try {
      for (;;) {
        try {
          return await send();
        } catch (error) {
          if (!(/** @type {Refusal} */ (error).retry)) throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    } finally {
      clearTimeout(told);
      this.#underway.delete(key);
      this.onchange(key);
    }
  }

  /** @param {Pending} ballot @param {Refusal} refusal */
  #refused(ballot, refusal) {
    const { project: key, scores } = ballot;
    // Without an answer of the store it stays on its way: the next page with access sends it again.
    if (!refusal.code.startsWith("live.")) this.#drafts.settle(ballot);
    if (!this.draft(key)) this.#drafts.keep(this.#sheet(key), scores);
    if (refusal.code === "ballot.stale") {
      this.#newest.set(key, Number(refusal.details.revision ?? 0));
      this.#live.refresh(this.#room);
    }
    this.onrefused(key, refusal);
  }

  /** @param {string} key @param {Own} ballot */
  #store(key, { revision, scores, receipt, abstained }) {
    const kept = receipt?.late && !this.ruled.get(key) ? this.late : this.own;
    if (revision < (kept.get(key)?.revision ?? 0)) return;
    const isNews = revision > (this.#newest.get(key) ?? 0) && this.#isNews(receipt);
    kept.set(key, { revision, scores, receipt, abstained });
    if (kept === this.own) this.late.delete(key);
    this.#newest.set(key, Math.max(revision, this.#newest.get(key) ?? 0));
    const draft = this.draft(key);
    if (draft && same(draft, scores)) this.#drafts.drop(this.#sheet(key));
    if (isNews && receipt) this.onelsewhere(key, receipt.cast_at);
    this.onchange(key);
  }

  /** @param {string} key */
  #revision(key) {
    return Math.max(this.own.get(key)?.revision ?? 0, this.#newest.get(key) ?? 0);
  }

  /** What became of late ballots, and of those that the chair has set aside. @param {import("../live/protocol.js").OwnBallots} told */
  #takeRulings({ ballots, late, set_aside }) {
    const waiting = new Set(late.map((one) => one.project));
    for (const project of [...this.late.keys()]) {
      if (waiting.has(project)) continue;
      const counts = ballots.find((one) => one.project === project)?.revision === this.late.get(project)?.revision;
      this.late.delete(project);
      this.ruled.set(project, counts);
      this.onchange(project);
    }
    for (const { project, ...ballot } of ballots) {
      // An accepted one counts, although its receipt says that it came late.
      if (ballot.receipt?.late) {
        this.ruled.set(project, true);
        this.#store(project, ballot);
      }
    }
    for (const { project, ...ballot } of late) {
      this.ruled.delete(project);
      this.#store(project, ballot);
    }
    const before = this.setAside;
    this.setAside = new Set(set_aside);
    for (const project of new Set([...before, ...set_aside])) this.onchange(project);
  }

  /** Whether something came from elsewhere, after this page was told what there was. @param {Receipt | null} receipt */
  #isNews(receipt) {
    return this.#isTold && receipt !== null && !this.#sent.has(receipt.command);
  }

  /** @param {string} project @param {Receipt | null} [receipt] */
  #stepBack(project, receipt = null) {
    if (receipt && !this.recused.has(project) && this.#isNews(receipt)) this.onelsewhere(project, receipt.cast_at);
    this.recused.add(project);
    if (!this.#orders) this.#drafts.drop(project);
    this.onchange(project);
  }
}

/** By the number of its entry. @param {Own} ballot */
function when(ballot) {
  return ballot.receipt?.sequence ?? 0;
}

/** @param {Scores} a @param {Scores} b */
function same(a, b) {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
