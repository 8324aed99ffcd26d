"""The life of a sign-in, from the link to the end, over a real web server."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from roadshow.app import open_show
from roadshow.commands.checking import lone_organiser
from roadshow.commands.links import make_links, printed
from roadshow.commands.revoking import revoke, told
from roadshow.competitions.loading import load, load_preset
from roadshow.competitions.memory_store import MemoryPeopleStore
from roadshow.competitions.people import Person, Role
from roadshow.competitions.signins.life import LIFETIMES
from roadshow.errors import SetupError
from roadshow.ids import PersonId
from roadshow.settings import Settings
from tests.core.competitions.definitions import SMALL
from tests.live.conftest import AI, Final, Site, a_browser, listening_socket, served
from tests.relay.light_peer import LightPeer, section

PUBLISH = section("video", "0", "sendonly", ["VP8"])
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
ASKED = {"asked": "yes"}
"""What a form says once its question was answered."""
END = re.compile(r'action="([^"]*/sign-ins/[0-9a-f]{16}/end)"')
LINK = re.compile(r'value="(http[^"]*/i/[^"]+)"')


@asynccontextmanager
async def _browser(base: str, agent: str = FIREFOX, language: str = "en") -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Origin": base, "User-Agent": agent, "Accept": "text/html", "Accept-Language": language}
    async with httpx.AsyncClient(base_url=base, headers=headers, follow_redirects=True) as browser:
        yield browser


def _one(final: Final, role: Role) -> Person:
    return next(person for person in final.show.people if person.role is role)


async def _sign_in(final: Final, browser: httpx.AsyncClient, person: PersonId) -> httpx.Response:
    answer = await browser.post(f"/i/{await final.show.guests.invite_further(person)}")
    assert answer.status_code == 200
    return answer


def _cookie(browser: httpx.AsyncClient) -> str:
    return f"roadshow={browser.cookies['roadshow']}"


async def test_two_links_pressed_at_one_moment_in_one_browser_let_both_people_in(final: Final) -> None:
    """A machine that two judges share. Whose answer comes second is shown the button again, and no cookie that would
    take the place of the first one's."""
    judges = [person for person in final.show.people if person.role is Role.JUDGE][:2]
    links = [f"/i/{await final.show.guests.invite_further(judge.id)}" for judge in judges]
    async with _browser(final.base) as browser:
        await browser.get(links[0])
        before = _cookie(browser)
        first, second = await asyncio.gather(
            *(browser.post(link, headers={"Cookie": before}, follow_redirects=False) for link in links)
        )
        again = next(
            link for link, answer in zip(links, (first, second), strict=True) if "set-cookie" not in answer.headers
        )
        assert {answer.headers["Location"] for answer in (first, second)} >= {again}
        shown = await browser.get(again, headers={"Cookie": before})
        assert (shown.status_code, "set-cookie" in shown.headers) == (200, False)
        await browser.post(again)
        for judge in judges:
            assert (await browser.get(f"/as/{judge.id}/judge")).status_code == 200


@pytest.mark.parametrize(("language", "role"), [("en", "Judge"), ("zh", "评委"), ("ru", "Судья")])
async def test_every_desk_says_who_is_signed_in_and_no_public_page_does(final: Final, language: str, role: str) -> None:
    """At a borrowed laptop the first question is whose desk this is. Public pages are the same for everybody."""
    judge = _one(final, Role.JUDGE)
    name = judge.name.in_language(language)
    async with _browser(final.base, language=language) as browser:
        await _sign_in(final, browser, judge.id)
        for path in ("judge", "practice", "sign-ins"):
            bar = (await browser.get(f"/as/{judge.id}/{path}")).text.partition("<main")[0]
            assert name in bar
            assert role in bar
            assert f"/as/{judge.id}/sign-out" in bar
        for path in ("/", "/results", f"/rooms/{AI}/watch"):
            assert "sign-out" not in (await browser.get(path)).text


async def test_a_sign_out_ends_this_browsers_sign_in_alone(final: Final) -> None:
    """The cookie is worth nothing afterwards, whoever copied it; the judge's other device works on."""
    judge = _one(final, Role.JUDGE)
    async with _browser(final.base) as laptop, _browser(final.base, IPHONE) as telephone:
        for browser in (laptop, telephone):
            await _sign_in(final, browser, judge.id)
        copied = _cookie(laptop)
        out = await laptop.post(f"/as/{judge.id}/sign-out", data=ASKED)
        assert str(out.url).endswith("/sign-in?signed-out")
        assert "does not open again" in out.text
        assert "roadshow" not in laptop.cookies
        assert (await laptop.get(f"/as/{judge.id}/judge")).status_code == 401
        async with _browser(final.base) as thief:
            assert (await thief.get(f"/as/{judge.id}/judge", headers={"Cookie": copied})).status_code == 401
        assert (await telephone.get(f"/as/{judge.id}/judge")).status_code == 200


async def test_of_several_people_in_a_browser_one_goes_or_all(final: Final) -> None:
    """Whoever helped a neighbour stays at their own desk."""
    judge, organiser = _one(final, Role.JUDGE), _one(final, Role.ORGANISER)
    async with _browser(final.base) as browser:
        for person in (judge, organiser):
            await _sign_in(final, browser, person.id)
        page = (await browser.post(f"/as/{judge.id}/sign-out", data=ASKED)).text
        assert judge.name.en not in page
        assert organiser.name.en in page
        assert (await browser.get(f"/as/{organiser.id}/people")).status_code == 200
        await _sign_in(final, browser, judge.id)
        assert 'value="everybody"' in (await browser.get(f"/as/{judge.id}/judge")).text
        await browser.post(f"/as/{judge.id}/sign-out", data={"who": "everybody", **ASKED})
        for person, path in ((judge, "judge"), (organiser, "people")):
            assert (await browser.get(f"/as/{person.id}/{path}")).status_code == 401


async def test_another_sites_page_signs_nobody_out(final: Final) -> None:
    """In the middle of a vote, say."""
    judge = _one(final, Role.JUDGE)
    async with _browser(final.base) as browser:
        await _sign_in(final, browser, judge.id)
        forged = await browser.post(f"/as/{judge.id}/sign-out", headers={"Origin": "https://evil.example"})
        assert forged.status_code == 403
        assert (await browser.get(f"/as/{judge.id}/judge")).status_code == 200


async def test_everybody_sees_where_they_are_signed_in_and_ends_one(final: Final) -> None:
    """A stranger's telephone is known by its kind, and no address is told."""
    judge = _one(final, Role.JUDGE)
    async with _browser(final.base) as laptop, _browser(final.base, IPHONE) as stranger:
        await _sign_in(final, laptop, judge.id)
        await _sign_in(final, stranger, judge.id)
        page = (await laptop.get(f"/as/{judge.id}/sign-ins")).text
        assert "Firefox on Linux" in page
        assert "Safari on iPhone" in page
        assert "127.0.0.1" not in page
        theirs = next(end for end in END.findall(page) if end not in _own_ends(page))
        async with a_browser(final.base, f"?as={judge.id}", _cookie(stranger)) as socket:
            await socket.read_until("welcome")
            assert (await laptop.post(theirs, data=ASKED)).status_code == 200
            assert await socket.read_until("superseded") == {"type": "superseded", "reason": "ended"}
            assert await socket.closed() == (1008, "ended")
        assert (await stranger.get(f"/as/{judge.id}/judge")).status_code == 401
        assert (await laptop.get(f"/as/{judge.id}/judge")).status_code == 200
        assert (await laptop.get(f"/as/{judge.id}/sign-ins")).text.count("Safari on iPhone") == 1, "among the ended"


def _own_ends(page: str) -> set[str]:
    """The one of the browser that looks."""
    own = page.split("this browser", 1)[1]
    found = END.search(own)
    assert found is not None
    return {found[1]}


async def test_an_organiser_ends_all_of_a_judges(final: Final) -> None:
    """From the people desk; a judge may not do so to an organiser."""
    judge, organiser = _one(final, Role.JUDGE), _one(final, Role.ORGANISER)
    async with _browser(final.base) as theirs, _browser(final.base) as control:
        await _sign_in(final, theirs, judge.id)
        await _sign_in(final, control, organiser.id)
        assert f'/people/{judge.id}"' in (await control.get(f"/as/{organiser.id}/people")).text
        assert "Firefox on Linux" in (await control.get(f"/as/{organiser.id}/people/{judge.id}")).text
        forbidden = await theirs.post(f"/as/{judge.id}/people/{organiser.id}/sign-ins/end")
        assert forbidden.status_code == 403
        assert (await control.post(f"/as/{organiser.id}/people/{judge.id}/sign-ins/end", data=ASKED)).status_code == 200
        assert (await theirs.get(f"/as/{judge.id}/judge")).status_code == 401
        assert (await control.get(f"/as/{organiser.id}/people")).status_code == 200


async def test_a_new_link_puts_a_thief_out_at_once_and_sending_again_puts_nobody_out(final: Final) -> None:
    """The advised remedy works; and is not what happens to somebody who only lost a message."""
    judge, organiser = _one(final, Role.JUDGE), _one(final, Role.ORGANISER)
    async with _browser(final.base) as thief, _browser(final.base) as control, _browser(final.base) as own:
        await _sign_in(final, thief, judge.id)
        await _sign_in(final, control, organiser.id)
        desk = f"/as/{organiser.id}/people/{judge.id}"
        async with a_browser(final.base, f"?as={judge.id}", _cookie(thief)) as socket:
            await socket.read_until("welcome")
            refused = await control.post(f"{desk}/invite-again")
            assert refused.status_code == 409
            further = LINK.search((await control.post(f"{desk}/invite-further")).text)
            again = LINK.search((await control.post(f"{desk}/invite-again")).text)
            assert further is not None
            assert again is not None
            await socket.send(type="clock.ping", sent=1)
            await socket.read_until("clock.pong")
            new = LINK.search((await control.post(f"{desk}/invite", data=ASKED)).text)
            assert new is not None
            assert await socket.closed() == (1008, "revoked")
        for old in (further[1], again[1]):
            assert (await own.get(old)).status_code == 410
        assert (await own.post(new[1])).status_code == 200
        assert (await own.get(f"/as/{judge.id}/judge")).status_code == 200
        assert (await control.post(f"/as/{organiser.id}/people/{organiser.id}/invite")).status_code == 409


async def test_a_sign_in_that_runs_out_closes_its_sockets(site: Site) -> None:
    """Within one look; and until then what a judge sends is carried out, so that no ballot is lost in between."""
    store = site.store
    async with site.browser("judge") as judge, site.browser("organiser") as organiser:
        for browser in (judge, organiser):
            await browser.read_until("welcome")
        await site.guests.presence.look(site.hub.sign_ins)
        idle = LIFETIMES[Role.JUDGE].idle
        _age(store, PersonId("judge"), idle.ms)
        await judge.send(
            type="ballot.cast", command="command-0001", room="ai", project="neuro", scores={}, expected_revision=0
        )
        await judge.read_until("command.accepted")
        await site.guests.presence.look(site.hub.sign_ins)
        assert await judge.read_until("superseded") == {"type": "superseded", "reason": "expired"}
        assert await judge.closed() == (1008, "expired")
        await organiser.send(type="clock.ping", sent=1)
        await organiser.read_until("clock.pong")


async def test_an_open_desk_is_in_use(site: Site) -> None:
    """A judge who listens for hours must not be thrown out for having touched nothing."""
    async with site.browser("judge") as judge:
        await judge.read_until("welcome")
        (before,) = await site.guests.presence.all(PersonId("judge"))
        _age(site.store, PersonId("judge"), LIFETIMES[Role.JUDGE].idle.ms - 60_000)
        await site.guests.presence.look(site.hub.sign_ins)
        (after,) = await site.guests.presence.all(PersonId("judge"))
        assert not after.sign_in.seen_at < before.sign_in.seen_at


def _age(store: MemoryPeopleStore, person: PersonId, ms: int) -> None:
    """As if it had been seen so long ago."""
    for id_, one in store._sign_ins.items():  # nobody can wait for a fortnight
        if one.person == person:
            seen = type(one.seen_at)(one.seen_at.ms - ms)
            store._sign_ins[id_] = replace(one, seen_at=seen)


async def test_a_judges_other_desks_hear_of_every_change_to_their_ballots(final: Final) -> None:
    """A thief's ballot, and the chair's ruling, too. Nobody else hears of it, and who sent it gets the answer alone."""
    judge, chair = _one(final, Role.JUDGE), _one(final, Role.CHAIR)
    other = [person for person in final.show.people if person.role is Role.JUDGE][1]
    room = judge.appointments[0].room
    assert room == AI
    field = final.show.fields.of(AI)
    project = final.show.rooms[AI].snapshot().session.project
    assert project is not None
    await field.voting.open_window(AI, project, None)
    scores = {criterion.id: 5 for criterion in final.show.competition.criteria}
    cookies = {}
    for person in (judge, chair, other):
        for device in ("laptop", "telephone"):
            async with _browser(final.base) as browser:
                await _sign_in(final, browser, person.id)
                cookies[person.id, device] = _cookie(browser)
    async with (
        a_browser(final.base, f"?as={judge.id}", cookies[judge.id, "laptop"]) as laptop,
        a_browser(final.base, f"?as={judge.id}", cookies[judge.id, "telephone"]) as telephone,
        a_browser(final.base, f"?as={other.id}", cookies[other.id, "laptop"]) as neighbour,
        a_browser(final.base, f"?as={chair.id}", cookies[chair.id, "laptop"]) as ruling,
    ):
        for socket in (laptop, telephone, neighbour, ruling):
            await socket.read_until("welcome")
        changed = {"type": "ballot.changed", "room": AI, "project": project}
        ballot = {"room": AI, "project": project, "scores": scores, "expected_revision": 0}
        await telephone.send(type="ballot.cast", command="command-0001", **ballot)
        assert (await telephone.read())["type"] == "ballot.accepted"
        assert await laptop.read() == changed
        about = {"room": AI, "judge": judge.id, "project": project, "reason": "A reason that is long enough."}
        await ruling.send(type="ballot.void", command="command-0002", **about)
        assert (await ruling.read())["type"] == "command.accepted"
        assert await laptop.read() == changed
        assert await telephone.read() == changed
        await laptop.send(type="ballot.cast", command="command-0003", **ballot)
        assert (await laptop.read())["type"] == "refused", "what is refused changes nothing"
        for silent in (telephone, neighbour):
            await silent.send(type="clock.ping", sent=1)
            assert (await silent.read())["type"] == "clock.pong"


async def test_ending_one_sign_in_ends_what_it_sends_and_nothing_of_another(tmp_path: Path) -> None:
    """A pitcher's lost telephone goes off the air; the laptop on stage stays on it. And no token brings it back."""
    competition = load_preset("demo", today=date(2026, 1, 1))
    async with open_show(Settings(data=tmp_path / "data", port=0, udp_port=0), competition) as show:
        pitcher = next(person for person in show.people if person.role is Role.PITCHER)
        base, transport = show.settings.public_url, httpx.ASGITransport(show.app)
        whip = f"/rooms/{pitcher.appointments[0].room}/whip"
        sent: list[tuple[str, dict[str, str]]] = []
        async with httpx.AsyncClient(transport=transport, base_url=base, headers={"Origin": base}) as browser:
            for slides in ("", "?as=slides"):  # two that stand beside each other
                browser.cookies.clear()
                await browser.post(f"/i/{await show.guests.invite_further(pitcher.id)}")
                page = (await browser.get(f"/as/{pitcher.id}/pitch")).text
                token = re.search(r'"publish_token":"([^"]+)"', page)
                assert token is not None
                headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token[1]}"}
                answer = await browser.post(whip + slides, content=LightPeer().offer(PUBLISH), headers=headers)
                assert answer.status_code == 201
                sent.append((answer.headers["Location"], headers))
            newest, _ = (one.sign_in.id for one in await show.guests.presence.all(pitcher.id))
            ended = next(sign_in for sign_in in (newest, _) if sign_in in sent[0][1]["Authorization"])
            await show.guests.presence.end(pitcher.id, [ended])
            (gone, stale), (there, good) = sent
            assert (await browser.get(gone)).status_code == 404
            again = await browser.post(whip, content=LightPeer().offer(PUBLISH), headers=stale)
            assert (again.status_code, again.json()["code"]) == (401, "whip.token")
            assert (await browser.post(whip, content=LightPeer().offer(PUBLISH), headers=good)).status_code == 201
            assert (await browser.get(there)).status_code == 204


async def test_the_console_ends_a_sole_organisers_stolen_sign_in_beside_the_running_server(
    tmp_path: Path, acts_of_the_console: asyncio.Queue[tuple[str, str, str]]
) -> None:
    """Nobody is left who could do it at a desk. The server was told nothing: it looks by itself, and its log says who
    did it."""
    acts = acts_of_the_console
    competition = load_preset("demo", today=date(2026, 1, 1))
    with listening_socket() as (listening, base):
        settings = Settings(data=tmp_path / "data", port=0, udp_port=0, public_url=base)
        async with open_show(settings, competition) as show, served(show.app, listening, show.hub.shut_down):
            final = Final(base, show)
            organiser = PersonId("organiser")
            async with _browser(base) as thief, _browser(base) as own:
                await _sign_in(final, thief, organiser)
                async with a_browser(base, f"?as={organiser}", _cookie(thief)) as socket:
                    await socket.read_until("welcome")
                    revoked = await revoke(settings, competition, organiser)
                    assert (revoked.sign_ins, revoked.links, revoked.is_served) == (1, 0, True)
                    assert (await thief.get(f"/as/{organiser}/people")).status_code == 401
                    assert await socket.closed() == (1008, "revoked")
                assert (await own.post(revoked.link)).status_code == 200
                assert (await own.get(f"/as/{organiser}/people")).status_code == 200
                async with asyncio.timeout(10):
                    assert await acts.get() == ("people.revoke", "organiser", "accepted")
            with pytest.raises(SetupError, match=r"There is no person nobody\.") as refused:
                await revoke(settings, competition, PersonId("nobody"))
            assert (
                "  judge-ai-1            Chen Yuhan, judge, Artificial intelligence" in str(refused.value).splitlines()
            )
        revoked = await revoke(settings, competition, organiser)
        assert (revoked.sign_ins, revoked.links, revoked.is_served) == (1, 0, False)
        assert "1 sign-in and 0 unused links ended; no server is running" in told(organiser, revoked)
        assert (await revoke(settings, competition, organiser)).links == 1


async def test_nobody_is_revoked_where_nothing_of_the_competition_was_served(tmp_path: Path) -> None:
    """Whoever forgets --data would read that a thief is out, who is in."""
    demo, settings = load_preset("demo", today=date(2026, 1, 1)), Settings(data=tmp_path / "data", port=0, udp_port=0)
    async with open_show(settings, load(SMALL, "mine.toml", today=date(2026, 1, 1))):
        with pytest.raises(SetupError, match="Nothing of demo was ever served from"):
            await revoke(settings, demo, PersonId("organiser"))
    with pytest.raises(SetupError, match="Nothing of demo was ever served from"):
        await revoke(settings, demo, PersonId("organiser"))


async def test_a_demo_prints_each_organisers_link_with_their_name(final: Final) -> None:
    """Two lines that look alike are handed to the wrong people."""
    links = await make_links(final.show)
    lines = [line.split() for line in printed(links, final.show).splitlines() if line.startswith("  Organiser")]
    first, second = links.links.organisers
    assert lines == [["Organiser", "Anna", "Grigorieva", first], ["Organiser", "Deng", "Wei", second]]


async def test_one_organiser_alone_is_warned_of(final: Final) -> None:
    """At the start, not when it is too late. The demo shows how it should be."""
    names = [person.name.en for person in final.show.people if person.holds(Role.ORGANISER)]
    assert lone_organiser(names) is None
    assert "Anna Grigorieva is the only organiser" in (lone_organiser(names[:1]) or "")


async def test_a_pasted_message_leads_to_its_invitation(final: Final) -> None:
    """Also where the messenger cut the link, and where a sentence's full stop came along with it."""
    judge = _one(final, Role.JUDGE)
    async with _browser(final.base) as browser:
        link = f"{final.base}/i/{await final.show.guests.invite(judge.id)}"
        mangled = f"Уважаемая коллега,\n> Ваша ссылка: {link[:-12]}=\n{link[-12:]}。\n"
        found = await browser.post("/sign-in", data={"text": mangled})
        assert str(found.url) == link
        assert judge.name.en in found.text
        for end in (".", "。", ")", "%20", ">"):
            assert str((await browser.get(link + end)).url) == link
        nothing = await browser.post("/sign-in", data={"text": "<b>hello</b>"})
        assert nothing.status_code == 404
        assert "There is no link in this text." in nothing.text
        assert "hello" not in nothing.text, "nothing of it is shown again"
        assert (await browser.post("/sign-in", content=b"text=" + b"a" * 200_000)).status_code == 413
        assert (await browser.post("/sign-in", content=b"&".join([b"text=a"] * 99))).status_code == 404
        assert (await browser.post("/sign-in", content=b"\xff\xfe;;=&" * 9)).status_code == 404


@pytest.mark.parametrize("path", ["/i/no-such-link", "/as/judge-ai-1/judge", "/sign-in"])
async def test_whoever_stands_before_a_closed_door_is_told_what_to_do(final: Final, path: str) -> None:
    """A field for the message, where a mangled link is the likely cause."""
    async with _browser(final.base) as browser:
        page = (await browser.get(path)).text
    assert 'action="/sign-in"' in page
    assert 'name="text"' in page
