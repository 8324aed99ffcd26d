"""How quickly a line can show stills at the best, by the packets that came to it: pure."""

from collections.abc import Sequence

from roadshow.bench.lines import bursts
from roadshow.bench.lines.bursts import Packet


def least_gap_ms(came: Sequence[Packet], *, kbps: float) -> float:
    """The time from one picture to the next where nothing but the largest picture and the voice goes over a line of so
    many kbit/s: its bits by what the voice leaves of the line. The voice is what most packets came of beside the
    picture, and takes what it took on average. A picture of which the beginning or the end is not there counts with
    what is. Raises ValueError when nothing came."""
    picture, voice = bursts.largest(came), bursts.voice(came)
    bits, most = 0, 0
    for one in came:
        if one.ssrc == picture:
            bits += 8 * one.length
            most = max(most, bits)
            bits = 0 if one.ends_frame else bits
    took = max(one.at for one in came) - min(one.at for one in came)
    spoken = sum(8 * one.length for one in came if one.ssrc == voice) / took if took else 0.0
    return most / max(kbps - spoken, 1.0)
