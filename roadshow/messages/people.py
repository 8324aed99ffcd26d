"""What is refused around invitations, roles, the cast and sign-ins."""

from collections.abc import Mapping

from roadshow.messages.marking import _

MESSAGES: Mapping[str, str] = {
    "invitation.not_waiting": _("This link was used meanwhile. Make one for one more device, or a new one."),
    "invitation.expired": _("This link has expired. Ask the organiser for a new one."),
    "invitation.revoked": _("This link has been replaced. Ask the organiser for your newest one."),
    "invitation.taken_back": _("Your access was taken away by the organiser."),
    "invitation.too_many_people": _("This browser already holds %(most)s invitations. Use another browser."),
    "invitation.unknown": _("This link is not valid. Check that it is complete, or ask the organiser for a new one."),
    "invitation.used": _("This link was already used. Ask the organiser for a new one."),
    "appointment.audits": _("An auditor takes no other part: nobody audits what they do themselves."),
    "appointment.types": _("A clerk takes no other part: nobody types in what they also decide."),
    "appointment.both_sides": _("Nobody judges the field in which they pitch."),
    "appointment.twice": _("This person has that role there already."),
    "appointment.unfit": _("This role does not go with that field or project."),
    "appointment.unknown": _("This person does not have that role there."),
    "cast.full": _("There is no room for more than %(most)s."),
    "cast.malformed": _("This cannot be read. Check each text and its length."),
    "cast.no_organiser": _("Somebody must stay who runs the competition."),
    "conflicts.begun": _("The voting has begun: say it on your scorecard, with “Conflict of interest…”."),
    "conflicts.fixed": _("The time for changes is over: a conflict can be added, and none taken back."),
    "cast.stale": _("Somebody changed this since you opened it. Look again."),
    "jury.short": _("The field %(field)s needs one chair, and for each project as many judges as the quorum."),
    "person.unknown": _("There is no such person in this competition."),
    "people.yourself": _("You cannot take your own access away."),
    "people.own_link": _(
        "A new link would sign you out here. Make one for one more device, and end other sign-ins in their list."
    ),
    "sign_in.unknown": _("This sign-in is not there any more."),
    "form.too_long": _("This text is too long. Paste the message alone."),
    "role.not_allowed": _("Your role cannot do this."),
    "room.not_yours": _("This belongs to another room."),
    "sign_in.needed": _("Open your invitation link in this browser first."),
}
