"""What ends something is asked about first, by the server where no script does."""

import re

import httpx
import pytest

from roadshow.competitions.people import Role
from roadshow.ids import PersonId
from tests.live.conftest import Final

FORM = re.compile(r'<form[^>]*action="([^"]+)"([^>]*)>(.*?)</form>', re.DOTALL)
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]+)">')


def _forms(page: str) -> list[tuple[str, bool, dict[str, str]]]:
    """Of each: where it goes, whether the script asks, and its fields."""
    return [(action, "data-ask" in rest, dict(FIELD.findall(inside))) for action, rest, inside in FORM.findall(page)]


async def test_a_form_without_its_question_answered_ends_nothing(final: Final) -> None:
    """Its script did not arrive, and one press puts somebody out of a live show. Every form that asks, on all pages
    that have one; of the answer nothing is lost: the form's other fields go along."""
    judge, organiser = (
        next(one for one in final.show.people if one.role is role) for role in (Role.JUDGE, Role.ORGANISER)
    )
    guests = final.show.guests
    headers = {"Origin": final.base, "Accept": "text/html", "Accept-Language": "en"}
    async with (
        httpx.AsyncClient(base_url=final.base, headers=headers, follow_redirects=True) as control,
        httpx.AsyncClient(base_url=final.base, headers=headers, follow_redirects=True) as own,
    ):
        await own.post(f"/i/{await guests.invite_further(judge.id)}")
        for person in (organiser, judge):
            await control.post(f"/i/{await guests.invite_further(person.id)}")
        mine = f"/as/{organiser.id}"
        seen = set()
        for path in (f"{mine}/people", f"{mine}/sign-ins", f"{mine}/people/{judge.id}"):
            for action, asks, fields in _forms((await control.get(path)).text):
                if not asks:
                    continue
                answer = await control.post(action, data=fields)
                assert answer.status_code == 200, action
                question = dict(FIELD.findall(answer.text.partition("<main")[2]))
                assert question == {**fields, "asked": "yes"}, action
                seen.add(action.rpartition("/")[2])
        assert seen == {"sign-out", "invite", "revoke", "end"}
        assert (await own.get(f"/as/{judge.id}/judge")).status_code == 200
        assert (await control.get(f"{mine}/people")).status_code == 200


@pytest.mark.parametrize("act", ["invite", "revoke"])
async def test_a_question_that_was_answered_is_carried_out(final: Final, act: str) -> None:
    """By the button of the page that asked."""
    judge, organiser = (
        next(one for one in final.show.people if one.role is role) for role in (Role.JUDGE, Role.ORGANISER)
    )
    headers = {"Origin": final.base, "Accept": "text/html", "Accept-Language": "en"}
    async with httpx.AsyncClient(base_url=final.base, headers=headers) as control:
        await control.post(f"/i/{await final.show.guests.invite_further(organiser.id)}")
        token = await final.show.guests.invite_further(judge.id)
        path = f"/as/{organiser.id}/people/{judge.id}/{act}"
        asked = await control.post(path)
        assert judge.name.en in asked.text
        assert (await control.get(f"/i/{token}")).status_code == 200
        await control.post(path, data=dict(FIELD.findall(asked.text.partition("<main")[2])))
        over = await control.get(f"/i/{token}")
        assert over.status_code == 410
        assert ("invitation.taken_back" if act == "revoke" else "invitation.revoked") in over.text
        assert ("newest message" in over.text) is (act == "invite")


async def test_somebody_without_a_link_is_offered_one_and_nothing_is_taken_away(final: Final) -> None:
    """There is nothing to take; and a link for one more device that nobody has used stands in the row."""
    organiser = next(one for one in final.show.people if one.role is Role.ORGANISER)
    judge = next(one for one in final.show.people if one.role is Role.JUDGE)
    headers = {"Origin": final.base, "Accept": "text/html", "Accept-Language": "en"}
    async with httpx.AsyncClient(base_url=final.base, headers=headers) as control:
        await control.post(f"/i/{await final.show.guests.invite_further(organiser.id)}")

        async def row() -> str:
            page = (await control.get(f"/as/{organiser.id}/people")).text
            return page.partition(f'data-person="{judge.id}"')[2].partition("</tr>")[0]

        assert "no link yet" in await row()
        assert "/revoke" not in await row()
        async with httpx.AsyncClient(base_url=final.base, headers=headers) as own:
            await own.post(f"/i/{await final.show.guests.invite(PersonId(judge.id))}")
        assert "/revoke" in await row()
        assert "not used yet" not in await row()
        await final.show.guests.invite_further(judge.id)
        assert "link for one more device not used yet" in await row()
        theirs = (await control.get(f"/as/{organiser.id}/people/{judge.id}")).text
        assert {f"people/{judge.id}/{act}" in theirs for act in ("invite", "invite-again", "revoke")} == {True}


async def test_a_link_that_was_cut_is_told_from_none(final: Final) -> None:
    """ "There is no link in this text" said it to somebody who saw one there; and the field says that it is wrong."""
    headers = {"Origin": final.base, "Accept": "text/html", "Accept-Language": "en"}
    async with httpx.AsyncClient(base_url=final.base, headers=headers) as browser:
        for text, said in ((f"Hello {final.base}/i/Ab3-_xYz", "is not whole"), ("Hello", "There is no link")):
            page = (await browser.post("/sign-in", data={"text": text})).text
            assert said in page
            field = re.search(r"<textarea[^>]*>", page)
            assert field is not None
            assert 'aria-invalid="true" autofocus' in field[0]
            assert 'aria-describedby="pasted-error pasted-hint"' in field[0]
            assert 'id="pasted-error"' in page
