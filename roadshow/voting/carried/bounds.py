"""What terms cannot be, whoever has written them into a record. (pure)"""

from collections.abc import Sequence

from roadshow.ids import ProjectId, is_slug
from roadshow.voting.carried.terms import Source, Terms, is_published

MOST_SOURCES = 12
"""As many as a competition has fields."""
MOST_LINES = 200
"""Of one table, as many as a competition has projects."""


def strange_terms(terms: Terms, projects: Sequence[ProjectId]) -> str | None:
    """A sentence's end about the first thing that cannot be; None: nothing."""
    polls = [source.poll for source in terms.sources]
    if not 1 <= len(polls) <= MOST_SOURCES or len(set(polls)) != len(polls) or not all(map(is_slug, polls)):
        return "what is carried is not from fields with an id of their own"
    if not (0 <= terms.weight <= 100 and 0 <= terms.through <= MOST_LINES):
        return "a number of what is carried is out of range"
    here = [one.project for one in terms.came]
    if len(set(here)) != len(here) or not set(here) <= set(projects):
        return "a project comes from an earlier field twice, or is none of this one"
    if len({(one.source, one.was) for one in terms.came}) != len(here):
        return "a project of an earlier field comes twice"
    if not {one.source for one in terms.came} <= set(polls):
        return "a project comes from nowhere"
    return "the table of an earlier result" if not all(map(_is_sound, terms.sources)) else None


def _is_sound(source: Source) -> bool:
    """Of this competition, without a table; or of another one, with key and table."""
    named = [line.project for line in source.lines]
    return (
        bool(source.key) == (source.taken is not None) == bool(named)
        and (source.taken is None or source.taken.poll == source.poll)
        and len(set(named)) == len(named) <= MOST_LINES
        and all(line.place >= 1 and is_published(line.score) for line in source.lines)
    )
