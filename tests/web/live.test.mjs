// The page's one connection: it comes back by itself, and nothing that matters is lost meanwhile.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

/** What the connection finds around it in a browser. */
class Socket {
  static OPEN = 1;
  static all = [];
  readyState = 0;
  sent = [];

  constructor(address) {
    this.address = address;
    Socket.all.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  /** The server takes it. */
  welcome(retry_ms = 1_000) {
    this.readyState = 1;
    this.tell({ type: "welcome", server_now: 50_000, role: "audience", person: null, retry_ms });
  }

  tell(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }

  lose(code, reason = "") {
    this.readyState = 3;
    this.onclose({ code, reason });
  }
}

let page;
globalThis.WebSocket = Socket;
globalThis.addEventListener = (...heard) => page.addEventListener(...heard);
globalThis.document = { addEventListener() {}, visibilityState: "visible" };
globalThis.location = { href: "https://final.example.org/rooms/ai/watch" };
const { connect } = await import("../../web/static/js/live/live.js");

let live;
let states;
const socket = () => Socket.all.at(-1);
const kinds = () => socket().sent.map((message) => message.type);

beforeEach((context) => {
  Socket.all = [];
  page = new EventTarget();
  context.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  context.mock.method(Math, "random", () => 1);
  live = connect("/live?lang=en");
  states = [];
  live.onstate(({ state, code }) => states.push([state, code]));
});

test("it goes to where the page came from, as safely as the page", () => {
  assert.equal(socket().address, "wss://final.example.org/live?lang=en");
});

test("rooms are asked for and commands sent once the server has welcomed us, not before", (context) => {
  live.follow("field", () => {});
  void live.command("session.pause", { room: "field" }, { durable: true });
  assert.deepEqual(kinds(), []);
  socket().welcome();
  assert.deepEqual(kinds().filter((kind) => kind !== "clock.ping"), ["follow", "session.pause"]);
  assert.deepEqual(states, [["connecting", null], ["open", null]]);
  context.mock.timers.tick(1_000);
  assert.equal(kinds().filter((kind) => kind === "clock.ping").length, 5);
});

test("after a loss it waits, longer each time, up to the server's own bound", (context) => {
  // A restart of the server must not be met by everybody at once.
  socket().welcome(1_000);
  for (const wait of [1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
    const sockets = Socket.all.length;
    socket().lose(1006);
    context.mock.timers.tick(wait - 1);
    assert.equal(Socket.all.length, sockets);
    context.mock.timers.tick(1);
    assert.equal(Socket.all.length, sockets + 1);
  }
});

test("what was unanswered goes out again on the next connection, with its id", (context) => {
  socket().welcome();
  void live.command("session.pause", { room: "field" }, { durable: true });
  const [first] = socket().sent.filter((message) => message.type === "session.pause");
  socket().lose(1006);
  context.mock.timers.tick(1_000);
  socket().welcome();
  assert.deepEqual(socket().sent.filter((message) => message.type === "session.pause"), [first]);
});

test("whoever may not be here does not come back, and is told so for every command", async (context) => {
  socket().welcome();
  const waiting = live.command("session.pause", { room: "field" }, { durable: true });
  socket().lose(1008);
  await assert.rejects(waiting, { code: "live.closed", retry: false });
  await assert.rejects(live.command("session.pause", { room: "field" }), { code: "live.closed" });
  context.mock.timers.tick(60_000);
  assert.equal(Socket.all.length, 1);
  assert.deepEqual(states.at(-1), ["closed", 1008]);
});

test("a revoked invitation ends the page's connection at once", () => {
  socket().welcome();
  socket().tell({ type: "superseded", reason: "revoked" });
  assert.equal(live.state, "closed");
});

test("a full server says how long to stay away", (context) => {
  socket().lose(1013, "retry_ms=5000");
  context.mock.timers.tick(5_000);
  assert.equal(Socket.all.length, 1);
  context.mock.timers.tick(500);
  assert.equal(Socket.all.length, 2);
});

test("a reason that is no number of milliseconds is no reason to stay away", (context) => {
  socket().lose(1013, "retry_ms=forever");
  context.mock.timers.tick(500);
  assert.equal(Socket.all.length, 2);
});

test("the network that comes back is used at once", () => {
  socket().lose(1006);
  page.dispatchEvent(new Event("online"));
  assert.equal(Socket.all.length, 2);
});

test("a socket that does not open is given up", (context) => {
  context.mock.timers.tick(10_000);
  assert.deepEqual(states.at(-1), ["waiting", 1006]);
});

test("a refusal reaches whoever sent the command, and whoever listens", async () => {
  socket().welcome();
  const heard = [];
  live.on("refused", (message) => heard.push(message.code));
  const answer = live.command("session.pause", { room: "field" }, { id: "command-1" });
  socket().tell({ type: "refused", command: "command-1", code: "room.over", text: "Over.", details: {}, retry: false });
  await assert.rejects(answer, { code: "room.over", text: "Over." });
  socket().tell({ type: "refused", command: null, code: "message.malformed", text: "", details: {}, retry: false });
  assert.deepEqual(heard, ["room.over", "message.malformed"]);
});

test("the old socket's last words are not taken for the new one's", (context) => {
  const old = socket();
  old.welcome();
  const { onmessage } = old;
  old.lose(1006);
  context.mock.timers.tick(1_000);
  onmessage({ data: JSON.stringify({ type: "welcome", server_now: 1, role: "audience", person: null, retry_ms: 1 }) });
  assert.equal(live.state, "waiting");
});
