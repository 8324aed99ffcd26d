"""All that strangers share in a house, with how much there is of each. Pure."""

from collections.abc import Iterator

from roadshow.access.admission.flows import Flow
from roadshow.access.admission.places import Occupancy, Places
from roadshow.access.admission.viewing import Viewing
from roadshow.moments import Duration

SOCKETS = 5_000
"""At about 30 KiB each. Later ones are asked to come back."""
SOCKETS_FOR_PEOPLE = 500
"""More, for people with an invitation alone: whoever fills the house must not keep a judge out."""
HANDSHAKES = 1_200
HANDSHAKES_WITHIN = Duration.seconds(2)
"""A thousand people who open the results in one moment, each with a socket; a storm beyond that is spread."""
PAGES = 1_200
PAGES_WITHIN = Duration.seconds(2)
"""Pages that the house itself answers: a hall of 500 behind one address opens one in the same moment."""
MESSAGES = 12_000
MESSAGES_WITHIN = Duration.seconds(1)
"""More than are carried out in a second, so that it is not this that bounds an evening. Half of it, for one address, is
a hall of 500 that reconnects, follows and measures its clocks in the same second."""


class Admission:
    def __init__(self, viewers: int = 1) -> None:
        """``viewers``: pictures there are for the audience."""
        self.sockets = Places("sockets", SOCKETS, SOCKETS_FOR_PEOPLE)
        self.viewing = Viewing(viewers)
        self.handshakes = Flow("handshakes", HANDSHAKES, HANDSHAKES_WITHIN)
        self.pages = Flow("pages", PAGES, PAGES_WITHIN)
        self.messages = Flow("messages", MESSAGES, MESSAGES_WITHIN)

    def occupancy(self) -> Iterator[Occupancy]:
        """Of places first, then of rates."""
        yield self.sockets.occupancy
        yield from self.viewing.occupancy()
        yield self.handshakes.occupancy
        yield self.pages.occupancy
        yield self.messages.occupancy
