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

const { deliberatesUntil } = await import("../../web/static/js/questions/deliberation.js");

test("cards are open for deliberation once the pitches are over, until the last window closes", () => {
  // In the middle of a field an open window is just a vote; a re-vote is no deliberation either.
  const window = { project: "alpha", open: true, closes_at: 100, round: 1 };
  const windows = (...all) => ({ section: "windows", windows: all });
  assert.equal(deliberatesUntil({ session: { over: true }, windows: windows(window) }, 50), 100);
  assert.equal(deliberatesUntil({ session: { over: true }, windows: windows(window) }, 100), null);
  assert.equal(deliberatesUntil({ session: { over: false }, windows: windows(window) }, 50), null);
  assert.equal(deliberatesUntil({ session: { over: true }, windows: windows({ ...window, round: 2 }) }, 50), null);
  assert.equal(deliberatesUntil({ session: { over: true }, windows: windows({ ...window, open: false }) }, 50), null);
});
