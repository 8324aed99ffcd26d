// Sealed ballots, once the record has the key that opens them: whether what was sealed is what the receipt says. docs/voting.md tells the
// format. A server that acknowledged one ballot and kept another has this browser against it.

import { canonical, digest } from "../lib/chain.js";

/**
 * @typedef {import("../live/protocol.js").Receipt} Receipt
 * @typedef {{spec: unknown, box?: unknown}} Opened what is read of a record here
 */

/** Each goes before what a key is made of, or known by. */
const MARK_DOMAIN = "roadshow box 1\n";
const BALLOT_DOMAIN = "roadshow sealed ballot 1\n";
const NONCE_BYTES = 12;
const KEY_BYTES = 32;

/** The receipts whose sealed scores the record's key does not open, or opens to others. @param {Opened} record @param {Receipt[]} receipts */
export async function misopened({ spec, box }, receipts) {
  const sealed = receipts.filter((one) => one.sealed);
  const { poll, sealed: mark } = /** @type {{poll?: unknown, sealed?: unknown}} */ (spec);
  if (sealed.length === 0) return [];
  if (typeof box !== "string" || (await digest(MARK_DOMAIN + canonical({ key: box, poll }))) !== mark) return sealed;
  const fits = await Promise.all(sealed.map((one) => opens(box, one)));
  return sealed.filter((_, at) => !fits[at]);
}

/** @param {string} box @param {Receipt} receipt */
async function opens(box, { command, judge, late, poll, project, revision, round, scores, sealed, signed }) {
  const about = new TextEncoder().encode(canonical({ command, judge, kind: late ? "late" : "ballot", poll, project, revision, round }));
  try {
    const made = await hmac(bytes(box), new Uint8Array([...new TextEncoder().encode(BALLOT_DOMAIN), ...about]));
    const cipher = await crypto.subtle.importKey("raw", made.slice(0, KEY_BYTES), "AES-GCM", false, ["decrypt"]);
    const text = bytes(sealed);
    const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv: text.slice(0, NONCE_BYTES), additionalData: about }, cipher, text.slice(NONCE_BYTES));
    return new TextDecoder().decode(opened).trimEnd() === canonical(signed ? { scores, signature: signed } : { scores });
  } catch {
    return false;
  }
}

/** @param {Uint8Array<ArrayBuffer>} key @param {Uint8Array<ArrayBuffer>} text */
async function hmac(key, text) {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-512" }, false, ["sign"]);
  return crypto.subtle.sign("HMAC", imported, text);
}

/** @param {string} text base64url */
function bytes(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}
