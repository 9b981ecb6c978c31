"""What has changed at the vendors: kept in the book by name, new until a person knows of it, never with a value."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.diagnostics import changes
from core.diagnostics.asks import Administrator
from core.diagnostics.changes import KEPT_EVERY, judge_changes, keep_changes, mark_known, merged
from core.diagnostics.findings import FindingLevel
from core.diagnostics.records import Drift, Drifted, VendorChange
from core.error_catalogue import CATALOGUE
from core.push.plan import System
from data.book.book_file import BookFile
from tests.support.inline_book import InlineBook
from tui.wiring.records import RECORDS

NOW = 1_800_000_000.0  # 15 Jan 2027
FIELD = Drifted(System.TOTAL_EXPERT, "Contact", "shoe", Drift.NEW_FIELD, 3)
STATUS = Drifted(System.TOTAL_EXPERT, "GET /contacts/{contact_id}", "409", Drift.NEW_STATUS, 1)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[InlineBook]:
    file = BookFile(tmp_path, RECORDS)
    yield InlineBook(file)
    file.close()


async def test_a_change_is_kept_with_when_it_was_first_and_last_seen_and_how_often(book: InlineBook) -> None:
    await keep_changes(book, [FIELD], NOW)
    await keep_changes(book, [FIELD, STATUS], NOW + KEPT_EVERY)
    field, status = await book.all(VendorChange)
    assert (field.first, field.last, field.count, field.known_by) == (NOW, NOW + KEPT_EVERY, 6, "")
    assert (status.first, status.count) == (NOW + KEPT_EVERY, 1)


async def test_what_is_seen_all_the_time_is_written_down_once_an_hour(book: InlineBook) -> None:
    await keep_changes(book, [FIELD], NOW)
    before = await book.all(VendorChange)
    await keep_changes(book, [FIELD], NOW + KEPT_EVERY - 1)
    await keep_changes(book, [], NOW + 2 * KEPT_EVERY)
    assert await book.all(VendorChange) == before


async def test_a_system_that_invents_names_does_not_fill_the_book(
    book: InlineBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_CHANGES", 5)
    many = [Drifted(System.SIMPLENEXUS, "Borrower", f"f{n}", Drift.NEW_FIELD, 1) for n in range(9)]
    await keep_changes(book, many[:3], NOW)
    await keep_changes(book, many, NOW)
    assert len(await book.all(VendorChange)) == 5


async def test_a_change_is_new_until_somebody_marks_it_as_known(book: InlineBook) -> None:
    await keep_changes(book, [FIELD], NOW)
    assert await mark_known(book, [STATUS], "m.hale", NOW + 5) == 2
    assert {(one.known_by, one.known_at) for one in await book.all(VendorChange)} == {("m.hale", NOW + 5)}
    assert await mark_known(book, [FIELD], "j.park", NOW + 9) == 0
    await keep_changes(book, [FIELD], NOW + 2 * KEPT_EVERY)
    assert {one.known_by for one in await book.all(VendorChange)} == {"m.hale"}


def _levels(kept: list[VendorChange]) -> dict[str, FindingLevel]:
    found = judge_changes(kept)
    for finding in found:
        assert finding.code in CATALOGUE
        assert finding.what.endswith(".")
        assert finding.level is FindingLevel.OK or finding.fix
    return {finding.code: finding.level for finding in found}


def test_new_changes_are_not_fine_and_known_ones_are() -> None:
    new = merged([], [FIELD, STATUS], NOW)
    assert _levels(new) == {"new-fields": FindingLevel.OPEN, "strange-values": FindingLevel.WARN}
    known = [VendorChange(FIELD.system, FIELD.record, FIELD.field, FIELD.how, NOW, NOW, 1, "m.hale", NOW)]
    assert _levels(known) == {"known-changes": FindingLevel.OK}
    assert judge_changes([]) == []


def test_a_finding_says_since_when_and_what_to_tell_whoever_looks_after_the_desk() -> None:
    (finding,) = judge_changes(merged([], [STATUS], NOW))
    assert finding.what == (
        "It does things that its description does not allow: GET /contacts/{contact_id} answers 409 "
        "(new since 15 Jan 2027)."
    )
    assert finding.ask is not None
    assert finding.ask.to is Administrator.DESK
    assert "answers 409: first seen 15 Jan 2027, last 15 Jan 2027, at least 1 time" in finding.ask.message


@pytest.mark.parametrize("how", Drift)
def test_each_way_to_differ_has_its_words(how: Drift) -> None:
    (finding,) = judge_changes(merged([], [Drifted(System.SIMPLENEXUS, "Partner", "type", how, 1)], NOW))
    assert "Partner" in finding.what
    assert "type" in finding.what


def test_each_system_has_findings_of_its_own() -> None:
    other = Drifted(System.SIMPLENEXUS, "Borrower", "shoe", Drift.NEW_FIELD, 1)
    assert [one.about for one in judge_changes(merged([], [FIELD, other], NOW))] == [
        "simplenexus",
        "total-expert",
    ]
