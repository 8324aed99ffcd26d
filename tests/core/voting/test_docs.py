"""docs/voting.md says what is so."""

import re
from pathlib import Path

import roadshow.voting
from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.rules import evaluate
from roadshow.voting.spec import Criterion, PollSpec, RuleSet, TieStep
from roadshow.voting.votes import Ballot

SOURCE = Path(roadshow.voting.__file__).parent
TEXT = (SOURCE.parent.parent / "docs" / "voting.md").read_text(encoding="utf-8")
CODE = (
    r"(?:ballot|command|deliberation|late|ledger|overall|penalty|"
    r"poll|project|reason|result|reveal|room|ruling|vote)\.[a-z_]+"
)


def test_every_refusal_is_listed() -> None:
    """Whoever writes the messages for readers looks there."""
    sources = [path.read_text(encoding="utf-8") for path in SOURCE.rglob("*") if path.suffix in (".py", ".lua")]
    raised = {code for source in sources for code in re.findall(rf'(?:\(|\{{|code == ){{1}}"({CODE})"', source)}
    listed = set(re.findall(f"`({CODE})`", TEXT[TEXT.index("## Refusals") :]))
    assert listed == raised


def _worked_example() -> dict[str, list[tuple[int, int] | None]]:
    """The scores in the table: project → impact and team by Lin, Mei, Olga."""
    rows = re.findall(r"\| \*\*(\w+)\*\* impact, team → T \| (.+) \|", TEXT)
    example: dict[str, list[tuple[int, int] | None]] = {}
    for project, cells in rows:
        scores = [re.match(r"(\d+), (\d+)", cell.strip()) for cell in cells.split("|")[:3]]
        example[project.lower()] = [(int(s[1]), int(s[2])) if s else None for s in scores]
    return example


def test_the_worked_example_works() -> None:
    """A reader checks our rules with it; so do we."""
    judges = tuple(PersonId(name) for name in ("lin", "mei", "olga"))
    example = _worked_example()

    def podium(*chain: TieStep) -> list[tuple[str, str, str]]:
        spec = PollSpec(
            PollId("poll"),
            tuple(ProjectId(project) for project in example),
            judges,
            judges[0],
            (),
            (Criterion(CriterionId("impact"), 3, 10), Criterion(CriterionId("team"), 1, 10)),
            RuleSet("mean", 2, chain, "exact", 3),
        )
        ballots = [
            Ballot(
                judge,
                ProjectId(project),
                1,
                CommandId("command-1"),
                {} if given is None else {CriterionId("impact"): given[0], CriterionId("team"): given[1]},
                Instant(0),
                given is None,
            )
            for project, row in example.items()
            for judge, given in zip(judges, row, strict=True)
        ]
        return [(line.project, line.score, line.decided_by) for line in evaluate(spec, ballots).standings]

    assert podium("heaviest-criterion", "pairwise-majority", "chair") == [
        ("eye", "80.00", "score"),
        ("leg", "76.67", "heaviest-criterion"),
        ("arm", "76.67", "heaviest-criterion"),
    ]
    assert [project for project, _, _ in podium("pairwise-majority")] == ["eye", "arm", "leg"]
