// Publishing into a room (WHIP, RFC 9725).

import { Peer } from "./peer.js";

/** How good the way to the relay is. @typedef {"good"|"fair"|"poor"} Quality */

const CAMERA_BITRATE = 2_500_000;
const SLIDES_BITRATE = 2_000_000;

export class Publisher extends Peer {
  /** @type {Quality|null} null: not known yet */ quality = null;
  /** Frames the encoder has made. */
  frames = 0;

  #tracks;
  #slides;
  /** @type {{frames: number, lost: number, sent: number}} */ #last = { frames: 0, lost: 0, sent: 0 };

  /**
   * @param {string} endpoint
   * @param {string} token
   * @param {{tracks: MediaStreamTrack[], slides?: boolean}} what `slides`: a source of its own beside camera and microphone
   */
  constructor(endpoint, token, { tracks, slides = false }) {
    const address = new URL(endpoint, location.href);
    if (slides) address.searchParams.set("as", "slides");
    super(address.href, token);
    this.#tracks = tracks;
    this.#slides = slides;
  }

  /** Send these tracks from now on; without a new session where the kinds are the same. @param {MediaStreamTrack[]} tracks */
  async replace(tracks) {
    const before = this.#tracks;
    this.#tracks = tracks;
    const senders = this.pc?.getTransceivers().map(({ sender }) => sender) ?? [];
    const same = before.length === tracks.length && before.every((track, at) => track.kind === tracks[at]?.kind);
    if (!same || senders.length !== tracks.length) return this.renew();
    tracks.forEach((track) => this.#hint(track));
    await Promise.all(senders.map((sender, at) => sender.replaceTrack(tracks[at] ?? null)));
  }

  /**
   * @override
   * @param {RTCPeerConnection} pc
   */
  prepare(pc) {
    const stream = new MediaStream();
    this.#last = { frames: 0, lost: 0, sent: 0 };
    this.quality = null;
    for (const track of this.#tracks) {
      this.#hint(track);
      const video = track.kind === "video";
      const maxBitrate = this.#slides ? SLIDES_BITRATE : CAMERA_BITRATE;
      const sendEncodings = video ? [{ maxBitrate, maxFramerate: this.#slides ? 15 : 30 }] : undefined;
      const transceiver = pc.addTransceiver(track, { direction: "sendonly", streams: [stream], sendEncodings });
      if (!video) continue;
      preferVp8(transceiver);
      const parameters = transceiver.sender.getParameters();
      parameters.degradationPreference = this.#slides ? "maintain-resolution" : "balanced";
      // Not everywhere; the default will do.
      transceiver.sender.setParameters(parameters).catch(() => {});
    }
  }

  /** @param {MediaStreamTrack} track */
  #hint(track) {
    if (track.kind === "video") track.contentHint = this.#slides ? "detail" : "motion";
    else track.contentHint = this.#slides ? "music" : "speech";
  }

  /**
   * @override
   * @param {RTCStatsReport} report
   */
  measure(report) {
    let frames = 0;
    let sent = 0;
    let lost = 0;
    let heard = false;
    let roundTrip = 0;
    let limited = false;
    let room = Infinity;
    for (const entry of report.values()) {
      if (entry.type === "outbound-rtp") {
        frames += entry.framesEncoded ?? 0;
        sent += entry.packetsSent ?? 0;
        limited ||= entry.qualityLimitationReason === "bandwidth";
      } else if (entry.type === "remote-inbound-rtp") {
        heard = true;
        lost += Math.max(0, entry.packetsLost ?? 0);
        roundTrip = Math.max(roundTrip, entry.roundTripTime ?? 0);
      } else if (entry.type === "candidate-pair" && entry.nominated) {
        room = Math.min(room, entry.availableOutgoingBitrate ?? Infinity);
        roundTrip = Math.max(roundTrip, entry.currentRoundTripTime ?? 0);
      }
    }
    const packets = Math.max(1, sent - this.#last.sent);
    const share = heard ? Math.max(0, lost - this.#last.lost) / packets : 0;
    this.frames = frames;
    this.#last = { frames, lost, sent };
    if (share > 0.1 || roundTrip > 0.8 || room < 250_000) this.quality = "poor";
    else if (share > 0.03 || roundTrip > 0.35 || (limited && room < 800_000)) this.quality = "fair";
    else this.quality = "good";
  }
}

/** @param {RTCRtpTransceiver} transceiver */
function preferVp8(transceiver) {
  const codecs = RTCRtpSender.getCapabilities("video")?.codecs ?? [];
  const first = codecs.filter((codec) => codec.mimeType.toLowerCase() === "video/vp8");
  if (first.length) transceiver.setCodecPreferences([...first, ...codecs.filter((codec) => !first.includes(codec))]);
}
