"""A disk in memory that forgets what was not synced."""

from __future__ import annotations

import errno
from collections import defaultdict
from pathlib import Path
from random import Random

from tests.simulation.life import Killed, Life

Folder = dict[str, bytearray]


class SimDisk:
    """A file system in memory. Content is durable when synced, names when their folder is; a crash forgets the rest."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._now: defaultdict[str, Folder] = defaultdict(dict)
        self._durable: dict[str, Folder] = {}
        self.life = Life(None)

    def crash(self) -> None:
        """Lose what was not durable: each name that was not synced is there or not, as chance has it."""
        for place, now in self._now.items():
            durable = self._durable.setdefault(place, {})
            for name, content in now.items():
                if durable.get(name) is not content and self._random.random() < 0.5:
                    durable[name] = content
        self._now = defaultdict(dict, {place: dict(folder) for place, folder in self._durable.items()})

    def read(self, path: Path) -> bytes:
        return bytes(self._content(path))

    def exists(self, path: Path) -> bool:
        folder, _, name = str(path).rpartition("/")
        return name in self._now[folder] or any(
            files and f"{place}/".startswith(f"{path}/") for place, files in self._now.items()
        )

    def names(self, folder: Path) -> list[str]:
        return sorted(self._now[str(folder)])

    def make_folder(self, folder: Path) -> None:
        self.life.touch()

    def write(self, path: Path, content: bytes) -> None:
        folder, _, name = str(path).rpartition("/")
        new = bytearray()
        try:
            self.put(new, content)
        finally:
            self._now[folder][name] = new

    def rename(self, old: Path, new: Path) -> None:
        self.life.touch()
        content = self._content(old)
        folder, _, name = str(old).rpartition("/")
        del self._now[folder][name]
        folder, _, name = str(new).rpartition("/")
        self._now[folder][name] = content

    def unlink(self, path: Path) -> None:
        self.life.touch()
        self._content(path)
        folder, _, name = str(path).rpartition("/")
        del self._now[folder][name]

    def sync_folder(self, folder: Path) -> None:
        self.life.touch()
        place = str(folder)
        self._durable[place] = dict(self._now[place])

    def cut(self, path: Path, size: int) -> None:
        self.life.touch()
        del self._content(path)[size:]

    def tail(self, path: Path) -> SimTail:
        return SimTail(self, self._content(path))

    def put(self, target: bytearray, data: bytes) -> None:
        """Add to a file's content; the touch that kills leaves any part of the bytes behind."""
        try:
            self.life.touch()
        except Killed:
            target += data[: self._random.randint(0, len(data))]
            raise
        target += data

    def _content(self, path: Path) -> bytearray:
        folder, _, name = str(path).rpartition("/")
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
