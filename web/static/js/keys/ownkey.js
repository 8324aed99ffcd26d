// A judge's own key: made in this browser, which never gives it away, and keeps it for the next page. What a judge sends is signed with
// it, so that nobody makes a ballot of theirs, whoever holds the store or the server's key.

import { canonical } from "../lib/chain.js";

/**
 * @typedef {{key: string, signature: string}} Signed
 * @typedef {{command: string, kind: "ballot" | "late" | "abstain" | "recuse", project: string, replaces: number, round: number,
 *   scores?: Record<string, number>, category?: string}} Said what is signed, beside field, judge and rules
 * @typedef {{command: string, kind: "vote", question: number, choice: string}} SaidVote a vote on a question
 * @typedef {{load: () => Promise<CryptoKeyPair | undefined>, keep: (pair: CryptoKeyPair) => Promise<CryptoKeyPair>}} Cabinet `keep`: gives
 *   back what is kept, which another page may have put there first
 */

/** Goes before the text that is signed: docs/voting.md. */
const DOMAIN = "roadshow ballot 1\n";
/** @typedef {{prefix: string, made: EcKeyGenParams | Algorithm, signs: EcdsaParams | Algorithm}} Kind */
/** @type {Kind} */
const ED25519 = { prefix: "ed25519:", made: { name: "Ed25519" }, signs: { name: "Ed25519" } };
/** Where the browser has no Ed25519. @type {Kind} */
const P256 = { prefix: "p256:", made: { name: "ECDSA", namedCurve: "P-256" }, signs: { name: "ECDSA", hash: "SHA-256" } };
const DATABASE = "roadshow-keys";
const KEYS = "keys";

export class OwnKey {
  /** The public half as the server writes it; empty: this browser makes none. */
  text = "";
  /** Whether the judge votes without one: then nothing is signed. */
  rests = false;

  /** @type {CryptoKeyPair | undefined} */ #pair;
  #place;
  #cabinet;
  /** Known once the field is followed. @type {Promise<string>} */ #rules;
  /** @type {(rules: string) => void} */ #tell = () => {};

  /** @param {{poll: string, judge: string}} place @param {Cabinet} cabinet */
  constructor(place, cabinet) {
    this.#place = place;
    this.#cabinet = cabinet;
    this.#rules = new Promise((resolve) => (this.#tell = resolve));
  }

  /** Find the key, or make it. Never rejects: where it cannot be, `text` stays empty. */
  async open() {
    try {
      const pair = (await this.#cabinet.load()) ?? (await this.#cabinet.keep(await made()));
      this.text = await written(pair);
      this.#pair = pair;
    } catch {
      // No WebCrypto (a page without TLS), or a private window that keeps nothing: the desk says so.
    }
  }

  /** What everybody is told: the hash of the rules, under which all is signed. @param {string} rules */
  hear(rules) {
    this.#tell(rules);
    this.#rules = Promise.resolve(rules);
  }

  /** @param {Said | SaidVote} said @returns {Promise<Signed>} with both empty where there is no key */
  async sign(said) {
    if (!this.#pair || this.rests) return { key: "", signature: "" };
    const text = DOMAIN + canonical({ ...said, ...this.#place, rules: await this.#rules });
    const signature = await crypto.subtle.sign(kindOf(this.#pair).signs, this.#pair.privateKey, new TextEncoder().encode(text));
    return { key: this.text, signature: base64url(signature) };
  }
}

/** @returns {Promise<CryptoKeyPair>} */
async function made() {
  try {
    return await pairOf(ED25519);
  } catch {
    return pairOf(P256);
  }
}

/** @param {Kind} kind */
async function pairOf(kind) {
  return /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(kind.made, false, ["sign", "verify"]));
}

/** @param {CryptoKeyPair} pair */
function kindOf({ publicKey }) {
  return publicKey.algorithm.name === ED25519.made.name ? ED25519 : P256;
}

/** @param {CryptoKeyPair} pair */
async function written(pair) {
  return kindOf(pair).prefix + base64url(await crypto.subtle.exportKey("raw", pair.publicKey));
}

/** @param {ArrayBuffer} bytes */
function base64url(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Where the browser keeps it: as a key, which no script can read. @param {string} name @returns {Cabinet} */
export function cabinet(name) {
  /** @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} act */
  async function within(mode, act) {
    const database = await answered(Object.assign(indexedDB.open(DATABASE, 1), { onupgradeneeded: upgrade }));
    try {
      return await answered(act(database.transaction(KEYS, mode).objectStore(KEYS)));
    } finally {
      database.close();
    }
  }
  const load = () => within("readonly", (store) => store.get(name));
  return {
    load,
    keep: async (pair) => {
      // Of two pages that made one at the same time, the first has it.
      await within("readwrite", (store) => store.add(pair, name)).catch(() => {});
      const kept = await load();
      if (!kept) throw new Error("not kept");
      return kept;
    },
  };
}

/** @param {IDBVersionChangeEvent} event */
function upgrade(event) {
  /** @type {IDBOpenDBRequest} */ (event.target).result.createObjectStore(KEYS);
}

/** @param {IDBRequest} request @returns {Promise<any>} */
function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
