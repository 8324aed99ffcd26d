"""How long scores were taken for each project, as the protocol tells it from the ledger."""

from roadshow.ids import ProjectId
from roadshow.moments import Instant
from roadshow.voting.acts import close_body, open_body
from roadshow.voting.ballot import canonical
from roadshow.voting.ledger.chain import chained
from roadshow.voting.ledger.opened import stretches
from roadshow.voting.tally import EntryKind, LedgerEntry

ARM, LEG = ProjectId("arm"), ProjectId("leg")


def _ledger(*acts: tuple[int, EntryKind, bytes]) -> list[LedgerEntry]:
    entries: list[LedgerEntry] = []
    for at, kind, body in acts:
        parent = entries[-1].hash if entries else ""
        entries.append(chained(parent, len(entries) + 1, kind, Instant(at * 1000), body))
    return entries


def _open(at: int, project: ProjectId, until: int | None) -> tuple[int, EntryKind, bytes]:
    head, tail = open_body(project)
    return at, "open", head + canonical(None if until is None else until * 1000) + tail


def _close(at: int, project: ProjectId) -> tuple[int, EntryKind, bytes]:
    return at, "close", close_body(project, "command")


def _told(*acts: tuple[int, EntryKind, bytes]) -> list[tuple[str, int, int]]:
    return [(one.project, one.opened_at.ms // 1000, one.lasted.ms // 1000) for one in stretches(_ledger(*acts))]


def test_a_window_lasts_from_its_opening_to_its_close() -> None:
    """Whether or not it had a deadline, and with others in between."""
    acts = (_open(10, ARM, None), _open(20, LEG, 140), _close(30, ARM), _close(50, LEG))
    assert _told(*acts) == [("arm", 10, 20), ("leg", 20, 30)]


def test_time_that_is_given_belongs_to_the_window() -> None:
    """Half an hour more for one project is what an organiser could do for it."""
    assert _told(_open(0, ARM, 120), _open(60, ARM, 1920), _close(1900, ARM)) == [("arm", 0, 1900)]


def test_a_deadline_ends_a_window_though_nobody_closed_it() -> None:
    """The ledger has no entry for that as long as nobody came too late."""
    assert _told(_open(0, ARM, 120), _close(300, ARM), _open(400, LEG, 420), _open(500, ARM, None)) == [
        ("arm", 0, 120),
        ("leg", 400, 20),
        ("arm", 500, 0),
    ]


def test_a_window_that_is_opened_again_is_another() -> None:
    """After its close, or after a deadline that was never noted."""
    assert _told(_open(0, ARM, 120), _close(60, ARM), _open(600, ARM, None), _close(700, ARM)) == [
        ("arm", 0, 60),
        ("arm", 600, 100),
    ]
    assert _told(_open(0, ARM, 120), _open(600, ARM, 720), _close(700, ARM)) == [("arm", 0, 120), ("arm", 600, 100)]
