"""Comments as the fields of a hash, in which Valkey or Redis keeps them. (pure)"""

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from roadshow.ids import PersonId, ProjectId
from roadshow.voting.comments.comment import Comment, Fate


def comments_of(fields: Mapping[bytes, bytes]) -> tuple[Comment, ...]:
    """``fields``: ``words|judge|project`` and so on, as functions/comments.lua has them."""
    found: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for name, value in fields.items():
        what, judge, project = name.decode().split("|")
        found[judge, project][what] = value.decode()
    return tuple(
        Comment(
            judge=PersonId(judge),
            project=ProjectId(project),
            words=one.get("words", ""),
            seal=one.get("seal", ""),
            revision=int(one["revision"]),
            fate=msgspec.convert(one.get("fate", "waiting"), Fate),
            reason=one.get("reason", ""),
        )
        for (judge, project), one in sorted(found.items())
    )
