// What the clients of node have in common: their command line, WHIP and WHEP without trickling, pictures and sound from
// FFmpeg as RTP, and FFmpeg again to decode what came, where a client has no codec of its own.
//
//     WHIP_TOKEN=… FFMPEG=… node werift.mjs publish|watch URL SECONDS
//
// A watcher prints what it has got so far, four times a second: {"video": pictures, "audio": packets}.

import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const [what, url, seconds] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const { WHIP_TOKEN: token, FFMPEG: ffmpeg } = process.env;
export const VP8 = 96;
export const H264 = 102;
export const OPUS = 111;
export const [VIDEO_SSRC, AUDIO_SSRC] = [0x1001, 0x1002];
export const [WIDTH, HEIGHT, RATE] = [320, 180, 15];

const ENCODERS = {
  [VP8]: "libvpx -deadline realtime -cpu-used 8 -b:v 300k",
  [H264]: "libx264 -preset ultrafast -tune zerolatency -profile:v baseline -b:v 300k -bsf:v dump_extra=freq=keyframe",
};
const NAMES = { [VP8]: "VP8/90000", [H264]: "H264/90000" };

/** @returns {Promise<{answer: string, session: string}>} */
export async function offered(/** @type {string} */ sdp) {
  const authorization = token ? { Authorization: `Bearer ${token}` } : {};
  const reply = await fetch(url, { method: "POST", body: sdp, headers: { "Content-Type": "application/sdp", ...authorization } });
  const answer = await reply.text();
  if (reply.status !== 201) throw new Error(`the offer was answered with ${reply.status}: ${answer}`);
  return { answer, session: new URL(reply.headers.get("location") ?? "", url).href };
}

/** Ends the session, as every client should, and the program. */
export async function ended(/** @type {string} */ session, close = () => {}) {
  const reply = await fetch(session, { method: "DELETE" });
  close();
  if (reply.status !== 200) throw new Error(`DELETE was answered with ${reply.status}`);
  process.exit(0);
}

export const pause = (/** @type {number} */ given) => new Promise((done) => setTimeout(done, given * 1000));

/** Says what came; later than this, a gap would look longer. */
export function telling(/** @type {{video: number, audio: number}} */ counts) {
  setInterval(() => process.stdout.write(`${JSON.stringify(counts)}\n`), 250);
}

async function bound() {
  const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

/** A test picture and a tone, as RTP. */
export async function sent(/** @type {number} */ codec, onVideo, onAudio) {
  const [video, audio] = [await bound(), await bound()];
  video.on("message", onVideo);
  audio.on("message", onAudio);
  const where = (socket) => `rtp://127.0.0.1:${socket.address().port}?pkt_size=1200&rtcpport=9`;
  const command = [
    "-re -f lavfi -i", `testsrc2=size=${WIDTH}x${HEIGHT}:rate=${RATE}`,
    "-re -f lavfi -i sine=frequency=440:sample_rate=48000",
    `-map 0 -pix_fmt yuv420p -g ${RATE} -c:v ${ENCODERS[codec]}`,
    `-f rtp -payload_type ${codec} -ssrc ${VIDEO_SSRC} ${where(video)}`,
    `-map 1 -c:a libopus -ac 2 -b:a 32k -f rtp -payload_type ${OPUS} -ssrc ${AUDIO_SSRC} ${where(audio)}`,
  ].join(" ");
  const running = spawn(ffmpeg, ["-loglevel", "error", "-nostdin", ...command.split(" ")], { stdio: ["ignore", "ignore", "inherit"] });
  process.on("exit", () => running.kill("SIGKILL"));
}

/** Decodes RTP that is given to ``video`` and ``audio``, and counts: pictures decoded, packets of sound. */
export async function decoded(/** @type {number} */ codec, /** @type {{video: number, audio: number}} */ counts) {
  const probes = [await bound(), await bound()];
  const ports = probes.map((probe) => probe.address().port & ~1);
  for (const probe of probes) probe.close();
  const folder = mkdtempSync(join(tmpdir(), "strangers-"));
  const about = join(folder, "about.sdp");
  writeFileSync(about, [
    "v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
    `m=video ${ports[0]} RTP/AVP ${codec}`, `a=rtpmap:${codec} ${NAMES[codec]}`, "",
  ].join("\r\n"));
  const command = ["-loglevel", "fatal", "-nostdin", "-protocol_whitelist", "file,udp,rtp", "-analyzeduration", "1000000"];
  command.push("-i", about, "-an", "-f", "null", "-", "-progress", "pipe:1", "-stats_period", "0.2");
  const running = spawn(ffmpeg, command, { stdio: ["ignore", "pipe", "inherit"] });
  running.stdout.on("data", (text) => {
    for (const found of String(text).matchAll(/frame=\s*(\d+)/g)) counts.video = Number(found[1]);
  });
  process.on("exit", () => {
    running.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });
  const out = createSocket("udp4");
  return {
    video: (/** @type {Buffer} */ packet) => {
      packet[1] = (packet[1] & 0x80) | codec;
      out.send(packet, ports[0], "127.0.0.1");
    },
    audio: () => { counts.audio += 1; },
  };
}
