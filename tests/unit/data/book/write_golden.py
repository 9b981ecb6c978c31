"""Writes a golden book of the code as it is now: `python -m tests.unit.data.book.write_golden NEW_FOLDER`.

A golden book that is in the repository is never written again: it stands for the books that users have. When the
format changes, add the new values to `golden_records.py`, write a new folder next to the old ones (`golden/v4`), and
test it like the old ones in `test_book_golden.py`. The old folders and their tests stay.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from core.flex.use_cases.drafts import draft_file
from core.push.ports import Filed
from core.push.records import Link, Record, plan_file, undo_file
from data.book.book_file import BookFile
from data.inbox import Inbox
from tests.unit.data.book.golden_records import (
    CARD_DONE,
    DRAFT_OF,
    KEY,
    LINKS,
    NOON,
    OTHERS,
    PUSHES,
    STEPS,
    TAKEN_BACK,
    V1_DRAFT,
    V1_EVENTS,
    V1_OLD_VALUES,
    V1_PLANS,
    V2_ARCHIVED,
    V2_DECLINED,
    V3_RECORDS,
)
from tui.wiring.records import RECORDS

TIDY_AT_OPEN = -1_000_000
"""A `spare` with which a book that holds anything is written again as it is opened."""


def write_golden(home: Path) -> None:
    """Write a golden book and an inbox into `home`, an empty folder."""
    first: list[tuple[Record, ...]] = [(*PUSHES, *STEPS), (*LINKS, TAKEN_BACK)]
    book = BookFile(home, RECORDS, random=lambda size: KEY[:size])
    for records in first:
        book.commit(*records)
    book.close()
    # Half of the records lie in the lines of a snapshot, the rest in lines of their own.
    book = BookFile(home, RECORDS, spare=TIDY_AT_OPEN)
    for record in OTHERS:
        book.commit(record)
    book.commit(drop=[(Link, TAKEN_BACK.key)])
    for push_id, plan in V1_PLANS.items():
        book.put_file(plan_file(push_id), msgspec.json.encode(plan))
    for push_id, values in V1_OLD_VALUES.items():
        book.put_file(undo_file(push_id), msgspec.json.encode(values))
    book.put_file(draft_file(DRAFT_OF), V1_DRAFT.encode())
    book.close()
    (home / "book.log.bak").unlink()
    inbox = Inbox(home / "inbox")
    inbox.add(V1_EVENTS[:2])
    inbox.add(V1_EVENTS[2:])
    (home / "inbox" / "events.lock").unlink(missing_ok=True)


def write_golden_with_an_archive(home: Path) -> None:
    """Write the same book into `home`, an empty folder, with one finished push in an archive."""
    write_golden(home)
    book = BookFile(home, RECORDS)
    book.archive(Filed(CARD_DONE, NOON + 9.5, V2_ARCHIVED, (V2_DECLINED,)))
    book.close()


def write_golden_of_all_kinds(home: Path) -> None:
    """Write that book into `home`, an empty folder, with records of the kinds that came later."""
    write_golden_with_an_archive(home)
    book = BookFile(home, RECORDS)
    for record in V3_RECORDS:
        book.commit(record)
    book.close()


if __name__ == "__main__":
    write_golden_of_all_kinds(Path(sys.argv[1]))
