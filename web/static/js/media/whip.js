// Publishing into a room (WHIP, RFC 9725).

import { Peer } from "../connection/peer.js";
import { cameraEncodings, fitted, SLIDES } from "./encodings.js";
import { thinned, Thinning } from "./thinning.js";
import { NOTHING_SENT, sentSoFar, wayOut } from "./wayout.js";

/** Feedback to what is sent comes ten times a second: silent for so long, ms, the way is looked after. Publishers are few. */
const SUSPICIOUS_AFTER = 500;

/** Null: a microphone that is yet to come. @typedef {MediaStreamTrack|null} Sent */

/** Looks at a browser's figures without an estimate of the line among them: it tells none. */
const NO_ESTIMATE = 5;

export class Publisher extends Peer {
  /** @type {import("./wayout.js").Quality|null} null: not known yet */ quality = null;
  /** Frames the encoder has made. */
  frames = 0;

  #tracks;
  #slides;
  #uprate;
  /** The camera's layers as a good line has them, and what is sent of them. @type {RTCRtpEncodingParameters[]} */ #layers = [];
  /** @type {Thinning|null} */ #thinning = null;
  #last = NOTHING_SENT;
  #measured = 0;
  #without = 0;
  /** Whether a card stands for the camera, and what the session was told of it. */
  #card = false;
  #told = false;
  #telling = false;

  /**
   * @param {string} endpoint
   * @param {string} token
   * @param {{tracks: Sent[], slides?: boolean, uprate?: number|null}} what `slides`: a source of its own beside camera and
   *   microphone; `uprate`: what a line check found of the way to the relay, bits a second
   */
  constructor(endpoint, token, { tracks, slides = false, uprate = null }) {
    const address = new URL(endpoint, location.href);
    if (slides) address.searchParams.set("as", "slides");
    super(address.href, token, SUSPICIOUS_AFTER);
    this.#tracks = tracks;
    this.#slides = slides;
    this.#uprate = uprate;
    this.addEventListener("opened", () => {
      this.#told = false;
      void this.#tell();
    });
  }

  /** A card stands for the camera, or the camera's picture is to be seen. @param {boolean} shown */
  set card(shown) {
    this.#card = shown;
    void this.#tell();
  }

  /** Send these tracks from now on; without a new session where there are as many of the same kinds. @param {Sent[]} tracks */
  async replace(tracks) {
    const before = this.#tracks;
    this.#tracks = tracks;
    const { pc } = this;
    if (!pc) return; // the next session begins with them
    const senders = pc.getTransceivers().map(({ sender }) => sender);
    const same = senders.length === tracks.length && tracks.every((track, at) => kindOf(track) === kindOf(before[at]));
    if (!same) return this.renew();
    try {
      await Promise.all(senders.map((sender, at) => this.#put(sender, at)));
    } catch {
      if (pc === this.pc) this.renew();
    }
  }

  /**
   * @override
   * @param {RTCPeerConnection} pc
   */
  prepare(pc) {
    const stream = new MediaStream();
    this.#last = NOTHING_SENT;
    this.quality = null;
    this.#thinning = null;
    this.#without = 0;
    for (const track of this.#tracks) {
      if (track) this.#hint(track);
      const sendEncodings = track?.kind === "video" ? this.#encodings(track) : undefined;
      const transceiver = pc.addTransceiver(track ?? "audio", { direction: "sendonly", streams: [stream], sendEncodings });
      if (!sendEncodings) continue;
      preferVp8(transceiver);
      const parameters = transceiver.sender.getParameters();
      if (this.#slides) parameters.degradationPreference = "maintain-resolution";
      else if (track) this.#plan(parameters, track, this.#uprate);
      // Not everywhere; the default will do.
      transceiver.sender.setParameters(parameters).catch(() => {});
    }
  }

  /** @param {MediaStreamTrack} track @returns {RTCRtpEncodingParameters[]} */
  #encodings(track) {
    return this.#slides ? SLIDES : cameraEncodings(track.getSettings());
  }

  /** @param {RTCRtpSendParameters} parameters of a good line @param {MediaStreamTrack} track @param {number|null} room */
  #plan(parameters, track, room) {
    this.#layers = parameters.encodings ?? [];
    this.#thinning = new Thinning(this.#layers, track.getSettings(), room, performance.now());
    this.#thin(parameters);
  }

  /** @param {RTCRtpSendParameters} parameters */
  #thin(parameters) {
    const plan = this.#thinning?.plan;
    if (!plan) return;
    parameters.encodings = thinned(this.#layers, plan);
    // One layer: its size is the plan's, and what a browser makes smaller by itself it is slow to make larger again.
    const planned = parameters.encodings.filter(({ active }) => active).length === 1 && this.#without < NO_ESTIMATE;
    parameters.degradationPreference = planned ? "maintain-resolution" : "balanced";
  }

  /** The line holds more or less than it did. */
  #refit() {
    const sender = this.pc?.getTransceivers().find(({ sender }) => sender.track?.kind === "video")?.sender;
    const parameters = sender?.getParameters();
    if (!sender || !parameters) return;
    this.#thin(parameters);
    sender.setParameters(parameters).catch(() => {});
  }

  /**
   * @param {RTCRtpSender} sender
   * @param {number} at
   */
  async #put(sender, at) {
    const track = this.#tracks[at];
    if (track) this.#hint(track);
    if (track?.kind === "video" && !this.#slides) {
      const parameters = sender.getParameters();
      parameters.encodings = fitted(parameters.encodings, this.#encodings(track));
      this.#plan(parameters, track, this.#thinning?.room ?? this.#uprate);
      // A picture in layers that fit another is still a picture.
      await sender.setParameters(parameters).catch(() => {});
    }
    // Whatever has been chosen meanwhile.
    await sender.replaceTrack(this.#tracks[at] ?? null);
  }

  /** Say it until the session has it. */
  async #tell() {
    const { session } = this;
    const shown = this.#card;
    if (!session || this.#telling || shown === this.#told) return;
    this.#telling = true;
    const body = JSON.stringify({ shown });
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(`${session}/card`, { method: "POST", headers, body }).catch(() => undefined);
    this.#telling = false;
    if (response?.ok && session === this.session) this.#told = shown;
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
    const now = performance.now();
    const sent = (Math.max(0, this.#last.octets - before.octets) * 8_000) / (now - this.#measured);
    this.#measured = now;
    if (Number.isFinite(this.#last.room)) this.#without = 0;
    else if (this.state === "live") this.#without += 1;
    if (this.#thinning?.follow(this.#last.room, sent, now) || this.#without === NO_ESTIMATE) this.#refit();
    void this.#tell();
  }
}

/** @param {Sent|undefined} track */
function kindOf(track) {
  return track?.kind ?? "audio";
}

/** Firefox before 128 cannot be asked, and offers VP8 first by itself. @param {RTCRtpTransceiver} transceiver */
function preferVp8(transceiver) {
  const codecs = RTCRtpSender.getCapabilities?.("video")?.codecs ?? [];
  const first = codecs.filter((codec) => codec.mimeType.toLowerCase() === "video/vp8");
  if (first.length) transceiver.setCodecPreferences?.([...first, ...codecs.filter((codec) => !first.includes(codec))]);
}
