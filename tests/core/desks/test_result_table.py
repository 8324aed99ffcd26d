"""Who gave what, where judges are numbered: a number leads to nobody."""

from roadshow.desks.result.table import judge_names
from roadshow.ids import PersonId

JURY = [(PersonId(f"judge-{letter}"), letter.title()) for letter in ("ana", "bo", "cai", "dee", "eve", "fay", "gus")]


def _numbered(key: str) -> dict[PersonId, str]:
    return judge_names(JURY, lambda number: f"Judge {number}", key)


def test_judges_are_named_and_listed_as_the_jury_is() -> None:
    """Where the rules say so."""
    assert list(judge_names(JURY, None, "key").items()) == JURY


def test_numbers_follow_a_key_and_not_the_jury_as_it_is_published() -> None:
    """The chair is the first of every jury, and would be Judge 1. The same in every language and on every page."""
    assert list(_numbered("one").values()) == [f"Judge {number}" for number in range(1, 8)]
    assert _numbered("one") == _numbered("one")
    firsts = {next(iter(_numbered(str(key)))) for key in range(200)}
    assert firsts == {person for person, _name in JURY}
