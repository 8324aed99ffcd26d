"""Every page in every language, on the narrowest phone; and what the audience's page weighs."""

import gzip
import re
from pathlib import Path

from babel.messages.pofile import read_po
from playwright.async_api import Response, ViewportSize

from roadshow.texts import LANGUAGES
from tests.browser.conftest import People, Visit
from tests.browser.houses import House
from tests.browser.pages import AFTERWARDS, OVER, ROOM, a_crowd, opened
from tests.browser.shortcut import guest_of, let_vote, play_field
from tests.demo_server import DemoServer

LOCALES = Path(__file__).parents[2] / "web" / "locales"
PHONE: ViewportSize = {"width": 360, "height": 740}
OWN_SCRIPT_LIMIT = 36_200
"""Bytes of the audience page's own JavaScript, gzipped: a phone on a train loads it in a second."""

# All a reader sees or hears: texts, and the attributes that browsers and screen readers tell.
TEXTS = """() => {
  const texts = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.closest("script, style, code, .languages")) texts.push(walker.currentNode.data);
  }
  for (const element of document.body.querySelectorAll("[title], [aria-label], [alt], [placeholder]")) {
    if (element.closest(".languages")) continue;
    for (const name of ["title", "aria-label", "alt", "placeholder"]) texts.push(element.getAttribute(name) ?? "");
  }
  return [...new Set(texts.map(text => text.replaceAll(/\\s+/g, " ").trim()).filter(Boolean))];
}"""
WIDTHS = "[document.documentElement.scrollWidth, innerWidth]"
BEGIN_LINES = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const {data, parentElement} = walker.currentNode;
    if (!parentElement.closest("script, style") && / ·/.test(data)) found.push(data);
  }
  return found;
}"""
"""Texts in which a dot between two parts may come first in a line, which no language allows."""
UNFILLED = re.compile(r"%\(\w+\)s|\{\w+\}")
"""A place in a text where something goes."""
ENGLISH = re.compile(r"\b[a-z]{2,}(?: [a-z]{2,})+\b")
"""Two small Latin words in a row: no name, no unit, no key."""


def untranslated(language: str) -> re.Pattern[str]:
    """Any text of the interface as it is in English, with whatever it was filled with."""
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    texts: list[str] = []
    for message in catalogue:
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        said = [message.string] if isinstance(message.string, str) else list(message.string or ())
        # Some words are the same in both languages, and what is mostly filled in is like anything.
        texts += [text for text in ids if text not in said and len(UNFILLED.sub("", text)) > 3]
    assert len(texts) > 100, "where are the catalogues?"
    return re.compile("|".join(".+".join(map(re.escape, UNFILLED.split(text))) for text in texts))


async def look(
    visit: Visit, address: str, english: dict[str, re.Pattern[str]], languages: tuple[str, ...] = LANGUAGES
) -> list[str]:
    """What is wrong with a page, in each language."""
    await visit.page.set_viewport_size(PHONE)
    base = visit.page.url.split("/", 3)
    problems: list[str] = []
    for language in languages:
        await opened(visit, f"{base[0]}//{base[2]}{address}?lang={language}")
        said = await visit.page.locator("html").get_attribute("lang") or ""
        if said.split("-")[0] != language:
            problems.append(f"{address} in {language}: says that it is in {said}")
        wide, screen = await visit.page.evaluate(WIDTHS)
        if wide > screen:
            problems.append(f"{address} in {language}: {wide} px wide on a screen of {screen} px")
        begin_lines = await visit.page.evaluate(BEGIN_LINES)
        problems += [f"{address} in {language}: a dot may begin a line: {text}" for text in begin_lines]
        for text in await visit.page.evaluate(TEXTS):
            if UNFILLED.search(text):
                problems.append(f"{address} in {language}: not filled in: {text}")
            elif language in english and (english[language].fullmatch(text) or ENGLISH.search(text)):
                problems.append(f"{address} in {language}: English: {text}")
    return problems


async def test_every_page_is_in_its_readers_language_and_fits_a_phone(server: DemoServer, people: People) -> None:
    """Pitchers, juries and audiences are in three countries; nobody should have to read somebody else's language."""
    people.tolerant = True  # addresses that lead nowhere are part of it
    crowd = await a_crowd(people, ROOM)
    english = {language: untranslated(language) for language in LANGUAGES if language != "en"}
    problems = [problem for visit, address in crowd.pages() for problem in await look(visit, address, english)]

    # Once more while there is something to see, and when there is something to celebrate.
    others = tuple(english)
    organiser = await guest_of(server, crowd.organiser.page.context, "organiser")
    await let_vote(organiser, ROOM)
    for visit, address in crowd.during_the_show():
        problems += await look(visit, address, english, others)
    await play_field(server, organiser, OVER)
    for address in AFTERWARDS:
        problems += await look(crowd.anybody, address, english, others)
    assert not problems, "\n".join(problems)
    assert people.errors == []


async def test_the_audience_page_is_light(house: House, people: People) -> None:
    """Most of the audience comes by phone, many by a slow network."""
    responses: list[Response] = []
    visit = await people.visit("about:blank")
    visit.page.on("response", lambda response: responses.append(response))  # noqa: PLW0108  # it marks what it gets
    await opened(visit, f"{house.base}/rooms/{ROOM}/watch")
    scripts = [response for response in responses if response.url.startswith(f"{house.base}/static/")]
    scripts = [response for response in scripts if response.url.endswith(".js")]
    assert any(response.url.endswith("/watch.js") for response in scripts)
    assert sum([len(gzip.compress(await response.body(), 6)) for response in scripts]) < OWN_SCRIPT_LIMIT
