"""How much picture one viewer gets: by what its network carries, and by its own choice. Pure.

A viewer that cannot hold the main picture falls to a lower layer, then to slides and sound, then to sound. Going down
is quick, for a frozen picture is worse than a small one; going up is slow, for a try that fails freezes the picture.

Two witnesses are heard. *Loss*, from receiver reports. And *REMB*, the receiver's own estimate, which must be read with
care (libwebrtc's, which all browsers have, and which aiortc follows): it counts pictures alone, not sound; it begins at
what is received and rises by some 8 % a second; it does not rise above 1.5 times what is received; when the link is
full it falls to 0.85 times what still comes, or stops rising if it is below that. So a low REMB that rises is no bad
sign: it has yet to catch up. And one that has caught up says nothing of more than 1.5 times the present rate: whether
a higher layer fits is found out by trying.

Stray loss is not a full link's: a smaller picture would lose as many of its own, and repeats make it good. And the last
picture is not given up on one witness' word: an estimator that measures delay is misled by a busy device, too, while a
link that is really full loses packets as soon as its queue is.
"""

from enum import StrEnum

import msgspec

from roadshow.rooms.relay.last_mile.ladder import (
    LOW,
    MEDIUM,
    SLIDES,
    SOUND,
    TOP,
    Rates,
    Steps,
    name_of,
    place_of,
    quality_of,
    steps_of,
    stills_of,
)
from roadshow.rooms.relay.last_mile.reports import WINDOW_PACKETS, LossWindow, between
from roadshow.rooms.relay.offers.lanes import Quality
from roadshow.rooms.relay.wire.rtcp import ReportBlock


class Choice(StrEnum):
    """What a viewer asks for. ``AUTO``: as much as its network holds; a quality: that, while it is bearable, and never
    more; ``SOUND``: neither picture nor slides."""

    AUTO = "auto"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    SOUND = "sound"


class Received(msgspec.Struct, frozen=True):
    """What a viewer asked for and what it is sent: ``high``, ``medium``, ``low``, ``slides`` (and sound), ``sound``."""

    quality: Choice
    sent: str


SHORT = 0.9
"""A REMB below this share of the pictures' rate is a complaint; measured rates are not more exact than that."""
SEVERELY_SHORT = 0.75
"""The same before the picture goes altogether, or leaves the quality that somebody chose: REMB says 0.85 of what comes,
and with a tenth too little, repeats still make a picture."""
SHORT_MS = 1000
SHORT_REMBS, REMB_MS = 2, 400
"""A complaint counts after this time, and repeated: one alone may be a hiccup, from which REMB recovers meanwhile.
Browsers add the same REMB to every NACK: what comes sooner than that is no other complaint."""
FLAT_MS = 3000
"""A REMB that has yet to catch up counts as a complaint if it does not rise for so long."""
RISE = 1.02
"""So much higher counts as rising; undisturbed it rises by 4 to 8 % a second."""
LOSSY, LOSSY_WINDOWS = 0.12, 2
"""More loss than this in two windows. libwebrtc's limit for sending less is 10 %; of 100 packets at 5 % more than that
are lost once in a hundred times, more than 12 once in a thousand."""
MEASURED_WINDOWS = 4
"""The same where the line is measured: a queue that is full or grows is seen there sooner, so this loss seems stray."""
SEVERE, SEVERE_WINDOWS = 0.22, 4
"""Before the picture goes altogether, or leaves the quality that somebody chose. Of stray loss, 15 % are bearable; a
link that is too narrow by a quarter loses that quarter."""
SEVERE_FACTOR = 3
"""So much longer must REMB complain then."""
ALONE_MS = 20_000
"""So long before the picture goes altogether without loss: a queue that is not full by then holds seconds."""
CLEAN = 0.02
"""Less loss than this is no sign of a full link: libwebrtc's own limit for sending more."""
SETTLE_MS = 1000
"""After a change, reports still tell of what was before, and queues drain."""
TRIAL_MS = 6000
"""A try is given up at the first lossy report."""
UP_MS, MAX_UP_MS = 5000, 60_000
"""So long must all be well before a try; twice as long after each that failed."""
UP_MEASURED_MS = 2000
"""So long where the line is measured: it is tried with packets that nobody misses, not with the picture."""
UNCLEAN_UP_MS = 20_000
"""So long where there is loss, but no more than is bearable: it seems to be stray."""
RECOVER_MS = 10_000
"""After a try that failed, REMB stays low until the queue it left has drained: what was held before is not doubted."""
PROOF_MS = 60_000
"""A layer that was left this soon after a try was not held: the try failed."""
FITS = 1.2
"""A REMB of so many times the next step's rate says that it fits, with room for a key frame."""
PROVED = 1.05
"""The same of an estimate of our own, and of the most that the step took lately: it was tried at ``FITS`` times that,
which has risen a little since, maybe."""
FULL = 1.3
"""A REMB of so many times the present rate is as high as it gets by itself (1.5, less what rates vary)."""
STALE_MS = 5000
"""An older REMB is forgotten: browsers send one each second."""
STALE_LOSS_MS = 10_000
"""Older reports of loss are forgotten: browsers report sound alone every five seconds."""
CHANGE_MS = 1000
"""A viewer's own choices are followed this often: each may cost a key frame, which everybody pays for."""
MAX_CHANGES, SLOW_CHANGE_MS, CALM_MS = 5, 10_000, 30_000
"""After so many nobody is looking at them any more: they are followed this rarely, until none came for so long."""
MAX_STREAMS = 16
"""Streams of one viewer whose reports are told apart."""

_CEILINGS = {Choice.AUTO: TOP, Choice.HIGH: TOP, Choice.MEDIUM: MEDIUM, Choice.LOW: LOW, Choice.SOUND: SOUND}


class QualityChooser:
    """One for each viewer. Tell it what the viewer reports, then ``decide``, a few times a second."""

    def __init__(self) -> None:
        self.choice = Choice.AUTO
        self._chosen = False
        self._changes = 0
        """Own choices followed since the last calm, and when the last one was."""
        self._changed_at = 0
        self._level = TOP
        self._moved_at: int | None = None
        self._trying = False
        """Whether the last move was up."""
        self._trusted_until = 0
        self._remb: int | None = None
        self._remb_at = 0
        self._rembs = 0
        self._remb_counted_at: int | None = None
        self._peak = 0
        """The highest REMB since the last move."""
        self._short_at: int | None = None
        """Since when REMB is below the rate."""
        self._short_rembs = 0
        self._best = 0
        """The highest REMB since then, and when it came."""
        self._best_at = 0
        self._best_rembs = 0
        self._reports: dict[int, tuple[ReportBlock, int]] = {}
        self._window = LossWindow()
        self._lossy = 0
        self._severe = 0
        self._unclean_at: int | None = None
        self._well_at: int | None = None
        """Since when nothing speaks for less."""
        self._measured = self._congested = False
        """Whether there are estimates of our own; and the line is over-full by the last one."""
        self._wish: int | None = None
        self._holds: dict[int, int] = {}
        """How long to wait before a try, by level."""
        self._tried_at: dict[int, int] = {}

    @property
    def quality(self) -> Quality | None:
        """The main picture that was decided on; None: without it."""
        return quality_of(self._level)

    @property
    def stills(self) -> int:
        """Bits a second at which still pictures leave, where there are no others of the main picture; else 0."""
        return stills_of(self._level)

    @property
    def slides(self) -> bool:
        """Whether slides are sent."""
        return self._level > SOUND

    @property
    def received(self) -> Received:
        return Received(self.choice, name_of(self._level))

    def choose(self, choice: Choice) -> None:
        """The viewer's own wish. It is tried at once, whatever was measured before."""
        self.choice, self._chosen = choice, True
        if self._well_at is None:
            self._level = _CEILINGS[choice]  # before anything is sent: it begins with that

    def on_remb(self, bits_per_second: int, now: int) -> None:
        self._remb, self._remb_at = bits_per_second, now
        if self._remb_counted_at is None or not 0 <= now - self._remb_counted_at < REMB_MS:
            self._rembs, self._remb_counted_at = self._rembs + 1, now
        self._peak = max(self._peak, bits_per_second)
        if bits_per_second > self._best * RISE:
            self._best, self._best_at, self._best_rembs = bits_per_second, now, self._rembs

    def on_estimate(self, bits_per_second: int, congested: bool, now: int) -> None:
        """What the line carries by our own estimate, which takes REMB's place; and whether it is over-full at present,
        which is proved then."""
        self._measured, self._congested = True, congested
        self._remb, self._remb_at = bits_per_second, now
        self._peak = max(self._peak, bits_per_second)

    @property
    def settled(self) -> bool:
        """Whether all there is to be had is sent and nothing speaks against it."""
        doubts = self._chosen or self._lossy or self._short_at is not None or self._wish is not None
        return self._level == _CEILINGS[self.choice] and not doubts

    @property
    def wish(self) -> int | None:
        """What the line would have to carry, in bits a second, for more than there is now; None: there is no more, or
        this is not the time for it."""
        return self._wish

    def on_report(self, block: ReportBlock, now: int, absent: int = 0) -> None:
        """A receiver report's block of one of the viewer's streams; ``absent`` as ``between`` has it, of all so far."""
        former, before = self._reports.get(block.ssrc, (None, 0))
        if former is None and len(self._reports) >= MAX_STREAMS:
            return
        if former is None or block.highest != former.highest:
            self._reports[block.ssrc] = block, absent
        if former is not None and (counts := between(former, block, absent - before)) is not None:
            packets, lost = counts
            self.on_loss(lost / packets, now, packets)

    def on_loss(self, share: float, now: int, packets: int = WINDOW_PACKETS) -> None:
        """So large a share of so many packets was lost."""
        if self._moved_at is not None and now - self._moved_at < SETTLE_MS:
            return
        loss = self._window.add(packets, share * packets, now)
        if loss is None:
            return
        self._lossy = self._lossy + 1 if loss > LOSSY else 0
        self._severe = self._severe + 1 if loss > SEVERE else 0
        if loss >= CLEAN:
            self._unclean_at = now

    def decide(self, now: int, rates: Rates) -> Quality | None:
        """What the viewer gets of the main picture from now on; ``slides`` says whether it gets those."""
        if self._well_at is None:
            self._well_at = now
        self._wish = None
        if self._chosen:
            if self._may_change(now):
                self._chosen = False
                self._holds.clear()
                self._tried_at.clear()
                self._move(_CEILINGS[self.choice], now)
            return self.quality
        self._forget(now)
        steps = steps_of(rates, _CEILINGS[self.choice], self._measured)
        here = place_of(self._level, steps)
        rate = steps[here][1]
        # A bad picture is better than none; but a try that failed is known to have failed.
        trial = self._trying and self._moved_at is not None and now - self._moved_at < TRIAL_MS
        last = here > 0 and steps[here - 1][0] <= SLIDES
        alone = last and not trial
        patient = alone or (not trial and self.choice is not Choice.AUTO)
        enough = (SEVERELY_SHORT if patient else SHORT) * rate
        self._compare(enough, now)
        if here > 0 and self._in_trouble(now, enough, patient, alone, trial):
            self._fall(now, steps, here, enough, trial)
        elif self._short_at is None and not self._lossy:
            self._rise(now, steps, here, rate)
        return self.quality

    def _may_change(self, now: int) -> bool:
        """Whether the viewer's own choice is followed now; then it is counted."""
        if now - self._changed_at >= CALM_MS:
            self._changes = 0
        slow = self._changes >= MAX_CHANGES and now - self._changed_at < SLOW_CHANGE_MS
        if slow or (self._moved_at is not None and now - self._moved_at < CHANGE_MS):
            return False
        self._changes, self._changed_at = self._changes + 1, now
        return True

    def _forget(self, now: int) -> None:
        if self._remb is not None and now - self._remb_at > STALE_MS:
            self._remb, self._peak = None, 0
        if now - self._window.heard_at > STALE_LOSS_MS:
            self._lossy = self._severe = 0

    def _compare(self, enough: float, now: int) -> None:
        """Hold REMB against what is sent."""
        if self._remb is None or self._remb >= enough or now < self._trusted_until:
            self._short_at = None
        elif self._short_at is None:
            self._short_at, self._short_rembs = now, self._rembs
            self._best, self._best_at, self._best_rembs = self._remb, now, self._rembs
        if self._short_at is not None or self._lossy:
            self._well_at = now

    def _in_trouble(self, now: int, enough: float, patient: bool, alone: bool, trial: bool) -> bool:
        """Whether what is sent is too much. ``patient``: only when it is beyond doubt; ``alone``: and when loss says so
        too, or after long. ``enough``: a REMB that says no more is needed."""
        if patient:
            if self._severe >= SEVERE_WINDOWS:
                return True
        elif self._lossy >= (1 if trial else MEASURED_WINDOWS if self._measured else LOSSY_WINDOWS):
            return True
        if self._short_at is None or (alone and not self._lossy and now - self._short_at < ALONE_MS):
            return False
        factor = SEVERE_FACTOR if patient else 1
        if self._measured:
            # After a change the former picture goes on until the new one's key frame comes.
            settled = self._moved_at is None or now - self._moved_at >= SETTLE_MS
            return self._congested and settled and (not patient or now - self._short_at >= SHORT_MS * factor)
        if self._peak >= enough:
            repeated = self._rembs - self._short_rembs + 1 >= SHORT_REMBS * factor
            return repeated and now - self._short_at >= SHORT_MS * factor
        # It has yet to catch up.
        return self._rembs - self._best_rembs >= SHORT_REMBS * factor and now - self._best_at >= FLAT_MS * factor

    def _fall(self, now: int, steps: Steps, here: int, enough: float, trial: bool) -> None:
        """One step down; or, where REMB fell from above the rate and so is a measurement, to what it holds; but no
        further than the lowest picture at once. What was held before a try is held after it."""
        level, there = steps[here][0], here - 1
        measured = self._measured or (self._peak >= enough and not trial)
        if self._short_at is not None and self._remb is not None and measured:
            share = 1 if self._measured else SHORT  # an estimate of our own is exact
            while there > 0 and share * steps[there][1] > self._remb and steps[there - 1][0] > SLIDES:
                there -= 1
        if trial:
            self._trusted_until = now + RECOVER_MS
        if level in self._tried_at and now - self._tried_at.pop(level) < (TRIAL_MS if self._measured else PROOF_MS):
            most = UP_MS if self._measured else MAX_UP_MS  # what was proved too much is proved again before it is tried
            self._holds[level] = min(most, 2 * self._holds.get(level, UP_MS))
        else:
            self._holds.pop(level, None)
        self._move(steps[there][0], now)

    def _rise(self, now: int, steps: Steps, here: int, rate: int) -> None:
        """To the highest step that REMB says will fit; else one up, if nothing speaks against a try."""
        clean = self._unclean_at is None or now - self._unclean_at >= UP_MS
        clean = clean or (self._well_at is not None and now - self._well_at >= UNCLEAN_UP_MS)
        full = self._remb is None or self._remb >= FULL * rate
        patience = UP_MEASURED_MS if self._measured else UP_MS
        for there in range(len(steps) - 1, here, -1):
            level, rate_there, peak = steps[there]
            wanted = peak if self._measured else rate_there
            known = self._remb is not None and self._remb >= (PROVED if self._measured else FITS) * wanted
            waited = self._well_at is not None and now - self._well_at >= self._holds.get(level, patience)
            if self._measured and self._remb is not None and waited and not known:
                self._wish = int(FITS * wanted)
            elif waited and (known or (there == here + 1 and clean and full)):
                self._tried_at[level] = now
                self._move(level, now)
                self._trying = True
                return

    def _move(self, level: int, now: int) -> None:
        self._level, self._moved_at, self._trying = level, now, False
        self._peak = self._remb or 0
        self._short_at = None
        self._window.clear()
        self._lossy = self._severe = 0
        self._well_at = now
