"""What is refused around rooms, their clocks and their store."""

from collections.abc import Mapping

from roadshow.messages.marking import _

MESSAGES: Mapping[str, str] = {
    "call.moved_on": _("This call is not there any more, or says something else by now. Look again."),
    "project.unknown": _("There is no such project."),
    "room.bad_source": _("This picture or sound cannot be put on stage."),
    "room.busy": _("The server is busy. Try again in a moment."),
    "room.failed": _("Something went wrong in this room. Try again in a moment."),
    "room.moved_on": _("The show has moved on meanwhile. Look again."),
    "room.no_such_slot": _("This project is not in the rundown."),
    "room.not_possible": _("This is not possible in the present phase."),
    "room.not_saved": _("Not saved yet. Try again in a moment."),
    "room.over": _("All projects in this room are through."),
    "room.slot_finished": _("This project has already had its turn."),
    "clock.store_off": _("The store's clock is %(seconds)s seconds off. Votes go by the server's. Tell a technician."),
    "clock.wall_off": _(
        "The server's clock was set by %(seconds)s seconds. The show keeps its own until this item is over."
    ),
    "lease.lost": _("Another server runs this now. Your browser goes there by itself."),
    "lease.waiting": _("Another server is about to hand over to this one. Try again in a moment."),
    "room.stale": _("Another server is running this room."),
    "room.stopping": _("The server is restarting. Try again in a moment."),
    "room.time_out_of_range": _("At most %(minutes)s minutes can be added or taken."),
    "room.too_many_sources": _("Too many cameras are connected to this room."),
    "room.unknown": _("There is no such room."),
    "store.away": _("The server cannot reach its records. What you sent is not confirmed: try again in a moment."),
    "store.not_durable": _("Too few copies have it yet. What you sent is not confirmed: try again in a moment."),
    "internal": _("Something went wrong on our side. Please try again in a moment."),
}
