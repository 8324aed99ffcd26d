// What a receipt proves: whose signature it has, and whether the published record has the ballot as it was acknowledged, after the rules
// and all that was in the ledger then. The rest of a record `roadshow recount` checks.

/**
 * @typedef {import("../live/protocol.js").Receipt} Receipt
 * @typedef {(text: string, signature: string, key: string) => Promise<boolean | null>} Verify null: this browser cannot
 * @typedef {{sequence: number, kind: string, at: number, body: string, parent: string, hash: string}} Entry
 * @typedef {{public_key: string, spec: unknown, entries: Entry[]}} Published what is read of a record here
 */

/** Goes before the text that is signed. */
const DOMAIN = "roadshow receipt 2\n";
/** What goes without saying in that text. @type {Record<string, unknown>} */
const UNSAID = { abstained: false, late: false, round: 1 };

/** What a receipt's signature is over: docs/voting.md. @param {Receipt} receipt */
export function textOf(receipt) {
  const said = Object.entries(receipt).filter(([name, value]) => name !== "signature" && UNSAID[name] !== value);
  return DOMAIN + canonical(Object.fromEntries(said));
}

/** Names sorted, no blanks. @param {unknown} value @returns {string} */
function canonical(value) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const pairs = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${pairs.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(",")}}`;
}

/** Ed25519 by the browser itself, which some cannot yet. @type {Verify} */
export async function verify(text, signature, key) {
  try {
    const imported = await crypto.subtle.importKey("raw", bytes(key), { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "Ed25519" }, imported, bytes(signature), new TextEncoder().encode(text));
  } catch (error) {
    return error instanceof DOMException && error.name === "DataError" ? false : null;
  }
}

/** @param {string} text base64url */
function bytes(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

/**
 * Of the rules, and then of each entry of a record by its number. Its own hashes are not believed: they are made again from what it says.
 * @param {Published} record @returns {Promise<string[] | null>} null: this browser cannot tell
 */
export async function hashesOf(record) {
  if (!globalThis.crypto?.subtle) return null;
  let parent = await digest(canonical(record.spec));
  const hashes = [parent];
  for (const { kind, at, body } of record.entries) {
    parent = await digest([parent, hashes.length, kind, at, body].join("\n"));
    hashes.push(parent);
  }
  return hashes;
}

/** The receipts that these hashes of a record do not bear out. @param {string[]} hashes @param {Receipt[]} receipts */
export function contradicted(hashes, receipts) {
  return receipts.filter((one) => one.rules !== hashes[0] || one.parent !== hashes[one.sequence - 1] || one.entry !== hashes[one.sequence]);
}

/** SHA-256 in hex. @param {string} text */
async function digest(text) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {unknown} value @returns {value is Published} */
export function isPublished(value) {
  if (!isObject(value) || typeof value.public_key !== "string" || !isObject(value.spec) || !Array.isArray(value.entries)) return false;
  return value.entries.every((one) => isObject(one) && typeof one.kind === "string" && typeof one.at === "number" && typeof one.body === "string");
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isObject(value) {
  return typeof value === "object" && value !== null;
}
