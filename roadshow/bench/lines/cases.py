"""The table: what is measured, and what is to be reached."""

from collections.abc import Awaitable, Callable

import msgspec

from roadshow.bench.lines import hearing, joining, moving, pitching, queueing, watching
from roadshow.bench.lines.finding import Finding
from roadshow.bench.lines.scene import Scene


class Case(msgspec.Struct, frozen=True):
    number: int
    what: str
    reach: str
    measure: Callable[[Scene], Awaitable[Finding]]


_THIN = "≥ 14.5 fps, ≤ 1 freeze, RTT ≤ 60 ms"
_BACK = "whole in 10 s or 1.2 × two browsers"
_SAME = "no layer lost, repeats ≤ 1 %"
CASES = (
    Case(1, "pitcher at 1 Mbit/s, one layer", f"540p, {_THIN}", pitching.one_at_1000),
    Case(2, "pitcher at 1 Mbit/s, three layers", _THIN, pitching.three_at_1000),
    Case(3, "pitcher at 500 kbit/s, one layer", _THIN, pitching.one_at_500),
    Case(4, "pitcher at 500 kbit/s, three layers", _THIN, pitching.three_at_500),
    Case(5, "the pitcher's 1 Mbit/s end", _BACK, pitching.back_from_1000),
    Case(6, "the pitcher's 500 kbit/s end", _BACK, pitching.back_from_500),
    Case(7, "viewer: jitter 30 ms", _SAME, watching.jitter),
    Case(8, "viewer: a step of +100 ms each way", _SAME, watching.step),
    Case(9, "viewer: reordering", _SAME, watching.reordering),
    Case(10, "viewer at 500 kbit/s, three layers and one", "no stall, ≥ 14 fps; high again in 8 s", watching.thin),
    Case(11, "sound, viewer's loss 2 %", "concealed ≤ 0.1 %", hearing.viewer_2),
    Case(12, "sound, viewer's loss 5 %", "concealed ≤ 0.25 %", hearing.viewer_5),
    Case(13, "sound, viewer's loss 10 %", "concealed ≤ 1 %", hearing.viewer_10),
    Case(14, "sound, pitcher's loss 2 %", "concealed ≤ 0.1 %", hearing.pitcher_2),
    Case(15, "sound, pitcher's loss 5 %", "concealed ≤ 0.25 %", hearing.pitcher_5),
    Case(16, "sound, pitcher's loss 10 %", "concealed ≤ 1 %", hearing.pitcher_10),
    Case(17, "shallow queue: 1.5 × rate, 20 packets", "loss ≤ a tenth of before: 0.43 %", queueing.shallow),
    Case(18, "first picture at 150 ms RTT", "p95 ≤ 500 ms after the answer", joining.first_picture),
    Case(19, "pitcher's and viewer's change of address", "back in 1.5 s", moving.changes),
)
