"""How fast the book is, each figure next to a floor measured in the same run: `python -m tests.bench.book`."""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from zlib import crc32

import msgspec

from core.push.plan import Entity, System
from core.push.records import RECORDS, Link
from data.book.book import open_book
from data.book.book_file import BookFile
from tests.bench.harness.figure import Plain, at_most, at_most_times

LINKS = 100_000


def _link(n: int) -> Link:
    return Link(System.TOTAL_EXPERT, Entity.PERSON, f"C-{n}", f"1-{n:X}", f"BD-{n:020}", 1_700_000_000.0 + n)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _typical(work: Callable[[int], object], times: int) -> float:
    return median(_seconds(partial(work, n)) for n in range(times))


def _beside_bare_append(
    folder: Path, size: int, work: Callable[[int], object], times: int
) -> tuple[float, float]:
    """Give the seconds of `work` and of one bare write of `size` bytes with its fsync, taken in turns."""
    handle = os.open(folder / "bare", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    ours: list[float] = []
    bare: list[float] = []

    def append() -> None:
        os.write(handle, b"x" * size)
        os.fsync(handle)

    try:
        for n in range(times):
            bare.append(_seconds(append))
            ours.append(_seconds(partial(work, n)))
    finally:
        os.close(handle)
    return median(ours), median(bare)


def _fill(book: BookFile, first: int, count: int, batch: int) -> None:
    for start in range(first, first + count, batch):
        book.commit(*(_link(n) for n in range(start, start + batch)))


def figures() -> list[Plain]:
    """Give (what, ours, the floor of the same run, unit)."""
    with tempfile.TemporaryDirectory() as name:
        return _figures(Path(name))


def _figures(folder: Path) -> list[Plain]:
    home = folder / "book"
    book = BookFile(home, RECORDS)
    _fill(book, 0, LINKS, 500)
    known: dict[str, Link] = {_link(n).key: _link(n) for n in range(LINKS)}
    keys = list(known)
    get = _typical(lambda n: book.get(Link, keys[n * 37 % LINKS]), 2000)
    bare_get = _typical(lambda n: known.get(keys[n * 37 % LINKS]), 2000)
    everything = _seconds(lambda: book.all(Link))
    log = home / "book.log"
    line = len(log.read_bytes().splitlines()[-1]) // 500
    commit, bare = _beside_bare_append(folder, line, lambda n: book.commit(_link(n)), 300)
    batch, bare_batch = _beside_bare_append(
        folder, line * 50, lambda n: _fill(book, LINKS + n * 50, 50, 50), 100
    )
    book.close()

    payloads = [each[9:] for each in log.read_bytes().splitlines()[1:]]
    parse = _seconds(lambda: [msgspec.json.decode(each) for each in payloads])
    opened: list[BookFile] = []
    opening = _seconds(lambda: opened.append(BookFile(home, RECORDS)))
    opened[0].close()

    single = folder / "single"
    book = BookFile(single, RECORDS)
    change = b"".join(
        b"00000000 " + msgspec.json.encode({"links": {_link(n).key: _link(n)}}) + b"\n" for n in range(LINKS)
    )
    _relay(book, change)
    single_lines = change.splitlines()
    single_parse = _seconds(lambda: [msgspec.json.decode(each[9:]) for each in single_lines])
    single_open = _seconds(lambda: opened.append(BookFile(single, RECORDS)))
    opened[1].close()

    tidy_parse = 2 * single_parse
    tidied = _seconds(lambda: opened.append(BookFile(single, RECORDS, spare=-LINKS * 2)))
    opened[2].close()
    threaded, bare_threaded = asyncio.run(_threaded(folder / "threaded"))
    return [
        ("book: get one of 100,000 by key", get * 1e6, bare_get * 1e6, "µs"),
        (
            "book: commit one record, beside append and fsync",
            commit * 1e3,
            bare * 1e3,
            "ms",
            at_most_times(1.3),
        ),
        ("book: commit one record through its thread", threaded * 1e3, bare_threaded * 1e3, "ms"),
        ("book: 5,000 records in batches of 50", batch * 100, bare_batch * 100, "s", at_most(0.1)),
        ("book: all 100,000 records", everything, parse, "s"),
        ("book: open, 100,000 links in batches, beside parsing them", opening, parse, "s", at_most(0.4)),
        (
            "book: open, 100,000 links one by one, beside parsing them",
            single_open,
            single_parse,
            "s",
            at_most(0.4),
        ),
        ("book: open and tidy, 100,000 links", tidied, tidy_parse, "s"),
    ]


def _relay(book: BookFile, lines: bytes) -> None:
    """Write commits of one record each, as the log would, without an fsync for each."""
    book.close()
    log = book.home / "book.log"
    crc = crc32(log.read_bytes().splitlines()[0][9:])
    with log.open("ab") as file:
        for line in lines.splitlines():
            crc = crc32(line[9:], crc)
            file.write(b"%08x %b\n" % (crc, line[9:]))


async def _threaded(home: Path) -> tuple[float, float]:
    """Give the seconds of a commit through the thread, and of a bare append on another thread, taken in turns."""
    ours: list[float] = []
    bare: list[float] = []
    loop = asyncio.get_running_loop()
    with open_book(home, RECORDS, operator="bench") as book, (home / "bare").open("ab", buffering=0) as file:

        def append() -> None:
            file.write(b"x" * 200)
            os.fsync(file)

        for n in range(300):
            start = time.perf_counter()
            await loop.run_in_executor(None, append)
            middle = time.perf_counter()
            await book.commit(_link(n))
            bare.append(middle - start)
            ours.append(time.perf_counter() - middle)
    return median(ours), median(bare)


if __name__ == "__main__":
    for what, ours, floor, unit, *_ in figures():
        print(f"{what:58} {ours:10.3f} {floor:10.3f} {unit}")
