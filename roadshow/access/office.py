"""As what somebody comes to a field whose chair's office has passed. Pure.

The cast says who was appointed, and what a poll was begun with never changes. So an office that passed is not in the
cast: whoever has it by now comes as if they had been appointed to it, and who had it before as the judge they are.
"""

from msgspec import structs

from roadshow.competitions.people import JUDGING, Appointment, Person, Role
from roadshow.voting.office.leads import Leads


def as_it_passed(person: Person | None, leads: Leads) -> Person | None:
    """With the offices they have now; who was chair and has no seat is none of the jury any more."""
    if person is None:
        return None
    held = tuple(now for one in person.appointments if (now := _now(person, one, leads)) is not None)
    return person if held == person.appointments else structs.replace(person, appointments=held)


def _now(person: Person, held: Appointment, leads: Leads) -> Appointment | None:
    lead = leads.of(held.room)
    if lead is None or held.role not in JUDGING:
        return held
    if person.id in lead.stood_down and person.id not in lead.judges:
        return None
    role = Role.CHAIR if person.id == lead.chair else Role.DEPUTY if person.id == lead.deputy else Role.JUDGE
    return structs.replace(held, role=role)
