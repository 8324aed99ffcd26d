"""Calls for help: one of each person, heard as it was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.competitions.people import Role
from roadshow.errors import Conflict
from roadshow.fields.calls import MOST_HEARD, Call, CallKind, Calls
from roadshow.ids import CommandId, PersonId
from roadshow.moments import Instant

LIN, MEI, ANNA = map(PersonId, ("lin", "mei", "anna"))
KINDS: tuple[CallKind, ...] = ("stage", "card", "time", "other")


def _made(calls: Calls, by: PersonId = LIN, command: str = "one", words: str = "", kind: CallKind = "stage") -> Call:
    return calls.make(by, Role.JUDGE, kind, words, CommandId(command), Instant(1))[0]


def test_a_call_that_comes_again_is_the_same_call() -> None:
    """Browsers send again what was not answered; control must not be called twice for it, nor after it heard."""
    calls = Calls()
    first = _made(calls)
    assert calls.make(LIN, Role.JUDGE, "stage", "", CommandId("one"), Instant(2)) == (first, False)
    heard, _ = calls.hear(first.number, ANNA, Instant(3))
    assert calls.make(LIN, Role.JUDGE, "stage", "", CommandId("one"), Instant(4)) == (heard, False)


def test_what_is_said_anew_is_not_heard_yet() -> None:
    """Control heard the first; who says "Heard" without having read the second is told."""
    calls = Calls()
    first = _made(calls)
    calls.hear(first.number, ANNA, Instant(2))
    again = _made(calls, command="two", words="And now the picture, too")
    assert again.heard is None
    assert calls.view().calls == (again,)
    with pytest.raises(Conflict) as refused:
        calls.hear(first.number, ANNA, Instant(3))
    assert refused.value.code == "call.moved_on"


def test_two_who_hear_a_call_are_both_answered() -> None:
    """The first has it."""
    calls = Calls()
    call = _made(calls)
    heard, is_new = calls.hear(call.number, ANNA, Instant(2))
    assert is_new
    assert calls.hear(call.number, MEI, Instant(3)) == (heard, False)
    assert calls.of(LIN) == heard


def test_of_those_that_were_heard_the_newest_stay_on_the_desk() -> None:
    """A final lasts hours, and what is settled must not hide what is open."""
    calls = Calls()
    for number in range(MOST_HEARD + 2):
        call = _made(calls, PersonId(f"judge-{number}"))
        calls.hear(call.number, ANNA, Instant(number))
    waits = _made(calls, LIN)
    shown = [one.number for one in calls.view().calls]
    assert shown == [*range(3, MOST_HEARD + 3), waits.number]


def test_a_call_that_is_taken_back_is_gone() -> None:
    """Nobody runs for what is fine again."""
    calls = Calls()
    call = _made(calls)
    assert calls.withdraw(LIN)
    assert not calls.withdraw(LIN)
    assert calls.view().calls == ()
    with pytest.raises(Conflict):
        calls.hear(call.number, ANNA, Instant(2))


def test_words_are_one_line_that_people_can_read() -> None:
    """They stand on another's desk."""
    said = "No sound\n\n\u202e\x07since \x1b[31mthe second  slide\u200b"
    assert _made(Calls(), words=said).words == "No sound since [31mthe second slide"


@given(st.lists(st.tuples(st.sampled_from(["call", "hear", "withdraw"]), st.integers(0, 9), st.integers(0, 30))))
def test_there_are_no_more_than_people_and_no_call_is_lost(acts: list[tuple[str, int, int]]) -> None:
    """Whatever is pressed in whatever order: each person's newest call is on the desk until it is heard."""
    calls = Calls()
    open_: dict[PersonId, int] = {}
    for moment, (act, who, number) in enumerate(acts):
        person = PersonId(f"judge-{who}")
        match act:
            case "call":
                call, is_new = calls.make(
                    person, Role.JUDGE, KINDS[who % 4], "", CommandId(f"c{number}"), Instant(moment)
                )
                if is_new:
                    open_[person] = call.number
            case "hear":
                for one, waits in list(open_.items()):
                    if waits == number:
                        calls.hear(number, ANNA, Instant(moment))
                        del open_[one]
            case _:
                calls.withdraw(person)
                open_.pop(person, None)
    shown = calls.view().calls
    assert {one.by: one.number for one in shown if one.heard is None} == open_
    assert len([one for one in shown if one.heard is not None]) <= MOST_HEARD
    assert len({one.by for one in shown}) == len(shown)
