"""Enter values into FLEX by hand: each value is copied, pasted in FLEX, and ticked. The ticks are kept.

The dialog shows the checklist, which has the fields that can't be sent, or every value of a card or a note (paste
mode). The caller says what happens at the end, so the dialog knows no room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

import msgspec
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from core.errors import DecidedMeanwhile, DeskError
from core.flex.field_map.fates import Fate
from core.flex.use_cases.checklist import ChecklistItem, next_open, where_to_go_on
from core.flex.use_cases.paste import PasteList, PasteUseCases
from core.local_forms import DeskTime
from core.texts import how_many
from tui.action_model import SaysWhyNot
from tui.actions import bindings_for
from tui.cards.pages import list_page, offered_file
from tui.clipboard import Clipboard, Reached
from tui.text import content, notify, notify_error, paragraph, plain, width_of
from tui.widgets.confirm_dialog import LineDialog
from tui.widgets.line_view import Heading, Tone
from tui.widgets.modal import Modal
from tui.widgets.row_list import ListColumn, Listing, RowList
from tui.wiring.files import csv_bytes, write_private
from tui.words.by_hand import OUR_ORDER, by_hand_form, field_of_flex, progress, remark_of, sign_of

LEAST_NAME: Final = 16
"""Cells of the column of names at least."""
End = Callable[[PasteList], Awaitable[bool]]
"""Asks for what is missing at the end, and stores it. Returns False if the person did not want that."""


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One line of the list. `when` says who ticked the row and when."""

    item: ChecklistItem
    when: str

    @property
    def remark(self) -> str:
        """Why the row should be looked at, or who ticked it and when."""
        return self.when if self.item.ticked and not self.item.changed else remark_of(self.item)

    @property
    def tone(self) -> Tone:
        """The colour of the sign."""
        item = self.item
        if not item.open:
            return "good"
        if item.field.fate is Fate.REFUSED:
            return "bad"
        return "warn" if item.changed or item.new else "muted"


def _section(row: ItemRow) -> Heading:
    return Heading(str(row.item.screen), row.item.field.about)


LISTING: Final[Listing[ItemRow]] = Listing(
    columns=(
        ListColumn("sign", lambda row: sign_of(row.item), width=1, style=lambda row: row.tone, gap=1),
        ListColumn("name", lambda row: field_of_flex(row.item), width=LEAST_NAME, style="muted", lit="plain"),
        ListColumn("value", lambda row: _value(row.item), minimum=16, share=3, lit="strong"),
        ListColumn("remark", lambda row: row.remark, minimum=12, share=2, style=lambda row: row.tone, drop=1),
    ),
    key=lambda row: row.item.place,
    section=_section,
    can_mark=False,
    empty="Everything this card holds has a home in FLEX.",
)


def _value(item: ChecklistItem) -> str:
    return " ".join((item.text or item.field.source_value).split())


class ByHand(Modal[None], SaysWhyNot):
    """The rows to enter by hand, with the value under the cursor in full. `end` is None for the checklist."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("checklist")]
    CSS_PATH = "by_hand.tcss"

    def __init__(
        self,
        desk: PasteUseCases,
        pasted: PasteList,
        clipboard: Clipboard,
        zone: DeskTime,
        end: End | None = None,
    ) -> None:
        super().__init__()
        self._desk = desk
        self._pasted = pasted
        self._clipboard = clipboard
        self._zone = zone
        self._end = end
        self.set_class(clipboard.reaches is Reached.NOWHERE, "-no-clipboard")
        self._turn = asyncio.Lock()
        self._copied = ""
        """The place of the row that was copied last."""

    def compose(self) -> ComposeResult:
        """Yield the title, the list, and the value under the cursor."""
        with Vertical(id="by-hand"):
            with Horizontal(id="by-hand-head"):
                title = content("[b]Enter in FLEX by hand[/b]   $title", title=self._pasted.title)
                yield Static(title, id="by-hand-title")
                yield Static(id="by-hand-left")
            yield Static(self._warnings(), id="by-hand-warnings")
            yield RowList(LISTING, id="by-hand-list")
            yield Static(id="by-hand-what")
            with VerticalScroll(id="by-hand-value", can_focus=False):
                yield Static(id="by-hand-text")
            yield Static(id="by-hand-said")

    def _warnings(self) -> Content:
        lines = [content("[$warning]![/] $said", said=warning) for warning in self._pasted.warnings]
        if self._clipboard.reaches is Reached.NOWHERE:
            lines.append(content("[$warning]![/] $said", said=Reached.NOWHERE.value))
        lines.append(plain(OUR_ORDER, "$foreground-muted"))
        return content("\n").join(lines)

    async def on_mount(self) -> None:
        """Fill the list, and copy the value to begin with."""
        self._list.set_rows([self._row(item) for item in self._pasted.items])
        self._fit_names()
        self._list.focus()
        self._show_left()
        if (item := where_to_go_on(self._pasted.items)) is not None:
            self._go_to(item)
        self._show_value()

    def on_resize(self) -> None:
        """Fit the column of names into the new width."""
        self._fit_names()

    def _fit_names(self) -> None:
        """Make the column of names as wide as the longest name, but at most a third of the line."""
        longest = max((width_of(field_of_flex(item)) for item in self._pasted.items), default=0)
        self._list.set_width("name", max(LEAST_NAME, min(longest, self.app.size.width // 3)))

    # -- walking ---------------------------------------------------------------------------------------

    async def action_enter_value(self) -> None:
        """Tick the row that was copied, and go to the next and copy it. A row that was not copied is copied first.

        A refused value is skipped and stays open.
        """
        item = self._under_cursor
        if item is None:
            return
        if item.open and item.text and item.place != self._copied:
            self._copy(item)
            return
        if item.open and item.field.fate is not Fate.REFUSED:
            await self._tick(item, ticked=True)
        if (following := next_open(self._pasted.items, item.place)) is not None:
            self._go_to(following)
        else:
            self._reach_end()

    @on(RowList.Selected)
    async def _opened(self) -> None:
        await self.action_enter_value()

    async def action_tick_value(self) -> None:
        """Tick the row without copying, or take its tick away, and go down."""
        if (item := self._under_cursor) is not None:
            await self._tick(item, ticked=not item.ticked)
            self._list.action_cursor_down()

    def action_copy_value(self) -> None:
        """Copy the value once more."""
        if (item := self._under_cursor) is not None:
            self._copy(item)

    def _go_to(self, item: ChecklistItem) -> None:
        self._list.move_to(item.place)
        self._copy(item)

    async def _tick(self, item: ChecklistItem, *, ticked: bool) -> None:
        try:
            self._pasted = await self._desk.tick(self._pasted, item, ticked=ticked)
        except DecidedMeanwhile as error:
            notify_error(self.app, error)
            self._pasted = await self._desk.read_ticks(self._pasted)
            for other in self._pasted.items:
                self._list.update_row(other.place, self._row(other))
        except DeskError as error:
            notify_error(self.app, error)
            return
        self._list.update_row(item.place, self._row(self._item(item.place)))
        self._show_left()

    # -- the clipboard ---------------------------------------------------------------------------------

    @work(exclusive=True, group="copy")
    async def _copy(self, item: ChecklistItem) -> None:
        """Copy a value. Of several calls at once, only the last one copies."""
        self._copied = item.place
        if not item.text:
            self._say(f"Nothing to copy: FLEX refuses it. {item.field.reason}.", "$warning")
            return
        async with self._turn:
            reached = await asyncio.to_thread(self._clipboard.copy_for_now, item.text)
        tone = "$warning" if reached is Reached.NOWHERE else "$success"
        self._say(reached.value, tone)

    async def _clear(self) -> None:
        """Overwrite the value that was copied last."""
        async with self._turn:
            await asyncio.to_thread(self._clipboard.clear)
        self._copied = ""

    # -- the end ---------------------------------------------------------------------------------------

    @work(exclusive=True, group="end-by-hand")
    async def _reach_end(self) -> None:
        """Overwrite the clipboard, then ask for what the end needs."""
        await self._clear()
        if self._clipboard.reaches is not Reached.NOWHERE:
            self._say("The clipboard does not hold the value any more.")
        if self._end is None:
            self._say("That was the last one.", "$success")
        elif await self._end(self._pasted):
            self.dismiss()

    def action_end_by_hand(self) -> None:
        """Ask for the FLEX ID, and store what was entered."""
        self._reach_end()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the end in paste mode alone."""
        if action == "end_by_hand" and self._end is None:
            return False
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Return why an action can't be done now."""
        if action == "end_by_hand" and self._end is None:
            return "This list has only the fields that can't be sent. Paste mode (V) ends with the FLEX ID."
        return ""

    async def action_close_list(self) -> None:
        """Close. The ticks are in the book already."""
        await self._clear()
        self.dismiss()

    @work(exclusive=True, group="save-by-hand")
    async def action_save_list(self) -> None:
        """Ask for a file, and write the list to it."""
        question = content("Which file? It holds the client's data. Its name ends in .html, .csv or .json.")
        given = await self.app.push_screen_wait(
            LineDialog("Save the list", question, _wrong_file, offered_file(self._pasted.card_id, "by-hand"))
        )
        if not given:
            return
        path = _path(given)
        try:
            await asyncio.to_thread(_write, path, self._pasted)
        except DeskError as error:
            notify_error(self.app, error)
            return
        notify(self.app, f"{path}: {how_many(len(self._pasted.items), 'row')}. Only you can read it.")

    # -- what is shown ---------------------------------------------------------------------------------

    @on(RowList.Highlighted)
    def _show_value(self) -> None:
        """Show the value under the cursor in full, so that it can be selected."""
        item = self._under_cursor
        if item is None:
            return
        sources = ", ".join(field.source for _, field in item.row.parts)
        where = f"{item.screen} · {item.field.target or 'no field that we know of'}"
        what = content("[b]$where[/b]   [$foreground-muted]$sources[/]", where=where, sources=sources)
        self.query_one("#by-hand-what", Static).update(what)
        value = paragraph(item.text or item.field.source_value, "" if item.text else "$error")
        self.query_one("#by-hand-text", Static).update(value)
        if item.place != self._copied:
            self._say(item.field.reason)

    def _say(self, said: str, tone: str = "$foreground-muted") -> None:
        self.query_one("#by-hand-said", Static).update(plain(said, tone))

    def _row(self, item: ChecklistItem) -> ItemRow:
        when = f"{self._zone.day(item.at)}, {item.by}" if item.at else item.by
        return ItemRow(item, when)

    def _show_left(self) -> None:
        self.query_one("#by-hand-left", Static).update(plain(progress(self._pasted)))

    def _item(self, place: str) -> ChecklistItem:
        return next(item for item in self._pasted.items if item.place == place)

    @property
    def _under_cursor(self) -> ChecklistItem | None:
        row = self._list.cursor_row
        return row.item if row is not None else None

    @property
    def _list(self) -> RowList[ItemRow]:
        return self.query_one(RowList)


def _write(path: Path, pasted: PasteList) -> None:
    """Write a list to a private file. Raises `UsageError`."""
    if path.suffix == ".html":
        write_private(path, list_page(pasted))
        return
    forms = [by_hand_form(item) for item in pasted.items]
    if path.suffix == ".json":
        write_private(path, msgspec.json.format(msgspec.json.encode(forms), indent=2))
    else:
        names = ("screen", "about", "target", "source", "value", "fate", "reason", "ticked")
        write_private(path, csv_bytes(names, [[form[name] for name in names] for form in forms]))


def _path(typed: str) -> Path:
    return Path(typed).expanduser()


def _wrong_file(typed: str) -> str:
    endings = (".html", ".csv", ".json")
    return "" if typed.endswith(endings) else "The name ends in .html, .csv or .json."
