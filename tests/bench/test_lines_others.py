"""What ``roadshow bench lines`` does where other programs were in the way."""

import os
from pathlib import Path

import pytest

from roadshow.bench.lines import command
from roadshow.bench.lines.cases import Case
from roadshow.bench.lines.finding import Finding
from roadshow.bench.lines.others import Ticks, share_of_others, ticks
from roadshow.bench.lines.scene import Scene


def proc(folder: Path, machine: str, **processes: tuple[int, str]) -> Path:
    """``machine``: the first line of stat; ``processes``: by number, the parent and the four times it took."""
    (folder / "stat").write_text(f"cpu  {machine}\ncpu0 9 9 9 9 9 9 9 9 0 0\n")
    for pid, (parent, took) in processes.items():
        (folder / pid[1:]).mkdir()
        before = " ".join(["0"] * 9)
        (folder / pid[1:] / "stat").write_text(f"{pid[1:]} (a (strange) name) S {parent} {before} {took} 20 0")
    return folder


def test_ours_is_what_was_started_from_here_and_what_it_waited_for(tmp_path: Path) -> None:
    here = proc(
        tmp_path,
        "100 10 50 800 20 3 7 10 0 0",
        p1=(0, "50 50 50 50"),
        p5=(1, "10 5 0 0"),
        p7=(5, "20 10 3 2"),
        p8=(7, "4 0 0 0"),
        p9=(1, "30 30 0 0"),
    )
    assert ticks(here, root=5) == Ticks(all=1000, busy=180, ours=54)
    assert ticks().ours > 0
    assert ticks(root=os.getpid()).busy <= ticks().all


@pytest.mark.parametrize(
    ("after", "share"),
    [
        (Ticks(1200, 300, 150), 0.25),
        (Ticks(1200, 300, 200), 0.0),
        # Time is booked when it is over: what ours waited for may have begun before.
        (Ticks(1200, 300, 250), 0.0),
        (Ticks(1000, 100, 0), 0.0),
    ],
)
def test_others_took_what_was_taken_and_was_not_ours(after: Ticks, share: float) -> None:
    assert share_of_others(Ticks(1000, 100, 0), after) == share


GOOD, BAD = Finding("15.0 fps", good=True), Finding("14.1 fps", good=False)


@pytest.mark.parametrize(
    ("found", "others", "said"),
    [
        ([GOOD], [0.02], GOOD),
        ([BAD], [0.02], BAD),
        ([GOOD], [0.5], Finding("15.0 fps; other programs took 50% of the machine", good=True)),
        (
            [BAD, GOOD],
            [0.5, 0.0],
            Finding("15.0 fps; other programs took 0% of the machine in try 2", good=True),
        ),
        (
            [BAD, BAD],
            [0.5, 0.0],
            Finding("14.1 fps; other programs took 0% of the machine in try 2", good=False),
        ),
        (
            [BAD] * 3,
            [0.5] * 3,
            Finding("14.1 fps; other programs took 50% of the machine in try 3", good=False),
        ),
    ],
)
async def test_only_what_failed_beside_others_is_measured_again(
    monkeypatch: pytest.MonkeyPatch, found: list[Finding], others: list[float], said: Finding
) -> None:
    """What others do makes a figure worse and never better; a quiet machine has one throw of the dice."""
    scene, left = Scene(), list(others)
    monkeypatch.setattr(command, "share_of_others", lambda before, after: left.pop(0))
    rest = list(found)

    async def measure(scene: Scene) -> Finding:
        async def measured() -> Finding:
            return rest.pop(0)

        return await scene.once("this", measured)

    assert await command.measured(Case(3, "", "", measure), scene) == said
    assert not rest
    assert not left
