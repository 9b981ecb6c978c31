"""The command line in a process that kills itself: `kill -9` at its n-th touch of disk or network.

Run as `python -m tests.processes.dies_at_point COMMAND …` with MORTAL=n. Half of the points lie before the touch,
half after it: the bytes have left, or are on the disk, and nobody knows.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from data.book.disk import RealDisk
from data.receipts_folder import PrivateFolder
from data.vendors.http.client import HttpClient
from tui.cli.main import main

_points = iter(range(int(os.environ["MORTAL"])))


def _point() -> None:
    if next(_points, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)


def _mortal(method: Callable[..., Any]) -> Callable[..., Any]:
    def touched(*args: Any, **named: Any) -> Any:
        _point()
        given = method(*args, **named)
        _point()
        return given

    return touched


def _mortal_async(method: Callable[..., Any]) -> Callable[..., Any]:
    async def touched(*args: Any, **named: Any) -> Any:
        _point()
        given = await method(*args, **named)
        _point()
        return given

    return touched


def _mortal_tail(method: Callable[..., Any]) -> Callable[..., Any]:
    def opened(*args: Any) -> Any:
        tail = method(*args)
        tail.append = _mortal(tail.append)
        return tail

    return opened


if __name__ == "__main__":
    for name in ("write", "rename", "unlink", "sync_folder"):
        setattr(RealDisk, name, _mortal(getattr(RealDisk, name)))
    for name in ("write", "remove"):
        setattr(PrivateFolder, name, _mortal(getattr(PrivateFolder, name)))
    RealDisk.tail = _mortal_tail(RealDisk.tail)  # type: ignore[method-assign]  # the product's class, made to die
    HttpClient._bounded = _mortal_async(HttpClient._bounded)  # type: ignore[method-assign]  # as above
    sys.exit(main())
