"""What ``roadshow bench lines`` makes of a voice on a line that loses packets."""

import os
from typing import cast

import pytest

from roadshow.bench.lines import hearing
from roadshow.bench.lines.bursts import Packet, longest_pause, voice
from roadshow.bench.lines.hearing import STILL_MS, TIMES, Heard, lossy
from roadshow.bench.lines.scene import Scene
from roadshow.bench.lines.stillness import Stillness, waited_ms

PICTURE, VOICE, REPEATS = 1, 2, 3
NOWHERE = cast("Scene", None)


def packets(*each: tuple[float, int]) -> list[Packet]:
    return [Packet(at, 1200 if ssrc == PICTURE else 100, ssrc, 0, False) for at, ssrc in each]


def test_the_voice_is_what_most_packets_come_of_beside_the_picture() -> None:
    """Repeats of the picture are fewer and larger."""
    came = packets((0, PICTURE), (1, VOICE), (2, REPEATS), (3, PICTURE), (21, VOICE), (90, VOICE), (95, PICTURE))
    assert voice(came) == VOICE
    assert longest_pause(came, VOICE) == 69
    assert voice(packets((0, PICTURE))) is None
    assert longest_pause(came, None) == 0


def heard(concealed: float, *, paused: float = 21.0, stood_still: float = 3.0, passed_on: float = 21.0) -> Heard:
    return Heard(concealed, 64.0, paused, passed_on, stood_still)


@pytest.mark.parametrize(
    ("each", "good", "times"),
    [
        ([heard(0.02)], True, 1),
        ([heard(0.3)], False, 1),
        # Only what is not the relay's doing is no reason to believe.
        ([heard(3.3, passed_on=800.0)], False, 1),
        ([heard(3.3, paused=STILL_MS), heard(0.0)], True, 2),
        ([heard(3.3, stood_still=800.0), heard(0.3)], False, 2),
        ([heard(0.0, stood_still=800.0), heard(0.0)], True, 2),
        ([heard(3.3, stood_still=800.0)] * TIMES, False, TIMES),
    ],
)
async def test_where_the_machine_stood_still_it_is_heard_again(
    monkeypatch: pytest.MonkeyPatch, each: list[Heard], good: bool, times: int
) -> None:
    """A figure of a machine that does other things is none, good or bad."""
    left = list(each)

    async def found(*_: object) -> Heard:
        return left.pop(0)

    monkeypatch.setattr(hearing, "_heard", found)
    finding = await lossy(NOWHERE, "viewer", 2)
    assert finding.good is good
    assert len(each) - len(left) == times
    assert ("best of" in finding.measured) is (times > 1)


def test_a_machine_stood_still_for_as_long_as_a_sleeper_woke_too_late() -> None:
    machine = Stillness()
    for now in (5.0, 5.01, 5.02, 5.83, 5.84):
        machine.woke(now)
    assert machine.longest_ms == pytest.approx(800)
    with Stillness() as machine:
        pass
    assert machine.longest_ms >= 0


def test_a_process_without_a_core_is_one_that_stood_still() -> None:
    """A run beside other programs made up 0.5 % of a voice at 2 % of loss: the relay had passed it on 235 ms late."""
    machine = Stillness()
    for now, server, store in ((5.0, 700.0, 3.0), (5.01, 701.0, 3.0), (5.02, 936.0, 3.5), (5.03, 936.0, 3.5)):
        machine.woke(now, server, store)
    assert machine.longest_ms == pytest.approx(235)
    assert waited_ms(os.getpid()) >= 0
    assert waited_ms(1 << 30) == 0
