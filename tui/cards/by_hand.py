"""The checklist to key by hand in FLEX: space ticks a field, and the tick lasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import msgspec
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from core.errors import DeskError
from core.flex.plans.preview import Preview
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.checklist import ChecklistItem
from tui.actions import bindings_for
from tui.text import content, notify
from tui.widgets.key_footer import KeyFooter
from tui.widgets.line_view import Heading, Tone
from tui.widgets.modal import Modal
from tui.widgets.row_list import ListColumn, Listing, RowList
from tui.words.local_time import Zone


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One line of the checklist."""

    item: ChecklistItem
    when: str

    @property
    def sign(self) -> str:
        """The sign of a ticked or an open field."""
        return "✓" if self.item.ticked else "○"

    @property
    def remark(self) -> str:
        """Why the field should be looked at again, or who ticked it and when."""
        if self.item.changed:
            return "changed since it was ticked"
        if self.item.ticked:
            return self.when
        return "new since the push" if self.item.new else ""

    @property
    def tone(self) -> Tone:
        """The sign's colour."""
        return "good" if self.item.ticked else "warn" if self.item.changed or self.item.new else "muted"


def _section(row: ItemRow) -> Heading:
    return Heading(row.item.field.section, row.item.field.about)


LISTING: Final[Listing[ItemRow]] = Listing(
    columns=(
        ListColumn("sign", lambda row: row.sign, width=1, style=lambda row: row.tone, gap=1),
        ListColumn(
            "name", lambda row: row.item.field.source, minimum=16, share=2, style="muted", lit="plain"
        ),
        ListColumn("value", lambda row: row.item.field.source_value, minimum=16, share=3, lit="strong"),
        ListColumn("remark", lambda row: row.remark, minimum=12, share=2, style=lambda row: row.tone, drop=1),
    ),
    key=lambda row: row.item.place,
    section=_section,
    empty="Everything this card holds has a home in FLEX.",
)


class ByHand(Modal[None]):
    """The fields to key by hand, with ticks."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("checklist")]
    CSS_PATH = "by_hand.tcss"

    def __init__(
        self, desk: CardUseCases, preview: Preview, items: Sequence[ChecklistItem], zone: Zone
    ) -> None:
        super().__init__()
        self._desk = desk
        self._preview = preview
        self._items = {item.place: item for item in items}
        self._zone = zone

    def compose(self) -> ComposeResult:
        """Yield the title, the list and the number of open fields."""
        with Vertical(id="by-hand"):
            yield Static(
                content(
                    "[b]Key by hand in FLEX[/b]   $subject $title",
                    subject=self._preview.subject,
                    title=self._preview.title,
                ),
                id="by-hand-title",
            )
            yield RowList(LISTING, id="by-hand-list")
            yield Static(id="by-hand-left")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Fill the list."""
        listing = self._list
        listing.set_rows([self._row(item) for item in self._items.values()])
        listing.focus()
        self._show_left()

    @on(RowList.Marked)
    def _ticked(self, event: RowList.Marked) -> None:
        """Tick what was marked, and take the list's own marks away."""
        if event.keys:
            self._list.mark(())
            for place in event.keys:
                self._tick(self._items[place])

    @on(RowList.Selected)
    def _opened(self, event: RowList.Selected) -> None:
        self._tick(self._items[event.key])

    @work(group="tick")
    async def _tick(self, item: ChecklistItem) -> None:
        try:
            await self._desk.tick(self._preview.subject, item, ticked=not item.ticked)
        except DeskError as error:
            notify(self.app, f"{error.message}\n{error.fix}", severity="error")
            return
        now = self.app.now() if hasattr(self.app, "now") else None
        ticked = msgspec.structs.replace(
            item,
            ticked=not item.ticked,
            changed=False,
            by=self._desk.operator,
            at=now.timestamp() if now else None,
        )
        self._items[item.place] = ticked
        self._list.update_row(item.place, self._row(ticked))
        self._show_left()

    def _row(self, item: ChecklistItem) -> ItemRow:
        when = f"{self._zone(item.at):%-d %b}, {item.by}" if item.at else item.by
        return ItemRow(item, when)

    def _show_left(self) -> None:
        left = sum(not item.ticked for item in self._items.values())
        total = len(self._items)
        summary = content(
            "[$foreground-muted]$done of $total keyed · $left left · space ticks[/]",
            done=total - left,
            total=total,
            left=left,
        )
        self.query_one("#by-hand-left", Static).update(summary)

    def action_close_list(self) -> None:
        """Close. The ticks are in the book."""
        self.dismiss()

    @property
    def _list(self) -> RowList[ItemRow]:
        return self.query_one(RowList)
