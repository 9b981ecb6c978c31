"""When a round of the watch takes the book: for work, and to write down what is new at a vendor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from data.book.book import open_book
from tui.wiring.records import RECORDS
from tui.wiring.watch.rounds import DeskRounds


@pytest.mark.parametrize("something_new", [True, False])
async def test_a_round_without_work_takes_the_book_only_if_a_vendor_did_something_new(
    tmp_path: Path, something_new: bool
) -> None:
    opened: list[bool] = []

    @asynccontextmanager
    async def opener(*, write: bool) -> AsyncIterator[Any]:
        opened.append(write)
        with open_book(tmp_path, RECORDS, operator="m.hale", write=write) as book:
            yield SimpleNamespace(book=book)

    unused: Any = None
    rounds = DeskRounds(
        opener, unused, str, lambda: False, lambda: False, lambda: 0, has_changes=lambda: something_new
    )
    report = await rounds.run([], asyncio.Event())
    assert report.left_to == ""
    assert opened == ([False, True] if something_new else [False])
