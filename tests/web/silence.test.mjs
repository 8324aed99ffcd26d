// When the relay counts as gone, by the rhythm in which each kind of browser is answered.

import assert from "node:assert/strict";
import { test } from "node:test";

import { signsOfLife, Silence } from "../../web/static/js/connection/silence.js";

/** Statistics are read once a second; `answers` are the moments of answers, in ms, without a byte of media. */
function listened(answers, until) {
  const silence = new Silence();
  silence.begin(0);
  const lost = [];
  for (let now = 1_000; now <= until; now += 1_000) {
    silence.listen(answers.filter((at) => at <= now).length, 0, now);
    if (silence.gone(now)) lost.push(now);
  }
  return { silence, lost };
}

const every = (ms, until) => Array.from({ length: Math.floor(until / ms) }, (_, at) => (at + 1) * ms);

test("an idle room is not lost: Firefox checks its path every four to six seconds, Chromium every two and a half", () => {
  for (const rhythm of [2_500, 4_000, 5_000, 5_900]) assert.deepEqual(listened(every(rhythm, 60_000), 60_000).lost, [], `${rhythm}`);
});

test("one check may be lost", () => {
  for (const rhythm of [2_500, 5_000, 5_900]) {
    const answers = every(rhythm, 60_000);
    answers.splice(4, 1);
    assert.deepEqual(listened(answers, 60_000).lost, [], `${rhythm}`);
  }
});

test("a relay that is gone is noticed, the sooner the faster the rhythm", () => {
  for (const [rhythm, within] of [[2_500, 8_000], [5_000, 13_000], [5_900, 15_000]]) {
    const answers = every(rhythm, 30_000);
    const { lost } = listened(answers, 60_000);
    assert.ok(lost[0] <= answers.at(-1) + within, `${rhythm}: ${lost[0]}`);
  }
  assert.ok(listened([], 20_000).lost[0] <= 14_000, "of a path of which nothing is known yet");
});

test("media are a sign of life as well, and tell nothing of the rhythm", () => {
  const silence = new Silence();
  silence.begin(0);
  for (let now = 1_000; now <= 30_000; now += 1_000) {
    silence.listen(Math.floor(now / 5_000), now, now);
    assert.equal(silence.gone(now), false);
  }
  // Media end right after a check; the next one comes in its own time.
  for (let now = 31_000; now < 35_900; now += 1_000) {
    silence.listen(6, 30_000, now);
    assert.equal(silence.gone(now), false, `${now}`);
  }
});

test("while the page was frozen nobody listened: that silence says nothing, but is looked into", () => {
  const silence = new Silence();
  silence.begin(0);
  for (let now = 1_000; now <= 10_000; now += 1_000) assert.equal(silence.listen(Math.floor(now / 2_500), 0, now), false);
  assert.equal(silence.listen(4, 0, 600_000), true);
  assert.equal(silence.gone(600_000), false);
  assert.equal(silence.heardAfter(600_000), false);
  assert.equal(silence.listen(4, 0, 601_000), false);
  silence.listen(5, 0, 602_000);
  assert.equal(silence.heardAfter(600_000), true);
  assert.equal(silence.gone(608_000), false);
  silence.listen(5, 0, 603_000);
  assert.equal(silence.gone(611_000), true, "and its length is no rhythm");
});

test("in doubt one answer is waited for, whatever the rhythm", () => {
  assert.equal(listened(every(2_500, 20_000), 20_000).silence.patience, 4_000);
  assert.ok(listened(every(5_900, 30_000), 30_000).silence.patience >= 6_000);
});

test("signs of all paths come together; Firefox leaves some figures out", () => {
  const report = [
    { type: "candidate-pair", responsesReceived: 3, bytesReceived: 100 },
    { type: "candidate-pair", responsesReceived: 1 },
    { type: "inbound-rtp", bytesReceived: 7 },
    { type: "candidate-pair" },
  ];
  assert.deepEqual(signsOfLife(report), [4, 100]);
});
