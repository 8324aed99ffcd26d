"""The rules of invitations and sessions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.competitions.invitations import (
    INVITATION_LIFE,
    SESSION_LIFE,
    SESSION_RENEWAL,
    TOKEN_BYTES,
    Access,
    Invitation,
    Session,
    admit,
    is_signed_in,
    needs_renewal,
)
from roadshow.errors import Gone, NotFound, RoadshowError
from roadshow.ids import PersonId
from roadshow.moments import Duration, Instant

ADA = PersonId("ada")
NOW = Instant(1_600_000_000_000)
MOMENT = Duration(1)
MINE, YOURS = "a" * 64, "b" * 64


def _refusal(invitation: Invitation | None, access: Access, session: str | None, now: Instant) -> str | None:
    try:
        admit(invitation, access, session, now)
    except RoadshowError as refused:
        return refused.code
    return None


def test_a_token_cannot_be_guessed() -> None:
    """At least 128 bits, whoever changes the number later."""
    assert TOKEN_BYTES * 8 >= 128


def test_an_unused_invitation_is_good_until_its_last_moment() -> None:
    """Thirty days are thirty days."""
    invitation = Invitation(ADA, 1, 0, NOW + INVITATION_LIFE)
    assert _refusal(invitation, Access(1, 0), None, NOW + INVITATION_LIFE - MOMENT) is None
    assert _refusal(invitation, Access(1, 0), None, NOW + INVITATION_LIFE) == "invitation.expired"


@pytest.mark.parametrize(
    ("invitation", "session", "code"),
    [
        (None, MINE, "invitation.unknown"),
        (Invitation(ADA, 2, 1, NOW + MOMENT, consumed_by=YOURS), MINE, "invitation.used"),
        (Invitation(ADA, 2, 1, NOW + MOMENT, consumed_by=YOURS), None, "invitation.used"),
        (Invitation(ADA, 2, 1, NOW + MOMENT, consumed_by=MINE), MINE, None),
        (Invitation(ADA, 2, 1, NOW - MOMENT, consumed_by=MINE), MINE, None),
        (Invitation(ADA, 1, 1, NOW + MOMENT, consumed_by=MINE), MINE, None),
        (Invitation(ADA, 1, 1, NOW + MOMENT), MINE, "invitation.revoked"),
        (Invitation(ADA, 2, 0, NOW + MOMENT), MINE, "invitation.revoked"),
        (Invitation(ADA, 2, 0, NOW + MOMENT, consumed_by=MINE), MINE, "invitation.revoked"),
        (Invitation(ADA, 2, 1, NOW), MINE, "invitation.expired"),
    ],
)
def test_each_way_of_not_opening_has_its_own_answer(
    invitation: Invitation | None, session: str | None, code: str | None
) -> None:
    """Somebody in front of a closed door has to know whether to ask for a new link or to look into another browser."""
    assert _refusal(invitation, Access(2, 1), session, NOW) == code


@given(
    issue=st.integers(0, 3),
    era=st.integers(0, 3),
    access=st.builds(Access, st.integers(0, 3), st.integers(0, 3)),
    consumed_by=st.sampled_from([None, MINE, YOURS]),
    life=st.integers(-2, 2),
)
def test_after_a_revocation_nothing_older_opens(
    issue: int, era: int, access: Access, consumed_by: str | None, life: int
) -> None:
    """Whatever else is true of a link."""
    invitation = Invitation(ADA, issue, era, NOW + Duration(life), consumed_by)
    if era < access.era:
        with pytest.raises(Gone, match=r"invitation\.revoked"):
            admit(invitation, access, MINE, NOW)


def test_an_unknown_invitation_is_not_found() -> None:
    """Its page answers 404, not 410."""
    with pytest.raises(NotFound):
        admit(None, Access(), None, NOW)


def test_a_session_holds_whom_it_was_signed_in_as_in_this_era() -> None:
    """Revoking one person leaves the browser's others alone."""
    session = Session({ADA: 1}, NOW + SESSION_LIFE)
    assert is_signed_in(session, ADA, Access(5, 1), NOW)
    assert not is_signed_in(session, ADA, Access(5, 2), NOW)
    assert not is_signed_in(session, PersonId("ben"), Access(0, 1), NOW)
    assert not is_signed_in(session, ADA, Access(5, 1), NOW + SESSION_LIFE)
    assert not is_signed_in(None, ADA, Access(), NOW)


def test_a_session_is_renewed_once_an_hour_at_most() -> None:
    """Sliding, yet no durable write for every page view."""
    session = Session({ADA: 0}, NOW + SESSION_LIFE)
    assert not needs_renewal(session, NOW)
    assert not needs_renewal(session, NOW + SESSION_RENEWAL)
    assert needs_renewal(session, NOW + SESSION_RENEWAL + MOMENT)
