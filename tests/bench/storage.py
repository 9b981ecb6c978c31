"""The book next to TinyDB's own JSONStorage: open it, and write one record, with 1,000 to 100,000 links in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import msgspec
from tinydb import TinyDB
from tinydb.storages import JSONStorage

from core.push.plan import Entity, System
from core.push.records import RECORDS, Link
from data.book.book_file import BookFile
from tests.bench.harness.figure import Figure, NotMeasured, Place
from tests.bench.harness.runner import Rounds, interleave, processor_time, quick, rounds

TITLE: Final = "The book next to TinyDB's JSONStorage"
INTRO: Final = "Links are opened and read, and one more is written. CPU of the process."
SIZES: Final = (1_000, 10_000, 100_000)
OURS: Final = "brokerdesk"
PEER: Final = "TinyDB's JSONStorage"


def _link(number: int) -> Link:
    return Link(
        System.TOTAL_EXPERT, Entity.PERSON, f"C-{number}", f"1-{number:X}", f"BD-{number:020}", 1.7e9 + number
    )


def _opened(home: Path) -> None:
    book = BookFile(home, RECORDS)
    book.all(Link)
    book.close()


def _opened_peer(file: Path) -> None:
    with TinyDB(file, storage=JSONStorage) as db:
        db.all()


def _fill(home: Path, file: Path, size: int) -> None:
    book = BookFile(home, RECORDS)
    for first in range(0, size, 500):
        book.commit(*(_link(number) for number in range(first, min(first + 500, size))))
    book.close()
    with TinyDB(file, storage=JSONStorage) as db:
        db.insert_multiple(msgspec.to_builtins(_link(number)) for number in range(size))


def _writes(home: Path, file: Path, size: int) -> Rounds:
    numbers = count(size)
    book = BookFile(home, RECORDS)
    with TinyDB(file, storage=JSONStorage) as db:
        found = interleave(
            {
                OURS: processor_time(lambda: book.commit(_link(next(numbers)))),
                PEER: processor_time(lambda: db.insert(msgspec.to_builtins(_link(next(numbers))))),
            },
            rounds(5),
        )
    book.close()
    return found


def figures() -> Iterator[Figure | NotMeasured]:
    """Yield the CPU to open a book and to write one record, by size."""
    for size in SIZES[:2] if quick() else SIZES:
        with tempfile.TemporaryDirectory() as name:
            home, file = Path(name, "book"), Path(name, "tiny.json")
            _fill(home, file, size)
            opened = interleave(
                {
                    OURS: processor_time(partial(_opened, home)),
                    PEER: processor_time(partial(_opened_peer, file)),
                },
                rounds(5),
            )
            written = _writes(home, file, size)
        for found, what, curve in (
            (opened, f"open and read {size:,} links, CPU", "open the book"),
            (written, f"write one record beside {size:,} links, CPU", "write one record"),
        ):
            yield found.compare(what, "cpu", "ms", OURS, PEER, scale=1000, place=Place(curve, size, "links"))
