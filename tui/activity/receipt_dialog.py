"""The receipt of a push: each value with its mark, what was sent and what the system holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from core.errors import DeskError
from core.receipts.model import Arrival
from core.receipts.use_cases import ReceiptUseCases, WrittenReceipt
from tui.actions import bindings_for
from tui.text import content, notify, notify_error, paragraph, plain
from tui.widgets.field_table import FieldLine, FieldRow, FieldTable, Gap
from tui.widgets.key_footer import KeyFooter
from tui.widgets.line_view import Heading, Tone
from tui.widgets.modal import Modal
from tui.words.receipts import MARKS, consent_lines, counts_text

if TYPE_CHECKING:
    from textual.app import App

    from tui.wiring import Desk

_MOST_CONSENTS: Final = 3
"""Lines of consent that the head shows."""
_TONES: Final[dict[Arrival, Tone]] = {
    Arrival.ARRIVED: "good",
    Arrival.THERE: "good",
    Arrival.DIFFERS: "bad",
    Arrival.NOT_READ: "warn",
    Arrival.NOT_SENT: "muted",
    Arrival.BY_HAND: "good",
}


class ReceiptDialog(Modal[None]):
    """One receipt. Its values can be read again, which writes a new receipt, if `may_write`."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("receipt")]
    CSS_PATH = "receipt_dialog.tcss"

    def __init__(self, receipts: ReceiptUseCases, shown: WrittenReceipt, *, may_write: bool) -> None:
        super().__init__()
        self._receipts = receipts
        self._shown = shown
        self._may_write = may_write

    def compose(self) -> ComposeResult:
        """Yield the head, the values, and the reason of the value under the cursor."""
        with Vertical(id="receipt"):
            yield Static(id="receipt-title")
            yield Static(id="receipt-head")
            yield FieldTable(id="receipt-fields")
            yield Static(id="receipt-one")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Show the receipt."""
        self._show()
        self.query_one(FieldTable).focus()

    def _show(self) -> None:
        document, record = self._shown.document, self._shown.record
        self.query_one("#receipt-title", Static).update(
            content(
                "[b]Receipt $number[/b]   $mode   $counts",
                number=record.number,
                mode=document["desk"]["mode"],
                counts=counts_text(record.counts),
            )
        )
        self.query_one("#receipt-head", Static).update(
            paragraph(
                f"Confirmed by {document['operator']}, {document['confirmed_local']}. Checked "
                f"{document['checked_local']}. Seal {document['sha256'][:16]}. {self._shown.html_file}"
                + "".join(f"\n{line}" for line in _consent(document)),
                "$foreground-muted",
            )
        )
        self.query_one(FieldTable).set_lines(receipt_rows(document))

    @on(FieldTable.Highlighted)
    def _field_highlighted(self, event: FieldTable.Highlighted) -> None:
        self.query_one("#receipt-one", Static).update(paragraph(event.row.reason))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer another look only where this console may write."""
        return self._may_write if action == "check_again" else super().check_action(action, parameters)

    @work(exclusive=True, group="receipt")
    async def action_check_again(self) -> None:
        """Read the systems again, and show the receipt that replaces this one."""
        self.query_one("#receipt-one", Static).update(plain("reading the systems …", "$foreground-muted"))
        try:
            self._shown = await self._receipts.check_again(self._shown.record.push_id)
        except DeskError as error:
            notify_error(self.app, error, title="Receipt")
            return
        self._show()

    def action_close_receipt(self) -> None:
        """Close."""
        self.dismiss()


def _consent(document: dict[str, Any]) -> list[str]:
    """Return what those who were contacted wished, the first few in full."""
    lines = consent_lines(document)
    more = len(lines) - _MOST_CONSENTS
    return lines if more <= 0 else [*lines[:_MOST_CONSENTS], f"and the consent of {more:,} more, in the file"]


def receipt_rows(document: dict[str, Any]) -> list[FieldLine]:
    """Return a receipt's values under the heading of their section and of whom they are about."""
    lines: list[FieldLine] = []
    before: tuple[str, str] | None = None
    for field in document["fields"]:
        group = (field["section"], field["about"])
        if group != before:
            lines += ([Gap()] if lines else []) + [Heading(field["section"], field["about"])]
            before = group
        mark = Arrival(field["arrived"])
        sign, word = MARKS[mark]
        lines.append(
            FieldRow(
                field["source"],
                field["source_value"] or _text(field["sent"]),
                sign,
                _found(field, mark),
                field["target"],
                _TONES[mark],
                reason=_reason(field, mark, word),
            )
        )
    return lines


def _found(field: dict[str, Any], mark: Arrival) -> str:
    match mark:
        case Arrival.ARRIVED | Arrival.THERE | Arrival.DIFFERS:
            return _text(field["found"])
        case Arrival.NOT_READ:
            return _text(field["sent"])
        case Arrival.BY_HAND:
            return MARKS[mark][1] if field["sent"] is None else _text(field["sent"])
        case Arrival.NOT_SENT:
            return MARKS[mark][1]


def _reason(field: dict[str, Any], mark: Arrival, word: str) -> str:
    if mark is Arrival.DIFFERS:
        return f"Sent {_text(field['sent'])}; the system holds {_text(field['found'])}."
    by = f", by {field['by']}" if field["by"] else ""
    return f"{word}{by}. {field['reason']}".strip()


def _text(value: Any) -> str:
    return "nothing" if value is None else str(value)


async def read_receipt(app: App[Any], desk: Desk | None, push_id: str) -> ReceiptDialog | None:
    """Return the dialog with the latest receipt of a push. Return None, and say why, if there is none to show.

    A receipt that is being written is waited for.
    """
    if desk is None or desk.receipts is None:
        return None
    try:
        outcome = await desk.keeper.ready(push_id) if desk.keeper is not None else None
        found = await desk.receipts.of_push(push_id)
    except DeskError as error:
        outcome, found = error, None
    if found is not None:
        return ReceiptDialog(desk.receipts, found, may_write=desk.engine is not None)
    if isinstance(outcome, DeskError):
        notify(app, f"{outcome.message}\n{outcome.fix}", title="No receipt yet", severity="error")
    else:
        notify(app, f"Push {push_id} has no receipt with values that are still kept.", title="Receipt")
    return None
