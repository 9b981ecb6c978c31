"""Commits that share one fsync share its fate: each of them hears it, and none is there unless all are."""

import asyncio
import errno
import threading
from pathlib import Path
from random import Random

import pytest

from core.errors import BookClosed
from core.push.records import RECORDS, Link, Push
from data.book.book import open_book
from data.book.book_file import BookFile, Commit
from data.book.disk import RealDisk, Tail
from tests.support.book_fakes import Crash, FailingDisk, FailingTail, ForgetfulDisk, a_link, a_push

HOME = Path("/nowhere/home")


class WaitingDisk(FailingDisk):
    """Holds its first append until it is let go; of what follows, all fails from the `at`-th write on."""

    def __init__(self, error: int, part: float) -> None:
        super().__init__(None, error, part)
        self.begun, self.go = threading.Event(), threading.Event()

    def tail(self, path: Path) -> Tail:
        return WaitingTail(self, RealDisk.tail(self, path), path)


class WaitingTail(FailingTail):
    disk: WaitingDisk

    def append(self, data: bytes) -> None:
        self.disk.begun.set()
        assert self.disk.go.wait(30)
        super().append(data)


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("error", "code"), [(errno.EIO, "book-io-error"), (errno.ENOSPC, "book-disk-full")])
async def test_every_one_that_waits_hears_that_the_shared_write_failed(
    tmp_path: Path, error: int, code: str, part: float
) -> None:
    disk = WaitingDisk(error, part)
    with open_book(tmp_path, RECORDS, operator="x", disk=disk) as book:
        first = asyncio.create_task(book.commit(a_link(0), a_push(0)))
        await asyncio.to_thread(disk.begun.wait, 30)
        waiting = [asyncio.create_task(book.commit(a_link(n), a_push(n))) for n in range(1, 33)]
        given_up = asyncio.create_task(book.commit(a_link(33), a_push(33)))
        wrong = asyncio.create_task(book.commit(a_link(34), drop=[(Link, a_link(34).key)]))
        reading = asyncio.create_task(book.all(Push))
        await asyncio.sleep(0)
        given_up.cancel()
        disk.at = disk.writes + 1  # the first is written, what waits is not
        disk.go.set()
        await first
        heard = await asyncio.gather(*waiting, wrong, return_exceptions=True)
        assert {type(one) for one in heard} == {BookClosed}
        assert {one.code for one in heard if isinstance(one, BookClosed)} == {code}
        assert await reading == [a_push(0)]
        assert await book.all(Link) == [a_link(0)]
        assert book.read_only is not None
        with pytest.raises(BookClosed):
            await book.commit(a_link("later"))
        with pytest.raises(BookClosed):
            await book.put_file("later.plan", b"x")
    with open_book(tmp_path, RECORDS, operator="x") as again:
        found = await again.all(Push)
        assert found == [a_push(n) for n in range(len(found))]
        assert len(found) == (34 if part == 1.0 else 1), "unconfirmed: all of them whole, or none"
        assert await again.all(Link) == [a_link(n) for n in range(len(found))]
        await again.commit(a_link("after"))


class OnceFailing(WaitingDisk):
    """The fsync fails once, then the disk would take anything."""

    def fails(self) -> bool:
        return super().fails() and self.writes == (self.at or 0) + 1


async def test_a_failed_shared_fsync_is_never_tried_again_and_is_taken_back(tmp_path: Path) -> None:
    disk = OnceFailing(errno.EIO, 1.0)
    with open_book(tmp_path, RECORDS, operator="x", disk=disk) as book:
        first = asyncio.create_task(book.commit(a_push(0)))
        await asyncio.to_thread(disk.begun.wait, 30)
        waiting = [asyncio.create_task(book.commit(a_push(n))) for n in range(1, 9)]
        await asyncio.sleep(0)
        disk.at = disk.writes + 1
        disk.go.set()
        await first
        heard = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(one) for one in heard} == {BookClosed}
        content = (tmp_path / "book.log").read_bytes()
        with pytest.raises(BookClosed):
            await book.commit(a_push(1))
        assert (tmp_path / "book.log").read_bytes() == content
    with open_book(tmp_path, RECORDS, operator="x") as again:
        assert await again.all(Push) == [a_push(0)]
        assert again.notices == []


# -- a power cut in the middle of a shared write ------------------------------------------------------------


def _together(count: int, group: int) -> list[Commit]:
    return [((a_push(n), a_link(n)), ((Link, a_link(n - 3).key),)) for n in range(count, count + group)]


class Life:
    """Groups of commits, each one write; what of it was confirmed and what begun."""

    def __init__(self, disk: ForgetfulDisk) -> None:
        self.disk, self.confirmed, self.begun = disk, 0, 0

    def run(self) -> None:
        for _ in range(2):
            book = BookFile(HOME, RECORDS, disk=self.disk, spare=-1000)
            for group in (5, 1, 8):
                self.begun = self.confirmed + group
                assert book.commit_together(_together(self.confirmed, group)) == [None] * group
                self.confirmed = self.begun
            book.close()


@pytest.mark.parametrize("keeps", ["nothing", "everything", "some"])
def test_a_power_cut_at_any_point_leaves_all_of_a_shared_write_or_none(keeps: str) -> None:
    whole = Life(ForgetfulDisk())
    whole.run()
    assert whole.confirmed == 28
    for point in range(whole.disk.points):
        for seed in range(4 if keeps == "some" else 1):
            life = Life(ForgetfulDisk())
            life.disk.dies_at = point
            with pytest.raises(Crash):
                life.run()
            book = BookFile(HOME, RECORDS, disk=life.disk.after_crash(Random(seed), keeps))
            count = len(book.all(Push))
            assert count in (life.confirmed, life.begun)
            assert book.all(Push) == [a_push(n) for n in range(count)]
            assert book.all(Link) == [a_link(n) for n in range(max(0, count - 3), count)]
            book.close()
