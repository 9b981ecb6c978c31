"""Push notes onto a card's FLEX record. One decision makes one note record; a draft goes when its text has arrived."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import count
from typing import Final

import msgspec
from msgspec import Struct

from core.decoding.typed_json import decode_json
from core.errors import BookClosed, DeskError, Unreachable
from core.flex.model import Attachment, Card, FlexNote, Note, RejectedRecord, WrittenFile, WrittenNote
from core.flex.note_templates import FilledTemplate, NoteTemplate, fill, values_of
from core.flex.plans.note import SEEN, NoteInputs, not_in_flex, plan_note
from core.flex.plans.note_decision import NoteDecision, decision_of, is_written_here, written_note_id
from core.flex.plans.preview import Preview
from core.flex.ports import CardPapers
from core.flex.records import NoteSent
from core.flex.use_cases import drafts
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.drafts import Draft, draft_file, own_draft_file
from core.push.plan import Asset, Plan
from core.push.records import Push, plan_file
from core.push.states import ACTIVE, PushState

NOT_REACHED: Final = (
    "FLEX can't be reached now: it is checked before the note is sent whether FLEX has the same note already."
)
NOT_SEARCHED: Final = (
    "FLEX's gateway does not list a record's notes: it could not be checked whether FLEX has the same text."
)
ON_ITS_WAY: Final = "This note is confirmed already and on its way. Nothing more is sent."


_NO_ANSWER: Final = "bad-answer"
"""The code of a gateway that is there and does not answer the question."""


class _InFlex(Struct, frozen=True):
    """The notes that FLEX has, and why FLEX could not be asked, or ""."""

    notes: Sequence[FlexNote] = ()
    not_asked: str = ""


class ListedNote(Struct, frozen=True):
    """A note of a card, and when its text was pushed before or entered by hand, in seconds since 1970, UTC."""

    note: Note
    pushed_at: tuple[float, ...]
    entered_at: tuple[float, ...] = ()

    @property
    def is_in_flex(self) -> bool:
        """True if the text was pushed or entered by hand before."""
        return bool(self.pushed_at or self.entered_at)


class _SentNote(Struct, frozen=True):
    """A note that is in FLEX or on its way there. `at` is in seconds since 1970, UTC."""

    text: str
    at: float
    by_hand: bool


class NoteUseCases:
    """The use cases of notes."""

    def __init__(self, cards: CardUseCases, say_time: Callable[[float], str]) -> None:
        self._cards = cards
        self._say_time = say_time

    async def of_card(self, card_id: str) -> list[ListedNote | RejectedRecord]:
        """Return a card's notes, the newest first; a note that does not fit is set aside.

        Raises `DeskError`, `Unreachable`, `BookClosed`.
        """
        notes = [] if self._cards.papers is None else await self._cards.papers.notes(card_id)
        sent = await self._sent(card_id)
        return [
            note if isinstance(note, RejectedRecord) else self._listed(note, sent) for note in reversed(notes)
        ]

    def _listed(self, note: Note, sent: Sequence[_SentNote]) -> ListedNote:
        same = self._with_text(sent, note.text)
        return ListedNote(
            note,
            pushed_at=tuple(known.at for known in same if not known.by_hand),
            entered_at=tuple(known.at for known in same if known.by_hand),
        )

    async def read(self, note_id: str) -> Note:
        """Read one of BrokerEngine's notes. Raises `DeskError` (unknown-note, no-notes), `BadRecord`, `Unreachable`."""
        return await self._papers().note(note_id)

    async def preview(self, note_id: str) -> Preview:
        """Return what pushing one of BrokerEngine's notes would do. FLEX is asked whether it has the note already.

        Raises `DeskError` (unknown-note, no-notes), `BadRecord`, `Unreachable`, `BookClosed`.
        """
        note, files = await self._picked(note_id)
        return await self._next_push(note, files)

    async def preview_written(self, card_id: str, text: str, files: Sequence[WrittenFile] = ()) -> Preview:
        """Return what pushing a note written here would do. Raises as `preview`."""
        written = WrittenNote(card_id, text, tuple(files))
        attachments = tuple(
            Attachment(str(n), file.file_name, file.content_type, len(file.content))
            for n, file in enumerate(files)
        )
        note = Note(self._name_of(written), card_id, text, self._cards.operator, attachments=attachments)
        contents = {str(n): file.content for n, file in enumerate(files)}
        return await self._next_push(note, contents, written)

    async def preview_again(self, confirmed: Preview) -> Preview:
        """Return what pushing the note of a confirmed preview would do now: a written note keeps its text and files.

        Raises as `preview`.
        """
        if (written := confirmed.written) is not None:
            return await self.preview_written(written.card_id, written.text, written.files)
        return await self.preview(decision_of(confirmed.subject).local_id)

    async def check_can_write(self, card_id: str) -> None:
        """Check that a note can be pushed onto a card, before the note is written.

        Raises `DeskError` (not-linked, unknown-card), `BadRecord`, `Unreachable`, `BookClosed`.
        """
        _, flex_id = await self._cards.card_and_flex_id(card_id)
        if flex_id is None:
            objection = not_in_flex(card_id)
            raise DeskError(objection.code, objection.message)

    async def fill(
        self, card_id: str, template: NoteTemplate, zone: Callable[[float], datetime]
    ) -> FilledTemplate:
        """Return a template of a note, filled from a card. `zone` gives the local time, for the day of today.

        Raises `DeskError` (unknown-card), `BadRecord`, `Unreachable`, `BookClosed`.
        """
        card, flex_id = await self._cards.card_and_flex_id(card_id)
        today = zone(self._cards.clock.now()).date()
        return fill(template, values_of(card, flex_id, self._cards.operator, today))

    def _name_of(self, written: WrittenNote) -> str:
        """Return the name of a written note: the same for the same card, text and files, in this book alone."""
        files = [[file.file_name, file.content_type, _digest(file.content)] for file in written.files]
        try:
            return written_note_id(
                written.card_id, self._cards.book.keyed_hash("Written Note", [written.text, files])
            )
        except BookClosed:  # a book that was never written to has no key yet; it has sent nothing either
            return written_note_id(written.card_id, self._cards.new_decision())

    # -- which push it would be ------------------------------------------------------------------------

    async def _next_push(
        self, note: Note, files: dict[str, bytes | str], written: WrittenNote | None = None
    ) -> Preview:
        """Return the preview of the note's first generation that neither this book nor FLEX has.

        If the same note is on its way already, return the preview of that push: confirming it sends nothing more.
        """
        card, flex_id = await self._cards.card_and_flex_id(note.card_id)
        sent = self._with_text(await self._sent(note.card_id), note.text)
        inputs = NoteInputs(
            note=note,
            card=card,
            flex_id=flex_id,
            decision=NoteDecision(note.id),
            field_map=self._cards.field_map,
            workspace=self._cards.workspace,
            files=files,
            written=written,
            has_gateway=self._cards.has_gateway,
        )
        there: dict[str, FlexNote] = {}
        for generation in count():
            inputs = msgspec.structs.replace(inputs, decision=NoteDecision(note.id, generation))
            if of_subject := await self._not_refused(inputs.decision.subject):
                if same := await self._on_its_way(of_subject, plan_note(inputs)):
                    return same
                continue
            by_ref = await self._ask_for_ref(inputs)
            there |= {known.flex_id: known for known in by_ref.notes}
            if not by_ref.notes:
                break
        by_text = await self._ask_for_text(inputs)
        there |= {known.flex_id: known for known in by_text.notes}
        in_flex = sorted(there.values(), key=lambda known: known.created_at)
        return plan_note(
            msgspec.structs.replace(
                inputs,
                sent_before=[] if in_flex else [self._say(known) for known in sent],
                in_flex=[self._since(known) for known in in_flex],
                not_checked=by_ref.not_asked or by_text.not_asked,
            )
        )

    def _say(self, known: _SentNote) -> str:
        """Return in words when a note came to FLEX."""
        return f"{self._say_time(known.at)}{' (entered by hand)' if known.by_hand else ''}"

    async def _not_refused(self, subject: str) -> list[Push]:
        """Return the pushes of a subject by which the note may be in FLEX, or may still come there."""
        pushes = await self._cards.book.where(Push, subject=subject)
        return [push for push in pushes if push.state is not PushState.REFUSED]

    async def _on_its_way(self, pushes: Sequence[Push], preview: Preview) -> Preview | None:
        """Return the preview of the unfinished push that sends the same, if there is one."""
        for push in pushes:
            if push.state not in ACTIVE:
                continue
            content = await self._cards.book.get_file(plan_file(push.push_id))
            plan = decode_json(content, Plan) if content else None
            if plan is not None and plan.steps == preview.plan.steps:
                return msgspec.structs.replace(preview, plan=plan, warnings=(ON_ITS_WAY,))
        return None

    async def _ask_for_ref(self, inputs: NoteInputs) -> _InFlex:
        """Ask FLEX for notes that have the decision's reference."""
        records = self._cards.records
        if records is None or inputs.flex_id is None:
            return _InFlex()
        try:
            return _InFlex(await records.notes_with(inputs.decision.ref(inputs.workspace)))
        except Unreachable:
            return _InFlex(not_asked=NOT_REACHED)

    async def _ask_for_text(self, inputs: NoteInputs) -> _InFlex:
        """Ask FLEX for notes with the same text on the card's FLEX record."""
        records, text = self._cards.records, inputs.note.text
        if records is None or inputs.flex_id is None or not text.strip():
            return _InFlex()
        try:
            return _InFlex(await records.notes_like(inputs.flex_id, text))
        except Unreachable as error:
            return _InFlex(not_asked=NOT_SEARCHED if error.code == _NO_ANSWER else NOT_REACHED)

    def _since(self, known: FlexNote) -> str:
        try:
            return self._say_time(datetime.fromisoformat(known.created_at).timestamp())
        except ValueError:
            return "an unknown time"

    # -- before the first send -------------------------------------------------------------------------

    async def is_fresh(self, plan: Plan) -> bool:
        """Return True if the note, its card and FLEX are still as they were when the note was confirmed.

        The card is linked to the same record, BrokerEngine's note is the same, and FLEX has neither the note nor, if
        the preview did not say so, its text. A plan of an earlier version has another subject: only its card's link
        is compared.
        """
        card, flex_id = await self._cards.card_and_flex_id(plan.about)
        if not all(step.parent == flex_id for step in plan.steps):
            return False
        if not all(step.local_id == plan.subject for step in plan.steps):
            return True
        if not is_written_here(plan.subject, plan.about) and not await self._is_unchanged(plan, card):
            return False
        return await self._is_not_there(plan)

    async def _is_unchanged(self, plan: Plan, card: Card) -> bool:
        """Return True if BrokerEngine's note would be sent as it was confirmed."""
        decision = decision_of(plan.subject)
        note, files = await self._picked(decision.local_id)
        again = plan_note(
            NoteInputs(
                note=note,
                card=card,
                flex_id=plan.steps[0].parent,
                decision=decision,
                field_map=self._cards.field_map,
                workspace=self._cards.workspace,
                files=files,
            )
        )
        return again.pushable and again.plan.steps == plan.steps

    async def _is_not_there(self, plan: Plan) -> bool:
        """Return True unless FLEX has a note that the preview did not name. Raises `Unreachable`.

        A gateway that can't search the notes of a record leaves the text unchecked, as the preview said.
        """
        records = self._cards.records
        if records is None:
            return True
        for step in plan.steps:
            if await records.notes_with(step.ref):
                return False
            if SEEN in plan.overrides:
                continue
            try:
                if await records.notes_like(step.parent or "", str(step.body.get("Text", ""))):
                    return False
            except Unreachable as error:
                if error.code != _NO_ANSWER:
                    raise
        return True

    # -- reading ---------------------------------------------------------------------------------------

    async def _picked(self, note_id: str) -> tuple[Note, dict[str, bytes | str]]:
        """Read a note and the content of its files."""
        papers = self._papers()
        note = await papers.note(note_id)
        return note, {file.id: await _content(papers, file.id) for file in note.attachments}

    async def _sent(self, card_id: str) -> list[_SentNote]:
        """Return the notes that were pushed onto the card or entered by hand, without refused pushes."""
        sent = await self._cards.book.where(NoteSent, card=card_id)
        pushes = await self._cards.book.get_many(Push, [note.push_id for note in sent])
        by_hand = {
            push.push_id: push.asset is Asset.PASTE for push in pushes if push.state is not PushState.REFUSED
        }
        return [
            _SentNote(note.text, note.at, by_hand[note.push_id]) for note in sent if note.push_id in by_hand
        ]

    def _with_text(self, sent: Sequence[_SentNote], text: str) -> list[_SentNote]:
        """Return those of the notes that have this text."""
        if not sent:
            return []
        hashed = self.hash_of(text)
        return [note for note in sent if note.text == hashed]

    def hash_of(self, text: str) -> str:
        """Return the keyed hash by which the book knows the text of a note."""
        return self._cards.book.keyed_hash("Note Text", text.strip())

    def _papers(self) -> CardPapers:
        if self._cards.papers is None:
            raise DeskError("no-notes", "This source of cards has no notes.")
        return self._cards.papers

    # -- drafts ----------------------------------------------------------------------------------------

    async def drafts(self, card_id: str) -> list[Draft]:
        """Return the drafts of a card's notes; a note that is on its way is left out. Raises `BookClosed`."""
        return await drafts.drafts_of(self._cards.book, card_id)

    async def begun_draft(self, card_id: str) -> Draft | None:
        """Return the draft to go on with: the first that nobody else writes; None without one. Raises `BookClosed`."""
        begun = await self.drafts(card_id)
        return next((draft for draft in begun if draft.by in ("", self._cards.operator)), None)

    async def draft_to_write(self, card_id: str, begun: Draft | None = None) -> Draft:
        """Return the draft to write in: the one that was begun, else an empty one. Raises `BookClosed`.

        The draft of a confirmed note that did not arrive moves to another file: the push may still be sent, and takes
        its own file with it then. What somebody else on the same book is writing stays theirs: it is copied.
        """
        book, me = self._cards.book, self._cards.operator
        own = own_draft_file(book, card_id, me)
        by = me if book.is_shared else ""
        taken = await self._cards.book.get_file(own) is not None
        free = draft_file(card_id, self._cards.new_decision()) if taken else own
        if begun is None:
            return Draft(free, by=by)
        if begun.name == own:
            return begun
        moved = Draft(free, begun.text, begun.files, by)
        await self.keep_draft(moved)
        if begun.by in ("", me):
            await self._cards.book.delete_file(begun.name)
        return moved

    async def keep_draft(self, draft: Draft) -> None:
        """Keep a draft in a private file, or delete the file if the draft is blank. Raises `BookClosed`."""
        await drafts.keep(self._cards.book, draft)

    async def settle_drafts(self) -> None:
        """Delete the draft of each note that has arrived. Raises `BookClosed`."""
        await drafts.settle(self._cards.book)


def _digest(content: bytes | str) -> str:
    return hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()


async def _content(papers: CardPapers, attachment_id: str) -> bytes | str:
    """Return a file's bytes, or the reason why BrokerEngine does not give them. Raises `Unreachable`."""
    try:
        return await papers.attachment(attachment_id)
    except Unreachable:
        raise
    except DeskError as error:
        return error.message.removesuffix(".")
