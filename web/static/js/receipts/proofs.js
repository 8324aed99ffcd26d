// What a receipt proves: whose signature it has, and whether the published record has the ballot as it was acknowledged, after the rules
// and all that was in the ledger then. The rest of a record `roadshow recount` checks.

import { canonical, chainOf } from "../lib/chain.js";

/**
 * @typedef {import("../live/protocol.js").Receipt} Receipt
 * @typedef {(text: string, signature: string, key: string) => Promise<boolean | null>} Verify null: this browser cannot
 * @typedef {import("../lib/chain.js").Published} Published
 */

/** Goes before the text that is signed. */
const DOMAIN = "roadshow receipt 2\n";
/** What goes without saying in that text. @type {Record<string, unknown>} */
const UNSAID = { abstained: false, late: false, round: 1, signed: "", sealed: "" };

/** What a receipt's signature is over: docs/voting.md. @param {Receipt} receipt */
export function textOf(receipt) {
  const said = Object.entries(receipt).filter(([name, value]) => name !== "signature" && UNSAID[name] !== value);
  return DOMAIN + canonical(Object.fromEntries(said));
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
  return globalThis.crypto?.subtle ? chainOf(record) : null;
}

/** The receipts that these hashes of a record do not bear out. @param {string[]} hashes @param {Receipt[]} receipts */
export function contradicted(hashes, receipts) {
  return receipts.filter((one) => one.rules !== hashes[0] || one.parent !== hashes[one.sequence - 1] || one.entry !== hashes[one.sequence]);
}
