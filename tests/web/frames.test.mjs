// Whether anything of a picture is seen, by what each kind of browser tells.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Frames } from "../../web/static/js/media/frames.js";

/** A playing element that calls back, as Firefox and Chromium have it; `show` is the browser's compositor. */
function calling() {
  const video = {
    currentTime: 0,
    paused: false,
    waiting: [],
    requestVideoFrameCallback(callback) {
      this.waiting.push(callback);
      return this.waiting.length;
    },
    getVideoPlaybackQuality: () => ({ totalVideoFrames: 0 }),
    show(presentedFrames) {
      for (const callback of this.waiting.splice(0)) callback(0, { presentedFrames });
    },
  };
  return video;
}

/** One of a browser without callbacks. */
const silent = () => ({ currentTime: 0, paused: false });

test("frames are counted where getVideoPlaybackQuality is always 0, as in Firefox", () => {
  const video = calling();
  const frames = new Frames(video);
  for (const [presented, count] of [[1, 1], [2, 2], [5, 5]]) {
    video.show(presented);
    frames.look(undefined);
    assert.equal(frames.count, count);
  }
});

test("another stream in the element, whose frames are counted from the start, goes on", () => {
  const video = calling();
  const frames = new Frames(video);
  for (const presented of [40, 41, 1, 2]) video.show(presented);
  frames.look(undefined);
  assert.equal(frames.count, 4);
});

test("without callbacks the decoder's frames count, across sessions", () => {
  const frames = new Frames(silent());
  for (const [decoded, count] of [[0, 0], [10, 10], [10, 10], [2, 10], [5, 13], [undefined, 13], [6, 14]]) {
    frames.look(decoded);
    assert.equal(frames.count, count);
  }
});

test("in the background callbacks rest, and the decoder's frames count", () => {
  const video = calling();
  const frames = new Frames(video);
  video.show(1);
  frames.look(1);
  frames.look(30);
  assert.equal(frames.count, 30);
});

test("a frame that is both decoded and shown is one", () => {
  const video = calling();
  const frames = new Frames(video);
  for (const number of [1, 2, 3]) {
    video.show(number);
    frames.look(number);
  }
  assert.equal(frames.count, 3);
});

test("the element's time is asked last: with Firefox's streams it goes on without a picture", () => {
  const old = silent();
  const frames = new Frames(old);
  old.currentTime = 0.5;
  frames.look(undefined);
  assert.equal(frames.count, 1);
  frames.look(undefined);
  assert.equal(frames.count, 1);
  old.currentTime = 0.8;
  frames.look(0);
  assert.equal(frames.count, 1, "the statistics know better");

  const video = calling();
  const told = new Frames(video);
  video.currentTime = 2;
  told.look(undefined);
  assert.equal(told.count, 0);
});

test("a picture that the browser paused stands still, whatever its decoder does", () => {
  const video = calling();
  const frames = new Frames(video);
  video.show(1);
  frames.look(1);
  video.paused = true;
  frames.look(20);
  assert.equal(frames.count, 1);
  video.paused = false;
  frames.look(22);
  assert.equal(frames.count, 3);
});
