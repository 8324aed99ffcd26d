"""What of a result hangs on ballots that are not there. (pure)"""

from dataclasses import replace

from msgspec import structs

from roadshow.voting.results import Absence, Caveat
from roadshow.voting.rules.estimators import enough, fewest
from roadshow.voting.rules.field import Field, Group
from roadshow.voting.rules.scoring import Scoring, scored
from roadshow.voting.rules.ties import Part, divided, resolved
from roadshow.voting.spec import Trim


def caveat_of(scoring: Scoring) -> Caveat | None:
    """None: all ballots are there, and the declared estimator was used."""
    field = scoring.field
    declared, used = field.rules.estimator, scoring.estimate.used
    absent = _absent(field)
    if used == declared or not scoring.complete:
        return Caveat(absent, is_provisional(field)) if absent else None
    needed = enough(field.rules.trim or Trim())
    return Caveat(
        absent=absent,
        provisional=is_provisional(field),
        declared=declared,
        used=used,
        short=tuple(project for project in scoring.complete if fewest(field, project) < needed),
        needed=needed,
        first=_first_if_trimmed(field),
    )


def is_provisional(field: Field) -> bool:
    """Scores are still to come that could move other projects' estimates than their own."""
    return field.rules.estimator != "mean" and bool(_absent(field))


def _absent(field: Field) -> tuple[Absence, ...]:
    """Of projects that somebody scored: one that did not pitch waits for nobody."""
    missing = {
        project: tuple(one.judge for one in jury if one.state == "absent")
        for project, jury in field.judged.items()
        if field.totals[project]
    }
    return tuple(Absence(project, judges) for project, judges in missing.items() if judges)


def _first_if_trimmed(field: Field) -> Group:
    """Who would be first if the field were trimmed all the same. None: of some project nothing would be left."""
    trim = field.rules.trim or Trim()
    least = structs.replace(trim, n_min=2 * trim.k + 1)
    trimmed = scored(replace(field, rules=structs.replace(field.rules, trim=least)))
    if trimmed.estimate.used == "mean":
        return ()
    best = divided(trimmed.complete, trimmed.ranked.__getitem__)[0]
    return resolved(trimmed, Part(best, "score"), 1)[0].projects
