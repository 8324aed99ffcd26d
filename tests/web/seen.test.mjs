// Whether what a pitcher sends is seen.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";

const { Seen, seenText } = await import("../../web/static/js/pitch/seen.js");

const source = (changes) => ({ source: "alpha/camera", trouble: null, codec: "VP8", viewers: 31, blind: 0, ...changes });
const text = (changes, noted = []) => seenText({ sources: [source(changes)], noted });

test("a pitcher whom everybody sees reads nothing of it", () => assert.equal(text({}), ""));

test("each reason has words for the pitcher", () => {
  const all = [
    text({ trouble: "silent" }),
    text({ trouble: "no_key_frame" }),
    text({ blind: 4, codec: "H264" }),
    text({}, [{ trouble: "too_fast", detail: "33 Mbit/s", count: 2 }]),
  ];
  assert.equal(new Set(all).size, 4);
  assert.ok(all.every(Boolean));
  assert.match(all[2], /4 of 31 .*H264/);
});

test("what passes by itself between two questions is not said", () => {
  const seen = new Seen();
  const said = ["", "Dark.", "", "Dark.", "Dark.", "Other.", "Other.", ""].map((now) => (seen.told(now), seen.text));
  assert.deepEqual(said, ["", "", "", "", "Dark.", "", "Other.", ""]);
});
