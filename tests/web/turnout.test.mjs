// What control is told of the audience award's turnout.

import "./page.mjs";

import assert from "node:assert/strict";
import { test } from "node:test";

import { doubtLine, turnoutLine } from "../../web/static/js/control/turnout.js";

const turnout = (votes, viewers, largest, doubt = null) => ({ section: "turnout", votes, viewers, largest, doubt });

test("votes stand beside viewers, with the share of the address that gave most", () => {
  // A number alone says nothing: 400 votes are many for 50 viewers and few for 1,000.
  assert.equal(turnoutLine(turnout(1400, 1, 1200)), "Most viewers at one time: 1. Most votes from one address: 1,200 of 1,400.");
  assert.equal(turnoutLine(turnout(0, 12, 0)), "");
});

test("each doubt is a question with the innocent answer in it, or what it may mean; without a doubt there is no badge", () => {
  assert.match(doubtLine(turnout(100, 90, 60, "one_address")), /your hall's/);
  assert.match(doubtLine(turnout(100, 9, 6, "more_than_viewers")), /twice as many/);
  assert.equal(doubtLine(turnout(100, 90, 6)), "");
});
