"""What each code of an error says to people, in English; the catalogues hold the other languages. A table for each part
of the product, so that a new code stands beside its like."""

from collections.abc import Mapping

from roadshow.messages import house, media, paper, people, shows, votes
from roadshow.messages.marking import _

UNKNOWN = _("That did not work. Please try again.")
MESSAGES: Mapping[str, str] = {
    **votes.MESSAGES,
    **paper.MESSAGES,
    **people.MESSAGES,
    **shows.MESSAGES,
    **media.MESSAGES,
    **house.MESSAGES,
}
REASONS: Mapping[tuple[str, str], str] = media.REASONS
"""What a code says for one of its reasons, where that tells more."""
