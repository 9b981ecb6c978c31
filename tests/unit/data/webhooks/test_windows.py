"""The file between a test and the listener: it ends by itself, and what can't be read deafens nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import DeskError
from core.push.plan import System
from core.webhooks.ports import ListenerWindow, WindowKind
from data.webhooks.marks import DeliveryMarks
from data.webhooks.windows import LONGEST, MOST_IDS, NAME, WindowFile
from tests.support.private import is_private


class Ticks:
    """A clock that does not move but for what the test does."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def now(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Ticks:
    return Ticks()


@pytest.fixture
def file(tmp_path: Path, clock: Ticks) -> WindowFile:
    return WindowFile(tmp_path / "inbox", clock.now)


def window(clock: Ticks, token: str = "t", seconds: float = 120.0) -> ListenerWindow:
    return ListenerWindow(WindowKind.TEST, token, clock.at + seconds, "user_updated")


def test_a_window_is_seen_until_it_is_closed(file: WindowFile, clock: Ticks, tmp_path: Path) -> None:
    assert file.state().window is None
    file.open(window(clock))
    assert file.state().window == window(clock)
    assert is_private(tmp_path / "inbox" / NAME)
    file.close("another")
    assert file.state().window is not None
    file.close("t")
    assert file.state().window is None


def test_a_window_that_nobody_closes_ends_by_itself(file: WindowFile, clock: Ticks) -> None:
    file.open(window(clock))
    clock.at += 119.0
    assert file.state().window is not None
    clock.at += 1.0
    assert file.state().window is None


def test_a_window_that_is_open_for_too_long_counts_as_none(file: WindowFile, clock: Ticks) -> None:
    file.open(window(clock, seconds=LONGEST + 1))
    assert file.state().window is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"window": 7}', b"\xff"])
def test_a_file_that_can_not_be_read_is_no_window(
    file: WindowFile, clock: Ticks, tmp_path: Path, content: bytes
) -> None:
    file.open(window(clock))
    (tmp_path / "inbox" / NAME).write_bytes(content)
    assert file.state().window is None
    file.open(window(clock))
    assert file.state().window is not None


def test_test_events_are_dropped_until_their_time_is_over(file: WindowFile, clock: Ticks) -> None:
    file.open(window(clock))
    file.ignore([], clock.at + 50)
    file.ignore(["e-1"], clock.at + 50)
    file.ignore(["e-2"], clock.at + 90)
    assert file.state().window == window(clock)
    assert set(file.state().ignored) == {"e-1", "e-2"}
    clock.at += 60
    assert set(file.state().ignored) == {"e-2"}


def test_only_so_many_test_events_are_remembered(file: WindowFile, clock: Ticks) -> None:
    file.ignore([f"e-{n}" for n in range(MOST_IDS + 5)], clock.at + 50)
    assert len(file.state().ignored) == MOST_IDS
    assert f"e-{MOST_IDS + 4}" in file.state().ignored


def test_a_file_that_can_not_be_written_is_told(tmp_path: Path, clock: Ticks) -> None:
    (tmp_path / "inbox").write_bytes(b"a file in the place of the folder")
    with pytest.raises(DeskError) as refused:
        WindowFile(tmp_path / "inbox", clock.now).open(window(clock))
    assert refused.value.code == "inbox-closed"


def test_the_last_delivery_of_each_system_is_marked(tmp_path: Path, clock: Ticks) -> None:
    marks = DeliveryMarks(tmp_path / "inbox", clock.now)
    assert marks.last(System.SIMPLENEXUS) is None
    marks.mark(System.SIMPLENEXUS)
    assert marks.last(System.SIMPLENEXUS) == 1_000.0
    clock.at += 7
    marks.mark(System.SIMPLENEXUS)
    assert (marks.last(System.SIMPLENEXUS), marks.last(System.TOTAL_EXPERT)) == (1_007.0, None)
    (file,) = (tmp_path / "inbox").iterdir()
    assert is_private(file)
