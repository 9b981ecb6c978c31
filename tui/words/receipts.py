"""The words for receipts, for the app and the command line: the marks of values, and a receipt in a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.errors import DeskError
from core.receipts.keeper import ReceiptOutcome
from core.receipts.model import Arrival
from core.receipts.records import ReceiptRecord

MARKS: Final[Mapping[str, tuple[str, str]]] = {
    Arrival.ARRIVED: ("✓", "arrived"),
    Arrival.THERE: ("=", "there already"),
    Arrival.DIFFERS: ("≠", "differs"),
    Arrival.NOT_READ: ("?", "not read"),
    Arrival.NOT_SENT: ("–", "not sent"),
    Arrival.BY_HAND: ("✎", "entered by hand"),
}
"""The sign and the word of each mark."""


def counts_text(counts: Mapping[str, int]) -> str:
    """Return how many values have each mark: `27 arrived, 4 not sent`."""
    parts = [f"{counts[mark]} {word}" for mark, (_, word) in MARKS.items() if counts.get(mark)]
    return ", ".join(parts) or "no values"


def record_text(record: ReceiptRecord) -> str:
    """Return a receipt in a line: its number and what it says."""
    if record.removed_at is not None:
        return f"Receipt {record.number}: removed by {record.removed_by}, {record.why}"
    return f"Receipt {record.number}: {counts_text(record.counts)}"


def receipt_lines(receipt: ReceiptOutcome) -> list[str]:
    """Return what to say of the receipt of a push that has just ended."""
    if receipt is None:
        return []
    if isinstance(receipt, DeskError):
        return [f"  No receipt yet: {receipt.message} {receipt.fix}"]
    return [f"  {record_text(receipt.record)}", f"  {receipt.html_file}"]


def consent_lines(document: Mapping[str, Any]) -> list[str]:
    """Return what those who were contacted wished, a line for each; none for a receipt of a push that contacts nobody.

    `document` is a receipt as JSON. An earlier receipt says nothing of consent.
    """
    return [
        f"Consent of {stated['about']}: {stated['says'] or 'nothing is known'}"
        + (f"; sent anyway, as {stated['overruled_by']} decided" if stated["overruled_by"] else "")
        for stated in document.get("consent") or ()
    ]
