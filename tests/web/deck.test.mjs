// Lines of a slide are broken as each script is set.

import assert from "node:assert/strict";
import { test } from "node:test";

import { wrap } from "../../web/static/js/pitch/deck.js";

/** A pen whose signs are all one wide. */
const PEN = { measureText: (text) => ({ width: [...text].length }) };

test("English breaks between words", () => {
  assert.deepEqual(wrap(PEN, "one two three", 7, "en"), ["one two", "three"]);
  assert.deepEqual(wrap(PEN, "incomprehensibilities", 7, "en"), ["incomprehensibilities"]);
  assert.deepEqual(wrap(PEN, "  ", 7, "en"), []);
});

test("Chinese breaks between signs, with names and numbers kept whole", () => {
  assert.deepEqual(wrap(PEN, "我们有三个产品", 4, "zh"), ["我们有三", "个产品"]);
  assert.deepEqual(wrap(PEN, "我们用NeuroLens", 6, "zh"), ["我们用", "NeuroLens"]);
});

test("no Chinese line begins with a full stop or ends with an opening bracket", () => {
  assert.deepEqual(wrap(PEN, "我们有产品。他们", 5, "zh"), ["我们有产品。", "他们"]);
  assert.deepEqual(wrap(PEN, "我们有产（品）", 5, "zh"), ["我们有产", "（品）"]);
});
