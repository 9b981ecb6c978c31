"""Runs the app's pushes: those a person confirmed, those an earlier run left, those a failed connection has paused."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from core.automatic.resumption import PausedPush, TriedAgain
from core.error_catalogue import meaning_of
from core.errors import DeskError
from core.flex.plans.note_decision import is_written_here
from core.push.caretaker import CareStopped, GoingOn, NeedsPerson, SecondRecord
from core.push.plan import Asset
from core.push.states import PushState
from core.receipts.model import Arrival
from core.stop import STOPPED
from core.texts import how_many
from tui.messages import PushChanged
from tui.sending.gathered_toasts import GatheredToast, GatheredToasts
from tui.text import notify, notify_error
from tui.words.pushes import ASSET_WORDS, confirmed_by_another
from tui.words.waiting import waiting_sentence

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from core.automatic.backoff import WaitingSend
    from core.flex.plans.preview import Preview
    from core.push.caretaker import CareEvent
    from core.push.records import Push, StepRecord
    from core.receipts.keeper import ReceiptOutcome
    from tui.app import DeskApp

TOGETHER: Final = 0.3
"""Seconds in which the pushes with which the app goes on are gathered, to be said together."""
SHOW_EVERY: Final = 0.25
"""Seconds between two looks at a running push of many steps."""
MANY_STEPS: Final = 100
"""A push with more steps changes more often than anybody can see, and takes long to show."""


class PushSender:
    """Runs every push of the app, whichever screen is shown, and says what a person has to know of it."""

    def __init__(self, app: DeskApp) -> None:
        self._app = app
        self._to_show: set[str] = set()
        """The ids of running pushes of many steps that changed since they were shown."""
        self._going_on: list[str] = []
        """The pushes with which the app goes on and that are not said yet, as "card C-1001"."""
        self._toasts = GatheredToasts(app)

    def begin(self) -> None:
        """Go on with what an earlier run left and with what waits, for as long as the app is open."""
        desk = self._app.desk
        if desk is not None and desk.keeper is not None:
            desk.keeper.tell = self._receipt
        self._app.begin_work(self._take_up, "take-up")
        self._app.begin_work(self._try_again, "try-again")

    # -- beginning and running -------------------------------------------------------------------------

    async def send(self, preview: Preview) -> Push | None:
        """Begin the push that a person confirmed. Return None, and show why, if it can't begin."""
        desk = self._app.desk
        if desk is None:
            return None
        try:
            push = await desk.flex.confirm(preview, desk.can_push)
        except DeskError as error:
            notify_error(self._app, error, title="Not pushed")
            return None
        self.run(push.push_id)
        return push

    def resume(self, push_id: str) -> None:
        """Continue a paused push. A person asked for it, so its connections are tried again at once."""
        desk = self._app.desk
        if desk is not None and desk.engine is not None:
            for breaker in desk.engine.breakers.values():
                breaker.reset()
            self.run(push_id)
            if desk.auto_push is not None:
                self._app.new_users.begin()
            self._app.header.look_at_systems()

    def run(self, push_id: str) -> None:
        """Run a push that was begun."""
        desk = self._app.desk
        if desk is not None and desk.engine is not None:
            desk.engine.run(push_id).add_done_callback(self._ran)

    def _ran(self, task: asyncio.Task[Push]) -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        if not isinstance(error, DeskError):
            raise error
        said = f"{error.message}\n{error.fix}"
        toast = GatheredToast(said, "Sending has stopped", "error", 30)
        self._toasts.say(error.code, toast, f"{{n}} pushes have stopped. {said}")

    def waiting(self) -> list[WaitingSend]:
        """Return what waits and is tried again automatically, the next one first."""
        desk = self._app.desk
        if desk is None:
            return []
        pushes = desk.resumption.waiting() if desk.resumption is not None else []
        users = desk.auto_push.waiting if desk.auto_push is not None else None
        others = [each for each in (users, self._app.milestone_watch.waiting) if each is not None]
        return sorted([*pushes, *others], key=lambda waiting: waiting.next_at)

    # -- what an earlier run left, and what waits --------------------------------------------------------

    async def _take_up(self) -> None:
        """Show what the caretaker does for as long as the app is open."""
        desk = self._app.desk
        if desk is None or desk.caretaker is None:
            return
        async for event in desk.caretaker.run():
            self._show_care(event)

    def _show_care(self, event: CareEvent) -> None:
        app = self._app
        match event:
            case GoingOn(push=push, run=run):
                if not self._going_on:
                    app.set_timer(TOGETHER, self._say_going_on)
                self._going_on.append(f"{push.asset} {push.subject}")
                run.add_done_callback(self._ran)
            case NeedsPerson(push=push, run=run):
                notify(app, f"The {push.asset} {push.subject} needs you: see Activity (4).")
                run.add_done_callback(self._ran)
            case SecondRecord(step=step):
                ids = ", ".join(step.candidates)
                said = f"{step.operation} {step.entity} {step.local_id} is there twice: {ids}."
                notify(app, said, title="A second record turned up", severity="error", seconds=60)
            case CareStopped(error=error):
                notify_error(app, error, title="The book")

    def _say_going_on(self) -> None:
        """Say with what the app goes on, in one toast for everything that was left."""
        names, self._going_on = self._going_on, []
        many = f"{how_many(len(names), 'push', 'pushes')}: see Activity (4)"
        notify(self._app, f"Going on with {names[0] if len(names) == 1 else many}.")

    async def _try_again(self) -> None:
        """Go on automatically with what a failed connection has paused, and say so."""
        app, desk = self._app, self._app.desk
        if desk is None or desk.resumption is None or desk.engine is None:
            return
        async for event in desk.resumption.run(desk.engine):
            match event:
                case PausedPush(waiting=waiting):
                    if waiting.failures == 1:
                        self._say_waiting(waiting)
                case TriedAgain(run=run):
                    run.add_done_callback(self._ran)
            app.header.show()

    def _say_waiting(self, waiting: WaitingSend) -> None:
        """Say that a push waits; several with one reason are said together."""
        said = waiting_sentence(waiting, self._app.local)
        toast = GatheredToast(
            said,
            "Waiting",
            "warning",
            holds=lambda: any(each.what == waiting.what for each in self.waiting()),
        )
        several = f"{{n}} pushes wait, and continue automatically: {meaning_of(waiting.code)}."
        self._toasts.say(f"waits {waiting.code}", toast, several)

    def confirmed_by(self, push: Push) -> str:
        """Return a sentence about a push that somebody else has confirmed; "" for this person's own."""
        app = self._app
        return confirmed_by_another(push, app.settings.operator, app.local.day_and_clock(push.created_at))

    # -- what is heard of a push -----------------------------------------------------------------------

    def heard(self, push: Push, steps: Sequence[StepRecord]) -> None:
        """Pass a change of a push on to the rooms: at once, or a few times a second for a push of many steps."""
        if len(steps) <= MANY_STEPS or push.state is not PushState.RUNNING:
            self._to_show.discard(push.push_id)
            self._app.post_message(PushChanged(push, steps))
        elif push.push_id not in self._to_show:
            self._to_show.add(push.push_id)
            self._app.set_timer(SHOW_EVERY, partial(self._show_long_push, push, steps))

    def _show_long_push(self, push: Push, steps: Sequence[StepRecord]) -> None:
        """Show how far a push of many steps is, unless its end was shown already."""
        if push.push_id in self._to_show:
            self._to_show.discard(push.push_id)
            self._app.post_message(PushChanged(push, steps))

    async def changed(self, push: Push) -> None:
        """Do what follows from the new state of a push. A desk that only reads leaves that to the one that sends."""
        if self._app.desk is None or self._app.desk.engine is None:
            return
        if push.asset is Asset.NOTE and push.state is PushState.DONE:
            await self._settle_drafts()
        if push.reason == STOPPED and self._app.stop_switch.stop is None:
            self._app.stop_switch.look()
        if push.state is PushState.REFUSED and push.reason == "plan-changed":
            await self._ask_again(push)

    async def _settle_drafts(self) -> None:
        """Delete the draft of a note that has arrived. A draft that can't be deleted now goes at the next start."""
        if self._app.desk is not None:
            with suppress(DeskError):
                await self._app.desk.notes.settle_drafts()

    async def _ask_again(self, push: Push) -> None:
        """Show what changed while the dialog of a push was open, and ask again. A written note keeps its text."""
        from tui.cards.push_dialog import PushDialog
        from tui.cards.screen import CardsScreen

        app = self._app
        dialog, cards = app.screen, app.rooms.named("cards")
        asked = dialog.preview if isinstance(dialog, PushDialog) else None
        if asked is not None and asked.plan.digest == push.plan and isinstance(cards, CardsScreen):
            await dialog.dismiss()
            cards.controller.ask_again(asked)
            return
        kept = ""
        if push.asset is Asset.NOTE and is_written_here(push.subject, push.about):
            kept = " Its text is kept as a draft (n)."
        about = push.about if kept else push.subject
        said = f"{about} changed since it was confirmed; nothing was sent.{kept}"
        several = (
            f"{{n}} {ASSET_WORDS[push.asset]} pushes were not sent: each changed since it was confirmed."
        )
        self._toasts.say(f"changed {push.asset}", GatheredToast(said, severity="warning"), several)

    def _receipt(self, outcome: ReceiptOutcome) -> None:
        """Say it if a value that was sent did not arrive as it was sent, or if a receipt can't be written."""
        if isinstance(outcome, DeskError):
            said = f"{outcome.message}\n{outcome.fix}"
            toast = GatheredToast(said, "No receipt yet", "warning")
            self._toasts.say(f"receipt {outcome.code}", toast, f"{{n}} pushes have no receipt yet. {said}")
        elif outcome is not None and (differs := outcome.record.counts.get(Arrival.DIFFERS, 0)):
            values = "value differs" if differs == 1 else "values differ"
            said = f"{differs} {values} from what was sent. Look at the receipt in Activity (4, then p)."
            toast = GatheredToast(said, f"Receipt {outcome.record.number}", "warning")
            several = "{n} receipts have values that differ from what was sent. Look at them in Activity (4, then p)."
            self._toasts.say("differs", toast, several)
