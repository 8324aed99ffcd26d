// One media connection signalled over HTTP (RFC 9725 for publishing, the WHEP draft for watching). It comes back by itself:
// by an ICE restart while the server still knows the session, by a new session otherwise. Where media stop coming, it looks
// after that before the browser does.

import { Ground, HERE, networksAreStale } from "./networks.js";
import { fragment, withCredentials } from "./sdp.js";
import { Descriptions, sessionOf, Signalling, takeIceServers } from "./signalling.js";
import { LISTEN_CLOSELY_EVERY, LISTEN_EVERY, Pulse, signsOfLife, Silence } from "./silence.js";
import { onWake } from "./waking.js";

/**
 * `full`: the server asked to come back at `retryAt`; `refused`: asking again would not help.
 * @typedef {"idle"|"connecting"|"live"|"restoring"|"full"|"refused"} PeerState
 */

/** Upper bound of the first wait before trying again, ms; it doubles. Full jitter. */
const FIRST_DELAY = 400;
const LONGEST_DELAY = 8_000;
/** The browser calls the path broken for this long: act, ms. */
const DISCONNECTED_FOR = 3_000;
/** The relay has this long to be reached after its answer, ms; it waits a second longer. */
const CONNECT_WITHIN = 8_000;
/** A timer later than this belongs to a page that stood still, and tells nothing of the network, ms. */
const LATE = 2_000;
/** An ICE restart has this long, ms. */
const RESTART_WITHIN = 4_000;
/** A connection that lasted this long starts the back-off afresh, ms. */
const STABLE_AFTER = 5_000;
/** Signalling answered, but no media path came up, this often: the network is in the way. */
const BLOCKED_AFTER = 2;
/** No suspicion before media are silent for so long, ms; a crowd that hears nothing at once does not ask at once. */
const SUSPICIOUS_AFTER = 700;
const SPREAD = 250;
const MEASURE_EVERY = 1_000;
/** Answers to a POST after which the same request may succeed. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Whether this page's network let nothing through but what went by a TURN server; who needs none asks for none. */
let relayed = false;

/**
 * Events: `state`, `opened` (a session is set up, media may follow), `stats`, `replaced` (another session took this one's
 * place, and `mayReturn` said to leave it there).
 */
export class Peer extends EventTarget {
  /** @type {RTCPeerConnection|null} */ pc = null;
  /** @type {PeerState} */ state = "idle";
  /** Server says come back then: `Date.now()` ms. @type {number|null} */ retryAt = null;
  /** HTTP status of a refusal. @type {number|null} */ status = null;
  /** The server answers, media does not get through. */
  blocked = false;
  /** Sessions opened so far. */
  sessions = 0;
  /** Asked after the server ended the session: whether to come back. */
  mayReturn = () => Promise.resolve(true);

  #signalling;
  #round = 0;
  #attempt = 0;
  #unreached = 0;
  #liveAt = -Infinity;
  #restarting = false;
  #silence = new Silence();
  #pulse;
  #resume = false;
  #descriptions = new Descriptions();
  /** @type {string|null} */ #location = null;
  #answer = "";
  /** @type {number|undefined} */ #timer;
  /** @type {number|undefined} */ #doubtTimer;
  /** @type {number|undefined} */ #statsTimer;
  /** @type {number|undefined} */ #pulseTimer;
  /** @type {number|undefined} */ #relayTimer;
  /** @type {Ground|null} */ #ground = null;
  /** Ends the session that the present one takes over from. @type {(() => void)|null} */ #former = null;

  /**
   * @param {string} endpoint
   * @param {string} token bearer token; may be empty
   * @param {number} suspiciousAfter media are silent for so long, ms
   */
  constructor(endpoint, token, suspiciousAfter = SUSPICIOUS_AFTER + SPREAD * Math.random()) {
    super();
    this.#pulse = new Pulse(suspiciousAfter);
    this.#signalling = new Signalling(endpoint, token);
    addEventListener("pagehide", () => {
      this.#resume = this.state !== "idle" && this.state !== "refused";
      this.stop();
    });
    addEventListener("pageshow", (event) => event.persisted && this.#resume && this.start());
    addEventListener("online", () => this.#back());
    onWake(() => this.check());
  }

  /**
   * Add what is offered. @abstract
   * @param {RTCPeerConnection} _pc
   */
  prepare(_pc) {}

  /**
   * Read what interests; called every second. @abstract
   * @param {RTCStatsReport} _report
   */
  measure(_report) {}

  /** Address of the session there is. */
  get session() {
    return this.#location;
  }

  start() {
    if (this.state !== "idle" && this.state !== "refused") return;
    this.#attempt = 0;
    this.#become("connecting");
    void this.#open();
  }

  /** End the session; the server hears of it even when the page is closing. */
  stop() {
    this.#round += 1;
    this.#close();
    this.retryAt = this.status = null;
    this.#become("idle");
  }

  /** Open a new session now, whatever the old one does: what is offered has changed. */
  renew() {
    if (this.state === "idle") return;
    void this.#open();
  }

  /** A hint that the server, or this page, may have been away: find out soon. */
  check() {
    if (this.state !== "live") return this.#back();
    const asked = performance.now();
    const { pc } = this;
    clearTimeout(this.#doubtTimer);
    this.#doubtTimer = setTimeout(() => {
      if (pc === this.pc && this.state === "live" && !this.#silence.heardAfter(asked)) void this.#restart();
    }, this.#silence.patience);
  }

  /** The network came back: do not sit out a long wait. */
  #back() {
    if (this.state === "live") void this.#restart();
    else if ((this.state === "restoring" || this.state === "connecting") && !this.pc) void this.#open();
  }

  /** @param {{beside?: boolean}} how `beside`: the present session goes on until the new one is connected */
  async #open({ beside = false } = {}) {
    const round = ++this.#round;
    if (beside) this.#setAside();
    else this.#close();
    this.#ground = beside ? new Ground() : null;
    const pc = (this.#ground ?? HERE).connection({ bundlePolicy: "max-bundle" });
    this.pc = pc;
    this.prepare(pc);
    try {
      const offer = await this.#descriptions.offer(pc);
      const asksRelays = relayed || this.#unreached > 0;
      // This device's addresses are then known when the answer comes.
      if (!asksRelays) await this.#descriptions.set(pc, offer);
      const since = performance.now();
      const response = await this.#signalling.begin(offer.sdp, beside);
      const session = sessionOf(response);
      const answer = await response.text();
      if (round !== this.#round) {
        if (session) this.#signalling.end(session);
        return;
      }
      if (!session) return this.#turnedAway(response);
      this.#location = session;
      this.#answer = answer;
      pc.onconnectionstatechange = () => this.#follow(pc);
      if (asksRelays) {
        takeIceServers(pc, response);
        await this.#descriptions.set(pc, offer);
      } else {
        // A check by UDP takes one round trip, one by TCP three, and the answer at least one; so a lost packet is waited for.
        const wait = Math.min(1500, Math.max(700, 5 * (performance.now() - since)));
        this.#relayTimer = setTimeout(() => this.#takeRelays(pc, response), wait);
      }
      await pc.setRemoteDescription({ type: "answer", sdp: answer });
    } catch {
      // Away, or an answer that cannot be used: both may pass.
      if (round === this.#round) this.#again();
      return;
    }
    if (round !== this.#round) return;
    const dtls = pc.getTransceivers().map(({ sender, receiver }) => sender.transport ?? receiver.transport).find(Boolean);
    dtls?.addEventListener("statechange", () => dtls.state === "closed" && void this.#ended(pc));
    this.sessions += 1;
    this.#statsTimer = setInterval(() => void this.#poll(pc), MEASURE_EVERY);
    this.#pulseTimer = setTimeout(() => void this.#feel(pc), LISTEN_EVERY);
    this.dispatchEvent(new Event("opened"));
    const since = performance.now();
    this.#timer = setTimeout(() => {
      if (pc.connectionState === "connected") return;
      if (performance.now() - since < CONNECT_WITHIN + LATE) this.#unreached += 1;
      this.blocked = this.#unreached >= BLOCKED_AFTER;
      this.#again();
    }, CONNECT_WITHIN);
  }

  /** No way was found without: ask for relays, and look again. @param {RTCPeerConnection} pc @param {Response} response */
  #takeRelays(pc, response) {
    if (pc !== this.pc || hasWay(pc) || !takeIceServers(pc, response)) return;
    relayed = true;
    void this.#restart({ quietly: true });
  }

  /** @param {RTCPeerConnection} pc */
  #follow(pc) {
    if (pc !== this.pc) return;
    clearTimeout(this.#doubtTimer);
    switch (pc.connectionState) {
      case "connected":
        clearTimeout(this.#timer);
        this.#liveAt = performance.now();
        this.#silence.begin(this.#liveAt);
        this.#pulse.begin(this.#liveAt, !this.#former);
        this.#former?.();
        this.#unreached = 0;
        this.blocked = false;
        this.#become("live");
        break;
      case "disconnected":
        this.#doubtTimer = setTimeout(() => void this.#restart(), DISCONNECTED_FOR);
        break;
      case "failed":
      case "closed":
        this.#gone(pc);
        break;
    }
  }

  /** @param {RTCPeerConnection} pc */
  #gone(pc) {
    if (pc !== this.pc || this.state === "idle") return;
    if (performance.now() - this.#liveAt > STABLE_AFTER) this.#attempt = 0;
    this.#again();
  }

  /** The server said goodbye, or does not know the session. @param {RTCPeerConnection} pc */
  async #ended(pc) {
    if (pc !== this.pc || this.state === "idle") return;
    const round = ++this.#round;
    this.#location = null;
    this.#close();
    this.#become("restoring");
    const returns = await this.mayReturn();
    if (round !== this.#round) return;
    if (returns) return this.#again();
    this.stop();
    this.dispatchEvent(new Event("replaced"));
  }

  /** Media stopped coming: this device may be on another network. If it is not, nothing is lost by having looked. */
  async #hurry() {
    const { pc } = this;
    const since = performance.now();
    const stale = await networksAreStale();
    if (pc !== this.pc || this.state !== "live" || this.#pulse.quiet(performance.now()) < performance.now() - since) return;
    if (!stale) return void this.#restart({ quietly: true });
    this.#become("restoring");
    void this.#open({ beside: true });
  }

  /**
   * New addresses for the session there is; if the server no longer knows it, a new session.
   * @param {{quietly?: boolean}} how `quietly`: as the way may be sound, nothing is given up for a restart that fails
   */
  async #restart({ quietly = false } = {}) {
    const { pc } = this;
    const session = this.#location;
    if (!pc || !session || this.#restarting) return;
    this.#restarting = true;
    const round = this.#round;
    const failed = () => round === this.#round && !quietly && this.#gone(pc);
    if (!quietly) this.#become("restoring");
    try {
      const offer = await this.#descriptions.offer(pc, { iceRestart: true });
      const response = await this.#signalling.restart(session, fragment(offer.sdp ?? ""));
      const answer = await response.text();
      if (round !== this.#round) return;
      if (response.status === 404) return await this.#ended(pc);
      if (response.status !== 200) return void failed();
      this.#answer = withCredentials(this.#answer, answer);
      if (!quietly || relayed) takeIceServers(pc, response);
      await this.#descriptions.set(pc, offer);
      await pc.setRemoteDescription({ type: "answer", sdp: this.#answer });
      if (quietly) return;
      this.#timer = setTimeout(() => {
        if (pc.connectionState !== "connected") this.#gone(pc);
      }, RESTART_WITHIN);
      if (hasWay(pc)) this.#become("live");
    } catch {
      failed();
    } finally {
      this.#restarting = false;
    }
  }

  /** @param {Response} response */
  #turnedAway(response) {
    const seconds = Number(response.headers.get("Retry-After"));
    this.#close();
    if (!PASSING.has(response.status)) {
      this.status = response.status;
      return this.#become("refused");
    }
    if (!(seconds > 0)) return this.#again();
    // Spread out those who were told the same time.
    const wait = Math.min(seconds, 60) * 1000 * (1 + Math.random() / 2);
    this.retryAt = Date.now() + wait;
    this.#become("full");
    this.#timer = setTimeout(() => void this.#open(), wait);
  }

  /** Try again with a new session, after a wait. */
  #again() {
    this.#round += 1;
    this.#close();
    this.#become(this.sessions ? "restoring" : "connecting");
    const bound = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(this.#attempt, 8));
    this.#attempt += 1;
    this.#timer = setTimeout(() => void this.#open(), Math.random() * bound);
  }

  #close() {
    this.#setAside();
    this.#former?.();
  }

  /** The session goes on, and is none of ours any more. */
  #setAside() {
    this.#former?.();
    clearTimeout(this.#timer);
    clearTimeout(this.#doubtTimer);
    clearTimeout(this.#pulseTimer);
    clearTimeout(this.#relayTimer);
    clearInterval(this.#statsTimer);
    const pc = this.pc;
    const session = this.#location;
    const ground = this.#ground;
    this.pc = this.#location = this.#ground = null;
    if (pc) pc.onconnectionstatechange = null;
    this.#former = () => {
      this.#former = null;
      pc?.close();
      ground?.leave();
      if (session) this.#signalling.end(session);
    };
  }

  /** @param {RTCPeerConnection} pc */
  async #poll(pc) {
    const report = await pc.getStats();
    if (pc !== this.pc) return;
    this.measure(report);
    this.dispatchEvent(new Event("stats"));
    const now = performance.now();
    const deaf = this.#silence.listen(...signsOfLife(report.values()), now);
    if (this.state !== "live") return;
    if (deaf) this.check();
    else if (this.#silence.gone(now)) void this.#restart();
  }

  /** Listen whether media come. @param {RTCPeerConnection} pc */
  async #feel(pc) {
    const [answers, bytes] = signsOfLife((await pc.getStats()).values());
    if (pc !== this.pc) return;
    const now = performance.now();
    if (this.#pulse.listen(answers + bytes, now) && this.state === "live") void this.#hurry();
    const every = this.#pulse.quiet(now) > 0 ? LISTEN_CLOSELY_EVERY : LISTEN_EVERY;
    this.#pulseTimer = setTimeout(() => void this.#feel(pc), every);
  }

  /** @param {PeerState} state */
  #become(state) {
    if (state !== "full") this.retryAt = null;
    if (state !== "refused") this.status = null;
    if (state === this.state && state !== "full") return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

/** @param {RTCPeerConnection} pc */
const hasWay = (pc) => pc.iceConnectionState === "connected" || pc.iceConnectionState === "completed";
