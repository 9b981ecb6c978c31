"""The right-hand side of the Cards room: one card, what its push would do, and its earlier pushes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Unpack

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import ContentSwitcher, Static

from core.errors import DeskError
from core.local_forms import DeskTime
from tui.text import content, plain
from tui.under_cursor import CopyableText
from tui.widgets.field_table import FieldLine, FieldRow, FieldTable, Gap
from tui.widgets.line_view import Heading, InDom
from tui.widgets.tab_line import TabLine

if TYPE_CHECKING:
    from core.flex.board import BoardCard
    from core.flex.field_map.fates import Field
    from core.flex.plans.preview import Preview
    from core.flex.plans.products import ProductMatch
    from core.flex.use_cases.changed_since_push import ChangedSincePush
    from core.push.activity import Activity
    from core.receipts.records import ReceiptRecord

TABS: Final = {"fields": "Fields", "payload": "Payload", "products": "Products", "history": "History"}


class CardDetail(Vertical):
    """One card. `show_card` names the card at once; `show_preview` or `show_error` fills the panes after reading.

    A pane is made when its tab is first shown, and filled only while its tab is shown.
    """

    def __init__(self, zone: DeskTime, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._zone = zone
        self.card: BoardCard | None = None
        self.preview: Preview | None = None
        self._since: ChangedSincePush | None = None
        self._history: list[Activity] = []
        self._receipts: Sequence[ReceiptRecord] = ()
        self._unfilled: set[str] = set()
        """The tabs whose panes do not show the present preview yet."""
        self._placeholder = ""
        """What a pane shows until it is filled."""
        self._product_rows: list[tuple[FieldLine, ProductMatch]] = []
        self._field_rows: list[tuple[FieldLine, Field | None]] = []

    def compose(self) -> ComposeResult:
        """Yield the header, the tabs with their panes, and the line of counts."""
        with Horizontal(id="card-name"):
            yield Static(id="card-title")
            yield Static(id="card-kind")
        yield Static(id="card-standing")
        yield TabLine(TABS, id="card-tabs")
        yield Static(id="card-objections")
        yield ContentSwitcher()
        yield Static(id="field-reason")
        with Horizontal(id="card-foot"):
            yield Static(id="card-counts")
            yield Static(id="card-plan")

    # -- what is shown ---------------------------------------------------------------------------------

    def show_card(self, card: BoardCard | None) -> None:
        """Show the card's name at once. For another card the panes are emptied until the card was read."""
        if card is not None:
            self._table(self._tabs.active)
        if card is None or self.card is None or card.summary.id != self.card.summary.id:
            self._since = None
            self._empty_panes("Reading the card …" if card else "")
            self._object(plain(""))
            for name in ("card-counts", "card-plan", "field-reason"):
                self._static(name).update(plain(""))
            self._tabs.counts = {}
        self.card = card
        if card is None:
            for name in ("card-title", "card-kind", "card-standing"):
                self._static(name).update(plain(""))
            return
        summary = card.summary
        self._static("card-title").update(plain(summary.title, "bold"))
        kind = " · ".join(part for part in (summary.kind, summary.stage, summary.purpose or "") if part)
        self._static("card-kind").update(plain(kind, "$foreground-muted"))

    def show_standing(self, latest: Activity | None) -> None:
        """Show the card's state between BrokerEngine and FLEX."""
        if self.card is not None:
            from tui.cards import wording

            push = latest.push if latest else None
            self._static("card-standing").update(
                wording.standing_line(self.card, self.preview, push, self._since, self._zone)
            )

    def show_preview(
        self,
        preview: Preview,
        history: list[Activity],
        since: ChangedSincePush | None,
        receipts: Sequence[ReceiptRecord] = (),
    ) -> None:
        """Fill the panes. `receipts` are those of the pushes in `history`, by number."""
        from tui.cards import wording

        self.preview = preview
        self._since = since
        # "already-linked" is left out: the line with the card's state says so
        against = [reason for reason in preview.reasons if reason.code != "already-linked"]
        self._object(wording.objections(against))
        self._history, self._receipts = history, receipts
        self._unfilled = set(TABS)
        self._fill(self._tabs.active)
        self._tabs.counts = {
            "products": len(preview.products),
            "history": len(history),
        }
        self._static("card-counts").update(wording.counts_line(preview))
        self._static("card-plan").update(wording.plan_line(preview))
        self.show_standing(history[0] if history else None)

    def show_error(self, error: DeskError) -> None:
        """Show in place of the panes why the card can't be read, and what to do."""
        message = content(
            "[$error]✗ $message[/]\n[$foreground-muted]$fix[/]", message=error.message, fix=error.fix
        )
        self._object(message)
        self._empty_panes("")

    def _empty_panes(self, placeholder: str) -> None:
        """Show a text in place of what the panes held."""
        self.preview = None
        self._placeholder = placeholder
        for table in self.query(FieldTable):
            table.set_lines(())
            table.placeholder = placeholder

    def _fill(self, tab: str) -> None:
        """Fill a tab's pane, unless it shows the present preview already."""
        from tui.cards import wording

        table, preview = self._table(tab), self.preview
        if preview is None or tab not in self._unfilled:
            return
        self._unfilled.remove(tab)
        match tab:
            case "fields":
                lines = wording.field_lines(preview, self._since)
                rows = [line for line in lines if isinstance(line, FieldRow)]
                fields = wording.fields_of_rows(preview, self._since)
                self._field_rows = list(zip(rows, fields, strict=True))
                table.set_lines(lines)
            case "payload":
                table.copied_whole = CopyableText(wording.payload_text(preview), "The payload")
                table.set_lines(payload_lines(preview))
            case "products":
                groups = [(match, wording.product_lines(match)) for match in preview.products]
                self._product_rows = [(line, match) for match, group in groups for line in group]
                table.placeholder = "There is no product on this card."
                table.set_lines(wording.with_gaps([group for _, group in groups]))
            case "history":
                table.placeholder = "Nothing of this card was pushed from here yet."
                table.set_lines(history_lines(self._history, self._zone, self._receipts))
            case _:
                raise ValueError(f"there is no tab {tab!r}")

    def _object(self, objections: Content) -> None:
        """Show the objections to the push, or no line if there is none."""
        self._static("card-objections").update(objections)
        self._static("card-objections").display = bool(objections.plain)

    def product_under_cursor(self) -> ProductMatch | None:
        """Return the product under the cursor of the Products tab, or None."""
        if self.preview is None or self._tabs.active != "products":
            return None
        row = self._table("products").cursor_field
        places = {id(line): match for line, match in self._product_rows}
        return places.get(id(row)) if row is not None else None

    def field_under_cursor(self) -> Field | None:
        """Return the field under the cursor of the Fields tab, or None."""
        if self.preview is None or self._tabs.active != "fields":
            return None
        row = self._table("fields").cursor_field
        places = {id(line): field for line, field in self._field_rows}
        return places.get(id(row)) if row is not None else None

    def next_tab(self, by: int) -> None:
        """Show another tab."""
        self._tabs.step(by)

    def take_focus(self) -> None:
        """Move the focus to the pane that is shown."""
        self.screen.set_focus(self._table(self._tabs.active))

    @on(TabLine.Changed)
    def _tab_changed(self, event: TabLine.Changed) -> None:
        switcher = self.query_one(ContentSwitcher)
        self._fill(event.tab)
        inside = self.screen.focused is not None and switcher in self.screen.focused.ancestors
        switcher.current = event.tab
        self._static("field-reason").update(plain(""))
        if inside:
            self._table(event.tab).focus()

    @on(FieldTable.Highlighted)
    def _field_highlighted(self, event: FieldTable.Highlighted) -> None:
        self._static("field-reason").update(plain(event.row.reason, "$foreground-muted"))

    @property
    def _tabs(self) -> TabLine:
        return self.query_one("#card-tabs", TabLine)

    def _table(self, tab: str) -> FieldTable:
        """Return a tab's table, which is made now if there is none."""
        for table in self.query(f"#{tab}").results(FieldTable):
            return table
        table = FieldTable(id=tab)
        table.placeholder = self._placeholder
        table.display = False
        switcher = self.query_one(ContentSwitcher)
        switcher.mount(table)
        switcher.current = switcher.current or tab
        return table

    def _static(self, name: str) -> Static:
        return self.query_one(f"#{name}", Static)


def payload_lines(preview: Preview) -> list[FieldLine]:
    """Return the JSON that will be sent, one line each, so that only the visible lines are painted."""
    from tui.cards import wording

    return [FieldRow(line) for line in wording.payload_text(preview).splitlines()]


def history_lines(
    history: list[Activity], zone: DeskTime, receipts: Sequence[ReceiptRecord] = ()
) -> list[FieldLine]:
    """Return the lines of the card's pushes with their receipts and steps, the newest first."""
    from core.error_catalogue import meaning_of
    from tui.words.pushes import PUSH_SIGN, STEP_SIGN
    from tui.words.receipts import record_text

    lines: list[FieldLine] = []
    latest = {receipt.push_id: receipt for receipt in receipts}
    for activity in history:
        push = activity.push
        sign, tone = PUSH_SIGN[push.state]
        when = f"{zone.moment(push.created_at)}, {push.operator}, plan {push.plan}"
        lines += ([Gap()] if lines else []) + [Heading(f"{push.asset} {push.state}", when)]
        if push.reason:
            lines.append(FieldRow(meaning_of(push.reason), sign=sign, tone=tone))
        if receipt := latest.get(push.push_id):
            lines.append(FieldRow(record_text(receipt)))
        for step in activity.steps:
            mark, colour = STEP_SIGN[step.state]
            outcome = meaning_of(step.error) if step.error else step.remote_id or ""
            label = f"{step.operation} {step.entity}"
            lines.append(FieldRow(label, step.local_id, mark, outcome, "", colour, reason=outcome))
    return lines
