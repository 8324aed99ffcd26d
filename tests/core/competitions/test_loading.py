"""A definition is written by hand, by somebody with other things to do: mistakes must be easy to find."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadshow.competitions.loading import load, load_file, load_preset
from roadshow.competitions.reading.document import DefinitionError, spelled
from roadshow.errors import SetupError
from tests.core.competitions.definitions import SMALL, TODAY, small, written


def refusal(text: str, variant: str = "") -> list[str]:
    with pytest.raises(SetupError) as caught:
        load(text, "mine.toml", today=TODAY, variant=variant)
    return str(caught.value).splitlines()


def outcome(text: str, variant: str = "") -> str:
    """What the operator reads. Any other error than a SetupError passes through and fails the test."""
    try:
        load(text, "mine.toml", today=TODAY, variant=variant)
    except SetupError as error:
        return str(error)
    return "fine"


def changed(path: list[str | int], value: Any) -> str:
    data = small()
    inside: Any = data
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    return written(data)


def award(by: str = "criterion", **more: str) -> dict[str, Any]:
    return {"id": "best", "by": by, "title": {"en": "Best", "zh": "最佳", "ru": "Лучший"}, **more}


def prize(name: str, **more: int) -> dict[str, Any]:
    return {"id": name, "title": {"en": "Prize", "zh": "奖", "ru": "Приз"}, **more}


def orders(**more: Any) -> dict[str, Any]:
    return {"ballots": "orders", "estimator": "borda", "tie_chain": ["pairwise-majority", "chair"], "quorum": 2, **more}


def pairs(**more: Any) -> dict[str, Any]:
    return orders(**{"ballots": "pairs", "estimator": "copeland", **more})


def deduction(name: str, maximum: int = 5) -> dict[str, Any]:
    return {"id": name, "maximum": maximum, "title": {"en": "Over time", "zh": "超时", "ru": "Сверх времени"}}


def panel(weight: int, **more: int) -> dict[str, Any]:
    return {"id": "experts", "weight": weight, "title": {"en": "Experts", "zh": "专家", "ru": "Эксперты"}, **more}


def test_the_small_definition_loads_and_today_becomes_a_moment() -> None:
    """Everything below breaks this definition, so it must be sound; and pages need a moment, not "today"."""
    competition = load(SMALL, "mine.toml", today=TODAY)
    assert competition.fields[0].starts_at == "2020-12-08T14:00:00+08:00"
    assert competition.stage.questions.warnings == ()


@pytest.mark.parametrize(
    ("path", "value", "where", "expected"),
    [
        (["id"], "Spring Final", "id", "expected an id: 1 to 48 of a–z, 0–9 and hyphen"),
        (["time_zone"], "Asia/Peking Duck", "time_zone", "expected an IANA name such as Asia/Shanghai"),
        (["time_zone"], "../../etc/passwd", "time_zone", "not a time zone that browsers know"),
        (["time_zone"], "Asia", "time_zone", "not a time zone that browsers know"),
        (["time_zone"], "posix/Europe/Moscow", "time_zone", "did you mean Europe/Moscow?"),
        (["time_zone"], "right/Europe/Moscow", "time_zone", "not a time zone that browsers know"),
        (["time_zone"], "localtime", "time_zone", "not a time zone that browsers know"),
        (["time_zone"], "posixrules", "time_zone", "not a time zone that browsers know"),
        (["time_zone"], "Factory", "time_zone", "not a time zone that browsers know"),
        (["time_zone"], "Etc/Unknown", "time_zone", "not a time zone that browsers know"),
        (["time_zone"], "europe/moscow", "time_zone", "not a time zone that browsers know"),
        (["title", "zh"], "  ", "title.zh", "empty; expected a text"),
        (["title", "zh"], " 决赛", "title.zh", "begins or ends with a blank"),
        (["title", "ru"], "Ж" * 201, "title.ru", "too long: 201 characters, at most 200"),
        (["title", "en"], "a\nb", "title.en", "expected a single line"),
        (["about", "en"], "a\x07b", "about.en", "control character"),
        (["title"], "Spring final", "title", "expected a text in each language (en, zh, ru), got text"),
        (["tagline"], {"en": "x", "zh": "y"}, "tagline.ru", "missing; expected text in quotes"),
        (["projects", 0, "deck", 1, "title", "zh"], 7, "projects[0].deck[1].title.zh", "expected text in quotes"),
        (["projects", 0, "deck"], [], "projects[0].deck", "expected at least 1, got 0"),
        (["projects", 0, "needs"], ["money"], "projects[0].needs[0]", "expected one of customers, financing, park"),
        (["projects", 0, "needs"], ["park", "park"], "projects[0].needs", "expected each need once"),
        (["projects", 0, "onliner"], "x", "projects[0].onliner", "did you mean “one_liner”?"),
        (["\x1b[2Jtitle\n"], "x", "'\\x1b[2Jtitle\\n'", "unknown"),
        (["projects", 0, "field"], "bio", "projects[0].field", "there is no such field; there are ai"),
        (["projects", 0, "id"], "feed", "projects[0].id", "taken by the room's own feed"),
        (["projects"], small()["projects"] * 2, "projects[1].id", "“one” is used twice"),
        (["projects"], small()["projects"] * 201, "projects", "expected at most 200, got 201"),
        (["judges"], [*small()["judges"], small()["judges"][1]], "judges[2].id", "“judge-1” is used twice"),
        (["judges", 1, "field"], "bio", "judges[1].field", "there is no such field"),
        (["judges", 1, "chair"], True, "fields[0]", "field “ai” has 2 judges with chair = true; expected one"),
        (["judges", 0, "chair"], False, "fields[0]", "field “ai” has no judges with chair = true; expected one"),
        (["judges", 0, "chair"], "yes", "judges[0].chair", "expected true or false, got text"),
        (["judges", 1, "recused"], ["two"], "judges[1].recused[0]", "there is no such project"),
        (["judges", 1, "recused"], ["one"], "projects[0]", "too few judges left after recusals: 1, the quorum is 2"),
        (["judges", 1, "id"], "organiser", "judges[1].id", "taken by an organiser, a clerk, an auditor or a pitcher"),
        (["judges", 1, "id"], "pitcher-one", "judges[1].id", "taken by an organiser, a clerk, an auditor or a pitcher"),
        (["rules", "quorum"], 3, "fields[0]", "field “ai” has too few voting judges: 2, the quorum is 3"),
        (["rules", "chair_votes"], False, "fields[0]", "field “ai” has too few voting judges: 1, the quorum is 2"),
        (["rules", "quorum"], 0, "rules.quorum", "expected a whole number from 1 to 50, got 0"),
        (["rules", "tie_chain"], ["pairwise-majority"], "rules.tie_chain", "expected “chair” or “shared” at the end"),
        (["rules", "tie_chain"], ["shared", "shared"], "rules.tie_chain", "expected each step once"),
        (["rules", "tie_chain"], ["dice"], "rules.tie_chain[0]", "expected one of"),
        (["rules", "tie_chain"], ["shared", "chair"], "rules.tie_chain", "expected nothing after “shared”"),
        (["rules", "tie_chain"], ["chair", "re-vote", "shared"], "rules.tie_chain", "expected “chair” after “re-vote”"),
        (
            ["rules", "estimator"],
            "median",
            "rules.estimator",
            "expected one of borda, copeland, mean, place-points, trimmed-mean",
        ),
        (["rules", "trim"], {"k": 2, "n_min": 4}, "rules.trim.n_min", "expected at least 5"),
        (["rules", "trim"], {"k": 0}, "rules.trim.k", "expected a whole number from 1 to 10, got 0"),
        (["rules", "trim"], {"scope": "judge"}, "rules.trim.scope", "expected one of criterion, total"),
        (["rules", "trim"], 1, "rules.trim", "expected a table, got a whole number"),
        (["rules", "audience_share"], 0.2, "rules.audience_share", "got a number with a decimal point"),
        (["rules", "audience_share"], 101, "rules.audience_share", "expected a whole number from 0 to 100, got 101"),
        (["rules", "podium"], "both", "rules.podium", "expected one of field, overall"),
        (["rules", "places"], 201, "rules.places", "expected a whole number from 1 to 200, got 201"),
        (["rules", "awards"], [award(criterion="no-such")], "rules.awards[0].criterion", "no such criterion; expected"),
        (["rules", "awards"], [award()], "rules.awards[0].criterion", "missing; expected one of idea"),
        (["rules", "awards"], [award(by="audience", criterion="idea")], "rules.awards[0].criterion", "expected none"),
        (
            ["rules", "awards"],
            [award(by="dice")],
            "rules.awards[0].by",
            "expected one of audience, criterion, jury, sponsor",
        ),
        (["rules", "awards"], 2 * [award(by="audience")], "rules.awards[1].id", "“best” is used twice"),
        (
            ["rules", "prizes"],
            [prize("a", count=4)],
            "rules.places",
            "expected at least 4, as many as there are prizes",
        ),
        (["rules", "prizes"], [prize("a"), prize("a")], "rules.prizes[1].id", "“a” is used twice"),
        (
            ["rules", "prizes"],
            [prize("a", minimum=1), prize("b", minimum=2)],
            "rules.prizes",
            "expected falling minima",
        ),
        (["rules", "prizes"], [prize("a", count=0)], "rules.prizes[0].count", "expected a whole number from 1 to 50"),
        (
            ["rules"],
            {"quorum": 2, "prizes": [prize("best")], "awards": [award(criterion="idea")]},
            "rules.awards[0].id",
            "“best” is a prize's",
        ),
        (
            ["rules"],
            {"quorum": 2, "prizes": [prize("a", minimum=60)], "least_score": 61},
            "rules.least_score",
            "expected at most 60",
        ),
        (["rules", "awards"], [award(by="jury", criterion="idea")], "rules.awards[0].criterion", "expected none"),
        (["rules", "place_points"], [], "rules.place_points", "expected at least 1, got 0"),
        (["rules", "place_points"], [0], "rules.place_points", "expected at least 1 for the first place"),
        (["rules", "place_points"], [1, 2], "rules.place_points", "expected falling numbers"),
        (["rules", "panels"], [panel(0)], "rules.panels", "expected a panel with a weight"),
        (["rules", "panels"], [panel(1), panel(1)], "rules.panels[1].id", "“experts” is used twice"),
        (["rules", "panels"], [panel(1, each=1, quorum=2)], "rules.panels[0].quorum", "expected at most 1"),
        (["rules", "panels"], [panel(1, each=1)], "projects[0]", "too few judges left after recusals: 1"),
        (["rules", "panels"], [panel(1, quorum=3)], "projects[0]", "too few judges of “experts” are left: 2"),
        (["rules", "panels"], [panel(-1)], "rules.panels[0].weight", "expected a whole number from 0 to 1000"),
        (["rules", "deductions"], [deduction("late"), deduction("late")], "rules.deductions[1].id", "used twice"),
        (["rules", "deductions"], [deduction("idea")], "rules.deductions[0].id", "“idea” is a criterion's"),
        (
            ["rules", "deductions"],
            [deduction("late", maximum=0)],
            "rules.deductions[0].maximum",
            "expected a whole number from 1 to 100",
        ),
        (["rules", "deducted_from"], "points", "rules.deducted_from", "there is nothing to take off"),
        (
            ["rules"],
            {
                "estimator": "trimmed-mean",
                "trim": {"scope": "criterion"},
                "quorum": 2,
                "deductions": [deduction("late")],
            },
            "rules.deducted_from",
            "no judge's total is left",
        ),
        (
            ["rules"],
            {"scores_told": "after-each", "quorum": 2, "deducted_from": "points", "deductions": [deduction("late")]},
            "rules.deducted_from",
            "expected “total”",
        ),
        (["rules", "level_places"], True, "rules.level_places", "asked of orders alone"),
        (["rules"], orders(estimator="mean"), "rules.estimator", "expected borda or place-points"),
        (["rules"], orders(tie_chain=["untrimmed-mean", "chair"]), "rules.tie_chain", "expected no “untrimmed-mean”"),
        (["rules"], orders(deductions=[deduction("late")]), "rules.deductions", "expected none"),
        (["rules"], orders(scores_told="chair"), "rules.scores_told", "expected “ceremony”"),
        (["rules"], orders(podium="overall"), "rules.podium", "expected “field”"),
        (["rules"], orders(awards=[award(criterion="idea")]), "rules.awards[0].by", "nobody is best on a criterion"),
        (["rules"], pairs(estimator="borda"), "rules.estimator", "expected copeland: ballots are pairs"),
        (["rules"], pairs(opponents=3), "rules.opponents", "expected an even number"),
        (["rules"], pairs(scores_told="chair"), "rules.scores_told", "expected “ceremony”"),
        (["rules"], pairs(least_opponents=2), "fields[0]", "more than the 0 others that each judge compares with"),
        (["rules", "estimator"], "copeland", "rules.estimator", "copeland counts comparisons"),
        (["rules", "opponents"], 4, "rules.opponents", "asked of pairs alone"),
        (["rules", "draw"], "lottery", "rules.draw", "nothing is drawn by lot"),
        (["judges", 1, "panel"], "experts", "judges[1].panel", "there is no such panel; there are none"),
        (["criteria", 0, "weight"], 0, "criteria[0].weight", "expected a whole number from 1 to 1000, got 0"),
        (["criteria", 0, "weight"], 1.5, "criteria[0].weight", "got a number with a decimal point"),
        (["criteria", 0, "weight"], True, "criteria[0].weight", "got true or false"),
        (["criteria", 0, "weight"], 10**30, "criteria[0].weight", "got something far off"),
        (["criteria", 0, "maximum"], 9, "criteria[0].anchors[1].score", "expected 0 to 9, the criterion's maximum"),
        (["criteria", 0, "step"], "0.3", "criteria[0].step", "expected one of 0.01, 0.05, 0.1, 0.2, 0.25, 0.5, 1"),
        (["criteria", 0, "step"], 0.5, "criteria[0].step", "expected one of 0.01"),
        (
            ["rules", "scores_told"],
            "soon",
            "rules.scores_told",
            "expected one of after-each, ceremony, chair, one-later",
        ),
        (["rules"], {"scores_told": "after-each", "estimator": "borda"}, "rules.estimator", "those still"),
        (["rules"], {"scores_told": "one-later", "estimator": "place-points"}, "rules.estimator", "those still"),
        (["criteria", 0, "anchors", 0, "score"], 10, "criteria[0].anchors", "expected rising scores, each once"),
        (["criteria"], small()["criteria"] * 2, "criteria[1].id", "“idea” is used twice"),
        (["criteria"], [], "criteria", "expected at least 1, got 0"),
        (["fields"], small()["fields"] * 2, "fields[1].id", "“ai” is used twice"),
        (["fields", 0, "starts_at"], "2020-12-08T14:00:00", "fields[0].starts_at", "a date and time with an offset"),
        (["fields", 0, "starts_at"], "today 25:00", "fields[0].starts_at", "or “today 14:00”"),
        (["conflicts_until"], "tomorrow", "conflicts_until", "a date and time with an offset"),
        (["fields", 0, "starts_at"], "1066-10-14T09:00:00+00:00", "fields[0].starts_at", "a date and time"),
        (["stage", "pitch", "seconds"], 0, "stage.pitch.seconds", "expected a whole number from 1 to 14400, got 0"),
        (["stage", "pitch", "seconds"], 14_401, "stage.pitch.seconds", "from 1 to 14400, got 14401"),
        (["stage", "pitch", "seconds"], 120, "stage.pitch.warnings", "expected less than the phase's 120 seconds"),
        (["stage", "pitch", "warnings"], [30, 60], "stage.pitch.warnings", "expected falling numbers"),
        (["stage", "pitch", "warnings"], [60, 30, 10], "stage.pitch.warnings", "expected at most 2, got 3"),
        (["stage", "voting", "policy"], "stop", "stage.voting.policy", "expected one of warn, mute, cut"),
        (["stage", "voting"], 120, "stage.voting", "expected a table, got a whole number"),
        (["organisers"], [], "organisers", "expected at least one name"),
    ],
)
def test_each_mistake_is_named_with_its_place(path: list[str | int], value: Any, where: str, expected: str) -> None:
    """ "Invalid definition" sends somebody through four hundred lines; a path and what was expected do not."""
    lines = refusal(changed(path, value))
    assert any(line.startswith("mine.toml:") and f": {where}: " in line and expected in line for line in lines), lines


def test_the_line_is_the_one_an_editor_would_show() -> None:
    """A path alone is hard to find in a list of eighteen projects."""
    text = SMALL.replace('title.zh = "如何"', 'title.zh = ""')
    line = text.splitlines().index('title.zh = ""') + 1
    assert refusal(text) == [f"mine.toml:{line}:1: projects[0].deck[1].title.zh: empty; expected a text"]


def test_what_is_missing_is_reported_where_it_belongs() -> None:
    """There is no line for something absent; the entry that lacks it is the place to go to."""
    line = SMALL.splitlines().index("[[fields]]") + 1
    (problem,) = refusal(SMALL.replace('starts_at = "today 14:00"\n', ""))
    assert problem == f"mine.toml:{line}:1: fields[0].starts_at: missing; expected text in quotes"


def test_all_mistakes_come_at_once() -> None:
    """Ten runs to find ten typing errors is nine too many."""
    text = SMALL.replace('"AI"', '""').replace("seconds = 120", "seconds = -1").replace('"financing"', '"cash"')
    assert [line.split(": ")[1] for line in refusal(text)] == [
        "stage.voting.seconds",
        "fields[0].title.en",
        "projects[0].needs[0]",
    ]


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in inside:
        yield (*path, step)
        yield from _paths(item, (*path, step))


@pytest.mark.parametrize("path", [path for path in _paths(small()) if path[0] != "variants"], ids=spelled)
def test_one_mistake_brings_no_other_with_it(path: tuple[str | int, ...]) -> None:
    """A list in which most only follow from the first is no better than one at a time."""
    with pytest.raises(DefinitionError) as caught:
        load(changed(list(path), 3.5), "mine.toml", today=TODAY)
    assert {mistake.place.path[: len(path)] for mistake in caught.value.mistakes} == {path}


TEN = (
    # what is replaced, by what, and what is said of it
    ('time_zone = "Asia/Shanghai"', 'time_zone = "Asia/Peking"', "time_zone: not a time zone that browsers know"),
    ('zh = "安娜"', 'zh = ""', "organisers[0].zh: empty"),
    ("seconds = 420", 'seconds = "420"', "stage.questions.seconds: expected a whole number from 1 to 14400, got text"),
    ('policy = "cut"', 'policy = "stop"', "stage.voting.policy: expected one of warn, mute, cut"),
    ("quorum = 2", "quorom = 2", "rules.quorom: unknown; did you mean “quorum”?"),
    ('starts_at = "today 14:00"', 'starts_at = "at noon"', "fields[0].starts_at: expected a date and time"),
    ('"financing"', '"cash"', "projects[0].needs[0]: expected one of"),
    ('[[projects]]\nid = "one"', '[[projects]]\nid = "feed"', "projects[0].id: “feed” is taken"),
    ("weight = ", "weight = 1000", "criteria[0].weight: expected a whole number from 1 to 1000"),
    ("chair = true", 'chair = true\nrecused = ["no-such"]', "judges[0].recused[0]: there is no such project"),
)


def test_ten_mistakes_of_ten_kinds_come_at_once_and_in_order() -> None:
    """Of shape and of sense: that one is known by its type and the other only by what stands elsewhere is nothing to
    whoever has to mend both."""
    text = SMALL
    for right, wrong, _ in TEN:
        assert right in text
        text = text.replace(right, wrong, 1)
    with pytest.raises(DefinitionError) as caught:
        load(text, "mine.toml", today=TODAY)
    said = [str(mistake) for mistake in caught.value.mistakes]
    assert len(said) == len(TEN), said
    for _, wrong, expected in TEN:
        (found,) = [line for line in said if f": {expected}" in line] or pytest.fail(f"{expected} is not in {said}")
        line, column = map(int, found.split(":")[1:3])
        assert wrong.splitlines()[-1] in "\n".join(text.splitlines()[line - 1 : line])
        assert text.splitlines()[line - 1][column - 1] not in " ="
    places = [(mistake.place.line or 0, mistake.place.column or 0) for mistake in caught.value.mistakes]
    assert places == sorted(places)


def test_lines_that_are_no_toml_come_at_once_too() -> None:
    """With what is wrong elsewhere, but without what is only missing because a line could not be read."""
    text = SMALL.replace('id = "spring-final"', "id = spring-final").replace("seconds = 420", "seconds = 4m20")
    text = text.replace("[rules]", "[rules").replace('"financing"', '"cash"')
    said = refusal(text)
    assert [line.split(":")[1] for line in said] == [
        str(number)
        for number, line in enumerate(text.splitlines(), start=1)
        if any(wrong in line for wrong in ("= spring", "4m20", "[rules", '"cash"'))
    ]
    assert ["not valid TOML" in line for line in said] == [True, True, True, False]


def test_a_part_that_is_missing_hides_no_other_mistake() -> None:
    """Nor does everything count as missing that it would have brought."""
    said = refusal('extends = "no-such"\ninclude = ["nor-this"]\nid = "A B"\n[stage]\npitch = 7\n')
    assert [line.split(": ")[:2] for line in said] == [
        ["mine.toml:1:1", "extends"],
        ["mine.toml:2:12", "include[0]"],
        ["mine.toml:3:1", "id"],
        ["mine.toml:5:1", "stage.pitch"],
    ]


def test_a_long_list_of_mistakes_is_cut() -> None:
    """A thousand lines would scroll the first mistake out of sight."""
    lines = refusal(changed(["projects"], [{"id": "one"}] * 100))
    assert len(lines) == DefinitionError.MOST_SHOWN + 1
    assert lines[-1] == "… and more; these are the first 20. roadshow check shows all."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id = ", "mine.toml:1:6: not valid TOML: Invalid value at the end of the file"),
        ("name = nonsense\n", "mine.toml:1:8: not valid TOML: Invalid value"),
        ("x = 1" + "0" * 5_000, "not valid TOML"),
        ("x = " + "[" * 100_000, "nested too deeply"),
        ("x" + ".x" * 2_000 + " = 1", "nested too deeply"),
        ("#" * 4_000_001, "longer than 4,000,000 characters"),
    ],
)
def test_what_is_not_toml_is_refused_in_one_line(text: str, expected: str) -> None:
    """A parser's own stack trace tells an organiser nothing."""
    (line,) = refusal(text)
    assert expected in line


def test_rules_without_a_cast_do_not_make_a_final() -> None:
    """A room without judges would only be found out on the day."""
    with pytest.raises(SetupError, match="rules without a cast"):
        load_preset("final-2020", today=TODAY)


def test_a_variant_changes_what_it_names_and_nothing_else() -> None:
    """Trying a final out in a minute must still be the same final."""
    ordinary = load(SMALL, "mine.toml", today=TODAY)
    brisk = load(SMALL, "mine.toml", today=TODAY, variant="brisk")
    assert (brisk.stage.pitch.seconds, brisk.stage.pitch.warnings) == (20, (10, 5))
    assert brisk.stage.pitch.policy is ordinary.stage.pitch.policy
    assert brisk.projects == ordinary.projects


def test_an_unknown_variant_is_refused_with_those_that_are_there() -> None:
    """Falling back to the ordinary times would surprise whoever asked for others."""
    assert refusal(SMALL, variant="slow") == ["mine.toml: there is no variant “slow”; there are: brisk"]


def test_a_mistake_in_a_variant_is_reported_in_the_variant() -> None:
    """It is written there, not in the stage that it changes."""
    (line,) = refusal(SMALL.replace("seconds = 20\n", "seconds = 0\n"), variant="brisk")
    assert ": variants.brisk.stage.pitch.seconds: " in line


def test_a_file_takes_over_rules_and_parts_from_its_neighbours(tmp_path: Path) -> None:
    """The rules of a series are kept once, and each juror's or field's part by whoever knows it."""
    cut = SMALL.index("[[projects]]")
    end = SMALL.index("[variants")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "cast.toml").write_text(SMALL[cut:end], "utf-8")
    (tmp_path / "series.toml").write_text(SMALL[:cut] + SMALL[end:], "utf-8")
    own = (
        'extends = "series"\ninclude = ["parts/cast"]\nid = "summer-final"\n'
        '[[fields]]\nid = "ai"\nstarts_at = 2021-06-01T10:00:00+03:00\n'
    )
    (tmp_path / "mine.toml").write_text("\ufeff" + own, "utf-8")
    competition = load_file(tmp_path / "mine.toml", today=TODAY, variant="brisk")
    assert competition.id == "summer-final"
    assert competition.stage.pitch.seconds == 20
    assert competition.projects[0].id == "one"
    assert (competition.fields[0].title.ru, competition.fields[0].starts_at) == ("ИИ", "2021-06-01T10:00:00+03:00")


def test_a_mistake_in_a_part_names_the_part_and_its_own_path(tmp_path: Path) -> None:
    """The second project of a part is projects[1] there, wherever it ends up in the whole."""
    project = SMALL[SMALL.index("[[projects]]") : SMALL.index("[[judges]]")]
    (tmp_path / "more.toml").write_text(project.replace('"ai"', '"no-such"').replace('"one"', '"two"'), "utf-8")
    (tmp_path / "mine.toml").write_text('include = ["more"]\n' + SMALL, "utf-8")
    with pytest.raises(SetupError) as caught:
        load_file(tmp_path / "mine.toml", today=TODAY)
    assert str(caught.value).startswith(f"{tmp_path / 'more.toml'}:3:1: projects[0].field: there is no such field")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('extends = "no-such"', "mine.toml:1:1: extends: there is no “no-such”"),
        ('extends = "../secrets"', "extends: expected a name such as final-2020 or demo/ai"),
        ("extends = 7", "extends: expected a name"),
        ('extends = "mine"', "extends: more than 4 definitions extend one another"),
        ('include = "demo/ai"', "include: expected a list of at most 20 names"),
        ('include = ["demo/ai", "/etc/passwd"]', "mine.toml:1:23: include[1]: expected a name"),
        ('include = ["final-2020"]', "an included part may hold lists only"),
        ("variants = 7", "variants: expected a table"),
    ],
)
def test_what_cannot_be_put_together_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    """Loops, foreign paths and wrong types must end in a sentence, not in a hang or another folder's file."""
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    with pytest.raises(SetupError) as caught:
        load_file(tmp_path / "mine.toml", today=TODAY)
    assert expected in str(caught.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A wrong path and a file in another encoding are the commonest mistakes of all."""
    with pytest.raises(SetupError, match="cannot be read: No such file"):
        load_file(tmp_path / "none.toml", today=TODAY)
    with pytest.raises(SetupError, match="cannot be read"):
        load_file(tmp_path, today=TODAY)
    (tmp_path / "old.toml").write_bytes('title = "Финал"'.encode("cp1251"))
    with pytest.raises(SetupError, match="not UTF-8 at byte 9"):
        load_file(tmp_path / "old.toml", today=TODAY)


def test_an_unknown_preset_is_refused_with_those_that_are_there() -> None:
    """Nobody remembers their exact names."""
    with pytest.raises(SetupError, match=r"there is no preset “\.\./demo”; there are: demo, final-2020, generic-5-5"):
        load_preset("../demo", today=TODAY)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["ai", "one", "chair", "today 14:00", "2020-01-01T00:00:00Z", "UTC", "brisk"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """The small definition with a few of its values replaced, removed or doubled; None removes."""
    data = deepcopy(small())
    for _ in range(draw(st.integers(1, 4))):
        inside: Any = data
        while True:
            keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(inside[key], dict | list) and draw(st.integers(0, 3)):
                inside = inside[key]
                continue
            value = draw(VALUES)
            if value is None:
                del inside[key]
            elif isinstance(inside, list) and draw(st.booleans()):
                inside.append(inside[key])
            else:
                inside[key] = value
            break
    return _without_none(data)  # type: ignore[no-any-return]  # a table stays a table


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in value if item is not None]
    return value


@given(mutated(), st.sampled_from(["", "brisk"]))
@settings(max_examples=200)
def test_whatever_values_stand_in_it_only_a_setup_error_comes_out(data: dict[str, Any], variant: str) -> None:
    """A stack trace at the organiser's terminal is a defect, whatever the file."""
    assert all(line.startswith(("mine.toml", "fine", "…")) for line in outcome(written(data), variant).splitlines())


@given(st.integers(0, len(SMALL)), st.integers(0, 40), st.text(alphabet="[]{}=.,\"'#\\\n ax1", max_size=8))
@settings(max_examples=200)
def test_whatever_its_text_only_a_setup_error_comes_out(start: int, length: int, put_in: str) -> None:
    """The finder of lines reads the text a second time and must not stumble where the parser did not."""
    assert outcome(SMALL[:start] + put_in + SMALL[start + length :]).startswith(("mine.toml", "fine"))
