// Publishing into a room (WHIP, RFC 9725).

import { Peer } from "./peer.js";
import { NOTHING_SENT, sentSoFar, wayOut } from "./wayout.js";

/**
 * What a camera is encoded as (simulcast), the lowest layer first: by the least height of its picture, in pixels. Browsers
 * leave out layers of smaller pictures by themselves, but would give the bits to the wrong ones. The bit rates are enough
 * for a face; together they stay under what the relay allows.
 * @type {readonly {height: number, encodings: readonly RTCRtpEncodingParameters[]}[]}
 */
const CAMERA = [
  {
    height: 720,
    encodings: [
      { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
      { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
      { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
    ],
  },
  {
    height: 360,
    encodings: [
      { rid: "l", scaleResolutionDownBy: 2, maxBitrate: 200_000 },
      { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 1_000_000 },
    ],
  },
  { height: 0, encodings: [{ maxBitrate: 600_000 }] },
];
const CAMERA_RATE = 30;
/** One layer: a small picture of a slide cannot be read. */
const SLIDES = [{ maxBitrate: 2_000_000, maxFramerate: 15 }];

export class Publisher extends Peer {
  /** @type {import("./wayout.js").Quality|null} null: not known yet */ quality = null;
  /** Frames the encoder has made. */
  frames = 0;

  #tracks;
  #slides;
  #last = NOTHING_SENT;

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

  /** Send these tracks from now on; without a new session where kinds and layers are the same. @param {MediaStreamTrack[]} tracks */
  async replace(tracks) {
    const before = this.#tracks;
    this.#tracks = tracks;
    const senders = this.pc?.getTransceivers().map(({ sender }) => sender) ?? [];
    const same = before.length === tracks.length && tracks.every((track, at) => this.#fits(track, before[at], senders[at]));
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
    this.#last = NOTHING_SENT;
    this.quality = null;
    for (const track of this.#tracks) {
      this.#hint(track);
      const video = track.kind === "video";
      const sendEncodings = video ? this.#encodings(track) : undefined;
      const transceiver = pc.addTransceiver(track, { direction: "sendonly", streams: [stream], sendEncodings });
      if (!video) continue;
      preferVp8(transceiver);
      const parameters = transceiver.sender.getParameters();
      parameters.degradationPreference = this.#slides ? "maintain-resolution" : "balanced";
      // Not everywhere; the default will do.
      transceiver.sender.setParameters(parameters).catch(() => {});
    }
  }

  /** @param {MediaStreamTrack} track @returns {RTCRtpEncodingParameters[]} */
  #encodings(track) {
    if (this.#slides) return SLIDES;
    const { width = 0, height = 0 } = track.getSettings();
    const side = Math.min(width, height);
    const { encodings } = CAMERA.find((kind) => side >= kind.height) ?? { encodings: [] };
    return encodings.map((encoding) => ({ ...encoding, maxFramerate: CAMERA_RATE }));
  }

  /**
   * Whether a track can go out in the place of another.
   * @param {MediaStreamTrack} track
   * @param {MediaStreamTrack|undefined} former
   * @param {RTCRtpSender|undefined} sender
   */
  #fits(track, former, sender) {
    if (track.kind !== former?.kind) return false;
    return track.kind === "audio" || this.#encodings(track).length === sender?.getParameters().encodings.length;
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
    const before = this.#last;
    this.#last = sentSoFar(report.values());
    this.frames = this.#last.frames;
    this.quality = wayOut(before, this.#last);
  }
}

/** Firefox before 128 cannot be asked, and offers VP8 first by itself. @param {RTCRtpTransceiver} transceiver */
function preferVp8(transceiver) {
  const codecs = RTCRtpSender.getCapabilities?.("video")?.codecs ?? [];
  const first = codecs.filter((codec) => codec.mimeType.toLowerCase() === "video/vp8");
  if (first.length) transceiver.setCodecPreferences?.([...first, ...codecs.filter((codec) => !first.includes(codec))]);
}
