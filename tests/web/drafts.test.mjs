// A judge's drafts outlive the page, and belong to one judge in one room.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Drafts } from "../../web/static/js/jury/drafts.js";

/** A browser's storage; `full`: it takes nothing more. */
class Shelf {
  full = false;
  #items = new Map();

  get length() {
    return this.#items.size;
  }

  key(index) {
    return [...this.#items.keys()][index] ?? null;
  }

  getItem(key) {
    return this.#items.get(key) ?? null;
  }

  setItem(key, value) {
    if (this.full) throw new Error("QuotaExceededError");
    this.#items.set(key, value);
  }

  removeItem(key) {
    this.#items.delete(key);
  }
}

const ballot = (changes = {}) => ({ command: "command-1", project: "alpha", scores: { team: 7 }, expected_revision: 0, ...changes });

test("a draft and a ballot on its way are there again on the next page", () => {
  // A reload, or a crash, in the middle of a vote.
  const shelf = new Shelf();
  const before = new Drafts("field", "judge", shelf);
  before.keep("alpha", { team: 7 });
  before.queue(ballot());
  const after = new Drafts("field", "judge", shelf);
  assert.deepEqual(after.draft("alpha"), { team: 7 });
  assert.deepEqual(after.pending(), [ballot()]);
});

test("nobody sees another judge's drafts, nor those of another room", () => {
  // Two judges share a computer; one judge sits in two rooms.
  const shelf = new Shelf();
  new Drafts("field", "judge", shelf).keep("alpha", { team: 7 });
  assert.equal(new Drafts("field", "other", shelf).draft("alpha"), null);
  assert.equal(new Drafts("hall", "judge", shelf).draft("alpha"), null);
});

test("what is dropped or answered is gone from the browser as well", () => {
  // An old ballot must not be sent again tomorrow.
  const shelf = new Shelf();
  const drafts = new Drafts("field", "judge", shelf);
  drafts.keep("alpha", { team: 7 });
  drafts.queue(ballot());
  drafts.drop("alpha");
  drafts.settle(ballot());
  assert.equal(shelf.length, 0);
});

test("an answer to an older ballot does not settle the newer one", () => {
  // Submitted twice in a row: the first answer is about the first.
  const drafts = new Drafts("field", "judge", new Shelf());
  drafts.queue(ballot({ command: "command-1" }));
  drafts.queue(ballot({ command: "command-2", scores: { team: 9 } }));
  drafts.settle(ballot({ command: "command-1" }));
  assert.deepEqual(drafts.pending().map((one) => one.command), ["command-2"]);
});

test("damaged entries are left alone", () => {
  // Extensions and curious people write into storage; a desk must open all the same.
  const shelf = new Shelf();
  shelf.setItem("roadshow.draft.field.judge.alpha", "{not json");
  shelf.setItem("roadshow.draft.field.judge.beta", '{"team":"seven"}');
  shelf.setItem("roadshow.ballot.field.judge.alpha", JSON.stringify(ballot({ project: "beta" })));
  shelf.setItem("roadshow.ballot.field.judge.beta", '{"command":5}');
  const drafts = new Drafts("field", "judge", shelf);
  assert.equal(drafts.draft("alpha"), null);
  assert.equal(drafts.draft("beta"), null);
  assert.deepEqual(drafts.pending(), []);
});

test("a browser that does not store is told apart, and what is typed is still at hand", () => {
  // Private windows and full disks: the page says so, and asks before it closes.
  const shelf = new Shelf();
  shelf.full = true;
  for (const storage of [shelf, null]) {
    const drafts = new Drafts("field", "judge", storage);
    drafts.keep("alpha", { team: 7 });
    assert.deepEqual(drafts.draft("alpha"), { team: 7 });
    assert.equal(drafts.safe, false);
    assert.equal(drafts.atRisk, true);
  }
});

test("another tab's ballots concern this one, its drafts do not", () => {
  // A draft changes with each click; asking the server for each would be a flood.
  const drafts = new Drafts("field", "judge", new Shelf());
  assert.equal(drafts.concerns("roadshow.ballot.field.judge.alpha"), true);
  assert.equal(drafts.concerns("roadshow.draft.field.judge.alpha"), false);
  assert.equal(drafts.concerns(null), false);
});
