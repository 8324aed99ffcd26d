// Who is named while their camera is off, and how a session sends another camera than it was set up for.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";
import { PROJECTS, room } from "./rooms.mjs";

const { cardOf } = await import("../../web/static/js/media/card.js");
const { cameraEncodings, fitted } = await import("../../web/static/js/media/encodings.js");
const { presences } = await import("../../web/static/js/control/greenroom.js");

const staged = (lanes, sources = []) => room({ stage: { section: "stage", mode: "auto", lanes, sources } });

test("a card is there exactly while the main lane says so", () => {
  assert.deepEqual(cardOf(staged({ main: "alpha/card", slides: "alpha/slides" }), PROJECTS), { name: "Alpha", team: "A team" });
  for (const lanes of [{}, { main: "alpha/camera" }, { slides: "alpha/slides" }]) assert.equal(cardOf(staged(lanes), PROJECTS), null);
  assert.equal(cardOf(null, PROJECTS), null);
  // A feed whose crew says so has no name of its own.
  assert.deepEqual(cardOf(staged({ main: "feed/card" }), PROJECTS), { name: "", team: "" });
});

test("control reads that a camera is off in place of the camera, whichever came first", () => {
  for (const kinds of [["camera", "card", "microphone"], ["card", "camera", "microphone"], ["card", "microphone"]]) {
    const sources = kinds.map((kind) => ({ source: `alpha/${kind}`, lane: null }));
    assert.deepEqual(presences(staged({}, sources)).find(({ publisher }) => publisher === "alpha").kinds.sort(), ["card", "microphone"]);
  }
});

const rids = (encodings) => encodings.filter(({ active }) => active !== false).map(({ rid }) => rid);

test("a session set up for one camera carries any other, without a new session", () => {
  const sizes = [720, 480, 240].map((height) => ({ width: (height * 4) / 3, height }));
  for (const before of sizes) {
    for (const now of sizes) {
      const there = cameraEncodings(before).map((layer) => ({ ...layer, active: true }));
      const wanted = cameraEncodings(now);
      const fits = fitted(there, wanted);
      assert.deepEqual(fits.map(({ rid }) => rid), there.map(({ rid }) => rid), "layers are neither added nor renamed");
      const sent = fits.filter(({ active }) => active);
      assert.ok(sent.length >= 1 && sent.length <= wanted.length);
      assert.deepEqual([sent.at(-1).scaleResolutionDownBy, sent.at(-1).maxBitrate], [1, wanted.at(-1).maxBitrate], "the best layer is the whole picture");
    }
  }
});

test("a smaller camera's layers are those of its size, and the one between rests", () => {
  const there = cameraEncodings({ width: 1280, height: 720 });
  const fits = fitted(there, cameraEncodings({ width: 640, height: 480 }));
  assert.deepEqual(rids(fits), ["l", "h"]);
  assert.deepEqual(fits.map(({ scaleResolutionDownBy }) => scaleResolutionDownBy), [2, 2, 1]);
  assert.deepEqual(rids(fitted(fits, there)), ["l", "m", "h"], "and back");
});
