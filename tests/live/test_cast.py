"""Somebody registers while the show runs, and somebody holds several roles: desks, sockets, a restart."""

import json
from pathlib import Path

import httpx
import msgspec
import pytest
from starlette.routing import Route
from typing_extensions import override

from roadshow.access.groups import group_of
from roadshow.access.roles import JURY, MESSAGES, ROUTES, Visitor, allowed, authorise
from roadshow.adapters import vote_store
from roadshow.app import open_show
from roadshow.competitions.cast import first_cast
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Appointment, Person, Role
from roadshow.errors import Conflict, NotAllowed, SetupError
from roadshow.fields.plans import poll_spec
from roadshow.fields.sections import Group
from roadshow.ids import CommandId, PersonId, ProjectId
from roadshow.live.hub import RESTARTING
from roadshow.live.messages import Message
from roadshow.settings import Settings
from roadshow.show import Show
from roadshow.store.connection import open_running_store
from roadshow.texts import same_in_all
from roadshow.voting.key_file import load_signer
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.votes import Cast
from tests.core.competitions.definitions import TODAY
from tests.live.test_sealed import Listener, frames_of

DEMO = load_preset("demo", today=TODAY)
AI, ROBOTICS, BIO = (field.room for field in DEMO.fields)
NAME = same_in_all("Zhou Mei")


def _settings(folder: Path) -> Settings:
    return Settings(data=folder / "data", port=0, udp_port=0)


def _browser(show: Show) -> httpx.AsyncClient:
    base = show.settings.public_url
    headers = {"Origin": base, "Accept": "text/html"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(show.app), base_url=base, headers=headers)


async def _sign_in(show: Show, browser: httpx.AsyncClient, person: PersonId) -> None:
    assert (await browser.post(f"/i/{await show.guests.invite(person)}")).status_code == 303


def _data(page: str) -> dict[str, object]:
    """The page's own block."""
    found = json.loads(page.split('id="page"', 1)[1].split(">", 1)[1].split("</script>", 1)[0])
    assert isinstance(found, dict)
    return found


class Ended(Listener):
    """A socket that may be ended."""

    def __init__(self, person: Person | None) -> None:
        super().__init__(person)
        self.ended: list[int] = []

    @override
    def end(self, code: int, reason: str, last: Message | None = None) -> None:
        self.ended.append(code)


async def test_who_registers_at_run_time_is_there_with_access_after_a_restart(tmp_path: Path) -> None:
    """The people desk lists them and gives their link, which leads to their desk; a restart with the same definition
    takes nothing of it away, and says nothing."""
    async with open_show(_settings(tmp_path), DEMO) as show:
        person = await show.casting.register(NAME, [Appointment(Role.JUDGE, BIO)], affiliation=same_in_all("Park"))
        async with _browser(show) as organiser, _browser(show) as browser:
            await _sign_in(show, organiser, PersonId("organiser"))
            assert f'data-person="{person.id}"' in (await organiser.get("/as/organiser/people")).text
            invited = (await organiser.post(f"/as/organiser/people/{person.id}/invite")).text
            link = invited.split(f"{show.settings.public_url}/i/", 1)[1].split('"', 1)[0]
            assert NAME.en in (await browser.get(f"/i/{link}")).text
            assert (await browser.post(f"/i/{link}")).headers["location"] == f"/as/{person.id}"
            assert (await browser.get(f"/as/{person.id}")).headers["location"] == f"/as/{person.id}/judge"
            assert _data((await browser.get(f"/as/{person.id}/judge")).text)["room"]["id"] == BIO  # type: ignore[index]
            await show.casting.register(same_in_all("Of No House"), [Appointment(Role.JUDGE, BIO)])
            programme = (await browser.get("/")).text
            assert all(text in programme for text in (NAME.en, "Park", "Of No House")), "the jury, as all may know it"
            cookies = dict(browser.cookies)
    async with open_show(_settings(tmp_path), DEMO) as show:
        assert show.casting.news == ()
        async with _browser(show) as browser:
            browser.cookies.update(cookies)
            assert (await browser.get(f"/as/{person.id}/judge")).status_code == 200


async def test_a_new_judge_scores_and_a_begun_vote_keeps_its_jury(tmp_path: Path) -> None:
    """Until the first window opens the jury may change, and the poll with it; from then on the start and the service
    both refuse, and what was refused is nowhere."""
    async with open_show(_settings(tmp_path), DEMO) as show:
        person = await show.casting.register(NAME, [Appointment(Role.JUDGE, AI)])
        async with open_running_store(show.settings, DEMO.id) as store:
            spec = poll_spec(DEMO, DEMO.fields[0], show.casting.cast)
            signer = load_signer(show.settings.data / "signing.key")
            voting = VotingService(vote_store(store, DEMO.id), signer, {AI: spec}, Nobody())
            project = spec.projects[0]
            await voting.open_window(AI, project, None)
            scores = {criterion.id: 5 for criterion in spec.criteria}
            assert (await voting.cast(AI, person.id, Cast(CommandId("ballot-001"), project, scores, 0))).revision == 1
            await voting.aclose()
        before = show.casting.cast
        with pytest.raises(Conflict, match=r"poll\.changed"):
            await show.casting.register(same_in_all("Late"), [Appointment(Role.JUDGE, AI)])
        with pytest.raises(Conflict, match=r"poll\.changed"):
            await show.casting.withdraw(person.id, 1)
        await show.casting.register(same_in_all("In time"), [Appointment(Role.JUDGE, BIO)])
        assert show.casting.cast.jury_of(DEMO.fields[0]) == before.jury_of(DEMO.fields[0])
    fewer = msgspec.structs.replace(DEMO, judges=tuple(judge for judge in DEMO.judges if judge.id != DEMO.judges[1].id))
    with pytest.raises(SetupError, match=r"the voting of the field “ai” has begun"):
        async with open_show(_settings(tmp_path), fewer):
            pass
    async with open_show(_settings(tmp_path), DEMO) as show:
        assert show.casting.news == (), "what was refused is not remembered"
        assert len(show.casting.cast.jury_of(DEMO.fields[0])) == 7


async def test_who_is_dismissed_or_withdrawn_is_out_at_once(tmp_path: Path) -> None:
    """Their sockets end, their desk closes, and the token their page once got sends nothing any more."""
    async with open_show(_settings(tmp_path), DEMO) as show:
        cast = show.casting.cast
        project = cast.projects_in(DEMO.fields[0].id)[0]
        held = Appointment(Role.PITCHER, AI, project.id, order=99)
        person = await show.casting.register(NAME, [held, Appointment(Role.JUDGE, BIO)])
        async with _browser(show) as browser:
            await _sign_in(show, browser, person.id)
            page = _data((await browser.get(f"/as/{person.id}/pitch")).text)
            bearer = {"Content-Type": "application/sdp", "Authorization": f"Bearer {page['publish_token']}"}
            assert (await browser.post(f"/rooms/{AI}/whip", content="v=0", headers=bearer)).status_code == 422
            follower = Ended(person)
            show.hub.join(follower)
            await show.casting.dismiss(person.id, held, 1)
            assert follower.ended == [RESTARTING], "it comes back as what they are now"
            assert (await browser.get(f"/as/{person.id}/pitch")).status_code == 403
            answer = await browser.post(f"/rooms/{AI}/whip", content="v=0", headers=bearer)
            assert (answer.status_code, answer.json()["code"]) == (401, "whip.token")
            assert (await browser.get(f"/as/{person.id}")).headers["location"] == f"/as/{person.id}/judge"
            await show.casting.withdraw(person.id, 2)
            assert (await browser.get(f"/as/{person.id}/judge")).status_code == 401


# Several roles ------------------------------------------------------------------------------------------------------


async def _several(show: Show) -> tuple[Person, Person]:
    """A judge in two fields, and the chair of one who judges in another."""
    both = await show.casting.register(NAME, [Appointment(Role.JUDGE, AI), Appointment(Role.JUDGE, BIO)])
    chair = show.casting.cast.jury_of(DEMO.fields[0])[0].id
    return both, await show.casting.appoint(chair, Appointment(Role.JUDGE, ROBOTICS), 1)


async def test_several_desks_are_listed_and_the_short_addresses_lead_on(tmp_path: Path) -> None:
    """In the reader's language; each desk is the one room's alone, and the chair's panel only where they are chair."""
    async with open_show(_settings(tmp_path), DEMO) as show:
        both, chair = await _several(show)
        async with _browser(show) as browser:
            await _sign_in(show, browser, both.id)
            await _sign_in(show, browser, chair.id)
            for person, rooms in ((both, (AI, BIO)), (chair, (AI, ROBOTICS))):
                page = (await browser.get(f"/as/{person.id}?lang=ru")).text
                assert "Ваши рабочие места" in page
                for room in rooms:
                    assert f'href="/as/{person.id}/judge/{room}"' in page
                assert page.count(f'href="/as/{person.id}/judge/') == len(rooms)
                answer = await browser.get(f"/as/{person.id}/judge")
                assert answer.headers["location"] == f"/as/{person.id}/judge/{AI}"
            here, there = [_data((await browser.get(f"/as/{chair.id}/judge/{room}")).text) for room in (AI, ROBOTICS)]
            assert [one["person"]["role"] for one in (here, there)] == ["chair", "judge"]  # type: ignore[index]
            only = DEMO.judges[1].id
            await _sign_in(show, browser, only)
            assert (await browser.get(f"/as/{only}/judge")).status_code == 200
            assert (await browser.get(f"/as/{only}/judge/{AI}")).status_code == 200


async def test_somebody_who_pitches_two_projects_has_a_desk_for_each(tmp_path: Path) -> None:
    """With a token that sends as this project and no other."""
    async with open_show(_settings(tmp_path), DEMO) as show:
        first, second, third, *_ = show.casting.cast.projects_in(DEMO.fields[0].id)
        person = await show.casting.register(NAME, [Appointment(Role.PITCHER, AI, one.id) for one in (first, second)])
        async with _browser(show) as browser:
            await _sign_in(show, browser, person.id)
            answer = await browser.get(f"/as/{person.id}/pitch")
            assert answer.headers["location"] == f"/as/{person.id}/pitch/{first.id}"
            page = await browser.get(f"/as/{person.id}/pitch/{second.id}")
            assert _data(page.text)["person"]["project"] == second.id  # type: ignore[index]
            assert f".{second.id}." in str(_data(page.text)["publish_token"])
            assert "camera=(self)" in page.headers["permissions-policy"]
            assert (await browser.get(f"/as/{person.id}/pitch/{third.id}")).status_code == 403


async def test_each_may_act_only_where_they_are_appointed(tmp_path: Path) -> None:
    """Every message and every address of a desk, in every room, against a table written out here by hand."""
    async with open_show(_settings(tmp_path), DEMO) as show:
        both, chair = await _several(show)
        held = {both.id: {AI: Role.JUDGE, BIO: Role.JUDGE}, chair.id: {AI: Role.CHAIR, ROBOTICS: Role.JUDGE}}
        for person in (both, chair):
            visitor = Visitor(person, "127.0.0.1")
            for room in (AI, ROBOTICS, BIO):
                role = held[person.id].get(room, Role.AUDIENCE)
                for action in (*MESSAGES, *ROUTES):
                    may = True
                    try:
                        authorise(visitor, action, room)
                    except NotAllowed:
                        may = False
                    assert may is allowed(role, action), (person.id, room, action)
                groups = {Role.CHAIR: Group.CHAIR, Role.JUDGE: Group.JUDGE, Role.AUDIENCE: Group.AUDIENCE}
                assert group_of(visitor, room) is groups[role]
        async with _browser(show) as browser:
            await _sign_in(show, browser, both.id)
            await _sign_in(show, browser, chair.id)
            for route in show.app.routes:
                if not isinstance(route, Route) or {"person", "room"} - set(route.param_convertors):
                    continue
                if "GET" not in (route.methods or ()):
                    continue
                for person in (both, chair):
                    for room in (AI, ROBOTICS, BIO):
                        answer = await browser.get(
                            route.path_format.format(person=person.id, room=room, encoder="main", sequence="1")
                        )
                        role = held[person.id].get(room, Role.AUDIENCE)
                        # What is not announced yet, or not in these rules, is not refused to them: it is not there.
                        may = answer.status_code in {200, 404, 409}
                        assert may is (allowed(role, route.name) and role in JURY), answer.url


async def test_what_is_sealed_is_sealed_in_each_room_by_the_role_held_there(tmp_path: Path) -> None:
    """The chair of one field is a judge in the other: who has submitted there is not for them to know."""
    async with open_show(_settings(tmp_path), DEMO) as show:
        both, chair = await _several(show)
        frames = {room: await frames_of(show.hub, chair, room) for room in (AI, ROBOTICS, BIO)}
        assert '"progress":{' in frames[AI]
        for room in (ROBOTICS, BIO):
            assert '"progress":{' not in frames[room]
            assert '"review":{' not in frames[room]
        assert '"windows":{' in frames[ROBOTICS]
        assert '"windows":{' not in frames[BIO]
        assert '"windows":{' not in await frames_of(show.hub, both, ROBOTICS)


async def test_an_organiser_who_chairs_a_jury_has_both(tmp_path: Path) -> None:
    """A small competition has few people. As chair they are told of ties, which control alone is not."""
    async with open_show(_settings(tmp_path), DEMO) as show:
        chair = show.casting.cast.jury_of(DEMO.fields[0])[0].id
        person = await show.casting.appoint(chair, Appointment(Role.ORGANISER), 1)
        visitor = Visitor(person, "127.0.0.1")
        assert visitor.role is Role.ORGANISER
        assert [group_of(visitor, room) for room in (AI, BIO)] == [Group.CHAIR, Group.CONTROL]
        for action, rooms in (("result.confirm", {AI}), ("session.start", {AI, ROBOTICS, BIO}), ("ballot.cast", {AI})):
            for room in (AI, ROBOTICS, BIO):
                if room in rooms:
                    authorise(visitor, action, room)
                else:
                    with pytest.raises(NotAllowed, match=r"room\.not_yours"):
                        authorise(visitor, action, room)


async def test_a_project_that_is_changed_here_is_seen_by_everybody(tmp_path: Path) -> None:
    """Pages read the cast, not the file: on the next view, and after a restart."""
    async with open_show(_settings(tmp_path), DEMO) as show:
        project = show.casting.cast.projects[ProjectId(DEMO.projects[0].id)]
        await show.casting.change_project(msgspec.structs.replace(project, name=same_in_all("Renamed Here")), 1)
        for path in ("/", f"/projects/{project.id}", f"/rooms/{project.field}/watch"):
            async with _browser(show) as browser:
                assert "Renamed Here" in (await browser.get(path)).text
    assert first_cast(DEMO).projects[project.id].name != same_in_all("Renamed Here")
    async with open_show(_settings(tmp_path), DEMO) as show, _browser(show) as browser:
        assert "Renamed Here" in (await browser.get(f"/projects/{project.id}")).text
