// One WebSocket to /live for the whole page: it reconnects, keeps the server's clock, follows rooms and sends commands.
// docs/protocol.md explains the messages; protocol.js has their types. No text for people in here.

import { Commands, Refusal } from "./commands.js";
import { Followed } from "./follow.js";
import { ServerClock } from "./servertime.js";

/** @typedef {import("./protocol.js").ToBrowser} ToBrowser */
/** @typedef {import("./commands.js").Command} Command */
/** @typedef {"connecting"|"open"|"waiting"|"closed"} LinkState `waiting`: between two attempts; `closed`: for good. */
/** @typedef {import("./protocol.js").Superseded["reason"]} EndReason */
/** @typedef {{state: LinkState, code: number|null, ended: EndReason|null}} Link `code`: of the close that led here;
 * `ended`: how the sign-in did, where that is why. */
/** @typedef {(link: Link) => void} StateListener */
/** @typedef {import("./follow.js").RoomListener} RoomListener */

/** Upper bound of any reconnect delay, ms. */
const LONGEST_DELAY = 15_000;
/** First upper bound until Welcome names one, ms. */
const FIRST_DELAY = 500;
/** Close codes (RFC 6455 and its registry): a rule forbids it; full, come again. */
const NOT_ALLOWED = 1008;
const TRY_LATER = 1013;
/** A connection that lasted this long starts the back-off afresh, ms. */
const STABLE_AFTER = 5_000;
/** The clock is measured this often, ms. */
const MEASURE_EVERY = 20_000;
/** Pings of one measurement, and the pause between them, ms. */
const PINGS = 5;
const PING_PAUSE = 120;
/** No pong within this: the connection is dead even if the browser does not know it, ms. */
const DEAD_AFTER = 6_000;
/** A socket that does not open within this is given up, ms. */
const OPEN_WITHIN = 10_000;
/**
 * Open the page's connection.
 * @param {string} url address of the socket, with or without scheme and host
 */
export function connect(url) {
  const address = new URL(url, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const live = new Live(address.href);
  live.open();
  return live;
}

export class Live {
  /** @type {WebSocket|null} */ #socket = null;
  /** @type {LinkState} */ #state = "connecting";
  /** @type {number|null} */ #code = null;
  /** @type {Set<StateListener>} */ #stateListeners = new Set();
  /** @type {Map<string, Set<(message: any) => void>>} */ #listeners = new Map();
  /** @type {Map<string, Followed>} */ #rooms = new Map();
  #commands = new Commands((message) => this.#send(message));
  #clock = new ServerClock();
  /** @type {EndReason|null} */ #ended = null;
  #attempt = 0;
  #firstDelay = FIRST_DELAY;
  #welcomedAt = -Infinity;
  #heardAt = -Infinity;
  /** @type {number|undefined} */ #reopenTimer;
  /** @type {number|undefined} */ #openTimer;
  /** @type {number|undefined} */ #probeTimer;
  /** @type {Set<number>} */ #pingTimers = new Set();

  /** @param {string} address */
  constructor(address) {
    this.address = address;
    addEventListener("online", () => this.#nudge());
    addEventListener("offline", () => this.#probe());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#nudge());
    addEventListener("pageshow", (event) => event.persisted && this.#nudge());
    // A page with an open socket cannot be kept for the back button.
    addEventListener("pagehide", () => {
      this.#drop();
      if (this.#state !== "closed") this.#become("waiting", null);
    });
    setInterval(() => this.#measure(), MEASURE_EVERY);
    setInterval(() => this.#watch(), 1_000);
  }

  get state() {
    return this.#state;
  }

  /** The server's clock, ms since the epoch. Before the first Welcome: this machine's own. May be passed on unbound. */
  now = () => this.#clock.now();

  /**
   * Hear about the connection, at once and at every change.
   * @param {StateListener} listener
   * @returns {() => void} stop
   */
  onstate(listener) {
    this.#stateListeners.add(listener);
    listener({ state: this.#state, code: this.#code, ended: this.#ended });
    return () => void this.#stateListeners.delete(listener);
  }

  /**
   * Hear messages of one type.
   * @template {ToBrowser["type"]} K
   * @param {K} type
   * @param {(message: Extract<ToBrowser, {type: K}>) => void} listener
   * @returns {() => void} stop
   */
  on(type, listener) {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /**
   * Keep a room up to date. The listener gets the whole room and what changed in it; at once if it is known already.
   * @param {string} id
   * @param {RoomListener} listener
   * @returns {() => void} stop
   */
  follow(id, listener) {
    let followed = this.#rooms.get(id);
    if (!followed) {
      followed = new Followed(id, (message) => this.#send(JSON.stringify(message)));
      this.#rooms.set(id, followed);
      followed.ask();
    }
    return followed.listen(listener);
  }

  /** Ask for a followed room again: a judge also gets their own ballots as the store has them now. @param {string} id */
  refresh(id) {
    this.#rooms.get(id)?.ask();
  }

  /**
   * Send a command. What a broken connection left unanswered is sent again, with the same id, after reconnecting.
   * @template {Command} K
   * @param {K} type
   * @param {import("./commands.js").Fields<K>} fields
   * @param {{id?: string, durable?: boolean}} [options] `durable`: wait for an answer as long as the page lives;
   *   otherwise the promise fails with `live.unanswered` after 12 s
   * @returns {Promise<import("./commands.js").Answer>} rejects with a Refusal
   */
  command(type, fields, options = {}) {
    if (this.#state === "closed") return Promise.reject(new Refusal({ code: "live.closed", retry: false }));
    return this.#commands.issue(type, fields, options);
  }

  /** Connect, unless it is connected or closed for good. */
  open() {
    clearTimeout(this.#reopenTimer);
    if (this.#socket || this.#state === "closed") return;
    if (this.#state !== "waiting") this.#become("connecting", null);
    const socket = new WebSocket(this.address);
    this.#socket = socket;
    this.#openTimer = setTimeout(() => this.#lost(socket, 1006), OPEN_WITHIN);
    socket.onmessage = (event) => {
      if (socket !== this.#socket || typeof event.data !== "string") return;
      this.#heardAt = performance.now();
      this.#take(JSON.parse(event.data));
    };
    socket.onclose = (event) => this.#lost(socket, event.code, event.reason);
  }

  /** @param {ToBrowser} message */
  #take(message) {
    switch (message.type) {
      case "welcome":
        this.#welcome(message);
        break;
      case "clock.pong":
        this.#clock.pong(message.sent, message.server_now);
        break;
      case "room.snapshot":
      case "room.changed":
      case "room.viewers":
        this.#rooms.get(message.room)?.take(message);
        break;
      case "refused":
        if (message.command !== null) this.#commands.refused(message.command, new Refusal(message));
        break;
      case "superseded":
        this.#ended = message.reason;
        this.#end(NOT_ALLOWED);
        break;
      default:
        if ("command" in message) this.#commands.accepted(message);
    }
    for (const listener of this.#listeners.get(message.type) ?? []) listener(message);
  }

  /** @param {import("./protocol.js").Welcome} message */
  #welcome(message) {
    clearTimeout(this.#openTimer);
    this.#firstDelay = Math.min(Math.max(message.retry_ms, 100), LONGEST_DELAY);
    this.#welcomedAt = performance.now();
    this.#clock.hint(message.server_now);
    this.#become("open", null);
    this.#measure();
    for (const followed of this.#rooms.values()) followed.ask();
    this.#commands.resend();
  }

  /** Goes nowhere before the welcome. @param {string} message */
  #send(message) {
    if (this.#state === "open" && this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(message);
  }

  /** Measure the clock: several pings, the best round trip wins. Also finds out whether the connection is alive. */
  #measure() {
    if (this.#state !== "open") return;
    for (const timer of this.#pingTimers) clearTimeout(timer);
    this.#pingTimers.clear();
    for (let count = 0; count < PINGS; count++) {
      this.#pingTimers.add(setTimeout(() => this.#ping(), count * PING_PAUSE));
    }
    this.#expectAnswer();
  }

  #ping() {
    this.#send(JSON.stringify({ type: "clock.ping", sent: performance.now() }));
  }

  /** Ask for a sign of life. */
  #probe() {
    if (this.#state !== "open") return;
    this.#ping();
    this.#expectAnswer();
  }

  #expectAnswer() {
    const asked = performance.now();
    const socket = this.#socket;
    clearTimeout(this.#probeTimer);
    this.#probeTimer = setTimeout(() => {
      if (socket && socket === this.#socket && this.#heardAt < asked) this.#lost(socket, 1006);
    }, DEAD_AFTER);
  }

  /** Something woke the page or its network: use it at once. */
  #nudge() {
    if (this.#state === "open") return this.#measure();
    this.open();
  }

  #watch() {
    if (this.#clock.slept()) this.#nudge();
    for (const followed of this.#rooms.values()) followed.watch();
  }

  /** Let go of the socket without a word to anybody. */
  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    for (const timer of [this.#openTimer, this.#probeTimer, this.#reopenTimer, ...this.#pingTimers]) clearTimeout(timer);
    if (socket) {
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   * @param {string} [reason]
   */
  #lost(socket, code, reason = "") {
    if (socket !== this.#socket) return;
    this.#drop();
    if (this.#state === "closed") return;
    // This person may not be here (any more); asking again would not help.
    if (code === NOT_ALLOWED) return this.#end(code);
    if (performance.now() - this.#welcomedAt > STABLE_AFTER) this.#attempt = 0;
    this.#become("waiting", code);
    // 1013: too many at once; the server may say in the reason how long to stay away.
    const away = code === TRY_LATER ? Math.min(Number(/^retry_ms=(\d+)$/.exec(reason)?.[1] ?? 0), LONGEST_DELAY) : 0;
    const bound = Math.min(LONGEST_DELAY, this.#firstDelay * 2 ** Math.min(this.#attempt, 10));
    this.#attempt += 1;
    this.#reopenTimer = setTimeout(() => this.open(), away + Math.random() * bound);
  }

  /** @param {number} code */
  #end(code) {
    this.#become("closed", code);
    this.#commands.end("live.closed");
  }

  /**
   * @param {LinkState} state
   * @param {number|null} code
   */
  #become(state, code) {
    if (this.#state === state && this.#code === code) return;
    this.#state = state;
    this.#code = code;
    for (const listener of this.#stateListeners) listener({ state, code, ended: this.#ended });
  }
}
