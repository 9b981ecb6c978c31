"""A loop whose time is virtual, a disk that forgets what was not synced, and the death of a process."""

from __future__ import annotations

import asyncio
import errno
import selectors
from pathlib import Path
from random import Random


class Killed(BaseException):
    """The process is dead: nothing of it may touch disk or network any more."""


class Hang(AssertionError):
    """Nothing is scheduled and something is awaited: it would wait for ever."""


class _NoWait(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Hang("nothing is scheduled")
        self.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that jumps to the next thing due instead of waiting for it."""

    def __init__(self) -> None:
        self._virtual = _NoWait()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


class Life:
    """One life of the desk's process: it ends at its `until`-th touch of disk or network, if that is not None."""

    def __init__(self, until: int | None) -> None:
        self.left = until
        self.touches = 0
        self.dead = False

    def touch(self) -> None:
        self.touches += 1
        if self.dead or (self.left is not None and self.touches > self.left):
            self.dead = True
            raise Killed


class SimDisk:
    """A file system in memory. Content is durable when synced, names when their folder is; a crash forgets the rest."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._now: dict[Path, bytearray] = {}
        self._durable: dict[Path, bytearray] = {}
        self.life = Life(None)

    def crash(self) -> None:
        """Lose what was not durable: each name that was not synced is there or not, as chance has it."""
        for path in self._now.keys() | self._durable.keys():
            if self._random.random() < 0.5 and path in self._now:
                self._durable[path] = self._now[path]
        self._now = dict(self._durable)

    def read(self, path: Path) -> bytes:
        try:
            return bytes(self._now[path])
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "no such file", str(path)) from None

    def exists(self, path: Path) -> bool:
        return path in self._now or any(path in each.parents for each in self._now)

    def names(self, folder: Path) -> list[str]:
        return sorted(path.name for path in self._now if path.parent == folder)

    def make_folder(self, folder: Path) -> None:
        self.life.touch()

    def write(self, path: Path, content: bytes) -> None:
        self._torn(path, content, fresh=True)

    def rename(self, old: Path, new: Path) -> None:
        self.life.touch()
        self._now[new] = self._now.pop(old)

    def unlink(self, path: Path) -> None:
        self.life.touch()
        if self._now.pop(path, None) is None:
            raise FileNotFoundError(errno.ENOENT, "no such file", str(path))

    def sync_folder(self, folder: Path) -> None:
        self.life.touch()
        for path in list(self._durable):
            if path.parent == folder and path not in self._now:
                del self._durable[path]
        self._durable |= {path: content for path, content in self._now.items() if path.parent == folder}

    def cut(self, path: Path, size: int) -> None:
        self.life.touch()
        del self._now[path][size:]

    def tail(self, path: Path) -> SimTail:
        if path not in self._now:
            raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
        return SimTail(self, path)

    def _torn(self, path: Path, data: bytes, *, fresh: bool) -> None:
        """Write; the touch that kills leaves any part of the bytes behind."""
        target = bytearray() if fresh else self._now[path]
        try:
            self.life.touch()
        except Killed:
            target += data[: self._random.randint(0, len(data))]
            if fresh:
                self._now[path] = target
            raise
        target += data
        self._now[path] = target


class SimTail:
    def __init__(self, disk: SimDisk, path: Path) -> None:
        self._disk = disk
        self._path = path

    def append(self, data: bytes) -> None:
        self._disk._torn(self._path, data, fresh=False)

    def close(self) -> None:
        pass
