// Watching a room (WHEP): one connection with a section for each lane, for the page's whole life.

import { Peer } from "../connection/peer.js";

/** @typedef {"main"|"slides"|"floor-1"|"floor-2"|"floor-3"} Lane */
/** @typedef {"auto"|"high"|"medium"|"low"|"sound"} Quality */
/** @typedef {{frames: number, bytes: number, width: number, height: number}} LaneStats `frames`: decoded */

/** @typedef {{sent: "high"|"medium"|"low"|"slides"|"sound", missing: Partial<Record<Lane, {trouble: string, codec: string}>>}} Told */

/** An answer is as good for whoever asks within this, ms. */
const SAME_MOMENT = 500;
/** The order of the offer's sections. @type {readonly Lane[]} */
export const LANES = ["main", "slides", "floor-1", "floor-2", "floor-3"];

/** Events of Peer; with `opened` the tracks are new ones. */
export class Viewer extends Peer {
  /** @type {Map<Lane, MediaStreamTrack>} */ tracks = new Map();
  /** @type {Map<Lane, LaneStats>} */ lanes = new Map();

  /** @type {Promise<Told|undefined>|undefined} */ #told;
  #askedAt = 0;

  /**
   * @override
   * @param {RTCPeerConnection} pc
   */
  prepare(pc) {
    this.tracks = new Map();
    for (const lane of LANES) {
      const kind = lane === "main" || lane === "slides" ? "video" : "audio";
      const transceiver = pc.addTransceiver(kind, { direction: "recvonly" });
      this.tracks.set(lane, transceiver.receiver.track);
    }
  }

  /**
   * Ask for more or less picture. Whether the server took it.
   * @param {Quality} quality
   */
  async choose(quality) {
    this.#told = undefined;
    const body = JSON.stringify({ quality });
    const response = await this.#layer({ method: "POST", headers: { "Content-Type": "application/json" }, body });
    return response?.ok ?? false;
  }

  /**
   * What the server sends at present, and why a picture that is on is missing; undefined: it did not say. Asked once for all
   * who ask in the same moment.
   * @returns {Promise<Told|undefined>}
   */
  told() {
    const now = performance.now();
    if (this.#told && now - this.#askedAt < SAME_MOMENT) return this.#told;
    this.#askedAt = now;
    this.#told = this.#layer({ cache: "no-store" }).then((response) => (response?.ok ? response.json().catch(() => undefined) : undefined));
    return this.#told;
  }

  /** @param {RequestInit} request */
  async #layer(request) {
    return this.session ? fetch(`${this.session}/layer`, request).catch(() => undefined) : undefined;
  }

  /**
   * @override
   * @param {RTCStatsReport} report
   */
  measure(report) {
    const byTrack = new Map([...this.tracks].map(([lane, track]) => [track.id, lane]));
    for (const entry of report.values()) {
      const lane = entry.type === "inbound-rtp" ? byTrack.get(entry.trackIdentifier) : undefined;
      if (!lane) continue;
      this.lanes.set(lane, {
        frames: entry.framesDecoded ?? 0,
        bytes: entry.bytesReceived ?? 0,
        width: entry.frameWidth ?? 0,
        height: entry.frameHeight ?? 0,
      });
    }
  }
}
