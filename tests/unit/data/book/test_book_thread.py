"""A cancelled call ends on the thread anyway, and nobody sees half of it."""

import asyncio
import threading
from pathlib import Path

import pytest

from core.push.records import RECORDS, Link, Push
from data.book.book import open_book
from data.book.book_file import BookFile
from data.book.disk import RealDisk, Tail
from tests.support.book_fakes import a_link, a_push


class WaitingDisk(RealDisk):
    """Appends only when it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def tail(self, path: Path) -> Tail:
        tail, outer = super().tail(path), self

        class Waiting:
            def append(self, data: bytes) -> None:
                outer.begun.set()
                assert outer.go.wait(30)
                tail.append(data)

            def close(self) -> None:
                tail.close()

        return Waiting()


async def test_cancelled_commits_are_completed(tmp_path: Path) -> None:
    disk = WaitingDisk()
    with open_book(tmp_path, RECORDS, operator="x", disk=disk) as book:
        running = asyncio.create_task(book.commit(a_link(1), a_push(1)))
        await asyncio.to_thread(disk.begun.wait, 30)
        queued = asyncio.create_task(book.commit(a_link(2)))
        reading = asyncio.create_task(book.all(Push))
        await asyncio.sleep(0)
        running.cancel()
        queued.cancel()
        for task in (running, queued):
            with pytest.raises(asyncio.CancelledError):
                await task
        disk.go.set()
        assert await reading == [a_push(1)]
        assert await book.all(Link) == [a_link(1), a_link(2)]


def test_a_loop_that_ends_during_a_commit_loses_nothing(tmp_path: Path) -> None:
    disk = WaitingDisk()
    book = open_book(tmp_path, RECORDS, operator="x", disk=disk)

    async def leave() -> None:
        task = asyncio.create_task(book.commit(a_link(1)))
        await asyncio.to_thread(disk.begun.wait, 30)
        task.cancel()

    asyncio.run(leave())
    disk.go.set()
    book.close()
    again = BookFile(tmp_path, RECORDS)
    assert again.all(Link) == [a_link(1)]
    again.close()


async def test_many_callers_at_once_are_served_in_order(tmp_path: Path) -> None:
    with open_book(tmp_path, RECORDS, operator="x") as book:
        await asyncio.gather(*(book.commit(a_link(n)) for n in range(50)))
        assert await book.all(Link) == [a_link(n) for n in range(50)]


async def test_commits_that_wait_share_one_line_and_each_hears_its_own_outcome(tmp_path: Path) -> None:
    disk = WaitingDisk()
    with open_book(tmp_path, RECORDS, operator="x", disk=disk) as book:
        first = asyncio.create_task(book.commit(a_link(0)))
        await asyncio.to_thread(disk.begun.wait, 30)
        waiting = [asyncio.create_task(book.commit(a_link(n))) for n in range(1, 50)]
        wrong = asyncio.create_task(book.commit(a_link(50), drop=[(Link, a_link(50).key)]))
        last = asyncio.create_task(book.commit(drop=[(Link, a_link(7).key)]))
        await asyncio.sleep(0)
        disk.go.set()
        with pytest.raises(ValueError, match="both written and dropped"):
            await wrong
        await asyncio.gather(first, last, *waiting)
        kept = [a_link(n) for n in range(50) if n != 7]
        assert await book.all(Link) == kept
    assert len((tmp_path / "book.log").read_bytes().splitlines()) == 3, "a header, the first, all the others"
    with open_book(tmp_path, RECORDS, operator="x") as book:
        assert await book.all(Link) == kept


async def test_a_book_is_let_go_of_only_when_what_was_begun_is_written(tmp_path: Path) -> None:
    disk = WaitingDisk()
    book = open_book(tmp_path, RECORDS, operator="first", disk=disk)
    writing = asyncio.ensure_future(book.commit(a_push(1)))
    await asyncio.to_thread(disk.begun.wait, 30)
    closing = threading.Thread(target=book.close)
    closing.start()
    closing.join(0.2)
    assert closing.is_alive()
    with open_book(tmp_path, RECORDS, operator="second") as second:
        assert second.read_only is not None
    disk.go.set()
    await writing
    await asyncio.to_thread(closing.join, 30)
    with open_book(tmp_path, RECORDS, operator="second") as second:
        assert second.read_only is None
        assert await second.get(Push, a_push(1).key) == a_push(1)
