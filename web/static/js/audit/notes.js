// What an auditor's browser has seen of a ledger, and whether it still says the same. Pure.

/**
 * @typedef {{sequence: number, at: number, kind: string, hash: string, by?: string, project?: string, judge?: string, reason?: string,
 *   late?: boolean}} Entry as `SeenEntry` of voting/ledger/watching.py
 * @typedef {{rules: string, hashes: string[]}} Noted what is kept: hash by hash from the first entry on
 * @typedef {{sequence: number, before: string, now: string}} Difference entry 0: the rules
 */

/** @param {string|null} text as it was kept @returns {Noted} */
export function recall(text) {
  try {
    const found = JSON.parse(text ?? "");
    if (typeof found.rules === "string" && Array.isArray(found.hashes) && found.hashes.every((/** @type {unknown} */ one) => typeof one === "string")) return found;
  } catch {
    // Nothing was kept, or not by us.
  }
  return { rules: "", hashes: [] };
}

/**
 * Take down what is new; what was seen before stays as it was seen. Says where the ledger differs from that.
 * @param {Noted} noted @param {string} rules @param {readonly Entry[]} entries in their order, without a gap
 * @returns {Difference[]}
 */
export function note(noted, rules, entries) {
  /** @type {Difference[]} */
  const differ = [];
  // Rules may change until the first window is opened.
  if (noted.hashes.length && noted.rules !== rules) differ.push({ sequence: 0, before: noted.rules, now: rules });
  else noted.rules = rules;
  for (const { sequence, hash } of entries) {
    const before = noted.hashes[sequence - 1];
    if (before === undefined && sequence === noted.hashes.length + 1) noted.hashes.push(hash);
    else if (before !== undefined && before !== hash) differ.push({ sequence, before, now: hash });
  }
  return differ;
}

/** Entries that were seen and are gone. @param {Noted} noted @param {number} sequence how far the ledger says it is */
export function missing(noted, sequence) {
  return Math.max(0, noted.hashes.length - sequence);
}

/** Heads worth noting on paper: what each moment fixed. @param {readonly Entry[]} entries @returns {Entry[]} */
export function heads(entries) {
  return entries.filter(({ kind }) => ["close", "close-count", "confirm", "reopen", "amend"].includes(kind));
}

/**
 * Where a published record is not what was seen: its hashes are made again from what it says.
 * @param {Noted} noted @param {import("../lib/chain.js").Published} record
 * @param {(record: import("../lib/chain.js").Published) => Promise<string[]>} chain the rules' hash, then each entry's
 * @returns {Promise<Difference[]>}
 */
export async function contradictions(noted, record, chain) {
  const made = await chain(record);
  return [noted.rules, ...noted.hashes].flatMap((before, sequence) => {
    const now = made[sequence] ?? "";
    return before === now ? [] : [{ sequence, before, now }];
  });
}
