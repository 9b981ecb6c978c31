"""How a command shows the receipt of a push, also as JSON. Names and values of the JSON stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.errors import DeskError
from core.push import activity
from core.receipts.use_cases import WrittenReceipt
from tui.cli.json_output import push_form
from tui.cli.output import emit_json, say
from tui.cli.push_output import NO_NAMES, exit_code, show_push, what_to_do
from tui.words.receipts import receipt_lines

if TYPE_CHECKING:
    from core.push.records import Push
    from core.receipts.keeper import ReceiptOutcome
    from core.receipts.records import ReceiptRecord
    from tui.wiring import Desk


async def receipt_of(desk: Desk, push_id: str) -> ReceiptOutcome:
    """Wait for the receipt of a push that has ended; None if there is to be none."""
    return await desk.keeper.ready(push_id) if desk.keeper is not None else None


async def tell(desk: Desk, push: Push, *, as_json: bool) -> int:
    """Print a push with its steps, and return its exit code."""
    shown = await activity.read_activity(desk.book, push)
    receipt = await receipt_of(desk, push.push_id)
    if as_json:
        emit_json({**push_form(shown.push, shown.steps), "receipt": receipt_line_form(receipt)})
    else:
        show_push(shown, await desk.names.of(push) if desk.names is not None else NO_NAMES)
        say(*receipt_lines(receipt), *what_to_do(push))
    return exit_code(push)


def receipt_line_form(receipt: ReceiptOutcome) -> dict[str, Any] | None:
    """Write where the receipt of a push is and what it says, or why there is none yet; None if there is to be none."""
    match receipt:
        case None:
            return None
        case DeskError():
            return {"error": {"code": receipt.code, "message": receipt.message, "fix": receipt.fix}}
        case WrittenReceipt(record=record):
            return {
                "number": record.number,
                "all_arrived": record.all_arrived,
                "counts": record.counts,
                "sha256": record.sha256,
                "json": receipt.json_file,
                "html": receipt.html_file,
            }


def receipt_record_form(record: ReceiptRecord) -> dict[str, Any]:
    """Write what the book keeps of a receipt."""
    return {
        "number": record.number,
        "push_id": record.push_id,
        "asset": record.asset,
        "about": record.about,
        "written_at": record.written_at,
        "all_arrived": record.all_arrived,
        "counts": record.counts,
        "sha256": record.sha256,
        "removed_at": record.removed_at,
        "removed_by": record.removed_by or None,
        "why": record.why or None,
    }
