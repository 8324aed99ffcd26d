"""A viewer's network and receiver, simulated: a link of some capacity, libwebrtc's REMB, receiver reports. Pure."""

import random
from collections.abc import Callable

from roadshow.rooms.relay.last_mile.ladder import Rates
from roadshow.rooms.relay.last_mile.quality import Choice, QualityChooser
from roadshow.rooms.relay.offers.lanes import Quality
from roadshow.rooms.relay.wire.rtcp import ReportBlock

STEP_MS = 100
PACKET_BITS, SOUND_BITS = 8_000, 800
"""Of a picture's packet; of sound's, 50 a second at 40 kbit/s."""


class Receiver:
    """libwebrtc's estimator as far as it shows: 8 % a second up, bounded by what comes; 0.85 of it as a queue grows."""

    def __init__(self) -> None:
        self.remb = 0.0
        self._rates: list[float] = []
        self._delay = 0.0
        self._near_limit = False

    def step(self, received: float, delay: float) -> None:
        """``received``: pictures' bits a second; ``delay``: the queue's, in ms."""
        self._rates = [*self._rates[-9:], received]
        incoming = sum(self._rates) / len(self._rates)
        if not self.remb:
            self.remb = incoming if len(self._rates) == 10 else 0.0
            self._delay = delay
            return
        gradient, self._delay = delay - self._delay, delay
        if gradient > 3:
            self.remb, self._near_limit = min(self.remb, 0.85 * incoming), True
        elif gradient > -3:
            ceiling = 1.5 * incoming + 10_000
            rise = 2_500 if self._near_limit else self.remb * 0.008
            self.remb = max(self.remb, min(self.remb + rise, ceiling))


class Reporter:
    """Reports as a browser that asks for lost packets sends them: one with each NACK, and one a second."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._packets = 0.0
        self._highest = self._lost = self._late = 0
        self._told = (0, 0)

    def step(self, packets: float, dropped: float, noise: float) -> bool:
        """Of so many packets this share got no room in the queue; by ``noise`` others are lost, and as many come a step
        later, since the publisher had to repeat them. Whether it sends a NACK."""
        self._packets += packets
        number = int(self._packets)
        self._packets -= number

        def hit(share: float) -> int:
            return sum(self._chance.random() < share for _ in range(number))

        gone, late = hit(1 - (1 - dropped) * (1 - noise)), hit(noise)
        self._highest += number
        self._lost += gone + late - self._late
        self._late = late
        return gone + late > 0

    def block(self) -> ReportBlock:
        expected, lost = self._highest - self._told[0], self._lost - self._told[1]
        self._told = self._highest, self._lost
        fraction = 256 * lost // expected if expected and lost > 0 else 0
        return ReportBlock(1, min(fraction, 255), self._lost, self._highest, 0, 0, 0)

    def blurred(self, remb: float) -> int:
        return int(remb * self._chance.uniform(0.97, 1.03))


class Link:
    """Plays a chooser on a link. ``capacity`` in bits a second, by time; ``queue_ms`` is the longest queue; ``noise``
    is lost whatever the load. With a ``seed`` each packet is lost by chance, and the viewer reports with each NACK."""

    def __init__(
        self,
        capacity: Callable[[int], float],
        rates: Callable[[int], Rates],
        queue_ms: int = 300,
        sound: int = 40_000,
        noise: float = 0.0,
        remb: bool = True,
        seed: int | None = None,
    ) -> None:
        self.capacity = capacity
        self.rates = rates
        self.chooser = QualityChooser()
        self.moves: list[tuple[int, Quality | None, bool]] = []
        """When it changed, to what, and whether slides were sent."""
        self._queue_ms, self._sound, self._noise = queue_ms, sound, noise
        self._receiver = Receiver() if remb else None
        self._reporter = Reporter(seed) if seed is not None else None
        self._queue = 0.0
        self._now = 0
        self._sent = self._lost = 0.0
        self._spent: dict[tuple[Quality | None, bool], int] = {}

    def run(self, until_ms: int) -> None:
        state = (self.chooser.quality, self.chooser.slides)
        while self._now < until_ms:
            rates, capacity = self.rates(self._now), self.capacity(self._now)
            pictures = sent_rate(rates, *state)
            offered = (pictures + self._sound) * STEP_MS / 1000
            room = capacity * (STEP_MS + self._queue_ms) / 1000
            dropped = max(0.0, self._queue + offered - room)
            arrived = min(self._queue + offered - dropped, capacity * STEP_MS / 1000)
            self._queue += offered - dropped - arrived
            share = 1 - dropped / offered if offered else 1.0
            packets = (pictures / PACKET_BITS + self._sound / SOUND_BITS) * STEP_MS / 1000
            self._sent += packets
            self._lost += packets * (1 - share * (1 - self._noise))
            self._now += STEP_MS
            now = self._now
            if self._receiver is not None and pictures:
                part = pictures / (pictures + self._sound)
                self._receiver.step(arrived * part * (1 - self._noise) * 1000 / STEP_MS, 1000 * self._queue / capacity)
                if now % 1000 == 0 and self._receiver.remb and self._reporter is None:
                    self.chooser.on_remb(int(self._receiver.remb), now)
            if self._reporter is not None:
                asks = self._reporter.step(packets, 1 - share, self._noise)
                if asks or now % 1000 == 0:
                    self.chooser.on_report(self._reporter.block(), now)
                    if self._receiver is not None and self._receiver.remb and pictures:
                        self.chooser.on_remb(self._reporter.blurred(self._receiver.remb), now)
            elif now % 1000 == 0:
                if self._sent:
                    self.chooser.on_loss(int(256 * self._lost / self._sent) / 256, now, max(1, round(self._sent)))
                self._sent = self._lost = 0.0
            if now % 200 == 0:
                before, state = state, (self.chooser.decide(now, rates), self.chooser.slides)
                if state != before:
                    self.moves.append((now, *state))
            self._spent[state] = self._spent.get(state, 0) + STEP_MS

    def settled(self, for_ms: int) -> tuple[Quality | None, bool]:
        """Go on for so long: what the viewer had for the most of it; it must have been most by far."""
        self._spent = {}
        self.run(self._now + for_ms)
        state, spent = max(self._spent.items(), key=lambda item: item[1])
        assert spent >= 0.8 * for_ms, self._spent
        return state

    def choose(self, choice: Choice) -> None:
        self.chooser.choose(choice)

    def moves_since(self, since_ms: int) -> int:
        return sum(at > since_ms for at, _, _ in self.moves)

    @property
    def now(self) -> int:
        return self._now


def sent_rate(rates: Rates, quality: Quality | None, slides: bool) -> int:
    """What the relay sends of pictures, as ``Publication.at`` chooses the layer."""
    total = rates.slides if slides else 0
    if quality is None or not any(rates.layers):
        return total
    top = len(rates.layers) - 1
    wish = max(0, top - (int(Quality.HIGH) - int(quality)))
    live = [n for n in (*range(wish, -1, -1), *range(wish + 1, top + 1)) if rates.layers[n]]
    rate: int = rates.layers[live[0]]
    return total + rate
