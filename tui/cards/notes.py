"""The notes of a card: choose one or write one, and push it onto the card's FLEX record.

`n`, Enter and `y` send a note from the list of cards. A text that is being written is kept as a draft until the note
has arrived in FLEX.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec
from textual import on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static, TextArea

from core.errors import DeskError, Unreachable
from core.flex.board import BoardCard
from core.flex.model import RejectedRecord, WrittenFile
from core.flex.note_templates import template_named
from core.flex.plans.note import LARGEST_WHOLE, LONGEST_TEXT, MOST_FILES, faults_of_files, not_in_flex
from core.flex.plans.preview import Preview
from core.flex.use_cases.drafts import Draft
from core.flex.use_cases.notes import ListedNote, NoteUseCases
from core.local_forms import DeskTime, day_text
from core.odd_values import field_in_words
from tui.action_model import SaysWhyNot
from tui.actions import bindings_for
from tui.editor import edit_text
from tui.own_editor import with_terminal
from tui.text import content, joined, notify, notify_error, paragraph, plain
from tui.widgets.chooser import Chooser, Offer
from tui.widgets.confirm_dialog import LineDialog
from tui.widgets.line_view import Tone
from tui.widgets.modal import Modal
from tui.widgets.row_list import ListColumn, Listing, RowList
from tui.wiring.files import read_attachments

if TYPE_CHECKING:
    from data.operator_files.note_templates import TemplatesRead

Ask = Callable[[Preview], None]
"""Opens the confirm dialog."""
Paste = Callable[[str, str], None]
"""Opens paste mode for a note, by the ids of the card and of the note."""
Templates = Callable[[], "TemplatesRead"]
"""Reads the operator's note templates. Blocks for a moment."""
WRITE: Final = "write"
KEEP_AFTER: Final = 0.7
"""Seconds without a key after which the draft is written to disk."""
_MB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One line of the list: a note (`listed`), a draft to go on with (`draft`), or the offer to write a note."""

    key: str
    when: str
    author: str
    text: str
    sign: str
    tone: Tone
    listed: ListedNote | None = None
    draft: Draft | None = None

    @property
    def is_note(self) -> bool:
        """True for a note of BrokerEngine, False for a draft and for the offer to write a note."""
        return self.draft is None and self.key != WRITE


LISTING: Final[Listing[NoteRow]] = Listing(
    columns=(
        ListColumn("sign", lambda row: row.sign, width=1, style=lambda row: row.tone, gap=1),
        ListColumn("when", lambda row: row.when, width=7, style="muted", gap=1),
        ListColumn("author", lambda row: row.author, width=10, style="muted", drop=1),
        ListColumn("text", lambda row: row.text, minimum=20, lit="strong"),
    ),
    key=lambda row: row.key,
    can_mark=False,
    is_record=lambda row: row.is_note,
)


def note_rows(
    listed: Sequence[ListedNote | RejectedRecord], drafts: Sequence[Draft], zone: DeskTime, why_not: str = ""
) -> list[NoteRow]:
    """Return the drafts, the notes (the newest first), those that were set aside, and the offer to write a note.

    `why_not` says why no note can be written now: it takes the place of the offers. "" if one can be written.
    """
    in_order = sorted(listed, key=lambda note: isinstance(note, RejectedRecord))
    notes = [_note_row(note, zone) for note in in_order]
    offer = "Write another note" if drafts else "Write a note"
    write = (
        NoteRow(WRITE, "", "", why_not, "–", "muted")
        if why_not
        else NoteRow(WRITE, "", "", offer, "+", "primary")
    )
    begun = [_draft_row(draft, may_write=not why_not) for draft in drafts]
    return [*begun, *notes, write] if begun or notes else [write]


def _draft_row(draft: Draft, *, may_write: bool) -> NoteRow:
    files = f"  + {len(draft.files)} file{'s' if len(draft.files) != 1 else ''}" if draft.files else ""
    text = f"{'Go on writing' if may_write else 'A draft'}: {' '.join(draft.text.split())}{files}"
    row = NoteRow(f"{WRITE} {draft.name}", "", draft.by, text, "+", "primary", draft=draft)
    return row if may_write else replace(row, sign="–", tone="muted")


def _note_row(listed: ListedNote | RejectedRecord, zone: DeskTime) -> NoteRow:
    if isinstance(listed, RejectedRecord):
        return NoteRow(
            listed.id, "", "", f"set aside: {field_in_words(listed.field)}: {listed.reason}", "✗", "bad"
        )
    return NoteRow(
        key=listed.note.id,
        when=_day(listed.note.created_at, zone),
        author=listed.note.author or "",
        text=" ".join(listed.note.text.split()),
        sign="●" if listed.is_in_flex else "○",
        tone="good" if listed.is_in_flex else "muted",
        listed=listed,
    )


def _day(moment: datetime | None, zone: DeskTime) -> str:
    """Return the local day of a moment; the day as it is written if the moment has no time zone; "" for none."""
    if moment is None:
        return ""
    return day_text(moment, zone.country) if moment.tzinfo is None else zone.day(moment.timestamp())


class NotesDialog(Modal[None], SaysWhyNot):
    """The card's notes, and the note under the cursor in full."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("notes")]
    CSS_PATH = "notes.tcss"
    FOOTER_HIDES = True

    def __init__(
        self,
        desk: NoteUseCases,
        card: BoardCard,
        ask: Ask,
        zone: DeskTime,
        paste: Paste,
        templates: Templates,
    ) -> None:
        super().__init__()
        self._templates = templates
        self._paste = paste
        self._desk = desk
        self._card = card
        self._ask = ask
        self._zone = zone
        self._why_not_written = "" if card.flex_id else not_in_flex(card.summary.id).message
        """Why no note can be written onto the card; "" if one can."""

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

    def on_mount(self) -> None:
        """Read the notes."""
        self._list.placeholder = "Reading the notes …"
        self._list.focus()
        self.read()

    @work(exclusive=True, group="notes")
    async def read(self) -> None:
        """Read the notes and the drafts."""
        card_id = self._card.summary.id
        try:
            listed = await self._desk.of_card(card_id)
            drafts = await self._desk.drafts(card_id)
            if self._why_not_written:
                self._why_not_written = await self._read_why_not_written()
        except DeskError as error:
            self._list.placeholder = f"{error.message} {error.fix}"
            self._list.placeholder_tone = "bad"
            return
        self.query_one("#notes").set_class(not listed, "-no-notes")
        self._list.set_rows(note_rows(listed, drafts, self._zone, self._why_not_written))
        self.refresh_bindings()

    async def _read_why_not_written(self) -> str:
        """Return why no note can be written onto a card that the board does not know to be in FLEX; "" if one can."""
        try:
            await self._desk.check_can_write(self._card.summary.id)
        except Unreachable:
            return self._why_not_written
        except DeskError as error:
            return error.message
        return ""

    @on(RowList.Highlighted, "#note-list")
    def _highlighted(self) -> None:
        self.refresh_bindings()
        row = self._list.cursor_row
        listed = row.listed if row else None
        if listed is None:
            reason = row.text if row is not None and row.tone == "bad" else ""
            self.query_one("#note-text", Static).update(paragraph(reason))
            return
        files = [
            content("[$foreground-muted]+ $name  $size bytes[/]", name=file.file_name, size=f"{file.size:,}")
            for file in listed.note.attachments
        ]
        pushed = self._times("pushed", listed.pushed_at)
        entered = self._times("entered by hand", listed.entered_at)
        whole = [paragraph(listed.note.text), *files, *pushed, *entered]
        self.query_one("#note-text", Static).update(content("\n").join(whole))

    def _times(self, word: str, times: Sequence[float]) -> list[Content]:
        """Return a line with the times at which a note came to FLEX; no line for none."""
        said = ", ".join(f"{self._zone.day_and_clock(at)}" for at in times)
        return [content("[$success]● $word $times[/]", word=word, times=said)] if said else []

    def why_not(self, action: str) -> str:
        """Return why an action can't be done now."""
        row = self._list.cursor_row
        if action == "write_note":
            return self._why_not_written
        if action == "push_selected" and row is not None and not row.is_note and self._why_not_written:
            return self._why_not_written
        if action == "push_selected" and (row is None or row.key == WRITE):
            return "There is no note under the cursor: w writes one."
        if action == "push_selected" and row is not None and row.tone == "bad":
            return "This note was set aside: correct it in BrokerEngine, then open the notes again."
        if action == "paste_note":
            return self._why_not_pasted()
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to write a note only onto a card that is in FLEX."""
        if action == "write_note" and self._why_not_written:
            return False
        return super().check_action(action, parameters)

    def _why_not_pasted(self) -> str:
        row = self._list.cursor_row
        if row is None or row.listed is None:
            return "Go to a note first. A note that you write here can be entered by hand from its preview."
        return (
            "" if self._card.flex_id else f"{self._card.summary.id} is not in FLEX yet: enter the card first."
        )

    @on(RowList.Selected, "#note-list")
    def _selected(self, event: RowList.Selected) -> None:
        row = self._list.row(event.key)
        if row is not None and not row.is_note and self._why_not_written:
            notify(self.app, self._why_not_written, severity="warning")
        elif row is not None and row.draft is not None:
            self._write(row.draft)
        elif event.key == WRITE:
            self._write(None)
        else:
            self._preview(event.key)

    @work(exclusive=True, group="preview-note")
    async def _preview(self, note_id: str) -> None:
        try:
            preview = await self._desk.preview(note_id)
        except DeskError as error:
            notify_error(self.app, error, title="Not pushed")
            return
        self.dismiss()
        self._ask(preview)

    @work(exclusive=True, group="write")
    async def action_write_note(self) -> None:
        """Go on with the draft that was begun last, or begin a note."""
        self._write(await self._desk.begun_draft(self._card.summary.id))

    @work(exclusive=True, group="write")
    async def _write(self, begun: Draft | None) -> None:
        """Open the box to write a note, and ask about the push of what was written."""
        card = self._card.summary
        try:
            await self._check_can_write()
            draft = await self._desk.draft_to_write(card.id, begun)
        except DeskError as error:
            notify(self.app, f"{error.message}\n{error.fix}", title="Not written", severity="warning")
            return
        editor = NoteEditor(self._desk, self._card, draft, self._templates, self._zone)
        written = await self.app.push_screen_wait(editor)
        if written is None:
            self.read()
            return
        try:
            files = await asyncio.to_thread(read_attachments, written.files)
            preview = await self._desk.preview_written(card.id, written.text, files)
        except DeskError as error:
            notify_error(self.app, error, title="Not pushed")
            return
        self.dismiss()
        self._ask(preview)

    async def _check_can_write(self) -> None:
        """Check that a note can be pushed onto the card. Raises `DeskError` if it can't.

        If BrokerEngine can't be reached, what the board knows decides: a note can be written without a connection.
        """
        try:
            await self._desk.check_can_write(self._card.summary.id)
        except Unreachable:
            if self._card.flex_id is None:
                raise

    def action_paste_note(self) -> None:
        """Close, and enter the note under the cursor in FLEX by hand."""
        row = self._list.cursor_row
        if row is not None and row.listed is not None:
            self.dismiss()
            self._paste(self._card.summary.id, row.listed.note.id)

    def action_push_selected(self) -> None:
        """Ask about the push of the note under the cursor."""
        self._list.action_open_row()

    def action_close_notes(self) -> None:
        """Close."""
        self.dismiss()

    @property
    def _list(self) -> RowList[NoteRow]:
        return self.query_one(RowList)


class NoteEditor(Modal[Draft | None], SaysWhyNot):
    """A box to write a note in. Returns what is to be pushed, or None; the draft is kept when the operator leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("note-editor")]
    CSS_PATH = "notes.tcss"

    def __init__(
        self, desk: NoteUseCases, card: BoardCard, draft: Draft, templates: Templates, zone: DeskTime
    ) -> None:
        super().__init__()
        self._templates = templates
        self._zone = zone
        self._desk = desk
        self._card = card
        self._draft = draft
        self._files: tuple[WrittenFile, ...] = ()

    def compose(self) -> ComposeResult:
        """Yield the title, the box, the files, and what there is of text and files."""
        summary = self._card.summary
        with Vertical(id="editor"):
            yield Static(
                content("[b]Write a note[/b]   $id $title", id=summary.id, title=summary.title),
                id="editor-title",
            )
            yield TextArea(self._draft.text, id="editor-text", soft_wrap=True, show_line_numbers=False)
            yield Static(id="editor-files")
            yield Static(id="editor-foot")

    async def on_mount(self) -> None:
        """Move the cursor to the end of the draft."""
        box = self.query_one(TextArea)
        box.move_cursor(box.document.end)
        box.focus()
        await self._read_files()

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self._draft = msgspec.structs.replace(self._draft, text=self.query_one(TextArea).text)
        self._count()
        self._keep(self._draft)

    def why_not(self, action: str) -> str:
        """Return why an action can't be done now."""
        if action == "detach_file" and not self._draft.files:
            return "The note has no files."
        return ""

    @work(exclusive=True, group="keep")
    async def _keep(self, draft: Draft) -> None:
        """Write the draft to disk once no key was pressed for a while. The editor may be closed by then."""
        await asyncio.sleep(KEEP_AFTER)
        await self._keep_now(draft)

    async def _keep_now(self, draft: Draft) -> None:
        try:
            await self._desk.keep_draft(draft)
        except DeskError as error:
            notify(self.app, f"The draft is not kept: {error.message}", severity="warning")

    def _count(self) -> None:
        length = len(self._draft.text)
        tone = "$error" if length > LONGEST_TEXT else "$foreground-muted"
        summary = joined(
            plain(f"{length:,}", tone),
            content("[$foreground-muted] of 32,000 characters · a draft is kept[/]"),
        )
        self.query_one("#editor-foot", Static).update(summary)

    # -- files -----------------------------------------------------------------------------------------

    async def _read_files(self) -> None:
        """Read the files of the draft, and show which of them FLEX takes."""
        self._files = await asyncio.to_thread(read_attachments, self._draft.files)
        shown = self.query_one("#editor-files", Static)
        shown.update(content("\n").join(file_lines(self._files)))
        shown.display = bool(self._files)
        self._count()

    @work(exclusive=True, group="attach")
    async def action_attach_file(self) -> None:
        """Ask for the path of a file, and attach the file."""
        question = content("Which file goes with the note? Type or paste its path.")
        given = await self.app.push_screen_wait(LineDialog("Attach a file", question, _wrong_file))
        if not given:
            return
        (file,) = read_attachments([_unquoted(given)])
        if file.path in self._draft.files:
            notify(self.app, f"{file.file_name} is attached already.", severity="warning")
            return
        await self._set_files((*self._draft.files, file.path))

    async def action_detach_file(self) -> None:
        """Remove the file that was attached last."""
        if why := self.why_not("detach_file"):  # a key with priority does not pass the app's own question
            notify(self.app, why, severity="warning")
            return
        await self._set_files(self._draft.files[:-1])

    async def _set_files(self, paths: tuple[str, ...]) -> None:
        self._draft = msgspec.structs.replace(self._draft, files=paths)
        await self._keep_now(self._draft)
        await self._read_files()

    # -- templates -------------------------------------------------------------------------------------

    @work(exclusive=True, group="template")
    async def action_use_template(self) -> None:
        """Ask for a template, and put its text in, filled from the card. What could not be filled stays visible."""
        read = await asyncio.to_thread(self._templates)
        if read.unread:
            notify(self.app, "\n".join(read.unread), title="Not read", severity="warning")
        if not read.templates:
            hint = f"There are no note templates. A template is a text file in {read.folder}."
            notify(self.app, hint, severity="warning")
            return
        offers = [Offer(template.name, template.name) for template in read.templates]
        chosen = await self.app.push_screen_wait(Chooser("Note template", offers))
        if chosen is None or chosen.value is None:
            return
        template = template_named(read.templates, chosen.value)
        try:
            filled = await self._desk.fill(self._card.summary.id, template, self._zone)
        except DeskError as error:
            notify_error(self.app, error)
            return
        self.query_one(TextArea).insert(filled.text)
        if filled.gaps:
            notify(self.app, f"{filled.gaps} Fill the gap by hand.", severity="warning")

    # -- leaving ---------------------------------------------------------------------------------------

    async def action_push_note(self) -> None:
        """Return what was written, to be previewed and confirmed."""
        await self._keep_now(self._draft)
        self.dismiss(self._draft)

    async def action_leave_editor(self) -> None:
        """Leave. The draft is kept."""
        await self._keep_now(self._draft)
        self.dismiss(None)

    async def action_own_editor(self) -> None:
        """Write in the operator's own editor."""
        box = self.query_one(TextArea)
        try:
            text = await with_terminal(self.app, lambda: edit_text(box.text))
        except DeskError as error:
            notify_error(self.app, error)
        except SuspendNotSupported:
            notify(self.app, "An editor can't be opened on this terminal. Write here.", severity="warning")
        else:
            box.text = text


def file_lines(files: Sequence[WrittenFile]) -> list[Content]:
    """Return a line for each file of a note, with the reason if FLEX does not take it, and what they come to."""
    faults = faults_of_files(files)
    lines = [
        content("[$error]✗ $name  $why[/]", name=file.file_name, why=why)
        if why
        else content(
            "+ $name  [$foreground-muted]$size bytes[/]", name=file.file_name, size=f"{len(file.content):,}"
        )
        for file, why in zip(files, faults, strict=True)
    ]
    if files:
        together = sum(len(file.content) for file in files if isinstance(file.content, bytes)) / _MB
        whole = f"{len(files)} of {MOST_FILES} files, {together:.1f} of {LARGEST_WHOLE // _MB} MB"
        lines.append(plain(whole, "$error" if any(faults) else "$foreground-muted"))
    return lines


def _unquoted(typed: str) -> str:
    """Return a path without the quotes that a terminal puts around a file that is dropped onto it."""
    text = typed.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def _wrong_file(typed: str) -> str:
    (file,) = read_attachments([_unquoted(typed)])
    (why,) = faults_of_files([file])
    return f"{file.file_name} can't be sent: {why}." if why else ""
