"""A final that follows a field final, as the public reads it."""

import html
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
from roadshow.competitions.stages import Came, Carried
from roadshow.fields.plans import poll_spec
from roadshow.ids import CommandId, CriterionId, RoomId
from roadshow.languages import TAGS
from roadshow.settings import Settings
from roadshow.store.connection import open_running_store
from roadshow.voting.acts import CloseCount
from roadshow.voting.key_file import load_signer
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.votes import Cast


def _two_stages() -> Competition:
    """The demo, whose second field is a final of the first: three of it come through, and one rule is its own."""
    demo = load_preset("demo", today=date(2026, 1, 1))
    first, final, *others = demo.fields
    before, after = (first_cast(demo).projects_in(field.id) for field in (first, final))
    came = tuple(Came(one.id, was.id) for one, was in zip(after, before, strict=False))
    carried = Carried(fields=(first.id,), weight=40, through=3, scale="best", came=came)
    own = msgspec.structs.replace(demo.rules, places=2, objection_hours=0)
    final = msgspec.structs.replace(final, carried=carried, rules=own)
    return msgspec.structs.replace(demo, fields=(first, final, *others))


COMPETITION = _two_stages()
FIRST, FINAL = (field.room for field in COMPETITION.fields[:2])


async def _announced(voting: VotingService, room: RoomId, through: int) -> None:
    spec = poll_spec(COMPETITION, next(one for one in COMPETITION.fields if one.room == room), first_cast(COMPETITION))
    numbers = count()

    def command() -> CommandId:
        return CommandId(f"command-{room}-{next(numbers):06}")

    for rank, project in enumerate(spec.projects[:through]):
        await voting.open_window(room, project, None)
        for judge in spec.judges:
            if (judge, project) not in spec.recused:
                scores = {CriterionId(one.id): max(one.maximum - rank, 0) for one in spec.criteria}
                await voting.cast(room, judge, Cast(command(), project, scores, 0))
        await voting.close_window(room, project)
    await voting.act(room, spec.chair, CloseCount(1), command())
    await voting.confirm(room, spec.chair, True, command())
    view = await voting.ceremony(room)
    while view.remaining:
        view = await voting.reveal_next(room, spec.chair, len(view.announced), command())


async def test_results_and_protocol_say_what_came_from_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In every language; and whoever has both records counts the final again."""
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    cast = first_cast(COMPETITION)
    specs = {field.room: poll_spec(COMPETITION, field, cast) for field in COMPETITION.fields}
    async with open_show(settings, COMPETITION) as show:
        async with open_running_store(settings, COMPETITION.id) as store:
            signer = load_signer(settings.data / "signing.key")
            voting = VotingService(vote_store(store, COMPETITION.id), signer, specs, Nobody())
            await _announced(voting, FIRST, len(specs[FIRST].projects))
            await _announced(voting, FINAL, 3)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(show.app), base_url=settings.public_url, headers={"Accept": "text/html"}
        ) as browser:
            title = COMPETITION.fields[0].title
            for language, tag in TAGS.items():
                for page in ("results", "protocol"):
                    told = await browser.get(f"/rooms/{FINAL}/{page}", params={"lang": language})
                    assert f'<html lang="{tag}"' in told.text
                    text = html.unescape(told.text).replace("\u00a0", " ")
                    assert f"{title.in_language(language)}" in text
                    assert "× 40% +" in text or "× 40 % +" in text, (language, page)
            results = (await browser.get(f"/rooms/{FINAL}/results?lang=en")).text
            assert "did not come through" in results
            assert f"roadshow recount {FINAL}.json {FIRST}.json" in results
            assert "or a better one in" in (await browser.get(f"/rooms/{FINAL}/protocol?lang=en")).text
            files = []
            for room in (FINAL, FIRST):
                files.append(tmp_path / f"{room}.json")
                files[-1].write_bytes((await browser.get(f"/rooms/{room}/record.json")).content)
    with pytest.raises(SystemExit) as ended:
        main(["recount", *map(str, files), f"--key={signer.public_key}"])
    said = capsys.readouterr().out
    assert ended.value.code == 0, said
    assert f"What is carried from {FIRST} is what its record comes to" in said
    assert "All fields together" not in said
