"""What is compressed and given to everybody holds nothing that one person alone may know: next to what a stranger
chose, its length would betray it (BREACH), and a cache would hand it on.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import product
from pathlib import Path

import msgspec
import pytest

from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Appointment, Role
from roadshow.front.public.cache import Key
from roadshow.ids import CompetitionId
from roadshow.pages.pages import THEMES
from roadshow.texts import LANGUAGES, Text
from tests.front.fronted import COMPETITION, FIELD, TODAY, Fronted, fronted

SECOND = msgspec.structs.replace(load_preset("demo", today=TODAY), id=CompetitionId("second"))
SAID = "said-by-a-stranger"
TOKEN = re.compile(r'"(?:publish_token|watch_token|token)":"([^"]+)"')
LONGEST_PLAIN = 12
"""Characters of a word that may be anybody's."""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Fronted]:
    async with fronted(tmp_path, (COMPETITION, SECOND)) as house:
        yield house


def addresses(house: Fronted) -> Iterator[str]:
    """All that the front may answer, with all names there are; some of them are not there yet."""
    for site in house.answers._house._sites:
        for route in site.routes:
            for room in house.show.fields.rooms:
                for project in house.show.casting.cast.projects:
                    yield route.path_format.format(room=room, project=project, language="ru")


async def secrets_of(house: Fronted) -> dict[str, str]:
    """Everything that is somebody's, by what it is."""
    settings, show = house.house.settings, house.show
    found = {"signing key": (settings.data / "signing.key").read_text("utf-8").strip()}
    found |= {f"signing key {n}": one for n, one in enumerate(found["signing key"].split()) if len(one) > LONGEST_PLAIN}
    found["secret"] = settings.signing_secret().decode()
    found["voter"] = show.parts.context.voters.make(FIELD.room, 1, show.parts.context.clock.now()).text
    # Of jury, pitchers and the first organiser pages tell by design.
    name = Text(en="Somebody Unheard", zh="无名之人", ru="Некто Неизвестный")
    await show.casting.register(name, (Appointment(Role.ORGANISER),))
    found |= {"name 0": name.en, "name 1": name.zh, "name 2": name.ru}
    for number, person in enumerate(show.people):
        async with house.browser() as browser:
            token = await show.guests.invite(person.id)
            found[f"invitation {number}"] = await show.guests.invite(person.id)
            assert (await browser.post(f"/c/{COMPETITION.id}/i/{found[f'invitation {number}']}")).status_code < 400
            found[f"used invitation {number}"] = token
            found |= {f"cookie {number} {name}": value for name, value in browser.cookies.items()}
            for leaf in ("pitch", "practice", f"judge/{FIELD.room}", f"control/{FIELD.room}"):
                desk = await browser.get(f"/c/{COMPETITION.id}/as/{person.id}/{leaf}", follow_redirects=True)
                found |= {f"{leaf} {n} {number}": one for n, one in enumerate(TOKEN.findall(desk.text))}
    return found


async def test_no_page_for_everybody_holds_a_secret(house: Fronted) -> None:
    """Walks all addresses in all languages and themes, before the vote and after the reveal."""
    secrets = await secrets_of(house)
    kinds = {re.sub(r"[\d ].*", "", name) for name in secrets}
    assert {"invitation", "used", "cookie", "pitch", "practice", "name", "voter", "secret", "signing"} <= kinds
    seen = await walked(house, secrets)
    await house.vote()
    await house.reveal_all()
    seen |= await walked(house, secrets)
    assert {"/", "/programme", "/results", f"/rooms/{FIELD.room}/protocol", "/c/second/results"} <= seen
    assert len(house.answers._house._cache) == len(seen) * len(LANGUAGES) * len(THEMES)


async def walked(house: Fronted, secrets: Mapping[str, str]) -> set[str]:
    """Asks for everything as somebody who is signed in and says much; what there was."""
    cookies = "; ".join(f"{name.split()[-1]}={value}" for name, value in secrets.items() if "cookie" in name)
    headers = dict.fromkeys(("user_agent", "referer", "host", "x_forwarded_for", "x_forwarded_host", "origin"), SAID)
    seen: set[str] = set()
    for path, language, theme in product(dict.fromkeys(addresses(house)), LANGUAGES, THEMES):
        query, cookie = f"lang={language}&q={SAID}&{SAID}=1", f"theme={theme}; x={SAID}; {cookies}"
        answer = await house.get(path, query, cookie=cookie, **headers)
        if answer is None:
            continue
        seen.add(path)
        text = answer.body.decode(errors="replace") + str(answer.headers)
        assert SAID not in text, path
        assert "nonce" not in text, path
        assert [name for name, secret in secrets.items() if secret in text] == [], path
    return seen


async def test_two_browsers_get_the_same_bytes(house: Fronted) -> None:
    """Whoever they are, whatever they hold: one body for all."""
    await house.vote()
    await house.reveal_all()
    organiser = next(one for one in house.show.people if one.holds(Role.ORGANISER))
    async with house.browser() as browser:
        await browser.post(f"/c/{COMPETITION.id}/i/{await house.show.guests.invite(organiser.id)}")
        held = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    for path in dict.fromkeys(addresses(house)):
        one = await house.get(path, cookie=f"{held}; lang=en", accept_encoding="br")
        house.answers._house._cache._pages.clear()  # so that it is built for the other anew
        other = await house.get(path, "lang=en&utm=1", cookie="voter=other", accept_encoding="br", user_agent="other")
        assert (one is None) is (other is None)
        if one is not None and other is not None:
            assert one.body == other.body, path


async def test_a_page_is_kept_for_nothing_but_its_choices(house: Fronted) -> None:
    """A thousand ways to ask for one page are one page."""
    for number in range(50):
        await house.get("/results", f"n={number}", cookie=f"session={number}", accept_language=f"en;q=0.{number}")
    assert list(house.answers._house._cache._pages) == [Key("/results", "en", "auto")]


async def test_pages_of_people_are_never_compressed(house: Fronted) -> None:
    """Tokens stand in them beside what others may have chosen."""
    show, name = house.show, f"/c/{COMPETITION.id}"
    async with house.browser(**{"Accept-Encoding": "br, zstd, gzip"}) as browser:
        for person in show.people:
            await browser.post(f"{name}/i/{await show.guests.invite(person.id)}")
            for leaf in ("", "/pitch", "/practice", f"/judge/{FIELD.room}", f"/control/{FIELD.room}", "/people"):
                path = f"{name}/as/{person.id}{leaf}"
                answer = await browser.get(path, follow_redirects=True)
                assert "content-encoding" not in answer.headers, path
                assert await house.get(path) is None
