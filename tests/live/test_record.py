"""A field's record, from a running server and from a stopped one, to whoever wants to count again."""

import asyncio
import csv
import io
import re
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from itertools import count
from pathlib import Path

import httpx
import msgspec
import pytest

from roadshow.adapters import vote_store
from roadshow.app import open_show
from roadshow.cli import main
from roadshow.competitions.cast import first_cast
from roadshow.competitions.definition import Competition
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Role
from roadshow.fields.plans import poll_spec
from roadshow.ids import CommandId, CriterionId, RoomId
from roadshow.languages import TAGS
from roadshow.settings import Settings
from roadshow.show import Show
from roadshow.store.connection import open_running_store
from roadshow.voting.acts import CloseCount
from roadshow.voting.key_file import load_signer
from roadshow.voting.ledger.recount import recount
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.votes import Cast

TODAY = date(2026, 1, 1)
COMPETITION = load_preset("demo", today=TODAY)
FIELD = COMPETITION.fields[0]


@asynccontextmanager
async def _serving(settings: Settings, competition: Competition = COMPETITION) -> AsyncIterator[Show]:
    async with open_show(settings, competition) as show:
        yield show


async def _vote(settings: Settings) -> VotingService:
    """The first field, from the first window to the last place, beside the server."""
    spec = poll_spec(COMPETITION, FIELD, first_cast(COMPETITION))
    numbers = count()

    def command() -> CommandId:
        return CommandId(f"command-{next(numbers):06}")

    async with open_running_store(settings, COMPETITION.id) as store:
        signer = load_signer(settings.data / "signing.key")
        voting = VotingService(vote_store(store, COMPETITION.id), signer, {FIELD.room: spec}, Nobody())
        for rank, project in enumerate(spec.projects):
            await voting.open_window(FIELD.room, project, None)
            for judge in spec.judges:
                if (judge, project) not in spec.recused:
                    scores = {CriterionId(one.id): max(one.maximum - rank, 0) for one in spec.criteria}
                    await voting.cast(FIELD.room, judge, Cast(command(), project, scores, 0))
            await voting.close_window(FIELD.room, project)
        await voting.act(FIELD.room, spec.chair, CloseCount(1), command())
        await voting.confirm(FIELD.room, spec.chair, True, command())
        view = await voting.ceremony(FIELD.room)
        while view.remaining:
            view = await voting.reveal_next(FIELD.room, spec.chair, len(view.announced), command())
        return voting


def _browser(show: Show) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(show.app),
        base_url=show.settings.public_url,
        headers={"Origin": show.settings.public_url, "Accept": "application/json"},
    )


def _export(settings: Settings, room: RoomId, file: Path) -> None:
    main(["export", room, "--demo", "--data", str(settings.data), "--output", str(file)])


async def test_the_record_is_to_be_had_once_all_is_announced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the web, by the command line beside the running server, and after it has stopped: the same bytes."""
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    file, later = tmp_path / "record.json", tmp_path / "later.json"
    async with _serving(settings) as show, _browser(show) as browser:
        for name in ("record.json", "table.csv", "table.xlsx"):
            answer = await browser.get(f"/rooms/{FIELD.room}/{name}")
            assert (answer.status_code, answer.json()["code"]) == (409, "result.sealed")
        assert (await browser.get("/rooms/elsewhere/record.json")).json()["code"] == "room.unknown"
        with pytest.raises(SystemExit):
            await asyncio.to_thread(_export, settings, FIELD.room, file)
        assert "not announced yet" in capsys.readouterr().err
        voting = await _vote(settings)
        answer = await browser.get(f"/rooms/{FIELD.room}/record.json")
        assert recount(answer.content, voting.public_key).faults == ()
        assert "attachment" in answer.headers["content-disposition"]
        answer_of_table = await browser.get(f"/rooms/{FIELD.room}/table.csv")
        table = list(csv.reader(io.StringIO(answer_of_table.content.decode("utf-8-sig"))))
        assert table[0][:4] == ["Place", "Project", "Project's id", "Points"]
        assert [line[0] for line in table[1:4]] == ["1", "2", "3"]
        book = zipfile.ZipFile(io.BytesIO((await browser.get(f"/rooms/{FIELD.room}/table.xlsx?lang=zh")).content))
        assert "名次" in book.read("xl/sharedStrings.xml").decode()
        await asyncio.to_thread(_export, settings, FIELD.room, file)
    await asyncio.to_thread(_export, settings, FIELD.room, later)
    assert file.read_bytes() == later.read_bytes() == answer.content
    with pytest.raises(SystemExit):
        await asyncio.to_thread(_export, settings, RoomId("elsewhere"), file)
    assert "There is no room elsewhere" in capsys.readouterr().err


async def test_what_is_announced_can_be_read_by_anybody_in_every_language(tmp_path: Path) -> None:
    """What only these pages ask of a result, a template asks: no type check sees whether it is there."""
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    async with _serving(settings) as show, _browser(show) as browser:
        await _vote(settings)
        for path in (f"/rooms/{FIELD.room}/protocol", f"/rooms/{FIELD.room}/results", "/results", "/", "/programme"):
            for language, tag in TAGS.items():
                answer = await browser.get(path, params={"lang": language}, headers={"Accept": "text/html"})
                assert answer.status_code == 200, (path, language)
                assert f'<html lang="{tag}"' in answer.text, path


async def test_where_judges_are_not_named_the_record_is_for_those_it_is_about(tmp_path: Path) -> None:
    """The ledger tells who gave what."""
    rules = msgspec.structs.replace(COMPETITION.rules, show_judges=False)
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    async with _serving(settings, msgspec.structs.replace(COMPETITION, rules=rules)) as show:
        for role, code in (
            (Role.AUDIENCE, "sign_in.needed"),
            (Role.PITCHER, "sign_in.needed"),
            (Role.JUDGE, "result.sealed"),
        ):
            async with _browser(show) as browser:
                if role is not Role.AUDIENCE:
                    person = next(one for one in show.people if one.role is role)
                    await browser.post(f"/i/{await show.guests.invite(person.id)}")
                answer = await browser.get(f"/rooms/{FIELD.room}/record.json")
                assert answer.json()["code"] == code


async def test_a_judges_number_tells_nothing_of_the_published_jury(tmp_path: Path) -> None:
    """No page names who gave what, and each lists the numbers by themselves."""
    rules = msgspec.structs.replace(COMPETITION.rules, show_judges=False)
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    async with _serving(settings, msgspec.structs.replace(COMPETITION, rules=rules)) as show, _browser(show) as browser:
        await _vote(settings)
        # Who confirms is named.
        named = [juror.name.en for juror in show.casting.cast.jury_of(FIELD) if not juror.chair]
        for path in ("protocol", "results"):
            page = (await browser.get(f"/rooms/{FIELD.room}/{path}", params={"lang": "en"})).text
            assert re.search(r"Judge 1\b.*Judge 2\b", page, re.DOTALL), path
            assert not [name for name in named if name in page], path
