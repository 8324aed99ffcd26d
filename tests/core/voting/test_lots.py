"""The lot that gives each project some of a panel's judges: even, free of conflicts, and drawn again by anybody."""

from collections import Counter
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from roadshow.ids import PanelId, PersonId, ProjectId
from roadshow.voting.seating.lots import drawn
from roadshow.voting.spec import Panel, PollSpec
from tests.core.voting.juries import spec_of


@st.composite
def polls(draw: st.DrawFn) -> PollSpec:
    judges, projects = draw(st.integers(1, 9)), draw(st.integers(1, 12))
    panels = (Panel(PanelId("p0"), 1, draw(st.integers(1, 5))), Panel(PanelId("p1"), 0, draw(st.integers(0, 2))))
    names = [f"j{number}" for number in range(judges)]
    spec = spec_of({name: {} for name in names}, projects="abcdefghijkl"[:projects], panels=panels)
    pairs = st.tuples(st.sampled_from(spec.judges), st.sampled_from(spec.projects))
    return structs.replace(
        spec,
        seats=tuple((judge, draw(st.sampled_from(panels)).id) for judge in spec.judges),
        recused=tuple(draw(st.lists(pairs, max_size=draw(st.sampled_from([0, 0, 6])), unique=True))),
        rules=structs.replace(spec.rules, draw=draw(st.text(max_size=5))),
    )


@given(polls())
def test_it_is_drawn_again_from_the_document_alone(spec: PollSpec) -> None:
    """Written from docs/voting.md: whoever has the record can see that nobody was put where they are."""
    pairs: list[tuple[PersonId, ProjectId]] = []
    for panel in spec.rules.panels:
        members = [judge for judge, at in spec.seats if at == panel.id] if panel.each else []

        def key(project: str, judge: str = "") -> bytes:
            return sha256(f"{spec.poll}\n{spec.rules.draw}\n{project}\n{judge}".encode()).digest()

        able = {p: [j for j in members if (j, p) not in spec.recused] for p in spec.projects}
        chosen: dict[ProjectId, list[PersonId]] = {}
        for project in sorted(spec.projects, key=lambda p: (len(able[p]), key(p))):
            of_project: list[PersonId] = []
            for _ in range(min(panel.each, len(able[project]))):
                ranked = []
                for judge in set(able[project]) - set(of_project):
                    before = [others for others in chosen.values() if judge in others]
                    met = sum(other in others for others in before for other in of_project)
                    ranked.append((len(before), met, key(project, judge), judge))
                of_project.append(min(ranked)[3])
            chosen[project] = of_project
        pairs += [(j, p) for p in spec.projects for j in members if j in chosen[p]]
    assert drawn(spec) == tuple(pairs)


@given(polls())
def test_nobody_has_two_projects_more_than_another_unless_conflicts_ask_for_it(spec: PollSpec) -> None:
    """Judges who are tired score otherwise than those who are not; and each project has as many as any other."""
    pairs = drawn(spec)
    assert not set(pairs) & set(spec.recused)
    for panel in spec.rules.panels:
        members = [judge for judge, at in spec.seats if at == panel.id]
        load = Counter(judge for judge, _ in pairs if judge in members)
        for project in spec.projects:
            able = [judge for judge in members if (judge, project) not in spec.recused]
            wanted = min(panel.each, len(able))
            assert sum((judge, project) in pairs for judge in members) == wanted
        if not spec.recused and members:
            assert max(load[judge] for judge in members) - min(load[judge] for judge in members) <= 1


def test_another_word_is_another_lot() -> None:
    """A word that is drawn in public is what the organiser cannot choose the outcome by."""
    spec = spec_of({f"j{number}": {} for number in range(8)}, projects="abcdef", panels=(Panel(PanelId("p0"), 1, 3),))
    spec = structs.replace(spec, seats=tuple((judge, PanelId("p0")) for judge in spec.judges))
    lots = {drawn(structs.replace(spec, rules=structs.replace(spec.rules, draw=str(word)))) for word in range(20)}
    assert len(lots) == 20
