"""How long a test waits for something: measured in the work of the processes concerned, not in time on the wall.

A busy machine gives a process little processor time, so that the same work takes many times as long. Waits in the tests
therefore give up after so many seconds of processor time. A last resort in wall-clock time ends waits in which no
process works at all; no wait of a healthy test comes near.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

LAST_RESORT = 200.0
"""Seconds of wall clock after which any wait fails. Lower than pytest's timeout, so that the wait says what it saw."""
LOOK_EVERY = 0.02
"""Seconds between two looks at what other processes do. Looking all the time would keep the processor from them."""


class Patience:
    """A limit for one wait: seconds of processor time that `spent` returns, and `LAST_RESORT`."""

    def __init__(self, seconds: float, spent: Callable[[], float] = time.process_time) -> None:
        self._spent = spent
        self._enough = spent() + seconds
        self._last_resort = time.monotonic() + LAST_RESORT

    @property
    def is_over(self) -> bool:
        """Whether the limit is reached."""
        return self._spent() > self._enough or time.monotonic() > self._last_resort


def wait_until(so: Callable[[], object], concerned: int | None = None, work: float = 20.0) -> None:
    """Look again and again, until something is so. The process `concerned` may work for `work` seconds meanwhile.

    Raise AssertionError after that. By default the process concerned is this one.
    """
    patience = Patience(work, partial(processor_time, os.getpid() if concerned is None else concerned))
    while not so():
        assert not patience.is_over, "waited in vain"
        time.sleep(LOOK_EVERY)


def processor_time(pid: int) -> float:
    """Return the seconds of processor time that a process has used; 0.0 where the system does not tell."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def works(pid: int) -> bool:
    """Return True if a thread of the process uses or waits for a processor; False if the system does not say."""
    for thread in Path(f"/proc/{pid}/task").glob("*/stat"):
        with suppress(OSError):
            if thread.read_text().rpartition(")")[2].split()[0] in "RD":
                return True
    return False
