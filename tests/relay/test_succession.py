"""Which of a feed's encoders is in use, in every order that machines and lines can come, fail and return."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.ids import EncoderId
from roadshow.rooms.feeds.encoders import BACKUP, MAIN, in_order
from roadshow.rooms.relay.feeds.succession import SILENT_MS, STEADIEST_MS, STEADY_MS, Succession

THIRD = EncoderId("balcony")
ALL = (MAIN, BACKUP, THIRD)
STEP = 100
MINUTE = 60_000


def _played(succession: Succession, speaks: dict[EncoderId, list[bool]], begin: int = 0) -> list[EncoderId | None]:
    """Who was in use in each step; ``speaks`` says who sent a packet in it."""
    heard: dict[EncoderId, int | None] = dict.fromkeys(speaks)
    used = []
    for step, now in enumerate(range(begin, begin + STEP * len(next(iter(speaks.values()))), STEP)):
        for encoder, words in speaks.items():
            if words[step]:
                heard[encoder] = now
        used.append(succession.settle(heard, now))
    return used


def _changes(used: list[EncoderId | None]) -> list[int]:
    """When it was another than before."""
    return [STEP * at for at, (one, next_one) in enumerate(pairwise(used), start=1) if one != next_one]


def _spoken(*stretches: tuple[bool, int]) -> list[bool]:
    """Who speaks, or does not, for so many milliseconds."""
    return [speaks for speaks, length in stretches for _ in range(length // STEP)]


def test_the_backup_is_in_use_two_seconds_after_main_fell_silent_and_main_again_once_it_is_steady() -> None:
    """The whole evening of a broadcaster: a cable is pulled, and put in again."""
    main = _spoken((True, 10_000), (False, 10_000), (True, 20_000))
    used = _played(Succession(), {MAIN: main, BACKUP: _spoken((True, 40_000))})
    assert [used[at // STEP] for at in (0, 9_900, 11_000, 13_000, 20_000, 24_000, 26_000)] == [
        *(MAIN, MAIN, MAIN, BACKUP, BACKUP, BACKUP, MAIN)
    ]
    assert len(_changes(used)) == 2


def test_whoever_is_alone_is_in_use_from_its_first_packet() -> None:
    """Steadiness is asked only of whoever would take somebody's place."""
    assert _played(Succession(), {BACKUP: [True], MAIN: [False]}) == [BACKUP]


def test_whoever_leaves_is_replaced_at_once_and_nobody_is_in_use_where_nobody_is() -> None:
    """A clean end needs no two seconds."""
    succession = Succession()
    assert succession.settle({MAIN: 0, BACKUP: 0}, 0) == MAIN
    assert succession.settle({BACKUP: 0}, 10) == BACKUP
    assert succession.settle({}, 20) is None


def test_with_nobody_to_take_its_place_a_silent_encoder_keeps_it() -> None:
    """Its picture stands still, and goes on by itself."""
    succession = Succession()
    succession.settle({MAIN: 0}, 0)
    assert succession.settle({MAIN: 0, BACKUP: None}, MINUTE) == MAIN


def test_the_host_has_the_last_word() -> None:
    """At once, and as long as the one they chose is heard; main comes second."""
    succession = Succession()
    both = {MAIN: 0, BACKUP: 0}
    assert succession.settle(both, 0) == MAIN
    assert succession.call(BACKUP, both, 10) == BACKUP
    speaks = {MAIN: _spoken((True, 30_000)), BACKUP: _spoken((True, 10_000), (False, 5_000), (True, 15_000))}
    used = _played(succession, speaks, begin=100)
    assert [used[at // STEP] for at in (9_900, 13_000, 29_900)] == [BACKUP, MAIN, BACKUP]
    assert succession.call(MAIN, {MAIN: 40_000, BACKUP: 40_000}, 40_000) == MAIN


def test_one_who_is_not_heard_cannot_be_called_onto_the_stage() -> None:
    """But it takes its place when it comes."""
    succession = Succession()
    assert succession.settle({MAIN: 0, BACKUP: None}, 0) == MAIN
    assert succession.call(BACKUP, {MAIN: 0, BACKUP: None}, 0) == MAIN
    used = _played(succession, {MAIN: [True] * 100, BACKUP: [True] * 100})
    assert (used[0], used[-1]) == (MAIN, BACKUP)


@pytest.mark.parametrize("period", [5_000, 8_000, 12_000, 30_000])
def test_a_line_that_comes_and_goes_changes_the_picture_less_and_less(period: int) -> None:
    """Twenty minutes of a bad line are not a hundred changes of camera."""
    minutes = 20
    stretch = _spoken((True, period), (False, SILENT_MS + 1_000))
    main = (stretch * (minutes * MINUTE // STEP // len(stretch) + 1))[: minutes * MINUTE // STEP]
    changes = _changes(_played(Succession(), {MAIN: main, BACKUP: [True] * len(main)}))
    assert len(changes) <= 12
    assert sum(at > (minutes - 5) * MINUTE for at in changes) <= 4


speech = st.lists(st.tuples(st.booleans(), st.integers(1, 120)), min_size=1, max_size=12).map(
    lambda stretches: [speaks for speaks, steps in stretches for _ in range(steps)][:600]
)


@given(speaks=st.fixed_dictionaries(dict.fromkeys(ALL, speech)))
def test_somebody_is_in_use_while_anybody_is_heard(speaks: dict[EncoderId, list[bool]]) -> None:
    """And it is one who is heard."""
    length = max(map(len, speaks.values()))
    speaks = {encoder: [*words, *[False] * (length - len(words))] for encoder, words in speaks.items()}
    used = _played(Succession(), speaks)
    for step, one in enumerate(used):
        alive = {
            encoder for encoder, words in speaks.items() if any(words[max(0, step - SILENT_MS // STEP) : step + 1])
        }
        assert not alive or one in alive


@given(speaks=st.fixed_dictionaries(dict.fromkeys(ALL, speech)))
def test_nobody_who_is_heard_is_replaced_but_by_one_before_it_who_was_steady(
    speaks: dict[EncoderId, list[bool]],
) -> None:
    """So of two who are heard, the picture changes at most once in five seconds for each encoder."""
    length = max(map(len, speaks.values()))
    speaks = {encoder: [*words, *[False] * (length - len(words))] for encoder, words in speaks.items()}
    used = _played(Succession(), speaks)
    order = in_order(ALL)
    taken: dict[EncoderId, int] = {}
    for step, (before, now) in enumerate(pairwise(used), start=1):
        recent = slice(max(0, step - SILENT_MS // STEP), step + 1)
        if before is None or now is None or before == now or not any(speaks[before][recent]):
            continue
        assert order.index(now) < order.index(before)
        assert STEP * (step - taken.get(now, -STEADY_MS)) >= STEADY_MS
        taken[now] = step
        # Heard without a break: no stretch of silence in the last five seconds.
        words = "".join(".#"[one] for one in speaks[now][max(0, step - STEADY_MS // STEP) : step + 1])
        assert "." * (SILENT_MS // STEP + 1) not in words


def test_no_failure_costs_more_than_the_longest_while() -> None:
    """Main is main: after hours of failures it is back within three minutes of being well."""
    succession = Succession()
    for number in range(100):
        begin = number * 10_000
        succession.settle({MAIN: begin, BACKUP: begin}, begin)
        succession.call(MAIN, {MAIN: begin, BACKUP: begin}, begin)
        succession.settle({BACKUP: begin + 5_000}, begin + 5_000)
    used = _played(succession, {MAIN: [True] * 3_000, BACKUP: [True] * 3_000}, begin=2_000_000)
    (change,) = _changes(used)
    assert change <= STEADIEST_MS
