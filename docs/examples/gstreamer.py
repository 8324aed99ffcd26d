#!/usr/bin/env python3
"""Publish a test picture by WHIP, or watch by WHEP, with GStreamer 1.22 or later and nothing else but Python.

    WHIP_TOKEN=… gstreamer.py publish https://final.example.org/rooms/ai/whip --codec h264
    gstreamer.py watch https://final.example.org/rooms/ai/whep

Debian: apt install gstreamer1.0-plugins-{base,good,bad,ugly} gstreamer1.0-nice gstreamer1.0-libav python3-gi \
gir1.2-gst-plugins-bad-1.0, and run it with /usr/bin/python3. Replace the test sources by your own elements.
"""

# ruff: noqa: T201

import argparse
import contextlib
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402  (after the versions are chosen)

SDP = "application/sdp"
VIDEO = {
    # A key frame every second, none that looks ahead: not every server asks for key frames, and none waits for frames.
    "vp8": "vp8enc deadline=1 cpu-used=8 target-bitrate=1500000 keyframe-max-dist=30 ! rtpvp8pay picture-id-mode=15-bit"
    " ! application/x-rtp,media=video,encoding-name=VP8,payload=96",
    "h264": "x264enc tune=zerolatency speed-preset=veryfast bitrate=1500 key-int-max=30 bframes=0"
    " ! video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1 aggregate-mode=zero-latency"
    " ! application/x-rtp,media=video,encoding-name=H264,payload=102",
}
AUDIO = "opusenc ! rtpopuspay ! application/x-rtp,media=audio,encoding-name=OPUS,payload=111"
PUBLISH = (
    "webrtcbin name=peer bundle-policy=max-bundle"
    " videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=30/1 ! videoconvert ! queue"
    " ! {video} ! peer. audiotestsrc is-live=true wave=ticks ! audioconvert ! queue ! " + AUDIO + " ! peer."
)
WATCHED = (
    "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000;"
    "application/x-rtp,media=video,encoding-name=H264,payload=102,clock-rate=90000,"
    'packetization-mode=(string)1,profile-level-id=(string)"42e01f"',
    "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000",
)


class Session:
    """One offer, posted once all candidates are gathered; the answer; and the DELETE at the end."""

    def __init__(self, pipeline: Gst.Pipeline, url: str, token: str, loop: GLib.MainLoop) -> None:
        self.pipeline, self.url, self.token, self.loop = pipeline, url, token, loop
        self.where = ""
        self.failed = ""
        self.peer = pipeline.get_by_name("peer")
        self.peer.connect("on-negotiation-needed", self.offer)
        self.peer.connect("notify::ice-gathering-state", self.gathered)
        self.peer.connect("notify::connection-state", self.changed)

    def offer(self, peer: Gst.Element) -> None:
        index = 0
        while (transceiver := peer.emit("get-transceiver", index)) is not None:
            if transceiver.props.direction == GstWebRTC.WebRTCRTPTransceiverDirection.SENDRECV:
                transceiver.props.direction = GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY
            transceiver.props.do_nack = True
            index += 1
        peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered))

    def offered(self, promise: Gst.Promise) -> None:
        reply = promise.get_reply()  # held: the offer is a part of it
        self.peer.emit("set-local-description", reply.get_value("offer"), None)

    def gathered(self, peer: Gst.Element, _property: object) -> None:
        if peer.props.ice_gathering_state == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            GLib.idle_add(self.post)

    def post(self) -> bool:
        text = self.peer.props.local_description.sdp.as_text()
        try:
            with self.request("POST", self.url, text) as reply:
                self.where = urllib.parse.urljoin(reply.url, reply.headers["Location"])
                answer = reply.read()
        except urllib.error.HTTPError as error:
            self.end(f"{error.code} {error.read().decode(errors='replace')}")
            return False
        _, message = GstSdp.SDPMessage.new_from_text(answer.decode())
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self.peer.emit("set-remote-description", description, None)
        return False

    def request(self, method: str, url: str, text: str | None = None) -> object:
        headers = {"Content-Type": SDP} if text else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        body = text.encode() if text else None
        return urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=10)  # noqa: S310

    def changed(self, peer: Gst.Element, _property: object) -> None:
        state = peer.props.connection_state
        print(state.value_nick, flush=True)
        if state in (GstWebRTC.WebRTCPeerConnectionState.FAILED, GstWebRTC.WebRTCPeerConnectionState.CLOSED):
            GLib.idle_add(self.end, state.value_nick)

    def end(self, why: str = "") -> bool:
        self.failed = self.failed or why
        self.loop.quit()
        return False

    def close(self) -> None:
        if self.where:
            with self.request("DELETE", self.where) as reply:
                print("ended", reply.status, flush=True)
        self.pipeline.set_state(Gst.State.NULL)


def publishing(codec: str) -> Gst.Pipeline:
    return Gst.parse_launch(PUBLISH.format(video=VIDEO[codec]))


def watching(shown: bool, counts: dict[str, int]) -> Gst.Pipeline:
    """Decodes what comes and counts it; ``shown``: in a window and on the loudspeaker, too."""
    pipeline = Gst.Pipeline()
    peer = Gst.ElementFactory.make("webrtcbin", "peer")
    peer.props.bundle_policy = GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE
    pipeline.add(peer)
    for caps in WATCHED:
        peer.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, Gst.Caps.from_string(caps))

    def incoming(_peer: Gst.Element, pad: Gst.Pad) -> None:
        if pad.direction != Gst.PadDirection.SRC:
            return
        decoder = Gst.ElementFactory.make("decodebin")
        decoder.connect("pad-added", decoded)
        pipeline.add(decoder)
        decoder.sync_state_with_parent()
        pad.link(decoder.get_static_pad("sink"))

    def decoded(_decoder: Gst.Element, pad: Gst.Pad) -> None:
        kind = pad.get_current_caps().get_structure(0).get_name().partition("/")[0]
        sink = f"auto{kind}sink" if shown else "fakesink sync=false"
        branch = Gst.parse_bin_from_description(f"queue ! {kind}convert ! {sink}", True)
        pad.add_probe(Gst.PadProbeType.BUFFER, count, kind)
        pipeline.add(branch)
        branch.sync_state_with_parent()
        pad.link(branch.get_static_pad("sink"))

    def count(_pad: Gst.Pad, _info: Gst.PadProbeInfo, kind: str) -> Gst.PadProbeReturn:
        counts[kind] = counts.get(kind, 0) + 1
        return Gst.PadProbeReturn.OK

    peer.connect("pad-added", incoming)
    return pipeline


def main() -> int:
    parser = argparse.ArgumentParser(description="A WHIP publisher or a WHEP viewer.")
    parser.add_argument("what", choices=("publish", "watch"))
    parser.add_argument("url")
    # By the environment, too: other users of the machine see arguments.
    parser.add_argument("--token", default=os.environ.get("WHIP_TOKEN", ""))
    parser.add_argument("--codec", choices=sorted(VIDEO), default="vp8")
    parser.add_argument("--show", action="store_true", help="play what is watched")
    parser.add_argument("--seconds", type=int, default=0, help="end after so long")
    given = parser.parse_args()
    Gst.init(None)
    loop, counts = GLib.MainLoop(), {}
    pipeline = publishing(given.codec) if given.what == "publish" else watching(given.show, counts)
    session = Session(pipeline, given.url, given.token, loop)
    pipeline.set_state(Gst.State.PLAYING)
    if given.seconds:
        GLib.timeout_add_seconds(given.seconds, session.end)
    with contextlib.suppress(KeyboardInterrupt):
        loop.run()
    session.close()
    if counts:
        print("decoded", *(f"{kind}={number}" for kind, number in sorted(counts.items())), flush=True)
    if session.failed:
        print(session.failed, file=sys.stderr)
    return 1 if session.failed else 0


if __name__ == "__main__":
    sys.exit(main())
