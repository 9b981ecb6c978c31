"""Push notes onto a card's FLEX record. One decision makes one note record; a draft survives a crash."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

from core.errors import DeskError, Unreachable
from core.flex.model import Note, RejectedRecord
from core.flex.plans.note import NoteInputs, plan_note
from core.flex.plans.objections import flex_id_of
from core.flex.plans.preview import Preview
from core.flex.ports import CardPapers
from core.flex.records import NoteSent
from core.flex.use_cases.cards import CardUseCases
from core.push.plan import Plan
from core.push.records import Push
from core.push.states import PushState


class ListedNote(Struct, frozen=True):
    """A note of a card, and when its text was pushed before, in seconds since 1970, UTC."""

    note: Note
    pushed_at: tuple[float, ...]


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
            note if isinstance(note, RejectedRecord) else ListedNote(note, self._times(sent, note.text))
            for note in reversed(notes)
        ]

    async def preview(self, note_id: str) -> Preview:
        """Return what pushing one of BrokerEngine's notes would do.

        Raises `DeskError` (unknown-note, no-notes), `BadRecord`, `Unreachable`, `BookClosed`.
        """
        papers = self._papers()
        note = await papers.note(note_id)
        files = {file.id: await _content(papers, file.id) for file in note.attachments}
        return await self._plan(note, files)

    async def preview_written(self, card_id: str, text: str) -> Preview:
        """Return what pushing a note written here would do. Raises as `preview`."""
        note = Note(id=f"{card_id}-draft", card_id=card_id, text=text, author=self._cards.operator)
        return await self._plan(note, {})

    async def _plan(self, note: Note, files: dict[str, bytes | str]) -> Preview:
        of_card = await self._cards.gather(note.card_id)
        return plan_note(
            NoteInputs(
                note=note,
                card=of_card.card,
                flex_id=flex_id_of(of_card),
                decision=f"{note.id}@{self._cards.new_decision()}",
                field_map=self._cards.field_map,
                workspace=self._cards.workspace,
                files=files,
                sent_before=[
                    self._say_time(at) for at in self._times(await self._sent(note.card_id), note.text)
                ],
            )
        )

    async def is_fresh(self, plan: Plan) -> bool:
        """Return True if the card is still linked to the record that the confirmed note goes onto."""
        of_card = await self._cards.gather(plan.about)
        return all(step.parent == flex_id_of(of_card) for step in plan.steps)

    async def _sent(self, card_id: str) -> list[NoteSent]:
        """Return the notes that were pushed onto the card, without refused pushes."""
        sent = await self._cards.book.where(NoteSent, card=card_id)
        pushes = await self._cards.book.get_many(Push, [note.push_id for note in sent])
        arrived = {push.push_id for push in pushes if push.state is not PushState.REFUSED}
        return [note for note in sent if note.push_id in arrived]

    def _times(self, sent: Sequence[NoteSent], text: str) -> tuple[float, ...]:
        """Return when the same text was pushed before, in seconds since 1970, UTC."""
        if not sent:
            return ()
        hashed = self._cards.book.keyed_hash("Note Text", text.strip())
        return tuple(note.at for note in sent if note.text == hashed)

    def _papers(self) -> CardPapers:
        if self._cards.papers is None:
            raise DeskError("no-notes", "This source of cards has no notes.")
        return self._cards.papers

    # -- drafts ----------------------------------------------------------------------------------------

    async def draft(self, card_id: str) -> str:
        """Return the draft of a card's note, or "". Raises `BookClosed`."""
        content = await self._cards.book.get_file(draft_file(card_id))
        return content.decode() if content else ""

    async def keep_draft(self, card_id: str, text: str) -> None:
        """Keep a draft in a private file, or delete the file if the text is blank. Raises `BookClosed`."""
        if text.strip():
            await self._cards.book.put_file(draft_file(card_id), text.encode("utf-8", "replace"))
        else:
            await self._cards.book.delete_file(draft_file(card_id))


async def _content(papers: CardPapers, attachment_id: str) -> bytes | str:
    """Return a file's bytes, or the reason why BrokerEngine does not give them. Raises `Unreachable`."""
    try:
        return await papers.attachment(attachment_id)
    except Unreachable:
        raise
    except DeskError as error:
        return error.message.removesuffix(".")


def draft_file(card_id: str) -> str:
    """Return the name of the private file that keeps the draft of a card's note."""
    return f"draft-{card_id.encode().hex()}"


def say_time(zone: Callable[[float], datetime]) -> Callable[[float], str]:
    """Return a function that says a time in words: "28 Nov 2026, 09:21". `zone` gives the local time."""
    return lambda at: f"{zone(at):%-d %b %Y, %H:%M}"
