// A judge's receipts: checked in the browser, kept over a reload, and held against what the server says later.

import assert from "node:assert/strict";
import { test } from "node:test";

import { textOf } from "../../web/static/js/receipts/proofs.js";
import { Receipts } from "../../web/static/js/receipts/receipts.js";

/** A browser's storage. */
class Shelf {
  items = new Map();
  get length() {
    return this.items.size;
  }
  key(index) {
    return [...this.items.keys()][index] ?? null;
  }
  getItem(key) {
    return this.items.get(key) ?? null;
  }
  setItem(key, value) {
    this.items.set(key, value);
  }
  removeItem(key) {
    this.items.delete(key);
  }
}

/** As the server signs it: tests/core/voting/test_ledger.py holds the same. */
const KEY = "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg";
const RECEIPT = {
  poll: "robotics",
  judge: "lin",
  project: "arm",
  revision: 2,
  command: "lin-arm-2",
  scores: { impact: 7 },
  cast_at: 30,
  ballot_hash: "8ce9f4b6e64c017f70593fc788b95ce9c8a1b2fc0c1819c5480f28c178a48dc0",
  sequence: 3,
  rules: "3ac6c759e64f8236bb94e46c0bfe8c9b197f17507eadb1efea91081aa6e18fbb",
  parent: "191783af5d6bc5f8f2b24aae372e7b363251df5a77a3f6036d49a7c77eb13bc1",
  entry: "3e882cd6ed2d8680a3e27b6a3420e7deed53db41c90dded318688f0b6f075576",
  signature: "m8JDvWIRel4nPkjL1I7RhLgTIK8UiwEvG44wo3gn5l68aHLxQeMpg8H2Gaq_RFkMNE-t48XrWIuKwxBYiBPMAg",
  recused: false,
  abstained: false,
  late: false,
  round: 1,
};

/** The record of that ledger, as far as it is read here; with one more ballot. */
const RECORD = {
  format: "roadshow record 2",
  public_key: KEY,
  spec: {
    poll: "robotics",
    projects: ["arm", "leg"],
    judges: ["lin", "mei"],
    chair: "lin",
    recused: [],
    criteria: [{ id: "impact", weight: 1, maximum: 10 }],
    rules: { estimator: "mean", quorum: 1, tie_chain: ["chair", "shared"], rank_on: "exact", places: 3 },
  },
  entries: [
    { kind: "open", at: 10, body: '{"closes_at":null,"project":"arm"}' },
    { kind: "ballot", at: 20, body: '{"command":"lin-arm-1","judge":"lin","project":"arm","revision":1,"scores":{"impact":3}}' },
    { kind: "ballot", at: 30, body: '{"command":"lin-arm-2","judge":"lin","project":"arm","revision":2,"scores":{"impact":7}}' },
    { kind: "ballot", at: 30, body: '{"command":"mei-arm-1","judge":"mei","project":"arm","revision":1,"scores":{"impact":5}}' },
  ],
};

const own = (receipt) => ({ project: receipt.project, revision: receipt.revision, scores: receipt.scores, recused: false, receipt, abstained: false, round: receipt.round });
const told = (...receipts) => ({ type: "ballot.own", room: "ai", ballots: receipts.map(own), recused: [], late: [], revote: [], set_aside: [], public_key: KEY });

/** A judge's browser that was given the receipt before. */
async function browser(shelf = new Shelf()) {
  const receipts = new Receipts("ai", "lin", shelf);
  await receipts.compare(told());
  await receipts.take(RECEIPT);
  return receipts;
}

test("a receipt is checked by the browser itself, against the key at first sight", async () => {
  // The server's word alone would prove nothing against the server.
  const receipts = await browser();
  assert.equal(receipts.checked(RECEIPT.command), true);
  assert.deepEqual(receipts.alarms, []);
  const text = textOf(RECEIPT);
  assert.ok(text.startsWith('roadshow receipt 2\n{"ballot_hash":"8ce9'));
  assert.ok(!text.includes("abstained") && !text.includes("signature") && text.includes('"recused":false'));
});

test("a changed receipt raises an alarm, and is not kept", async () => {
  const receipts = new Receipts("ai", "lin", new Shelf());
  await receipts.compare(told());
  await receipts.take({ ...RECEIPT, scores: { impact: 9 } });
  assert.deepEqual(receipts.alarms, [{ fault: "signature", project: "arm" }]);
  assert.equal(receipts.count, 0);
});

test("a browser that cannot check says so, and keeps the receipt for one that can", async () => {
  const receipts = new Receipts("ai", "lin", new Shelf(), async () => null);
  await receipts.compare(told());
  await receipts.take(RECEIPT);
  assert.equal(receipts.checked(RECEIPT.command), null);
  assert.equal(receipts.unchecked, true);
  assert.equal(receipts.count, 1);
});

test("receipts outlive a reload", async () => {
  const shelf = new Shelf();
  await browser(shelf);
  const again = new Receipts("ai", "lin", shelf);
  assert.equal(again.count, 1);
  await again.compare(told());
  assert.deepEqual(again.alarms, [{ fault: "missing", project: "arm" }]);
  assert.equal(new Receipts("ai", "mei", shelf).count, 0);
});

test("what was kept is not overwritten by what the server says later", async () => {
  // A reload must not make the alarm and its evidence go away.
  const shelf = new Shelf();
  await browser(shelf);
  const [name, kept] = [...shelf.items].find(([one]) => one.startsWith("roadshow.receipt."));
  shelf.setItem(name, kept.replace(RECEIPT.entry, "0".repeat(64)));
  for (let visit = 0; visit < 2; visit++) {
    const receipts = new Receipts("ai", "lin", shelf);
    await receipts.compare(told(RECEIPT));
    assert.deepEqual(receipts.alarms, [{ fault: "changed", project: "arm" }]);
    assert.equal(JSON.parse(receipts.file()).receipts[0].entry, "0".repeat(64));
  }
});

test("what the server says later must be what it acknowledged", async () => {
  for (const [now, fault] of [
    [[], "missing"],
    [[{ ...RECEIPT, revision: 1 }], "missing"],
    [[{ ...RECEIPT, entry: "0".repeat(64) }], "changed"],
    [[{ ...RECEIPT, rules: "0".repeat(64) }], "changed"],
  ]) {
    const receipts = await browser();
    await receipts.compare(told(...now));
    assert.deepEqual(receipts.alarms, [{ fault, project: "arm" }], fault);
  }
  const receipts = await browser();
  await receipts.compare(told({ ...RECEIPT, revision: 3, command: "elsewhere", signature: "" }));
  assert.deepEqual(receipts.alarms, [], "a newer one came from another device");
});

test("another key is an alarm, whatever it signs", async () => {
  const receipts = await browser();
  await receipts.compare({ ...told(RECEIPT), public_key: KEY.replace("A6", "B6") });
  assert.deepEqual(receipts.alarms, [{ fault: "key", project: "" }]);
});

test("a receipt that the server has lost is asked for again", async () => {
  const receipts = await browser();
  const lost = [];
  receipts.onlost = (receipt) => lost.push(receipt.command);
  await receipts.compare(told({ ...RECEIPT, signature: "" }));
  assert.deepEqual(lost, [RECEIPT.command]);
  assert.deepEqual(receipts.alarms, []);
});

test("the file to take home holds all receipts and the key", async () => {
  const receipts = await browser();
  assert.deepEqual(JSON.parse(receipts.file()), { format: "roadshow receipts 1", public_key: KEY, receipts: [RECEIPT], heads: [] });
  receipts.forget();
  assert.equal(receipts.count, 0);
  await receipts.compare(told());
  assert.deepEqual(receipts.alarms, []);
});

test("the hashes that everybody was told must be those of the published record", async () => {
  // They cover acts without a receipt, and ballots of others.
  const hashes = [RECEIPT.parent, RECEIPT.entry].map((hash) => ({ when: "closed", hash, entries: 0, at: 0 }));
  const storage = new Shelf();
  const receipts = await browser(storage);
  receipts.hear({ section: "heads", rules: "0".repeat(64), heads: [] });
  receipts.hear({ section: "heads", rules: RECEIPT.rules, heads: hashes });
  assert.deepEqual(JSON.parse(receipts.file()).heads, [RECEIPT.rules, RECEIPT.parent, RECEIPT.entry], "rules may change until then");
  await receipts.published(RECORD);
  assert.deepEqual(receipts.alarms, []);
  receipts.hear({ section: "heads", rules: RECEIPT.rules, heads: [{ ...hashes[0], hash: "1".repeat(64) }] });
  const again = new Receipts("ai", "lin", storage);
  await again.published(RECORD);
  assert.deepEqual(again.alarms, [{ fault: "head", project: "" }], "also after the page was loaded anew");
  again.forget();
  assert.deepEqual(JSON.parse(again.file()).heads, []);
});

test("what everybody was told after the record was asked for may be missing in it", async () => {
  // A place moves after the podium, just as the record is on its way.
  const receipts = await browser();
  const closed = { when: "closed", hash: RECEIPT.entry, entries: 3, at: 0 };
  receipts.hear({ section: "heads", rules: RECEIPT.rules, heads: [closed] });
  const { heads } = receipts;
  receipts.hear({ section: "heads", rules: RECEIPT.rules, heads: [closed, { when: "amended", hash: "1".repeat(64), entries: 0, at: 0 }] });
  await receipts.published(RECORD, heads);
  assert.deepEqual(receipts.alarms, []);
  await receipts.published(RECORD);
  assert.deepEqual(receipts.alarms, [{ fault: "head", project: "" }], "asked for since");
});

test("the published record must have what was acknowledged, after the same rules and the same ledger", async () => {
  // Whoever holds key and store can make another ledger whose hashes all fit; a receipt fits only its own.
  const receipts = await browser();
  assert.equal(await receipts.published(RECORD), true);
  assert.deepEqual(receipts.alarms, []);
  assert.equal(receipts.borneOut, 1);

  const changes = {
    "another score": (record) => (record.entries[2].body = record.entries[2].body.replace(":7}", ":1}")),
    "a ballot less before it": (record) => record.entries.splice(1, 1),
    "another time before it": (record) => (record.entries[0].at = 11),
    "other weights": (record) => (record.spec.criteria[0].weight = 2),
    "it is gone": (record) => record.entries.splice(2),
  };
  for (const [what, change] of Object.entries(changes)) {
    const [receipts, record] = [await browser(), structuredClone(RECORD)];
    change(record);
    assert.equal(await receipts.published(record), true);
    assert.deepEqual(receipts.alarms, [{ fault: "published", project: "arm" }], what);
    assert.equal(receipts.borneOut, 0, what);
  }
});

test("a record under another key is told, and what is no record accuses nobody", async () => {
  const receipts = await browser();
  for (const none of [null, 7, {}, { ...RECORD, entries: [{}] }, { code: "store.away" }]) {
    assert.equal(await receipts.published(none), false);
  }
  assert.deepEqual(receipts.alarms, []);
  await receipts.published({ ...RECORD, public_key: KEY.replace("A6", "B6") });
  assert.deepEqual(receipts.alarms, [{ fault: "key", project: "" }]);
});
