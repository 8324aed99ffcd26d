"""The presets are the first thing anybody sees, and what every demonstration and browser test runs on."""

import re
from datetime import date

import msgspec
import pytest

from roadshow.competitions.cast import first_cast, voters
from roadshow.competitions.definition import Competition, EndPolicy
from roadshow.competitions.loading import load_preset, preset_names
from roadshow.competitions.people import Role
from roadshow.competitions.plan import field_of, slot_length
from roadshow.ids import FieldId, ProjectId
from roadshow.moments import Duration
from roadshow.texts import Text
from tests.core.competitions.definitions import TODAY


@pytest.fixture(scope="module")
def demo() -> Competition:
    return load_preset("demo", today=TODAY)


def test_the_presets_are_there() -> None:
    """Parts in folders are not presets by themselves."""
    assert preset_names() == ("demo", "final-2020", "generic-5-5", "generic-8-7")


@pytest.mark.parametrize("name", preset_names())
@pytest.mark.parametrize("variant", ["", "brisk"])
def test_every_preset_loads_in_both_tempos(name: str, variant: str) -> None:
    """A preset that does not load is found out by the person who can least mend it."""
    competition = load_preset(name, today=TODAY, variant=variant, cast=name == "demo")
    assert competition.id == name


def test_the_2020_final_is_three_fields_of_six_at_eight_seven_and_two_minutes(demo: Competition) -> None:
    """The facts of the competition that this was made for; five hours in one room, 1 h 42 in three."""
    assert [field.id for field in demo.fields] == ["ai", "robotics", "bio"]
    stage = demo.stage
    assert (stage.pitch.seconds, stage.questions.seconds, stage.voting.seconds) == (8 * 60, 7 * 60, 2 * 60)
    cast = first_cast(demo)
    for field in demo.fields:
        projects = cast.projects_in(field.id)
        assert len(projects) == 6
        assert Duration(len(projects) * slot_length(stage).ms) == Duration.minutes(102)
        jury = cast.jury_of(field)
        assert [judge.chair for judge in jury] == [True] + 5 * [False]
    assert demo.time_zone == "Asia/Shanghai"
    assert sum(criterion.weight for criterion in demo.criteria) == 100


def test_the_brisk_final_differs_in_its_times_and_what_says_them_alone(demo: Competition) -> None:
    """Trying it out must show the real thing, only faster."""
    brisk = load_preset("demo", today=TODAY, variant="brisk")
    phases = (brisk.stage.pitch, brisk.stage.questions, brisk.stage.voting)
    assert [phase.seconds for phase in phases] == [20, 12, 25]
    assert {phase.policy for phase in phases} == {EndPolicy.CUT}
    assert msgspec.structs.replace(brisk, stage=demo.stage, tagline=demo.tagline) == demo
    for language in ("en", "zh", "ru"):
        assert brisk.tagline.in_language(language) != demo.tagline.in_language(language), "it names the minutes"


@pytest.mark.parametrize("name", preset_names())
def test_a_brisk_variant_speaks_of_no_minutes_but_one(name: str) -> None:
    """The first page would promise eight minutes to somebody who is cut off after twenty seconds."""
    brisk = load_preset(name, today=TODAY, variant="brisk", cast=name == "demo")
    assert brisk.stage.pitch.seconds < 60
    for text in (brisk.tagline, brisk.about):
        assert not re.search(r"(five|seven|eight|\d) minutes|(five|seven|eight) (each|for)", text.en, re.IGNORECASE)
        assert not re.search(r"[二五七八\d]分钟", text.zh)
        assert not re.search(r"(пять|семь|восемь|\d) минут|(пять|семь|восемь) на", text.ru, re.IGNORECASE)


def test_the_demo_is_always_today(demo: Competition) -> None:
    """A schedule in the past would show every slot as missed."""
    tomorrow = load_preset("demo", today=date(2024, 2, 29))
    assert demo.fields[0].starts_at == "2020-12-08T14:00:00+08:00"
    assert tomorrow.fields[0].starts_at == "2024-02-29T14:00:00+08:00"


def test_generic_finals_have_their_minutes() -> None:
    """Their names promise them."""
    eight = load_preset("generic-8-7", today=TODAY, cast=False).stage
    five = load_preset("generic-5-5", today=TODAY, cast=False).stage
    assert (eight.pitch.seconds, eight.questions.seconds) == (480, 420)
    assert (five.pitch.seconds, five.questions.seconds) == (300, 300)
    assert five.pitch.policy is eight.pitch.policy


def test_a_recused_judge_has_no_vote_on_that_project_alone(demo: Competition) -> None:
    """A declared conflict of interest binds for one project, not for the day."""
    cast, field = first_cast(demo), field_of(demo, FieldId("robotics"))
    votes = {project.id: len(voters(cast, project, field, demo.rules)) for project in cast.projects_in(field.id)}
    assert votes.pop(ProjectId("trepang")) == 5
    assert set(votes.values()) == {6}


def test_everybody_gets_one_invitation(demo: Competition) -> None:
    """Two people with one id would open each other's desk."""
    everybody = first_cast(demo).everybody()
    assert len({person.id for person in everybody}) == len(everybody)
    roles = [person.role for person in everybody]
    assert {role: roles.count(role) for role in Role} == {
        Role.ORGANISER: 2,
        Role.CHAIR: 3,
        Role.DEPUTY: 3,
        Role.JUDGE: 12,
        Role.PITCHER: 18,
        Role.CLERK: 2,
        Role.AUDITOR: 1,
        Role.AUDIENCE: 0,
    }


def texts(value: object) -> list[Text]:
    if isinstance(value, Text):
        return [value]
    if isinstance(value, tuple):
        return [text for item in value for text in texts(item)]
    if isinstance(value, msgspec.Struct):
        return [text for name in value.__struct_fields__ for text in texts(getattr(value, name))]
    return []


@pytest.mark.parametrize("name", preset_names())
def test_each_language_is_written_in_its_own_script(name: str) -> None:
    """A text pasted into the wrong language is easily overlooked by whoever cannot read it."""
    found = texts(load_preset(name, today=TODAY, cast=False))
    assert len(found) > 25
    for text in found:
        assert not re.search(r"[\u0400-\u04ff\u4e00-\u9fff]", text.en), text.en
        assert not re.search(r"[\u0400-\u04ff]", text.zh), text.zh
        assert re.search(r"[\u4e00-\u9fff]", text.zh), text.zh
        assert not re.search(r"[\u4e00-\u9fff]", text.ru), text.ru
        assert not re.search(r"[A-Za-zА-Яа-я][\"']|[\"'][A-Za-zА-Яа-я]", text.ru), text.ru


def test_every_project_has_a_deck_worth_showing(demo: Competition) -> None:
    """The demo's slides are what the audience's page shows when no camera is there."""
    for project in demo.projects:
        assert 5 <= len(project.deck) <= 6
        assert all(2 <= len(slide.lines) <= 4 for slide in project.deck)
        assert any(slide.figure for slide in project.deck)
