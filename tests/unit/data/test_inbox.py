"""What was confirmed is read until it is dropped, whatever crashes, fills up or runs at the same time."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path
from random import Random
from zlib import crc32

import msgspec
import pytest

from core.errors import DeskError
from core.milestones.events import EventKind, MilestoneEvent
from data.inbox import Inbox
from tests.support.book_fakes import Crash, FailingDisk, ForgetfulDisk
from tests.support.patience import LAST_RESORT, Patience
from tests.support.private import is_private

ROOT = Path(__file__).resolve().parents[3]


def an_event(n: int) -> MilestoneEvent:
    return MilestoneEvent(f"e-{n}", EventKind.CHANGED, f"A{n}", 1000.0 + n, 2000.0)


def ids(inbox: Inbox) -> list[str]:
    return [event.id for event in inbox.read().events]


def test_what_is_taken_in_is_read_until_it_is_dropped(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    assert inbox.read().events == ()
    inbox.add((an_event(1), an_event(2)))
    held = inbox.read()
    assert (held.events, held.notices) == ((an_event(1), an_event(2)), ())
    inbox.add((an_event(3),))
    assert ids(Inbox(tmp_path / "inbox")) == ["e-1", "e-2", "e-3"]
    inbox.drop(held.end)
    assert ids(inbox) == ["e-3"]
    inbox.drop(inbox.read().end)
    assert (ids(inbox), inbox.path.stat().st_size) == ([], 0)
    assert is_private(inbox.path)
    assert is_private(inbox.path.parent)


@pytest.mark.parametrize("keeps", ["nothing", "some", "everything"])
def test_a_crash_at_any_point_loses_nothing_confirmed_and_invents_nothing(tmp_path: Path, keeps: str) -> None:
    for dies_at in range(60):
        random = Random(dies_at)
        disk = ForgetfulDisk()
        disk.dies_at = dies_at
        confirmed: set[str] = set()
        begun: set[str] = set()
        dropped: set[str] = set()
        inbox = Inbox(tmp_path, disk)
        try:
            for n in range(8):
                begun.add(f"e-{n}")
                inbox.add((an_event(n),))
                confirmed.add(f"e-{n}")
                if n in (3, 5):
                    held = inbox.read()
                    if n == 5:
                        inbox.add((an_event(100),))
                        confirmed.add("e-100")
                    dropped |= {event.id for event in held.events}
                    inbox.drop(held.end)
        except Crash:
            pass
        found = Inbox(tmp_path, disk.after_crash(random, keeps))
        left = set(ids(found))
        assert confirmed - dropped <= left <= begun | {"e-100"}
        found.add((an_event(200),))
        assert set(ids(found)) == left | {"e-200"}


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
def test_after_a_failed_write_nothing_more_is_taken_in(tmp_path: Path, part: float) -> None:
    disk = FailingDisk(part=part)
    inbox = Inbox(tmp_path, disk)
    inbox.add((an_event(1),))
    disk.at, disk.error = disk.writes, errno.ENOSPC
    for n in (2, 3):
        with pytest.raises(DeskError, match="the disk is full") as refused:
            inbox.add((an_event(n),))
        assert refused.value.code == "inbox-closed"
        disk.at = None
    later = Inbox(tmp_path)
    later.add((an_event(4),))
    assert set(ids(later)) - {"e-2"} == {"e-1", "e-4"}


def test_a_damaged_line_is_left_out_and_said(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    for n in range(3):
        inbox.add((an_event(n),))
    content = inbox.path.read_bytes()
    inbox.path.write_bytes(content.replace(b'"e-1"', b'"e-9"'))
    held = inbox.read()
    assert [event.id for event in held.events] == ["e-0", "e-2"]
    assert "1 half-written or damaged line(s)" in held.notices[0]


def a_line(payload: bytes) -> bytes:
    return b"\n%08x %b\n" % (crc32(payload), payload)


def test_an_event_that_this_version_does_not_know_costs_no_other_of_its_line(tmp_path: Path) -> None:
    """A listener may be newer than the app."""
    inbox = Inbox(tmp_path)
    inbox.add((an_event(1), an_event(2)))
    newer = msgspec.json.encode((an_event(3), an_event(4), an_event(5))).replace(b'"changed"', b'"merged"', 1)
    with inbox.path.open("ab") as file:
        file.write(a_line(newer) + a_line(b'[{"id":"x"}]') + a_line(b'{"from":"a newer version"}'))
    held = inbox.read()
    assert [event.id for event in held.events] == ["e-1", "e-2", "e-4", "e-5"]
    assert "2 half-written or damaged line(s)" in held.notices[0]


def test_events_of_unknown_kinds_are_counted_once_when_they_are_dropped(tmp_path: Path) -> None:
    counted: list[int] = []
    Inbox(tmp_path).add_unknown(2)
    inbox = Inbox(tmp_path, count_unknown=counted.append)
    inbox.add((an_event(1),))
    inbox.add_unknown(1)
    held = inbox.read()
    inbox.add_unknown(40)
    assert (ids(inbox), held.notices, counted) == (["e-1"], (), [])
    inbox.drop(held.end)
    assert counted == [3]
    inbox.drop(inbox.read().end)
    assert counted == [3, 40]


_FILL = """
import sys
from pathlib import Path
from core.milestones.events import MilestoneEvent, EventKind
from data.inbox import Inbox
inbox = Inbox(Path(sys.argv[1]))
for n in range(200):
    inbox.add((MilestoneEvent(f"e-{n}", EventKind.CHANGED, f"A{n}", 1000.0, 2000.0),))
"""


def test_one_process_takes_in_while_another_consumes(tmp_path: Path) -> None:
    filling = subprocess.Popen([sys.executable, "-c", _FILL, str(tmp_path)], cwd=ROOT)
    inbox = Inbox(tmp_path)
    seen: list[str] = []
    patience = Patience(20.0)
    while len(seen) < 200 and not patience.is_over:
        held = inbox.read()
        seen += [event.id for event in held.events]
        assert not held.notices
        inbox.drop(held.end)
    assert filling.wait(LAST_RESORT) == 0
    assert seen == [f"e-{n}" for n in range(200)]
