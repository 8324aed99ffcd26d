// A judge's drafts, and the ballots on their way, kept in this browser so that a reload or an outage loses nothing.
// One entry for each card (see ballots.js): two tabs of the same judge do not overwrite each other's other cards.

/**
 * @typedef {Record<string, number>} Scores in steps of each criterion's scale
 * @typedef {Record<string, string>} Texts what was typed and is no score, by criterion
 * @typedef {{command: string, project: string, scores: Scores, expected_revision: number, late?: boolean,
 *   own?: Partial<import("../keys/ownkey.js").Signed>}} Pending a ballot without an answer yet; `project`: its card, `own`: the judge's signature
 * @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} Shelf
 */

export class Drafts {
  /** False when the browser refuses to store: the page then says so. */
  safe = true;
  /** @type {Map<string, Scores>} */ #drafts = new Map();
  /** @type {Map<string, Texts>} */ #texts = new Map();
  /** @type {Map<string, Pending>} */ #pending = new Map();
  /** @type {Shelf | null} */ #storage;
  #draftKey;
  #ballotKey;
  #textKey;

  /**
   * @param {string} room
   * @param {string} person
   * @param {Shelf | null} [storage] null: there is none
   */
  constructor(room, person, storage = shelf()) {
    this.#storage = storage;
    this.#draftKey = `roadshow.draft.${room}.${person}.`;
    this.#ballotKey = `roadshow.ballot.${room}.${person}.`;
    this.#textKey = `roadshow.typed.${room}.${person}.`;
    this.safe = storage !== null;
    for (const [card, value] of this.#entries(this.#textKey)) if (isTexts(value)) this.#texts.set(card, value);
    for (const [card, value] of this.#entries(this.#draftKey)) if (isScores(value)) this.#drafts.set(card, value);
    for (const [card, value] of this.#entries(this.#ballotKey)) {
      if (isPending(value) && value.project === card) this.#pending.set(card, value);
    }
  }

  /** @param {string} card @returns {Scores | null} */
  draft(card) {
    return this.#drafts.get(card) ?? null;
  }

  /** @param {string} card @param {Scores} scores */
  keep(card, scores) {
    this.#drafts.set(card, { ...scores });
    this.#write(this.#draftKey + card, scores);
  }

  /** @param {string} card */
  drop(card) {
    this.#drafts.delete(card);
    this.#write(this.#draftKey + card, null);
  }

  /** What was typed on the card and is no score: nothing that somebody typed is thrown away. @param {string} card @returns {Texts} */
  texts(card) {
    return this.#texts.get(card) ?? {};
  }

  /** @param {string} card @param {Texts} texts */
  keepTexts(card, texts) {
    const any = Object.keys(texts).length > 0;
    if (!any && !this.#texts.has(card)) return;
    if (any) this.#texts.set(card, { ...texts });
    else this.#texts.delete(card);
    this.#write(this.#textKey + card, any ? texts : null);
  }

  /** @returns {Pending[]} */
  pending() {
    return [...this.#pending.values()];
  }

  /** A newer ballot for the same card takes the place of one that was never answered. @param {Pending} ballot */
  queue(ballot) {
    this.#pending.set(ballot.project, ballot);
    this.#write(this.#ballotKey + ballot.project, ballot);
  }

  /** The store has answered. @param {Pending} ballot */
  settle({ command, project }) {
    if (this.#pending.get(project)?.command !== command) return;
    this.#pending.delete(project);
    this.#write(this.#ballotKey + project, null);
  }

  /** Whether something would be lost with this page. */
  get atRisk() {
    return !this.safe && (this.#drafts.size > 0 || this.#pending.size > 0);
  }

  /** Whether a change of this storage key, made by another tab, concerns these ballots. @param {string | null} key */
  concerns(key) {
    return key !== null && key.startsWith(this.#ballotKey);
  }

  /** @param {string} prefix @returns {[string, unknown][]} */
  #entries(prefix) {
    /** @type {[string, unknown][]} */
    const entries = [];
    try {
      for (let index = 0; index < (this.#storage?.length ?? 0); index++) {
        const key = this.#storage?.key(index);
        if (key?.startsWith(prefix)) entries.push([key.slice(prefix.length), parse(this.#storage?.getItem(key) ?? "")]);
      }
    } catch {
      this.safe = false;
    }
    return entries;
  }

  /** @param {string} key @param {unknown} value null: remove */
  #write(key, value) {
    if (!this.#storage) return;
    try {
      if (value === null) this.#storage.removeItem(key);
      else this.#storage.setItem(key, JSON.stringify(value));
      this.safe = true;
    } catch {
      this.safe = false;
    }
  }
}

/** Reading the property alone throws where a browser forbids storage. @returns {Shelf | null} */
function shelf() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** @param {string} text @returns {unknown} */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {unknown} value @returns {value is Scores} */
function isScores(value) {
  return typeof value === "object" && value !== null && Object.values(value).every(Number.isInteger);
}

/** @param {unknown} value @returns {value is Texts} */
function isTexts(value) {
  return typeof value === "object" && value !== null && Object.values(value).every((text) => typeof text === "string");
}

/** @param {unknown} value @returns {value is Pending} */
function isPending(value) {
  const ballot = /** @type {Partial<Pending> | null} */ (value);
  return typeof ballot?.command === "string" && isScores(ballot.scores) && Number.isInteger(ballot.expected_revision);
}
