"""The bench's parts that need neither server nor compiler."""

import argparse

import pytest

from roadshow.bench import sdp
from roadshow.bench.command import add_options
from roadshow.bench.media import MAX_PAYLOAD, Encoded, Stream, cut
from roadshow.bench.server import environment
from roadshow.bench.signalling import publishing
from roadshow.bench.toolchain import client_library, complaint
from roadshow.errors import SetupError
from roadshow.ids import PublisherId
from roadshow.rooms.relay.offers.lanes import LaneTable
from roadshow.rooms.relay.offers.negotiation import plan_publish, plan_watch
from roadshow.rooms.relay.wire.sdp import parse_offer


class Here:
    ip, port, ufrag, password = "127.0.0.1", 4000, "abcd", "p" * 24


FINGERPRINT = ":".join(["0A"] * 32)
ANSWER = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 100 101\r\na=mid:1\r\na=rtpmap:100 VP8/90000\r\na=rtpmap:101 rtx/90000\r\n"
    "a=candidate:1 1 udp 1 ::1 5000 typ host\r\na=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\n"
    "a=candidate:1 1 udp 1 127.0.0.1 5001 typ host\r\n"
    f"a=ice-ufrag:theirs\r\na=ice-pwd:secret\r\na=fingerprint:sha-256 {FINGERPRINT}\r\na=setup:passive\r\n"
)


def test_an_answer_is_read() -> None:
    """Only loopback is ever sent to, whatever else the server offers."""
    remote = sdp.parse(ANSWER)
    assert (remote.ufrag, remote.password, remote.setup) == ("theirs", "secret", "passive")
    assert remote.candidate == ("127.0.0.1", 5001)
    assert remote.fingerprint == b"\x0a" * 32
    assert (remote.video_type, remote.repeat_type) == (100, 101)
    assert remote.sections == (("audio", 111, "0"), ("video", 100, "1"))


@pytest.mark.parametrize(
    "gone", ["a=ice-ufrag:theirs\r\n", f"a=fingerprint:sha-256 {FINGERPRINT}\r\n", "127.0.0.1 5001"]
)
def test_an_answer_without_what_is_needed_is_refused(gone: str) -> None:
    with pytest.raises(ValueError, match=r"answer has no|no candidate"):
        sdp.parse(ANSWER.replace(gone, ""))


def test_the_relay_understands_our_offers() -> None:
    """Both sides were written apart; where they disagree, nobody joins."""
    watch = sdp.write(
        Here(), FINGERPRINT, [sdp.section("audio", "0", "recvonly"), sdp.section("video", "1", "recvonly")]
    )
    assert [wanted.lane for _, wanted in plan_watch(parse_offer(watch), LaneTable()).wanted] == ["floor", "main"]
    publish = sdp.write(Here(), FINGERPRINT, publishing((1, 2)))
    tracks = plan_publish(parse_offer(publish), PublisherId("feed"), slides=False).tracks
    assert {str(track.source) for track in tracks} == {"feed/camera", "feed/microphone"}


def test_viewers_offer_what_chromium_offers() -> None:
    """What is not offered is not done for them, and the figures would be of another kind of viewer."""
    kinds = enumerate(("audio", "video"))
    sections = [sdp.section(kind, str(mid), "recvonly", answers=True, red=True) for mid, kind in kinds]
    offer = parse_offer(sdp.write(Here(), FINGERPRINT, sections))
    assert [wanted.lane for _, wanted in plan_watch(offer, LaneTable()).wanted] == ["floor", "main"]
    audio, video = offer.sections
    assert [entry.name for entry in audio.formats.values()] == ["opus", "red"]
    assert [entry.name for entry in video.formats.values()] == ["VP8", "rtx"]
    assert {section.extensions[sdp.EXT_TRANSPORT] for section in (audio, video)} == {sdp.TRANSPORT_ID}


def test_what_the_server_takes_of_it_is_read() -> None:
    """Feedback is answered where the server numbers its packets, and only there."""
    taken = ANSWER.replace("111\r\na=mid:0", "111 63\r\na=mid:0\r\na=rtpmap:63 red/48000/2")
    taken = taken.replace("a=mid:1\r\n", f"a=mid:1\r\na=extmap:3 {sdp.EXT_TRANSPORT}\r\n")
    remote = sdp.parse(taken)
    assert (remote.red_type, remote.transport_id) == (63, 3)
    assert remote.sections == (("audio", 111, "0"), ("video", 100, "1"))
    plain = sdp.parse(ANSWER)
    assert (plain.red_type, plain.transport_id) == (0, 0)


def test_frames_are_cut_into_equal_parts() -> None:
    """As browsers do; unequal ones would spare the relay its padding and flatter it."""
    frame = bytes(range(256)) * 20
    parts = cut(frame)
    assert len(parts) == -(-len(frame) // MAX_PAYLOAD)
    assert b"".join(part[4:] for part in parts) == frame
    assert [part[0] & 0x10 for part in parts] == [0x10] + [0] * (len(parts) - 1)
    assert len({len(part) for part in parts[:-1]}) == 1
    assert len(parts[-1]) <= len(parts[0]) <= MAX_PAYLOAD + 4


def test_a_stream_lays_out_frames_and_packets() -> None:
    stream = Stream(Encoded(video=[(True, b"x" * 3000), (False, b"y" * 100)], audio=[b"z"]))
    assert [(frame.first, frame.count, frame.key) for frame in stream.video] == [(0, 3, 1), (3, 1, 0)]
    assert [packet.marker for packet in stream.packets] == [0, 0, 1, 1, 0]


def test_the_operators_store_and_ports_are_left_alone() -> None:
    """Whoever runs the bench on the machine of tonight's final must not load tonight's store."""
    given = {
        "PATH": "/bin",
        "REDIS_URL": "redis://tonight",
        "ROADSHOW_DATA": "/var/tonight",
        "ROADSHOW_RELAY_WORKERS": "2",
        "ROADSHOW_MAX_VIEWERS": "10",
    }
    assert environment(given, {"ROADSHOW_MAX_VIEWERS": "500"}) == {
        "PATH": "/bin",
        "ROADSHOW_RELAY_WORKERS": "2",
        "ROADSHOW_MAX_VIEWERS": "500",
    }


@pytest.mark.parametrize("text", ["", "0", "5,4", "5,5", "a", "1,99999"])
def test_steps_that_make_no_sense_are_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser(prog="roadshow bench relay")
    add_options(parser)
    assert parser.parse_args(["--steps", "5,50"]).steps == [5, 50]
    with pytest.raises(SystemExit):
        parser.parse_args(["--steps", text])
    assert "rising numbers" in (said := capsys.readouterr().err) or "whole numbers" in said


def test_a_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """Somebody who organises a final is no C programmer: the message says what to install."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(SetupError, match="libssl-dev"):
        client_library()


def test_what_a_compiler_says_is_told_in_a_line() -> None:
    missing = (
        "In file included from a.c:1:\nclient.h:2:10: fatal error: openssl/err.h: No such file\ncompilation terminated."
    )
    assert complaint(missing) == "client.h:2:10: fatal error: openssl/err.h: No such file"
    assert (
        complaint("/usr/bin/ld: cannot find -lssl\ncollect2: error: ld returned 1") == "/usr/bin/ld: cannot find -lssl"
    )
    assert complaint("") == "it said nothing."
