"""Who is speaking: one of the floor's lanes, from audio levels (RFC 6464), smoothed so that it does not flap. Pure."""

from collections.abc import Iterable

SMOOTHING_MS = 250
"""Time constant of the loudness average."""
SPEECH = 127 - 55
"""Loudness (127 minus dB below full scale) above which somebody speaks."""
MARGIN = 4
"""So much louder, in dB, a challenger must be than the one who has the floor."""
TAKE_OVER_MS = 400
"""…for so long, while the other speaks too."""
PAUSE_MS = 200
"""…or for so long, if the other is silent."""
UNKNOWN = 127 - 50
"""Taken for the loudness of a source that sends no levels: it holds the floor against silence, not against a voice."""


class _Voice:
    __slots__ = ("at", "challenges_since", "loudness")

    def __init__(self, now: int) -> None:
        self.loudness = 0.0
        self.at = now
        self.challenges_since: int | None = None


class ActiveSpeaker:
    """Feed it every packet's level; ``current`` is the name of the voice that has the floor, None if there is none."""

    def __init__(self) -> None:
        self.current: str | None = None
        self._voices: dict[str, _Voice] = {}

    def voices(self, names: Iterable[str], now: int) -> None:
        """These voices are there now, in order of precedence. The current one keeps the floor if it still is."""
        former = self._voices
        self._voices = {name: former.get(name) or _Voice(now) for name in names}
        if self.current not in self._voices:
            self.current = self._loudest()

    def heard(self, name: str, level: int | None, now: int) -> bool:
        """A packet of this voice with its level byte (None: it sends none). True: the floor changed hands."""
        voice = self._voices.get(name)
        if voice is None:
            return False
        loudness = UNKNOWN if level is None else 127 - (level & 0x7F)
        weight = min(1.0, max(0, now - voice.at) / SMOOTHING_MS)
        voice.loudness += (loudness - voice.loudness) * weight
        voice.at = now
        holder = self._voices.get(self.current) if self.current is not None else None
        if name == self.current or holder is None:
            return False
        holder_speaks = holder.loudness >= SPEECH and now - holder.at < 2 * SMOOTHING_MS
        if voice.loudness < SPEECH or (holder_speaks and voice.loudness < holder.loudness + MARGIN):
            voice.challenges_since = None
            return False
        if voice.challenges_since is None:
            voice.challenges_since = now
        if now - voice.challenges_since < (TAKE_OVER_MS if holder_speaks else PAUSE_MS):
            return False
        self.current = name
        for other in self._voices.values():
            other.challenges_since = None
        return True

    def _loudest(self) -> str | None:
        """The loudest that speaks, else the first."""
        best = max(self._voices, key=lambda name: self._voices[name].loudness, default=None)
        if best is not None and self._voices[best].loudness < SPEECH:
            return next(iter(self._voices))
        return best
