// What one step does to a judge's order of projects.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";

const { levelsOf, moved, placesOf } = await import("../../web/static/js/ordering/order.js");

const LEVELS = [["a"], ["b", "c"], ["d"]];

test("places are those of a race: level ones share one and leave a gap", () => {
  assert.deepEqual(placesOf(LEVELS), { a: 1, b: 2, c: 2, d: 4 });
  assert.deepEqual(levelsOf({ d: 4, b: 2, a: 1, c: 2 }), LEVELS);
  assert.deepEqual(levelsOf({}), []);
});

test("a step goes past the next one, and nowhere at an end", () => {
  const row = [["a"], ["b"], ["c"]];
  assert.deepEqual(moved(row, "c", -1, false), [["a"], ["c"], ["b"]]);
  assert.deepEqual(moved(row, "a", 1, false), [["b"], ["a"], ["c"]]);
  assert.deepEqual(moved(row, "a", -1, false), row);
  assert.deepEqual(moved(row, "c", 1, false), row);
});

test("where projects may be level, a step goes beside the next one, and the step after it past", () => {
  const beside = moved([["a"], ["b"]], "b", -1, true);
  assert.deepEqual(beside, [["a", "b"]]);
  assert.deepEqual(moved(beside, "b", -1, true), [["b"], ["a"]]);
  assert.deepEqual(moved(beside, "b", 1, true), [["a"], ["b"]]);
});

test("whatever is done, every project keeps one place", () => {
  for (const mayLevel of [true, false]) {
    let levels = [["a"], ["b"], ["c"], ["d"]];
    for (let step = 0; step < 60; step++) {
      levels = moved(levels, "abcd"[(step * 7) % 4] ?? "a", step % 3 ? 1 : -1, mayLevel);
      assert.deepEqual(levels.flat().sort(), ["a", "b", "c", "d"]);
      assert.deepEqual(levelsOf(placesOf(levels)).map((level) => [...level].sort()), levels.map((level) => [...level].sort()));
    }
  }
});
