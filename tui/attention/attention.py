"""What asks for a person, for the whole app: counts for the header, notices, the terminal's title, leaving.

It belongs to the app and outlives every screen. It reads the waiting pushes once; the rest it hears from the rooms.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Protocol

from core.errors import DeskError
from tui.attention.counts import AskingPushes, milestones_waiting
from tui.attention.leaving import farewell, waiting_words
from tui.attention.long_work import TOLD_AFTER, LongWork
from tui.attention.notices import DesktopNotice, DesktopNotices, Setting
from tui.widgets.top_bar import RoomCount

if TYPE_CHECKING:
    from core.milestones.use_cases import Overview
    from core.push.records import Push
    from tui.wiring import Desk


class AttentionHost(Protocol):
    """What the app offers: whether it has the focus, its terminal, its clock and its workers."""

    app_focus: bool

    @property
    def is_headless(self) -> bool:
        """True if nothing is drawn."""
        ...

    @property
    def is_web(self) -> bool:
        """True if a browser draws the app."""
        ...

    def to_terminal(self, sequence: str) -> None:
        """Write a control sequence to the terminal."""
        ...

    def attention_changed(self) -> None:
        """Show the counts again."""
        ...

    def run_worker(self, work: Coroutine[None, None, None], /, *, group: str) -> object:
        """Run work in the background."""
        ...


class Attention:
    """Counts what needs a person, and tells a person who looks elsewhere."""

    def __init__(self, host: AttentionHost, setting: Setting, now: Callable[[], float]) -> None:
        """`setting` is the profile's `notices`; `now` returns seconds since 1970."""
        self._host = host
        self._now = now
        self._pushes = AskingPushes()
        self._contacts = 0
        self._milestones = 0
        self._works: list[LongWork] = []
        self._notices = DesktopNotices(setting, self._write, now, os.environ)

    def _write(self, sequence: str) -> None:
        """Write a sequence to a terminal. A browser or a test has none."""
        if not self._host.is_headless and not self._host.is_web:
            self._host.to_terminal(sequence)

    # -- counts ----------------------------------------------------------------------------------------

    @property
    def counts(self) -> dict[str, RoomCount]:
        """How much waits in each room."""
        return {
            "contacts": RoomCount(self._contacts),
            "milestones": RoomCount(self._milestones),
            "activity": RoomCount(self._pushes.number, is_urgent=True),
        }

    def opened(self, desk: Desk) -> None:
        """Begin to count what the book holds."""
        self._notices.show_title(0)
        self._host.run_worker(self._read(desk), group="attention")

    async def _read(self, desk: Desk) -> None:
        from core.push.activity import asking  # noqa: PLC0415 - the first frame does without

        try:
            self._pushes.begin(await asking(desk.book))
            self._changed()
            if desk.contacts is not None:
                from core.contacts.review.use_cases import open_questions  # noqa: PLC0415 - as above

                number = await open_questions(desk.book)
                self.contacts_counted(self._contacts or number)
        except DeskError:
            return  # the book is closed; the rooms say so

    def push_changed(self, push: Push) -> None:
        """Take the new state of a push."""
        before = self._pushes.number
        self._pushes.take(push)
        if self._pushes.number > before:
            self._tell(DesktopNotice.ASKS, self._pushes.number)
        elif self._is_long_and_over(push):
            self._tell(DesktopNotice.FINISHED)
        if self._pushes.number != before:
            self._changed()

    @staticmethod
    def _is_long_and_over(push: Push) -> bool:
        from core.push.states import ACTIVE  # noqa: PLC0415 - the first frame does without

        return push.state not in ACTIVE and push.updated_at - push.created_at >= TOLD_AFTER

    def contacts_counted(self, number: int) -> None:
        """Take how many questions of the contacts are open."""
        if number != self._contacts:
            self._contacts = number
            self._changed()

    def milestones_seen(self, overview: Overview | None, *, sends: bool) -> None:
        """Take what the watch over the milestones found."""
        number = milestones_waiting(overview, sends=sends)
        if number != self._milestones:
            self._milestones = number
            self._changed()

    def warned(self) -> None:
        """Tell a person who looks elsewhere that the app shows a warning."""
        self._tell(DesktopNotice.WARNING)

    def _tell(self, notice: DesktopNotice, number: int = 1) -> None:
        self._notices.tell(notice, number, has_focus=self._host.app_focus)

    def _changed(self) -> None:
        self._notices.show_title(self._pushes.number)
        self._host.attention_changed()

    def end(self) -> None:
        """Give the terminal its title back."""
        self._notices.give_title_back()

    # -- long work -------------------------------------------------------------------------------------

    @property
    def works(self) -> Sequence[LongWork]:
        """The work that goes on, such as a bulk push."""
        return self._works

    def begin_work(self, what: str, items: Sequence[str], stop: Callable[[], None]) -> LongWork:
        """Return a piece of work that begins now. `items` are the ids of what it consists of.

        Whoever does it takes each item off `not_begun` as it begins, counts `done`, and calls `work_ended`.
        """
        work = LongWork(what, items, self._now, stop)
        self._works.append(work)
        return work

    def work_ended(self, work: LongWork) -> None:
        """Take work off the list, and give a notice if it took long."""
        self._works.remove(work)
        if work.seconds >= TOLD_AFTER:
            self._tell(DesktopNotice.FINISHED, work.done)

    # -- leaving ---------------------------------------------------------------------------------------

    def leaving_words(self, desk: Desk, patience: float) -> str:
        """Return what leaving waits for now; "" if nothing is on its way."""
        engine = desk.engine
        running = [push for push in engine.unfinished() if engine.is_running(push.push_id)] if engine else []
        if engine is None or not running:
            return ""
        lives = [live for push in running if (live := engine.live(push.push_id)) is not None]
        systems = [step.system for live in lives for step in live.steps if step.state == "intent"]
        return waiting_words(systems, len(running), patience)

    def stop_works(self) -> Sequence[LongWork]:
        """Stop all long work, and return it. What is being begun at this moment still leaves its `not_begun`."""
        for work in self._works:
            work.stop()
        return tuple(self._works)

    @staticmethod
    def farewell(desk: Desk, in_doubt: int, not_begun: Sequence[str]) -> str:
        """Return what the next start will do; "" if nothing is left. `not_begun` are the ids of items of work."""
        engine = desk.engine
        left = engine.unfinished() if engine is not None else []
        going_on = [push for push in left if push.state != "needs-you"]
        return farewell(in_doubt, len(going_on), not_begun)
