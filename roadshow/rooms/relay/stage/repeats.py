"""Sending again what a viewer missed."""

from roadshow.rooms.relay.egress.outgoing import Outgoing, shifted
from roadshow.rooms.relay.last_mile.resending import with_extension
from roadshow.rooms.relay.stage.leg import Leg, Section
from roadshow.rooms.relay.stage.outlet import Outlet

PADDED = 32
"""Of the newest packets that left so many are used for padding."""


def pad(outlet: Outlet, leg: Leg, octets: int, now: int) -> int:
    """Send about so many octets of what was sent lately once more, as RTX: nobody misses it, and a receiver has it
    already. How many were sent; 0: there is nothing, or no RTX."""
    target, carrier = leg.target, leg.carrier
    if target is None or carrier is None:
        return 0
    stream, sent = carrier.stream, 0
    held = outlet.held(target)
    # A still that waits may be longer than all that is looked at.
    for number in range(stream.newest, stream.newest - PADDED - len(held), -1):
        if sent >= octets:
            break
        own = number + leg.shift.number
        if (stream.ident, number) in held or own < leg.sections[-1].first:
            continue
        again = stream.again(number)
        if again is None:
            continue
        packet, codec = again
        repeat = stream.retransmission(shifted(packet, leg.shift), codec, leg.rtx_ssrc, leg.rtx_sequence & 0xFFFF, now)
        if repeat is None:
            return sent
        outlet.repeat(target, repeat, packet.header, leg.rtx_sequence >> 16, packet.wide_at)
        leg.rtx_sequence += 1
        sent += len(repeat)
    return sent


def tell_playout(outlet: Outlet, leg: Leg, packet: Outgoing, playout: bytes, now: int) -> None:
    """The leg begins with this packet, after a stream that told of another playout delay than this one does, and
    browsers keep what they were told: it comes as RTX first, with what holds now. Called before the packet leaves. Of a
    frame's packets its first one counts."""
    target, stream = leg.target, leg.sections[-1].stream
    ident, again = stream.form.playout_id, stream.again(packet.number)
    if target is None or again is None or not ident or stream.playout is not None:
        return
    data = shifted(packet, leg.shift)
    repeat = stream.retransmission(data, again[1], leg.rtx_ssrc, leg.rtx_sequence & 0xFFFF, now)
    if repeat is None:
        return
    told = with_extension(repeat, ident, playout)
    longer = len(told) - len(repeat)
    wide_at = packet.wide_at + longer if packet.wide_at else 0
    outlet.repeat(target, told, packet.header + longer, leg.rtx_sequence >> 16, wide_at)
    leg.rtx_sequence += 1


def resend(
    outlet: Outlet, leg: Leg, sequences: tuple[int, ...], round_trip_ms: int | None, now: int, *, once: bool = False
) -> None:
    """A viewer missed these: send them again, as RTX if it knows that, else the very same bytes. ``once``: whatever it
    loses, since these are most likely not lost."""
    leg.nacked += len(sequences)
    target, allowance = leg.target, leg.allowance
    if target is None or allowance.spent(now):
        return
    # Nobody missed what was not let out yet. And it may yet be padded: sent again before that, its number would stand
    # for two packets. It is not let out for the asking, which would break everybody's bursts.
    held = outlet.held(target)
    playout = leg.resending.playout(round_trip_ms, now)
    least = leg.useful_from if allowance.bounded else 0
    asked: dict[int, Section] = {}
    for sequence in sequences:
        if allowance.spent(now):
            break
        allowance.requests -= 1
        if (found := leg.find(sequence)) is not None and found[0] >= least:
            asked[found[0]] = found[1]
    there = {number for number, section in asked.items() if section.stream.keeps(number - section.shift.number)}
    for number in asked:
        leg.resending.asks(number, now, there=number in there)
    for number, section in asked.items():
        wanted = number - section.shift.number
        if number not in there or (section.stream.ident, wanted) in held:
            continue
        # What another packet brought is not missing; a repeat would only make a jitter buffer wait for its like.
        if any(leg.resending.came(each + section.shift.number, now) for each in section.stream.carriers(wanted)):
            continue
        copies = leg.resending.copies(number, now)
        copies = min(copies, 1) if allowance.bounded or once else copies
        again = section.stream.again(wanted) if copies else None
        if again is None:
            continue
        packet, codec = again
        data = shifted(packet, section.shift)
        for _ in range(copies):
            if allowance.packets <= 0:
                return
            allowance.packets -= 1
            leg.resent += 1
            repeat = section.stream.retransmission(data, codec, leg.rtx_ssrc, leg.rtx_sequence & 0xFFFF, now)
            if repeat is None:
                outlet.repeat(target, data, packet.header, (number >> 16) - leg.roc)
                continue
            header, wide_at = packet.header, packet.wide_at
            ident = section.stream.form.playout_id
            if ident and playout is not None and section.stream.playout is None:
                longer = with_extension(repeat, ident, playout)
                header += len(longer) - len(repeat)
                wide_at += len(longer) - len(repeat) if wide_at else 0
                repeat = longer
            outlet.repeat(target, repeat, header, leg.rtx_sequence >> 16, wide_at)
            leg.rtx_sequence += 1
