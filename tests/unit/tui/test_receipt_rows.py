"""The lines of a receipt in the app: a heading per section and person, a mark per value, both values that differ."""

from __future__ import annotations

from typing import Any

from core.receipts.model import Arrival
from core.receipts.records import ReceiptRecord
from tui.activity.receipt_dialog import receipt_rows
from tui.widgets.field_table import FieldRow, Gap
from tui.widgets.line_view import Heading
from tui.words.receipts import MARKS, counts_text, receipt_lines, record_text


def field(source: str, arrived: str, **more: Any) -> dict[str, Any]:
    given = {"section": "Contacts", "about": "Linh", "source_value": "a", "sent": "A", "found": "A"}
    rest = {"target": "Applicant.X", "reason": "", "by": ""}
    return {**given, **rest, "source": source, "arrived": arrived, **more}


def rows(*fields: dict[str, Any]) -> dict[str, FieldRow]:
    return {row.label: row for row in receipt_rows({"fields": list(fields)}) if isinstance(row, FieldRow)}


def test_values_are_under_the_heading_of_their_section_and_person() -> None:
    lines = receipt_rows(
        {"fields": [field("A", "arrived"), field("B", "arrived"), field("C", "arrived", about="Bao")]}
    )
    assert [type(line) for line in lines] == [Heading, FieldRow, FieldRow, Gap, Heading, FieldRow]


def test_each_mark_has_its_sign_and_what_the_system_holds() -> None:
    shown = rows(
        field("A", "arrived", found="a "),
        field("B", "differs", found=None),
        field("C", "not-read", found=None, reason="It is down."),
        field("D", "not-sent", sent=None, found=None, reason="no row"),
        field("E", "by-hand", sent=None, found=None, by="j.park"),
    )
    assert [(row.sign, row.right) for row in shown.values()] == [
        ("✓", "a "),
        ("≠", "nothing"),
        ("?", "A"),
        ("–", "not sent"),
        ("✎", "entered by hand"),
    ]
    assert shown["B"].reason == "Sent A; the system holds nothing."
    assert shown["C"].reason == "not read. It is down."
    assert shown["E"].reason == "entered by hand, by j.park."


def test_a_receipt_in_a_line_counts_what_occurs_in_the_order_of_the_marks() -> None:
    record = ReceiptRecord(3, "P1", "card", "C-1", "s", "p", 1.0, "x", True, {"not-sent": 2, "arrived": 9})
    assert record_text(record) == "Receipt 3: 9 arrived, 2 not sent"
    assert counts_text({}) == "no values"
    assert set(MARKS) == set(Arrival)
    assert receipt_lines(None) == []
