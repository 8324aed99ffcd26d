"""Votes of the jury on questions, sealed as ballots are: the store knows who has voted, and not for what. (pure)"""

from typing import Final

import msgspec

from roadshow.ids import CommandId, PersonId, PollId, ProjectId
from roadshow.voting.ballot import canonical
from roadshow.voting.boxes.box import SIGNATURE_LETTERS, Box
from roadshow.voting.questions.acts import Vote
from roadshow.voting.questions.state import Given
from roadshow.voting.spec import PollSpec

VOTE_DOMAIN: Final = b"roadshow sealed vote 1\n"


class Said(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What of a vote is sealed."""

    choice: ProjectId
    signature: str = ""
    """The judge's own, where they have a key."""


_said = msgspec.json.Decoder(Said)


def seal_vote(box: Box, spec: PollSpec, judge: PersonId, vote: Vote, command: CommandId) -> str:
    """All votes of a poll are as long: as one for the project with the longest id."""
    signature = vote.signature or ""
    longest = max(spec.projects, key=len)
    width = len(canonical(Said(longest, "0" * SIGNATURE_LETTERS if signature else "")))
    text = canonical(Said(vote.choice, signature)).ljust(width)
    return box.seal_text(text, _about(box.poll, judge, vote.question, command), VOTE_DOMAIN)


def said(box: Box, judge: PersonId, question: int, command: CommandId, sealed: str) -> Said:
    """What is sealed in a vote. Raises ValueError if it is another one's, or nobody's."""
    text = box.open_text(sealed, _about(box.poll, judge, question, command), VOTE_DOMAIN)
    found = _said.decode(text)
    if canonical(found) != text:
        raise ValueError("not written as votes are")
    return found


def opened_vote(box: Box, question: int, vote: Given) -> Given:
    """With what was chosen, if that is sealed. Raises ValueError as ``said``."""
    if not vote.sealed:
        return vote
    choice = said(box, vote.judge, question, vote.command, vote.sealed).choice
    return msgspec.structs.replace(vote, choice=choice)


def _about(poll: PollId, judge: PersonId, question: int, command: CommandId) -> bytes:
    """All of the vote but what was chosen."""
    return canonical({"command": command, "judge": judge, "kind": "vote", "poll": poll, "question": question})
