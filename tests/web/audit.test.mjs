// What an auditor's browser makes of the ledger it follows.

import assert from "node:assert/strict";
import test from "node:test";

import "./page.mjs";

const { contradictions, heads, missing, note, recall } = await import("../../web/static/js/audit/notes.js");

const entry = (sequence, hash, kind = "ballot") => ({ sequence, hash, kind, at: 1_000 * sequence });

test("an entry that changes after it was seen is told, and what was seen first stays", () => {
  const noted = recall(null);
  assert.deepEqual(note(noted, "rules", [entry(1, "a"), entry(2, "b")]), []);
  assert.deepEqual(note(noted, "rules", [entry(1, "a"), entry(2, "x"), entry(3, "c")]), [{ sequence: 2, before: "b", now: "x" }]);
  assert.deepEqual(note(noted, "rules", [entry(2, "x")]), [{ sequence: 2, before: "b", now: "x" }], "again, not believed at last");
  assert.deepEqual(noted.hashes, ["a", "b", "c"]);
});

test("rules may change until the first entry, and not after it", () => {
  const noted = recall(null);
  note(noted, "draft", []);
  assert.deepEqual(note(noted, "rules", [entry(1, "a")]), []);
  assert.deepEqual(note(noted, "others", []), [{ sequence: 0, before: "rules", now: "others" }]);
});

test("a ledger that became shorter has lost what was seen", () => {
  const noted = recall(JSON.stringify({ rules: "rules", hashes: ["a", "b", "c"] }));
  assert.equal(missing(noted, 2), 1);
  assert.equal(missing(noted, 3), 0);
});

test("what the browser kept and cannot be read is nothing", () => {
  for (const text of ["", "{", "[]", '{"rules": 1}', '{"rules": "x", "hashes": [1]}', "null"]) assert.deepEqual(recall(text), { rules: "", hashes: [] });
});

test("the published record is held against what was seen, by hashes made anew", async () => {
  const noted = { rules: "rules", hashes: ["a", "b"] };
  const record = { spec: {}, entries: [] };
  assert.deepEqual(await contradictions(noted, record, async () => ["rules", "a", "b", "c"]), []);
  assert.deepEqual(await contradictions(noted, record, async () => ["rules", "a"]), [{ sequence: 2, before: "b", now: "" }], "cut off");
});

test("heads to note are the moments that fix something", () => {
  const kinds = ["open", "ballot", "close", "close-count", "settle", "confirm", "reveal", "object", "amend"];
  assert.deepEqual(heads(kinds.map((kind, at) => entry(at + 1, kind, kind))).map(({ kind }) => kind), ["close", "close-count", "confirm", "amend"]);
});
