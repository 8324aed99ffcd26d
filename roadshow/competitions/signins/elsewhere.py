"""Whose sign-ins another program has ended: ``roadshow revoke`` at the console tells the running server nothing, and
who put somebody out is the first question after a strange evening."""

from collections import Counter
from collections.abc import Iterable

from roadshow.competitions.invitations import Access
from roadshow.competitions.ports import PeopleStore
from roadshow.ids import PersonId


class Elsewhere:
    """Compares people's eras with what this process raised them to."""

    def __init__(self, store: PeopleStore) -> None:
        self._store = store
        self._known: dict[PersonId, int] = {}
        self._raising: Counter[PersonId] = Counter()
        """By this process, and not answered yet: an era read meanwhile may be either side's."""

    async def raise_era(self, person: PersonId) -> Access:
        """This process's own revocation. As the store's."""
        self._raising[person] += 1
        self._known.pop(person, None)  # what has become of it, if the store does not answer, only the next look knows
        try:
            access = await self._store.raise_era(person)
            self._known[person] = max(access.era, self._known.get(person, 0))
            return access
        finally:
            self._raising -= Counter([person])

    async def look(self, people: Iterable[PersonId]) -> tuple[PersonId, ...]:
        """Those whose era somebody else has raised since the last look; at the first one nobody."""
        eras = {person: access.era for person, access in (await self._store.access(people)).items()}
        found = []
        for person, era in eras.items():
            if self._raising[person]:
                continue
            if era > self._known.get(person, era):
                found.append(person)
            self._known[person] = max(era, self._known.get(person, era))
        return tuple(found)
