"""What is carried from earlier fields, in words. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from roadshow.competitions.stages import Carried
from roadshow.languages import Catalogue
from roadshow.voting.explanation import CarriedOver, Figure

Sentence = tuple[str, Mapping[str, str]]


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


def brings(step: CarriedOver, field: str, score: Callable[[Figure], str]) -> Iterator[Sentence]:
    """Of one project; ``field``: what its source is called; ``score`` writes a number as the reader does."""
    numbers = {
        "field": field,
        "place": str(step.place),
        "published": score(step.published),
        "value": score(step.value),
        "weight": str(step.weight),
        "own": score(step.own),
        "rest": str(100 - step.weight),
        "score": score(step.score),
    }
    if step.value == step.published:
        yield _("It brings %(value)s points from %(field)s, where it had place %(place)s."), numbers
    else:
        yield (
            _(
                "It brings %(value)s points from %(field)s, where it had place %(place)s: its %(published)s points "
                "there, measured by the best of that field."
            ),
            numbers,
        )
    yield _("Together: %(value)s × %(weight)s%% + %(own)s × %(rest)s%% = %(score)s."), numbers


def carried_rules(carried: Carried, fields: Sequence[str], texts: Catalogue) -> Iterator[Sentence]:
    """For a protocol; ``fields``: what is carried from, as they are called."""
    named = {
        "fields": texts.listed(fields),
        "weight": texts.number(carried.weight),
        "place": texts.number(carried.through),
    }
    if carried.weight and carried.scale == "points":
        yield _("Points from before make %(weight)s%% of the score, as they were published in: %(fields)s."), named
    elif carried.weight:
        yield (
            _(
                "Points from before make %(weight)s%% of the score, measured by the best of each, who brings 100: "
                "%(fields)s."
            ),
            named,
        )
    if carried.through:
        yield _("Only those are scored who had place %(place)s or a better one in: %(fields)s."), named
    else:
        yield _("Only those are scored who had a place in: %(fields)s."), named
