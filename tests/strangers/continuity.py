"""Whether pictures and sound came without a break, by how many there were at which moment. (pure)"""

from dataclasses import dataclass, field

LONGEST_GAP = 3.0
"""Seconds without a picture, or without sound, that a viewer would call a break."""
FIRST_WITHIN = 25.0
"""Seconds from a client's start to its first picture: its own start, an encoder's, a key frame."""


@dataclass
class Kind:
    """Pictures, or sound."""

    count: int = 0
    first: float | None = None
    last: float = 0.0
    gap: float = 0.0
    """The longest so far."""

    def told(self, at: float, count: int) -> None:
        if count > self.count:
            if self.first is None:
                self.first = at
            else:
                self.gap = max(self.gap, at - self.last)
            self.count, self.last = count, at


@dataclass
class Continuity:
    """Of one viewer; moments in seconds, of any one clock."""

    began: float
    video: Kind = field(default_factory=Kind)
    audio: Kind = field(default_factory=Kind)

    def told(self, at: float, video: int, audio: int) -> None:
        """So many there have been until now."""
        self.video.told(at, video)
        self.audio.told(at, audio)

    def begun(self) -> bool:
        return self.video.first is not None and self.audio.first is not None

    def trouble(self, until: float, lasting: float) -> str:
        """Why it was not good, of ``lasting`` seconds up to ``until``; empty where it was."""
        for name, kind in (("picture", self.video), ("sound", self.audio)):
            if kind.first is None:
                return f"no {name}"
            if kind.first - self.began > FIRST_WITHIN:
                return f"the first {name} came after {kind.first - self.began:.0f} s"
            gap = max(kind.gap, until - kind.last)
            if gap > LONGEST_GAP:
                return f"{gap:.0f} s without {name}"
            if until - kind.first < lasting:
                return f"{name} for {until - kind.first:.0f} s alone"
        return ""
