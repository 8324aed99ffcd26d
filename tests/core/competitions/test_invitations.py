"""The rules of invitations and sessions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.competitions.invitations import (
    INVITATION_LIFE,
    REPEATED_WITHIN,
    TOKEN_BYTES,
    Access,
    Invitation,
    Taken,
    admit,
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
    ("invitation", "taken", "session", "code"),
    [
        (None, None, MINE, "invitation.unknown"),
        (Invitation(ADA, 2, 1, NOW + MOMENT), Taken(2, YOURS, NOW), MINE, "invitation.used"),
        (Invitation(ADA, 2, 1, NOW + MOMENT), Taken(2, YOURS, NOW), None, "invitation.used"),
        (Invitation(ADA, 2, 1, NOW + MOMENT), Taken(2, MINE, NOW), MINE, None),
        (Invitation(ADA, 2, 1, NOW - MOMENT), Taken(2, MINE, NOW), MINE, None),
        (Invitation(ADA, 2, 1, NOW + MOMENT), Taken(2, MINE, NOW - REPEATED_WITHIN + MOMENT), MINE, None),
        (Invitation(ADA, 2, 1, NOW + MOMENT), Taken(2, MINE, NOW - REPEATED_WITHIN), MINE, "invitation.used"),
        (Invitation(ADA, 2, 1, NOW + MOMENT), Taken(1, YOURS, NOW), MINE, None),
        (Invitation(ADA, 1, 1, NOW + MOMENT), Taken(1, MINE, NOW), MINE, None),
        (Invitation(ADA, 1, 1, NOW + MOMENT), None, MINE, "invitation.revoked"),
        (Invitation(ADA, 2, 0, NOW + MOMENT), None, MINE, "invitation.revoked"),
        (Invitation(ADA, 2, 0, NOW + MOMENT), Taken(2, MINE, NOW), MINE, "invitation.revoked"),
        (Invitation(ADA, 2, 1, NOW + MOMENT, consumed_by=MINE), None, MINE, "invitation.used"),
        (Invitation(ADA, 2, 1, NOW), None, MINE, "invitation.expired"),
    ],
)
def test_each_way_of_not_opening_has_its_own_answer(
    invitation: Invitation | None, taken: Taken | None, session: str | None, code: str | None
) -> None:
    """Somebody in front of a closed door has to know whether to ask for a new link or to look into another browser."""
    assert _refusal(invitation, Access(2, 1, taken), session, NOW) == code


def test_a_link_that_was_taken_back_does_not_send_anybody_to_look_for_a_newer_one() -> None:
    """There may be none. Of somebody whose last link an older version made, nothing is known of it."""
    first = Invitation(ADA, 1, 0, NOW + MOMENT)
    assert _refusal(first, Access(2, 1, sent=1), MINE, NOW) == "invitation.taken_back"
    assert _refusal(first, Access(2, 1, sent=2), MINE, NOW) == "invitation.revoked"
    assert _refusal(first, Access(3, 2, sent=2), MINE, NOW) == "invitation.taken_back", "and its follower as well"
    assert _refusal(first, Access(2, 1), MINE, NOW) == "invitation.revoked"


def test_a_link_waits_until_one_of_its_issue_is_used() -> None:
    """Only then it may be sent once more without a new one."""
    assert not Access().waits
    assert Access(1, 0, sent=1).waits
    assert not Access(2, 0, Taken(2, MINE, NOW), sent=2).waits
    assert Access(3, 0, Taken(2, MINE, NOW), sent=3).waits
    assert not Access(4, 1, Taken(2, MINE, NOW), sent=3).waits, "revoked since"


@given(
    issue=st.integers(0, 3),
    era=st.integers(0, 3),
    access=st.builds(
        Access,
        st.integers(0, 3),
        st.integers(0, 3),
        st.none() | st.builds(Taken, st.integers(0, 3), st.sampled_from([MINE, YOURS]), st.just(NOW)),
    ),
    life=st.integers(-2, 2),
)
def test_after_a_revocation_nothing_older_opens(issue: int, era: int, access: Access, life: int) -> None:
    """Whatever else is true of a link."""
    invitation = Invitation(ADA, issue, era, NOW + Duration(life))
    if era < access.era:
        with pytest.raises(Gone, match=r"invitation\.revoked"):
            admit(invitation, access, MINE, NOW)


def test_an_unknown_invitation_is_not_found() -> None:
    """Its page answers 404, not 410."""
    with pytest.raises(NotFound):
        admit(None, Access(), None, NOW)
