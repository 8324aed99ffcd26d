"""What is in force: folded from a whole ledger, or put together from the entries that a store names. (pure)"""

from collections.abc import Iterable, Mapping
from typing import get_args

import msgspec

from roadshow.ids import PersonId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.acts import ActBody, RevoteBody, SettleBody
from roadshow.voting.aftermath.state import aftermath_of
from roadshow.voting.ballot import decode_ballot, digest
from roadshow.voting.boxes.box import Box
from roadshow.voting.boxes.opening import opened
from roadshow.voting.carried.terms import Brought, brought_of
from roadshow.voting.identity.browsers import UsedBrowser
from roadshow.voting.identity.keys import JudgeKey
from roadshow.voting.paper.cards import Card, name_card, typed_ballot
from roadshow.voting.paper.folding import FoldedCards
from roadshow.voting.questions.state import questions_of
from roadshow.voting.tally import (
    Asked,
    Count,
    EntryKind,
    LedgerEntry,
    Pair,
    PassedChair,
    Penalty,
    Revote,
    SetAside,
    Shown,
    Substitution,
    Tally,
)
from roadshow.voting.votes import FIRST_ROUND, Accepted, BallotKind

_settles = msgspec.json.Decoder(SettleBody)
_revotes = msgspec.json.Decoder(RevoteBody)
_acts = msgspec.json.Decoder(ActBody)
_BALLOTS: Mapping[str, BallotKind] = {kind: kind for kind in get_args(BallotKind)}


def counted(entries: Iterable[LedgerEntry], box: Box | None) -> Tally:
    """As ``fold``, with the scores that are sealed. Raises ValueError for those that ``box`` does not open."""
    return fold(entries) if box is None else opened(fold(entries), box)


def fold(entries: Iterable[LedgerEntry]) -> Tally:
    """Count again from nothing but the entries. They are taken to be in order, and possible: ``proceedings`` sees to
    that. Raises ValueError for a body that cannot be read."""
    ballots: dict[int, dict[Pair, Accepted]] = {FIRST_ROUND: {}}
    late: dict[Pair, Accepted] = {}
    set_aside: dict[Pair, SetAside] = {}
    penalties: dict[ProjectId, Penalty] = {}
    settled: list[SettleBody] = []
    revotes: list[Revote] = []
    count = Count()
    deliberated = False
    asked: Asked | None = None
    substitutions: list[Substitution] = []
    offered: Substitution | None = None
    passed: list[PassedChair] = []
    asked_chair: PassedChair | None = None
    shown: list[Shown] = []
    browsers: list[UsedBrowser] = []
    keys: dict[PersonId, JudgeKey] = {}
    asked_keys: dict[PersonId, JudgeKey] = {}
    after: list[tuple[int, str, Instant, bytes]] = []
    asked_jury: list[tuple[int, str, Instant, bytes]] = []
    brought: Brought | None = None
    paper = FoldedCards(ballots[FIRST_ROUND], late)
    for entry in entries:
        match entry.kind:
            case "ballot" | "recuse" | "abstain":
                accepted = accepted_of(entry.sequence, entry.kind, entry.at, entry.body)
                pair = (accepted.ballot.judge, accepted.ballot.project)
                if accepted.ballot.round == FIRST_ROUND:
                    paper.sent_by_judge(pair, late=False)
                    late.pop(pair, None)
                ballots.setdefault(accepted.ballot.round, {})[pair] = accepted
            case "late":
                accepted = accepted_of(entry.sequence, entry.kind, entry.at, entry.body)
                pair = (accepted.ballot.judge, accepted.ballot.project)
                paper.sent_by_judge(pair, late=True)
                late[pair] = accepted
            case "accept" | "reject":
                pair = _pair(_acts.decode(entry.body))
                decided = late.pop(pair, None)
                paper.decided(pair, decided, accepted=entry.kind == "accept")
                if entry.kind == "accept" and decided is not None:
                    ballots[FIRST_ROUND][pair] = decided
            case "paper" | "confirm-paper" | "reject-paper" | "contest-paper":
                paper.take(entry.kind, entry.sequence, entry.at, entry.body)
            case "void":
                act = _acts.decode(entry.body)
                set_aside[_pair(act)] = SetAside(*_pair(act), act.reason or "")
            case "restore":
                set_aside.pop(_pair(_acts.decode(entry.body)), None)
            case "penalty":
                penalty = penalty_of(entry.body)
                penalties.pop(penalty.project, None)
                if penalty.points:
                    penalties[penalty.project] = penalty
            case "settle":
                settled.append(_settles.decode(entry.body))
            case "revote":
                revotes.append(revote_of(entry.body))
            case "close-count":
                count = Count(count.number, closed=True)
            case "ask-reopening":
                asked = asked_of(entry.sequence, entry.body)
            case "reopen" if _acts.decode(entry.body).asked is not None:
                count, asked = Count(count.number + 1), None
            case "ask-substitute":
                offered = substitution_of(entry.sequence, entry.body)
            case "substitute" if offered is not None:
                substitutions.append(offered)
                offered = None
            case "ask-chair":
                asked_chair = passed_of(entry.sequence, entry.body)
            case "pass-chair" if asked_chair is not None:
                passed.append(asked_chair)
                asked_chair = None
            case "show-cards":
                shown.append(shown_of(entry.at, entry.body))
            case "browser":
                browsers.append(browser_of(entry.at, entry.body))
            case "ask-key":
                requested = key_of(entry.sequence, entry.body)
                asked_keys[requested.judge] = requested
            case "sign-key":
                number = _acts.decode(entry.body).asked
                for one in [one for one in asked_keys.values() if one.asked == number]:
                    keys[one.judge] = asked_keys.pop(one.judge)
            case "carry":
                brought = brought_of(entry.body)
            case "object" | "rule" | "ask-amendment" | "amend":
                after.append((entry.sequence, entry.kind, entry.at, entry.body))
            case "deliberate":
                deliberated = True
            case "question" | "vote" | "casting-vote":
                asked_jury.append((entry.sequence, entry.kind, entry.at, entry.body))
            case (
                "open"
                | "close"
                | "calibrate"
                | "confirm"
                | "countersign"
                | "reopen"
                | "substitute"
                | "pass-chair"
                | "reveal"
            ):
                pass
    return Tally(
        ballots=_by_sequence(ballots[FIRST_ROUND].values()),
        settled=tuple(vote.order for vote in settled),
        settled_because=tuple(vote.reason for vote in settled),
        set_aside=tuple(set_aside.values()),
        penalties=tuple(penalties.values()),
        revotes=tuple(
            msgspec.structs.replace(revote, ballots=_by_sequence(ballots.get(revote.round, {}).values()))
            for revote in revotes
        ),
        late=_by_sequence(late.values()),
        count=count,
        asked=asked,
        substitutions=tuple(substitutions),
        offered=offered,
        passed=tuple(passed),
        asked_chair=asked_chair,
        shown=tuple(shown),
        browsers=tuple(browsers),
        keys=_as_asked(keys.values()),
        asked_keys=_as_asked(asked_keys.values()),
        aftermath=aftermath_of(after),
        deliberated=deliberated,
        questions=questions_of(asked_jury),
        brought=brought,
        cards=tuple(sorted(paper.cards.values(), key=lambda card: card.typed.sequence)),
    )


def in_force(entries: Iterable[tuple[str, int, EntryKind, Instant, bytes]]) -> Tally:
    """The tally as a store keeps it: for everything in force its name, and sequence, kind, time and body of its entry.
    Names: ``ballot|J|P|round``, ``late|J|P``, ``void|J|P``, ``penalty|P``, ``settle|sequence``, ``revote|round``,
    ``count|number`` (what closed or opened it last), ``ask``, ``seat|J`` (of whoever lost it: the request that was
    signed), ``ask-substitute``, ``chair|J`` (of whoever was chair: the request that was signed), ``ask-chair``,
    ``shown|P``, ``deliberation``, ``jury|sequence`` for each question, and each vote on one, ``browser|sequence`` for
    each in which a judge votes, ``key|J`` and ``ask-key|J`` (the request for the key), ``after|sequence`` for each act
    after the podium, ``carried``, ``paper|J|P``, ``paper-confirmed|J|P``, ``paper-contested|J|P``."""
    ballots: dict[int, list[Accepted]] = {FIRST_ROUND: []}
    late: list[Accepted] = []
    set_aside: list[SetAside] = []
    penalties: list[Penalty] = []
    settled: list[SettleBody] = []
    revotes: list[Revote] = []
    count = Count()
    deliberated = False
    asked: Asked | None = None
    substitutions: list[Substitution] = []
    offered: Substitution | None = None
    passed: list[PassedChair] = []
    asked_chair: PassedChair | None = None
    shown: list[Shown] = []
    browsers: list[UsedBrowser] = []
    keys: dict[PersonId, JudgeKey] = {}
    asked_keys: dict[PersonId, JudgeKey] = {}
    after: list[tuple[int, str, Instant, bytes]] = []
    asked_jury: list[tuple[int, str, Instant, bytes]] = []
    brought: Brought | None = None
    cards: dict[str, Card] = {}
    for name, sequence, kind, at, body in sorted(entries, key=lambda entry: entry[1]):
        match name.split("|"):
            case ["ballot", _, _, in_round]:
                ballots.setdefault(int(in_round), []).append(accepted_of(sequence, kind, at, body))
            case ["late", *_]:
                late.append(accepted_of(sequence, kind, at, body))
            case ["void", *_]:
                act = _acts.decode(body)
                set_aside.append(SetAside(*_pair(act), act.reason or ""))
            case ["penalty", *_]:
                penalties.append(penalty_of(body))
            case ["settle", *_]:
                settled.append(_settles.decode(body))
            case ["revote", *_]:
                revotes.append(revote_of(body))
            case ["count", number]:
                count = Count(int(number), closed=kind == "close-count")
            case ["ask"]:
                asked = asked_of(sequence, body)
            case ["seat", _]:
                substitutions.append(substitution_of(sequence, body))
            case ["ask-substitute"]:
                offered = substitution_of(sequence, body)
            case ["chair", _]:
                passed.append(passed_of(sequence, body))
            case ["ask-chair"]:
                asked_chair = passed_of(sequence, body)
            case ["shown", _]:
                shown.append(shown_of(at, body))
            case ["browser", _]:
                browsers.append(browser_of(at, body))
            case ["key", judge]:
                keys[PersonId(judge)] = key_of(sequence, body)
            case ["ask-key", judge]:
                asked_keys[PersonId(judge)] = key_of(sequence, body)
            case ["carried"]:
                brought = brought_of(body)
            case ["after", _]:
                after.append((sequence, kind, at, body))
            case ["deliberation"]:
                deliberated = True
            case ["jury", _]:
                asked_jury.append((sequence, kind, at, body))
            case ["paper" | "paper-confirmed" | "paper-contested" as row, judge, project]:
                name_card(cards, row, f"{judge}|{project}", (sequence, at, body))
            case _:
                raise ValueError("nothing of the kind can be in force")
    return Tally(
        ballots=tuple(ballots[FIRST_ROUND]),
        settled=tuple(vote.order for vote in settled),
        settled_because=tuple(vote.reason for vote in settled),
        set_aside=tuple(set_aside),
        penalties=tuple(penalties),
        revotes=tuple(
            msgspec.structs.replace(revote, ballots=tuple(ballots.get(revote.round, ()))) for revote in revotes
        ),
        late=tuple(late),
        count=count,
        asked=asked,
        substitutions=tuple(substitutions),
        offered=offered,
        passed=tuple(passed),
        asked_chair=asked_chair,
        shown=tuple(shown),
        browsers=tuple(browsers),
        keys=_as_asked(keys.values()),
        asked_keys=_as_asked(asked_keys.values()),
        aftermath=aftermath_of(after),
        deliberated=deliberated,
        questions=questions_of(asked_jury),
        brought=brought,
        cards=tuple(cards.values()),
    )


def accepted_of(sequence: int, kind: EntryKind, at: Instant, body: bytes) -> Accepted:
    """What a judge's entry acknowledges, or a clerk's. Raises ValueError for one of another kind."""
    if kind == "paper":
        return typed_ballot(sequence, at, body)
    if kind not in _BALLOTS:
        raise ValueError("no ballot")
    return Accepted(decode_ballot(_BALLOTS[kind], body, at), sequence, digest(body))


def penalty_of(body: bytes) -> Penalty:
    act = _acts.decode(body)
    if act.project is None or act.points is None:
        raise ValueError("no penalty")
    return Penalty(act.project, act.points, act.reason or "", act.by)


def asked_of(sequence: int, body: bytes) -> Asked:
    act = _acts.decode(body)
    return Asked(sequence, act.by, act.reason or "")


def substitution_of(sequence: int, body: bytes) -> Substitution:
    """As the request has it."""
    act = _acts.decode(body)
    if act.judge is None or act.substitute is None or act.project is None:
        raise ValueError("no substitution")
    return Substitution(act.judge, act.substitute, act.project, act.reason or "", act.by, sequence)


def passed_of(sequence: int, body: bytes) -> PassedChair:
    """As the request has it."""
    act = _acts.decode(body)
    if act.chair is None:
        raise ValueError("no chair")
    return PassedChair(act.chair, act.reason or "", act.by, sequence, act.count)


def shown_of(at: Instant, body: bytes) -> Shown:
    act = _acts.decode(body)
    if act.project is None or act.missing is None:
        raise ValueError("no cards")
    return Shown(act.project, at, act.missing)


def browser_of(at: Instant, body: bytes) -> UsedBrowser:
    act = _acts.decode(body)
    if act.browser is None or act.since is None:
        raise ValueError("no browser")
    return UsedBrowser(act.by, act.browser, Instant(act.since), at, act.let_in)


def key_of(sequence: int, body: bytes) -> JudgeKey:
    """As the request has it."""
    act = _acts.decode(body)
    if act.key is None:
        raise ValueError("no key")
    return JudgeKey(act.by, act.key, sequence, act.let_in)


def revote_of(body: bytes) -> Revote:
    """Without its ballots."""
    read = _revotes.decode(body)
    return Revote(read.round, read.projects, read.reason)


def _as_asked(keys: Iterable[JudgeKey]) -> tuple[JudgeKey, ...]:
    return tuple(sorted(keys, key=lambda one: one.asked))


def _pair(act: ActBody) -> Pair:
    if act.judge is None or act.project is None:
        raise ValueError("no ballot")
    return act.judge, act.project


def _by_sequence(ballots: Iterable[Accepted]) -> tuple[Accepted, ...]:
    return tuple(sorted(ballots, key=lambda accepted: accepted.sequence))
