"""Who may do what after the podium. (pure)

Every place that moves, moves somebody else's. So whoever is recused from any project of the field, for whatever reason,
has no part in it: a chair who may not judge the second could else disqualify the first.
"""

from collections.abc import Collection

from roadshow.errors import InputError, NotAllowed, NotFound
from roadshow.ids import PersonId
from roadshow.voting.aftermath.acts import CATEGORIES, CHANGES, AfterAct, Amend, AskAmendment, Category, Object, Rule
from roadshow.voting.aftermath.state import Aftermath
from roadshow.voting.ballot import check_reason
from roadshow.voting.entitlement import office_of
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Pair


def may_hear(spec: PollSpec, recused: Collection[Pair], person: PersonId, category: Category) -> bool:
    """Whether they read what an objection says: who may rule on it."""
    office = office_of(spec, person)
    if office is None or any((person, project) in recused for project in spec.projects):
        return False
    return category != "jury" or office == "organiser"


def require_after(spec: PollSpec, recused: Collection[Pair], aftermath: Aftermath, by: PersonId, act: AfterAct) -> None:
    """Rulings and requests are the chair's, the deputy's and the organisers'; about the jury, the organisers' alone.
    Signatures are the deputy's and the organisers'. Raises NotAllowed("ruling.conflict", "result.not_chair",
    "amendment.second_person"), NotFound("project.unknown"), InputError("objection.malformed", "reason.length").
    ``recused``: all, declared and later ones. Whoever calls has checked that who is none of the jury organises."""
    if isinstance(act, Object):
        if act.category not in CATEGORIES:
            raise InputError("objection.malformed")
        return
    office = office_of(spec, by)
    if office is None:
        raise NotAllowed("amendment.second_person" if isinstance(act, Amend) else "result.not_chair")
    if any((by, project) in recused for project in spec.projects):
        raise NotAllowed("ruling.conflict")
    match act:
        case Rule(objection=number) | AskAmendment(objection=number):
            check_reason(act.reason)
            about = next((one.category for one in aftermath.objections if one.sequence == number), None)
            if about == "jury" and office != "organiser":
                raise NotAllowed("ruling.conflict")
            if isinstance(act, AskAmendment) and act.change not in CHANGES:
                raise InputError("objection.malformed")
            if isinstance(act, AskAmendment) and act.project not in spec.projects:
                raise NotFound("project.unknown")
        case Amend():
            asked = aftermath.request
            if office == "chair" or by in spec.judges or (asked is not None and asked.by == by):
                raise NotAllowed("amendment.second_person")
