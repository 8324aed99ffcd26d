"""The house's programme: what takes place on which day, in all its competitions, and the editions of before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.competitions.definition import Competition
from roadshow.competitions.plan import ends_at, opens_at, slot_length
from roadshow.desks.public import FieldProgramme, programmes
from roadshow.desks.public_context import PublicContext
from roadshow.languages import catalogue
from roadshow.moments import Duration, Instant
from roadshow.pages.pages import Pages
from roadshow.settings import Settings
from roadshow.texts import Text


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


KINDS = {
    "final": _("Field final"),
    "roundtable": _("Roundtable"),
    "ceremony": _("Ceremony"),
    "talk": _("Talk"),
    "other": _("Event"),
}
PAST_AFTER = Duration.minutes(24 * 60)
"""From the end of its plan a competition is this long among the current ones: results are read the evening after. By
the plan, because in a rundown whoever has not pitched yet pitches from now on, be it years later."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that takes place. ``state`` and ``url`` are a field's; an event has neither, and is over when its time
    is."""

    at: Instant
    ends_at: Instant
    kind: str
    title: Text
    summary: Text
    state: str = ""
    url: str = ""
    competition: Text | None = None
    """Named where the house has several."""


@dataclass(frozen=True, slots=True)
class Day:
    items: tuple[Item, ...]
    is_today: bool

    @property
    def at(self) -> Instant:
        return self.items[0].at


@dataclass(frozen=True, slots=True)
class Edition:
    title: Text
    tagline: Text
    url: str
    ended_at: Instant


def base_of(competition: Competition, *, several: bool) -> str:
    """What its addresses begin with."""
    return f"/c/{competition.id}" if several else ""


def overview_for(competition: Competition, *, several: bool) -> str:
    """Where the house's programme is, if it has more to tell than the competition's own page."""
    return "/" if several else "/programme" if competition.events else ""


def pages_of_house(current: PublicContext, settings: Settings, *, several: bool) -> Pages:
    """As the current competition's; where there are several, links lead to none of them unless the page says so."""
    if not several:
        return current.pages
    return Pages(current.competition, settings, overview="/", static=current.pages.static)


def routes(contexts: Sequence[PublicContext], pages: Pages, *, is_home: bool) -> list[Route]:
    """``contexts``: the current one first, whose time zone and name the page has. ``is_home``: also at ``/``."""
    current = contexts[0]

    async def page(request: Request) -> Response:
        now, texts = current.clock.now(), catalogue(pages.language(request))
        several = len(contexts) > 1
        items: list[Item] = []
        editions: list[Edition] = []
        for context in contexts:
            ended_at = max(_planned_ends(context))
            if ended_at + PAST_AFTER < now:
                competition = context.competition
                editions.append(Edition(competition.title, competition.tagline, f"{context.base}/", ended_at))
            else:
                items += _items(context, await programmes(context), several=several)
        items.sort(key=lambda item: item.at)
        day_of = partial(texts.date, zone=current.competition.time_zone)
        return pages.render(
            request,
            "public/programme.html",
            mood="paper",
            module="programme",
            data={},
            now=now,
            several=several,
            days=[
                Day(tuple(those), is_today=day == day_of(now))
                for day, those in groupby(items, key=lambda item: day_of(item.at))
            ],
            kinds={kind: texts.gettext(text) for kind, text in KINDS.items()},
            competitions=[one for one in contexts if f"{one.base}/" not in {edition.url for edition in editions}],
            editions=sorted(editions, key=lambda edition: edition.ended_at, reverse=True),
        )

    paths = ("/programme", "/") if is_home else ("/programme",)
    return [current.guarded(path, page, "programme") for path in paths]


def _planned_ends(context: PublicContext) -> Iterator[Instant]:
    """Of all its fields and events."""
    competition = context.competition
    for field in competition.fields:
        slots = len(context.cast.projects_in(field.id))
        yield opens_at(field) + Duration(slots * slot_length(competition.stage).ms)
    yield from map(ends_at, competition.events)


def _items(context: PublicContext, fields: Sequence[FieldProgramme], *, several: bool) -> Iterator[Item]:
    competition = context.competition
    title = competition.title if several else None
    for one in fields:
        leaf = "results" if one.state == "results" else "watch"
        yield Item(
            at=one.begins_at,
            ends_at=one.ends_at,
            kind="final",
            title=one.field.title,
            summary=one.field.summary,
            state=one.state,
            url=f"{context.base}/rooms/{one.field.room}/{leaf}",
            competition=title,
        )
    for event in competition.events:
        yield Item(opens_at(event), ends_at(event), event.kind, event.title, event.summary, competition=title)
