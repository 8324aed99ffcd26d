// Sealed ballots in a judge's browser: what was sealed is what the receipt says, or an alarm.

import assert from "node:assert/strict";
import { test } from "node:test";

import { misopened } from "../../web/static/js/receipts/box.js";

/** As the server seals it: tests/core/voting/test_boxes.py holds the same. */
const BOX = "bLww9aOL_51hto61AjrZia_n_Bqr0rH3F0i8SjUN8eU";
const RECORD = { spec: { poll: "ai", sealed: "2a80fbc88c3e265355df22254e5c1f1f243b522a21620dc81925543272c26b54" }, box: BOX };
const SEALED = "TzyP51CAQ22BH7CUID8bbZDsbGIGEXF7f80NhgsRMlMWobsgSIifjFU3Cqa5NBwYx10c73x5y-lUdQ6O1Xut";
const LATE = "XoetqUvaG1KdjFkoIoDaPNyK55A596YaaF5SaV9ywkNDGW7YOZARhHsNlEVpjB02u2inCdNZOHoi-ry5VrQe";
const RECEIPT = { poll: "ai", judge: "lin", project: "arm", revision: 1, round: 1, command: "command-1", late: false, scores: { team: 9, impact: 90 }, sealed: SEALED };

test("a receipt whose scores were sealed as it says is borne out, late or not", async () => {
  assert.deepEqual(await misopened(RECORD, [RECEIPT, { ...RECEIPT, late: true, sealed: LATE }]), []);
});

test("whatever was sealed otherwise is found: other scores, another ballot's, with another key, or none", async () => {
  for (const wrong of [{ scores: { team: 9, impact: 91 } }, { judge: "mei" }, { revision: 2 }, { late: true }, { sealed: SEALED.replace("Q", "R") }, { sealed: "!" }])
    assert.equal((await misopened(RECORD, [{ ...RECEIPT, ...wrong }])).length, 1, JSON.stringify(wrong));
  for (const record of [{ spec: RECORD.spec }, { ...RECORD, box: SEALED }, { ...RECORD, spec: { ...RECORD.spec, sealed: "" } }])
    assert.equal((await misopened(record, [RECEIPT])).length, 1, JSON.stringify(record));
});

test("of a vote in the open there is nothing to open", async () => {
  assert.deepEqual(await misopened({ spec: { poll: "ai" } }, [{ ...RECEIPT, sealed: "" }]), []);
});
