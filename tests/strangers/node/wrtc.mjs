// @roamhq/wrtc: libwebrtc, as in Chromium, for node. It publishes VP8.

import wrtc from "@roamhq/wrtc";
import { HEIGHT, RATE, WIDTH, ended, offered, pause, seconds, telling, what } from "./common.mjs";

const { RTCAudioSink, RTCAudioSource, RTCVideoSink, RTCVideoSource } = wrtc.nonstandard;
const SOUND_RATE = 48_000;
const SAMPLES = SOUND_RATE / 100;
const peer = new wrtc.RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });

async function negotiated() {
  await peer.setLocalDescription(await peer.createOffer());
  while (peer.iceGatheringState !== "complete") await pause(0.05);
  const { answer, session } = await offered(peer.localDescription.sdp);
  await peer.setRemoteDescription({ type: "answer", sdp: answer });
  return session;
}

/** A bar that wanders, and a tone. */
function play(pictures, sound) {
  let number = 0;
  setInterval(() => {
    const data = new Uint8Array((WIDTH * HEIGHT * 3) / 2).fill(128);
    const at = (number++ * 4) % (WIDTH - 40);
    for (let line = 0; line < HEIGHT; line++) data.fill(230, line * WIDTH + at, line * WIDTH + at + 40);
    pictures.onFrame({ width: WIDTH, height: HEIGHT, data });
  }, 1000 / RATE);
  let at = 0;
  const began = performance.now();
  setInterval(() => {
    // Timers come late; a sound card does not.
    while (at < ((performance.now() - began) * SOUND_RATE) / 1000) {
      const samples = Int16Array.from({ length: SAMPLES }, (_, n) => 8000 * Math.sin((2 * Math.PI * 440 * (at + n)) / SOUND_RATE));
      at += SAMPLES;
      sound.onData({ samples, sampleRate: SOUND_RATE, bitsPerSample: 16, channelCount: 1, numberOfFrames: SAMPLES });
    }
  }, 10);
}

if (what === "publish") {
  const [pictures, sound] = [new RTCVideoSource(), new RTCAudioSource()];
  for (const source of [pictures, sound]) peer.addTransceiver(source.createTrack(), { direction: "sendonly" });
  play(pictures, sound);
} else {
  const counts = { video: 0, audio: 0 };
  for (const kind of ["video", "audio"]) peer.addTransceiver(kind, { direction: "recvonly" });
  peer.ontrack = ({ track }) => {
    if (track.kind === "video") new RTCVideoSink(track).onframe = () => { counts.video += 1; };
    // Silence is handed out where nothing comes: what counts is what was received.
    else new RTCAudioSink(track).ondata = () => {};
  };
  setInterval(async () => {
    for (const one of (await peer.getStats()).values()) {
      if (one.type === "inbound-rtp" && one.kind === "audio") counts.audio = one.packetsReceived;
    }
  }, 250);
  telling(counts);
}
const session = await negotiated();
await pause(seconds);
await ended(session, () => peer.close());
