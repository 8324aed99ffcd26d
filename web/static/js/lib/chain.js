// The chain of a published record, by the browser's own SHA-256.

/**
 * @typedef {{sequence: number, kind: string, at: number, body: string, parent: string, hash: string}} Entry
 * @typedef {{public_key: string, spec: unknown, entries: Entry[]}} Published what is read of a record here
 */

/**
 * The hashes that a record must have, made again from what it says: the rules', then each entry's (docs/voting.md, *The ledger*).
 * @param {Pick<Published, "spec" | "entries">} record @returns {Promise<string[]>}
 */
export async function chainOf({ spec, entries }) {
  const hashes = [await digest(canonical(spec))];
  for (const { kind, at, body } of entries) hashes.push(await digest([hashes.at(-1), hashes.length, kind, at, body].join("\n")));
  return hashes;
}

/** Names sorted, no blanks. @param {unknown} value @returns {string} */
export function canonical(value) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const pairs = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${pairs.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(",")}}`;
}

/** SHA-256 in hex. @param {string} text */
export async function digest(text) {
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
