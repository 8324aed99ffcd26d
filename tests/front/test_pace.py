"""How fast the house is given work: a few at a time, staff apart, and never one too many."""

import socket
from dataclasses import dataclass, field
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from roadshow.front.channel import Channel, Kind
from roadshow.front.handing import AT_ONCE, WAITS_WITHIN, Handing
from roadshow.front.lanes import Lane
from roadshow.front.tally import Tally

TARGETS = {Lane.STAFF: b"/as/judge/judge", Lane.CROWD: b"/rooms/ai/watch"}
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("asks"), st.sampled_from(Lane), st.sampled_from("abc"), st.booleans()),
        st.tuples(st.just("settled"), st.sampled_from(Lane)),
        st.tuples(st.just("waits"), st.floats(0, WAITS_WITHIN)),
    ),
    max_size=120,
)


@dataclass
class House:
    """Where the channel leads."""

    working: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, 0))
    now: float = 0.0

    def send(self, kind: Kind, payload: bytes, passed: object) -> None:
        assert kind is Kind.CONNECTION
        self.working[Lane(payload[0])] += 1

    def time(self) -> float:
        return self.now


@dataclass(eq=False)
class Asking:
    target: bytes
    network: str
    is_gone: bool
    ended: list[str] = field(default_factory=list)

    def give_up(self) -> tuple[socket.socket, bytes] | None:
        self.ended.append("gone" if self.is_gone else "given")
        return None if self.is_gone else (cast("socket.socket", None), b"")

    def refuse(self) -> None:
        self.ended.append("refused")


@given(STEPS)
def test_the_house_never_has_more_than_its_places_and_nobody_waits_beside_a_free_one(steps: list[tuple]) -> None:  # type: ignore[type-arg]
    """One too many makes each turn of its loop longer; one too few keeps people waiting for nothing."""
    house, tally = House(), Tally()
    handing = Handing(cast("Channel", house), tally, house.time)
    everybody: list[Asking] = []
    for step in steps:
        match step:
            case ("asks", lane, network, is_gone):
                everybody.append(Asking(TARGETS[lane], network, is_gone))
                handing.hand(everybody[-1])
            case ("settled", lane) if house.working[lane]:
                house.working[lane] -= 1
                handing.settled(lane)
            case ("waits", seconds):
                house.now += seconds
                handing.sweep()
            case _:
                pass
        waiting = {lane: [one for one in everybody if one.target == TARGETS[lane] and not one.ended] for lane in Lane}
        for lane in Lane:
            assert house.working[lane] <= AT_ONCE[lane]
            assert not waiting[lane] or house.working[lane] == AT_ONCE[lane]
    handing.refuse_all()
    assert all(len(one.ended) == 1 for one in everybody)
    assert tally.handed == sum(one.ended == ["given"] for one in everybody)
