"""What may be tried once the podium is known: by objecting, by ruling on an objection, and behind both of them."""

import re
from typing import Any

import msgspec

from roadshow.competitions.people import Appointment, Role
from roadshow.ids import CommandId, PersonId, PollId
from roadshow.moments import Duration
from roadshow.store.connection import connect
from roadshow.voting.aftermath.acts import Amend, AskAmendment, Object, Rule
from roadshow.voting.ballot import digest
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.spec import PollSpec
from tests.bend.final import ANNA, ARM, CHAIR, DENG, DEPUTY, LEG, LIN, NO_EFFECT, PITCHER, ROOM, OneFinal
from tests.bend.ways import way

POLL = PollId(ROOM)
OTHER_PITCHER = PersonId("pitcher-leg")
OWN = f"/as/{PITCHER}/pitch/{ARM}/objection"
WORDS = "Somebody stopped our clock before the time was over."


def _desk(who: str) -> str:
    return f"/as/{who}/objections/{ROOM}"


async def _objected(final: OneFinal, category: str = "procedure") -> str:
    """Honestly, by the team of the second. Whether a result is final depends on it, so it stands on the pages."""
    address = f"/as/{OTHER_PITCHER}/pitch/{LEG}/objection"
    await final.presses(OTHER_PITCHER, address, told="Objection 1", category=category, words=WORDS)
    (heard,) = await final.show.fields[ROOM].voting.aftermath.heard(ROOM)
    return str(heard.objection.sequence)


async def _asked(final: OneFinal) -> str:
    waiting = await final.show.fields[ROOM].voting.aftermath.waiting(ROOM)
    return "" if waiting is None else str(waiting.sequence)


async def _asks(final: OneFinal, who: str, change: str = "disqualify", told: str = NO_EFFECT, **more: str) -> None:
    """``told``: nothing comes of a request, as long as nobody signs it."""
    said = {"act": "ask", "project": ARM, "change": change, "reason": f"Not theirs: {change}.", **more}
    await final.presses(who, _desk(who), told, **said)


async def _signs(final: OneFinal, who: str, told: str = "") -> None:
    await final.presses(who, _desk(who), told, act="sign", asked=await _asked(final))


async def _disqualified(final: OneFinal) -> None:
    """By two organisers, who may."""
    await _asks(final, DENG, told="Not theirs: disqualify.")
    await _signs(final, ANNA, told="Not theirs: disqualify.")
    await final.notes_heads()


# Teams ----------------------------------------------------------------------------------------------------------------


@way("pitcher", "objects before there is a result, and for a rival", caught="result.sealed, room.not_yours")
async def objects_too_early(final: OneFinal) -> None:
    await final.confirmed()
    said = {"category": "procedure", "words": WORDS}
    await final.presses(PITCHER, OWN, **said)
    await final.presses(PITCHER, f"/as/{PITCHER}/pitch/{LEG}/objection", **said)


@way("pitcher", "objects after the term, so that the result is not final", caught="result.final", own_clock=True)
async def objects_too_late(final: OneFinal) -> None:
    await final.announced()
    final.set_clock(Duration.minutes(72 * 60 + 1))
    await final.presses(PITCHER, OWN, category="procedure", words=WORDS)


@way(
    "pitcher",
    "objects again and again, so that the result is never final",
    told="results, protocol, objection.too_many",
)
async def objects_again_and_again(final: OneFinal) -> None:
    await final.announced()
    for number in range(1, 5):
        await final.presses(PITCHER, OWN, f"Objection {number}", category="other", words=f"{WORDS} {number}")


@way("pitcher", "rules on their own objection, and has a rival disqualified", caught="role.not_allowed")
async def rules_from_the_stage(final: OneFinal) -> None:
    await final.announced()
    await _asks(final, PITCHER, project=LEG)
    await final.presses(PITCHER, _desk(DENG), act="sign", asked="1")


# Chair, deputy, organisers --------------------------------------------------------------------------------------------


@way("chair", "disqualifies the winner, who may not judge the last", caught="ruling.conflict")
async def disqualifies_in_conflict(final: OneFinal) -> None:
    await final.announced()
    await _asks(final, CHAIR)


@way(
    "chair",
    "has the deputy dismiss what is said about the jury",
    told="results, protocol, ruling.conflict, role.not_allowed",
)
async def dismisses_about_the_jury(final: OneFinal) -> None:
    await final.announced()
    number = await _objected(final, "jury")
    for who in (CHAIR, DEPUTY, LIN):
        await final.presses(who, _desk(who), act="dismiss", objection=number, reason="We were fair.")


@way("organiser", "rules on an objection of the team they belong to", told="results, protocol, ruling.conflict")
async def rules_for_the_own_team(final: OneFinal) -> None:
    await final.announced()
    number = await _objected(final)
    person, casting = final.person(ANNA), final.show.casting
    await casting.appoint(ANNA, Appointment(Role.PITCHER, ROOM, LEG), casting.revision(person))
    await final.presses(ANNA, _desk(ANNA), act="uphold", objection=number, reason="So it was.")
    await _asks(final, ANNA)


@way(
    "organiser",
    "objects for their team, leaves it, and rules on what they said",
    told="results, protocol, ruling.conflict",
)
async def rules_on_what_they_said(final: OneFinal) -> None:
    await final.announced()
    casting, pitches = final.show.casting, Appointment(Role.PITCHER, ROOM, LEG)
    await casting.appoint(ANNA, pitches, casting.revision(final.person(ANNA)))
    address = f"/as/{ANNA}/pitch/{LEG}/objection"
    await final.presses(ANNA, address, "Objection 1", category="eligibility", words=WORDS)
    await casting.dismiss(ANNA, pitches, casting.revision(final.person(ANNA)))
    (heard,) = await final.show.fields[ROOM].voting.aftermath.heard(ROOM)
    number = str(heard.objection.sequence)
    await final.presses(ANNA, _desk(ANNA), act="uphold", objection=number, reason="So it was.")
    await _asks(final, DENG, told=NO_EFFECT, objection=number)
    await _signs(final, ANNA)


@way("organiser", "asks for a disqualification and signs it alone", caught="amendment.second_person")
async def disqualifies_alone(final: OneFinal) -> None:
    await final.announced()
    await _asks(final, ANNA)
    await _signs(final, ANNA)


@way("organiser", "has a judge sign a disqualification", caught="role.not_allowed, amendment.moved_on")
async def a_judge_signs(final: OneFinal) -> None:
    await final.announced()
    await _asks(final, ANNA)
    await _signs(final, LIN)
    await final.presses(DENG, _desk(DENG), act="sign", asked="1")


@way("organiser", "disqualifies the winner together with another organiser", told="results, protocol")
async def disqualifies_the_winner(final: OneFinal) -> None:
    await final.announced()
    await _disqualified(final)


@way(
    "organiser",
    "turns a disqualification back and forth, so that the result is never final",
    told="results, protocol, amendment.repeated",
)
async def back_and_forth(final: OneFinal) -> None:
    await final.announced()
    await _disqualified(final)
    await _asks(final, DENG, "reinstate", told="Not theirs: reinstate.")
    await _signs(final, ANNA, told="Not theirs: reinstate.")
    await _asks(final, DENG, told="")


@way("organiser", "disqualifies the winner once the term is over", caught="result.final", own_clock=True)
async def disqualifies_too_late(final: OneFinal) -> None:
    await final.announced()
    await _asks(final, DENG)
    final.set_clock(Duration.minutes(72 * 60 + 1))
    await _signs(final, ANNA)
    await _asks(final, DENG)


# Whoever holds the store, or hands a record on ------------------------------------------------------------------------


@way("store", "puts an objection in that nobody made, so that the result is not final", caught="recount: acknowledged")
async def puts_an_objection_in(final: OneFinal) -> None:
    await final.announced()
    stored: Any = await final.store.hget(final.poll.meta, "spec")
    spec = msgspec.json.decode(stored, type=PollSpec)
    async with connect(final.world.url) as connected:
        store = RedisVoteStore(connected, final.keys)
        team = Object("jury", digest(b"team"), digest(b"words"))
        number = await store.after(spec, PITCHER, team, CommandId("forged-000001"), "{}")
        await store.after(spec, ANNA, Rule(number, True, "So it is."), CommandId("forged-000002"))
        await store.after(spec, DENG, AskAmendment(ARM, "disqualify", "Bought."), CommandId("forged-000003"))
        await store.after(spec, ANNA, Amend(number + 2), CommandId("forged-000004"))


@way("store", "puts other words in the place of what a team said", told="results, protocol, ledger.rewritten")
async def other_words(final: OneFinal) -> None:
    await final.announced()
    number = await _objected(final)
    said: Any = await final.store.hget(final.poll.words, number)
    assert await final.store.hset(final.poll.words, number, re.sub(rb"stopped", b"mended", said)) == 0
    await final.gets(_desk(DENG), DENG)


@way("store", "takes an objection out while the server is down", caught="no start: other votes")
async def takes_an_objection_out(final: OneFinal) -> None:
    await final.announced()
    number = await _objected(final)
    async with final.down():
        assert await final.store.xdel(final.poll.ledger, f"{number}-0") == 1
        await final.store.hset(final.poll.meta, "sequence", str(int(number) - 1))


@way("files", "hands the record of before a disqualification on as today's", caught="recount: head")
async def the_record_of_before(final: OneFinal) -> None:
    await final.announced()
    final.handed_on = (await final.published()).record
    await _disqualified(final)
