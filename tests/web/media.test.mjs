// Connections of picture and sound: what descriptions say, how good the way out is, and what is missing on the way in.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Lookout } from "../../web/static/js/media/missing.js";
import { askingAgain, fragment, readIceServers, withCredentials } from "../../web/static/js/connection/sdp.js";
import { NOTHING_SENT, sentSoFar, wayOut } from "../../web/static/js/media/wayout.js";

test("relays are read from the answer's links, quoted as they like", () => {
  // RFC 9725, section 4.6, and the quoting of RFC 8288.
  const link = '<stun:stun.example.org>; rel="ice-server", <turn:turn.example.org?transport=udp>; rel="ice-server"; username="us\\"er"; credential="a, b; c", <https://example.org/help>; rel="help"';
  assert.deepEqual(readIceServers(link), [
    { urls: "stun:stun.example.org" },
    { urls: "turn:turn.example.org?transport=udp", username: 'us"er', credential: "a, b; c" },
  ]);
  assert.deepEqual(readIceServers(null), []);
  assert.deepEqual(readIceServers("<turn:a>; rel=ice-server; username=me; credential=it"), [{ urls: "turn:a", username: "me", credential: "it" }]);
});

const OFFER = ["v=0", "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:0", "a=ice-ufrag:new", "a=ice-pwd:secret", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:1", ""].join("\r\n");

test("a restart sends the first section's credentials and nothing else", () => {
  assert.equal(fragment(OFFER), "a=ice-ufrag:new\r\na=ice-pwd:secret\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n");
});

test("the answer of a restart goes into every section, in the place of the old one", () => {
  const tcp = "a=candidate:2 1 tcp 5 192.0.2.1 8001 typ host tcptype passive";
  const old = ["a=ice-ufrag:old", "a=ice-pwd:old"];
  const answer = ["m=video", ...old, "a=candidate:1 1 udp 9 192.0.2.1 8001 typ host", tcp, "m=audio", ...old, ""].join("\r\n");
  const part = "a=ice-ufrag:fresh\na=ice-pwd:word\na=candidate:1 1 udp 9 192.0.2.2 8001 typ host\n";
  const section = ["a=ice-ufrag:fresh", "a=ice-pwd:word", "a=candidate:1 1 udp 9 192.0.2.2 8001 typ host"];
  // What goes by TCP is as it was, and not named again.
  assert.equal(withCredentials(answer, part), ["m=video", ...section, tcp, "m=audio", ...section, ""].join("\r\n"));
  assert.match(withCredentials(answer, "a=ice-ufrag:fresh\r\na=ice-pwd:word\r\n"), /192\.0\.2\.1/);
  assert.throws(() => withCredentials(answer, "a=ice-ufrag:fresh\r\n"), /without credentials/);
});

test("lost sound may be asked for again in each section of sound, once, and nothing else is changed", () => {
  const picture = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\n";
  const sound = "m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\na=rtpmap:63 red/48000/2\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\n";
  const asking = sound.replace("opus/48000/2\r\n", "opus/48000/2\r\na=rtcp-fb:111 nack\r\n");
  assert.equal(askingAgain(`v=0\r\n${picture}${sound}${sound}`), `v=0\r\n${picture}${asking}${asking}`);
  assert.equal(askingAgain(`v=0\r\n${asking}`), `v=0\r\n${asking}`);
  const other = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=rtpmap:0 PCMU/8000\r\n";
  assert.equal(askingAgain(other), other);
});

const sent = (changes) => ({ ...NOTHING_SENT, sent: 1_000, heard: true, ...changes });

test("figures of all layers and paths come together", () => {
  const report = [
    { type: "outbound-rtp", framesEncoded: 10, packetsSent: 100, qualityLimitationReason: "none" },
    { type: "outbound-rtp", framesEncoded: 5, packetsSent: 50, qualityLimitationReason: "bandwidth" },
    { type: "remote-inbound-rtp", packetsLost: 3, roundTripTime: 0.2 },
    { type: "remote-inbound-rtp", packetsLost: -1 },
    { type: "candidate-pair", nominated: true, availableOutgoingBitrate: 900_000, currentRoundTripTime: 0.3, bytesSent: 700 },
    { type: "candidate-pair", nominated: false, availableOutgoingBitrate: 1 },
    { type: "codec" },
  ];
  assert.deepEqual(sentSoFar(report), { frames: 15, sent: 150, octets: 700, lost: 3, heard: true, roundTrip: 0.3, limited: true, room: 900_000 });
});

for (const [said, changes, quality] of [
  ["nothing lost", {}, "good"],
  ["4 % lost", { lost: 40 }, "fair"],
  ["11 % lost", { lost: 110 }, "poor"],
  ["lost, but the relay has not reported", { lost: 110, heard: false }, "good"],
  ["a long way", { roundTrip: 0.4 }, "fair"],
  ["a very long way", { roundTrip: 0.9 }, "poor"],
  ["a narrow way that is not full", { room: 500_000 }, "good"],
  ["a narrow way that is", { room: 500_000, limited: true }, "fair"],
  ["hardly any way", { room: 200_000 }, "poor"],
]) {
  test(`the way out with ${said} is ${quality}`, () => assert.equal(wayOut(NOTHING_SENT, sent(changes)), quality));
}

test("what was lost once is not held against the way for ever", () => {
  assert.equal(wayOut(sent({ lost: 500 }), sent({ sent: 2_000, lost: 500 })), "good");
});

test("a picture comes as long as more bytes of it do", () => {
  const lookout = new Lookout();
  lookout.begin(0);
  assert.equal(lookout.comes(100, 1_000), true);
  assert.equal(lookout.comes(100, 2_999), true);
  assert.equal(lookout.comes(100, 3_000), false);
  assert.equal(lookout.comes(101, 3_001), true);
  assert.equal(lookout.comes(undefined, 9_000), false);
});

test("the server is asked why, less and less often, and not by all at once", () => {
  // All of the audience may miss the picture in the same second.
  const lookout = new Lookout();
  const asked = [];
  for (let now = 0; now < 120_000; now += 500) if (lookout.asks(now, 0)) asked.push(now);
  assert.deepEqual(asked, [0, 3_000, 9_000, 21_000, 45_000, 69_000, 93_000, 117_000]);
  const late = new Lookout();
  late.asks(0, 1);
  assert.equal(late.asks(3_000, 1), false);
  assert.equal(late.asks(3_750, 1), true);
});

test("somebody else in the picture, or a new session, is asked about soon again", () => {
  const lookout = new Lookout();
  for (let now = 0; now < 60_000; now += 500) lookout.asks(now, 0);
  lookout.open(60_000);
  assert.equal(lookout.asks(60_000, 0), true);
});

test("an answer that was overtaken by the picture means nothing", () => {
  const lookout = new Lookout();
  lookout.begin(0);
  assert.equal(lookout.answered("slides", 5_000), "main");
  assert.equal(lookout.answered("sound", 5_000), "all");
  assert.equal(lookout.answered("high", 5_000), "");
  assert.equal(lookout.answered(undefined, 5_000), null);
  lookout.comes(1, 6_000);
  assert.equal(lookout.answered("sound", 5_000), null);
});
