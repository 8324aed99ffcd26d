// A line check's own connection to the relay: as a publisher's, into a room that nobody else can watch.

import { Peer } from "../connection/peer.js";
import { sampleOf } from "./figures.js";

/** One layer: what the line holds is asked, not how it is shared. More than a whole camera takes. */
const RATE = 2_200_000;

export class Probe extends Peer {
  /** One a second, since media began to flow. @type {import("./figures.js").Sample[]} */ samples = [];

  #tracks;

  /** @param {string} endpoint @param {string} token @param {MediaStreamTrack[]} tracks */
  constructor(endpoint, token, tracks) {
    super(endpoint, token);
    this.#tracks = tracks;
    this.mayReturn = () => Promise.resolve(false);
  }

  /** @override @param {RTCPeerConnection} pc */
  prepare(pc) {
    this.samples = [];
    const streams = [new MediaStream()];
    for (const track of this.#tracks) {
      if (track.kind === "video") track.contentHint = "motion";
      const sendEncodings = track.kind === "video" ? [{ maxBitrate: RATE }] : undefined;
      pc.addTransceiver(track, { direction: "sendonly", streams, sendEncodings });
    }
  }

  /** @override @param {RTCStatsReport} report */
  measure(report) {
    if (this.state === "live") this.samples.push(sampleOf(report.values(), performance.now()));
  }
}
