"""Encoders that come, send, fall silent, are cut off and come back in any order, two machines to a name among them."""

from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from typing_extensions import override

from roadshow.errors import Conflict
from roadshow.ids import EncoderId, RoomId
from roadshow.rooms.feeds.encoders import BACKUP, MAIN
from roadshow.rooms.relay.diagnosis.diary import Diary
from roadshow.rooms.relay.feeds.dispute import QUIET_MS
from roadshow.rooms.relay.feeds.places import Place
from roadshow.rooms.relay.feeds.succession import SILENT_MS

NAMES = st.sampled_from([MAIN, BACKUP, EncoderId("balcony")])
TICK_MS = 20


class Connection:
    """What ``Place`` knows of a ``Publishing``."""

    def __init__(self, encoder: EncoderId) -> None:
        self.encoder = encoder
        self.used = False
        self.heard_at: int | None = None
        self.is_connected = False
        self.over = False

    def step_up(self, former: "Connection | None", now: int) -> None:
        assert not self.over
        assert not self.used, "it would be begun anew, and the log would tell of a change that was none"
        self.used = True

    def step_down(self, now: int) -> None:
        self.used = False


def test_nothing_begins_anew_when_one_goes_that_was_not_in_use() -> None:
    """A main that is silent is ended after half a minute: its backup has the stage all the while."""
    place = Place(RoomId("ai"), True, Diary(), lambda _: None)
    main, backup = Connection(MAIN), Connection(BACKUP)
    for one in (main, backup):
        place.connected(one, 0)  # type: ignore[arg-type]
        one.heard_at = 0
        place.heard(one, 0)  # type: ignore[arg-type]
    assert main.used
    backup.heard_at = SILENT_MS + 1
    place.settle(SILENT_MS + 1)
    assert backup.used
    place.left(main, SILENT_MS + 2)  # type: ignore[arg-type]
    assert backup.used


class Feed(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000_000
        self.connections: list[Connection] = []
        self.taken: dict[EncoderId, list[int]] = {}
        """When a name went from a connection that was heard to another."""
        self.place = Place(RoomId("ai"), True, Diary(), self._end)  # type: ignore[arg-type]

    def _end(self, one: Connection) -> None:
        if not one.over:
            one.over = True
            self.connections.remove(one)
            self.place.left(one, self.now)  # type: ignore[arg-type]
            one.used = False

    def _is_heard(self, one: Connection) -> bool:
        return one.heard_at is not None and self.now - one.heard_at <= SILENT_MS

    @rule(encoder=NAMES)
    def comes(self, encoder: EncoderId) -> None:
        """A POST: it may be refused, but never where nobody of the name is heard."""
        try:
            self.place.admit(encoder, self.now)
        except Conflict:
            assert any(one.encoder == encoder and self._is_heard(one) for one in self.connections)
            return
        for former in self.place.connections(encoder):
            if not former.is_connected:  # type: ignore[attr-defined]
                self._end(former)  # type: ignore[arg-type]
        one = Connection(encoder)
        self.connections.append(one)
        self.place.joined(one)  # type: ignore[arg-type]

    @rule(which=st.integers(0, 20))
    def connects(self, which: int) -> None:
        waiting = [one for one in self.connections if not one.is_connected]
        if waiting:
            one = waiting[which % len(waiting)]
            one.is_connected = True
            self.place.connected(one, self.now)  # type: ignore[arg-type]

    @rule(which=st.integers(0, 20))
    def sends(self, which: int) -> None:
        able = [one for one in self.connections if one.is_connected]
        if able:
            self._send(able[which % len(able)])

    def _send(self, one: Connection) -> None:
        able = [other for other in self.connections if other.is_connected]
        rivals = [
            other for other in able if other.encoder == one.encoder and other is not one and self._is_heard(other)
        ]
        one.heard_at = self.now
        if not one.used:
            self.place.heard(one, self.now)  # type: ignore[arg-type]
        if any(rival.over for rival in rivals):
            self.taken.setdefault(one.encoder, []).append(self.now)

    @rule(which=st.integers(0, 20), span=st.sampled_from([0, SILENT_MS + TICK_MS]))
    def goes(self, which: int, span: int) -> None:
        """At once, or in a moment that no tick has looked at yet."""
        if self.connections:
            self.now += span
            self._end(self.connections[which % len(self.connections)])
            self.place.settle(self.now)

    @rule(encoder=NAMES, sends=st.booleans())
    def a_machine_comes(self, encoder: EncoderId, sends: bool) -> None:
        """All at once, as most do: or it connects, and sends nothing yet."""
        before = list(self.connections)
        self.comes(encoder)
        for one in [new for new in self.connections if new not in before]:
            one.is_connected = True
            self.place.connected(one, self.now)  # type: ignore[arg-type]
            if sends:
                self._send(one)

    @rule()
    def all_send(self) -> None:
        for one in [one for one in self.connections if one.is_connected]:
            if not one.over:
                self._send(one)

    @rule(encoder=NAMES)
    def host_chooses(self, encoder: EncoderId) -> None:
        self.place.put_first(encoder, self.now)

    @rule(span=st.sampled_from([TICK_MS, 500, SILENT_MS + TICK_MS, 10_000, QUIET_MS + TICK_MS]))
    def time_passes(self, span: int) -> None:
        self.now += span
        self.place.settle(self.now)

    @invariant()
    def one_is_in_use_at_most_and_one_who_is_heard_if_anybody_is(self) -> None:
        used = [one for one in self.connections if one.used]
        assert len(used) <= 1
        heard = [one for one in self.connections if one.is_connected and self._is_heard(one)]
        assert not heard or (used and self._is_heard(used[0]))

    @invariant()
    def a_name_is_taken_from_one_who_is_heard_once_in_a_quarter_of_an_hour(self) -> None:
        for moments in self.taken.values():
            assert all(later - earlier >= QUIET_MS for earlier, later in pairwise(moments))

    @invariant()
    def a_name_has_few_connections(self) -> None:
        for encoder in {one.encoder for one in self.connections}:
            assert sum(one.encoder == encoder for one in self.connections) <= 3

    @override
    def teardown(self) -> None:
        for one in list(self.connections):
            self._end(one)
        assert self.place.succession.used is None


Feed.TestCase.settings = settings(stateful_step_count=60)
TestFeed = Feed.TestCase
