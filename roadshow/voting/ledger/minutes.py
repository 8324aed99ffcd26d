"""What was done to a count beside the ballots, as the ledger has it: for the result's pages. (pure)"""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from roadshow.ids import PersonId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.acts import BY_RULE, ActBody, ConfirmBody, RevoteBody, SettleBody
from roadshow.voting.ballot import digest
from roadshow.voting.calibration.rounds import CalibrateBody
from roadshow.voting.deliberation.acts import DeliberateBody
from roadshow.voting.deliberation.revised import revised_in
from roadshow.voting.identity.browsers import UsedBrowser
from roadshow.voting.ledger.counting import browser_of, key_of
from roadshow.voting.ledger.late import LateWord, late_words
from roadshow.voting.ledger.opened import Stretch, stretches
from roadshow.voting.office.history import Offices
from roadshow.voting.paper.told import PaperWord, paper_words
from roadshow.voting.questions.acts import QuestionBody
from roadshow.voting.questions.state import Question
from roadshow.voting.review import Office
from roadshow.voting.spec import KEYLESS, PollSpec
from roadshow.voting.tally import LedgerEntry

MinuteKind = Literal[
    "calibrate",
    "close-count",
    "ask-reopening",
    "reopen",
    "void",
    "restore",
    "penalty",
    "ask-substitute",
    "substitute",
    "ask-chair",
    "pass-chair",
    "settle",
    "revote",
    "confirm",
    "show-cards",
    "question",
    "casting-vote",
    "sign-key",
    "deliberate",
]

_BODIES: Mapping[
    str, type[CalibrateBody | ActBody | SettleBody | RevoteBody | ConfirmBody | QuestionBody | DeliberateBody]
] = {
    "calibrate": CalibrateBody,
    "close-count": ActBody,
    "ask-reopening": ActBody,
    "reopen": ActBody,
    "void": ActBody,
    "restore": ActBody,
    "penalty": ActBody,
    "ask-substitute": ActBody,
    "substitute": ActBody,
    "ask-chair": ActBody,
    "pass-chair": ActBody,
    "settle": SettleBody,
    "revote": RevoteBody,
    "confirm": ConfirmBody,
    "show-cards": ActBody,
    "question": QuestionBody,
    "casting-vote": QuestionBody,
    "sign-key": ActBody,
    "deliberate": DeliberateBody,
}


_acts = msgspec.json.Decoder(ActBody)


class Minute(msgspec.Struct, frozen=True):
    """One act: who, by their office, and why."""

    kind: MinuteKind
    at: Instant
    office: Office | Literal["rule"]
    """``rule``: it came about by itself."""
    number: int
    """Of the count that is closed or opened, of the version that is confirmed, or of the round; of a deliberation, how
    many ballots were revised in it; of a calibration round, how many judges handed in a card; else of the count."""
    reason: str = ""
    judge: PersonId | None = None
    """Whose ballots."""
    projects: tuple[ProjectId, ...] = ()
    """Of a settled tie: best first."""
    points: int = 0
    """Hundredths; 0 lifts the penalty."""
    substitute: PersonId | None = None
    """Who is to have the judge's seat, from the project on."""
    chair: PersonId | None = None
    """Who is to have the chair's office."""
    missing: int = 0
    """Judges whose cards were not among those that were shown."""
    asked: Question | None = None
    """What was put to the jury, with all votes on it; or what the casting vote is on."""
    keyless: bool = False
    """From here on the judge votes without a key of their own."""


class BrowserUse(msgspec.Struct, frozen=True):
    """A judge voted in a browser: whoever comes by a link of theirs can, too."""

    judge: PersonId
    number: int
    """Of the judge's browsers, from 1 on."""
    since: Instant
    """When they signed in there."""
    at: Instant
    """When they first voted there."""
    link: Office | None
    """Whose link they came by. None: nobody's at a desk."""


class Minutes(msgspec.Struct, frozen=True):
    late: tuple[LateWord, ...]
    acts: tuple[Minute, ...]
    """In the order in which they were done."""
    key: str = ""
    """By which judges are numbered where they are not named: the first ballot's hash, which nobody knows who has not
    the record, or the receipt of that one ballot."""
    windows: tuple[Stretch, ...] = ()
    """How long scores were taken for each project: whoever has the rundown can give one of them more time."""
    browsers: tuple[BrowserUse, ...] = ()
    """In which judges voted, judge by judge in the order in which they first did."""
    papers: tuple[PaperWord, ...] = ()
    """Cards of paper that were typed in."""


def minutes_of(spec: PollSpec, entries: Iterable[LedgerEntry], questions: Iterable[Question] = ()) -> Minutes:
    """``entries``: the whole ledger; ``questions``: all that were put, with the votes on them."""
    entries = tuple(entries)
    acts: list[Minute] = []
    asked = {one.sequence: one for one in questions}
    count = version = 1
    offices = Offices(spec, entries)
    to_be = {entry.sequence: _acts.decode(entry.body).chair for entry in entries if entry.kind == "ask-chair"}
    asked_keys = {entry.sequence: key_of(entry.sequence, entry.body) for entry in entries if entry.kind == "ask-key"}
    for entry in entries:
        if entry.kind not in _BODIES:
            continue
        kind = msgspec.convert(entry.kind, MinuteKind)
        match msgspec.json.decode(entry.body, type=_BODIES[kind]):
            case ActBody() as act:
                count += act.asked is not None and entry.kind == "reopen"  # a second person signs
                about = () if act.project is None else (act.project,)
                signed = asked_keys.get(act.asked or 0)
                office = "rule" if act.by == BY_RULE else offices.at(entry, act.by) or "chair"
                told = Minute(kind, entry.at, office, count, act.reason or "", act.judge, about, act.points or 0)
                told = msgspec.structs.replace(told, substitute=act.substitute, missing=act.missing or 0)
                if entry.kind in ("ask-chair", "pass-chair"):
                    told = msgspec.structs.replace(told, chair=act.chair or to_be.get(act.asked or 0))
                if entry.kind == "sign-key" and signed is not None:
                    told = msgspec.structs.replace(told, judge=signed.judge, keyless=signed.key == KEYLESS)
                acts.append(told)
            case CalibrateBody(rounds=rounds):
                acts += [
                    Minute(kind, Instant(one.opened), offices.at(entry, one.by) or "chair", one.judges)
                    for one in rounds
                ]
            case SettleBody(chair=by, order=projects, reason=reason):
                acts.append(Minute(kind, entry.at, offices.at(entry, by) or "chair", count, reason, projects=projects))
            case RevoteBody(chair=by, projects=projects, reason=reason, round=number):
                acts.append(Minute(kind, entry.at, offices.at(entry, by) or "chair", number, reason, projects=projects))
            case QuestionBody() as put:
                question = asked.get(put.question or entry.sequence)
                projects = () if question is None else question.projects
                minute = Minute(kind, entry.at, offices.at(entry, put.by) or "chair", count, put.reason or "")
                acts.append(msgspec.structs.replace(minute, projects=projects, asked=question))
            case DeliberateBody():
                revised = len(revised_in(entries, entry.sequence))
                acts.append(Minute(kind, entry.at, "chair", revised))
            case ConfirmBody():
                acts.append(Minute(kind, entry.at, "chair", version))
                version += 1
    key = next((digest(entry.body) for entry in entries if entry.kind == "ballot"), "")
    return Minutes(
        late_words(spec, entries),
        tuple(acts),
        key,
        stretches(entries),
        _browsers(offices, entries),
        paper_words(spec, entries),
    )


def _browsers(offices: Offices, entries: Iterable[LedgerEntry]) -> tuple[BrowserUse, ...]:
    used: dict[PersonId, list[tuple[UsedBrowser, Office | None]]] = {}
    for entry in entries:
        if entry.kind == "browser":
            one = browser_of(entry.at, entry.body)
            link = None if one.let_in is None else offices.at(entry, one.let_in)
            used.setdefault(one.judge, []).append((one, link))
    return tuple(
        BrowserUse(judge, number, one.since, one.at, link)
        for judge, browsers in used.items()
        for number, (one, link) in enumerate(browsers, start=1)
    )
