"""The right-hand side of the Cards room: one card, what its push would do, and its earlier pushes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Unpack

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import ContentSwitcher, Static

from core.errors import DeskError
from core.local_forms import DeskTime
from tui.cards.signed_lines import SignedLine, SignedLines
from tui.text import plain, set_text
from tui.widgets.field_table import FieldLine, FieldRow, FieldTable, Gap
from tui.widgets.line_view import Heading, InDom, LineView
from tui.widgets.tab_line import TabLine

if TYPE_CHECKING:
    from core.flex.board import BoardCard
    from core.flex.field_map.fates import Field
    from core.flex.plans.preview import Preview
    from core.flex.plans.products import ProductMatch
    from core.flex.use_cases.changed_since_push import ChangedSincePush
    from core.push.activity import Activity
    from core.push.records import Push
    from core.receipts.records import ReceiptRecord
    from tui.cards.panes.fields import ShownLine
    from tui.cards.panes.payload import PayloadView

TABS: Final = {
    "fields": "Fields",
    "payload": "Payload",
    "products": "Products",
    "fact-find": "Fact Find",
    "notes": "Notes",
    "history": "History",
}
READ_LATER: Final = frozenset({"fact-find", "notes"})
"""The tabs that are read only when they are shown: each takes a request of its own."""
ALL_FIELDS_KEY: Final = "a"
NO_CARD: Final = "There is no card under the cursor."
_AROUND_A_LINE: Final = 4
"""Cells around a line of text in a pane: of the cursor's sign, of the line's indent, and of the scrollbar."""


class CardDetail(Vertical):
    """One card. `show_card` names the card at once; `show_preview` or `show_error` fills the panes after reading.

    A pane is made when its tab is first shown, and filled only while its tab is shown.
    """

    class Wanted(Message):
        """A tab is shown that was not read yet: `show_read` is to be called with what was read."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, zone: DeskTime, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._zone = zone
        self.card: BoardCard | None = None
        self.preview: Preview | None = None
        self._since: ChangedSincePush | None = None
        self._history: list[Activity] = []
        self._receipts: Sequence[ReceiptRecord] = ()
        self._read: dict[str, Callable[[int], Sequence[FieldLine]]] = {}
        """What was read for a tab of `READ_LATER`: returns its lines for a width in cells."""
        self._unfilled: set[str] = set()
        """The tabs whose panes do not show the present preview yet."""
        self._placeholder = ""
        """What a pane shows until it is filled."""
        self._product_rows: list[tuple[FieldLine, ProductMatch]] = []
        self._field_rows: list[ShownLine] = []
        self._payload: PayloadView | None = None
        self._broken_for = 0
        """The width for which the values of the Fields tab were broken."""
        self._shows_every_field = False

    def compose(self) -> ComposeResult:
        """Yield the header, the tabs with their panes, and the line of counts."""
        with Horizontal(id="card-name"):
            yield Static(id="card-title")
            yield Static(id="card-kind")
        yield Static(id="card-answer")
        yield SignedLines(id="card-objections")
        yield TabLine(TABS, id="card-tabs")  # from the first frame on: nothing moves when the card comes
        yield ContentSwitcher()
        yield Static(id="field-reason")
        with Horizontal(id="card-foot"):
            yield Static(id="card-counts")
            yield Static(id="card-plan")

    # -- what is shown ---------------------------------------------------------------------------------

    def show_card(self, card: BoardCard | None, instead: str = NO_CARD) -> None:
        """Show the card's name at once, or what is said instead of a card.

        For another card the panes are emptied until the card was read.
        """
        if card is not None:
            self._pane(self._tabs.active)
        if card is None or self.card is None or card.summary.id != self.card.summary.id:
            self._since, self._history = None, []
            self._empty_panes("Reading the card …" if card else "")
            self._object(())
            for name in ("card-counts", "card-plan", "field-reason"):
                self._say(name, plain(""))
            self._tabs.counts = {}
        self.card = card
        self._tabs.display = card is not None
        if card is None:
            for name in ("card-title", "card-kind"):
                self._say(name, plain(""))
            self._say("card-answer", plain(instead, "$foreground-muted"))
            return
        summary = card.summary
        self._say("card-title", plain(summary.title, "bold"))
        stage = (
            summary.stage if summary.stage.casefold() != summary.kind else ""
        )  # a lead is in the stage "Lead"
        kind = " · ".join(part for part in (summary.kind, stage, summary.owner) if part)
        self._say("card-kind", plain(kind, "$foreground-muted"))

    def show_answer(self, newest: Push | None = None) -> None:
        """Show in a line what can be done with the card, or what was done. `newest` is a push that changed just now."""
        if self.card is not None:
            from tui.cards import wording

            pushes = [entry.push for entry in self._history]
            if newest is not None:
                pushes = [newest, *(push for push in pushes if push.push_id != newest.push_id)]
            self._say(
                "card-answer", wording.answer_line(self.card, self.preview, pushes, self._since, self._zone)
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
        # "already-linked" is left out: the line with the answer says so
        against = [reason for reason in preview.reasons if reason.code != "already-linked"]
        self._object(wording.objections(against))
        self._history, self._receipts = history, receipts
        self._unfilled = set(TABS)
        self._tabs.tabs = {
            name: title for name, title in TABS.items() if name != "fact-find" or preview.fact_find_id
        }
        self._tabs.counts = {
            "products": len(preview.products),
            "history": len(history),
        }
        self._fill(self._tabs.active)
        self._say("card-counts", wording.counts_line(preview))
        self._say("card-plan", wording.plan_line(preview))
        self.show_answer()

    def show_read(self, tab: str, lines: Callable[[int], Sequence[FieldLine]], count: int) -> None:
        """Show a tab that was read, and how many entries it has. `lines` returns its lines for a width in cells."""
        table = self._pane(tab)
        self._read[tab] = lines
        if isinstance(table, FieldTable):
            table.placeholder = "This card has no notes." if tab == "notes" else ""
            self._break_read(table)
        self._tabs.counts = {**self._tabs.counts, tab: count}

    @on(FieldTable.Resized, "#notes, #fact-find")
    def _read_resized(self, event: FieldTable.Resized) -> None:
        self._break_read(event.table)

    def _break_read(self, table: FieldTable) -> None:
        """Break the texts of a tab that was read for the width of its pane."""
        if (lines := self._read.get(table.id or "")) is not None:
            table.set_lines(lines((table.size.width or self.size.width) - _AROUND_A_LINE))

    def show_set_aside(self, card_id: str, error: DeskError) -> None:
        """Show a record that was set aside: its id, why it is no card, and what to do."""
        self._say("card-title", plain(card_id, "bold"))
        self.show_error(error)

    def show_error(self, error: DeskError) -> None:
        """Show in place of the panes why the card can't be read, and what to do."""
        self._say(
            "card-answer", plain("✗ Set aside" if error.code == "bad-record" else "✗ Not read", "$error")
        )
        self._object([SignedLine("✗", "bad", error.message, error.fix)])
        self._empty_panes("")

    def _empty_panes(self, placeholder: str) -> None:
        """Show a text in place of what the panes held."""
        self.preview = None
        self._read.clear()
        self._placeholder = placeholder
        for table in self.query(FieldTable):
            table.set_lines(())
            table.placeholder = placeholder
        if self._payload is not None:
            self._payload.set_json("")
            self._payload.placeholder = placeholder

    def _fill(self, tab: str) -> None:
        """Fill a tab's pane, unless it shows the present preview already."""
        from tui.cards import wording

        pane, preview = self._pane(tab), self.preview
        if preview is None or tab not in self._unfilled:
            return
        self._unfilled.remove(tab)
        if pane is self._payload:
            self._payload.set_json(wording.payload_text(preview))
        elif tab in READ_LATER:
            pane.placeholder = "Reading …"
            self.post_message(self.Wanted(tab))
        elif isinstance(pane, FieldTable):
            self._fill_table(tab, pane, preview)

    def _fill_table(self, tab: str, table: FieldTable, preview: Preview) -> None:
        from tui.cards import wording

        match tab:
            case "fields":
                self._broken_for = table.size.width
                self._field_rows = self._field_lines(preview, table.size.width)
                table.set_lines([shown.line for shown in self._field_rows])
            case "products":
                groups = [(match, wording.product_lines(match)) for match in preview.products]
                self._product_rows = [(line, match) for match, group in groups for line in group]
                table.placeholder = "There is no product on this card."
                table.set_lines(wording.with_gaps([group for _, group in groups]))
            case "history":
                table.placeholder = "Nothing of this card was pushed from here yet."
                table.set_lines(history_lines(self._history, self._zone, self._receipts, names_of(preview)))
            case _:
                raise ValueError(f"there is no tab {tab!r}")

    def _field_lines(self, preview: Preview, width: int) -> list[ShownLine]:
        from tui.cards.panes import fields

        if self._shows_every_field:
            return fields.every_field(preview, self._since)
        return fields.exceptions_first(preview, self._since, width or self.size.width, ALL_FIELDS_KEY)

    def toggle_fields(self) -> None:
        """Show every field with FLEX's names in the Fields tab, or the exceptions first."""
        self._shows_every_field = not self._shows_every_field
        self._tabs.active = "fields"
        self._fill_fields_again()

    def _fill_fields_again(self) -> None:
        self._unfilled.add("fields")
        if self._tabs.active == "fields":
            self._fill("fields")

    @on(FieldTable.Resized, "#fields")
    def _break_for_the_width(self, event: FieldTable.Resized) -> None:
        """Break the values for the new width, also behind a dialog."""
        if (
            self.preview is not None
            and not self._shows_every_field
            and event.table.size.width != self._broken_for
        ):
            self._fill_fields_again()

    def _object(self, objections: Sequence[SignedLine]) -> None:
        """Show the objections to the push, or no line if there is none."""
        self.query_one("#card-objections", SignedLines).set_lines(objections)

    def product_under_cursor(self) -> ProductMatch | None:
        """Return the product under the cursor of the Products tab, or None."""
        row = self._row_under_cursor("products")
        return next((match for line, match in self._product_rows if line is row), None) if row else None

    def field_under_cursor(self) -> Field | None:
        """Return the field under the cursor of the Fields tab, or None."""
        row = self._row_under_cursor("fields")
        return next((shown.field for shown in self._field_rows if shown.line is row), None) if row else None

    def _row_under_cursor(self, tab: str) -> FieldRow | None:
        """Return the row under the cursor of a tab, if the tab is shown."""
        pane = self._pane(tab) if self.preview is not None and self._tabs.active == tab else None
        return pane.cursor_field if isinstance(pane, FieldTable) else None

    def next_tab(self, by: int) -> None:
        """Show another tab."""
        self._tabs.step(by)

    def take_focus(self) -> None:
        """Move the focus to the pane that is shown."""
        self.screen.set_focus(self._pane(self._tabs.active))

    @on(TabLine.Changed)
    def _tab_changed(self, event: TabLine.Changed) -> None:
        switcher = self.query_one(ContentSwitcher)
        self._fill(event.tab)
        inside = self.screen.focused is not None and switcher in self.screen.focused.ancestors
        switcher.current = event.tab
        self._say("field-reason", plain(""))
        if inside:
            self._pane(event.tab).focus()

    @on(FieldTable.Highlighted)
    def _field_highlighted(self, event: FieldTable.Highlighted) -> None:
        self._say("field-reason", plain(event.row.reason, "$foreground-muted"))

    @property
    def _tabs(self) -> TabLine:
        return self.query_one("#card-tabs", TabLine)

    def _pane(self, tab: str) -> LineView:
        """Return a tab's pane, which is made now if there is none."""
        for pane in self.query(f"#{tab}"):
            if isinstance(pane, LineView):
                return pane
        made: LineView
        if tab == "payload":
            from tui.cards.panes.payload import PayloadView

            made = self._payload = PayloadView(id=tab)
        else:
            made = FieldTable(id=tab)
        made.placeholder = self._placeholder
        made.display = False
        switcher = self.query_one(ContentSwitcher)
        switcher.mount(made)
        switcher.current = switcher.current or tab
        return made

    def _say(self, name: str, text: Content) -> None:
        set_text(self.query_one(f"#{name}", Static), text)


def names_of(preview: Preview) -> dict[str, str]:
    """Return the names of a card's people and products, by the ids that steps have for them."""
    people = {field.local_id: field.about for field in preview.fields if field.local_id and field.about}
    products = {
        f"{preview.subject}/{match.product.id}": f"{match.product.lender} {match.product.name}"
        for match in preview.products
    }
    return people | products


def history_lines(
    history: list[Activity],
    zone: DeskTime,
    receipts: Sequence[ReceiptRecord] = (),
    names: Mapping[str, str] = MappingProxyType({}),
) -> list[FieldLine]:
    """Return the lines of the card's pushes, the newest first: receipt, steps, and the command that does the same.

    Write-backs that are done are one line. `names` has the names of people and products, by the ids of the steps.
    """
    from core.error_catalogue import meaning_of
    from core.push.made import was_there
    from core.push.plan import Operation, System
    from core.push.states import StepState
    from core.systems import display_name
    from tui.words.plans import entity_word
    from tui.words.pushes import (
        ASSET_WORDS,
        PUSH_SIGN,
        STEP_SIGN,
        push_command,
        result_words,
        step_sign,
        there_words,
    )
    from tui.words.receipts import record_text

    lines: list[FieldLine] = []
    latest = {receipt.push_id: receipt for receipt in receipts}
    for activity in history:
        push = activity.push
        sign, tone = PUSH_SIGN[push.state]
        when = f"{result_words(push)} · {zone.moment(push.created_at)} · {push.operator}"
        lines += ([Gap()] if lines else []) + [Heading(ASSET_WORDS[push.asset], when)]
        if push.reason:
            lines.append(FieldRow(meaning_of(push.reason), sign=sign, tone=tone))
        if receipt := latest.get(push.push_id):
            lines.append(FieldRow(record_text(receipt)))
        back = [
            step.n
            for step in activity.steps
            if step.operation is Operation.WRITE_BACK
            and step.system is System.BROKERENGINE
            and step.state is StepState.DONE
            and not was_there(step)
        ]
        for step in activity.steps:
            mark, colour = step_sign(step)
            if step.n not in back or len(back) == 1:
                outcome = meaning_of(step.error) if step.error else there_words(step) or step.remote_id or ""
                label = f"{step.operation} {entity_word(step.entity)}".replace("-", " ")
                name = names.get(step.local_id, step.local_id)
                lines.append(FieldRow(label, name, mark, outcome, "", colour, reason=outcome))
        if len(back) > 1:
            sign, tone = STEP_SIGN[StepState.DONE]
            where = display_name(System.BROKERENGINE)
            lines.append(FieldRow("write back", f"{len(back)} IDs", sign, where, "", tone))
        flex_id = next((step.remote_id for step in activity.steps if step.remote_id), "")
        command = push_command(push, activity.steps, flex_id)
        lines.append(FieldRow("plan", push.plan, reason="The plan that was confirmed."))
        lines.append(FieldRow("command", command, reason="The command that does the same: c copies it."))
    return lines
