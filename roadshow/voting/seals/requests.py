"""Which entry of a ledger a request has made: what the server was asked, beside what the store then holds. (pure)

The server signs an entry only with the request for it in hand. So whoever can write to the store, and nothing else, can
put entries in, but has no signature for them.
"""

from collections.abc import Iterator, Sequence

import msgspec

from roadshow.errors import Conflict
from roadshow.ids import CommandId, PersonId, PollId, ProjectId
from roadshow.moments import Duration
from roadshow.voting.acts import Act, act_body, act_kind, close_body, confirm_body, open_body, revote_body
from roadshow.voting.ballot import Frame, digest, kind_of
from roadshow.voting.deliberation.acts import deliberate_body
from roadshow.voting.questions.acts import PutQuestion, QuestionAct, question_body, question_kind
from roadshow.voting.tally import EntryKind, LedgerEntry
from roadshow.voting.votes import FIRST_ROUND, Accepted


class Request(msgspec.Struct, frozen=True, tag="entry"):
    """An entry's kind and body, but for a number that only the store can give: between ``head`` and ``tail``."""

    kind: EntryKind
    head: bytes
    tail: bytes | None = None
    """None: ``head`` is all of it."""
    spans: Duration | None = None
    """Of a window that is opened: how long; the number is when it ends."""
    endless: bool = False
    """Of a window that is opened without an end: ``null`` stands there."""
    named: bool = True
    """Whether a command's id is in it. Without one, other requests may look the same."""

    def fits(self, entry: LedgerEntry) -> bool:
        """Whether the entry is just what was asked for."""
        if entry.kind != self.kind:
            return False
        if self.tail is None:
            return entry.body == self.head
        given = entry.body[len(self.head) : len(entry.body) - len(self.tail)]
        if entry.body != self.head + given + self.tail:
            return False
        if self.endless:
            return given == b"null"
        return given.isdigit() and (self.spans is None or int(given) == (entry.at + self.spans).ms)

    def made(self, entries: Sequence[LedgerEntry], after: int) -> Iterator[tuple[LedgerEntry, ...]]:
        """What of ``entries``, a piece of a ledger, it may have made; the first of these that another request has not
        made is its own. Under a command's id the store makes an entry once, and where it was made before it was asked
        for again, that is it. Otherwise nothing up to entry ``after``, the newest when it was asked, can be its own."""
        for entry in entries:
            if (self.named or entry.sequence > after) and self.fits(entry):
                yield (entry,)
                if self.named:
                    return


class RevoteRequest(msgspec.Struct, frozen=True, tag="revote"):
    """A re-vote: an entry of its own, and right after it a window for each project."""

    chair: PersonId
    projects: tuple[ProjectId, ...]
    reason: str
    closes_in: Duration | None
    command: CommandId

    def made(self, entries: Sequence[LedgerEntry], after: int) -> Iterator[tuple[LedgerEntry, ...]]:
        """As ``Request.made``."""
        head, tail = revote_body(self.chair, self.projects, self.reason, self.command)
        for (found,) in Request("revote", head, tail).made(entries, after):
            in_round = int(found.body[len(head) : len(found.body) - len(tail)])
            first = found.sequence + 1 - entries[0].sequence
            windows = zip(self.projects, entries[first : first + len(self.projects)], strict=False)
            yield (
                found,
                *(
                    window
                    for project, window in windows
                    if open_request(project, self.closes_in, in_round).fits(window)
                ),
            )


class DeliberationRequest(msgspec.Struct, frozen=True, tag="deliberation"):
    """All cards once more: an entry of its own, and right after it a window for each project."""

    by: PersonId
    projects: tuple[ProjectId, ...]
    closes_in: Duration
    command: CommandId

    def made(self, entries: Sequence[LedgerEntry], after: int) -> Iterator[tuple[LedgerEntry, ...]]:
        """As ``Request.made``."""
        body = deliberate_body(self.by, self.projects, self.command)
        for (found,) in Request("deliberate", body).made(entries, after):
            first = found.sequence + 1 - entries[0].sequence
            windows = zip(self.projects, entries[first : first + len(self.projects)], strict=False)
            yield (
                found,
                *(window for project, window in windows if open_request(project, self.closes_in).fits(window)),
            )


class Asked(msgspec.Struct, frozen=True):
    """A request, and when it was."""

    poll: PollId
    after: int
    """The newest entry then; 0 of a request under a command's id, which does not depend on it."""
    request: Request | RevoteRequest | DeliberationRequest


def act_request(by: PersonId, act: Act, command: CommandId) -> Request:
    return Request(act_kind(act), act_body(by, act, command))


def question_request(by: PersonId, act: QuestionAct, command: CommandId) -> Request:
    head, tail = question_body(by, act, command)
    if isinstance(act, PutQuestion):
        return Request(question_kind(act), head, tail, spans=act.closes_in)
    return Request(question_kind(act), head)


def open_request(project: ProjectId, closes_in: Duration | None, in_round: int = FIRST_ROUND) -> Request:
    return Request("open", *open_body(project, in_round), spans=closes_in, endless=closes_in is None, named=False)


def close_request(project: ProjectId, in_round: int = FIRST_ROUND) -> Request:
    return Request("close", close_body(project, "command", in_round), named=False)


def confirm_request(chair: PersonId, result: bytes, command: CommandId) -> Request:
    return Request("confirm", b"".join(confirm_body(chair, result, command)))


def require_asked(framed: Frame, accepted: Accepted) -> None:
    """That the store's answer is the ballot it was sent. Raises Conflict("ledger.rewritten")."""
    body = framed.at_revision(accepted.ballot.revision)
    if kind_of(accepted.ballot) != framed.kind or digest(body) != accepted.hash:
        raise Conflict("ledger.rewritten")
