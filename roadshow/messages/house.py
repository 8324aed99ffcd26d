"""What is refused of any message or page, and at the door."""

from collections.abc import Mapping

from roadshow.messages.marking import _

MESSAGES: Mapping[str, str] = {
    # Commands and connections
    "command.malformed": _("This message cannot be read. Reload the page."),
    "command.reused": _("This was already sent, with other content. Reload the page."),
    "message.too_big": _("This message is too long."),
    "message.malformed": _("This message cannot be read. Reload the page."),
    "reason.length": _("The reason must have between %(minimum)s and %(maximum)s characters."),
    "rate.connections": _("Very many are coming in just now. You will be connected in a moment."),
    "rate.invitations": _("Too many attempts. Wait a minute, then open your link again."),
    "rate.lines": _("You have checked your line often just now. Wait ten minutes, or go by the last result."),
    "rate.media": _("Too many attempts. Wait a minute."),
    "rate.voters": _(
        "Very many vote from your network just now. Your vote goes by itself in a moment; keep this page open."
    ),
    "rate.network": _(
        "Very many from your network are here already, so others come first. You are let in as soon as there is room."
    ),
    "rate.messages": _("That was too fast. Wait a moment."),
    "origin.foreign": _("This request comes from another site."),
    # The house
    "house.busy": _("The server is busy. Try again in a moment."),
    # Pages
    "page.unknown": _("There is no page at this address."),
    "page.method": _("This address does not take such a request."),
    "page.failed": _("Something went wrong on our side. Please try again in a moment."),
}
