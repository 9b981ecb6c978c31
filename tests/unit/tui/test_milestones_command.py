"""`brokerdesk milestones`: a file of calculations is refused where nobody would ever take it in."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from core.errors import BookClosed
from tui.cli.commands.contacts.milestones import _take_calculations


async def test_a_teams_book_that_may_only_be_read_takes_no_calculations(tmp_path: Path) -> None:
    closed = BookClosed("no-rights", "This account may only read the book.")
    desk = SimpleNamespace(book=SimpleNamespace(is_shared=True, read_only=closed))
    file = tmp_path / "calculations.csv"
    file.write_text("email,at\nkate@x.example,2026-11-30T10:00:00Z\n", "utf-8")
    with pytest.raises(BookClosed) as caught:
        await _take_calculations(cast("Any", None), str(file), cast("Any", desk), cast("Any", None))
    assert caught.value is closed
