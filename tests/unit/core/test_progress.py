"""RowProgress is shown of what takes over a second, says what is left, and can be ended."""

from __future__ import annotations

import pytest

from core.progress import EVERY, QUIET, SILENT, CutShort, LastProgress, Meter, RowProgress
from tui.words.waiting import duration, rows_line


class _Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _meter(clock: _Clock) -> tuple[Meter, list[RowProgress]]:
    told: list[RowProgress] = []
    return Meter("book.csv", told.append, clock), told


def test_short_work_shows_nothing() -> None:
    clock = _Clock()
    meter, told = _meter(clock)
    for done in range(100):
        clock.now = 100 + done * QUIET / 101
        meter.at(done, 100)
    assert told == []


def test_long_work_is_shown_now_and_then() -> None:
    clock = _Clock()
    meter, told = _meter(clock)
    for done in range(1001):
        clock.now = 100 + done / 100
        meter.at(done, 1001)
    assert 0.8 * 9 / EVERY <= len(told) <= 9 / EVERY + 1
    assert [one.done for one in told] == sorted({one.done for one in told})


def test_the_rate_gives_the_time_that_is_left() -> None:
    progress = RowProgress("book.csv", 3_000, 12_000, 2.0)
    assert progress.rate == 1_500
    assert progress.seconds_left == 6
    assert rows_line(progress) == "book.csv: 3,000 of 12,000 rows · 1,500 a second · 6 s left"


def test_an_unknown_total_gives_no_time_left() -> None:
    progress = RowProgress("book.csv", 3_000, None, 2.0)
    assert progress.seconds_left is None
    assert rows_line(progress) == "book.csv: 3,000 rows · 1,500 a second"


def test_more_rows_than_expected_leave_no_negative_time() -> None:
    assert RowProgress("book.csv", 20, 10, 1.0).seconds_left == 0


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 s"), (59.4, "59 s"), (60, "1 min"), (133, "2 min 13 s"), (3_600, "1 h"), (3_900, "1 h 5 min")],
)
def test_a_time_is_said_in_its_largest_units(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_rows_pass_through_unchanged_and_are_counted() -> None:
    clock = _Clock()
    meter, told = _meter(clock)
    clock.now += QUIET
    assert list(meter.through(range(2_000), 2_000)) == list(range(2_000))
    assert told[0] == RowProgress("book.csv", 0, 2_000, 0.0)


def test_whoever_asks_for_the_end_ends_the_work() -> None:
    meter = Meter("book.csv", clock=_Clock())
    taken: list[int] = []

    def work() -> None:
        for row in meter.through(range(5_000)):
            taken.append(row)
            if row == 700:
                meter.stop.set()

    with pytest.raises(CutShort, match=r"book\.csv"):
        work()
    assert 700 < len(taken) < 2_000


def test_each_pass_counts_anew_and_the_quiet_time_does_not() -> None:
    clock = _Clock()
    meter, told = _meter(clock)
    for _ in meter.through(range(3), 3):
        clock.now += QUIET
    meter.begin()
    clock.now += 2.0
    meter.at(40, 100)
    assert told[-1] == RowProgress("book.csv", 40, 100, 2.0)
    assert rows_line(told[-1]).endswith("20 a second · 3 s left")


def test_work_of_which_nobody_wants_to_know_goes_on() -> None:
    assert list(SILENT.through([1, 2], 2)) == [1, 2]


def test_the_newest_report_is_of_the_present_thing() -> None:
    clock = _Clock()
    last = LastProgress(clock)
    meter = last.meter("a.csv")
    clock.now += 4.0
    meter.at(800, 1_000)
    assert last.newest == RowProgress("a.csv", 800, 1_000, 4.0)
    last.meter("b.csv").at(1, 2)
    assert last.newest is None
