"""What a definition and the cast say, as rooms and voting know it; and the one place that knows which field, room and
poll belong together. (pure)"""

from collections.abc import Callable

import msgspec

from roadshow.competitions import plan
from roadshow.competitions.cast import Cast, panel_of, votes
from roadshow.competitions.definition import Competition, Field, PhasePlan, Rules
from roadshow.competitions.jury import met_by_all
from roadshow.competitions.people import Role
from roadshow.errors import SetupError
from roadshow.fields.carrying import terms_of
from roadshow.ids import PersonId, PollId, RoomId
from roadshow.moments import Duration
from roadshow.rooms.phases import EndPolicy, Phase, PhaseTimes, RoomPlan
from roadshow.voting.carried.terms import Terms
from roadshow.voting.changes import changes
from roadshow.voting.identity.naming import named, sealed_names
from roadshow.voting.ledger.record import Names
from roadshow.voting.ports import PollChanged
from roadshow.voting.seating.lots import drawn
from roadshow.voting.spec import PROCEDURE, Award, Criterion, Deduction, Panel, PollSpec, Prize, RuleSet, Trim


def refuse_what_is_not_offered(competition: Competition) -> None:
    """The rules know them, but the audience's votes are not in the ledger yet: nobody could recount the result."""
    for field in competition.fields:
        _refuse_rules(competition.judging(field).rules)


def _refuse_rules(rules: Rules) -> None:
    if rules.audience_share or any(award.by == "audience" for award in rules.awards):
        raise SetupError(
            "The definition lets the audience's votes count in the jury's result (rules.audience_share, or an award "
            'by = "audience"). This is not offered yet, because the published record could not be recounted. '
            "The audience's own award is there without it."
        )


def field_of_room(competition: Competition, room: RoomId) -> Field | None:
    """None: the room has no field (``rooms.side_room``), or there is no such room."""
    return next((field for field in competition.fields if field.room == room), None)


def poll_of(room: RoomId) -> PollId:
    """The poll of a field's room, and its audience award: of the same name, under which stored votes stand."""
    return PollId(room)


def poll_spec(
    competition: Competition, field: Field, cast: Cast, mark: Callable[[PollId], str] = lambda _: ""
) -> PollSpec:
    """A field's poll, as voting knows it. ``mark``: of a poll's box, asked where its ballots are sealed; whoever only
    shows what is published needs none."""
    jury = cast.jury_of(field)
    judging = competition.judging(field)
    rules = judging.rules
    seats = [(judge.id, panel_of(judge, rules)) for judge in jury if votes(judge, rules)]
    spec = PollSpec(
        poll=poll_of(field.room),
        projects=tuple(project.id for project in cast.projects_in(field.id)),
        judges=tuple(judge.id for judge in jury if votes(judge, rules)),
        chair=next(judge.id for judge in jury if judge.chair),
        recused=tuple((judge.id, project) for judge in jury for project in judge.conflicts),
        declared=tuple((judge.id, one.project, one.category) for judge in jury for one in judge.declared),
        criteria=tuple(Criterion(one.id, one.weight, one.maximum, one.steps) for one in judging.criteria),
        rules=_for_field(rule_set(rules), competition, field, cast),
        sponsors=tuple((one.id, judge.id) for one in rules.awards for judge in jury if judge.id in one.judges),
        deputy=next((judge.id for judge in jury if judge.deputy), None),
        procedure=PROCEDURE,
        reserve=tuple(judge.id for judge in jury if judge.reserve),
        carried=_terms(competition, field, cast),
        seats=tuple((judge, panel.id) for judge, panel in seats if panel is not None),
        sealed=mark(poll_of(field.room)) if competition.voting.sealed else "",
        clerks=tuple(
            person.id
            for person, held in cast.everybody_in(None)
            if held.role is Role.CLERK and rules.ballots == "scores" and not competition.voting.sealed
        ),
    )
    projects = {project.id: project.name for project in cast.projects_in(field.id)}
    people = {judge.id: judge.name for judge in jury if judge.id in named(spec)}
    spec = msgspec.structs.replace(spec, names=sealed_names(projects, people), keys=_keys(rules, field, cast, spec))
    return msgspec.structs.replace(spec, assigned=drawn(spec))


def _for_field(rules: RuleSet, competition: Competition, field: Field, cast: Cast) -> RuleSet:
    """With what hangs on the number of its projects. How many of them come through from an earlier field, nobody knows
    yet, so that there the least is no part of those that a project meets."""
    if rules.ballots != "pairs":
        return rules
    judging = competition.judging(field).rules
    half = -(-met_by_all(judging, len(cast.projects_in(field.id))) // 2)
    least = 1 if field.carried is not None and field.carried.through else max(half, 1)
    return msgspec.structs.replace(rules, least_opponents=judging.least_opponents or least)


def _keys(rules: Rules, field: Field, cast: Cast, spec: PollSpec) -> tuple[tuple[PersonId, str], ...]:
    if not rules.ballot_keys:
        return ()
    enrolled = ((judge, cast.keys.get((judge, field.room))) for judge in (*spec.judges, *spec.reserve))
    return tuple((judge, one.key) for judge, one in enrolled if one is not None)


def _terms(competition: Competition, field: Field, cast: Cast) -> Terms | None:
    if field.carried is None:
        return None
    homes = {project.id: project.field for project in cast.projects.values()}
    polls = {one.id: poll_of(one.room) for one in competition.fields}
    return terms_of(field.carried, [project.id for project in cast.projects_in(field.id)], homes, polls)


def _clerks(cast: Cast) -> tuple[PersonId, ...]:
    return tuple(person.id for person, held in cast.everybody_in(None) if held.role is Role.CLERK)


def record_names(competition: Competition, field: Field, cast: Cast) -> Names:
    """Of a field's projects, and of everybody who may act in its poll as far as the rules show judges; in English, or
    in whatever language there is."""
    acting = [person for room in (field.room, None) for person, _ in cast.everybody_in(room)]
    return Names(
        projects={project.id: project.name.in_language("en") for project in cast.projects_in(field.id)},
        people={one.id: one.name.in_language("en") for one in acting} if competition.rules.show_judges else {},
    )


def locked(problem: PollChanged) -> str:
    """What the operator is told of a definition that no longer fits the votes there are."""
    differences = "\n".join(f"  {line}" for line in changes(problem.stored, problem.wanted))
    return (
        f"the voting of the field “{problem.wanted.poll}” has begun, so its definition cannot change any more.\n"
        f"{differences}\n"
        "Put this back to go on with the votes there are; or begin anew, under another competition id."
    )


def rule_set(rules: Rules) -> RuleSet:
    """A competition's rules, as voting knows them."""
    trim = rules.trim
    return RuleSet(
        estimator=rules.estimator,
        quorum=rules.quorum,
        tie_chain=rules.tie_chain,
        rank_on=rules.rank_on,
        places=rules.places,
        trim=Trim(trim.k, trim.enough, trim.scope) if rules.estimator == "trimmed-mean" else None,
        audience_share=rules.audience_share,
        awards=tuple(Award(award.id, award.by, award.criterion or None) for award in rules.awards),
        overall=rules.podium == "overall",
        second_confirmation=rules.second_confirmation,
        place_points=rules.place_points if rules.estimator == "place-points" else (),
        prizes=tuple(Prize(one.id, one.count, 100 * one.minimum) for one in rules.prizes),
        least_score=100 * rules.least_score,
        one_award=rules.one_award,
        panels=tuple(Panel(one.id, one.weight, one.each, one.quorum) for one in rules.panels),
        draw=rules.draw,
        least_spread=100 * rules.least_spread if rules.estimator == "z-score" else 0,
        scores_told=None if rules.scores_told == "ceremony" else rules.scores_told,
        shown_by_itself=rules.shown_by_itself,
        objection_hours=rules.objection_hours,
        deliberation=rules.deliberation,
        vote_quorum=rules.enough_to_vote if rules.asks_the_jury else 1,
        ballot_keys=rules.ballot_keys,
        ballots=None if rules.ballots == "scores" else rules.ballots,
        level_places=rules.ballots != "scores" and rules.level_places,
        opponents=rules.opponents,
        deductions=tuple(Deduction(one.id, one.maximum, one.steps) for one in rules.deductions),
        deductions_averaged=bool(rules.deductions) and rules.deducted_from == "points",
        comments=None if rules.comments == "off" else rules.comments,
        far_apart=rules.far_apart,
        all_alike=rules.all_alike,
        revote_quorum=rules.enough_to_vote_again if "re-vote" in rules.tie_chain else 1,
    )


def room_plan(competition: Competition, field: Field, cast: Cast) -> RoomPlan:
    """A field's room, as rooms know it."""
    stage = competition.stage
    return RoomPlan(
        room=field.room,
        projects=tuple(project.id for project in cast.projects_in(field.id)),
        phases={
            Phase.PITCH: _times(stage.pitch),
            Phase.QUESTIONS: _times(stage.questions),
            Phase.VOTING: _times(stage.voting),
        },
        starts_at=plan.opens_at(field),
    )


def _times(phase: PhasePlan) -> PhaseTimes:
    return PhaseTimes(
        duration=Duration.seconds(phase.seconds),
        policy=EndPolicy(phase.policy.value),
        warnings=tuple(Duration.seconds(seconds) for seconds in phase.warnings),
    )
