// What plays, in browsers that refuse, pause and never answer.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Playing } from "../../web/static/js/media/playing.js";

/** An element; `answers` says how each call of play() ends: "plays", "waits" for data, or the name of an error. */
function element(...answers) {
  return {
    paused: true,
    srcObject: {},
    plays: 0,
    play() {
      const answer = answers[Math.min(this.plays, answers.length - 1)] ?? "plays";
      this.plays += 1;
      if (answer !== "plays" && answer !== "waits") return Promise.reject(new DOMException("", answer));
      this.paused = false;
      return answer === "waits" ? new Promise(() => {}) : Promise.resolve();
    },
    pause() {
      this.paused = true;
    },
  };
}

/** Promises that can be settled are. */
const settled = () => new Promise((done) => setImmediate(done));

function playing({ pictures = [element("waits"), element("waits")], voices = [element()], sound = true } = {}) {
  const all = new Playing(pictures);
  for (const voice of voices) all.add(voice);
  all.sound = sound;
  let told = 0;
  all.onblocked = () => (told += 1);
  return { all, pictures, voices, told: () => told };
}

test("that sound is refused is known although a picture has no data so far", async () => {
  const { all, told } = playing({ voices: [element("NotAllowedError"), element("NotAllowedError")] });
  all.play();
  await settled();
  assert.equal(all.blocked, true);
  assert.equal(all.sound, false);
  assert.equal(told(), 1);
});

test("without a wish for sound nothing audible is tried", async () => {
  const { all, voices, pictures } = playing({ sound: false });
  all.play();
  await settled();
  assert.deepEqual([voices[0].plays, pictures[0].plays, all.blocked], [0, 1, false]);
});

test("a gesture plays every element, also one without a stream: WebKit grants it to each that is played in it", async () => {
  const late = { ...element("waits"), srcObject: null };
  const { all, voices } = playing({ voices: [element("NotAllowedError", "plays"), late] });
  all.play();
  await settled();
  all.sound = true;
  all.play();
  await settled();
  assert.deepEqual([all.sound, all.blocked], [true, false]);
  assert.deepEqual(voices.map(({ plays }) => plays), [2, 2]);
});

test("a refusal that comes after the gesture belongs to what was before it", async () => {
  let refuse = () => {};
  const voice = element("plays");
  const play = voice.play;
  voice.play = () => new Promise((_, no) => (refuse = () => no(new DOMException("", "NotAllowedError"))));
  const { all } = playing({ voices: [voice] });
  all.play();
  voice.play = play;
  all.play();
  refuse();
  await settled();
  assert.deepEqual([all.sound, all.blocked], [true, false]);
});

test("another stream in the element is no refusal", async () => {
  const { all } = playing({ voices: [element("AbortError")] });
  all.play();
  await settled();
  assert.deepEqual([all.sound, all.blocked], [true, false]);
});

test("a telephone that saves power refuses silent pictures, too: then a gesture is asked for", async () => {
  const { all } = playing({ pictures: [element("NotAllowedError")], sound: false });
  all.play();
  await settled();
  assert.equal(all.blocked, true);
});

test("what the browser paused while the page was not seen goes on, and only that", async () => {
  const { all, pictures, voices } = playing({ voices: [element(), element(), { ...element(), srcObject: null }] });
  all.play();
  await settled();
  pictures[0].pause();
  voices[1].pause();
  voices[2].pause();
  all.resume();
  assert.deepEqual([...pictures, ...voices].map(({ plays }) => plays), [2, 1, 1, 2, 1]);
  all.hush();
  all.resume();
  assert.deepEqual(voices.map(({ paused }) => paused), [true, true, true], "who does not want sound is not surprised by it");
});

test("sound that may not go on by itself is asked for again", async () => {
  const { all, voices, told } = playing({ voices: [element("plays", "NotAllowedError")] });
  all.play();
  await settled();
  voices[0].pause();
  all.resume();
  await settled();
  assert.deepEqual([all.sound, all.blocked, told()], [false, true, 1]);
});
