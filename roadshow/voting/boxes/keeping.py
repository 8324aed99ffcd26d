"""The key of a competition's ballot boxes, in a file beside the signing key: the store never has it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from roadshow.errors import SetupError
from roadshow.ids import CompetitionId
from roadshow.voting.boxes.box import KEY_BYTES
from roadshow.voting.boxes.boxes import Boxes
from roadshow.voting.key_file import known_key, read_private, write_once
from roadshow.voting.ports import PollChanged


@dataclass(frozen=True, slots=True)
class BoxKey:
    """``is_new``: not in the file yet. It is put there once it is known that no ballot was sealed with another."""

    path: Path
    key: bytes
    is_new: bool

    def keep(self) -> None:
        """Before the first ballot comes. Raises SetupError."""
        if self.is_new:
            try:
                write_once(self.path, self.key.hex() + "\n")
            except OSError as problem:
                raise SetupError(f"The key {self.path} cannot be made: {problem.strerror}.") from problem

    def other(self, problem: PollChanged) -> str | None:
        """What an operator reads whose votes are sealed with another key; None: something else is wrong."""
        if not problem.stored.sealed or problem.stored.sealed == problem.wanted.sealed:
            return None
        found = f"{self.path} is missing" if self.is_new else f"{self.path} has another key"
        return (
            f"The ballots of the field “{problem.stored.poll}” are sealed, and {found}. Put the file of the server "
            "that ran here before, or of a backup, in its place. Without it nobody can open them: docs/operating.md "
            "tells what is left."
        )


def box_key(signing: Path) -> BoxKey:
    """``signing``: where the competition's signing key is. Raises SetupError as ``load_signer``."""
    path = _beside(signing)
    known = _load(path)
    return BoxKey(path, known or secrets.token_bytes(KEY_BYTES), known is None)


def finding(data: Path, competition: CompetitionId) -> Callable[[], bytes | None]:
    """For ``Boxes``: the competition's key, whenever it is there. Nothing is made. Raises SetupError."""

    def find() -> bytes | None:
        signing = known_key(data, competition)
        return None if signing is None else _load(_beside(signing))

    return find


def require_key(boxes: Boxes, data: Path) -> None:
    """For whoever only reads. Raises SetupError."""
    if not boxes.has_key:
        raise SetupError(
            f"The ballots are sealed, and their key (boxes.key) is not in {data}. Give the server's --data."
        )


def _beside(signing: Path) -> Path:
    return signing.with_name(signing.name.replace("signing", "boxes", 1))


def _load(path: Path) -> bytes | None:
    """None: it is not there."""
    try:
        key = read_private(path, KEY_BYTES, "Restore it from a backup: without it, no sealed ballot can be opened.")
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise SetupError(f"The key {path} cannot be read: {problem.strerror}.") from problem
    return key
