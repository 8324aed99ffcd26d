// A page of another origin that publishes or watches with a client from npm. The program that drives it asks for
// ``strangers.counts()``.

import { WebRTCPlayer } from "@eyevinn/webrtc-player";
import { WHIPClient as EyevinnWhip } from "@eyevinn/whip-web-client";
import { WHEPClient } from "whip-whep/whep.js";
import { WHIPClient } from "whip-whep/whip.js";

/** @typedef {{url: string, token: string, relayed: boolean}} Given */

const PICTURE = { width: 320, height: 180, frameRate: 15 };
const video = /** @type {HTMLVideoElement} */ (document.querySelector("video"));
/** @type {RTCPeerConnection} */
let pc;
/** @type {() => Promise<void>} */
let end;
/** ICE anew, with the same media. @type {(() => Promise<void>)|undefined} */
let restart;

const connection = (/** @type {Given} */ { relayed }) => new RTCPeerConnection({ iceTransportPolicy: relayed ? "relay" : "all" });
const camera = () => navigator.mediaDevices.getUserMedia({ video: PICTURE, audio: true });

const ways = {
  "whip-whep": {
    async publish(/** @type {Given} */ given) {
      pc = connection(given);
      const stream = await camera();
      for (const track of stream.getTracks()) pc.addTransceiver(track, { direction: "sendonly", streams: [stream] });
      const client = new WHIPClient();
      await client.publish(pc, given.url, given.token);
      [restart, end] = [() => client.restart(), () => client.stop()];
    },
    async watch(/** @type {Given} */ given) {
      pc = connection(given);
      for (const kind of ["audio", "video"]) pc.addTransceiver(kind, { direction: "recvonly" });
      const stream = new MediaStream();
      pc.ontrack = ({ track }) => stream.addTrack(track);
      video.srcObject = stream;
      const client = new WHEPClient();
      await client.view(pc, given.url, given.token);
      [restart, end] = [() => client.restart(), () => client.stop()];
    },
  },
  eyevinn: {
    async publish(/** @type {Given} */ given) {
      const client = new EyevinnWhip({ endpoint: given.url, opts: { authkey: given.token, iceServers: [] } });
      await client.ingest(await camera());
      pc = client.peer;
      end = () => client.destroy();
    },
    async watch(/** @type {Given} */ given) {
      const player = new WebRTCPlayer({ video, type: "whep", iceServers: [] });
      await player.load(new URL(given.url), given.token && `Bearer ${given.token}`);
      pc = player.peer;
      end = () => player.unload();
    },
  },
};

globalThis.strangers = {
  start: (/** @type {"whip-whep"|"eyevinn"} */ client, /** @type {"publish"|"watch"} */ what, /** @type {Given} */ given) =>
    ways[client][what](given),
  async counts() {
    const got = { video: 0, audio: 0, state: pc.connectionState, way: "" };
    const report = await pc.getStats();
    for (const one of report.values()) {
      if (one.type === "inbound-rtp" && one.kind === "video") got.video = one.framesDecoded ?? 0;
      if (one.type === "inbound-rtp" && one.kind === "audio") got.audio = one.packetsReceived ?? 0;
      if (one.type === "transport") {
        const pair = report.get(one.selectedCandidatePairId);
        got.way = report.get(pair?.localCandidateId)?.candidateType ?? "";
      }
    }
    return got;
  },
  restart: () => restart?.(),
  end: () => end(),
};
