// Scores as they are typed: exact, whatever the keyboard, and nothing that is none becomes one.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";

const { parseScore, writeScore } = await import("../../web/static/js/jury/points.js");

const WHOLE = { maximum: 100, steps: 1 };
const HALVES = { maximum: 10, steps: 2 };
const HUNDREDTHS = { maximum: 100, steps: 100 };

test("a comma and a point mean the same, and so do a Chinese keyboard's signs", () => {
  for (const text of ["8.5", "8,5", " 8,50 ", "８．５", "８，５", "8。5"]) assert.equal(parseScore(text, HALVES), 17);
});

test("every score of every scale is read as it is written, exactly", () => {
  // 0.29 × 100 is 28.999999999999996 for a computer that multiplies fractions.
  for (const steps of [1, 2, 4, 5, 10, 20, 100]) {
    for (let score = 0; score <= 100 * steps; score++) {
      const scale = { maximum: 100, steps };
      assert.equal(parseScore(writeScore(score, scale), scale), score);
    }
  }
  assert.equal(writeScore(29, HUNDREDTHS), "0.29");
  assert.equal(writeScore(17, HALVES), "8.5");
  assert.equal(writeScore(90, WHOLE), "90");
});

test("what is no score of the scale is none, and nothing typed is not a nought", () => {
  for (const text of ["101", "-1", "8.5.1", "8 or 9", "1e2", "0x10", "8.5", "."]) assert.equal(parseScore(text, WHOLE), null);
  for (const text of ["10.5", "8.3", "8.25"]) assert.equal(parseScore(text, HALVES), null);
  assert.equal(parseScore("99.995", HUNDREDTHS), null);
  assert.equal(parseScore("99.990", HUNDREDTHS), 9999);
  assert.equal(parseScore("", WHOLE), undefined);
  assert.equal(parseScore("  ", WHOLE), undefined);
});

test("a number on its way is one already", () => {
  assert.equal(parseScore("8,", HALVES), 16);
});
