// What a scorecard makes of scores, before the store computes its own.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";

const { beside, meaning, total } = await import("../../web/static/js/jury/scorecard.js");

const TEAM = { id: "team", weight: 3, maximum: 10, steps: 1, anchors: [{ score: 0, text: "none" }, { score: 5, text: "some" }, { score: 10, text: "all" }] };
const MARKET = { id: "market", weight: 1, maximum: 5, steps: 1, anchors: [] };

test("the total weighs each criterion by its own scale", () => {
  assert.equal(total([TEAM, MARKET], { team: 10, market: 5 }), 100);
  assert.equal(total([TEAM, MARKET], { team: 5, market: 5 }), 62.5);
});

test("there is no total before every criterion has a score", () => {
  // Half a sum looks like a bad mark.
  assert.equal(total([TEAM, MARKET], { team: 10 }), null);
  assert.equal(total([TEAM, MARKET], { team: 10, market: 0 }), 75);
  assert.equal(total([], {}), null);
});

test("what a judge takes off is off the total, if the rules take it from there, and never less than nothing is left", () => {
  const late = { id: "late", weight: 0, maximum: 50, steps: 2, anchors: [], taken_from: "total" };
  const scores = { team: 5, market: 5 };
  assert.equal(total([TEAM, MARKET, late], scores), 62.5);
  assert.equal(total([TEAM, MARKET, late], { ...scores, late: 7 }), 59);
  assert.equal(total([TEAM, MARKET, late], { team: 0, market: 1, late: 100 }), 0);
  assert.equal(total([TEAM, MARKET, { ...late, taken_from: "points" }], { ...scores, late: 7 }), 62.5);
});

test("a score means the anchor at it or the nearest below", () => {
  assert.deepEqual([0, 4, 5, 9, 10].map((score) => meaning(TEAM, score)?.text), ["none", "none", "some", "some", "all"]);
  assert.equal(meaning(MARKET, 3), null);
});

test("beside a score stands what the next one up would take; without a score, both ends", () => {
  const texts = (score) => beside(TEAM, score).map((anchor) => anchor?.text ?? null);
  assert.deepEqual(texts(6), ["some", "all"]);
  assert.deepEqual(texts(10), ["all", null]);
  assert.deepEqual(texts(undefined), ["none", "all"]);
});
