"""docs/roles.md says what access/roles.py permits, and of roles that are not there that they are to come."""

import re
from pathlib import Path

import pytest

from roadshow.access.roles import EVERYBODY, MESSAGES, ROUTES
from roadshow.competitions.people import Role
from roadshow.desks.roles import FACES

DOCUMENT = Path(__file__).parents[3] / "docs" / "roles.md"
PLANNED = {
    "moderator",
    "host",
    "guest",
    "investor",
    "science-park",
    "reviewer",
    "applicant",
    "interpreter",
    "captioner",
    "technician",
}

pytestmark = pytest.mark.docs


def _rows(heading: str) -> dict[str, list[str]]:
    """A section's table: first cell's word to its other cells."""
    section = DOCUMENT.read_text().split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:2] == "| "]
    return {row[0].strip("`"): row[1:] for row in rows[1:]}


def _words(cell: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", cell))


def test_roles_that_are_there_may_do_what_the_document_says() -> None:
    """Whoever asks what a judge can do reads one row, not a table in Python; it must be true."""
    rows = _rows("Roles there are")
    assert set(rows) == {role.value for role in Role}
    for role in Role:
        *_, pages, messages = rows[role.value]
        assert _words(pages) == {route for route, roles in ROUTES.items() if role in roles and roles != EVERYBODY}
        assert _words(messages) == {tag for tag, roles in MESSAGES.items() if role in roles and roles != EVERYBODY}


def test_roles_to_come_are_said_to_be_planned() -> None:
    """A promise that reads like a feature is found out on the day of the event."""
    rows = _rows("Roles to come")
    assert set(rows) == PLANNED
    assert not PLANNED & {role.value for role in Role}
    assert {row[0] for row in rows.values()} == {"planned"}


def test_every_role_has_a_name_and_those_with_an_invitation_a_desk() -> None:
    """A link must lead somewhere."""
    assert set(FACES) == set(Role)
    assert {role for role in Role if not FACES[role].desk} == {Role.AUDIENCE}
    for role, face in FACES.items():
        assert face.desk in {*ROUTES, ""}
        assert not face.desk or role in ROUTES[face.desk]
