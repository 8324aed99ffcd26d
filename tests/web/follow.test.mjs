// A room is kept up to date from numbered events; a gap is found and filled.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Followed } from "../../web/static/js/live/follow.js";
import { room, rundown, session, slot } from "./rooms.mjs";

let sent;
let seen;
let followed;

function snapshot(epoch = "e1", offset = 5) {
  const { id, ...sections } = room();
  return { type: "room.snapshot", room: id, epoch, offset, server_now: 0, ...sections };
}

function changed(offset, session, epoch = "e1") {
  return { type: "room.changed", room: "field", epoch, offset, server_now: 0, session };
}

beforeEach(() => {
  sent = [];
  seen = [];
  followed = new Followed("field", (message) => sent.push(message));
  followed.listen((now, change) => seen.push([change, now.session.phase]));
});

test("the room is what the snapshot says, and nothing of the message's envelope", () => {
  followed.take(snapshot());
  let now;
  followed.listen((known) => (now = known));
  assert.deepEqual(now, room());
});

test("events are taken in their order, each of them once", () => {
  // What comes again after a reconnect must not be played twice: an announced place, for instance.
  followed.take(snapshot());
  followed.take(changed(6, session({ phase: "pitch" })));
  followed.take(changed(6, session({ phase: "closed" })));
  followed.take(changed(7, session({ phase: "questions" })));
  assert.deepEqual(seen, [["snapshot", "standby"], ["session", "pitch"], ["session", "questions"]]);
  assert.deepEqual(sent, []);
});

test("sections that changed together are all there when the first is told", () => {
  // A pause moves the clock and the rundown's times: no page may draw one without the other.
  followed.take(snapshot());
  const heard = [];
  followed.listen((now, change) => heard.push([change, now.session.paused, now.rundown.slots.length]));
  const more = { rundown: rundown(slot("alpha")), windows: { section: "windows", windows: [] } };
  followed.take({ ...changed(6, session({ paused: true })), ...more });
  assert.deepEqual(heard.slice(1), [["session", true, 1], ["rundown", true, 1], ["windows", true, 1]]);
});

test("a gap is asked for, once, from where it begins", () => {
  // Five thousand browsers with a gap must not ask for each event behind it.
  followed.take(snapshot());
  followed.take(changed(8, session({ phase: "pitch" })));
  followed.take(changed(9, session({ phase: "pitch" })));
  assert.deepEqual(sent, [{ type: "follow", room: "field", epoch: "e1", offset: 5 }]);
  assert.deepEqual(seen, [["snapshot", "standby"]]);
});

test("another epoch is another server: everything is asked for", () => {
  // Its numbers mean nothing to this page.
  followed.take(snapshot());
  followed.take(changed(6, session({ phase: "pitch" }), "e2"));
  assert.deepEqual(sent, [{ type: "follow", room: "field" }]);
});

test("an answer that does not come is asked for again, as a whole", (context) => {
  // The message may have been dropped with the queue it was in.
  let now = 1_000;
  context.mock.method(performance, "now", () => now);
  followed.take(snapshot());
  followed.take(changed(8, session()));
  followed.watch();
  assert.equal(sent.length, 1);
  now += 4_000;
  followed.watch();
  followed.watch();
  assert.deepEqual(sent.slice(1), [{ type: "follow", room: "field" }]);
});

test("a gap that was filled is asked for no more", (context) => {
  let now = 1_000;
  context.mock.method(performance, "now", () => now);
  followed.take(snapshot());
  followed.take(changed(7, session()));
  followed.take(changed(6, session({ phase: "pitch" })));
  now += 60_000;
  followed.watch();
  assert.equal(sent.length, 1);
});

test("before its first snapshot a room has no news", () => {
  followed.take(changed(6, session()));
  followed.take({ type: "room.viewers", room: "field", viewers: 9 });
  assert.deepEqual(seen, []);
  assert.deepEqual(sent, []);
});

test("the number of viewers is no event: it leaves the place in the row alone", () => {
  followed.take(snapshot());
  followed.take({ type: "room.viewers", room: "field", viewers: 9 });
  followed.take(changed(6, session({ phase: "pitch" })));
  assert.deepEqual(seen.map(([change]) => change), ["snapshot", "viewers", "session"]);
});

test("whoever stops listening hears nothing more", () => {
  const heard = [];
  const stop = followed.listen(() => heard.push(1));
  followed.take(snapshot());
  stop();
  followed.take(changed(6, session()));
  assert.equal(heard.length, 1);
});
