"""What a person's page is given to send and watch media with: tokens that hang on their access."""

from typing import TypedDict

from starlette.requests import Request

from roadshow.competitions.people import Person
from roadshow.desks.context import DeskContext
from roadshow.ids import PersonId, RoomId, SignInId
from roadshow.moments import Duration

TOKEN_LIFE = Duration.minutes(12 * 60)
"""A day of rehearsal and show on one page. A reload brings new ones."""


class Held(TypedDict):
    """On what tokens hang, as ``SignallingTokens`` takes it."""

    holder: PersonId
    era: int
    sign_in: SignInId | None


async def watch_token_of(context: DeskContext, request: Request, person: Person, room: RoomId) -> str:
    """With which a desk gets its picture also when the house is full. Raises as ``hold_of``."""
    hold = await hold_of(context, request, person)
    return context.tokens.watch_token(room, context.clock.now() + TOKEN_LIFE, **hold)


async def hold_of(context: DeskContext, request: Request, person: Person) -> Held:
    """Of the person, as they are here. Raises NotSignedIn("sign_in.needed")."""
    era = (await context.guests.access([person.id]))[person.id].era
    # Asked again: were they revoked since they came in, the era just read would outlast the revocation.
    visitor = await context.door.visitor(request, person.id)
    return Held(holder=person.id, era=era, sign_in=visitor.sign_in)
