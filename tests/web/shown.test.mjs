// Judges' cards on the screens: from when they are shown until the next pitch, and never another project's.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";
import { room, rundown, session, slot } from "./rooms.mjs";

const { judgeOf, shownNow } = await import("../../web/static/js/ceremony/cardwords.js");
const { byTotal } = await import("../../web/static/js/jury/owntotals.js");

const project = (name) => ({ project: name, at: 1, cards: [], score: "80.00", estimator: "mean", penalty: "" });
const cards = (told, ...names) => ({ section: "cards", told, projects: names.map(project) });
const pitched = (count) => rundown(...["alpha", "beta", "gamma"].map((name, index) => slot(name, index < count ? "done" : "waiting")));
const closed = session({ phase: "closed" });
const on = (changes) => shownNow(room({ session: closed, ...changes }))?.project ?? null;

test("cards stand on the screens after their pitch, and are gone with the next", () => {
  const first = { rundown: pitched(1), cards: cards("after-each", "alpha") };
  assert.equal(on(first), "alpha");
  for (const phase of ["standby", "pitch", "questions", "voting"]) assert.equal(on({ ...first, session: session({ phase }) }), null);
});

test("a project that is not shown yet does not bring back the cards of the one before", () => {
  assert.equal(on({ rundown: pitched(2), cards: cards("after-each", "alpha") }), null);
  assert.equal(on({ rundown: pitched(2), cards: cards("after-each", "alpha", "beta") }), "beta");
});

test("one pitch later the cards are those of the pitch before", () => {
  assert.equal(on({ rundown: pitched(2), cards: cards("one-later", "alpha") }), "alpha");
  assert.equal(on({ rundown: pitched(3), cards: cards("one-later", "alpha") }), null);
  const over = session({ phase: "closed", over: true });
  assert.equal(on({ rundown: pitched(3), session: over, cards: cards("one-later", "alpha", "beta", "gamma") }), "gamma");
});

test("the podium takes their place", () => {
  const announcing = { section: "ceremony", state: "confirmed", announced: [], remaining: 3 };
  assert.equal(on({ rundown: pitched(3), cards: cards("after-each", "gamma"), ceremony: announcing }), null);
});

test("a judge is named where judges are, and has a number where they are not", () => {
  assert.equal(judgeOf({ judge: "lin", number: 2 }, { lin: { name: "Lin" } }), "Lin");
  assert.equal(judgeOf({ judge: null, number: 2 }, { lin: { name: "Lin" } }), "Judge 2");
});

test("own totals stand with the greatest first, and what is unfinished last", () => {
  const criteria = [{ id: "work", weight: 1, maximum: 10, steps: 2, anchors: [] }];
  const card = (name, work) => ({ key: name, name, scores: work === undefined ? {} : { work }, stored: true });
  const sorted = byTotal([card("a", 3), card("b"), card("c", 20), card("d", 0)], criteria);
  assert.deepEqual(sorted.map(({ name }) => name), ["c", "a", "d", "b"]);
});
