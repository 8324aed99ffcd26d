"""The bodies of the ledger's entries, the same whatever store keeps them. (pure)

Each is canonical JSON; a pair is what stands before and after a value that only the store knows.
"""

from typing import Literal

from roadshow.ids import CommandId, PersonId, ProjectId
from roadshow.voting.ballot import canonical, digest
from roadshow.voting.ledger import SettleBody


def open_body(project: ProjectId) -> tuple[bytes, bytes]:
    """Around ``closes_at``: milliseconds since the epoch, or null."""
    return b'{"closes_at":', b',"project":' + canonical(project) + b"}"


def close_body(project: ProjectId, by: Literal["command", "deadline"]) -> bytes:
    """``deadline``: the time was over and a ballot came too late, before anybody closed the window."""
    return canonical({"by": by, "project": project})


def settle_body(chair: PersonId, order: tuple[ProjectId, ...], reason: str, command: CommandId) -> bytes:
    return canonical(SettleBody(chair, command, order, reason))


def confirm_body(chair: PersonId, result: bytes, command: CommandId) -> tuple[bytes, bytes]:
    """In two parts: the first makes the command, the second holds the hash of the stored result."""
    return canonical({"chair": chair, "command": command})[:-1], b',"result":"' + digest(result).encode() + b'"}'


def reveal_body(by: PersonId, announced: int, command: CommandId) -> bytes:
    """``announced``: how many places are announced with this one."""
    return canonical({"announced": announced, "by": by, "command": command})
