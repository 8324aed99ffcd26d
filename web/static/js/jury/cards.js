// What a judge may do with each card now, and what is said about it. Changes nothing.

import { formatNumber, t } from "../lib/i18n.js";
import { cardKey, cardOf } from "./ballots.js";

/**
 * @typedef {import("./ballots.js").Ballots} Ballots
 * @typedef {import("../live/live.js").Live} Live
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {{kind: "quiet" | "good" | "bad" | "busy", text: string}} Note
 */

/** Cards stand under their keys, see ballots.js. */
export class Cards {
  /** @type {Room | null} */
  room = null;

  #ballots;
  #live;
  #projects;
  #opponents;

  /**
   * @param {Ballots} ballots
   * @param {Live} live
   * @param {Record<string, {name: string}>} projects
   * @param {Record<string, string[]> | null} [opponents] with which others this judge compares each; null: ballots are no comparisons
   */
  constructor(ballots, live, projects, opponents = null) {
    this.#opponents = opponents;
    this.#ballots = ballots;
    this.#live = live;
    this.#projects = projects;
  }

  /** The re-vote whose windows are open, as cards. */
  revoteCards() {
    const open = this.room?.windows?.windows.filter((one) => one.round > 1 && one.open) ?? [];
    const round = Math.max(0, ...open.map((one) => one.round));
    return open.filter((one) => one.round === round).map((one) => cardKey(one.project, one.round));
  }

  /** @param {string} key @returns {"open" | "closed" | "never"} */
  windowState(key) {
    const { project, round } = cardOf(key);
    const found = this.room?.windows?.windows.find((one) => one.project === project && one.round === round);
    if (!found) return "never";
    return found.open && (found.closes_at === null || this.#live.now() < found.closes_at) ? "open" : "closed";
  }

  /** @param {string} key */
  isOpen(key) {
    return this.windowState(key) === "open";
  }

  /** Whether the ballot would come after its window: the chair then decides. @param {string} key */
  isLate(key) {
    if (this.areOrders || this.arePairs) return false; // a window is opened again for them
    if (this.windowState(key) !== "closed" || cardOf(key).round > 1 || this.isOut(key) || this.isSettled() || this.isShown(key)) return false;
    const stored = this.#ballots.own.get(key) ?? this.#ballots.late.get(key);
    return !stored || this.#ballots.isUnfinished(key);
  }

  /** Whether ballots are orders. */
  get areOrders() {
    return this.#ballots.areOrders;
  }

  /** Whether ballots are comparisons. */
  get arePairs() {
    return this.#opponents !== null;
  }

  /** What the card's project is compared with on it: by lot, and in a re-vote with all others. Of two that have pitched the card
   * of the later one asks; where that one is closed, the other's. @param {string} key */
  compared(key) {
    const { project, round } = cardOf(key);
    const order = this.room?.rundown.slots.map((slot) => slot.project) ?? [];
    const drawn = round > 1 ? null : new Set(this.#opponents?.[project]);
    return this.offered(key).filter((other) => {
      const beside = cardKey(other, round);
      if (other === project || (drawn && !drawn.has(other))) return false;
      if (this.#ballots.scores(key)[other] !== undefined) return true;
      if (this.#ballots.own.get(beside)?.scores[project] !== undefined) return false;
      return order.indexOf(other) < order.indexOf(project) || (this.isOpen(key) && !this.isOpen(beside));
    });
  }

  /** Whether the judge has compared it, on whatever card. @param {string} key */
  #isCompared(key) {
    const { project, round } = cardOf(key);
    return [...this.#ballots.own].some(([one, { scores }]) => (one === key && Object.keys(scores).length > 0) || (cardOf(one).round === round && scores[project] !== undefined));
  }

  /** What an order on the card is of: projects whose window was opened, and which this judge may judge. @param {string} key */
  offered(key) {
    const { round } = cardOf(key);
    const opened = this.room?.windows?.windows.filter((one) => one.round === round).map((one) => one.project) ?? [];
    const order = this.room?.rundown.slots.map((slot) => slot.project) ?? [];
    return order.filter((project) => opened.includes(project) && !this.isOut(cardKey(project, round)));
  }

  /** Those of them that this judge abstained from. @param {string} key */
  abstained(key) {
    return new Set(this.offered(key).filter((project) => this.#ballots.kept(cardKey(project, cardOf(key).round))?.abstained));
  }

  /** @param {string} key */
  nameOf(key) {
    const { project } = cardOf(key);
    return this.#projects[project]?.name ?? project;
  }

  /** The result is confirmed: no ballot changes any more. */
  isSettled() {
    return this.room !== null && this.room.ceremony.state !== "sealed";
  }

  /** Everybody was shown what the judges gave: no ballot for it is taken any more. @param {string} key */
  isShown(key) {
    return cardOf(key).round === 1 && (this.room?.cards?.projects.some((one) => one.project === key) ?? false);
  }

  /** @param {string} key */
  isOut(key) {
    return this.#ballots.isOut(key);
  }

  /** @param {string} key */
  canSubmit(key) {
    const asks = !this.arePairs || this.compared(key).length > 0;
    return asks && (this.isOpen(key) || this.isLate(key)) && !this.isOut(key) && !this.isSettled() && this.#live.state !== "closed";
  }

  /** A conflict may also come to mind during a re-vote. @param {string} key */
  canRecuse(key) {
    return this.isOpen(key) || this.revoteCards().length > 0;
  }

  /** Why there is no submitting now, or what the card is waiting for. @param {string} key */
  whyNot(key) {
    const { project, round } = cardOf(key);
    if (this.#ballots.setAside.has(project)) return t("The chair has set your ballot for this project aside. It does not count.");
    if (this.#ballots.replaced.has(key)) return t("Somebody else has this seat for this project.");
    if (this.#ballots.isElsewhere(key)) return t("By lot, other judges score this project.");
    if (this.isOut(key)) return t("You have a conflict of interest with this project and do not score it.");
    if (this.room?.ceremony.state === "revealed") return t("The podium is public.");
    if (this.isSettled()) return t("The result of this field is confirmed. Voting is over.");
    if (this.isShown(key)) return t("The scores of this project were shown to everybody: they stand as they are.");
    if (this.#live.state === "closed") return t("This desk is closed. Your scores are kept in this browser; ask the organiser for a new link.");
    if (this.arePairs && this.isOpen(key)) return t("There is nothing to compare it with here: it comes up beside other projects.");
    if (round > 1) return t("This re-vote is closed.");
    const slot = this.room?.rundown.slots.find((one) => one.project === key);
    if (this.room?.session.project === key && this.room.session.phase !== "closed") {
      return t("Voting opens after the questions. Your draft is kept in this browser.");
    }
    if (slot?.status === "waiting") return t("This project has not pitched yet. You may note a draft.");
    if (slot?.status === "skipped") return t("This project was skipped.");
    return t("Voting on this project is closed.");
  }

  /** What is said beside the card. @param {string} key @param {Note | undefined} said what was last said about its ballot
   * @returns {Note} */
  note(key, said) {
    const wait = this.#ballots.wait(key);
    if (wait) return { kind: "busy", text: this.#underway(wait) };
    if (said) return said;
    const stored = this.#ballots.kept(key);
    const draft = this.#ballots.draft(key);
    if (this.isOut(key)) return { kind: "quiet", text: this.whyNot(key) };
    if (this.#ballots.late.has(key) && !this.#ballots.isUnfinished(key)) {
      return { kind: "busy", text: t("Handed in late. It waits for the chair's word.") };
    }
    const ruled = this.#ballots.ruled.get(key);
    if (ruled === false && !this.#ballots.isUnfinished(key)) {
      return { kind: "bad", text: t("The chair did not accept your late ballot. It does not count.") };
    }
    if (ruled && stored) return { kind: "good", text: t("The chair accepted your late ballot. It counts.") };
    if (this.isLate(key)) {
      return draft
        ? { kind: "bad", text: t("The time for this vote is over. You can hand in late: the chair decides whether it counts.") }
        : { kind: "bad", text: t("Voting closed without your ballot. Score the project to hand in late: the chair decides.") };
    }
    if (stored?.abstained && !this.#ballots.isUnfinished(key)) {
      return this.canSubmit(key)
        ? { kind: "good", text: t("You abstained. While voting is open, you can still submit a ballot.") }
        : { kind: "good", text: t("You abstained from this project.") };
    }
    if (stored && this.#ballots.isUnfinished(key)) {
      return {
        kind: "quiet",
        text: this.canSubmit(key)
          ? t("Changed since you submitted: the stored scores are ringed. Submit again to replace them.")
          : t("Your ballot is stored; the ringed scores count. {reason}", { reason: this.whyNot(key) }),
      };
    }
    if (stored && !this.isOut(key)) {
      const revision = formatNumber(stored.revision);
      return this.canSubmit(key)
        ? { kind: "good", text: t("Submitted, revision {revision}. You can change it until voting closes.", { revision }) }
        : { kind: "good", text: t("Submitted, revision {revision}. {reason}", { revision, reason: this.whyNot(key) }) };
    }
    if (this.canSubmit(key)) return { kind: "quiet", text: draft ? t("Not submitted yet.") : t("Voting is open.") };
    return { kind: "quiet", text: this.whyNot(key) };
  }

  /** @param {import("./ballots.js").Wait} wait */
  #underway({ kept, long }) {
    if (!kept) return long ? t("No answer yet. It is sent again as long as this page is open.") : t("Sending…");
    if (this.#live.state !== "open") return t("No connection. Your ballot is safe in this browser and is sent as soon as it is back.");
    return long ? t("No answer yet. Your ballot is kept in this browser and is sent again until it is stored.") : t("Sending your ballot…");
  }

  /** @param {string} key */
  tabState(key) {
    if (this.#ballots.setAside.has(cardOf(key).project)) return "void";
    if (this.#ballots.replaced.has(key)) return "replaced";
    if (this.#ballots.isElsewhere(key) && !this.#ballots.recused.has(key)) return "elsewhere";
    if (this.isOut(key)) return "recused";
    if (this.#ballots.isUnderway(key)) return "busy";
    if (this.#ballots.late.has(key)) return "late";
    if (this.#ballots.kept(key)?.abstained && !this.#ballots.isUnfinished(key)) return "abstained";
    if (this.#ballots.kept(key)) return this.#ballots.isUnfinished(key) && this.isOpen(key) ? "changed" : "submitted";
    if (this.arePairs && !this.compared(key).length) return this.#isCompared(key) ? "submitted" : "none";
    if (this.isOpen(key)) return "open";
    if (this.windowState(key) === "closed") return "missed";
    return this.#ballots.draft(key) && !this.areOrders ? "draft" : "none";
  }

  /** @param {string} key */
  tabMark(key) {
    switch (this.tabState(key)) {
      case "recused":
        return t("conflict");
      case "replaced":
      case "elsewhere":
        return t("others score");
      case "void":
        return t("set aside");
      case "late":
        return t("late, waits");
      case "abstained":
        return t("abstained");
      case "busy":
        return t("sending");
      case "submitted":
        return t("submitted");
      case "changed":
        return t("changed");
      case "open":
        return t("vote now");
      case "missed":
        return t("no ballot");
      case "draft":
        return t("draft");
      default:
        if (this.room?.session.project !== key || this.room.session.phase === "closed") return "";
        return this.room.session.phase === "standby" ? t("next") : t("on stage");
    }
  }
}
