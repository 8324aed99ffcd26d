"""Objections, rulings and amendments, once the last place was announced. (pure)

Who objects is not in the ledger, so nothing here asks whose team it was.
"""

from roadshow.ids import PersonId
from roadshow.voting.aftermath.acts import MOST_OBJECTIONS, AfterBody
from roadshow.voting.ledger.proceedings.kinds import Kind, Kinds, written_as
from roadshow.voting.ledger.proceedings.standing import Impossible, Standing, require_reason
from roadshow.voting.results import CeremonyState
from roadshow.voting.tally import LedgerEntry

HOUR_MS = 3_600_000
HASH_DIGITS = 64


def _object(standing: Standing, entry: LedgerEntry, body: AfterBody) -> None:
    after = standing.after
    _require_published(standing)
    if body.by is not None or body.category is None or not _is_hash(body.team) or not _is_hash(body.words):
        raise Impossible("it is no objection")
    _require_term(standing)
    key = (len(after.amended), body.team or "")
    if after.objected.get(key, 0) >= MOST_OBJECTIONS:
        raise Impossible(f"its team has objected {MOST_OBJECTIONS} times before")
    after.objected[key] = after.objected.get(key, 0) + 1
    after.open[entry.sequence] = body.category


def _rule(standing: Standing, _entry: LedgerEntry, body: AfterBody) -> None:
    _require_published(standing)
    require_reason(body.reason)
    _require_open(standing, body.objection)
    _require_no_part(standing, body.by, body.objection)
    if body.upheld is None:
        raise Impossible("it says neither yes nor no")
    after = standing.after
    after.open.pop(body.objection or 0)
    if after.request is not None and after.request[1].objection == body.objection:
        after.request = None


def _ask(standing: Standing, entry: LedgerEntry, body: AfterBody) -> None:
    _require_published(standing)
    require_reason(body.reason)
    after = standing.after
    if body.project not in standing.projects or body.change is None:
        raise Impossible("there is no such amendment")
    if body.objection is None:
        _require_term(standing)
    else:
        _require_open(standing, body.objection)
    _require_no_part(standing, body.by, body.objection)
    if (body.project, body.change) in after.amended:
        raise Impossible("that was signed before")
    if body.change == "reinstate" and body.project not in after.out:
        raise Impossible(f"{body.project} is not disqualified")
    after.request = (entry.sequence, body)


def _amend(standing: Standing, _entry: LedgerEntry, body: AfterBody) -> None:
    _require_published(standing)
    after = standing.after
    if after.request is None or after.request[0] != body.asked:
        raise Impossible("no such request waits")
    asked = after.request[1]
    if body.by is None or body.by in (asked.by, standing.chair) or body.by in standing.judges:
        raise Impossible(f"{body.by} is no second person who could sign it")
    _require_no_part(standing, body.by, None)
    if asked.objection is None:
        _require_term(standing)
    else:
        after.open.pop(asked.objection)
    if asked.project is not None and asked.change is not None:  # so it was asked for
        after.amended.append((asked.project, asked.change))
        (after.out.add if asked.change == "disqualify" else after.out.discard)(asked.project)
    after.amended_at, after.request = standing.at, None


def _require_published(standing: Standing) -> None:
    """How many places there were to announce, the podium's count tells."""
    if standing.state is not CeremonyState.REVEALING:
        raise Impossible("no place was announced")


def _require_term(standing: Standing) -> None:
    after = standing.after
    published = max(after.published_at, after.amended_at)
    if standing.at >= published + standing.spec.rules.objection_hours * HOUR_MS:
        raise Impossible("the result was final")


def _require_open(standing: Standing, objection: int | None) -> None:
    if objection is None or objection not in standing.after.open:
        raise Impossible("that objection is not open")


def _require_no_part(standing: Standing, by: PersonId | None, objection: int | None) -> None:
    """Whoever is recused from any project, or is of the jury that is objected to, its reserve included, has no part in
    it."""
    is_office = by in (standing.chair, standing.deputy)
    if by is None or not (is_office or standing.is_organiser(by)):
        raise Impossible(f"{by} had not to decide that")
    if any((by, project) in standing.recused for project in standing.projects):
        raise Impossible(f"{by} is recused from a project of the field")
    if is_office and standing.after.open.get(objection or 0) == "jury":
        raise Impossible(f"{by} is of the jury that is objected to")


def _is_hash(text: str | None) -> bool:
    return text is not None and len(text) == HASH_DIGITS and set(text) <= set("0123456789abcdef")


KINDS: Kinds = {
    "object": Kind(written_as(AfterBody), _object),
    "rule": Kind(written_as(AfterBody), _rule),
    "ask-amendment": Kind(written_as(AfterBody), _ask),
    "amend": Kind(written_as(AfterBody), _amend),
}
