"""The cast of a running competition: registering, appointing, changing, withdrawing; on memory and on a real store."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from msgspec.structs import replace
from redis.asyncio import Redis
from typing_extensions import override

from roadshow.competitions.cast import Cast, Organisation, first_cast
from roadshow.competitions.casting import MOST, Casting
from roadshow.competitions.declarations import Declaration, Declared
from roadshow.competitions.definition import Competition
from roadshow.competitions.enrolment import Enrolment
from roadshow.competitions.loading import load, load_preset
from roadshow.competitions.memory_store import MemoryCastStore
from roadshow.competitions.merging import Records
from roadshow.competitions.people import Appointment, Person, Role
from roadshow.competitions.ports import CastStore
from roadshow.competitions.redis_store import RedisCastStore
from roadshow.errors import Conflict, RoadshowError, SetupError, Unavailable
from roadshow.ids import OrganisationId, PersonId, ProjectId, RoomId
from roadshow.store.keys import Keys
from roadshow.texts import Text, same_in_all
from tests.core.competitions.definitions import TODAY, small, written

DEMO = load_preset("demo", today=TODAY)
AI, BIO = (next(field for field in DEMO.fields if field.id == name) for name in ("ai", "bio"))
NAME = same_in_all("Zhou Mei")
JUDGE = Appointment(Role.JUDGE, AI.room)
CHAIR = PersonId(next(judge.id for judge in DEMO.judges if judge.chair and judge.field == "ai"))


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest, valkey: Redis) -> CastStore:
    return MemoryCastStore() if request.param == "memory" else RedisCastStore(valkey, Keys(DEMO.id))


async def _started(store: CastStore, competition: Competition = DEMO) -> Casting:
    casting = await Casting.load(store, competition)
    await casting.keep()
    return casting


async def _code(attempt: Callable[[], Awaitable[object]]) -> str:
    with pytest.raises(RoadshowError) as refused:
        await attempt()
    return refused.value.code


async def test_a_first_start_has_nothing_to_tell_and_a_second_one_neither(store: CastStore) -> None:
    """Whoever starts a server wants its address, not fifty-five lines about what they have just written."""
    first = await _started(store)
    assert (first.news, first.cast) == ((), first_cast(DEMO))
    again = await _started(store)
    assert (again.news, again.cast) == ((), first.cast)


async def test_nothing_is_written_before_it_is_kept(store: CastStore) -> None:
    """A start that is refused, because votes have begun under another jury, must leave all as it was."""
    await Casting.load(store, DEMO)
    assert await store.load() == {}


async def test_somebody_registered_is_seen_at_once_and_after_a_restart(store: CastStore) -> None:
    """With an id that the server gave."""
    casting = await _started(store)
    person = await casting.register(NAME, [JUDGE], affiliation=same_in_all("Stone Bridge"))
    assert casting.cast.person(person.id) == person
    assert person.id not in first_cast(DEMO).people
    again = await _started(store)
    assert again.cast.person(person.id) == person
    assert [juror.id for juror in again.cast.jury_of(AI)].count(person.id) == 1
    assert again.revision(person) == 1


async def test_a_person_belongs_to_an_organisation_on_record(store: CastStore) -> None:
    """One name, mended in one place."""
    casting = await _started(store)
    park = await casting.register_organisation(same_in_all("Riverside Park"), same_in_all("Perm"))
    person = await casting.register(NAME, [JUDGE], organisation=park.id)
    assert casting.cast.affiliation_of(person) == park.name
    assert (await _started(store)).cast.organisations == {park.id: park}


async def test_the_second_of_two_who_change_a_record_is_told(store: CastStore) -> None:
    """And the first one's change stands."""
    casting = await _started(store)
    project = casting.cast.projects[ProjectId(DEMO.projects[0].id)]
    seen = casting.revision(project)
    first, second = (replace(project, name=same_in_all(name)) for name in ("First", "Second"))
    outcomes = await asyncio.gather(
        casting.change_project(first, seen), casting.change_project(second, seen), return_exceptions=True
    )
    assert [isinstance(outcome, Conflict) for outcome in outcomes] == [False, True]
    assert casting.cast.project(project.id).name == same_in_all("First")
    assert await _code(lambda: casting.change_project(second, seen)) == "cast.stale"


async def test_what_was_changed_here_outlives_a_restart_and_another_definition(store: CastStore) -> None:
    """Nothing done in the product is silently undone: it stays, and the start says that it does."""
    casting = await _started(store)
    project = casting.cast.projects[ProjectId(DEMO.projects[0].id)]
    ours = await casting.change_project(replace(project, team=same_in_all("A new founder")), 1)
    theirs = replace(DEMO.projects[0], place=same_in_all("Elsewhere"))
    again = await _started(store, replace(DEMO, projects=(theirs, *DEMO.projects[1:])))
    assert again.cast.project(project.id) == ours
    assert again.news == (
        f"changed in the definition, but also here: stays as it is here: project {project.id} ({project.name.en})",
    )
    assert (await _started(store, replace(DEMO, projects=(theirs, *DEMO.projects[1:])))).news == ()


async def test_a_running_rooms_order_is_not_changed_with_a_projects_words(store: CastStore) -> None:
    """The rundown on stage and the poll that is open are made of it."""
    casting = await _started(store)
    project = casting.cast.projects[ProjectId(DEMO.projects[0].id)]
    changed = await casting.change_project(replace(project, field=BIO.id, order=99), 1)
    assert (changed.field, changed.order) == (project.field, project.order)


async def test_one_person_holds_several_appointments(store: CastStore) -> None:
    """A chair of one field may judge another; appointing them again there changes their recusals."""
    casting = await _started(store)
    person = await casting.appoint(CHAIR, Appointment(Role.JUDGE, BIO.room), 1)
    assert [(one.role, one.room) for one in person.appointments] == [(Role.CHAIR, AI.room), (Role.JUDGE, BIO.room)]
    rival = casting.cast.projects_in(BIO.id)[0].id
    person = await casting.appoint(CHAIR, Appointment(Role.JUDGE, BIO.room, recused=(rival,)), 2)
    assert [one.recused for one in person.appointments] == [(), (rival,)]
    person = await casting.dismiss(CHAIR, Appointment(Role.JUDGE, BIO.room), 3)
    assert [one.room for one in person.appointments] == [AI.room]


async def test_a_project_is_pitched_by_people_in_two_cities(store: CastStore) -> None:
    """Each with a link of their own."""
    casting = await _started(store)
    project = casting.cast.projects_in(AI.id)[0]
    other = await casting.register(NAME, [Appointment(Role.PITCHER, AI.room, project.id, order=99)])
    assert [person.id for person in casting.cast.pitchers_of(project.id)] == [f"pitcher-{project.id}", other.id]


async def test_who_is_withdrawn_stays_so(store: CastStore) -> None:
    """The definition still names them; that they left was decided here, and the next start says it once it matters."""
    casting = await _started(store)
    gone = PersonId(DEMO.judges[1].id)
    person = casting.cast.person(gone)
    await casting.withdraw(gone, casting.revision(person))
    assert casting.who(gone) is None
    assert (await _started(store)).who(gone) is None
    renamed = replace(DEMO.judges[1], name=same_in_all("Somebody Else"))
    again = await _started(store, replace(DEMO, judges=(DEMO.judges[0], renamed, *DEMO.judges[2:])))
    assert again.who(gone) is None
    assert "withdrawn here: stays withdrawn" in again.news[0]


PITCHER = Appointment(Role.PITCHER, AI.room, ProjectId(next(one.id for one in DEMO.projects if one.field == "ai")))
ELSEWHERE = ProjectId(next(one.id for one in DEMO.projects if one.field == "bio"))


@pytest.mark.parametrize(
    ("appointments", "code"),
    [
        ([Appointment(Role.JUDGE, RoomId("nowhere"))], "appointment.unfit"),
        ([Appointment(Role.JUDGE)], "appointment.unfit"),
        ([Appointment(Role.JUDGE, AI.room, PITCHER.project)], "appointment.unfit"),
        ([Appointment(Role.JUDGE, AI.room, recused=(ELSEWHERE,))], "appointment.unfit"),
        ([Appointment(Role.ORGANISER, AI.room)], "appointment.unfit"),
        ([Appointment(Role.PITCHER, AI.room)], "appointment.unfit"),
        ([Appointment(Role.PITCHER, AI.room, ELSEWHERE)], "appointment.unfit"),
        ([Appointment(Role.AUDIENCE)], "appointment.unfit"),
        ([JUDGE, JUDGE], "appointment.twice"),
        ([JUDGE, replace(JUDGE, role=Role.CHAIR)], "appointment.twice"),
        ([JUDGE, PITCHER], "appointment.both_sides"),
        ([replace(JUDGE, role=Role.CHAIR)], "jury.short"),
        ([JUDGE] * 25, "cast.malformed"),
    ],
)
async def test_appointments_that_cannot_be_are_refused(
    store: CastStore, appointments: list[Appointment], code: str
) -> None:
    """A second chair, a judge of their own project, a role nowhere: none of it reaches the store."""
    casting = await _started(store)
    before = await store.load()
    assert await _code(lambda: casting.register(NAME, appointments)) == code
    assert await store.load() == before
    assert casting.cast == first_cast(DEMO)


async def test_the_cast_has_an_end_for_two_at_once_and_for_those_who_left(
    store: CastStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checked before the turn, the last place would go to both; and who comes and goes leaves a record each time."""
    casting = await _started(store)
    most = len(casting.cast.people) + 1
    monkeypatch.setitem(MOST, "person", most)
    organiser = Appointment(Role.ORGANISER)
    outcomes = await asyncio.gather(*(casting.register(NAME, [organiser]) for _ in range(2)), return_exceptions=True)
    assert [getattr(outcome, "code", "") for outcome in outcomes] == ["", "cast.full"]
    assert isinstance(outcomes[0], Person)
    await casting.withdraw(outcomes[0].id, 1)
    assert await _code(lambda: casting.register(NAME, [organiser])) == "cast.full"
    await casting.change_project(casting.cast.projects[ProjectId(DEMO.projects[0].id)], 1)


@pytest.mark.parametrize(
    "name", [Text("", "名", "имя"), same_in_all("A\u0000"), same_in_all(" A"), same_in_all("a" * 81)]
)
async def test_names_are_checked_as_a_definitions_are(store: CastStore, name: Text) -> None:
    """What comes from outside is hostile, whichever way it comes."""
    casting = await _started(store)
    assert await _code(lambda: casting.register(name, [JUDGE])) == "cast.malformed"
    await casting.register(same_in_all("a" * 80), [JUDGE])


async def test_a_jury_cannot_lose_its_chair_nor_the_competition_its_organiser(store: CastStore) -> None:
    """Found out in the middle of a final otherwise."""
    casting = await _started(store)
    assert await _code(lambda: casting.withdraw(CHAIR, 1)) == "jury.short"
    assert await _code(lambda: casting.dismiss(CHAIR, JUDGE, 1)) == "appointment.unknown"
    assert await _code(lambda: casting.withdraw(PersonId("nobody"), 0)) == "person.unknown"
    assert casting.cast == first_cast(DEMO)
    await casting.withdraw(PersonId("organiser-2"), 1)
    assert await _code(lambda: casting.withdraw(PersonId("organiser"), 1)) == "cast.no_organiser"


async def test_a_definition_that_no_longer_goes_with_what_was_changed_is_refused_whole(store: CastStore) -> None:
    """Two chairs cannot settle a tie. The operator reads why, and the file as it was starts the server again."""
    mine = load(written(small()), "mine.toml", today=TODAY)
    casting = await _started(store, mine)
    chair = casting.cast.person(PersonId("chair"))
    await casting.change_person(replace(chair, name=same_in_all("Lev Orlov")), 1)
    data = small()
    data["judges"][0]["chair"], data["judges"][1]["chair"] = False, True
    before = await store.load()
    with pytest.raises(SetupError) as refused:
        await Casting.load(store, load(written(data), "mine.toml", today=TODAY))
    text = str(refused.value)
    assert "field “ai” has 2 judges with chair = true; expected one" in text
    assert "stays as it is here: person chair" in text
    assert await store.load() == before
    assert (await _started(store, mine)).cast.person(PersonId("chair")).name == same_in_all("Lev Orlov")


# Around a change ----------------------------------------------------------------------------------------------------


async def test_whoever_must_know_hears_of_changed_appointments_alone(store: CastStore) -> None:
    """A socket that is open since before must not go on with what it was let in for; a mended name closes none."""
    heard: list[tuple[PersonId, bool]] = []

    def changed(before: Person, now: Person | None) -> None:
        heard.append((before.id, now is not None))

    casting = await Casting.load(store, DEMO, when_changed=changed)
    await casting.keep()
    person = await casting.register(NAME, [JUDGE])
    person = await casting.change_person(replace(person, name=same_in_all("Zhou Min")), 1)
    assert heard == []
    await casting.appoint(person.id, Appointment(Role.JUDGE, BIO.room), 2)
    await casting.withdraw(person.id, 3)
    assert heard == [(person.id, True), (person.id, False)]


async def test_a_judge_declares_conflicts_and_takes_one_back(store: CastStore) -> None:
    """Read with the cast after a restart, the words apart from it; what is taken back leaves none behind."""
    arm, leg = (project.id for project in first_cast(DEMO).projects_in(AI.id)[:2])
    casting = await _started(store)
    both = Declaration(CHAIR, AI.room, 1, (Declared(arm, "works"), Declared(leg, "close", late=True)))
    await casting.declare(both, {arm: "Since May.", leg: "A cousin."}, 0)
    assert casting.cast.declarations == {(CHAIR, AI.room): both}
    assert await casting.words_of(AI.room) == {(CHAIR, arm): "Since May.", (CHAIR, leg): "A cousin."}
    assert await casting.words_of(BIO.room) == {}
    again = await _started(store)
    assert (again.news, again.cast.declarations) == ((), casting.cast.declarations)
    assert again.cast.jury_of(AI)[0].conflicts == (arm, leg)

    assert await _code(lambda: casting.declare(both, {}, 0)) == "cast.stale"
    one = Declaration(CHAIR, AI.room, 2, (Declared(arm, "works"),))
    await casting.declare(one, {arm: ""}, 1)
    assert await casting.words_of(AI.room) == {}
    assert casting.cast.jury_of(AI)[0].conflicts == (arm,)
    stranger = Declaration(CHAIR, BIO.room, 3)
    assert await _code(lambda: casting.declare(stranger, {}, 0)) == "ballot.not_entitled"


async def test_a_jury_whose_voting_has_begun_is_not_changed(store: CastStore) -> None:
    """The polls are asked before anything is written, and are told again what is in force."""
    fitted: list[int] = []
    begun = False

    async def fit(cast: Cast) -> None:
        fitted.append(len(cast.jury_of(AI)))
        if begun and len(cast.jury_of(AI)) != 6:
            raise Conflict("poll.changed")

    casting = await Casting.load(store, DEMO)
    await casting.keep(fit)
    begun = True
    assert await _code(lambda: casting.register(NAME, [JUDGE])) == "poll.changed"
    assert fitted == [7, 6]
    assert casting.cast == first_cast(DEMO)
    assert await store.load() == (await Casting.load(store, DEMO))._records
    await casting.register(NAME, [Appointment(Role.ORGANISER)])


class _Unreliable(MemoryCastStore):
    """``loses``: what happened to the next write."""

    loses = ""

    @override
    async def write(self, records: Records) -> None:
        lost, self.loses = self.loses, ""
        if lost != "the write":
            await super().write(records)
        if lost:
            raise Unavailable("store.away")


@pytest.mark.parametrize("lost", ["the write", "the answer"])
async def test_after_a_write_without_an_answer_the_store_is_believed(lost: str) -> None:
    """Whether it happened is unknown; what pages show must be what the next start will find."""
    store = _Unreliable()
    casting = await _started(store)
    store.loses = lost
    assert await _code(lambda: casting.register(NAME, [JUDGE])) == "store.away"
    assert len(casting.cast.jury_of(AI)) == (6 if lost == "the write" else 7)
    assert casting.cast == (await Casting.load(store, DEMO)).cast
    await casting.register(same_in_all("Another"), [JUDGE])


async def test_the_shapes_of_records_forbid_what_definitions_forbid(store: CastStore) -> None:
    """A record is also a promise to every reader after."""
    casting = await _started(store)
    project = casting.cast.projects[ProjectId(DEMO.projects[0].id)]
    for broken in (
        replace(project, deck=()),
        replace(project, needs=("everything",)),
        replace(project, one_liner=same_in_all("two\nlines")),
    ):
        assert await _code(lambda broken=broken: casting.change_project(broken, 1)) == "cast.malformed"  # type: ignore[misc]
    park = Organisation(OrganisationId("park"), same_in_all("x" * 100))
    assert await _code(lambda: casting.register_organisation(park.name)) == "cast.malformed"
    assert msgspec.to_builtins(casting.cast.project(project.id)) == msgspec.to_builtins(project)


async def test_the_first_key_that_a_judge_enrols_stays(store: CastStore) -> None:
    """Whoever signs in as the judge later must not put theirs in its place; nor does a restart lose it."""
    casting = await _started(store)
    first, other = (Enrolment(CHAIR, AI.room, f"ed25519:{name}", at) for at, name in enumerate(("first", "other")))
    assert await casting.enrol(first) == await casting.enrol(replace(first, at=9)) == first
    assert await _code(lambda: casting.enrol(other)) == "key.early"
    again = await _started(store)
    assert again.cast.keys == {(CHAIR, AI.room): first}
    assert again.news == ()


async def test_only_a_judge_of_the_field_enrols_a_key_and_only_before_its_voting(store: CastStore) -> None:
    """A key of anybody else would be a vote of theirs; later two people enrol one."""
    casting = await _started(store)
    assert await _code(lambda: casting.enrol(Enrolment(CHAIR, BIO.room, "ed25519:k", 1))) == "ballot.not_entitled"
    assert (
        await _code(lambda: casting.enrol(Enrolment(PersonId("organiser"), AI.room, "k", 1))) == "ballot.not_entitled"
    )

    async def begun(_: Cast) -> None:
        raise Conflict("poll.changed")

    await casting.keep(begun)
    assert await _code(lambda: casting.enrol(Enrolment(CHAIR, AI.room, "ed25519:k", 1))) == "poll.changed"
    assert casting.cast.keys == {}
