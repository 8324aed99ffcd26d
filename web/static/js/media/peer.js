// One media connection signalled over HTTP (RFC 9725 for publishing, the WHEP draft for watching). It comes back by itself:
// by an ICE restart while the server still knows the session, by a new session otherwise.

import { askingAgain, fragment, readIceServers, withCredentials } from "./sdp.js";
import { signsOfLife, Silence } from "./silence.js";
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
const REQUEST_WITHIN = 10_000;
const MEASURE_EVERY = 1_000;
/** Answers to a POST after which the same request may succeed. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

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

  #endpoint;
  #token;
  #round = 0;
  #attempt = 0;
  #unreached = 0;
  #liveAt = -Infinity;
  #restarting = false;
  #silence = new Silence();
  #resume = false;
  /** Whether lost sound is asked for again. */
  #asksAgain = knowsRedundancy();
  /** @type {string|null} */ #location = null;
  #answer = "";
  /** @type {number|undefined} */ #timer;
  /** @type {number|undefined} */ #doubtTimer;
  /** @type {number|undefined} */ #statsTimer;

  /**
   * @param {string} endpoint
   * @param {string} token bearer token; may be empty
   */
  constructor(endpoint, token) {
    super();
    this.#endpoint = new URL(endpoint, location.href).href;
    this.#token = token;
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

  async #open() {
    const round = ++this.#round;
    this.#close();
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.pc = pc;
    this.prepare(pc);
    try {
      const offer = await this.#offer(pc);
      const response = await this.#request(this.#endpoint, "POST", "application/sdp", offer.sdp);
      const place = response.headers.get("Location");
      const session = response.ok && place ? new URL(place, response.url).href : null;
      const answer = await response.text();
      if (round !== this.#round) {
        if (session) this.#end(session);
        return;
      }
      if (!session) return this.#turnedAway(response);
      this.#location = session;
      this.#answer = answer;
      takeIceServers(pc, response);
      pc.onconnectionstatechange = () => this.#follow(pc);
      await this.#describe(pc, offer);
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
    this.dispatchEvent(new Event("opened"));
    const since = performance.now();
    this.#timer = setTimeout(() => {
      if (pc.connectionState === "connected") return;
      if (performance.now() - since < CONNECT_WITHIN + LATE) this.#unreached += 1;
      this.blocked = this.#unreached >= BLOCKED_AFTER;
      this.#again();
    }, CONNECT_WITHIN);
  }

  /**
   * @param {RTCPeerConnection} pc
   * @param {RTCOfferOptions} [options]
   * @returns {Promise<RTCSessionDescriptionInit>}
   */
  async #offer(pc, options) {
    const { type, sdp = "" } = await pc.createOffer(options);
    return { type, sdp: this.#asksAgain ? askingAgain(sdp) : sdp };
  }

  /** @param {RTCPeerConnection} pc @param {RTCSessionDescriptionInit} offer */
  async #describe(pc, offer) {
    try {
      await pc.setLocalDescription(offer);
    } catch (error) {
      this.#asksAgain = false; // a browser that takes no offer but its own gets that next time
      throw error;
    }
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

  /** New addresses for the session there is; if the server no longer knows it, a new session. */
  async #restart() {
    const { pc } = this;
    const session = this.#location;
    if (!pc || !session || this.#restarting) return;
    this.#restarting = true;
    const round = this.#round;
    this.#become("restoring");
    try {
      const offer = await this.#offer(pc, { iceRestart: true });
      // RFC 9725 section 4.3.3: a restart does not depend on the session's entity tag.
      const response = await this.#request(session, "PATCH", "application/trickle-ice-sdpfrag", fragment(offer.sdp ?? ""), {
        "If-Match": '"*"',
      });
      const answer = await response.text();
      if (round !== this.#round) return;
      if (response.status === 404) return await this.#ended(pc);
      if (response.status !== 200) return this.#gone(pc);
      this.#answer = withCredentials(this.#answer, answer);
      takeIceServers(pc, response);
      await this.#describe(pc, offer);
      await pc.setRemoteDescription({ type: "answer", sdp: this.#answer });
      const { iceConnectionState } = pc;
      this.#timer = setTimeout(() => {
        if (pc.connectionState !== "connected") this.#gone(pc);
      }, RESTART_WITHIN);
      if (iceConnectionState === "connected" || iceConnectionState === "completed") this.#become("live");
    } catch {
      if (round === this.#round) this.#gone(pc);
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
    clearTimeout(this.#timer);
    clearTimeout(this.#doubtTimer);
    clearInterval(this.#statsTimer);
    const { pc } = this;
    this.pc = null;
    if (pc) pc.onconnectionstatechange = null;
    pc?.close();
    if (this.#location) this.#end(this.#location);
    this.#location = null;
  }

  /** @param {string} session */
  #end(session) {
    const headers = this.#token ? { Authorization: `Bearer ${this.#token}` } : undefined;
    // Nothing depends on the answer: the server ends silent sessions by itself.
    fetch(session, { method: "DELETE", headers, keepalive: true }).catch(() => {});
  }

  /**
   * @param {string} url
   * @param {string} method
   * @param {string} type
   * @param {string|undefined} body
   * @param {Record<string, string>} [headers]
   */
  #request(url, method, type, body, headers = {}) {
    const authorization = this.#token ? { Authorization: `Bearer ${this.#token}` } : undefined;
    const patience = new AbortController();
    setTimeout(() => patience.abort(), REQUEST_WITHIN);
    return fetch(url, {
      method,
      headers: { "Content-Type": type, ...authorization, ...headers },
      body,
      cache: "no-store",
      signal: patience.signal,
    });
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

  /** @param {PeerState} state */
  #become(state) {
    if (state !== "full") this.retryAt = null;
    if (state !== "refused") this.status = null;
    if (state === this.state && state !== "full") return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

/** Browsers that send sound with redundancy also ask for it again if they are told to; Firefox does neither. */
function knowsRedundancy() {
  const codecs = globalThis.RTCRtpSender?.getCapabilities?.("audio")?.codecs ?? [];
  return codecs.some(({ mimeType }) => mimeType.toLowerCase() === "audio/red");
}

/**
 * Gathering starts with the local description, so relays that an answer names are in time if they are taken before it.
 * @param {RTCPeerConnection} pc
 * @param {Response} response
 */
function takeIceServers(pc, response) {
  const iceServers = readIceServers(response.headers.get("Link"));
  if (iceServers.length) pc.setConfiguration({ ...pc.getConfiguration(), iceServers });
}
