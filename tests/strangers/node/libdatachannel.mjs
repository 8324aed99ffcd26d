// libdatachannel, which OBS has inside, by node-datachannel. It has no codecs; it publishes H264.

import datachannel from "node-datachannel";
import {
  AUDIO_SSRC, H264, OPUS, VIDEO_SSRC, decoded, ended, offered, pause, seconds, sent, telling, what,
} from "./common.mjs";

const PROFILE = "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1";
const peer = new datachannel.PeerConnection("stranger", { iceServers: [], forceMediaTransport: true, disableAutoNegotiation: true });
const gathered = new Promise((done) => peer.onGatheringStateChange((state) => state === "complete" && done(undefined)));
const connected = new Promise((done, failed) => {
  peer.onStateChange((state) => {
    if (state === "connected") done(undefined);
    if (state === "failed") failed(new Error("the connection failed"));
  });
});

const direction = what === "publish" ? "SendOnly" : "RecvOnly";
const video = new datachannel.Video("video", direction);
video.addH264Codec(H264, PROFILE);
const audio = new datachannel.Audio("audio", direction);
audio.addOpusCodec(OPUS);
if (what === "publish") {
  video.addSSRC(VIDEO_SSRC, "stranger", "stranger", "video");
  audio.addSSRC(AUDIO_SSRC, "stranger", "stranger", "audio");
}
const tracks = { video: peer.addTrack(video), audio: peer.addTrack(audio) };

async function negotiated() {
  peer.setLocalDescription();
  await gathered;
  const { answer, session } = await offered(peer.localDescription().sdp);
  peer.setRemoteDescription(answer, "answer");
  await connected;
  return session;
}

if (what === "publish") {
  const session = await negotiated();
  await sent(
    H264,
    (packet) => tracks.video.isOpen() && tracks.video.sendMessageBinary(packet),
    (packet) => tracks.audio.isOpen() && tracks.audio.sendMessageBinary(packet),
  );
  await pause(seconds);
  await ended(session, () => peer.close());
} else {
  const counts = { video: 0, audio: 0 };
  const sink = await decoded(H264, counts);
  for (const kind of ["video", "audio"]) {
    tracks[kind].setMediaHandler(new datachannel.RtcpReceivingSession());
    tracks[kind].onMessage((packet) => {
      // Beside RTP there are reports about it (RFC 5761, section 4).
      if (packet[1] < 192 || packet[1] > 223) sink[kind](packet);
    });
  }
  const session = await negotiated();
  telling(counts);
  await pause(seconds);
  await ended(session, () => peer.close());
}
