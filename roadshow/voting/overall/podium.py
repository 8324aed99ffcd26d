"""The places of all fields together, from the fields' results that were announced. (pure)

Nobody can move anything in it: each field's chair has confirmed what it is made of, none of that can be taken back any
more, and whoever has the fields' records comes to the same (``overall.counting``). Two people sign all the same, that
nothing is announced which only one has looked at.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from roadshow.errors import Conflict
from roadshow.ids import PersonId, PollId, ProjectId
from roadshow.voting.aftermath.places import stand
from roadshow.voting.ballot import canonical, digest
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.results import CeremonyState, PlaceView, SignedResult, Standing, decode_result
from roadshow.voting.rules import evaluate_overall
from roadshow.voting.spec import PROCEDURE, PollSpec
from roadshow.voting.tally import PollState
from roadshow.voting.views import announcements, places_ahead, votes_of

OVERALL = PollId("ALL-FIELDS")
"""Under which its ledger is kept. No field can have this id: they are in small letters."""
DOMAIN = b"roadshow overall 1\n"
"""As ``signing.RESULT_DOMAIN``."""
NOBODY = PersonId("")
"""Chairs all fields."""

State = Literal["none", "waiting", "ready", "awaiting", "confirmed", "revealing", "revealed"]


class OverallView(msgspec.Struct, frozen=True, tag_field="section", tag="overall"):
    """Public: all that it is made of is published before it can be confirmed."""

    state: State
    """``none``: the rules ask for none. ``waiting``: some field has not announced its last place. ``ready``: an
    organiser may confirm it. ``awaiting``: a second person has yet to sign. Then as a field's ceremony."""
    announced: tuple[PlaceView, ...] = ()
    """In the order they were announced: 3, 2, 1."""
    remaining: int = 0
    """As ``CeremonyView``'s, once confirmed."""
    confirmed_by: PersonId | None = None
    """Who may not sign as the second person."""
    stands: bool = False
    """Signed by two: it takes the place of the fields' podiums on screens that show one."""


NONE = OverallView("none")


class FieldSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The field's result that was counted in."""

    poll: PollId
    version: int
    sequence: int
    head: str
    result: str
    """SHA-256 (hex) of it, as in the field's ``confirm``."""
    out: tuple[ProjectId, ...] = ()
    """Who was disqualified in it by then, in the order of the rundown."""


class OverallResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What two people sign."""

    fields: tuple[FieldSource, ...]
    """In the order of the definition."""
    standings: tuple[Standing, ...]
    """With all projects; who of them is ``out`` has no place on the podium."""
    provisional: bool
    estimator: str
    """The one that was used, for all fields alike."""
    confirmed_by: PersonId
    public_key: str
    signature: str
    """Ed25519 over ``DOMAIN`` and canonical JSON of all other fields."""


_decoder = msgspec.json.Decoder(OverallResult)


def overall_spec(specs: Sequence[PollSpec]) -> PollSpec:
    """What its ledger begins with: no judge has a ballot in it."""
    first = specs[0]
    return PollSpec(
        poll=OVERALL,
        projects=tuple(project for spec in specs for project in spec.projects),
        judges=(),
        chair=NOBODY,
        recused=(),
        criteria=first.criteria,
        rules=msgspec.structs.replace(first.rules, prizes=()),  # these are each field's own
        procedure=PROCEDURE,
    )


def source_of(result: SignedResult, out: tuple[ProjectId, ...] = ()) -> FieldSource:
    return FieldSource(result.poll, result.version, result.sequence, result.head, digest(canonical(result)), out)


def out_of_it(result: OverallResult) -> frozenset[ProjectId]:
    """Who was disqualified when it was confirmed, and is not announced."""
    return frozenset(project for source in result.fields for project in source.out)


def overall_result(fields: Sequence[tuple[PollSpec, PollState]], by: PersonId, signer: Signer) -> bytes:
    """Encoded, as it is stored. Raises Conflict("result.sealed") before the last field has announced its last place,
    Conflict("result.empty") if no project of any has a place."""
    sources: list[FieldSource] = []
    for spec, state in fields:
        if state.state is not CeremonyState.REVEALED or state.result is None:
            raise Conflict("result.sealed")
        result = decode_result(state.result)
        out = state.tally.aftermath.out
        sources.append(source_of(result, tuple(project for project in spec.projects if project in out)))
    counted = evaluate_overall([votes_of(spec, state.tally) for spec, state in fields])
    gone = {project for source in sources for project in source.out}
    if all(standing.place is None for standing in stand(counted.standings, gone)):
        raise Conflict("result.empty")
    unsigned = OverallResult(
        fields=tuple(sources),
        standings=counted.standings,
        provisional=counted.provisional,
        estimator=counted.estimator,
        confirmed_by=by,
        public_key=signer.public_key,
        signature="",
    )
    return canonical(msgspec.structs.replace(unsigned, signature=signer.sign(signed_text(unsigned))))


def signed_text(result: OverallResult) -> bytes:
    """What the signature is over."""
    names = [name for name in result.__struct_fields__ if name != "signature"]
    return DOMAIN + canonical({name: getattr(result, name) for name in names})


class OverallViews:
    """All that is shown of it, of one reading."""

    def __init__(
        self, specs: Sequence[PollSpec], is_over: bool, own: PollState | None, out: frozenset[ProjectId] = frozenset()
    ) -> None:
        """``is_over``: every field has announced its last place; ``own``: None until somebody confirmed it; ``out``:
        who is disqualified in any field."""
        self._out = out
        self._specs = specs
        self._is_over = is_over
        self._own = own

    def view(self) -> OverallView:
        if not is_offered(self._specs):
            return NONE
        result = self._result()
        if self._own is None or result is None:
            return OverallView("ready" if self._is_over else "waiting")
        if self._own.state is CeremonyState.AWAITING:
            return OverallView("awaiting", confirmed_by=result.confirmed_by)
        announced = self._places(result)[: self._own.announced]
        state: State = msgspec.convert(self._own.state.value, State)
        ahead = places_ahead(overall_spec(self._specs), announced)
        return OverallView(state, announced, ahead, result.confirmed_by, stands=True)

    def is_last(self, announced: int) -> bool:
        """Whether one announcement is left when so many were made. Raises Conflict("result.sealed") before it is
        confirmed."""
        result = self._result()
        if result is None:
            raise Conflict("result.sealed")
        return announced + 1 >= len(self._places(result))

    def published(self) -> OverallResult:
        """With the places that stand. Raises Conflict("result.sealed") before its last place was announced."""
        result = self.signed()
        return msgspec.structs.replace(result, standings=stand(result.standings, self._out))

    def signed(self) -> OverallResult:
        """As it was confirmed. Raises as ``published``."""
        result = self._result()
        if result is None or not self._is_revealed:
            raise Conflict("result.sealed")
        return result

    @property
    def _is_revealed(self) -> bool:
        return self._own is not None and self._own.state is CeremonyState.REVEALED

    def _places(self, result: OverallResult) -> tuple[PlaceView, ...]:
        """As it is announced, whoever is disqualified meanwhile; what stands is told once that is over."""
        out = self._out if self._is_revealed else out_of_it(result)
        return announcements(overall_spec(self._specs), stand(result.standings, out))

    def _result(self) -> OverallResult | None:
        return None if self._own is None or self._own.result is None else decode_overall(self._own.result)


def decode_overall(stored: bytes) -> OverallResult:
    """Raises msgspec.ValidationError."""
    return _decoder.decode(stored)


def is_offered(specs: Sequence[PollSpec]) -> bool:
    """Whether the rules ask for one."""
    return any(spec.rules.overall for spec in specs)
