// Why somebody has no picture, in the host's words.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";

const { notedLine, troubleAdvice, troubleName, whyUnseen, withoutPicture } = await import("../../web/static/js/control/troubles.js");

const TROUBLES = "absent silent certificate handshake no_way codec no_key_frame no_parameter_sets too_fast taken_over standing_by withdrawn";
const group = (trouble, viewers = 1, lane = "main") => ({ lane, trouble, codec: "H264", takes: ["VP8"], viewers });
const media = (blind, viewers) => ({ blind, viewers: { connected: 30, failed: 0, ...viewers } });

test("every trouble has a name of its own", () => {
  const names = TROUBLES.split(" ").map(troubleName);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.every((name, at) => name && name !== TROUBLES.split(" ")[at]));
});

test("a row says why nobody sees it, else how many do not", () => {
  const layers = [{ codec: "H264" }];
  assert.equal(whyUnseen({ trouble: "silent", blind: 4, layers }, 31), "nothing comes");
  assert.equal(whyUnseen({ trouble: null, blind: 4, layers }, 31), "4 of 31 screens cannot show H264");
  assert.equal(whyUnseen({ trouble: null, blind: 0, layers }, 31), "");
});

test("advice is for what most screens miss", () => {
  assert.match(troubleAdvice(media([group("codec", 9), group("no_key_frame", 2)])), /VP8/);
  assert.match(troubleAdvice(media([group("no_key_frame")])), /key-frame interval/);
  assert.equal(troubleAdvice(media([])), "");
});

test("many failed tries are a network's doing, a few in a large hall are not", () => {
  assert.match(troubleAdvice(media([], { failed: 12 })), /12 .*29%/);
  assert.equal(troubleAdvice(media([], { failed: 9 })), "");
  assert.equal(troubleAdvice(media([], { failed: 12, connected: 900 })), "");
});

test("a screen that misses camera and slides is one screen", () => {
  assert.equal(withoutPicture([group("codec", 3), group("codec", 2, "slides"), group("silent", 1)]), 4);
  assert.equal(withoutPicture([]), 0);
});

test("what was noted is told by name, with what is known and how often", () => {
  const projects = { alpha: { name: "Alpha" } };
  const noted = (changes) => notedLine({ who: "alpha", trouble: "too_fast", detail: "", count: 1, ...changes }, projects);
  assert.equal(noted({}), "Alpha: more than is taken");
  assert.equal(noted({ detail: "33 Mb/s", count: 3 }), "Alpha: more than is taken (33 Mb/s), 3 times");
  assert.match(noted({ who: "viewers", trouble: "no_way" }), /^Screens: /);
});
