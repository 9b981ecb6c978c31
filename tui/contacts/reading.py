"""Reads and matches both contact systems for the Contacts room, and says what came of it.

The reader knows only the part of the room that `ReadingRoom` names. What it finds it posts to the room as messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

from textual.worker import Worker

from core.collector import loading
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.review.queue import ReviewItem
from core.contacts.review.reviewed import Reviewed
from core.contacts.review.use_cases import ReviewUseCases
from core.errors import BookClosed, DeskError
from core.push.plan import System
from tui.contacts.controller import ContactController
from tui.contacts.messages import Heard, LastQuestionsRead, Matching, MatchRead, ReadAgain, ReadFailed
from tui.contacts.pairs import changed_question
from tui.contacts.wording import reading_line
from tui.text import notify
from tui.words.reads import read_line, short_lines

if TYPE_CHECKING:
    from textual.message import Message

    from core.contacts.use_cases import ContactUseCases
    from tui.app import DeskApp
    from tui.wiring import Desk

STOPPED: Final = "You stopped the reading.\n\nr reads both systems."
"""Shown in place of the list if the first reading was stopped."""
Gather = Callable[["ContactUseCases"], Awaitable[MatchSnapshot]]
"""Reads both systems: what changed, or everything."""


class ReadingRoom(Protocol):
    """What the reader needs from the room."""

    @property
    def desk(self) -> Desk | None:
        """The desk, or None until it is open."""

    @property
    def desk_app(self) -> DeskApp:
        """The app, with its clock."""

    def post_message(self, message: Message, /) -> bool:
        """Post a message to the room."""

    def show_reading(self) -> None:
        """Show how far the reading is, or that it is over."""

    def run_worker(
        self, work: Coroutine[None, None, None], /, *, group: str, exclusive: bool
    ) -> Worker[None]:
        """Run a coroutine until it or the room ends. `exclusive` cancels other work of the same group."""


class MatchReader:
    """Reads both systems, one reading at a time, which a person can stop."""

    def __init__(self, room: ReadingRoom, controller: ContactController) -> None:
        """`controller` learns with whom the app can be shared."""
        self._room = room
        self._controller = controller
        self.is_running = False
        """True from the beginning of a reading until its match is there."""
        self._read: dict[System, int] = {}
        self._began = 0.0
        self._is_matching = False
        self._is_nearly_there = False
        """True once the answers are applied to the new match: from then on it has to be shown."""
        self._worker: Worker[None] | None = None

    # -- beginning and ending --------------------------------------------------------------------------

    def open(self, contacts: ContactUseCases, review: ReviewUseCases) -> None:
        """Show the questions of the last match, if the book keeps them, then have the room read both systems."""
        self.is_running = True
        self._begin()
        self._worker = self._run(self._open_last_questions(contacts, review))

    def read_changes(self, review: ReviewUseCases) -> None:
        """Read what changed in both systems since the last read, and match."""
        self._start(review, lambda contacts: contacts.gather(self._hear))

    def read_all(self, review: ReviewUseCases) -> None:
        """Read both systems in full, and match."""
        self._start(review, lambda contacts: contacts.gather_all(self._hear))

    def stop(self) -> None:
        """Stop the reading. What was shown before stays."""
        if self._worker is not None and self.can_stop:
            self._worker.cancel()
            self.is_running = False
            self._room.show_reading()

    @property
    def can_stop(self) -> bool:
        """True while nothing of the new match is kept: the match is nearly made, and is shown when it is."""
        return self.is_running and not self._is_nearly_there

    def ended(self) -> None:
        """Take it that the reading is over."""
        self.is_running = False

    def _start(self, review: ReviewUseCases, gather: Gather) -> None:
        if self.is_running:
            return
        self.is_running = True
        self._begin()
        self._room.show_reading()
        self._worker = self._run(self._gather_and_match(review, gather))

    def _begin(self) -> None:
        self._read, self._is_matching, self._is_nearly_there = {}, False, False
        self._began = self._now

    @property
    def _now(self) -> float:
        return self._room.desk_app.now().timestamp()

    def _run(self, work: Coroutine[None, None, None]) -> Worker[None]:
        return self._room.run_worker(work, group="contacts", exclusive=True)

    # -- how far it is ---------------------------------------------------------------------------------

    @property
    def read(self) -> dict[System, int]:
        """How many contacts of each system were read so far."""
        return self._read

    @property
    def line(self) -> str:
        """How far the reading is: contacts of each system, the rate, and that they are matched now."""
        seconds = self._now - self._began
        return reading_line(self._read, seconds, self._had, is_matching=self._is_matching)

    @property
    def _had(self) -> dict[System, int]:
        """How many contacts each system had when it was read before; {} before the first read of this run."""
        contacts = self._room.desk.contacts if self._room.desk is not None else None
        return {read.system: read.records for read in contacts.reads} if contacts is not None else {}

    def heard(self, event: Heard) -> None:
        """Note how many contacts of a system were read so far."""
        self._read[event.system] = event.count
        self._room.show_reading()

    def matching(self) -> None:
        """Note that both systems were read, and that their contacts are being matched."""
        self._is_matching = True
        self._room.show_reading()

    def _hear(self, system: System, count: int) -> None:
        self._room.post_message(Heard(system, count))

    # -- at work ---------------------------------------------------------------------------------------

    async def _open_last_questions(self, contacts: ContactUseCases, review: ReviewUseCases) -> None:
        with suppress(DeskError):  # reading both systems says what is wrong
            kept = await review.last_questions()
            if kept is not None and kept.rows:
                gathered = await contacts.known_contacts(kept.ids, kept.counted, kept.at)
                if gathered is not None:
                    reviewed = await review.begin_last(kept, gathered, contacts.options(gathered))
                    await asyncio.to_thread(reviewed.prepare)
                    self._room.post_message(LastQuestionsRead(gathered, reviewed))
        self._room.post_message(ReadAgain())

    async def _gather_and_match(self, review: ReviewUseCases, gather: Gather) -> None:
        whole_desk = self._room.desk
        desk = whole_desk.contacts if whole_desk is not None else None
        if desk is None or whole_desk is None:
            return
        try:
            gathered = await gather(desk)
            self._room.post_message(Matching())
            if whole_desk.syncs is not None:
                await self._controller.read_shares(whole_desk.syncs)
            with loading():
                matched = await desk.match(gathered)
                self._is_nearly_there = True
                reviewed = await review.begin(matched)
                await asyncio.to_thread(reviewed.prepare)
                await asyncio.to_thread(self._controller.prepare, gathered)
                not_used = await asyncio.to_thread(lambda: len(gathered.not_used))
        except DeskError as error:
            self._room.post_message(ReadFailed(error))
        else:
            self._room.post_message(MatchRead(gathered, reviewed, not_used))
            with suppress(BookClosed):  # another process writes to the book: it keeps its own questions
                await review.keep(reviewed, gathered)
            with loading():
                await desk.prepare_changes()

    # -- what came of it -------------------------------------------------------------------------------

    def say_change(self, before: Reviewed, item: ReviewItem, now: Reviewed) -> bool:
        """Say so if the question that was shown is another one now. Return True if it is."""
        change = changed_question(before, item, now)
        if change:
            notify(self._room.desk_app, change, title="The question changed", severity="warning")
        return bool(change)

    def say_taken_back(self, review: ReviewUseCases) -> None:
        """Say which answers about questions of the last match the new match took back."""
        if not review.taken_back:
            return
        count = len(review.taken_back)
        were = "answer was" if count == 1 else "answers were"
        said = f"{count:,} {were} taken back, because the records changed. You are asked about them again."
        notify(self._room.desk_app, said, title="Answers taken back", severity="warning")

    def say_how_read(self) -> None:
        """Say how both systems were read."""
        app, contacts = self._room.desk_app, self._room.desk.contacts if self._room.desk else None
        how = read_line(contacts.reads, app.local) if contacts is not None else ""
        notify(app, f"Read both systems again: {how}.")

    def say_missing(self) -> None:
        """Warn if a system gave clearly fewer records than before: every sync waits for an answer then."""
        app, contacts = self._room.desk_app, self._room.desk.contacts if self._room.desk else None
        if contacts is not None and contacts.short_reads:
            lines = short_lines(contacts.short_reads, app.local)
            said = "\n".join([*lines, "Nothing is synced: a asks what to do, R reads everything again."])
            notify(app, said, title="Fewer records", severity="error", seconds=30)

    def say_set_aside(self, count: int) -> None:
        """Say how many records or fields can't be used; nothing if all can."""
        if count:
            were = "record or field was" if count == 1 else "records or fields were"
            message = f"{count:,} {were} set aside. To see them: brokerdesk match"
            notify(self._room.desk_app, message, title="Contacts", severity="warning")
