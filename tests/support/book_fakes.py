"""Records to write, and two disks that go wrong: one that refuses, one that forgets what was not synced."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Generator
from pathlib import Path, PurePath
from random import Random

from core.push.plan import Asset, Entity, Operation, StepKind, System
from core.push.records import Link, Push, StepRecord, TrailEvent
from core.push.states import PushState, StepState
from data.book.disk import RealDisk, Tail


def a_link(n: int | str, remote: str = "1-A") -> Link:
    return Link(System.FLEX, Entity.PERSON, f"C-{n}", remote, f"BD-{n}", 1000.5)


def a_push(n: int | str, state: PushState = PushState.RUNNING) -> Push:
    return Push(f"P{n}", Asset.CARD, f"C-{n}", "7f3a", state, "m.hale", 1.0, 2.0, 4)


def a_step(n: int, state: StepState = StepState.INTENT, detail: str = "Ngọc “A\nB” \u2028") -> StepRecord:
    return StepRecord(
        "P1",
        n,
        f"BD-{n}",
        System.FLEX,
        Entity.NOTE,
        Operation.CREATE,
        StepKind.APPEND,
        f"N-{n}",
        state,
        detail=detail,
        before={"name": "ab"},
        candidates=("1", "2"),
        trail=(TrailEvent(1.0, "sent"), TrailEvent(2.0, "lost", "POST /notes")),
    )


class FailingDisk(RealDisk):
    """The real disk, until its `at`-th write (from 0): that one and all after it fail with `error`.

    `part` of the bytes of a refused write are written anyway; so are all of them where the fsync fails.
    """

    def __init__(self, at: int | None = None, error: int = errno.ENOSPC, part: float = 0.0) -> None:
        self.at, self.error, self.part = at, error, part
        self.writes = 0

    def fails(self) -> bool:
        self.writes += 1
        return self.at is not None and self.writes > self.at

    def trouble(self) -> OSError:
        return OSError(self.error, os.strerror(self.error))

    def _or_fail(self) -> None:
        if self.fails():
            raise self.trouble()

    def make_folder(self, folder: Path) -> None:
        if not folder.exists():
            self._or_fail()
        super().make_folder(folder)

    def write(self, path: Path, content: bytes) -> None:
        if self.fails():
            path.write_bytes(content[: int(len(content) * self.part)])
            raise self.trouble()
        super().write(path, content)

    def rename(self, old: Path, new: Path) -> None:
        self._or_fail()
        super().rename(old, new)

    def unlink(self, path: Path) -> None:
        if path.exists():
            self._or_fail()
        super().unlink(path)

    def sync_folder(self, folder: Path) -> None:
        self._or_fail()
        super().sync_folder(folder)

    def cut(self, path: Path, size: int) -> None:
        self._or_fail()
        super().cut(path, size)

    def tail(self, path: Path) -> Tail:
        return FailingTail(self, super().tail(path), path)


class FailingTail:
    def __init__(self, disk: FailingDisk, tail: Tail, path: Path) -> None:
        self.disk, self.tail, self.path = disk, tail, path

    def append(self, data: bytes) -> None:
        if self.disk.fails():
            with self.path.open("ab") as file:
                file.write(data[: int(len(data) * self.disk.part)])
            raise self.disk.trouble()
        self.tail.append(data)

    def close(self) -> None:
        self.tail.close()


class Crash(BaseException):
    """The power went."""


class Inode:
    def __init__(self) -> None:
        self.seen = b""
        self.synced = b""


class ForgetfulDisk:
    """A disk in memory that knows what was synced. Dies at its `dies_at`-th point (from 0), before, in the middle
    of or after a write; `after_crash` gives what the next start finds."""

    def __init__(self) -> None:
        self.dies_at: int | None = None
        self.points = 0
        self.dead = False
        self.seen: dict[PurePath, Inode] = {}
        self.synced: dict[PurePath, Inode] = {}
        self.pending: list[tuple[PurePath, Callable[[dict[PurePath, Inode]], None]]] = []
        self.folders: set[PurePath] = set()

    def point(self) -> None:
        if self.dead or self.points == self.dies_at:
            self.dead = True
            raise Crash
        self.points += 1

    def after_crash(self, random: Random, keeps: str) -> ForgetfulDisk:
        """`keeps`: "nothing" unsynced, "everything", or "some" (a random part, in order, perhaps with a hole)."""
        found = ForgetfulDisk()
        found.folders = set(self.folders)
        names = dict(self.synced)
        count = {"nothing": 0, "everything": len(self.pending), "some": random.randint(0, len(self.pending))}
        for _, change in self.pending[: count[keeps]]:
            change(names)
        for path, inode in names.items():
            new = found.seen[path] = found.synced[path] = Inode()
            new.seen = new.synced = self._survivor(inode, random, keeps)
        return found

    @staticmethod
    def _survivor(inode: Inode, random: Random, keeps: str) -> bytes:
        if keeps == "nothing" or inode.seen == inode.synced:
            return inode.synced
        if keeps == "everything":
            return inode.seen
        if not inode.seen.startswith(inode.synced):  # cut or written again
            return random.choice([inode.seen, inode.synced])
        extra = inode.seen[len(inode.synced) :]
        extra = extra[: random.randint(0, len(extra))]
        if extra and random.random() < 0.3:
            hole = random.randrange(len(extra))
            extra = extra[:hole] + b"\0" * (len(extra) - hole)
        return inode.synced + extra

    def _rename_now(self, folder: PurePath, change: Callable[[dict[PurePath, Inode]], None]) -> None:
        change(self.seen)
        self.pending.append((folder, change))

    def read(self, path: Path) -> bytes:
        if path not in self.seen:
            raise FileNotFoundError(errno.ENOENT, "No such file", str(path))
        return self.seen[path].seen

    def lines(self, path: Path) -> Generator[bytes]:
        yield from io.BytesIO(self.read(path))

    def read_at(self, path: Path, start: int, size: int) -> bytes:
        return self.read(path)[start : start + size]

    def size(self, path: Path) -> int:
        return len(self.read(path))

    def exists(self, path: Path) -> bool:
        return path in self.seen or path in self.folders

    def names(self, folder: Path) -> list[str]:
        return sorted(path.name for path in self.seen if path.parent == folder)

    def make_folder(self, folder: Path) -> None:
        self.folders.add(folder)

    def write(self, path: Path, content: bytes) -> None:
        self.point()
        inode = Inode()
        self._rename_now(path.parent, lambda names: names.__setitem__(path, inode))
        inode.seen = content
        self.point()
        inode.synced = content
        self.point()

    def rename(self, old: Path, new: Path) -> None:
        self.point()

        def change(names: dict[PurePath, Inode]) -> None:
            if old in names:
                names[new] = names.pop(old)

        self._rename_now(old.parent, change)
        self.point()

    def unlink(self, path: Path) -> None:
        self.point()
        self.read(path)

        def change(names: dict[PurePath, Inode]) -> None:
            names.pop(path, None)

        self._rename_now(path.parent, change)
        self.point()

    def sync_folder(self, folder: Path) -> None:
        self.point()
        for where, change in self.pending:
            if where == folder:
                change(self.synced)
        self.pending = [each for each in self.pending if each[0] != folder]
        self.point()

    def cut(self, path: Path, size: int) -> None:
        self.point()
        inode = self.seen[path]
        inode.seen = inode.seen[:size]
        self.point()
        inode.synced = inode.seen
        self.point()

    def tail(self, path: Path) -> ForgetfulTail:
        self.read(path)
        return ForgetfulTail(self, self.seen[path])


class ForgetfulTail:
    def __init__(self, disk: ForgetfulDisk, inode: Inode) -> None:
        self.disk, self.inode = disk, inode

    def append(self, data: bytes) -> None:
        self.disk.point()
        self.inode.seen += data
        self.disk.point()
        self.inode.synced = self.inode.seen
        self.disk.point()

    def close(self) -> None:
        pass
