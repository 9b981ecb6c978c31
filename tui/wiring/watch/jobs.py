"""The jobs of the watch. Each looks first, without the writer's lock, and says what there is to do with the lock.

A look may read both systems for minutes. The work that it returns sends, and ends with the round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from core.automatic.backoff import ASKS_A_PERSON
from core.automatic.brake import BrakeVerdict
from core.automatic.records import AutomaticWork, StandingOrder
from core.automatic.schedule import EVERY, JobName, JobOutcome
from core.automatic.standing_orders import StandingOrders, rule_of
from core.errors import DeskError
from core.milestones.candidates import ONLY_THE_BOOKS_LINKS
from core.push.duplicate_check import CHECK_AFTER
from core.push.plan import Asset
from core.push.records import DuplicateCheck, Push
from core.push.recovery import unfinished_pushes
from core.push.states import PASSES, PushState, StepState
from core.stop import STOPPED
from tui.wiring.book import WATCH_PATIENCE
from tui.words.reconcile import counts_sentence, look_line

if TYPE_CHECKING:
    from core.automatic.resumption import Resumption
    from core.contacts.sync.use_cases import NewUsers
    from core.milestones.use_cases import Overview
    from core.push.engine import Engine
    from core.push.ports import Clock
    from core.reconcile.model import Reconciliation
    from tui.wiring.desk import Desk

AT_ONCE: Final = 8
"""Pushes that run at the same time."""
SETTLING: Final = 10.0
"""Seconds between two rounds if all that is left waits for its settle time."""
LOOK_AGAIN: Final = 900.0
"""Seconds after which the watch looks again whether a reconciliation is due. That costs no request."""
TRY_AGAIN: Final = 2 * 3_600.0
"""Seconds after which a reconciliation that did not reach a system is made again, once it is due by the clock."""
NOTHING: Final = JobOutcome()


class Deadline:
    """Until when a round begins new work: for some seconds, or until the watch has to end."""

    def __init__(self, seconds: float, ending: asyncio.Event) -> None:
        self._until = asyncio.get_running_loop().time() + seconds
        self._ending = ending

    @property
    def left(self) -> float:
        """The seconds that are left, 0 if the time is over."""
        if self._ending.is_set():
            return 0.0
        return max(0.0, self._until - asyncio.get_running_loop().time())


Work: TypeAlias = Callable[["Desk", Deadline], Awaitable[JobOutcome]]
"""What is to do with the lock, with the desk of the round. Raises `DeskError`."""
Look: TypeAlias = Callable[["Desk"], Awaitable[Work | JobOutcome]]
"""Looks without the lock. Returns the work, or the outcome if there is nothing to do. Raises `DeskError`."""


class WatchTerms(Struct, frozen=True):
    """What a person said when the watch was started.

    `began` is the moment from which on a new standing order counts, in seconds since 1970. `takes_backlog` is True if
    what is older is sent too. `confirmed` are the ids of what the person was shown with its number: no brake holds it.
    """

    began: float
    takes_backlog: bool = False
    confirmed: frozenset[str] = frozenset()


class WeeklyWork(Protocol):
    """What the watch does once a week."""

    def seconds_left(self) -> float:
        """Return the seconds until it is due, 0 if it is due now. Blocks."""
        ...

    async def run(self, desk: Desk) -> Reconciliation:
        """Compare everything and keep the report. Raises `DeskError`."""
        ...


class WatchJobs:
    """The jobs of one run of the watch."""

    def __init__(
        self,
        resumption: Resumption,
        terms: WatchTerms,
        clock: Clock,
        weekly: WeeklyWork | None = None,
    ) -> None:
        self._weekly = weekly
        self._resumption = resumption
        self._clock = clock
        self._terms = terms
        self._widened: set[AutomaticWork] = set()
        self._lacked_links = False

    def look(self, job: JobName) -> Look:
        """Return the look of a job."""
        match job:
            case JobName.PUSHES:
                return self._look_at_pushes
            case JobName.DUPLICATE_CHECKS:
                return self._look_at_checks
            case JobName.MILESTONES:
                return self._look_at_milestones
            case JobName.NEW_USERS:
                return self._look_at_new_users
            case JobName.RECONCILE:
                return self._reconcile

    # -- pushes that wait ------------------------------------------------------------------------------

    async def _look_at_pushes(self, desk: Desk) -> Work | JobOutcome:
        """Look for unfinished pushes that can go on without a person, and for receipts that are not written yet."""
        if desk.book.stop() is not None:
            return JobOutcome(STOPPED, said=("All sending is stopped.",))
        unfinished = await unfinished_pushes(desk.book)
        due = [push.push_id for push in unfinished if self._can_go_on(push)]
        receipts = await desk.receipts.waiting() if desk.receipts is not None else []
        if not due and not receipts:
            return self._after_pushes(unfinished)

        async def work(desk: Desk, deadline: Deadline) -> JobOutcome:
            engine = desk.can_push
            left = {push.push_id for push in engine.unfinished()}
            ids = [push_id for push_id in due if push_id in left]
            before = _states(engine, ids)
            ended = await _run(engine, ids, deadline)
            done = sum(push.state is PushState.DONE for push in ended)
            outcome = self._after_pushes(engine.unfinished())
            again = outcome.again_in
            if len(ended) < len(ids):
                # A step in doubt waits for its settle time, and changes nothing until then.
                again = 0.0 if _states(engine, ids) != before else SETTLING
            elif receipts and await _are_written(desk, len(receipts), deadline):
                again = 0.0
            return JobOutcome(
                outcome.code,
                again,
                (*_counted(done, "push that waited arrived", "pushes that waited arrived"), *outcome.said),
                (JobName.MILESTONES,) if done else (),
            )

        return work

    def _can_go_on(self, push: Push) -> bool:
        """Return True if a push can be tried now: its next try is due, and no person has to look at it first."""
        if push.reason in ASKS_A_PERSON or push.reason == "plan-gone":
            return False
        if push.state is PushState.NEEDS_YOU and push.reason not in (*PASSES, "quit"):
            return False
        waiting = self._resumption.waiting_push(push.push_id)
        return waiting is None or waiting.next_at <= self._clock.now()

    def _after_pushes(self, unfinished: Collection[Push]) -> JobOutcome:
        """Return how the pushes stand: the code of one that a person has to mend, else of one that waits."""
        for push in unfinished:
            if push.reason in ASKS_A_PERSON:
                waits = f"The {push.asset} {push.subject} waits for a person ({push.reason})."
                again = f"brokerdesk resume {push.push_id} tries it again."
                return JobOutcome(push.reason, EVERY[JobName.PUSHES], (waits, again))
        ids = {push.push_id for push in unfinished}
        shown = [self._resumption.waiting_push(push_id) for push_id in ids]
        waiting = sorted((each for each in shown if each is not None), key=lambda each: each.next_at)
        if not waiting:
            return NOTHING
        wait = max(1.0, waiting[0].next_at - self._clock.now())
        pushes = "push waits" if len(waiting) == 1 else "pushes wait"
        return JobOutcome(waiting[0].code, wait, (f"{len(waiting)} {pushes} for a connection.",))

    # -- duplicate checks ------------------------------------------------------------------------------

    async def _look_at_checks(self, desk: Desk) -> Work | JobOutcome:
        checks = await desk.book.all(DuplicateCheck)
        wait = min((check.since + CHECK_AFTER - self._clock.now() for check in checks), default=None)
        if wait is None or wait > 0:
            return JobOutcome(again_in=min(wait or CHECK_AFTER, EVERY[JobName.DUPLICATE_CHECKS]))

        async def work(desk: Desk, deadline: Deadline) -> JobOutcome:
            try:
                async with asyncio.timeout(max(1.0, deadline.left)):
                    checked = await desk.can_resume.check()
            except TimeoutError:
                return JobOutcome("deadline", said=("The duplicate check took too long.",))
            said = [
                f"{step.operation} {step.entity} is there twice: {', '.join(step.candidates)}. It needs a person."
                for step in checked.doubled
            ]
            return JobOutcome(again_in=max(60.0, checked.again_in or CHECK_AFTER), said=tuple(said))

        return work

    # -- milestones ------------------------------------------------------------------------------------

    async def _look_at_milestones(self, looking: Desk) -> Work | JobOutcome:
        """Take in what was received, poll, and find out what can be sent. The draft keeps what is to be written."""
        room, draft = looking.can_watch, looking.draft
        if draft is None or looking.orders is None:
            raise AssertionError("a look of the watch has a draft")
        overview = await room.look()
        sends = room.terms.writer == "desk"
        order = await looking.orders.of(AutomaticWork.MILESTONES)
        due = overview.due_since(self._since(order), self._left_to_a_person(order))
        names = [line.name for line in due] if sends else []
        stopped = looking.book.stop() is not None
        verdict = (
            None if stopped or not sends else await self._judge(looking, AutomaticWork.MILESTONES, names)
        )
        said = (*overview.notices, *self._new_lack(overview))
        has_sends = verdict is not None and bool(verdict.go or verdict.is_news)
        if not draft.has_changes and not has_sends and not (sends and self._is_new(order)):
            return _braked(JobOutcome(said=said), verdict)

        async def work(desk: Desk, deadline: Deadline) -> JobOutcome:
            await draft.write_to(desk.book)
            if not sends:
                return JobOutcome(said=said)
            more = list(said)
            given = order
            if given is None or self._is_new(given):
                given = await self._give(desk, AutomaticWork.MILESTONES)
                more.append(_announced(given))
                more += _left(
                    len(overview.due) - len(names), "milestone that is older", "milestones that are older"
                )
            if verdict is None:
                return JobOutcome(said=tuple(more))
            await desk.can_brake.keep(verdict)
            desk.can_watch.overview = overview
            return _braked(await _send_milestones(desk, verdict, given, deadline, more), verdict)

        return work

    def _new_lack(self, overview: Overview) -> tuple[str, ...]:
        """Say that only the links of the book are known, unless the look before said so."""
        lacked, self._lacked_links = self._lacked_links, overview.lacks_links
        return (ONLY_THE_BOOKS_LINKS,) if overview.lacks_links and not lacked else ()

    # -- new users -------------------------------------------------------------------------------------

    async def _look_at_new_users(self, looking: Desk) -> Work | JobOutcome:
        """Read both systems, and find out who can be pushed."""
        if looking.book.stop() is not None:
            return JobOutcome(STOPPED, said=("All sending is stopped.",))
        _, syncs = looking.can_sync
        if looking.orders is None:
            raise AssertionError("a desk with contacts has orders")
        order = await looking.orders.of(AutomaticWork.NEW_USERS)
        if any(push.asset is Asset.SYNC for push in await unfinished_pushes(looking.book)):
            return NOTHING  # another sync is under way
        found = await syncs.look_for_new_users(self._left_to_a_person(order))
        if found is None:
            return NOTHING
        is_new = self._is_new(order)
        sends = found.ids if self._terms.takes_backlog or not is_new else ()
        verdict = await self._judge(looking, AutomaticWork.NEW_USERS, sends)
        if not is_new and not verdict.go and not verdict.is_news:
            return _braked(NOTHING, verdict)

        async def work(desk: Desk, deadline: Deadline) -> JobOutcome:
            said: list[str] = []
            given = order
            if given is None or self._is_new(given):
                given = await self._give(desk, AutomaticWork.NEW_USERS, found.ids)
                said.append(_announced(given))
                if given.left:
                    said += _left(len(given.left), "user who is new", "users who are new")
                    return JobOutcome(said=tuple(said))
            return await _push_new_users(desk, found, verdict, given, deadline, said)

        return work

    # -- the reconciliation ----------------------------------------------------------------------------

    async def _reconcile(self, looking: Desk) -> JobOutcome:
        """Compare the book with the systems once a week, at night. It writes nothing, so it needs no lock."""
        if self._weekly is None:
            raise AssertionError("a watch that reconciles knows how")
        if left := await asyncio.to_thread(self._weekly.seconds_left):
            return JobOutcome(again_in=min(left, LOOK_AGAIN), is_early=True)
        report = await self._weekly.run(looking)
        said = [f"{counts_sentence(report)} brokerdesk reconcile --last shows more."]
        if not report.sums.adds_up:
            said.append("The sums of the confirmed pushes do not add up.")
        if failed := report.failed:
            said += [look_line(look) for look in failed]
            return JobOutcome(failed[0].code, TRY_AGAIN, tuple(said))
        return JobOutcome(again_in=LOOK_AGAIN, said=tuple(said))

    # -- the brake -------------------------------------------------------------------------------------

    async def _judge(self, looking: Desk, what: AutomaticWork, ids: Sequence[str]) -> BrakeVerdict:
        return await looking.can_brake.judge(what, ids, self._terms.confirmed)

    def _left_to_a_person(self, order: StandingOrder | None) -> tuple[str, ...]:
        """Return the ids that an order leaves to a person; none if the order is given or widened now."""
        return () if order is None or self._is_new(order) else order.left

    # -- standing orders -------------------------------------------------------------------------------

    def _is_new(self, order: StandingOrder | None) -> bool:
        """Return True if an order has to be given, or to be widened to what is older."""
        if order is None:
            return True
        return (
            self._terms.takes_backlog and order.what not in self._widened and bool(order.since or order.left)
        )

    def _since(self, order: StandingOrder | None) -> float:
        """Return the moment from which on milestones are sent."""
        if self._terms.takes_backlog and self._is_new(order):
            return 0.0
        return float(int(self._terms.began)) if order is None else order.since

    async def _give(self, desk: Desk, what: AutomaticWork, left: Sequence[str] = ()) -> StandingOrder:
        orders: StandingOrders | None = desk.orders
        if orders is None:
            raise AssertionError("a desk with contacts has orders")
        self._widened.add(what)
        if self._terms.takes_backlog:
            return await orders.take_backlog(what)
        since = float(int(self._terms.began))
        return await orders.give(what, since, left)


def _braked(outcome: JobOutcome, verdict: BrakeVerdict | None) -> JobOutcome:
    """Return the outcome of a job of which a part waits for a person's word. A failure of the rest comes first."""
    if verdict is None or not verdict.waits or outcome.code:
        return outcome
    error = verdict.error
    return replace(outcome, code=error.code, said=(*outcome.said, error.message, error.fix))


async def _send_milestones(
    desk: Desk, verdict: BrakeVerdict, order: StandingOrder, deadline: Deadline, said: Sequence[str]
) -> JobOutcome:
    """Send milestones until the round is over. The next of a contact is due after this one has arrived."""
    room, engine, brake = desk.can_watch, desk.can_push, desk.can_brake
    ended: list[Push] = []
    number = 0
    waiting = [
        (rule, names[at : at + AT_ONCE])
        for rule, names in verdict.by_rule(rule_of(order, verdict.local))
        for at in range(0, len(names), AT_ONCE)
    ]
    while waiting and deadline.left:
        rule, batch = waiting.pop(0)
        try:
            begun = await room.begin(batch, engine, rule=rule)
            await brake.begun(verdict.what, sum(name not in verdict.confirmed for name in batch))
        except DeskError as error:
            if error.code == STOPPED:
                break
            return JobOutcome(error.code, said=(*said, error.message))
        number += len(begun)
        ended += await _run(engine, [push.push_id for push in begun], deadline)
    done = sum(push.state is PushState.DONE for push in ended)
    return JobOutcome(
        again_in=0.0 if done or waiting else None,
        said=(*said, *_counted(done, "milestone sent", "milestones sent")),
        hurries=(JobName.PUSHES,) if done < number else (),
    )


async def _push_new_users(
    desk: Desk,
    found: NewUsers,
    verdict: BrakeVerdict,
    order: StandingOrder,
    deadline: Deadline,
    said: Sequence[str],
) -> JobOutcome:
    """Push the new users that the brake allows, as far as the round has time."""
    await desk.can_brake.keep(verdict)
    try:
        async with asyncio.timeout(deadline.left + WATCH_PATIENCE):
            chosen, rule = found.only(verdict.go), verdict.rule_of_all(rule_of(order, verdict.local))
            push = await desk.can_sync[1].push_new_users(desk.can_push, chosen, rule)
    except TimeoutError:
        return JobOutcome("deadline", said=(*said, "New users could not be read again in time."))
    if push is None:
        return _braked(JobOutcome(said=tuple(said)), verdict)
    await desk.can_brake.begun(verdict.what, len(verdict.unasked))
    await _run(desk.can_push, [push.push_id], deadline)
    users = "user" if push.size == 1 else "users"
    more = f"{push.size:,} new {users} on the way to Total Expert."
    return _braked(JobOutcome(said=(*said, more), hurries=(JobName.PUSHES,)), verdict)


async def _are_written(desk: Desk, number: int, deadline: Deadline) -> bool:
    """Wait for the missing receipts, `number` of them, until the round is over. Return True if some were written."""
    if desk.receipts is None or desk.keeper is None:
        return False
    with suppress(TimeoutError):
        async with asyncio.timeout(deadline.left):  # the desk began to write them when it was opened
            await desk.keeper.caught_up.wait()
    return len(await desk.receipts.waiting()) < number


def _states(engine: Engine, push_ids: Sequence[str]) -> list[StepState]:
    """Return the states of all steps of some pushes."""
    pushes = [live for push_id in push_ids if (live := engine.live(push_id)) is not None]
    return [step.state for live in pushes for step in live.steps]


async def _run(engine: Engine, push_ids: Sequence[str], deadline: Deadline) -> list[Push]:
    """Run pushes, some at a time, until the round is over. Return those that came to rest.

    What is still on its way then is finished when the desk of the round closes. Raises `BookClosed`.
    """
    waiting, running = list(push_ids), set[asyncio.Task[Push]]()
    ended: list[Push] = []
    while (waiting or running) and deadline.left:
        while waiting and len(running) < AT_ONCE:
            running.add(engine.run(waiting.pop(0)))
        done, running = await asyncio.wait(
            running, timeout=min(deadline.left, 0.5), return_when=asyncio.FIRST_COMPLETED
        )
        ended += [task.result() for task in done]
    return ended


def _announced(order: StandingOrder) -> str:
    """Return a sentence that says what an order lets the desk do from now on."""
    return f"Sent automatically from now on, by an order of {order.by}. brokerdesk watch --end ends that."


def _counted(number: int, single: str, several: str) -> list[str]:
    if not number:
        return []
    return [f"{number:,} {single if number == 1 else several}."]


def _left(number: int, single: str, several: str) -> list[str]:
    if not number:
        return []
    is_left = "is" if number == 1 else "are"
    return [
        f"{number:,} {single if number == 1 else several} {is_left} left to a person; --backlog takes them."
    ]
