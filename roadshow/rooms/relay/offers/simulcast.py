"""Which encodings of an offered track are taken (simulcast: RFC 8853; names of its streams: RFC 8851, 8852). Pure.

The layers are taken in the order of the offer, lowest first, as browsers list what a page lists so. The RFC would
have it the other way round, and OBS does: ``Publication`` puts them right as soon as it sees their sizes.
"""

import msgspec

from roadshow.rooms.relay.wire.sdp import Section

RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
MAX_LAYERS = 3
"""There is a wish for each: low, medium, high. Every further one costs the publisher's line and our ingest."""


class Layer(msgspec.Struct, frozen=True):
    """One encoding that will be received. A plain track has one, without a RID."""

    rid: str = ""
    ssrcs: frozenset[int] = frozenset()
    """Those declared in the offer."""
    payload_types: frozenset[int] = frozenset()
    """Empty: all of the track's."""


def offered_layers(section: Section, payload_types: frozenset[int]) -> tuple[Layer, ...]:
    """The encodings to take, in the offer's order, of those that come in one of these payload types; () unless there
    are two. Of more than MAX_LAYERS the first and the last ones: the ends, whichever way they are ordered."""
    found: list[Layer] = []
    if not payload_types:
        return ()
    if section.extensions.get(RID, 0) > 0 and len(set(section.extensions.values())) == len(section.extensions):
        for alternatives in section.simulcast:
            taken = {layer.rid for layer in found}
            for rid in alternatives:
                encoding = section.encodings.get(rid)
                if encoding is None or rid in taken:
                    continue
                types = encoding.payload_types & payload_types
                if types or not encoding.payload_types:
                    found.append(Layer(rid, payload_types=types))
                    break
    if not found and set(section.layer_ssrcs) <= section.ssrcs:
        found = [Layer(ssrcs=frozenset({ssrc})) for ssrc in section.layer_ssrcs]
    if len(found) < 2:
        return ()
    return tuple(found) if len(found) <= MAX_LAYERS else (found[0], *found[1 - MAX_LAYERS :])


def answer_lines(layers: tuple[Layer, ...]) -> list[str]:
    """What the answer says of them; nothing of those known by their SSRCs."""
    named = [layer for layer in layers if layer.rid]
    if not named:
        return []
    lines = []
    for layer in named:
        types = ",".join(map(str, sorted(layer.payload_types)))
        lines.append(f"a=rid:{layer.rid} recv" + (f" pt={types}" if types else ""))
    return [*lines, f"a=simulcast:recv {';'.join(layer.rid for layer in named)}"]
