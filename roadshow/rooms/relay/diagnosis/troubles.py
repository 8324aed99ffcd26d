"""The reasons there may be for no picture, by names that stay: they are words of ``/metrics``, of the control desk's
figures and of what clients are answered. Pure."""

from enum import StrEnum


class Trouble(StrEnum):
    """One reason. What to do about each is in docs/operating.md, under *Why is there no picture?*"""

    ABSENT = "absent"
    """Who is to be shown sends nothing here: no connection of theirs stands."""
    SILENT = "silent"
    """The connection stands, and no packet comes."""
    CERTIFICATE = "certificate"
    """The DTLS handshake ended over a certificate: its curve, its key, or its fingerprint."""
    HANDSHAKE = "handshake"
    """The DTLS handshake ended otherwise, or was never finished; the detail names the alert, where there was one."""
    NO_WAY = "no_way"
    """No UDP found its way: nobody's connectivity check came, or none after the first."""
    CODEC = "codec"
    """What is sent is none of the codecs that who watches agreed on; or an offer had none that is taken here."""
    NO_KEY_FRAME = "no_key_frame"
    """Packets come, and no picture that a decoder could begin with."""
    NO_PARAMETER_SETS = "no_parameter_sets"
    """H264 whose parameter sets never came: without them its key frames cannot be decoded."""
    TOO_FAST = "too_fast"
    """More is sent than is taken from one source."""
    TAKEN_OVER = "taken_over"
    """Another connection of the same name took the place."""
    STANDING_BY = "standing_by"
    """A second encoder of the same feed: it is shown once the first is gone."""
    WITHDRAWN = "withdrawn"
    """The token was taken back."""


OF_CONNECTING = (Trouble.CERTIFICATE, Trouble.HANDSHAKE, Trouble.NO_WAY, Trouble.CODEC, Trouble.WITHDRAWN)
"""What keeps somebody from publishing: over once a connection of theirs stands."""
