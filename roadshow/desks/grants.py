"""What a person's page is given to send and watch media with: tokens that hang on their access."""

from starlette.requests import Request

from roadshow.competitions.people import Person
from roadshow.desks.context import DeskContext
from roadshow.moments import Duration

TOKEN_LIFE = Duration.minutes(12 * 60)
"""A day of rehearsal and show on one page. A reload brings new ones."""


async def era_of(context: DeskContext, request: Request, person: Person) -> int:
    """Of the person's access, for their tokens. Raises NotSignedIn("sign_in.needed")."""
    era = (await context.guests.access([person.id]))[person.id].era
    # Asked again: were they revoked since they came in, the era just read would outlast the revocation.
    await context.door.visitor(request, person.id)
    return era
