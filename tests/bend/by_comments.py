"""What may be tried with what judges write to the teams: by who looks it through, by judges, teams, and the store."""

from typing import Any, Final

from roadshow.ids import PersonId, ProjectId
from tests.bend.final import (
    ANNA,
    ARM,
    CHAIR,
    DENG,
    DEPUTY,
    EAR,
    LEG,
    LIN,
    MEI,
    NO_EFFECT,
    PITCHER,
    ROOM,
    Attempt,
    OneFinal,
    turned,
    words_of,
)
from tests.bend.ways import way

LOOKED_THROUGH: Final = {"comments": "chair"}
AT_ONCE: Final = {"comments": "after-result"}
TEAM: Final = f"/as/{PITCHER}/pitch/{ARM}/comments"


def _desk(who: str) -> str:
    return f"/as/{who}/comments/{ROOM}"


async def _page(final: OneFinal, who: str, path: str) -> str:
    """The words of a page, by whoever may open it; its refusal is written down."""
    cookie = {"Cookie": f"{await final.cookie(who)}; lang=en"}
    answer = await final.web.get(path, headers={"Accept": "text/html", **cookie})
    final.web.cookies.clear()
    return words_of(answer.text) if answer.is_success else str(answer.status_code)


async def _writes(final: OneFinal, who: str, project: ProjectId, words: str, revision: int = 0) -> None:
    """Honestly."""
    cookie = await final.cookie(who)
    said = {"project": project, "words": words, "revision": str(revision)}
    answer = await final.web.post(_desk(who), headers={"Origin": final.base, "Cookie": cookie}, data=said)
    final.web.cookies.clear()
    assert answer.status_code == 303, answer.text


async def _told(final: OneFinal) -> None:
    """Two judges write to a team what they gave, which only the team is to read, and nobody before the result."""
    await final.to_voting(ARM)
    for judge in (LIN, MEI):
        given = final.ballot(judge, ARM)["scores"]
        await _writes(final, judge, ARM, f"You have {sum(given.values())} points from me, {judge}.")


def _unseen(final: OneFinal, who: str, page: str, words: str) -> None:
    """Whether a page shows what nobody is to read on it: then something has come of it, which nobody is told."""
    shown = words in page
    final.attempts.append(Attempt(who, "reads a page", "", told="" if shown else NO_EFFECT))


@way(
    "chair",
    "reads what judges wrote to the teams before the result, at every desk of the office",
    caught="nothing to be learned",
    rules=LOOKED_THROUGH,
    learns=turned,
)
async def reads_comments_early(final: OneFinal) -> None:
    await _told(final)
    for step in (final.voted, final.counted, final.confirmed):
        await step()
        for who in (CHAIR, DEPUTY, ANNA):
            page = await _page(final, who, f"{_desk(who)}/all")
            final.seen.append(f"{who} reads {page}")
        final.seen.append(f"the chair's own: {await _page(final, CHAIR, _desk(CHAIR))}")


@way(
    "chair",
    "opens another judge's page, and writes in their name",
    caught="role.not_allowed",
    rules=LOOKED_THROUGH,
)
async def writes_as_another(final: OneFinal) -> None:
    await _told(final)
    await final.gets(_desk(DENG), CHAIR)
    await final.presses(ANNA, _desk(ANNA), project=ARM, words="You were the best.", revision="0")
    await final.presses(DENG, _desk(DENG), project=ARM, words="You were the best.", revision="0", judge=LIN)


@way(
    "chair",
    "releases their own comment, and withholds one for a project they have a conflict with",
    caught="ruling.conflict",
    rules=LOOKED_THROUGH,
)
async def releases_their_own(final: OneFinal) -> None:
    await final.to_voting(ARM)
    await _writes(final, CHAIR, ARM, "You were the best.")
    await final.vote_here()
    await final.to_voting(EAR)
    await _writes(final, LIN, EAR, "You were the best.")
    await final.announced()
    here = f"{_desk(CHAIR)}/all"
    await final.presses(CHAIR, here, act="release", judge=CHAIR, project=ARM, revision="1")
    await final.presses(CHAIR, here, act="withhold", judge=LIN, project=EAR, revision="1", reason="Not so.")


@way(
    "chair",
    "releases a comment while the count is open, or another text than they looked through",
    caught="result.sealed, comment.moved_on",
    rules=LOOKED_THROUGH,
)
async def releases_unread(final: OneFinal) -> None:
    await _told(final)
    said = {"act": "release", "judge": LIN, "project": ARM}
    await final.presses(CHAIR, f"{_desk(CHAIR)}/all", revision="1", **said)
    await final.announced()
    await _writes(final, LIN, ARM, "I said too much.", 1)
    await final.presses(CHAIR, f"{_desk(CHAIR)}/all", revision="1", **said)


@way(
    "judge",
    "writes to a team before its pitch, to one they have a conflict with, and pages of it",
    caught="comment.early, ballot.recused, comment.length",
    rules=AT_ONCE,
)
async def writes_out_of_turn(final: OneFinal) -> None:
    await final.to_voting(ARM)
    await final.presses(LIN, _desk(LIN), project=LEG, words="Good luck.", revision="0")
    await final.presses(CHAIR, _desk(CHAIR), project=EAR, words="Good luck.", revision="0")
    await final.presses(LIN, _desk(LIN), project=ARM, words="x" * 2_001, revision="0")


@way(
    "judge",
    "takes back or rewrites what the team has read",
    caught="comment.stands",
    rules=AT_ONCE,
)
async def rewrites_what_was_read(final: OneFinal) -> None:
    await _told(final)
    await final.announced()
    for words in ("", "You were the worst."):
        await final.presses(LIN, _desk(LIN), project=ARM, words=words, revision="1")
    _unseen(final, LIN, await _page(final, PITCHER, TEAM), "the worst")


@way(
    "pitcher",
    "reads what was written to them before the result, and to a rival after it",
    caught="room.not_yours",
    rules=AT_ONCE,
    learns=turned,
)
async def reads_early_and_others(final: OneFinal) -> None:
    await _told(final)
    for step in (final.voted, final.confirmed):
        await step()
        final.seen.append(f"the team reads {await _page(final, PITCHER, TEAM)}")
    await final.announced()
    await final.gets(f"/as/{PITCHER}/pitch/{LEG}/comments", PITCHER)


@way(
    "pitcher",
    "reads what was withheld, or waits to be looked through",
    caught="role.not_allowed",
    rules=LOOKED_THROUGH,
)
async def reads_what_was_withheld(final: OneFinal) -> None:
    await _told(final)
    await final.announced()
    said = {"act": "withhold", "judge": LIN, "project": ARM, "reason": "It tells of scores."}
    await final.presses(CHAIR, f"{_desk(CHAIR)}/all", NO_EFFECT, revision="1", **said)
    page = await _page(final, PITCHER, TEAM)
    for judge in (LIN, MEI):
        _unseen(final, PITCHER, page, f"from me, {judge}")
    await final.gets(f"{_desk(PITCHER)}/all", PITCHER)


@way("store", "puts other words in the place of a judge's comment", caught="without effect", rules=AT_ONCE)
async def other_words_in_a_comment(final: OneFinal) -> None:
    await _told(final)
    await _put_words(final, LIN, b"You were the worst.")
    await final.announced()
    page = await _page(final, PITCHER, TEAM)
    _unseen(final, "store", page, "the worst")


@way("store", "gives one judge's comment to another", caught="without effect", rules=AT_ONCE)
async def exchanges_comments(final: OneFinal) -> None:
    await _told(final)
    comments = final.poll.comments
    names = [name for what in ("words", "seal") for name in (f"{what}|{LIN}|{ARM}", f"{what}|{MEI}|{ARM}")]
    kept: Any = await final.store.hmget(comments, names)
    one, other, seal, its = kept
    await final.store.hset(comments, mapping=dict(zip(names, (other, one, its, seal), strict=True)))
    await final.announced()
    page = await _page(final, PITCHER, TEAM)
    for judge in (LIN, MEI):
        _unseen(final, "store", page, f"from me, {judge}")


async def _put_words(final: OneFinal, judge: PersonId, words: bytes) -> None:
    assert await final.store.hset(final.poll.comments, f"words|{judge}|{ARM}", words) == 0
