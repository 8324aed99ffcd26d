"""What projects and people are called is bound when the first window is opened, by hashes in the poll's spec. (pure)

Ballots are for ids. Whoever could give two projects each other's name once they were scored would have exchanged their
places as everybody reads them.
"""

from collections.abc import Iterator, Mapping

from roadshow.ids import PersonId, ProjectId
from roadshow.texts import Text
from roadshow.voting.ballot import canonical, digest
from roadshow.voting.ledger.record import Names
from roadshow.voting.spec import PollSpec, SealedNames


def sealed_names(projects: Mapping[ProjectId, Text], people: Mapping[PersonId, Text]) -> SealedNames:
    """``people``: everybody the spec names."""
    texts = [{one: (name.en, name.zh, name.ru) for one, name in names.items()} for names in (projects, people)]
    return SealedNames(
        projects=_hash({one: name.en for one, name in projects.items()}),
        people=_hash({one: name.en for one, name in people.items()}),
        languages=digest(canonical(texts)),
    )


def name_faults(spec: PollSpec, names: Names) -> Iterator[str]:
    """A sentence for each kind of names that are not those the voting began with."""
    if spec.names is None:
        return
    if _hash(names.projects) != spec.names.projects:
        yield "The projects have not the names with which the voting began."
    if names.people and _hash({one: names.people.get(one, "") for one in named(spec)}) != spec.names.people:
        yield "Chair and judges have not the names with which the voting began."


def named(spec: PollSpec) -> frozenset[PersonId]:
    """Everybody the spec names."""
    deputy = () if spec.deputy is None else (spec.deputy,)
    return frozenset((spec.chair, *deputy, *spec.judges, *spec.reserve))


def _hash(names: Mapping[ProjectId, str] | Mapping[PersonId, str]) -> str:
    return digest(canonical(names))
