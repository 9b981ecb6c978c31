"""The field map on the screen: every row with its mark and its origin, its table of values, and the own file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual import on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from core.errors import DeskError, UsageError
from core.flex.field_map.fates import Mark
from core.flex.field_map.model import FieldMap, FieldMapRow, Transform
from core.flex.field_map.operator_map import Maps, RowOrigin
from core.push.plan import System
from core.systems import display_name
from tui.actions import bindings_for
from tui.cards.panes.fields import MARK_WORDS
from tui.editor import edit, editor_of
from tui.own_editor import with_terminal
from tui.text import content, joined, notify, notify_error, paragraph, plain, safe_text
from tui.widgets.line_view import Heading, Tone
from tui.widgets.modal import Modal
from tui.widgets.row_list import ListColumn, Listing, RowList
from tui.wiring.field_maps import own_map_file, read_maps, shipped_map, start_own_map

if TYPE_CHECKING:
    from tui.app import DeskApp

_TURNED: Final = {
    "Qualifications": "Usage and Purpose mean the opposite of a first guess: read their remarks"
}


@dataclass(frozen=True, slots=True)
class MapRow:
    """One row of the map, and whether the operator changed it."""

    row: FieldMapRow
    yours: bool

    @property
    def key(self) -> str:
        """The row's name in the list."""
        return f"{self.row.scope}/{self.row.source}"

    @property
    def target(self) -> str:
        """The FLEX field that the row fills."""
        return "switched off" if self.row.off else self.row.target

    @property
    def how(self) -> str:
        """The transform, with its table."""
        return f"{self.row.transform} {self.row.table}".rstrip()

    @property
    def mark_tone(self) -> Tone:
        """The mark's colour."""
        tones: dict[Mark, Tone] = {Mark.GUESS: "warn", Mark.OPERATOR: "primary"}
        return tones.get(self.row.confidence, "muted")


def _section(row: MapRow) -> Heading:
    return Heading(row.row.section, _TURNED.get(row.row.section, ""))


ROWS: Final[Listing[MapRow]] = Listing(
    columns=(
        ListColumn("yours", lambda row: "●" if row.yours else " ", width=1, style="primary", gap=1),
        ListColumn("source", lambda row: row.row.source, display_name(System.BROKERENGINE), minimum=16, share=3),
        ListColumn("sign", lambda row: "✗" if row.row.off else "→", width=1, gap=1,
               style=lambda row: "bad" if row.row.off else "muted"),
        ListColumn("target", lambda row: row.target, display_name(System.FLEX), minimum=16, share=3,
               style=lambda row: "bad" if row.row.off else "plain", lit="strong"),
        ListColumn("how", lambda row: row.how, "how", width=19, style="muted", drop=2),
        ListColumn("mark", lambda row: row.row.confidence, "mark", width=8, style=lambda row: row.mark_tone, drop=1),
        ListColumn("remark", lambda row: row.row.remark, "remark", minimum=20, share=4, style="muted", drop=3),
    ),
    key=lambda row: row.key,
    section=_section,
    titled=True,
    can_mark=False,
    empty="Reading the map …",
)  # fmt: skip


class MapDialog(Modal[None]):
    """The map in use. If the operator's own file has an error, the dialog names it, and the map in use stays in use."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("map")]
    CSS_PATH = "map_dialog.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._maps: Maps | None = None

    def compose(self) -> ComposeResult:
        """Yield the title, what is wrong, the rows, and the row under the cursor in full."""
        with Vertical(id="map"):
            yield Static(id="map-title")
            yield Static(id="map-trouble")
            yield RowList(ROWS, id="map-list")
            yield Static(id="map-row")

    def on_mount(self) -> None:
        """Read the map."""
        self._list.focus()
        self._read()

    @work(exclusive=True, group="map")
    async def _read(self) -> None:
        await self._read_again()

    async def _read_again(self) -> None:
        """Read the own file. A good file is used from now on; a broken file is named."""
        desk_app = self._desk_app
        desk = desk_app.desk
        in_use = desk.flex.field_map if desk is not None else None
        try:
            maps = await asyncio.to_thread(read_maps, desk_app.settings)
        except DeskError as error:
            self._failed(error, in_use)
            return
        if in_use is None or in_use != maps.in_use:
            desk_app.use_map(maps.in_use)
            if in_use is not None:
                notify(self.app, f"Map {maps.in_use.version} is in use from now on.")
        self._show(maps, None)

    def _failed(self, error: DeskError, in_use: FieldMap | None) -> None:
        shipped = shipped_map()
        self._show(Maps(in_use or shipped, shipped, str(self._file)), error)

    def _show(self, maps: Maps, error: DeskError | None) -> None:
        self._maps = maps
        self.query_one("#map-title", Static).update(
            content(
                "[b]Field map[/b] $version   [$foreground-muted]$whose[/]",
                version=maps.in_use.version,
                whose=_whose(maps, self._file),
            )
        )
        trouble = self.query_one("#map-trouble", Static)
        trouble.set_class(error is not None, "-shown")
        if error is not None:
            goes_on = f"Map {maps.in_use.version} stays in use." if self._desk_app.desk else ""
            trouble.update(
                content(
                    "[$error]✗ $message[/]\n[$foreground-muted]$fix $goes_on[/]",
                    message=error.message,
                    fix=error.fix,
                    goes_on=goes_on,
                )
            )
        rows = [MapRow(row, maps.origin(row) is RowOrigin.YOURS) for row in maps.in_use.row]
        self._list.set_rows(rows)
        self._show_row()

    # -- one row ---------------------------------------------------------------------------------------

    @on(RowList.Highlighted, "#map-list")
    def _show_row(self) -> None:
        row = self._list.cursor_row
        if row is not None:
            self.query_one("#map-row", Static).update(row_lines(row))

    @on(RowList.Selected, "#map-list")
    def _opened(self) -> None:
        row = self._list.cursor_row
        if row is None or self._maps is None:
            return
        if not row.row.table:
            notify(self.app, f"{row.row.source} goes by no table.")
            return
        self.app.push_screen(TableDialog(self._maps, row.row.table))

    # -- the own file ----------------------------------------------------------------------------------

    @work(exclusive=True, group="map")
    async def action_edit_map(self) -> None:
        """Open the own file in the operator's editor, then read it again. Running pushes go on meanwhile."""
        file = self._file
        try:
            editor_of()
            await asyncio.to_thread(start_own_map, file)
            await with_terminal(self.app, lambda: edit(file))
        except SuspendNotSupported:
            fix = f"Edit {file} by other means; then press r."
            notify(self.app, f"An editor can't be opened on this terminal.\n{fix}", severity="warning")
            return
        except UsageError as error:
            notify_error(self.app, error, title="No editor")
            return
        await self._read_again()

    def action_read_map(self) -> None:
        """Read the own file again."""
        self._read()

    def action_close_map(self) -> None:
        """Close."""
        self.dismiss()

    @property
    def _file(self) -> Path:
        return own_map_file(self._desk_app.settings)

    @property
    def _desk_app(self) -> DeskApp:
        return cast("DeskApp", self.app)

    @property
    def _list(self) -> RowList[MapRow]:
        return self.query_one("#map-list", RowList)


def _whose(maps: Maps, file: Path) -> str:
    if not maps.file:
        return f"as shipped; e starts your own in {file}"
    count = len(maps.differences)
    return (
        f"● yours · {count} {'difference' if count == 1 else 'differences'} from the shipped one, in {file}"
    )


def row_lines(shown: MapRow) -> Content:
    """Return a row in full: what it reads, its transform, how sure it is, and below that the remark."""
    row = shown.row
    parts = [
        f"{row.scope} {row.read} → {shown.target}",
        shown.how,
        f"“{row.choice}”, several: “{row.both}”" if row.transform is Transform.CHOICE else "",
        f"where it is empty: {row.default}" if row.default else "",
        MARK_WORDS[row.confidence],
        "● yours" if shown.yours else "",
    ]
    line = plain(" · ".join(part for part in parts if part), "$foreground-muted")
    return joined(line, content("\n"), paragraph(row.remark, "$warning"))


# -- a table of values ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ValueEntry:
    """One entry of a table. `target` is "" for a shipped entry that was taken away; `guess` marks our guess."""

    source: str
    target: str
    yours: bool
    guess: bool = False

    @property
    def sign(self) -> str:
        """The sign between the value and FLEX's word."""
        return "✗" if not self.target else "~" if self.guess else "→"


ENTRIES: Final[Listing[ValueEntry]] = Listing(
    columns=(
        ListColumn("yours", lambda row: "●" if row.yours else " ", width=1, style="primary", gap=1),
        ListColumn("source", lambda row: row.source, display_name(System.BROKERENGINE), minimum=14),
        ListColumn("sign", lambda row: row.sign, width=1, gap=1,
               style=lambda row: "warn" if row.guess else "muted"),
        ListColumn("target", lambda row: row.target or "taken away: refused", display_name(System.FLEX),
               minimum=14, lit="strong", style=lambda row: "plain" if row.target else "bad"),
    ),
    key=lambda row: row.source,
    titled=True,
    can_mark=False,
)  # fmt: skip


class TableDialog(Modal[None]):
    """A table of values. A value that is not in the table is refused."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("chooser")]
    CSS_PATH = "map_dialog.tcss"

    def __init__(self, maps: Maps, table: str) -> None:
        super().__init__()
        self._maps = maps
        self._table = table

    def compose(self) -> ComposeResult:
        """Yield the entries in their frame."""
        with Vertical(id="map-table") as frame:
            frame.border_title = safe_text(f"Table {self._table}")
            yield RowList(ENTRIES, id="map-table-list")
            yield Static(
                plain(
                    "A value that is not here is refused, never passed through. ~ is our guess.",
                    "$foreground-muted",
                ),
                id="map-table-foot",
            )

    def on_mount(self) -> None:
        """Fill the list."""
        entries = self.query_one(RowList)
        entries.set_rows(entries_of(self._maps, self._table))
        entries.focus()

    def action_close_chooser(self) -> None:
        """Close."""
        self.dismiss()


def entries_of(maps: Maps, table: str) -> Sequence[ValueEntry]:
    """Return a table's entries, with the entries that were taken away at the end."""
    entries = maps.in_use.tables[table]
    gone = [key for key in maps.shipped.tables.get(table, {}) if key not in entries]
    return [
        *(
            ValueEntry(
                key, value, maps.entry_origin(table, key) is RowOrigin.YOURS, maps.in_use.is_guess(table, key)
            )
            for key, value in entries.items()
        ),
        *(ValueEntry(key, "", yours=True) for key in gone),
    ]
