"""Something is wrong: from a judge's desk to control, and back that it was heard."""

from typing import Any

from roadshow.ids import PersonId
from tests.live.conftest import AI, Browser, Final, a_browser
from tests.told import sections

ORGANISER, JUDGE = PersonId("organiser"), PersonId("judge-ai-1")


async def _cookie(final: Final, person: PersonId) -> str:
    _, session = await final.show.guests.accept(await final.show.guests.invite_further(person), None)
    return f"roadshow={session}"


async def _calls(control: Browser) -> list[dict[str, Any]]:
    """As control's desk hears of them next."""
    while "calls" not in (told := sections(await control.read_until("room.changed"))):
        pass
    calls: list[dict[str, Any]] = told["calls"]["calls"]
    return calls


async def test_a_judge_calls_and_hears_that_control_heard(final: Final) -> None:
    """On all their devices; nobody else learns that they called."""
    cookie, theirs = await _cookie(final, JUDGE), await _cookie(final, ORGANISER)
    async with (
        a_browser(final.base, f"?as={JUDGE}", cookie) as desk,
        a_browser(final.base, f"?as={JUDGE}", cookie) as phone,
        a_browser(final.base, f"?as={ORGANISER}", theirs) as control,
        final.watching() as audience,
    ):
        for one in (desk, phone, control):
            await one.send(type="follow", room=AI)
        for one in (desk, phone):
            assert (await one.read_until("call.own"))["call"] is None
        assert sections(await control.read_until("room.snapshot"))["calls"]["calls"] == []
        assert "calls" not in sections(await audience.read_until("room.snapshot"))

        said = {"room": AI, "kind": "stage", "words": "No sound"}
        for _ in range(2):  # its answer was lost
            await desk.send(type="call.make", command="call-0001", **said)
            await desk.read_until("command.accepted")
        (call,) = await _calls(control)
        assert (call["by"], call["role"], call["kind"], call["words"], call["heard"]) == (
            JUDGE,
            "judge",
            "stage",
            "No sound",
            None,
        )
        assert (await phone.read_until("call.own"))["call"]["number"] == call["number"]

        await control.send(type="call.hear", command="hear-0001", room=AI, call=call["number"])
        await control.read_until("command.accepted")
        assert (await desk.read_until("call.own"))["call"]["heard"]["by"] == ORGANISER
        assert (await _calls(control))[0]["heard"]["by"] == ORGANISER

        await phone.send(type="call.withdraw", command="fine-0001", room=AI)
        told = await desk.read_until("call.own")
        assert (told["call"], told["withdrawn"]) == (None, True)
        assert await _calls(control) == []
        await control.send(type="call.hear", command="hear-0002", room=AI, call=call["number"])
        assert (await control.read_until("refused"))["code"] == "call.moved_on"


async def test_whoever_opens_the_desk_later_finds_their_call(final: Final) -> None:
    """They changed to the telephone because the laptop broke."""
    cookie = await _cookie(final, JUDGE)
    async with a_browser(final.base, f"?as={JUDGE}", cookie) as desk:
        await desk.send(type="call.make", command="call-0002", room=AI, kind="other")
        await desk.read_until("command.accepted")
        await desk.send(type="call.make", command="call-0003", room=AI, kind="other", words="x" * 201)
        assert (await desk.read_until("refused"))["code"] == "message.malformed"
    async with a_browser(final.base, f"?as={JUDGE}", cookie) as phone:
        await phone.send(type="follow", room=AI)
        assert (await phone.read_until("call.own"))["call"]["kind"] == "other"
