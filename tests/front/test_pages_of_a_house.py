"""The front's pages are the house's own, as new as all that sockets have told, and the same for everybody."""

import asyncio
import errno
import re
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from starlette.routing import Route

from roadshow.access.roles import Visitor
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Role
from roadshow.desks.control import desk as control
from roadshow.front.public import pages
from roadshow.front.public.cache import CALM, FRESH_FOR
from roadshow.front.public.reading import PublicReading
from roadshow.ids import CompetitionId, PersonId, RoomId
from roadshow.live.messages import Message
from roadshow.pages.static import StaticFiles
from roadshow.rooms.commands import Skip
from roadshow.texts import LANGUAGES, Text
from roadshow.voting.service import Nobody
from tests.front.fronted import COMPETITION, FIELD, TODAY, Fronted, asked, fronted

PROJECT = COMPETITION.projects[0].id
SEVERAL = (COMPETITION, replace(load_preset("demo", today=TODAY), id=CompetitionId("second")))
PUBLIC = (
    "/",
    "/programme",
    "/results",
    f"/projects/{PROJECT}",
    "/manifest/ru.webmanifest",
    f"/rooms/{FIELD.room}/screen",
    f"/rooms/{FIELD.room}/watch",
    f"/rooms/{FIELD.room}/results",
    f"/rooms/{FIELD.room}/protocol",
    f"/rooms/{FIELD.room}/table.csv",
    f"/rooms/{FIELD.room}/table.xlsx",
)
NAMED = tuple(f"/c/{COMPETITION.id}{path}" for path in PUBLIC if path != "/programme")


@pytest.fixture
async def final(tmp_path: Path) -> AsyncIterator[Fronted]:
    async with fronted(tmp_path) as final:
        yield final


@pytest.fixture
async def announced(final: Fronted) -> Fronted:
    await final.vote()
    await final.reveal_all()
    return final


async def same_as_the_house(final: Fronted, paths: tuple[str, ...]) -> None:
    for path in paths:
        for language in LANGUAGES:
            for theme in ("auto", "dark"):
                cookie = f"lang={language}; theme={theme}"
                async with final.browser(Cookie=cookie, Accept="text/html") as browser:
                    own = await browser.get(path)
                answer = await final.get(path, cookie=cookie)
                assert answer is not None, path
                assert (answer.status, answer.body) == (own.status_code, own.content), (path, cookie)
                told = {name.lower(): value for name, value in answer.headers}
                for header in set(own.headers) - {"content-length", "x-request-id"}:
                    assert told[header] == own.headers[header], path


async def test_the_fronts_pages_are_the_houses_own(announced: Fronted) -> None:
    """Whoever happens to be answered by the house must not see another page."""
    await same_as_the_house(announced, (*PUBLIC, *NAMED, "/robots.txt", "/favicon.ico", "/apple-touch-icon.png"))


async def test_each_of_several_competitions_has_its_pages(tmp_path: Path) -> None:
    """The first also without its name; the house's programme shows all."""
    async with fronted(tmp_path, SEVERAL) as final:
        await same_as_the_house(final, ("/", "/programme", "/c/second/", "/c/second/results", "/results"))
        assert await final.get("/c/third/results") is None


async def test_what_is_not_everybodys_or_not_there_is_the_houses(final: Fronted) -> None:
    """And leaves nothing behind: addresses can be made up without end."""
    for path in (
        f"/as/{final.show.people[0].id}/control",
        "/i/token",
        f"/rooms/{FIELD.room}/record.json",
        f"/rooms/{FIELD.room}/protocol",
        f"/rooms/{FIELD.room}/voters/booth",
        f"/rooms/{FIELD.room}/whep",
        "/rooms/elsewhere/results",
        "/projects/nobodys",
        "//evil/x",
        "/results/",
        "/static/x/css/README.md",
        "/manifest/xx.webmanifest",
        "/health",
        "/metrics",
    ):
        assert await final.get(path) is None, path
    assert len(final.answers._house._cache) == 0


async def test_no_desk_can_get_among_the_public_pages(final: Fronted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked here who they are."""
    reading = PublicReading(
        COMPETITION, final.store, final.show.parts.context.pages, "", final.show.parts.context.clock
    )

    def desk(context: object) -> list[Route]:
        return [reading.guarded("/as/{person}/control", control.routes, "control")]

    with pytest.raises(ValueError, match="control"):
        desk(reading)


class Socket:
    """One of the audience, who asks for a page the moment anything is told."""

    visitor = Visitor(None, "127.0.0.1")

    def __init__(self, final: Fronted, path: str) -> None:
        self._final = final
        self._path = path
        self.told: list[str] = []
        self.found: list[bool] = []
        """Of each message, whether a page of before would still have been given out."""

    def send(self, message: Message) -> None:
        raise AssertionError(message)

    def send_event(self, room: RoomId, frame: str) -> None:
        self.told.append(frame)
        self.found.append(self._final.answers.ready(asked(self._path)) is not None)

    send_snapshot = send_event

    def end(self, code: int, reason: str, last: Message | None = None) -> None:
        raise AssertionError(reason)


@pytest.mark.parametrize("path", ["/results", f"/rooms/{FIELD.room}/results", "/programme", "/"])
async def test_after_a_place_was_told_no_page_is_without_it(final: Fronted, path: str) -> None:
    """Who hears of a place and reloads must find it, also in the very moment in which it is told."""
    await final.vote()
    socket = Socket(final, path)
    final.show.hub.join(socket)
    await final.show.hub.follow(socket, FIELD.room)
    announced = 0
    while True:
        await final.get(path)
        assert final.answers.ready(asked(path)) is not None
        socket.told.clear()
        socket.found.clear()
        remaining = await final.reveal(announced)
        announced += 1
        assert '"ceremony"' in socket.told[-1]
        assert not socket.found[-1]
        async with final.browser(Cookie="lang=en") as browser:
            assert (await final.text(path, cookie="lang=en")) == (await browser.get(path)).text
        if not remaining:
            break
    final.show.hub.leave(socket)


async def test_who_comes_before_the_news_does_not_see_more_than_the_page(
    final: Fronted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A snapshot is read from the store, and may tell of a place that nobody was told of yet."""
    await final.vote()
    path = "/results"
    await final.get(path)
    # Another server's act, or one whose news still waits for the store: nobody tells this house of it.
    monkeypatch.setattr(final.voting, "_listener", Nobody())
    await final.voting.reveal_next(FIELD.room, PersonId("organiser"), 0, final.command())
    assert final.answers.ready(asked(path)) is not None
    socket = Socket(final, path)
    final.show.hub.join(socket)
    await final.show.hub.follow(socket, FIELD.room)
    assert '"announced":[{' in socket.told[0]
    assert not socket.found[0]
    final.show.hub.leave(socket)


async def test_a_skipped_project_and_another_name_are_seen_at_once(final: Fronted) -> None:
    """Of the room and of the cast, too."""
    before = await final.text("/")
    slot = final.show.fields.rooms[FIELD.room].snapshot().rundown.slots[0]
    await final.show.fields.rooms[FIELD.room].ask(Skip(slot=slot.slot))
    skipped = await final.text("/")
    assert skipped != before
    judge = next(one for one in final.show.people if one.holds(Role.JUDGE, room=FIELD.room))
    named = replace(judge, name=Text(en="Another Name", zh="别名", ru="Другое имя"))
    await final.show.casting.change_person(named, final.show.casting.revision(judge))
    assert "Another Name" in await final.text("/")
    async with final.browser(Cookie="lang=en") as browser:
        assert await final.text("/", cookie="lang=en") == (await browser.get("/")).text


async def test_a_page_of_which_nothing_is_heard_is_read_anew_after_a_while(final: Fronted) -> None:
    """Times of a plan move with the clock; and should the house be gone, nobody says that something changed."""
    await final.get("/results")
    final.machine.now += FRESH_FOR - 0.01
    assert final.answers.ready(asked("/results")) is not None
    reads = final.store.reads
    final.machine.now += 0.02
    assert final.answers.ready(asked("/results")) is None
    assert await final.get("/results") is not None
    assert final.store.reads > reads


async def test_a_crowd_that_comes_at_once_has_the_page_built_once(final: Fronted) -> None:
    """At the reveal all of them come in one moment."""
    await final.vote()
    await final.reveal_all()
    made = 0

    async def counted() -> None:
        nonlocal made
        made += 1
        await asyncio.sleep(0)

    final.store.before = counted
    everybody = [final.answers.make(asked(f"/rooms/{FIELD.room}/results", f"seen={n}")) for n in range(300)]
    answers = await asyncio.gather(*everybody)
    assert len({answer.body for answer in answers if answer is not None}) == 1
    assert None not in answers
    # The cast, each room, one poll, its ledger to the end, and its field's award.
    assert made == 1 + len(COMPETITION.fields) + 1 + 2 + 1


async def test_without_descriptors_the_last_page_is_better_than_none(
    final: Fronted, caplog: pytest.LogCaptureFixture
) -> None:
    """In a flood the house runs out of them, and a traceback for each page asked for would fill the log."""
    page = await final.text("/results")

    async def no_descriptor() -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    final.store.before = no_descriptor
    final.revisions.advance(0)
    for _ in range(3):
        answer = await final.get("/results")
        assert answer is not None
        assert answer.body.decode() == page
    assert not any(one.exc_info for one in caplog.records)
    said = [vars(one).get("reason") for one in caplog.records if "Public pages stay as they were" in one.getMessage()]
    assert said == ["Too many open files"]


async def test_while_the_store_is_away_the_last_page_is_better_than_none(
    final: Fronted, caplog: pytest.LogCaptureFixture
) -> None:
    """A hall that reloads sees what it saw; what was never built, the house answers as it can."""
    page = await final.text("/results")
    final.store.is_away = True
    final.revisions.advance(0)
    for _ in range(3):
        answer = await final.get("/results")
        assert answer is not None
        assert answer.body.decode() == page
        assert ("X-Stale", "store.away") in answer.headers
    assert await final.get("/") is None
    said = [vars(one).get("reason") for one in caplog.records if "Public pages stay as they were" in one.getMessage()]
    assert said == ["The store does not answer. See that it runs and can be reached. (store.away)"]
    final.store.is_away = False
    final.machine.now += pages.TRY_AGAIN
    answer = await final.get("/results")
    assert answer is not None
    assert ("X-Stale", "store.away") not in answer.headers


async def test_a_store_that_hangs_keeps_nobody_waiting_who_could_have_a_page(
    final: Fronted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the first who asks, nor all who come after."""
    page = await final.text("/results")
    monkeypatch.setattr(pages, "PATIENCE", 0.05)  # only now: a busy machine may take longer for a page that is there
    final.revisions.advance(0)
    final.store.before = asyncio.Event().wait
    async with asyncio.timeout(10):
        answers = await asyncio.gather(*(final.get("/results") for _ in range(50)))
    assert {answer.body.decode() for answer in answers if answer is not None} == {page}
    assert None not in answers


async def test_a_queue_of_pages_to_be_built_is_no_store_that_is_away(
    final: Fronted, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """After a reveal every page is built anew, one after another: the last of them waits for long, and a page from
    before the reveal would be wrong."""
    every = [
        asked(path, f"lang={language}", cookie=f"theme={theme}")
        for path in ("/", "/results", f"/rooms/{FIELD.room}/results", f"/rooms/{FIELD.room}/watch")
        for language in ("en", "zh", "ru")
        for theme in ("auto", "light", "dark")
    ]
    for one in every:
        assert await final.answers.make(one) is not None
    monkeypatch.setattr(pages, "PATIENCE", 0.2)
    final.revisions.advance(0)
    built = pages.PageHouse._built

    async def slowly(*of: Any) -> Any:
        await asyncio.sleep(0.02)
        return await built(*of)

    monkeypatch.setattr(pages.PageHouse, "_built", slowly)
    answers = await asyncio.gather(*(final.answers.make(one) for one in every))
    assert [answer for answer in answers if answer is None or ("X-Stale", "store.away") in answer.headers] == []
    assert not [one for one in caplog.messages if "store is away" in one]


async def test_a_store_that_hangs_is_found_out_once_for_all_who_wait(
    final: Fronted, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Also while somebody asks for a page that was never built: the others can have theirs."""
    await final.text("/results")
    monkeypatch.setattr(pages, "PATIENCE", 0.05)
    final.revisions.advance(0)
    final.store.before = asyncio.Event().wait
    reads = final.store.reads
    async with asyncio.timeout(10):
        first, *others = await asyncio.gather(final.get("/"), *(final.get("/results") for _ in range(50)))
    assert first is None, "the house has to answer"
    assert all(other is not None and ("X-Stale", "store.away") in other.headers for other in others)
    assert final.store.reads == reads + 1
    assert len([one for one in caplog.messages if "stay as they were" in one]) == 1


async def test_who_gives_up_waiting_takes_the_page_from_nobody(final: Fronted) -> None:
    """A closed connection's request is cancelled; others wait for what it began."""
    going = asyncio.Event()
    final.store.before = going.wait
    first = asyncio.create_task(final.answers.make(asked("/results")))
    second = asyncio.create_task(final.answers.make(asked("/results")))
    await asyncio.sleep(0)
    first.cancel()
    going.set()
    assert await second is not None


async def test_the_address_chooses_a_language_and_the_browser_keeps_it(final: Fronted) -> None:
    """The choice is in the header of one answer, never in what is kept for all."""
    chosen = await final.get("/results", "lang=zh&x=1")
    assert chosen is not None
    assert any(name == "Set-Cookie" and value.startswith("lang=zh;") for name, value in chosen.headers)
    other = await final.get("/results", accept_language="zh")
    assert other is not None
    assert other.body == chosen.body
    assert not any(name == "Set-Cookie" for name, _ in other.headers)
    assert not any(name == "Set-Cookie" for name, _ in (await final.get("/results", "lang=xx&slang=zh")).headers)  # type: ignore[union-attr]


async def test_a_long_address_or_cookie_is_not_read_to_its_end(final: Fronted) -> None:
    """Reading all of it would keep everybody waiting for milliseconds; a cookie among those of several roles counts."""
    roles = "; ".join(f"role-{number}={'x' * 200}" for number in range(20))
    page = await final.text("/results", cookie=f"{roles}; theme=dark; lang=ru")
    assert page == await final.text("/results", cookie="lang=ru;theme=dark")
    assert page != await final.text("/results", cookie=f"{'a=b;' * 15_000}theme=dark; lang=ru")
    assert page != await final.text("/results", cookie="mytheme=dark; theme=dark; xlang=ru")
    far = await final.text("/results", "a=b&" * 15_000 + "lang=ru")
    assert far == await final.text("/results")


@pytest.mark.parametrize("path", ["/results%0a", f"/rooms/{FIELD.room}/results%0A", "/%00", "/health%0a", "/%7F"])
async def test_a_control_character_leads_nowhere(final: Fronted, path: str) -> None:
    """A pattern overlooks a line's end: each page would have another address, and another place in memory."""
    async with final.browser() as browser:
        answer = await browser.get(path)
    assert answer.status_code == 404


async def test_a_browser_that_has_the_page_is_told_so(final: Fronted) -> None:
    """A reload in the hall costs a hundred bytes; a changed page is another."""
    page = await final.get("/results", accept_encoding="br")
    assert page is not None
    headers = dict(page.headers)
    assert headers["Content-Encoding"] == "br"
    again = await final.get("/results", accept_encoding="br", if_none_match=headers["ETag"])
    assert again is not None
    assert (again.status, again.body) == (304, b"")
    assert dict(again.headers)["ETag"] == headers["ETag"]
    await final.vote()
    await final.reveal(0)
    changed = await final.get("/results", accept_encoding="br", if_none_match=headers["ETag"])
    assert changed is not None
    assert changed.status == 200


async def test_what_many_ask_for_is_compressed_better(final: Fronted, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a thread, after the quick form has gone out."""
    files = StaticFiles.encoded  # they come first, and all of them take a core for seconds
    monkeypatch.setattr(StaticFiles, "encoded", lambda static: islice(files(static), 3))
    first = await final.get("/results", accept_encoding="br")
    assert first is not None
    final.machine.now += CALM
    working = asyncio.create_task(final.answers.run())
    async with asyncio.timeout(60):
        while (now := await final.get("/results", accept_encoding="br")) is not None:
            if dict(now.headers)["ETag"].endswith('-br11"'):
                break
            await asyncio.sleep(0.01)
    assert now is not None
    assert len(now.body) < len(first.body)
    known = await final.get("/results", if_none_match=dict(first.headers)["ETag"])
    assert known is not None
    assert known.status == 304
    working.cancel()
    await asyncio.wait({working})


async def test_the_files_of_every_page_are_ready(announced: Fronted) -> None:
    """A crowd pays for each file; none of them waits for the house."""
    for path in (one for one in PUBLIC if not one.endswith(".xlsx")):  # which is no text, and names no file
        html = await announced.text(path)
        for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', html):
            answer = announced.answers.ready(asked(address, accept_encoding="gzip"))
            assert answer is not None, address
            assert dict(answer.headers)["Cache-Control"].endswith("immutable")
