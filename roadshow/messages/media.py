"""What is refused around pictures, sound, lines and encoders."""

from collections.abc import Mapping

from roadshow.messages.marking import _

MESSAGES: Mapping[str, str] = {
    "relay.card": _("Say whether the card is shown."),
    "relay.encoding": _("The description of the media must be plain text."),
    "relay.busy": _("The server is busy just now and takes no more viewers. Try again in a moment."),
    "relay.full": _("The server takes no more media connections just now. Try again in a moment."),
    "relay.if-match": _("The request must name the session's state it is about."),
    "relay.media-type": _("This address takes media descriptions of type application/sdp."),
    "relay.quality": _("Choose automatic, high, medium or low quality, or sound only."),
    "relay.sdp": _("This description of the media is not understood."),
    "relay.sdp-size": _("The description of the media is too long."),
    "relay.session": _("This media connection is not there any more. Connect again."),
    "relay.side-rooms": _("All rooms for trying things out are taken. Try again in a minute."),
    "relay.stale": _("This media connection has changed meanwhile. Connect again."),
    "line.live": _("The show is on, and the server keeps its strength for it. Check your line before or after it."),
    "line.anew": _("The check was begun anew in another tab or on another device."),
    "line.over": _("This check took too long. Check again."),
    "metrics.token": _("The server's figures are for its operator: a token is needed here."),
    "feed.disputed": _(
        "Two machines send with the token of %(encoder)s. One is turned away: stop it, or use another encoder's token."
    ),
    "feed.name": _("An encoder's name has small letters, digits and hyphens, and does not begin with a hyphen."),
    "feed.taken": _("Another machine sends with this token, and is heard. Stop it, or use another encoder's token."),
    "feed.too_many": _("A room has at most %(most)s encoders."),
    "feed.unknown": _("There is no such encoder in this room."),
    "feed.withdrawn": _("This encoder's token was withdrawn. Ask whoever runs the show for the new one."),
    "whip.room": _("This token belongs to another room."),
    "whip.token": _("A valid token is needed here."),
}

REASONS: Mapping[tuple[str, str], str] = {
    ("relay.sdp", "bundle"): _("All tracks must share one transport: set the bundle policy to max-bundle."),
    ("relay.sdp", "codec"): _(
        "No offered codec can be played by everybody (offered: %(offered)s). Send the picture as VP8 or as H264 in "
        "packetization mode 1, and the sound as Opus."
    ),
    ("relay.sdp", "tracks"): _("These are too many tracks: one picture, the slides and one sound are taken."),
}
"""What a code says for one of its reasons, where that tells more."""
