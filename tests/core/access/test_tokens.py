"""Bearer tokens of WHIP and WHEP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.access.tokens import Hold, PublishGrant, SignallingTokens
from roadshow.errors import NotAllowed, NotSignedIn
from roadshow.ids import FEED, ID_PATTERN, CompetitionId, PersonId, PublisherId, RoomId, SignInId
from roadshow.moments import Duration, Instant
from roadshow.rooms.feeds.encoders import BACKUP, MAIN

AI, BIO = RoomId("ai"), RoomId("bio")
NOW = Instant(1_600_000_000_000)


class StandingClock:
    def __init__(self, now: Instant = NOW) -> None:
        self.time = now

    def now(self) -> Instant:
        return self.time


HERE, ELSEWHERE = CompetitionId("final"), CompetitionId("last-year")
TOKENS = SignallingTokens(b"s" * 32, StandingClock(), HERE, private_rooms={BIO})


@given(room=st.from_regex(ID_PATTERN, fullmatch=True), publisher=st.from_regex(ID_PATTERN, fullmatch=True))
def test_a_token_says_who_publishes_where(room: str, publisher: str) -> None:
    """The grant decides under whose name the camera appears."""
    token = TOKENS.publish_token(RoomId(room), PublisherId(publisher))
    assert TOKENS.may_publish(RoomId(room), token) == PublishGrant(RoomId(room), PublisherId(publisher))


def test_a_persons_token_says_whose_it_is_of_which_era_and_by_which_sign_in() -> None:
    """Revoking the person raises their era, ending the sign-in ends what it was given: the gate then refuses it."""
    token = TOKENS.publish_token(
        AI, PublisherId("neuro"), holder=PersonId("pitcher-neuro"), era=3, sign_in=SignInId("0123456789abcdef")
    )
    assert TOKENS.may_publish(AI, token) == PublishGrant(
        AI, PublisherId("neuro"), holder=PersonId("pitcher-neuro"), era=3, sign_in=SignInId("0123456789abcdef")
    )


def test_the_longest_names_fit_into_a_token() -> None:
    """A token that its own server refuses for its length would lock its holder out."""
    longest = "z" * 64
    token = TOKENS.publish_token(
        RoomId(longest), PublisherId(longest), NOW + Duration(1), PersonId(longest), 10**9, SignInId("f" * 16)
    )
    assert TOKENS.may_publish(RoomId(longest), token).holder == longest


def test_a_token_is_the_same_at_every_start() -> None:
    """An OBS profile that was set up yesterday works today."""
    again = SignallingTokens(b"s" * 32, StandingClock(NOW + Duration.minutes(9_999)), HERE)
    assert again.publish_token(AI, FEED) == TOKENS.publish_token(AI, FEED)


def test_a_token_of_another_room_or_secret_opens_nothing() -> None:
    """A pitcher's token must not put a picture on somebody else's stage."""
    with pytest.raises(NotAllowed, match=r"whip\.room"):
        TOKENS.may_publish(BIO, TOKENS.publish_token(AI, FEED))
    with pytest.raises(NotSignedIn, match=r"whip\.token"):
        TOKENS.may_publish(AI, SignallingTokens(b"t" * 32, StandingClock(), HERE).publish_token(AI, FEED))


def test_a_token_of_another_competition_opens_nothing_here() -> None:
    """Both may have a room of that name, and one secret signs for both."""
    theirs = SignallingTokens(b"s" * 32, StandingClock(), ELSEWHERE, private_rooms={BIO})
    with pytest.raises(NotSignedIn, match=r"whip\.token"):
        TOKENS.may_publish(AI, theirs.publish_token(AI, FEED))
    with pytest.raises(NotSignedIn, match=r"whip\.token"):
        TOKENS.may_watch(BIO, theirs.watch_token(BIO))


@given(st.data())
def test_changing_any_letter_breaks_a_token(data: st.DataObject) -> None:
    """The room and the name stand in it readably, and are worth nothing without their signature."""
    token = TOKENS.publish_token(AI, FEED)
    place = data.draw(st.integers(0, len(token) - 2))
    letter = data.draw(st.characters(codec="ascii").filter(lambda letter: letter != token[place]))
    with pytest.raises(NotSignedIn):
        TOKENS.may_publish(AI, token[:place] + letter + token[place + 1 :])


@given(bearer=st.none() | st.text(max_size=400) | st.just("p.ai.feed.0.") | st.just("....") | st.just("ü" * 43))
def test_nonsense_is_no_token(bearer: str | None) -> None:
    """Whatever stands behind "Bearer" is somebody's input."""
    with pytest.raises(NotSignedIn):
        TOKENS.may_publish(AI, bearer)


def test_an_encoders_token_names_it_and_its_generation() -> None:
    """So that it can be withdrawn alone."""
    grant = TOKENS.may_publish(AI, TOKENS.encoder_token(AI, BACKUP, 3))
    assert (grant.publisher, grant.encoder, grant.era, grant.holder) == (FEED, BACKUP, 3, None)
    assert TOKENS.may_publish(AI, TOKENS.publish_token(AI, PublisherId("eyra"))).encoder is None
    assert len({TOKENS.encoder_token(AI, name, era) for name in (MAIN, BACKUP) for era in (0, 1)}) == 4


def test_a_token_with_an_end_ends() -> None:
    """A pitcher's lives as long as their day, not as long as the server."""
    clock = StandingClock()
    tokens = SignallingTokens(b"s" * 32, clock, HERE)
    token = tokens.publish_token(AI, FEED, expires_at=NOW + Duration(1))
    tokens.may_publish(AI, token)
    clock.time = NOW + Duration(1)
    with pytest.raises(NotSignedIn):
        tokens.may_publish(AI, token)


def test_a_watch_token_does_not_publish() -> None:
    """Every viewer of a private room holds one."""
    with pytest.raises(NotSignedIn):
        TOKENS.may_publish(BIO, TOKENS.watch_token(BIO))


def test_a_public_room_needs_no_token_and_a_private_one_its_own() -> None:
    """The demo's rooms are public; a closed jury session is not."""
    assert TOKENS.watch_token(AI) == ""
    TOKENS.may_watch(AI, None)
    TOKENS.may_watch(AI, "nonsense")
    TOKENS.may_watch(BIO, TOKENS.watch_token(BIO))
    TOKENS.may_watch(BIO, TOKENS.publish_token(BIO, FEED))
    of_ann = TOKENS.watch_token(BIO, holder=PersonId("ann"), era=2)
    assert TOKENS.may_watch(BIO, of_ann) == Hold(holder=PersonId("ann"), era=2)
    with pytest.raises(NotSignedIn):
        TOKENS.may_watch(BIO, None)
    with pytest.raises(NotAllowed):
        TOKENS.may_watch(BIO, TOKENS.publish_token(AI, FEED))
