"""A browser's connection, from the browser's side."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from websockets.exceptions import InvalidStatus

from roadshow.access.limits import MESSAGES_AT_ONCE, Limits, Rule
from roadshow.competitions.people import Role
from roadshow.errors import Conflict, Unavailable
from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId
from roadshow.live import socket
from roadshow.live.connection import MOST_MALFORMED, MOST_UNDER_WAY
from roadshow.live.families.award import VoteForAward
from roadshow.live.families.ballots import CastBallot
from roadshow.live.families.session import Pause
from roadshow.live.messages import Message
from roadshow.moments import Instant
from roadshow.voting.votes import Receipt
from tests.live.conftest import AI, COMMAND, PEOPLE, Browser, Everything, Site

BALLOT = {
    "type": "ballot.cast",
    "command": COMMAND,
    "room": "ai",
    "project": "neuro",
    "scores": {"team": 7},
    "expected_revision": 0,
}


async def test_welcome_comes_first_and_says_who_one_is(site: Site) -> None:
    """A desk shows nothing before it knows that the server takes it for the right person."""
    async with site.browser("judge") as browser:
        welcome = await browser.read()
    assert welcome["type"] == "welcome"
    assert (welcome["role"], welcome["person"]) == ("judge", "judge")
    assert welcome["retry_ms"] >= 500
    async with site.browser() as browser:
        welcome = await browser.read()
    assert (welcome["role"], welcome["person"]) == ("audience", None)


async def test_somebody_not_signed_in_is_told_so_and_does_not_come_back(site: Site) -> None:
    """A page that reconnected for ever against a closed door would explain nothing."""
    async with site.browser("judge", cookie="roadshow=" + "x" * 32, lang="zh") as browser:
        refused = await browser.read()
        assert (refused["type"], refused["code"]) == ("refused", "sign_in.needed")
        assert refused["text"] == "zh: sign_in.needed"
        assert await browser.closed() == (1008, "sign_in.needed")


async def test_one_browser_is_several_people_and_each_connection_one_of_them(site: Site) -> None:
    """The organiser tries out a judge's desk in another tab; the cookie is the same."""
    cookie = await site.sign_in("organiser", "judge")
    for person in ("organiser", "judge"):
        async with site.browser(person, cookie=cookie) as browser:
            assert (await browser.read())["person"] == person
    async with site.browser("chair", cookie=cookie) as browser:
        assert (await browser.read())["code"] == "sign_in.needed"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", None])
async def test_a_foreign_page_cannot_open_a_socket(site: Site, origin: str | None) -> None:
    """Browsers send the cookie with every handshake, whoever's page asked for it."""
    with pytest.raises(InvalidStatus) as refused:
        async with site.browser("judge", origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_a_ping_is_answered_while_a_command_takes_its_time(site: Site) -> None:
    """Clocks are measured by it; a slow store must not bend them."""
    release = asyncio.Event()

    async def slow(message: Message) -> None:
        await release.wait()

    site.rooms.answer = slow
    async with site.browser("organiser") as browser:
        await browser.read()
        await browser.send(type="session.pause", command=COMMAND, room="ai")
        await browser.send(type="clock.ping", sent=12.5)
        pong = await browser.read()
        assert (pong["type"], pong["sent"]) == ("clock.pong", 12.5)
        assert pong["server_now"] > 1_500_000_000_000
        release.set()
        assert await browser.read() == {"type": "command.accepted", "command": COMMAND}


async def test_a_ballot_reaches_the_handler_with_the_connections_identity_and_gets_its_receipt(site: Site) -> None:
    """The main thing a judge does."""
    receipt = Receipt(
        poll=PollId("ai"),
        judge=PersonId("judge"),
        project=ProjectId("neuro"),
        revision=1,
        command=CommandId(COMMAND),
        scores={CriterionId("team"): 7},
        cast_at=Instant(5),
        ballot_hash="h",
        sequence=2,
        rules="r",
        parent="p",
        entry="e",
        signature="s",
    )

    async def store(message: Message) -> Receipt:
        return receipt

    site.rooms.answer = store
    async with site.browser("judge") as browser:
        await browser.read()
        await browser.send(**BALLOT)
        accepted = await browser.read()
    assert accepted["type"] == "ballot.accepted"
    assert accepted["command"] == COMMAND
    assert accepted["receipt"]["cast_at"] == 5
    [(visitor, message)] = site.rooms.seen
    assert visitor.person is not None
    assert visitor.person.id == "judge"
    assert isinstance(message, CastBallot)


async def test_an_identity_in_the_message_is_refused(site: Site) -> None:
    """No field of a message can say who sends it."""
    async with site.browser("judge") as browser:
        await browser.read()
        await browser.send(**BALLOT, judge="chair")
        refused = await browser.read()
    assert (refused["code"], refused["command"]) == ("message.malformed", COMMAND)
    assert not site.rooms.seen


async def test_a_refusal_carries_its_code_its_details_and_the_readers_language(site: Site) -> None:
    """The page acts on the code and shows the text."""

    async def stale(message: Message) -> None:
        raise Conflict("ballot.stale", revision=3)

    site.rooms.answer = stale
    async with site.browser("judge", lang="ru") as browser:
        await browser.read()
        await browser.send(**BALLOT)
        assert await browser.read() == {
            "type": "refused",
            "command": COMMAND,
            "code": "ballot.stale",
            "text": "ru: ballot.stale",
            "details": {"revision": 3},
            "retry": False,
        }


async def test_a_store_that_is_away_invites_to_try_again(site: Site) -> None:
    """The judge's desk repeats such a ballot by itself, with the same command id."""

    async def away(message: Message) -> None:
        raise Unavailable("store.away")

    site.rooms.answer = away
    async with site.browser("judge") as browser:
        await browser.read()
        await browser.send(**BALLOT)
        refused = await browser.read()
    assert (refused["code"], refused["retry"]) == ("store.away", True)


async def test_a_failure_of_ours_says_nothing_of_its_inside(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """What went wrong is for the log, which the request's id leads to."""

    async def broken(message: Message) -> None:
        raise ZeroDivisionError("secret inside")

    site.rooms.answer = broken
    async with site.browser("organiser") as browser:
        await browser.read()
        await browser.send(type="session.pause", command=COMMAND, room="ai")
        refused = await browser.read()
        assert (refused["code"], refused["retry"]) == ("internal", False)
        assert "secret" not in json.dumps(refused)
        assert refused["details"]["request"] in caplog.text
        site.rooms.answer = None
        await browser.send(type="session.pause", command="command-0002", room="ai")
        assert (await browser.read())["type"] == "command.accepted"


async def test_a_judge_acts_in_their_own_room_alone(site: Site) -> None:
    """Knowing another room's name is no permission."""
    async with site.browser("other-judge") as browser:
        await browser.read()
        await browser.send(**BALLOT)
        assert (await browser.read())["code"] == "room.not_yours"
    assert not site.rooms.seen


MESSAGES: dict[str, tuple[dict[str, Any], set[Role]]] = {
    "session.start": ({"room": "ai", "expected": {"phase": "standby", "slot": None}}, {Role.ORGANISER}),
    "session.pause": ({"room": "ai"}, {Role.ORGANISER}),
    "session.resume": ({"room": "ai"}, {Role.ORGANISER}),
    "session.add_time": ({"room": "ai", "seconds": 30}, {Role.ORGANISER}),
    "session.next": ({"room": "ai", "expected": {"phase": "pitch", "slot": "neuro"}}, {Role.ORGANISER}),
    "session.back": ({"room": "ai", "expected": {"phase": "pitch", "slot": "neuro"}}, {Role.ORGANISER}),
    "slot.skip": ({"room": "ai", "slot": "neuro"}, {Role.ORGANISER}),
    "slot.defer": ({"room": "ai", "slot": "neuro"}, {Role.ORGANISER}),
    "stage.select": ({"room": "ai", "mode": "empty"}, {Role.ORGANISER}),
    "result.reveal": ({"room": "ai", "announced": 0}, {Role.ORGANISER}),
    "ballot.cast": ({key: BALLOT[key] for key in BALLOT if key != "type"}, {Role.JUDGE, Role.CHAIR}),
    "ballot.recuse": ({"room": "ai", "project": "neuro", "category": "close"}, {Role.JUDGE, Role.CHAIR}),
    "result.settle": ({"room": "ai", "order": ["a", "b"], "reason": "by vote"}, {Role.CHAIR, Role.ORGANISER}),
    "jury.ask": ({"room": "ai", "projects": ["a", "b"], "seconds": 60}, {Role.CHAIR, Role.ORGANISER}),
    "jury.deliberate": ({"room": "ai"}, {Role.CHAIR}),
    "jury.vote": ({"room": "ai", "question": 9, "choice": "a"}, {Role.JUDGE, Role.CHAIR}),
    "jury.casting": (
        {"room": "ai", "question": 9, "choice": "a", "reason": "by vote"},
        {Role.CHAIR, Role.ORGANISER},
    ),
    "seat.ask": (
        {"room": "ai", "judge": "judge", "substitute": "vera", "project": "neuro", "reason": "the line is down"},
        {Role.CHAIR, Role.ORGANISER},
    ),
    "seat.sign": ({"room": "ai", "asked": 9, "substitute": "vera"}, {Role.CHAIR, Role.ORGANISER}),
    "chair.ask": (
        {"room": "ai", "chair": "judge", "count": None, "reason": "the line is down"},
        {Role.CHAIR, Role.ORGANISER},
    ),
    "chair.sign": ({"room": "ai", "asked": 9}, {Role.CHAIR, Role.ORGANISER}),
    "count.close": ({"room": "ai", "count": 1}, {Role.CHAIR}),
    "count.ask": ({"room": "ai", "count": 1, "reason": "a late finding"}, {Role.CHAIR}),
    "count.reopen": ({"room": "ai", "asked": 9}, {Role.ORGANISER}),
    "result.confirm": ({"room": "ai"}, {Role.CHAIR}),
}


@pytest.mark.parametrize("person", [None, "pitcher", "judge", "chair", "organiser"])
async def test_each_role_sends_what_is_its_own_and_nothing_else(site: Site, person: str | None) -> None:
    """The table of roles holds on the wire, message by message."""
    role = Role.AUDIENCE if person is None else Role(person)
    async with site.browser(person) as browser:
        await browser.read()
        for tag, (fields, roles) in MESSAGES.items():
            await browser.send(**{"command": COMMAND, **fields, "type": tag})
            answer = await browser.read()
            if role in roles:
                assert answer["type"] == "command.accepted", (tag, answer)
            else:
                expected = "sign_in.needed" if person is None else "role.not_allowed"
                assert (answer["type"], answer["code"]) == ("refused", expected), (tag, answer)
    assert len(site.rooms.seen) == sum(role in roles for _, roles in MESSAGES.values())


# Input nobody should send ---------------------------------------------------------------------------------------------


async def test_nonsense_is_refused_and_a_row_of_it_ends_the_connection(site: Site) -> None:
    """One mistake of a page is forgiven; a program that probes is not served for ever."""
    async with site.browser() as browser:
        await browser.read()
        for _ in range(MOST_MALFORMED):
            await browser.socket.send("{")
            assert (await browser.read())["code"] == "message.malformed"
        await browser.send(type="clock.ping", sent=1)
        assert (await browser.read())["type"] == "clock.pong"
        for _ in range(MOST_MALFORMED + 1):
            await browser.socket.send(b"\x00binary")
        assert await browser.closed() == (1008, "message.malformed")


async def test_a_message_that_is_too_big_ends_the_connection(site: Site) -> None:
    """Nothing a desk says comes near 16 KiB."""
    async with site.browser() as browser:
        await browser.read()
        await browser.socket.send("x" * 20_000)
        assert (await browser.closed())[0] == 1009


async def test_a_flood_is_refused_message_by_message_and_then_ended(site: Site) -> None:
    """One socket must not take the loop from all others."""
    async with site.browser("organiser") as browser:
        await browser.read()
        for number in range(MESSAGES_AT_ONCE * 6):
            await browser.send(type="session.pause", command=f"command-{number:04}", room="ai")
        codes = [answer.get("code", answer["type"]) async for answer in browser.rest()]
        assert browser.socket.close_code == 1013
    assert codes.count("command.accepted") >= MESSAGES_AT_ONCE - MOST_UNDER_WAY
    assert "rate.messages" in codes


async def test_too_many_commands_under_way_are_refused(site: Site) -> None:
    """The queue of one socket is bounded."""
    release = asyncio.Event()

    async def slow(message: Message) -> None:
        await release.wait()

    site.rooms.answer = slow
    async with site.browser("organiser") as browser:
        await browser.read()
        for number in range(MOST_UNDER_WAY + 2):
            await browser.send(type="session.pause", command=f"command-{number:04}", room="ai")
        refused = await browser.read()
        assert (refused["code"], refused["retry"]) == ("rate.messages", True)
        assert refused["command"] == f"command-{MOST_UNDER_WAY + 1:04}"
        release.set()
        done = [(await browser.read())["command"] for _ in range(MOST_UNDER_WAY + 1)]
    assert done == [f"command-{number:04}" for number in range(MOST_UNDER_WAY + 1)]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
_shaped = st.builds(
    lambda tag, fields, noise: json.dumps({**fields, **noise, "type": tag}),
    st.sampled_from([*MESSAGES, "follow", "clock.ping", "welcome", ""]),
    st.sampled_from([fields for fields, _ in MESSAGES.values()]),
    st.dictionaries(
        st.sampled_from(["room", "command", "scores", "expected", "seconds", "sent", "offset", "epoch"]),
        _json,
        max_size=3,
    ),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=st.lists(_shaped | _json.map(json.dumps) | st.text(max_size=200) | st.binary(max_size=50), max_size=6))
async def test_whatever_is_sent_is_answered_or_ended_never_a_crash(
    site: Site, messages: list[str | bytes], caplog: pytest.LogCaptureFixture
) -> None:
    """Everything in a message is somebody's input."""
    caplog.clear()
    async with site.browser("chair", cookie=site.cookies.get("chair")) as browser:
        site.cookies.setdefault("chair", await site.sign_in("chair"))
        await browser.read()
        for message in messages:
            # Lone surrogates cannot be sent by any client; bytes that are no UTF-8 can, and end the connection.
            await browser.socket.send(
                message if isinstance(message, bytes) else message.encode("utf-8", "replace").decode()
            )
        await browser.socket.close()
    assert "Traceback" not in caplog.text


async def test_bytes_that_are_no_text_end_the_connection(site: Site) -> None:
    """RFC 6455 wants it so, and nothing of ours falls over."""
    async with site.browser() as browser:
        await browser.read()
        await browser.socket.send(b"\xff\xfe", text=True)
        assert (await browser.closed())[0] == 1007


@pytest.mark.parametrize("sent", ["1e999", "NaN", '"1"', "[]"])
async def test_a_ping_with_a_number_that_is_none_is_refused(site: Site, sent: str) -> None:
    """It would come back as something no JSON parser reads."""
    async with site.browser() as browser:
        await browser.read()
        await browser.socket.send(f'{{"type":"clock.ping","sent":{sent}}}')
        assert (await browser.read())["code"] == "message.malformed"


# Coming and going -----------------------------------------------------------------------------------------------------


async def test_a_ballot_sent_on_the_way_out_of_the_door_counts(site: Site) -> None:
    """A judge presses Submit and closes the lid."""
    release, done = asyncio.Event(), asyncio.Event()

    async def slow(message: Message) -> None:
        await release.wait()
        if isinstance(message, CastBallot):
            done.set()

    site.rooms.answer = slow
    async with site.browser("chair") as browser:
        await browser.read()
        await browser.send(type="result.confirm", command=COMMAND, room="ai")
        await browser.send(**BALLOT)
        await browser.send(type="clock.ping", sent=1)
        await browser.read_until("clock.pong")
    release.set()
    async with asyncio.timeout(30):
        await done.wait()


async def test_a_revoked_person_is_told_and_closed_out(site: Site) -> None:
    """At once, not at the next page view."""
    async with site.browser("judge") as judge, site.browser("chair") as chair:
        await judge.read()
        await chair.read()
        await site.guests.revoke(PersonId("judge"))
        assert await judge.read() == {"type": "superseded", "reason": "revoked"}
        assert await judge.closed() == (1008, "revoked")
        await chair.send(type="clock.ping", sent=1)
        assert (await chair.read())["type"] == "clock.pong"


async def test_commands_that_wait_when_access_is_revoked_are_not_carried_out(site: Site) -> None:
    """A revocation that came first must win."""
    release = asyncio.Event()

    async def slow(message: Message) -> None:
        await release.wait()

    site.rooms.answer = slow
    async with site.browser("organiser") as browser:
        await browser.read()
        await browser.send(type="session.pause", command=COMMAND, room="ai")
        await browser.send(type="session.resume", command="command-0002", room="ai")
        await browser.send(type="clock.ping", sent=1)
        await browser.read_until("clock.pong")
        await site.guests.revoke(PersonId("organiser"))
        release.set()
        assert (await browser.closed())[0] == 1008
    assert [type(message) for _, message in site.rooms.seen] == [Pause]


async def test_an_appointment_that_ends_during_the_handshake_is_not_held_by_the_socket(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was let in as a judge and joins as nobody's would keep a judge's rights for as long as the page is open."""

    judge = PersonId("judge")

    async def spend(_limits: Limits, _rule: Rule, who: str = "") -> None:
        assert who.endswith("/judge")  # of this competition
        monkeypatch.setitem(PEOPLE, judge, replace(PEOPLE[judge], appointments=()))
        site.hub.recall(judge)

    cookie = await site.sign_in("judge")
    monkeypatch.setattr(Limits, "spend", spend)
    async with site.browser("judge", cookie=cookie) as browser:
        code, reason = await browser.closed()
    assert (code, reason.partition("=")[0]) == (1012, "retry_ms")


async def test_what_is_begun_at_once_and_fails_is_refused_like_everything_else(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake in a family that thousands use must not close their sockets, nor tell them of its inside."""

    def fails(*_: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(Everything, "at_once", (VoteForAward,))
    monkeypatch.setattr(Everything, "begin", fails)
    async with site.browser() as browser:
        await browser.read()
        await browser.send(type="audience.vote", command=COMMAND, room="ai", project="neuro")
        refused = await browser.read()
        assert (refused["command"], refused["code"]) == (COMMAND, "internal")
        assert "secret" not in json.dumps(refused)
        await browser.send(type="clock.ping", sent=1)
        assert (await browser.read())["type"] == "clock.pong"
    assert "the message audience.vote failed" in caplog.text


async def test_a_server_that_stops_says_so_and_when_to_come_back(site: Site) -> None:
    """Browsers spread their return over the time they are told."""
    async with site.browser() as browser:
        await browser.read()
        site.hub.shut_down()
        code, reason = await browser.closed()
        assert code == 1012
        assert reason.startswith("retry_ms=")
    async with site.browser() as late:
        assert (await late.read())["code"] == "room.stopping"
        assert (await late.closed())[0] == 1013


async def test_sockets_that_are_gone_are_forgotten(site: Site) -> None:
    """A final of hours with phones coming and going must not grow."""
    async with site.browser() as browser:
        await browser.read()
        await browser.send(type="follow", room=AI)
        await browser.read_until("room.snapshot")
        assert (site.hub.sockets, site.hub.viewers(AI)) == (1, 1)
        browser.socket.transport.abort()
        await browser.socket.wait_closed()
    await _until(lambda: site.hub.sockets == 0)
    assert site.hub.viewers(AI) == 0


async def _until(reached: Any) -> None:
    async with asyncio.timeout(30):
        while not reached():  # noqa: ASYNC110  # the other side of a real connection
            await asyncio.sleep(0.005)


async def test_follow_of_an_unknown_room_is_refused_and_the_connection_goes_on(site: Site) -> None:
    """An old bookmark is no reason to lose the clock."""
    async with site.browser() as browser:
        await browser.read()
        await browser.send(type="follow", room="nowhere")
        assert (await browser.read())["code"] == "room.unknown"
        await _ping(browser)


async def _ping(browser: Browser) -> None:
    await browser.send(type="clock.ping", sent=1)
    assert (await browser.read())["type"] == "clock.pong"


async def test_guests_who_reconnect_for_ever_keep_no_judge_out(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hall shares one address; the jury sits in it."""
    monkeypatch.setattr(socket, "HANDSHAKES_FROM_ADDRESS", Rule("rate.connections", 1, 60, "one-from-address"))
    async with site.browser() as guest:
        assert (await guest.read())["type"] == "welcome"
    async with site.browser() as guest:
        assert (await guest.read())["code"] == "rate.connections"
    async with site.browser("judge", cookie="roadshow=" + "x" * 32) as impostor:
        assert (await impostor.read())["code"] == "rate.connections"
    async with site.browser("judge") as judge:
        assert (await judge.read())["type"] == "welcome"


async def test_a_full_house_has_room_for_the_jury(site: Site) -> None:
    """Sockets cost their opener nothing: whoever takes them all must not decide who votes."""
    site.hub.seats.most = site.hub.seats.kept = 1
    async with site.browser() as guest:
        assert (await guest.read())["type"] == "welcome"
        async with site.browser() as another:
            assert (await another.read())["code"] == "rate.connections"
        async with site.browser("judge") as judge:
            assert (await judge.read())["type"] == "welcome"
            async with site.browser("organiser") as one_too_many:
                assert (await one_too_many.read())["code"] == "rate.connections"


@pytest.mark.parametrize("field", ["command", "room"])
async def test_a_name_with_a_line_feed_behind_it_is_no_name(site: Site, field: str) -> None:
    """Names go into logs and keys."""
    message = {"type": "session.pause", "command": COMMAND, "room": "ai"}
    async with site.browser("organiser") as browser:
        await browser.read()
        await browser.send(**{**message, field: f"{message[field]}\n"})
        assert (await browser.read_until("refused"))["code"] == "message.malformed"
