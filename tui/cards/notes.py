"""The notes of a card: pick one or write one, and push it onto the card's FLEX record.

From the list of cards to sent: `n`, Enter, `y`. What is being written is kept as a draft until it is pushed.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from core.errors import DeskError
from core.flex.model import RejectedRecord
from core.flex.plans.preview import Preview
from core.flex.use_cases.cards import BoardCard
from core.flex.use_cases.notes import ListedNote, NoteUseCases
from tui.actions import bindings_for
from tui.editor import edit
from tui.text import content, joined, notify, paragraph, plain
from tui.widgets.key_footer import KeyFooter
from tui.widgets.line_view import Tone
from tui.widgets.row_list import ListColumn, Listing, RowList
from tui.words.local_time import Zone

Ask = Callable[[Preview], None]
"""Opens the confirm dialog."""
WRITE: Final = "write"
KEEP_AFTER: Final = 0.7
"""Seconds without a key after which the draft is written to disk."""


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One line of the list: a note, or the offer to write a note (then `listed` is None)."""

    key: str
    when: str
    author: str
    text: str
    sign: str
    tone: Tone
    listed: ListedNote | None = None


LISTING: Final[Listing[NoteRow]] = Listing(
    columns=(
        ListColumn("sign", lambda row: row.sign, width=1, style=lambda row: row.tone, gap=1),
        ListColumn("when", lambda row: row.when, width=7, style="muted", gap=1),
        ListColumn("author", lambda row: row.author, width=10, style="muted", drop=1),
        ListColumn("text", lambda row: row.text, minimum=20, lit="strong"),
    ),
    key=lambda row: row.key,
)


def note_rows(listed: Sequence[ListedNote | RejectedRecord], draft: str) -> list[NoteRow]:
    """Return the notes, the newest first. The offer to write a note is above them if there is a draft, else below."""
    rows = [_note_row(note) for note in listed]
    begun = f"Go on writing: {' '.join(draft.split())}" if draft else "Write a note"
    write = NoteRow(WRITE, "", "", begun, "+", "primary")
    return [write, *rows] if draft or not rows else [*rows, write]


def _note_row(listed: ListedNote | RejectedRecord) -> NoteRow:
    if isinstance(listed, RejectedRecord):
        return NoteRow(listed.id, "", "", f"set aside: {listed.field}: {listed.reason}", "✗", "bad")
    return NoteRow(
        key=listed.note.id,
        when=f"{listed.note.created_at:%-d %b}" if listed.note.created_at else "",
        author=listed.note.author or "",
        text=" ".join(listed.note.text.split()),
        sign="●" if listed.pushed_at else "○",
        tone="good" if listed.pushed_at else "muted",
        listed=listed,
    )


class NotesDialog(ModalScreen[None]):
    """The card's notes, and the note under the cursor in full."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("notes")]
    CSS_PATH = "notes.tcss"

    def __init__(self, desk: NoteUseCases, card: BoardCard, ask: Ask, zone: Zone) -> None:
        super().__init__()
        self._desk = desk
        self._card = card
        self._ask = ask
        self._zone = zone

    def compose(self) -> ComposeResult:
        """Yield the title, the list, and the note in full."""
        summary = self._card.summary
        with Vertical(id="notes"):
            with Horizontal(id="notes-head"):
                yield Static(
                    content("[b]Notes[/b]   $id $title", id=summary.id, title=summary.title), id="notes-title"
                )
                flex_id = self._card.flex_id
                yield Static(plain(f"onto {flex_id}" if flex_id else "not in FLEX yet", "$foreground-muted"))
            yield RowList(LISTING, id="note-list")
            with VerticalScroll(id="note-whole", can_focus=False):
                yield Static(id="note-text")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Read the notes."""
        self._list.placeholder = "Reading the notes …"
        self._list.focus()
        self.read()

    @work(exclusive=True, group="notes")
    async def read(self) -> None:
        """Read the notes and the draft."""
        card_id = self._card.summary.id
        try:
            listed = await self._desk.of_card(card_id)
            draft = await self._desk.draft(card_id)
        except DeskError as error:
            self._list.placeholder = f"{error.message} {error.fix}"
            self._list.placeholder_tone = "bad"
            return
        self._list.set_rows(note_rows(listed, draft))

    @on(RowList.Highlighted, "#note-list")
    def _highlighted(self) -> None:
        row = self._list.cursor_row
        listed = row.listed if row else None
        if listed is None:
            self.query_one("#note-text", Static).update(plain(""))
            return
        files = [
            content("[$foreground-muted]+ $name  $size bytes[/]", name=file.file_name, size=f"{file.size:,}")
            for file in listed.note.attachments
        ]
        times = ", ".join(f"{self._zone(at):%-d %b %H:%M}" for at in listed.pushed_at)
        pushed = [content("[$success]● pushed $times[/]", times=times)] if times else []
        whole = [paragraph(listed.note.text), *files, *pushed]
        self.query_one("#note-text", Static).update(content("\n").join(whole))

    @on(RowList.Selected, "#note-list")
    def _selected(self, event: RowList.Selected) -> None:
        if event.key == WRITE:
            self.action_write_note()
        else:
            self._preview(event.key)

    @work(exclusive=True, group="preview-note")
    async def _preview(self, note_id: str) -> None:
        try:
            preview = await self._desk.preview(note_id)
        except DeskError as error:
            notify(self.app, f"{error.message}\n{error.fix}", title="Not pushed", severity="error")
            return
        self.dismiss()
        self._ask(preview)

    @work(exclusive=True, group="write")
    async def action_write_note(self) -> None:
        """Open the box to write a note, and ask about the push of what was written."""
        card = self._card.summary
        draft = await self._desk.draft(card.id)
        text = await self.app.push_screen_wait(NoteEditor(self._desk, self._card, draft))
        if text is None:
            self.read()
            return
        try:
            preview = await self._desk.preview_written(card.id, text)
        except DeskError as error:
            notify(self.app, f"{error.message}\n{error.fix}", title="Not pushed", severity="error")
            return
        self.dismiss()
        self._ask(preview)

    def action_push_selected(self) -> None:
        """Ask about the push of the note under the cursor."""
        self._list.action_open_row()

    def action_close_notes(self) -> None:
        """Close."""
        self.dismiss()

    @property
    def _list(self) -> RowList[NoteRow]:
        return self.query_one(RowList)


class NoteEditor(ModalScreen[str | None]):
    """A box to write a note in. Returns the text to push, or None; the draft is kept when the operator leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("note-editor")]
    CSS_PATH = "notes.tcss"

    def __init__(self, desk: NoteUseCases, card: BoardCard, draft: str) -> None:
        super().__init__()
        self._desk = desk
        self._card = card
        self._draft = draft

    def compose(self) -> ComposeResult:
        """Yield the title, the box, and the length of the text."""
        summary = self._card.summary
        with Vertical(id="editor"):
            yield Static(
                content("[b]Write a note[/b]   $id $title", id=summary.id, title=summary.title),
                id="editor-title",
            )
            yield TextArea(self._draft, id="editor-text", soft_wrap=True, show_line_numbers=False)
            yield Static(id="editor-foot")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Move the cursor to the end of the draft."""
        box = self.query_one(TextArea)
        box.move_cursor(box.document.end)
        box.focus()
        self._count()

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self._count()
        self._keep(self._text)

    @property
    def _text(self) -> str:
        return self.query_one(TextArea).text

    @work(exclusive=True, group="keep")
    async def _keep(self, text: str) -> None:
        """Write the draft to disk after the last key. The box may be gone by then."""
        await asyncio.sleep(KEEP_AFTER)
        await self._keep_now(text)

    async def _keep_now(self, text: str) -> None:
        try:
            await self._desk.keep_draft(self._card.summary.id, text)
        except DeskError as error:
            notify(self.app, f"The draft is not kept: {error.message}", severity="warning")

    def _count(self) -> None:
        length = len(self._text)
        tone = "$error" if length > 32_000 else "$foreground-muted"
        summary = joined(
            plain(f"{length:,}", tone),
            content("[$foreground-muted] of 32,000 characters · a draft is kept[/]"),
        )
        self.query_one("#editor-foot", Static).update(summary)

    async def action_push_note(self) -> None:
        """Return the text, to be previewed and confirmed."""
        await self._keep_now(self._text)
        self.dismiss(self._text)

    async def action_leave_editor(self) -> None:
        """Leave. The draft is kept."""
        await self._keep_now(self._text)
        self.dismiss(None)

    async def action_own_editor(self) -> None:
        """Write in the operator's own editor."""
        box = self.query_one(TextArea)
        try:
            with self.app.suspend():
                text = edit_elsewhere(box.text)
        except (DeskError, SuspendNotSupported) as error:
            message = (
                f"{error.message} {error.fix}" if isinstance(error, DeskError) else "Not on this terminal."
            )
            notify(self.app, message, severity="warning")
        else:
            box.text = text


def edit_elsewhere(text: str) -> str:
    """Open the operator's editor on a private copy of the text, and return the text after. Raises `UsageError`."""
    with tempfile.TemporaryDirectory(prefix="brokerdesk-") as folder:
        file = Path(folder) / "note.txt"
        file.touch(mode=0o600)
        file.write_text(text, "utf-8")
        edit(file)
        return file.read_text("utf-8", "replace").rstrip("\n")
