"""Who is seen and heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.errors import InputError
from roadshow.ids import FEED, LaneId, ProjectId, PublisherId, SourceId
from roadshow.rooms import programme
from roadshow.rooms.lanes import FLOOR_1, FLOOR_2, FLOOR_3, MAIN, SLIDES
from roadshow.rooms.phases import Phase, StageMode
from roadshow.rooms.programme import SourceKind, source_id
from tests.core.rooms.plans import PROJECT_A

ATLAS_ON_STAGE = {
    MAIN: "atlas/camera",
    SLIDES: "atlas/slides",
    FLOOR_1: "atlas/microphone",
    FLOOR_3: "atlas/slides-sound",
}
ATLAS_SILENT = {MAIN: "atlas/camera", SLIDES: "atlas/slides"}
FEED_ON_STAGE = {
    MAIN: "feed/camera",
    SLIDES: "feed/slides",
    FLOOR_2: "feed/microphone",
    FLOOR_3: "feed/slides-sound",
}
NOTHING: dict[LaneId, str] = {}

publishers = st.sampled_from([FEED, PROJECT_A, ProjectId("borealis")])
sources = st.frozensets(st.builds(source_id, publishers, st.sampled_from(SourceKind)))


@pytest.mark.parametrize(
    ("mode", "phase", "muted", "expected"),
    [
        (StageMode.AUTO, Phase.STANDBY, False, NOTHING),
        (StageMode.AUTO, Phase.PITCH, False, ATLAS_ON_STAGE),
        (StageMode.AUTO, Phase.PITCH, True, ATLAS_SILENT),
        (StageMode.AUTO, Phase.QUESTIONS, False, ATLAS_ON_STAGE),
        (StageMode.AUTO, Phase.QUESTIONS, True, ATLAS_SILENT),
        (StageMode.AUTO, Phase.VOTING, False, ATLAS_SILENT),
        (StageMode.AUTO, Phase.CLOSED, False, NOTHING),
        *((StageMode.PITCHER, phase, False, ATLAS_ON_STAGE) for phase in Phase),
        (StageMode.PITCHER, Phase.PITCH, True, ATLAS_SILENT),
        *((StageMode.FEED, phase, False, FEED_ON_STAGE) for phase in Phase),
        *((StageMode.EMPTY, phase, False, NOTHING) for phase in Phase),
    ],
)
def test_mode_and_phase_decide_who_has_the_stage(
    mode: StageMode, phase: Phase, muted: bool, expected: dict[LaneId, str]
) -> None:
    """A pitcher is on air exactly when everybody believes so; sources need not be there yet."""
    assert programme.choose(mode, phase, PROJECT_A, (), muted=muted) == expected


@pytest.mark.parametrize("kind", [SourceKind.CAMERA, SourceKind.MICROPHONE])
def test_a_feed_takes_the_stage_while_it_is_connected(kind: SourceKind) -> None:
    """A production crew's picture comes first, without anybody pressing a button."""
    there = {source_id(FEED, kind)}
    assert programme.choose(StageMode.AUTO, Phase.PITCH, PROJECT_A, there, muted=False) == FEED_ON_STAGE
    assert programme.choose(StageMode.PITCHER, Phase.PITCH, PROJECT_A, there, muted=False) == ATLAS_ON_STAGE


@given(st.sampled_from(StageMode), st.sampled_from(Phase), sources, st.booleans())
def test_nobody_but_the_slots_pitcher_and_the_feed_is_ever_shown(
    mode: StageMode, phase: Phase, there: frozenset[SourceId], muted: bool
) -> None:
    """Those in the green room check their cameras in private."""
    shown = programme.choose(mode, phase, PROJECT_A, there, muted=muted)
    assert {programme.parse_source(source)[0] for source in shown.values()} in ({"atlas"}, {"feed"}, set())


@given(st.sampled_from(StageMode), st.sampled_from(Phase), sources)
def test_a_muted_pitcher_is_never_heard(mode: StageMode, phase: Phase, there: frozenset[SourceId]) -> None:
    """Neither by microphone nor through the sound of a shared screen."""
    shown = programme.choose(mode, phase, PROJECT_A, there, muted=True)
    heard = {source for lane, source in shown.items() if lane not in (MAIN, SLIDES)}
    assert all(source.startswith("feed/") for source in heard)


@given(st.sampled_from(StageMode), st.sampled_from(Phase), sources)
def test_pictures_go_to_video_lanes_and_sound_to_audio_lanes(
    mode: StageMode, phase: Phase, there: frozenset[SourceId]
) -> None:
    """The relay cannot put one into the other."""
    for lane, source in programme.choose(mode, phase, PROJECT_A, there, muted=False).items():
        _, kind = programme.parse_source(source)
        assert (lane in (MAIN, SLIDES)) == (kind in (SourceKind.CAMERA, SourceKind.SLIDES))


def test_without_a_slot_only_a_feed_can_be_shown() -> None:
    """After the last slot there is no pitcher."""
    assert programme.choose(StageMode.PITCHER, Phase.CLOSED, None, (), muted=False) == {}


@given(sources)
def test_only_sources_that_are_there_count_as_present(there: frozenset[SourceId]) -> None:
    """What followers are told must be what they can see."""
    shown = programme.choose(StageMode.PITCHER, Phase.PITCH, PROJECT_A, there, muted=False)
    card = source_id(PROJECT_A, SourceKind.CARD)
    seen = set(programme.present(shown, there).values())
    assert seen <= there
    assert seen - {card} == set(shown.values()) & there - ({shown[MAIN]} if card in there else set())


def test_a_card_stands_for_the_camera_and_for_nothing_else() -> None:
    """The audience reads who speaks where it would see them; slides and voice are as before."""
    shown = programme.choose(StageMode.AUTO, Phase.PITCH, PROJECT_A, (), muted=False)
    card = source_id(PROJECT_A, SourceKind.CARD)
    for camera in (set[SourceId](), {shown[MAIN]}):
        there = {card, shown[FLOOR_1], shown[SLIDES], *camera}
        assert programme.present(shown, there) == {MAIN: card, FLOOR_1: shown[FLOOR_1], SLIDES: shown[SLIDES]}
    assert programme.present({}, {card}) == {}


@given(publishers, st.sampled_from(SourceKind))
def test_a_sources_name_can_be_taken_apart_again(publisher: PublisherId, kind: SourceKind) -> None:
    """Relay and room must mean the same by it."""
    assert programme.parse_source(source_id(publisher, kind)) == (publisher, kind)


@pytest.mark.parametrize(
    "name", ["", "/", "feed", "feed/", "/camera", "feed/face", "Feed/camera", "a/b/camera", "a b/camera"]
)
def test_names_of_another_form_are_refused(name: str) -> None:
    """They would be shown to everybody."""
    with pytest.raises(InputError, match=r"room\.bad_source"):
        programme.parse_source(name)
