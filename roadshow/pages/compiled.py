"""Templates that were compiled, kept for all who render them: each competition of a house has pages of its own, of the
same templates."""

from types import CodeType

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from typing_extensions import override


class Compiled(BytecodeCache):
    """Of one language: its filters may be worked out while a template is compiled. No larger than the templates."""

    def __init__(self) -> None:
        self._codes: dict[str, tuple[str, CodeType]] = {}
        """By the bucket's name: the source's digest, and what was made of it."""

    @override
    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self._codes.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    @override
    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key] = bucket.checksum, bucket.code
