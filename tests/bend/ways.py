"""Ways of bending a vote, by who takes them: what each is, and how it is expected to end."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from roadshow.voting.ledger.signing import Signer
from tests.bend.final import OneFinal, Scores, clear

Party: TypeAlias = Literal[
    "chair", "organiser", "judge", "clerk", "pitcher", "audience", "store", "key", "files", "process"
]
PARTIES: Final[Mapping[Party, str]] = MappingProxyType(
    {
        "chair": "The chair and the deputy",
        "organiser": "An organiser",
        "judge": "A judge",
        "clerk": "A clerk, alone or with another",
        "pitcher": "A startup that pitches",
        "audience": "Anybody in the audience",
        "store": "Whoever holds the store: its socket, its files, a backup",
        "key": "Whoever holds the signing key as well",
        "files": "Whoever hands on a record",
        "process": "Whoever runs the server",
    }
)

Ending: TypeAlias = Literal["caught", "told"]
Play: TypeAlias = Callable[[OneFinal], Awaitable[None]]
Forge: TypeAlias = Callable[[bytes, Signer], bytes]
"""Of the record that everybody gets, and the server's key, which only some hold."""


@dataclass(frozen=True)
class Way:
    party: Party
    what: str
    """A sentence for docs/trust.md; its subject is the party."""
    ending: Ending
    by: tuple[str, ...]
    """All of these catch or tell it, as ``verdict`` names them: a refusal's code, ``recount: chain``, ``protocol``."""
    play: Play | Forge
    forges: bool = False
    """It is no play but a forgery of the published record."""
    scores: Scores = clear
    rules: Mapping[str, Any] = field(default_factory=dict)
    """What differs of the competition's; ``carried``: what the final takes over."""
    learns: Scores | None = None
    """It is about learning something: it is played once more with these scores, and must see the same."""
    waits_for: str = ""
    """It is known to bend a vote until this is there; until then it counts as bent."""
    own_clock: bool = False
    """The show's clock is theirs: it stands until ``OneFinal.set_clock`` moves it."""

    @property
    def name(self) -> str:
        return f"{self.party}: {self.play.__name__}"


WAYS: Final[list[Way]] = []


def way(
    party: Party,
    what: str,
    *,
    caught: str = "",
    told: str = "",
    **options: Any,
) -> Callable[[Play], Play]:
    """``caught`` or ``told``: by what, several separated by a comma and a blank."""

    def enter(play: Play) -> Play:
        ending: Ending = "caught" if caught else "told"
        by = tuple((caught or told).split(", "))
        WAYS.append(Way(party, what, ending, by, play, **options))
        return play

    return enter


def forgery(party: Party, what: str, *, caught: str, **options: Any) -> Callable[[Forge], Forge]:
    """Of the record of a final that was played honestly."""

    def enter(forge: Forge) -> Forge:
        WAYS.append(Way(party, what, "caught", tuple(caught.split(", ")), forge, forges=True, **options))
        return forge

    return enter
