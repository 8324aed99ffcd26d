"""Kinds of conflicts of interest: what is public of one, declared before the voting or during it. (pure)"""

from typing import Literal

ConflictCategory = Literal["works", "stake", "close", "advises", "rival", "other"]
"""Works for the project or its organisation; has a share in it; family or friends; teaches, supervises or advises it;
works for a competitor."""
