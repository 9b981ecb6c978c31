"""The rounds of automatic work that wait for a person's OK, because each would touch too many records at once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from core.errors import DeskError
from tui.text import notify, notify_error

if TYPE_CHECKING:
    from core.automatic.records import BrakedRound
    from tui.app import DeskApp


class BrakedRounds:
    """Shows how much waits, and takes a person's answer."""

    def __init__(self, app: DeskApp) -> None:
        self._app = app
        self._rounds: list[BrakedRound] = []
        """The rounds that wait, as they were seen last."""

    @property
    def number(self) -> int:
        """How many records wait for a person's OK."""
        return sum(braked.number for braked in self._rounds)

    async def look(self) -> None:
        """Show in the header what waits. A closed book shows nothing new."""
        desk = self._app.desk
        if desk is None or desk.brake is None:
            return
        with suppress(DeskError):
            rounds = await desk.brake.waiting()
            if rounds != self._rounds:
                self._rounds = rounds
                self._app.header.show()

    def answer(self) -> None:
        """Show each round that waits, and carry out the answer."""
        self._app.begin_work(self._answer, "answer-brake")

    async def _answer(self) -> None:
        from tui.sending.brake_question import BrakeAnswer, ask_about_round

        app = self._app
        await self.look()
        desk = app.desk
        if desk is None or desk.brake is None or desk.orders is None or not self._rounds:
            notify(app, "Nothing waits for your OK.")
            return
        if desk.book.read_only is not None:
            notify(app, desk.book.read_only.message, title="Reading only", severity="warning")
            return
        app.clear_notifications()  # the dialog says what they say, and they would cover it
        for braked in self._rounds:
            answer = await ask_about_round(app, braked)
            try:
                if answer is BrakeAnswer.ALLOW:
                    await desk.brake.allow(braked)
                elif answer is BrakeAnswer.LEAVE:
                    await desk.orders.leave(braked.what, braked.ids)
                    await desk.brake.forget(braked)
                    app.milestone_watch.leave(braked.ids)
            except DeskError as error:
                notify_error(app, error, title="Not answered")
        await self.look()
        app.milestone_watch.look()
        if desk.auto_push is not None:
            desk.auto_push.hurry()
