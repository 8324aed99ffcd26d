// What the pages of `roadshow bench lines` do. Put into a page of the server under test, so that what is measured are the
// connections which its own pages make (Publisher and Viewer), with all they do when a line goes bad.

const SAMPLE_EVERY = 200; // ms
const LAYERS = {
  1: [{ maxBitrate: 1_500_000 }],
  3: [
    { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
    { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
    { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
  ],
};
const KEPT = {
  "inbound-rtp": [
    "framesDecoded", "frameHeight", "freezeCount", "totalFreezesDuration", "packetsReceived", "packetsLost", "bytesReceived",
    "retransmittedPacketsReceived", "nackCount", "pliCount", "keyFramesDecoded", "concealedSamples", "silentConcealedSamples",
    "totalSamplesReceived", "jitterBufferDelay", "jitterBufferEmittedCount", "fecPacketsReceived",
  ],
  "outbound-rtp": ["rid", "active", "frameHeight", "framesSent", "targetBitrate", "bytesSent", "packetsSent", "retransmittedPacketsSent", "nackCount", "keyFramesEncoded"],
  "candidate-pair": ["currentRoundTripTime", "availableOutgoingBitrate"],
  "remote-inbound-rtp": ["roundTripTime", "packetsLost", "fractionLost"],
};

const now = () => performance.timeOrigin + performance.now();
const files = "/static/bench"; // an older version's page gets today's files

/** What the page makes of its connection, sampled. */
class Seen {
  samples = [];
  /** Pictures as they were shown: ms of the clock, height. */
  frames = [];
  constructor(connection) {
    this.timer = setInterval(async () => {
      const pc = connection();
      const report = await pc?.getStats().catch(() => undefined);
      if (report) this.samples.push(this.#reduced(report));
    }, SAMPLE_EVERY);
  }
  #reduced(report) {
    const streams = [];
    for (const one of report.values()) {
      const names = KEPT[one.type];
      if (!names || (one.type === "candidate-pair" && !one.nominated)) continue;
      const kept = { type: one.type, kind: one.kind, mid: one.mid };
      for (const name of names) if (one[name] !== undefined) kept[name] = one[name];
      streams.push(kept);
    }
    return { at: now(), streams };
  }
  watch(track) {
    const element = document.createElement(track.kind);
    Object.assign(element, { autoplay: true, srcObject: new MediaStream([track]) });
    document.body.append(element);
    if (track.kind !== "video") return;
    const shown = (at, { height }) => {
      this.frames.push([performance.timeOrigin + at, height]);
      element.requestVideoFrameCallback(shown);
    };
    element.requestVideoFrameCallback(shown);
  }
  take() {
    const { samples, frames } = this;
    this.samples = [];
    this.frames = [];
    return { samples, frames };
  }
}

async function captured() {
  return navigator.mediaDevices.getUserMedia({
    video: { width: 960, height: 540, frameRate: 15 },
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
}

/** From now on each picture begins with these layers, whatever the page would choose. */
function force(layers) {
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (what, init) {
    const isPicture = init?.sendEncodings && (what === "video" || what.kind === "video");
    return add.call(this, what, isPicture ? { ...init, sendEncodings: LAYERS[layers].map((one) => ({ ...one })) } : init);
  };
}

globalThis.lines = {
  async publish(whip, token, layers) {
    force(layers);
    const { Publisher } = await import(`${files}/js/media/whip.js`);
    const media = await captured();
    this.peer = new Publisher(whip, token, { tracks: [...media.getVideoTracks(), ...media.getAudioTracks()] });
    this.seen = new Seen(() => this.peer.pc);
    this.peer.start();
  },

  async watch(whep) {
    const { Viewer } = await import(`${files}/js/media/whep.js`);
    this.peer = new Viewer(whep, "");
    this.seen = new Seen(() => this.peer.pc);
    this.peer.addEventListener("opened", () => [...this.peer.tracks.values()].forEach((track) => this.seen.watch(track)));
    this.peer.start();
  },

  /** How long after an answer its first picture is shown, ms; and how long the answer took. Of a viewer that then leaves. */
  async join(whep, most) {
    const { Viewer } = await import(`${files}/js/media/whep.js`);
    const fetched = globalThis.fetch, asked = now();
    let answered = 0;
    globalThis.fetch = async (...request) => {
      const response = await fetched(...request);
      if (request[1]?.method === "POST") answered ||= now();
      return response;
    };
    const viewer = new Viewer(whep, "");
    try {
      const first = await new Promise((resolve) => {
        setTimeout(() => resolve(null), most);
        viewer.addEventListener("opened", () => {
          const element = document.createElement("video");
          Object.assign(element, { autoplay: true, muted: true, srcObject: new MediaStream([viewer.tracks.get("main")]) });
          document.body.append(element);
          element.requestVideoFrameCallback((at) => resolve(performance.timeOrigin + at));
        });
        viewer.start();
      });
      return { picture: first === null ? null : first - answered, answer: answered - asked };
    } finally {
      globalThis.fetch = fetched;
      viewer.stop();
      document.querySelectorAll("video").forEach((element) => element.remove());
    }
  },

  /** Two browsers and nothing between them: `offer` and `answer` carry all candidates. */
  async offer(layers) {
    const media = await captured();
    const pc = (this.direct = new RTCPeerConnection());
    pc.addTransceiver(media.getVideoTracks()[0], { direction: "sendonly", sendEncodings: LAYERS[layers].map((one) => ({ ...one })) });
    pc.addTransceiver(media.getAudioTracks()[0], { direction: "sendonly" });
    this.seen = new Seen(() => pc);
    const codecs = RTCRtpSender.getCapabilities("video").codecs;
    pc.getTransceivers()[0].setCodecPreferences(codecs.filter(({ mimeType }) => /vp8|rtx/i.test(mimeType)));
    return this.described(await pc.createOffer());
  },
  async answer(offer) {
    const pc = (this.direct = new RTCPeerConnection());
    this.seen = new Seen(() => pc);
    pc.ontrack = ({ track }) => this.seen.watch(track);
    await pc.setRemoteDescription({ type: "offer", sdp: offer });
    return this.described(await pc.createAnswer());
  },
  async accept(answer) {
    await this.direct.setRemoteDescription({ type: "answer", sdp: answer });
  },
  async described(description) {
    const pc = this.direct;
    await pc.setLocalDescription(description);
    if (pc.iceGatheringState !== "complete")
      await new Promise((resolve) => pc.addEventListener("icegatheringstatechange", () => pc.iceGatheringState === "complete" && resolve()));
    return pc.localDescription.sdp;
  },

  /** A key frame of each layer now. */
  async refresh() {
    const sender = this.peer.pc.getSenders().find(({ track }) => track?.kind === "video");
    const parameters = sender.getParameters();
    await sender.setParameters(parameters, { encodingOptions: parameters.encodings.map(() => ({ keyFrame: true })) });
  },

  take() {
    return { state: this.peer?.state ?? this.direct.connectionState, ...this.seen.take() };
  },
  leave() {
    this.peer?.stop();
    this.direct?.close();
  },
};
