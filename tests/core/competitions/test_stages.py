"""A field with rules of its own, and what it takes over from fields before it."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from roadshow.competitions.cast import first_cast
from roadshow.competitions.definition import Competition
from roadshow.competitions.loading import load
from roadshow.errors import SetupError
from roadshow.fields.plans import poll_spec
from roadshow.fields.records import with_records
from roadshow.voting.carried.terms import Came, Source
from tests.core.competitions.definitions import TODAY, small, written


def _two_stages(**final: Any) -> dict[str, Any]:
    """The small definition, followed by a final of its one field."""
    data = small()
    title = {"en": "Final", "zh": "决赛", "ru": "Финал"}
    data["fields"].append({**deepcopy(data["fields"][0]), "id": "final", "title": title, **final})
    for project in list(data["projects"]):
        data["projects"].append({**deepcopy(project), "id": f"{project['id']}-final", "field": "final"})
    for judge in list(data["judges"]):
        data["judges"].append({**deepcopy(judge), "id": f"{judge['id']}-final", "field": "final", "recused": []})
    return data


def _came(data: dict[str, Any]) -> list[dict[str, str]]:
    own = [project["id"] for project in data["projects"] if project["field"] == "ai"]
    return [{"project": f"{one}-final", "was": one} for one in own]


def _carrying(**more: Any) -> dict[str, Any]:
    carried = {"fields": ["ai"], "weight": 40, "came": _came(_two_stages()), **more}
    return _two_stages(carried={key: value for key, value in carried.items() if value is not None})


def _loaded(data: dict[str, Any]) -> Competition:
    return load(written(data), "mine.toml", today=TODAY)


def _refusal(data: dict[str, Any]) -> str:
    with pytest.raises(SetupError) as caught:
        _loaded(data)
    return str(caught.value)


def test_a_final_carries_what_its_projects_were_before() -> None:
    """The poll knows which project was which, in the order of the rundown."""
    competition = _loaded(_carrying(through=2, scale="best"))
    ai, final = competition.fields
    cast = first_cast(competition)
    spec = poll_spec(competition, final, cast)
    assert poll_spec(competition, ai, cast).carried is None
    assert spec.carried is not None
    assert spec.carried.sources == (Source(spec.carried.sources[0].poll),)
    assert [one.was for one in spec.carried.came] == list(poll_spec(competition, ai, cast).projects)
    assert isinstance(spec.carried.came[0], Came)
    assert (spec.carried.weight, spec.carried.scale, spec.carried.through) == (40, "best", 2)


@pytest.mark.parametrize(
    ("carried", "path", "text"),
    [
        ({"fields": ["bio"]}, "carried.fields[0]", "there is no such field"),
        ({"fields": ["final"]}, "carried.fields[0]", "another field"),
        ({"fields": None}, "carried", "expected “fields” or “records”"),
        ({"weight": None}, "carried", "takes nothing over"),
        ({"weight": 101}, "carried.weight", "from 0 to 100"),
        ({"came": None}, "carried.came", "does not say what these were before"),
        ({"came": [{"project": "one-final", "was": "nobody"}]}, "carried.came[0].was", "expected a project"),
        ({"came": [{"project": "one", "was": "one"}]}, "carried.came[0].project", "expected a project"),
        ({"records": [{"file": "../x.json", "key": "k" * 43}]}, "carried.records[0].file", "the name of a file"),
        ({"records": [{"file": "x.json", "key": "k"}]}, "carried.records[0].key", "the public key"),
    ],
)
def test_a_mistake_is_told_where_it_stands(carried: dict[str, Any], path: str, text: str) -> None:
    """With file and line, as every other."""
    refusal = _refusal(_carrying(**carried))
    assert f"fields[1].{path}: " in refusal
    assert text in refusal


def test_what_was_read_out_of_a_record_is_not_written_by_hand() -> None:
    """Else the points would be whoever's who writes the definition."""
    line = {"project": "one", "place": 1, "score": "99.00"}
    taken = {"version": 1, "sequence": 9, "head": "", "result": "", "best": "99.00", "out": [], "lines": [line]}
    forged = {"poll": "north", "key": "k" * 43, **taken}
    assert "is read out of the records" in _refusal(_carrying(published=[forged]))


def test_no_two_fields_take_from_each_other() -> None:
    """Each would wait for the other's podium."""
    data = _carrying()
    data["fields"][0]["carried"] = {"fields": ["final"], "weight": 10, "came": []}
    assert "takes something over from “ai” itself" in _refusal(data)


def test_rules_of_a_field_stand_instead_of_the_competitions_one_by_one() -> None:
    """What is not named holds there, too, and each field's poll has its own."""
    competition = _loaded(_two_stages(rules={"places": 1, "estimator": "trimmed-mean"}))
    ai, final = (poll_spec(competition, field, first_cast(competition)).rules for field in competition.fields)
    assert (ai.places, ai.estimator) == (3, "mean")
    assert (final.places, final.estimator, final.quorum) == (1, "trimmed-mean", ai.quorum)


def test_a_field_may_have_a_rubric_of_its_own() -> None:
    """Instead of the competition's, not beside it."""
    data = _two_stages()
    own = {**deepcopy(data["criteria"][0]), "id": "market", "weight": 1, "anchors": []}
    data["fields"][1]["criteria"] = [own]
    competition = _loaded(data)
    assert [one.id for one in competition.judging(competition.fields[1]).criteria] == ["market"]
    assert competition.judging(competition.fields[0]) is competition
    spec = poll_spec(competition, competition.fields[1], first_cast(competition))
    assert [one.id for one in spec.criteria] == ["market"]


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ({"tie_chain": ["net"]}, "fields[1].rules.tie_chain: expected “chair” or “shared” at the end"),
        ({"quorom": 2}, "fields[1].rules.quorom: unknown"),
        ({"quorum": 40}, "too few voting judges"),
        ({"show_judges": False}, "fields[1].rules.show_judges: is the competition's"),
        ({"podium": "overall"}, "fields[1].rules.podium: is the competition's"),
    ],
)
def test_rules_of_a_field_are_looked_through_like_the_competitions(rules: dict[str, Any], text: str) -> None:
    """They decide as much."""
    assert text in _refusal(_two_stages(rules=rules))


def test_all_fields_together_want_the_same_rules_in_each() -> None:
    """Points by other criteria, or from before, are not to be laid beside each other."""
    for data in (_carrying(), _two_stages(rules={"places": 1})):
        data["rules"]["podium"] = "overall"
        assert "rules.podium: expected “field”" in _refusal(data)


def test_a_record_that_is_not_there_or_does_not_hold_stops_the_start(tmp_path: Path) -> None:
    """A final is not begun with somebody's word for what its projects had before."""
    record = {"file": "north.json", "key": "k" * 43}
    competition = _loaded(_carrying(fields=None, records=[record]))
    with pytest.raises(SetupError, match="cannot be read"):
        with_records(competition, tmp_path)
    (tmp_path / "north.json").write_text("{}")
    with pytest.raises(SetupError, match="does not hold"):
        with_records(competition, tmp_path)
