// A judge's drafts, and the ballots on their way, kept in this browser so that a reload or an outage loses nothing.

/**
 * @typedef {Record<string, number>} Scores
 * @typedef {{command: string, project: string, scores: Scores, expected_revision: number}} Pending a ballot without an answer yet
 * @typedef {{drafts: Record<string, Scores>, pending: Pending[]}} Kept
 */

export class Drafts {
  /**
   * @param {string} room
   * @param {string} person
   * @param {Pick<Storage, "getItem" | "setItem">} [storage]
   */
  constructor(room, person, storage = window.localStorage) {
    this.key = `roadshow.ballots.${room}.${person}`;
    this.storage = storage;
    /** False when the browser refuses to store: the page then says so. */
    this.safe = true;
    /** @type {Kept} */
    this.kept = this.read();
  }

  /** @returns {Kept} */
  read() {
    try {
      const kept = JSON.parse(this.storage.getItem(this.key) ?? "{}");
      return { drafts: kept.drafts ?? {}, pending: Array.isArray(kept.pending) ? kept.pending : [] };
    } catch {
      return { drafts: {}, pending: [] };
    }
  }

  write() {
    try {
      this.storage.setItem(this.key, JSON.stringify(this.kept));
      this.safe = true;
    } catch {
      this.safe = false;
    }
  }

  /** @param {string} project @returns {Scores | null} */
  draft(project) {
    return this.kept.drafts[project] ?? null;
  }

  /** @param {string} project @param {Scores} scores */
  keep(project, scores) {
    this.kept.drafts[project] = { ...scores };
    this.write();
  }

  /** @param {string} project */
  drop(project) {
    delete this.kept.drafts[project];
    this.write();
  }

  /** @returns {readonly Pending[]} */
  pending() {
    return this.kept.pending;
  }

  /** A newer ballot for the same project takes the place of one that was never answered. @param {Pending} ballot */
  queue(ballot) {
    this.kept.pending = [...this.kept.pending.filter((other) => other.project !== ballot.project), ballot];
    this.write();
  }

  /** The store has answered. @param {string} command */
  settle(command) {
    this.kept.pending = this.kept.pending.filter((ballot) => ballot.command !== command);
    this.write();
  }
}
