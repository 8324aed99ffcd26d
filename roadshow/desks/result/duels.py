"""How the jury has a project beside the others, pair by pair, in words. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from roadshow.ids import ProjectId
from roadshow.voting.explanation import Met

Sentence = tuple[str, Mapping[str, str]]


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


def met(step: Met, listed: Callable[[Iterable[ProjectId]], str]) -> Iterator[Sentence]:
    """``listed``: what projects are called, in a row."""
    if step.ahead_of:
        yield _("More judges put it ahead of: %(projects)s."), {"projects": listed(step.ahead_of)}
    if step.level_with:
        yield _("As many judges put it ahead as behind: %(projects)s."), {"projects": listed(step.level_with)}
    if step.behind:
        yield _("More judges put it behind: %(projects)s."), {"projects": listed(step.behind)}
