"""The watch over the milestones: it takes in what was received, every minute, whichever room is shown.

The watch sends nothing until a person switches sending on, and then only as long as the app runs. With a standing order
(`brokerdesk watch`) it sends what happened from the order's moment on: while the app has the book open, the headless
watch leaves the work to it. It knows the app by `WatchHost` alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Coroutine
from random import SystemRandom
from typing import TYPE_CHECKING, Final, Protocol

from core.automatic.backoff import ASKS_A_PERSON, RetryTimer, WaitingSend
from core.automatic.records import AutomaticWork
from core.automatic.standing_orders import rule_of
from core.automatic.unasked import UnaskedSending
from core.errors import DecidedMeanwhile, DeskError
from core.push.plan import Asset
from core.push.states import PASSES, PushState
from tui.milestones.messages import MilestonesFailed, MilestonesSeen

if TYPE_CHECKING:
    from textual.message import Message

    from core.automatic.records import StandingOrder
    from core.milestones.inputs import MilestoneLine
    from core.milestones.use_cases import MilestoneUseCases, Overview
    from core.push.records import Push
    from tui.wiring import Desk

SUBJECT: Final = "milestone:"
"""The subject of a milestone's push is this prefix, then the milestone's local id."""
EVERY: Final = 60.0
"""Seconds between two looks at what was received."""


def by_itself(operator: str, when: str) -> str:
    """Return the rule that the receipt names: who switched sending on in this console, and when by the desk's time."""
    return f"{operator} switched auto-send on in this app on {when}; nobody was asked about this push"


UNASKED: Final = "auto-send is on in this app; nobody was asked about this push"
"""The rule that the receipt names if the desk was not open yet when sending was switched on."""


ORDER_STAYS: Final = (
    "Nothing is sent automatically while brokerdesk is open. After that brokerdesk watch goes on; "
    "brokerdesk watch --end ends it."
)


TEAM_ORDER_STAYS: Final = (
    "This app sends nothing automatically. The team's brokerdesk watch goes on; "
    "brokerdesk watch --end ends it."
)
LOOK_AT_IT: Final = "F8 shows what waits, and takes your answer."
"""Where a person answers, in the app."""


class WatchHost(Protocol):
    """What the watch needs of the app."""

    @property
    def desk(self) -> Desk | None:
        """The desk, or None until it is open."""

    @property
    def titles(self) -> dict[str, str]:
        """The titles of pushes by subject; the watch adds those of milestones."""

    def post_message(self, message: Message, /) -> bool:
        """Post a message to the app. The app hands a `MilestonesSeen` or `MilestonesFailed` back to the watch."""

    def run_worker(self, work: Coroutine[None, None, None], /, *, group: str) -> object:
        """Run a coroutine until it ends or the app does."""

    def set_interval(self, interval: float, callback: Callable[[], None], /) -> object:
        """Call `callback` every `interval` seconds."""

    def run_push(self, push_id: str) -> None:
        """Run a push that was begun."""

    def warn(self, text: str, *, title: str) -> None:
        """Show a warning over whatever is on the screen."""

    def milestones_changed(self) -> None:
        """Show in the rooms and in the top bar what the watch knows now."""


class _WatchClock:
    """The app's clock, as core takes it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        """Returns seconds since 1970, UTC."""


def watch_for(host: WatchHost, now: Callable[[], float]) -> MilestoneWatch:
    """Return a watch for an app. `now` returns seconds since 1970, UTC."""
    return MilestoneWatch(host, RetryTimer(_WatchClock(now), SystemRandom()))


class MilestoneWatch:
    """Looks at the milestones for the app, and sends what is due if a person switched that on."""

    def __init__(self, host: WatchHost, timer: RetryTimer) -> None:
        """`timer` says when a look that failed is tried again."""
        self._host = host
        self._timer = timer
        self.overview: Overview | None = None
        """The milestones as of the last look; None before the first."""
        self.trouble: DeskError | None = None
        """Why `overview` may be out of date."""
        self._is_switched_on = False
        """True if a person switched sending on in this console."""
        self._order: StandingOrder | None = None
        self._obeys_order = True
        self._confirmed = frozenset[str]()
        """What was due when a person switched sending on: the question gave its number."""
        self._left = frozenset[str]()
        """The milestones that a person took over when they waited for an OK, if no standing order remembers them."""
        self._braked = ""
        """What the last warning said about milestones that wait for an OK; "" if none wait."""
        self._rule = UNASKED
        self._looking = False
        self._look_again = False

    def begin(self) -> None:
        """Look now, and every minute from now on, if the profile has milestones."""
        if self._use_cases is not None:
            self.look()
            self._host.set_interval(EVERY, self.look)

    @property
    def sends(self) -> bool:
        """True if what is due is sent without asking, in this run."""
        return self._is_switched_on or self._carries_out_order

    @property
    def unasked(self) -> UnaskedSending:
        """What is sent without asking, as of the last look, by this app or by others with this book."""
        desk = self._host.desk
        may_send = desk is not None and desk.engine is not None
        is_shared = desk is not None and desk.book.is_shared
        return UnaskedSending(
            self._is_switched_on,
            self._order,
            obeys=self._carries_out_order,
            rests=may_send and not is_shared,
            left=self._left,
            is_shared=is_shared,
        )

    @property
    def waiting(self) -> WaitingSend | None:
        """How the next look waits after one that failed; None if the last one did not, or if it needs a person."""
        if self.trouble is None or self.trouble.code not in PASSES or not self._timer.failures:
            return None
        return self._timer.waiting("milestones", self.trouble.code)

    def look(self) -> None:
        """Take in what is new, unless a look that failed is not due again yet or waits for a person.

        If a look is running already, it looks again at its end.
        """
        if self.trouble is not None and self.trouble.code in ASKS_A_PERSON:
            return
        if not self._timer.failures or self._timer.seconds_left == 0:
            self._begin_look(lambda milestones: milestones.tick())

    def read(self) -> None:
        """Ask SimpleNexus and look at everything again."""
        self._begin_look(lambda milestones: milestones.look())

    def decide(self, decide: Callable[[MilestoneUseCases], Awaitable[Overview]]) -> None:
        """Carry out what a person decided, and show the milestones as they then are."""
        self._start(self._run(decide, self._send_due))

    def start_sending(self) -> None:
        """Send what is due, now and as it becomes due, without asking, until the app ends or `stop_sending`."""
        self._is_switched_on = self._obeys_order = True
        self._confirmed = frozenset(line.name for line in self.overview.due) if self.overview else frozenset()
        desk, milestones = self._host.desk, self._use_cases
        if desk is not None and milestones is not None:
            self._rule = by_itself(milestones.terms.operator, desk.local.moment(milestones.clock.now()))
        self._host.milestones_changed()
        self.read()

    def stop_sending(self) -> None:
        """Send nothing without asking from now on, in this console."""
        self._is_switched_on = self._obeys_order = False
        if self._order is not None:
            is_shared = self._host.desk is not None and self._host.desk.book.is_shared
            self._host.warn(TEAM_ORDER_STAYS if is_shared else ORDER_STAYS, title="Milestones")
        self._host.milestones_changed()
        self.read()

    def leave(self, names: Collection[str]) -> None:
        """Leave milestones to a person who took them over when they waited for an OK: no rule sends them."""
        self._left |= frozenset(names)

    def send(self, names: Collection[str]) -> None:
        """Send the due milestones with these local ids, which a person confirmed."""
        self._start(self._send_or_say_why_not(names))

    def push_changed(self, push: Push) -> None:
        """Look again when the push of a milestone has ended: the contact's next milestone may be due.

        A milestone with a changed plan is planned again at once, but sent without asking only at a later look.
        """
        at_rest = push.state not in (PushState.QUEUED, PushState.RUNNING)
        if push.asset is Asset.MILESTONE and at_rest:
            send = self._send_nothing if push.reason == "plan-changed" else self._send_due
            self._start(self._run(lambda milestones: milestones.look_again(), send))

    def seen(self, overview: Overview) -> None:
        """Keep what a look found, and show it."""
        for notice in overview.notices:
            self._host.warn(notice, title="Received events")
        self.overview, self.trouble = overview, None
        self._timer.succeeded()
        for line in overview.lines:
            if line.name:
                self._host.titles[f"{SUBJECT}{line.name}"] = f"{line.milestone}, contact {line.contact}"
        self._host.milestones_changed()

    def failed(self, error: DeskError) -> None:
        """Keep why a look failed, and show it. The same error is shown once, not every minute."""
        before, self.trouble = self.trouble, error
        if error.code in PASSES:
            self._timer.failed()
        if before is None or before.code != error.code:
            self._host.warn(f"{error.message}\n{error.fix}", title="Milestones")
        self._host.milestones_changed()

    # -- at work ---------------------------------------------------------------------------------------

    @property
    def _use_cases(self) -> MilestoneUseCases | None:
        desk = self._host.desk
        return desk.milestones if desk is not None else None

    def _start(self, work: Coroutine[None, None, None]) -> None:
        self._host.run_worker(work, group="milestones")

    def _begin_look(self, look: Callable[[MilestoneUseCases], Awaitable[Overview]]) -> None:
        """Begin a look, unless another one is running: that one then looks again."""
        if self._looking:
            self._look_again = True
        else:
            self._start(self._run(look, self._send_due))

    async def _run(
        self,
        how: Callable[[MilestoneUseCases], Awaitable[Overview]],
        send: Callable[[Overview], Awaitable[None]],
    ) -> None:
        milestones = self._use_cases
        if milestones is None:
            return
        self._looking, self._look_again = True, False
        try:
            overview = await how(milestones)
            if self._look_again:
                overview = await milestones.look_again()
            await send(overview)
        except DeskError as error:
            if isinstance(error, DecidedMeanwhile) and milestones.overview is not None:
                self._host.post_message(MilestonesSeen(milestones.overview))
            self._host.post_message(MilestonesFailed(error))
        else:
            self._host.post_message(MilestonesSeen(overview))
        finally:
            self._looking = False

    async def _send_due(self, overview: Overview) -> None:
        self._order = await self._standing_order()
        desk = self._host.desk
        left = self._left.union(self._order.left if self._order is not None else ())
        if self._is_switched_on:
            await self._send_unasked(overview.due_since(0.0, left), self._rule)
        elif self._order is not None and self._carries_out_order and desk is not None:
            rule = rule_of(self._order, desk.local)
            await self._send_unasked(overview.due_since(self._order.since, left), rule)
        else:
            await self._send_unasked(
                (), ""
            )  # nothing is sent without asking, so nothing waits for an OK any more

    async def _send_unasked(self, due: Collection[MilestoneLine], rule: str) -> None:
        """Send what is due by a rule, unless so much is due at once that it waits for a person's OK."""
        desk = self._host.desk
        if desk is None or desk.engine is None or desk.brake is None:
            return
        brake = desk.brake
        names = [line.name for line in due]
        verdict = await brake.judge(AutomaticWork.MILESTONES, names, self._confirmed)
        await brake.keep(verdict)
        said = verdict.error.message if verdict.waits else ""
        if said and said != self._braked:
            self._host.warn(f"{said}\n{LOOK_AT_IT}", title="Milestones wait for your OK")
        self._braked = said
        for named, ids in verdict.by_rule(rule):
            await self._send(ids, named)
        await brake.begun(AutomaticWork.MILESTONES, len(verdict.unasked))
        self._host.milestones_changed()

    async def _standing_order(self) -> StandingOrder | None:
        """Return the book's order for milestones, or None."""
        desk = self._host.desk
        return await desk.orders.of(AutomaticWork.MILESTONES) if desk is not None and desk.orders else None

    @property
    def _carries_out_order(self) -> bool:
        """True if this app carries out a standing order. An app that only reads carries out none.

        On a team's book one watch carries it out, for all desks.
        """
        desk = self._host.desk
        can_send = desk is not None and desk.engine is not None and not desk.book.is_shared
        return can_send and self._order is not None and self._obeys_order

    async def _send_nothing(self, overview: Overview) -> None:
        """Leave what is due to a later look."""

    async def _send_or_say_why_not(self, names: Collection[str]) -> None:
        try:
            await self._send(names)
        except DeskError as error:
            self._host.post_message(MilestonesFailed(error))

    async def _send(self, names: Collection[str], rule: str = "") -> None:
        desk = self._host.desk
        if desk is None or desk.milestones is None or not names:
            return
        for push in await desk.milestones.begin(names, desk.can_push, rule=rule):
            self._host.run_push(push.push_id)
