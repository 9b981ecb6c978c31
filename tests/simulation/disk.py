"""A disk in memory that forgets what was not synced, and that fails when it is told to."""

from __future__ import annotations

import errno
import io
import os
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from random import Random

from tests.simulation.life import Killed, Life

Folder = dict[str, bytearray]
FAILURES = (errno.ENOSPC, errno.EIO, errno.EROFS)


class SimDisk:
    """A file system in memory. Content is durable when synced, names when their folder is; a crash forgets the rest."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._now: defaultdict[str, Folder] = defaultdict(dict)
        self._durable: dict[str, Folder] = {}
        self._sound = 0
        self._error = 0
        self._stays = False
        self.failed = False
        """True once a change was refused since the disk was last `repair`ed."""
        self.life = Life(None)

    # -- faults ----------------------------------------------------------------------------------------

    def doom(self, sound: int, error: int, *, stays: bool) -> None:
        """Fail with `error` after so many changes that succeed: one change, or from there on every one."""
        self._sound, self._error, self._stays = sound, error, stays

    def repair(self) -> None:
        """Be sound again; what is there stays as it is."""
        self._error = 0
        self.failed = False

    def crash(self) -> None:
        """Lose what was not durable: of each name that was not synced chance says which state of it is there."""
        for place, now in self._now.items():
            durable = self._durable.setdefault(place, {})
            for name in [*now, *(gone for gone in durable if gone not in now)]:
                if durable.get(name) is now.get(name) or self._random.random() < 0.5:
                    continue
                if name in now:
                    durable[name] = now[name]
                else:
                    del durable[name]
        self._now = defaultdict(dict, {place: dict(folder) for place, folder in self._durable.items()})

    def _touch(self) -> None:
        self.life.touch()
        if self._error:
            self._sound -= 1
            if self._sound < 0 and (self._stays or not self.failed):
                self.failed = True
                raise OSError(self._error, os.strerror(self._error))

    # -- the port --------------------------------------------------------------------------------------

    def read(self, path: Path) -> bytes:
        return bytes(self._content(path))

    def lines(self, path: Path) -> Generator[bytes]:
        yield from io.BytesIO(self.read(path))

    def read_at(self, path: Path, start: int, size: int) -> bytes:
        return bytes(self._content(path)[start : start + size])

    def size(self, path: Path) -> int:
        return len(self._content(path))

    def exists(self, path: Path) -> bool:
        folder, _, name = path.as_posix().rpartition("/")
        return name in self._now[folder] or any(
            files and f"{place}/".startswith(f"{path}/") for place, files in self._now.items()
        )

    def names(self, folder: Path) -> list[str]:
        return sorted(self._now[folder.as_posix()])

    def make_folder(self, folder: Path) -> None:
        self._touch()

    def write(self, path: Path, content: bytes) -> None:
        folder, _, name = path.as_posix().rpartition("/")
        new = bytearray()
        try:
            self.put(new, content)
        finally:
            self._now[folder][name] = new

    def rename(self, old: Path, new: Path) -> None:
        self._touch()
        content = self._content(old)
        folder, _, name = old.as_posix().rpartition("/")
        del self._now[folder][name]
        folder, _, name = new.as_posix().rpartition("/")
        self._now[folder][name] = content

    def unlink(self, path: Path) -> None:
        self._touch()
        self._content(path)
        folder, _, name = path.as_posix().rpartition("/")
        del self._now[folder][name]

    def sync_folder(self, folder: Path) -> None:
        self._touch()
        place = folder.as_posix()
        self._durable[place] = dict(self._now[place])

    def cut(self, path: Path, size: int) -> None:
        self._touch()
        del self._content(path)[size:]

    def tail(self, path: Path) -> SimTail:
        return SimTail(self, self._content(path))

    def put(self, target: bytearray, data: bytes) -> None:
        """Add to a file's content; a change that kills or fails leaves any part of the bytes behind."""
        try:
            self._touch()
        except (Killed, OSError):
            target += data[: self._random.randint(0, len(data))]
            raise
        target += data

    def _content(self, path: Path) -> bytearray:
        folder, _, name = path.as_posix().rpartition("/")
        try:
            return self._now[folder][name]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "no such file", str(path)) from None


class SimTail:
    """A file held open at its end."""

    def __init__(self, disk: SimDisk, content: bytearray) -> None:
        self._disk = disk
        self._content = content

    def append(self, data: bytes) -> None:
        self._disk.put(self._content, data)

    def close(self) -> None:
        pass
