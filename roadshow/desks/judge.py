"""The judge's desk, and the chair's: the same with the review panel."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.access.roles import Visitor
from roadshow.competitions import plan
from roadshow.competitions.people import Role
from roadshow.desks.context import DeskContext
from roadshow.desks.page_data import page_criteria, page_desk
from roadshow.errors import NotSignedIn
from roadshow.ids import FieldId


def routes(context: DeskContext) -> list[Route]:
    async def desk(request: Request) -> Response:
        visitor: Visitor = request.state.visitor
        person = visitor.person
        if person is None or person.room is None:
            raise NotSignedIn("sign_in.needed")
        language = context.pages.language(request)
        field = plan.field_of(context.competition, FieldId(person.room))
        criteria = page_criteria(context.competition, language)
        return context.pages.render(
            request,
            "judge/desk.html",
            mood="stage",
            module="judge",
            data={
                **page_desk(context, field, person, language),
                "criteria": criteria,
                "rules": {"chair_settles": "chair" in context.competition.rules.tie_chain},
            },
            field=field,
            criteria=criteria,
            is_chair=person.role is Role.CHAIR,
            results_url=f"{context.base}/rooms/{field.room}/results",
        )

    return [context.guarded("/as/{person}/judge", desk, "judge")]
