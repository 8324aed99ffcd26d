// A question to the jury, in words.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";
import { PROJECTS } from "./rooms.mjs";

const { asked, noneOf, stands } = await import("../../web/static/js/questions/words.js");

const QUESTION = { question: 9, award: null, projects: ["alpha", "beta"], jury: ["wu", "petrova"], voted: ["wu"], until: 1, state: "open", quorum: 2, decided_by: "chair" };
const NAMES = { projects: PROJECTS, awards: { "best-team": "Best team" } };

test("it says what is asked, with names", () => {
  assert.equal(asked(QUESTION, NAMES), "Who goes first: Alpha, Beta?");
  assert.equal(asked({ ...QUESTION, award: "best-team" }, NAMES), "Who gets “Best team”?");
});

test("no project is an abstention on a tie, and of an award that it be not awarded", () => {
  // They are not the same: the second can win.
  assert.deepEqual([noneOf(null), noneOf("best-team")], ["Abstain", "Not awarded"]);
});

test("it says how many have voted, and never what", () => {
  const told = ["open", "missed", "level", "held"].map((state) => stands({ ...QUESTION, state }));
  assert.deepEqual(told, [
    "The jury votes: 1 of 2 have voted.",
    "Not held: 1 of 2 have voted; needed: 2.",
    "The jury has voted: 1 of 2. The votes are level.",
    "The jury has voted: 1 of 2.",
  ]);
});
