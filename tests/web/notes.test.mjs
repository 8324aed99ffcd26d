// A judge's own notes: kept as they are typed, the same in each tab, and gone when the judge says so.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LONGEST, Notes } from "../../web/static/js/notes/notes.js";

const MINE = "roadshow.notes.final.ai.lin.";

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
    if (this.full) throw new Error("full");
    this.items.set(key, value);
  }
  removeItem(key) {
    this.items.delete(key);
  }
}

test("notes outlive the page, each project's own", () => {
  const shelf = new Shelf();
  const before = new Notes(MINE, shelf);
  before.keep("arm", "Ask about the price.\nTwo patents");
  before.keep("leg", "Good team");
  const after = new Notes(MINE, shelf);
  assert.equal(after.of("arm"), "Ask about the price.\nTwo patents");
  assert.equal(after.count, 2);
});

test("another judge at the same machine has notes of their own", () => {
  const shelf = new Shelf();
  new Notes(MINE, shelf).keep("arm", "Good");
  assert.equal(new Notes("roadshow.notes.final.ai.mei.", shelf).count, 0);
  assert.equal(new Notes("roadshow.notes.final.ai.li.", shelf).of("arm"), "");
});

test("what another tab wrote is known here", () => {
  const shelf = new Shelf();
  const [one, other] = [new Notes(MINE, shelf), new Notes(MINE, shelf)];
  const told = [];
  other.onelsewhere = (project) => told.push(project);
  one.keep("arm", "Good");
  other.changed(`${MINE}arm`);
  other.changed("roadshow.draft.ai.lin.arm");
  assert.deepEqual(told, ["arm"]);
  assert.equal(other.of("arm"), "Good");
  one.forget();
  other.changed(null);
  assert.deepEqual(told, ["arm", ""]);
  assert.equal(other.count, 0);
});

test("nothing is left once they are deleted", () => {
  const shelf = new Shelf();
  shelf.setItem("roadshow.draft.ai.lin.arm", "{}");
  const notes = new Notes(MINE, shelf);
  notes.keep("arm", "Good");
  notes.keep("leg", "Good");
  notes.keep("leg", "  \n");
  assert.equal(notes.count, 1);
  notes.forget();
  assert.equal(notes.count, 0);
  assert.deepEqual([...shelf.items.keys()], ["roadshow.draft.ai.lin.arm"]);
});

test("no more is kept of one project than fits for all", () => {
  const notes = new Notes(MINE, new Shelf());
  notes.keep("arm", "x".repeat(LONGEST + 1));
  assert.equal(notes.of("arm").length, LONGEST);
});

test("a browser that stores nothing says so, and what is typed is there until the page is left", () => {
  const forbidden = new Notes(MINE, null);
  assert.equal(forbidden.safe, false);
  assert.equal(forbidden.atRisk, false);
  const full = new Notes(MINE, Object.assign(new Shelf(), { full: true }));
  for (const notes of [forbidden, full]) {
    notes.keep("arm", "Good");
    assert.equal(notes.of("arm"), "Good");
    assert.equal(notes.atRisk, true);
  }
});

test("the file to take away has all of them, under the projects' names", () => {
  const notes = new Notes(MINE, new Shelf());
  notes.keep("leg", "Good team\n");
  notes.keep("arm", "Two patents");
  const projects = [
    { id: "arm", name: "Arm" },
    { id: "ear", name: "Ear" },
    { id: "leg", name: "Leg" },
  ];
  assert.equal(notes.file("Robotics", projects), "Robotics\n\nArm\n---\nTwo patents\n\nLeg\n---\nGood team\n");
});
