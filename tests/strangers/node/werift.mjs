// werift: WebRTC written in TypeScript. It has no codecs; it publishes VP8.

import { MediaStreamTrack, RTCPeerConnection, useOPUS, useVP8 } from "werift";
import { OPUS, VP8, decoded, ended, offered, pause, seconds, sent, telling, what } from "./common.mjs";

const peer = new RTCPeerConnection({
  iceServers: [],
  bundlePolicy: "max-bundle",
  codecs: { video: [useVP8({ payloadType: VP8 })], audio: [useOPUS({ payloadType: OPUS })] },
});
const connected = new Promise((done) => {
  peer.connectionStateChange.subscribe((state) => {
    if (state === "connected") done(undefined);
    if (state === "failed") throw new Error("the connection failed");
  });
});

async function negotiated() {
  await peer.setLocalDescription(await peer.createOffer());
  if (peer.iceGatheringState !== "complete") await peer.iceGatheringStateChange.watch((state) => state === "complete");
  const { answer, session } = await offered(peer.localDescription.sdp);
  await peer.setRemoteDescription({ type: "answer", sdp: answer });
  await connected;
  return session;
}

if (what === "publish") {
  const [video, audio] = ["video", "audio"].map((kind) => new MediaStreamTrack({ kind }));
  for (const track of [video, audio]) peer.addTransceiver(track, { direction: "sendonly" });
  const session = await negotiated();
  await sent(VP8, (packet) => video.writeRtp(packet), (packet) => audio.writeRtp(packet));
  await pause(seconds);
  await ended(session, () => peer.close());
} else {
  const counts = { video: 0, audio: 0 };
  const sink = await decoded(VP8, counts);
  peer.onTrack.subscribe((track) => {
    track.onReceiveRtp.subscribe((packet) => sink[track.kind](packet.serialize()));
  });
  for (const kind of ["video", "audio"]) peer.addTransceiver(kind, { direction: "recvonly" });
  const session = await negotiated();
  telling(counts);
  await pause(seconds);
  await ended(session, () => peer.close());
}
