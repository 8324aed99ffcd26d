// What the control desk says of a room, and who it expects in the green room.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";
import { review, room, rundown, session, slot } from "./rooms.mjs";

const { presences } = await import("../../web/static/js/control/greenroom.js");
const { advanceLabel, inShort, resultLine, warning } = await import("../../web/static/js/control/words.js");

const ceremony = (state, remaining = 0) => ({ section: "ceremony", state, announced: [], remaining });

test("the main button is named for what it does next", () => {
  // One button for the whole show: its name is all that keeps a hand from the wrong step.
  const labels = ["standby", "pitch", "questions", "voting", "closed"].map((phase) => advanceLabel(room({ session: session({ phase }) })));
  assert.deepEqual(labels, ["Start the pitch", "Go on to questions", "Open the voting", "Close the voting", "Call the next project"]);
  assert.equal(advanceLabel(room({ session: session({ phase: "closed", over: true }) })), "The field is over");
});

test("what is easily missed is said, the most urgent alone", () => {
  const said = (changes, mode = "auto") => warning(room({ session: session(changes), stage: { section: "stage", mode, lanes: {}, sources: [] } }));
  assert.equal(said({}), "");
  assert.match(said({ interrupted: true, muted: true }), /while the server was away/);
  assert.match(said({ muted: true }), /microphone is off the floor/);
  assert.match(said({ paused: true, clock: { remaining_ms: 0 } }), /stands at 0:00/);
  assert.equal(said({ paused: true, clock: { remaining_ms: 500 } }), "");
  assert.match(said({}, "feed"), /does not follow the rundown/);
});

test("the result's line names who is waited for", () => {
  const over = session({ phase: "closed", over: true });
  const line = (changes) => resultLine(room({ session: over, review: review(), ...changes }));
  assert.match(resultLine(room()), /Scores are sealed/);
  assert.match(line({ review: review({ state: "awaiting" }) }), /second signature/);
  assert.match(line({ review: review({ late: [{}] }) }), /late ballot/);
  assert.match(line({ progress: { projects: [{ open: true }], revote: null } }), /Close the voting/);
  assert.match(line({ progress: { projects: [], revote: { projects: [{ open: true }] } } }), /votes again on a tie/);
  assert.match(line({}), /All votes are in/);
  assert.equal(line({ ceremony: ceremony("confirmed", 3) }), "Confirmed. 3 places to announce.");
  assert.equal(line({ ceremony: ceremony("revealed") }), "The podium is public.");
});

test("another room is told in a word or two, with its clock", () => {
  const clock = { duration_ms: 480_000, ends_at: 61_000, remaining_ms: null, warnings_ms: [], policy: null };
  assert.equal(inShort(room({ session: session({ phase: "pitch", clock }) }), 1_000), "Pitch 1:00");
  const still = { ...clock, ends_at: null, remaining_ms: 5_000 };
  assert.equal(inShort(room({ session: session({ phase: "pitch", clock: still, paused: true }) }), 1_000), "Pitch 0:05\u00a0· Paused");
  assert.equal(inShort(room({ session: session({ phase: "closed", over: true }) }), 0), "Pitches over");
  assert.equal(inShort(room({ ceremony: ceremony("awaiting") }), 0), "Standby");
  assert.equal(inShort(room({ ceremony: ceremony("revealing") }), 0), "Places to announce");
});

test("whoever is due stands first in the green room, there or not", () => {
  // The organiser sees in time that the next project is missing.
  const sources = [
    { source: "gamma/camera", lane: null },
    { source: "gamma/microphone", lane: null },
    { source: "alpha/camera", lane: "main" },
    { source: "feed/camera", lane: null },
  ];
  const now = room({
    session: session({ phase: "pitch" }),
    rundown: rundown(slot("alpha", "live"), slot("beta"), slot("gamma", "done")),
    stage: { section: "stage", mode: "auto", lanes: {}, sources },
  });
  assert.deepEqual(presences(now).map((one) => [one.publisher, one.kinds.length, one.onStage, one.due, one.done]), [
    ["alpha", 1, true, true, false],
    ["beta", 0, false, true, false],
    ["gamma", 2, false, false, true],
    ["feed", 1, false, false, false],
  ]);
});

test("in a closed phase the project on stage is not due any more", () => {
  const now = room({ session: session({ phase: "closed" }), rundown: rundown(slot("alpha", "done"), slot("beta")) });
  assert.deepEqual(presences(now).map((one) => one.publisher), ["beta"]);
});
