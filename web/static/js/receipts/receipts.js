// A judge's receipts: kept in this browser, checked here, and held against what the server says later. So whoever changes
// a ballot behind the server's back, or in it, has this browser against them as well.

import { isPublished } from "../lib/chain.js";
import { misopened } from "./box.js";
import { contradicted, hashesOf, textOf, verify } from "./proofs.js";

/**
 * @typedef {import("../live/protocol.js").Receipt} Receipt
 * @typedef {import("../live/protocol.js").OwnBallots} OwnBallots
 * @typedef {import("../jury/drafts.js").Shelf} Shelf
 * @typedef {import("../live/protocol.js").HeadsView} HeadsView
 * @typedef {"key" | "signature" | "changed" | "missing" | "published" | "head"} Fault
 *   `key`: the server signs with another key than at first; `signature`: a receipt is not signed with it; `changed`: the server holds
 *   another ballot, or has another ledger before it, than it gave a receipt for; `missing`: it does not hold it any more;
 *   `published`: the record that everybody may read contradicts a receipt, or what was sealed for it; `head`: it is not of the rules, or not of the ledger, whose
 *   hashes everybody was told
 * @typedef {{fault: Fault, project: string}} Alarm `project`: empty for the key and for heads
 * @typedef {import("./proofs.js").Verify} Verify
 */

/** Hashes that are kept: of each of 200 projects' windows, twice over. */
const MOST_HEADS = 400;
/** Of the file that a judge saves. */
export const FILE_FORMAT = "roadshow receipts 1";

export class Receipts {
  /** Something is different: an alarm, or what is known of a receipt. */
  onchange = () => {};
  /** The server holds a ballot it gave a receipt for, and has lost the receipt's signature. @type {(receipt: Receipt) => void} */
  onlost = () => {};

  /** By command. @type {Map<string, Receipt>} */ #kept = new Map();
  /** By command: whether it is genuine; null: this browser cannot tell. @type {Map<string, boolean | null>} */ #checked = new Map();
  /** By fault and project. @type {Map<string, Alarm>} */ #alarms = new Map();
  /** Hashes of the rules and of the ledger that everybody was told. @type {Set<string>} */ #heads = new Set();
  /** The key at first sight. */ #key = "";
  /** How many receipts the published record bears out; 0: not looked at, or not all. */ borneOut = 0;
  #prefix;
  #keyName;
  #headsName;
  #storage;
  #verify;

  /** @param {string} room @param {string} person @param {Shelf | null} [storage] null: there is none @param {Verify} [check] */
  constructor(room, person, storage = shelf(), check = verify) {
    this.#prefix = `roadshow.receipt.${room}.${person}.`;
    this.#keyName = `roadshow.signer.${room}.${person}`;
    this.#headsName = `roadshow.heads.${room}.${person}`;
    this.#storage = storage;
    for (const hash of (storage?.getItem(this.#headsName) ?? "").split(" ")) if (hash) this.#heads.add(hash);
    this.#verify = check;
    this.#key = storage?.getItem(this.#keyName) ?? "";
    for (let n = 0; n < (storage?.length ?? 0); n++) {
      const name = storage?.key(n) ?? "";
      const receipt = name.startsWith(this.#prefix) ? parsed(storage?.getItem(name) ?? "") : null;
      if (receipt) this.#kept.set(receipt.command, receipt);
    }
  }

  /** What is wrong. @returns {Alarm[]} */
  get alarms() {
    return [...this.#alarms.values()];
  }

  /** Whether this browser keeps a receipt that it has no means to check. */
  get unchecked() {
    return [...this.#checked.values()].includes(null);
  }

  get count() {
    return this.#kept.size;
  }

  /** Whether a receipt is genuine; null: this browser cannot tell, undefined: not looked at yet. @param {string} command */
  checked(command) {
    return this.#checked.get(command);
  }

  /** A receipt that has just come. @param {Receipt} receipt */
  async take(receipt) {
    if (!receipt.signature || this.#checked.has(receipt.command)) return;
    const known = this.#kept.get(receipt.command);
    // What was kept is the evidence: nothing that comes later takes its place.
    if (known && (known.signature !== receipt.signature || textOf(known) !== textOf(receipt))) return this.#raise("changed", receipt.project);
    if (!this.#key) return;
    const genuine = await this.#verify(textOf(receipt), receipt.signature, this.#key);
    this.#checked.set(receipt.command, genuine);
    if (genuine === false) return this.#raise("signature", receipt.project);
    if (known) return this.onchange();
    this.#kept.set(receipt.command, receipt);
    this.#write(this.#prefix + receipt.command, JSON.stringify(receipt));
    this.onchange();
  }

  /** What the server holds of this judge, beside what it gave receipts for. @param {OwnBallots} told */
  async compare(told) {
    if (!this.#key) {
      this.#key = told.public_key;
      this.#write(this.#keyName, told.public_key);
    } else if (this.#key !== told.public_key) this.#raise("key", "");
    const held = [...told.ballots, ...told.revote].map((ballot) => ballot.receipt).filter((receipt) => receipt !== null);
    const rounds = new Set([1, ...told.revote.map((ballot) => ballot.round)]);
    for (const own of this.#newest().filter((receipt) => rounds.has(receipt.round))) {
      const now = held.find((receipt) => receipt.project === own.project && receipt.round === own.round);
      if (!now || now.revision < own.revision) this.#raise("missing", own.project);
      else if (now.revision > own.revision) continue;
      else if (now.entry !== own.entry || now.rules !== own.rules) this.#raise("changed", own.project);
      else if (!now.signature) this.onlost(own);
    }
    for (const receipt of held) await this.take(receipt);
    for (const { receipt } of told.late) if (receipt) await this.take(receipt);
  }

  /** What everybody is told of the ledger. Before its first window is closed the rules may still change. @param {HeadsView} told */
  hear({ rules, heads }) {
    const known = this.#heads.size;
    for (const hash of heads.length ? [rules, ...heads.map((head) => head.hash)] : []) if (this.#heads.size < MOST_HEADS) this.#heads.add(hash);
    if (this.#heads.size > known) this.#write(this.#headsName, [...this.#heads].join(" "));
  }

  /** Hashes of the rules and of the ledger that everybody was told up to now. */
  get heads() {
    return [...this.#heads];
  }

  /**
   * The record that everybody may read, once there is one. Says whether it is one.
   * @param {unknown} record @param {readonly string[]} [heads] `heads` before it was asked for: what came since may not be in it
   */
  async published(record, heads = this.heads) {
    if (!isPublished(record)) return false;
    if (this.#key && this.#key !== record.public_key) this.#raise("key", "");
    const kept = [...this.#kept.values()];
    const hashes = await hashesOf(record);
    const wrong = hashes ? [...new Set([...contradicted(hashes, kept), ...(await misopened(record, kept))])] : kept;
    if (hashes) {
      for (const { project } of wrong) this.#raise("published", project);
      if (heads.some((hash) => !hashes.includes(hash))) this.#raise("head", "");
    }
    this.borneOut = wrong.length === 0 ? kept.length : 0;
    this.onchange();
    return true;
  }

  /** All that is kept, to be checked elsewhere: `roadshow recount --receipt`. */
  file() {
    const receipts = [...this.#kept.values()].sort((one, other) => one.sequence - other.sequence);
    return `${JSON.stringify({ format: FILE_FORMAT, public_key: this.#key, receipts, heads: this.heads }, null, 1)}\n`;
  }

  /** Everything was set up anew: what was kept is about another vote. */
  forget() {
    for (const command of this.#kept.keys()) this.#write(this.#prefix + command, null);
    this.#write(this.#keyName, null);
    this.#write(this.#headsName, null);
    this.#heads.clear();
    this.#kept.clear();
    this.#checked.clear();
    this.#alarms.clear();
    this.#key = "";
    this.borneOut = 0;
    this.onchange();
  }

  /** The newest for each project and round, but for late ones, which may be rejected. */
  #newest() {
    /** @type {Map<string, Receipt>} */
    const newest = new Map();
    for (const receipt of this.#kept.values()) {
      const card = `${receipt.project}@${receipt.round}`;
      if (!receipt.late && receipt.revision > (newest.get(card)?.revision ?? 0)) newest.set(card, receipt);
    }
    return [...newest.values()];
  }

  /** @param {Fault} fault @param {string} project */
  #raise(fault, project) {
    this.#alarms.set(`${fault} ${project}`, { fault, project });
    this.onchange();
  }

  /** @param {string} name @param {string | null} value */
  #write(name, value) {
    try {
      if (value === null) this.#storage?.removeItem(name);
      else this.#storage?.setItem(name, value);
    } catch {
      // Full, or forbidden: it is known for as long as the page is open.
    }
  }
}

/** @param {string} text @returns {Receipt | null} */
function parsed(text) {
  try {
    const receipt = JSON.parse(text);
    return typeof receipt?.command === "string" && typeof receipt.signature === "string" ? receipt : null;
  } catch {
    return null;
  }
}

/** @returns {Shelf | null} */
function shelf() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
