// What a judge's choice between two projects is worth.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";

const { choiceOf, chosen } = await import("../../web/static/js/ordering/pairs.js");

test("what is chosen is read back as it was", () => {
  for (const choice of ["own", "level", "other", ""]) assert.equal(choiceOf(chosen({}, "leg", choice).leg), choice);
  assert.equal(choiceOf(3), "");
});

test("a comparison that is taken back leaves the others alone", () => {
  const given = chosen(chosen({}, "leg", "own"), "eye", "other");
  assert.deepEqual(given, { leg: 2, eye: 0 });
  assert.deepEqual(chosen(given, "leg", ""), { eye: 0 });
  assert.deepEqual(given, { leg: 2, eye: 0 });
});
