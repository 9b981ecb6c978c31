"""What a person or the watch can do with milestones: take in what was received, look, decide, send.

Only the engine sends. It asks before every send whether the plan still holds.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from core.automatic.unasked import is_taken
from core.errors import DecidedMeanwhile, DeskError, Unreachable
from core.milestones.calculations.intake import CalculationIntake, TakenReports
from core.milestones.events import CalculationReport
from core.milestones.fact_store import FactStore
from core.milestones.gather import MilestoneGatherer, MilestoneSettings, consent_seal
from core.milestones.inputs import MilestoneLine
from core.milestones.milestone_map import Milestone, MilestoneId
from core.milestones.plan import plan_milestones
from core.milestones.ports import Outside
from core.milestones.records import Approval, Doubt, MilestoneState, Pause, SentMilestone, Skip
from core.milestones.sent import line_of
from core.push.engine import Engine
from core.push.plan import Asset, Plan
from core.push.ports import Book, Clock
from core.push.records import Link, Push, Record
from core.push.states import PushState
from core.push.team.decided import decided_meanwhile
from core.receipts.careful_start import CarefulKind, CarefulStart
from core.receipts.shown import shown_by_rule

POLL_EVERY: Final = 300.0
"""Seconds between two polls if nobody asks for one. Webhooks report sooner. The number is ours."""
LOOK_EVERY: Final = 600.0
"""Seconds after which everything is planned again although nothing was received. The number is ours."""
TRIES: Final = 3
"""How often one call of `send` takes up the same milestone, if its plan changes meanwhile."""
AT_ONCE: Final = 8
"""Pushes that run at the same time, each for another contact."""
_M = MilestoneState
Decision: TypeAlias = Approval | Skip | Pause
"""What a person decides about a milestone or a contact."""


class Overview(Struct, frozen=True):
    """Every milestone that is open or was taken up, as it was at `at` (seconds since 1970), oldest first.

    `paused` are the ids of contacts for whom nothing is sent. `notices` are sentences for the operator.
    `lacks_calculations` says that the desk sends Ran Calculation, and that nothing reports calculations. `lacks_links`
    says that a person counts as not linked although only the book's links are known: the systems may hold the link.
    """

    lines: tuple[MilestoneLine, ...]
    at: float
    paused: frozenset[str] = frozenset()
    notices: tuple[str, ...] = ()
    lacks_calculations: bool = False
    lacks_links: bool = False

    @property
    def due(self) -> tuple[MilestoneLine, ...]:
        """What can be sent now: the first milestone of each contact."""
        return tuple(line for line in self.lines if line.state is _M.DUE and line.plan)

    def due_since(self, moment: float, left: Collection[str] = ()) -> tuple[MilestoneLine, ...]:
        """What can be sent now and happened at `moment` or later (seconds since 1970), without the names in `left`."""
        return tuple(line for line in self.due if is_taken(line, moment, left))


class MilestoneUseCases:
    """The use cases of one profile. With `keeps` false, nothing is written to the book or dropped from the inbox."""

    def __init__(
        self,
        outside: Outside,
        book: Book,
        terms: MilestoneSettings,
        new_id: Callable[[], str],
        clock: Clock,
        *,
        keeps: bool = True,
        careful: CarefulStart | None = None,
    ) -> None:
        self._careful = careful
        self.terms = terms
        self.clock = clock
        self.overview: Overview | None = None
        """How everything was at the last look; None before the first."""
        self._applications = outside.applications
        self._ties = outside.ties
        self._inbox = outside.inbox
        self._book = book
        self._new_id = new_id
        self._keeps = keeps
        self._store = FactStore(book, keeps=keeps)
        self._gatherer = MilestoneGatherer(outside, book, terms, self._store, clock, keeps=keeps)
        self._calculations = CalculationIntake(
            outside.applications, outside.ties, self._store, book, keeps=keeps
        )
        self._turn = asyncio.Lock()
        self._taking = asyncio.Lock()
        self._polled_at = -POLL_EVERY
        self._decided: Mapping[str, Decision] = {}
        """What people had decided at the last look, by kind and key. Is empty on a book that nobody else uses."""

    # -- taking in ---------------------------------------------------------------------------------------

    async def take_in(self, *, poll: bool = True) -> tuple[bool, tuple[str, ...]]:
        """Fold in what the listener received and, with `poll`, what a poll finds.

        Return whether a fact changed, and sentences for the operator. The book holds the facts before the events are
        dropped from the listener's file. Raises `Unreachable`, `BookClosed`, and `DeskError` for a damaged file.
        """
        async with self._taking:
            received = await asyncio.to_thread(self._inbox.read)
            await self._store.load(self.clock.now(), received.events)
            changed = await self._store.take(received.events)
            taken = await self._calculations.take(received.reports, self.clock.now())
            changed = changed or bool(received.reports and (taken.known or taken.waiting))
            if self._keeps and received.end:
                await asyncio.to_thread(self._inbox.drop, received.end)
            if poll:
                events = await self._applications.since(self._store.poll_from(self.clock.now()))
                changed = await self._store.take(events, polled=True) or changed
                self._polled_at = self.clock.now()
            return changed, received.notices

    async def take_calculations(self, reports: Sequence[CalculationReport]) -> TakenReports:
        """Take calculations in that a file reports. Return how many belong to a known person, and how many wait.

        If this process can't write the book, the reports go to the listener's file for the process that can; none is
        said to wait then if SimpleNexus can't be asked. Raises `Unreachable`, `BookClosed`, and `DeskError`
        (inbox-closed).
        """
        if not reports:
            return TakenReports()
        async with self._taking:
            now = self.clock.now()
            if not self._keeps:
                await asyncio.to_thread(self._inbox.add_reports, tuple(reports))
            await self._store.load(now)
            try:
                taken = await self._calculations.take(reports, now)
            except Unreachable:
                if self._keeps:
                    raise
                taken = TakenReports()  # they are kept; whoever takes them in asks again
            return replace(taken, handed_over=not self._keeps)

    @property
    def lacks_calculations(self) -> bool:
        """True if the desk sends Ran Calculation, and nothing reports calculations."""
        sends = self.terms.writer == "desk" and not self.terms.map.rows[Milestone.RAN_CALCULATION].off
        return sends and not self.terms.takes_calculations and not self._store.watch.calculated

    async def tick(self) -> Overview:
        """Take in what is new. Look again if a fact changed, a countdown ended, or the last look is too long ago."""
        now = self.clock.now()
        changed, _ = await self.take_in(poll=not 0 <= now - self._polled_at < POLL_EVERY)
        seen = self.overview
        if seen is not None and not changed and 0 <= now - seen.at < LOOK_EVERY:
            ended = any(
                moment is not None and moment <= now
                for line in seen.lines
                for moment in (line.until, line.opens)
            )
            if not ended:
                return seen
        return await self.look_again()

    # -- looking -----------------------------------------------------------------------------------------

    async def look(self) -> Overview:
        """Take in what is new, and return the state of everything.

        Raises `Unreachable` if one of the systems can't be reached, `BookClosed`.
        """
        _, notices = await self.take_in()
        return await self._look(notices)

    async def look_again(self) -> Overview:
        """Return the state of everything with what was received so far. Raises what `look` raises."""
        return await self._look(())

    async def _look(self, notices: tuple[str, ...]) -> Overview:
        """Gather everything, plan once, write down what the plan found or finished."""
        async with self._turn:
            now = self.clock.now()
            if self._book.is_shared:
                self._decided = await self._decisions()
            gathered = await self._gatherer.gather(now, await self._calculations.settle(now))
            facts, inputs = gathered.facts, gathered.inputs
            planned = await asyncio.to_thread(plan_milestones, facts, inputs)
            await self._gatherer.note_found(planned.lines, inputs.standings)
            await self._store.forget(planned, facts, now)
            listed = {line.name for line in planned.lines}
            past = [
                line_of(MilestoneId.decode(name), standing)
                for name, standing in inputs.standings.items()
                if name not in listed
            ]
            lines = sorted((*past, *planned.lines), key=lambda line: line.at)
            waits_for_link = any(line.waits_for_link for line in lines)
            self.overview = Overview(
                tuple(lines),
                now,
                frozenset(inputs.paused),
                notices,
                self.lacks_calculations,
                lacks_links=waits_for_link and not await self._ties.knows_all(),
            )
            return self.overview

    async def is_fresh(self, plan: Plan) -> bool:
        """Return True if the same plan would be made now, after its application and contact are read again.

        A plan with its insight already sent is fresh: only its groups are left to do. Raises `Unreachable`,
        `BookClosed`.
        """
        step = plan.steps[0]
        if await self._book.get(Link, step.key):
            return True
        id_ = MilestoneId.decode(step.local_id)
        now = self.clock.now()
        await self._store.load(now)
        gathered = await self._gatherer.gather_for(id_, now)
        planned = await asyncio.to_thread(plan_milestones, gathered.facts, gathered.inputs)
        return any(line.id == id_ and line.plan == plan for line in planned.lines)

    # -- sending -----------------------------------------------------------------------------------------

    async def begin(self, names: Collection[str], engine: Engine, *, rule: str = "") -> list[Push]:
        """Begin a push for each named milestone that is due. Return the pushes, also those that run already.

        `rule` is what sends them if no person was asked about these; the receipt names it. Raises `DeskError`
        (careful-start) if the careful start of a live profile keeps them back, and `BookClosed`.
        """
        chosen = sum(line.name in names for line in (self.overview.due if self.overview else ()))
        if chosen and rule:
            await self.check_unasked()
        elif chosen:
            await self.check_together(chosen)
        begun: list[Push] = []
        for line in self.overview.due if self.overview else ():
            if line.name not in names or line.plan is None:
                continue
            running = engine.active(line.plan.subject)
            taken = await self._book.get(SentMilestone, line.name)
            if running or (taken is not None and await self._gatherer.follow(taken) is not None):
                begun += [running.push] if running else []
                continue
            push_id = self._new_id()
            taken = SentMilestone(line.name, line.at, push_id)
            begun.append(
                await engine.begin(
                    line.plan,
                    self.terms.operator,
                    push_id,
                    also=(taken,),
                    shown=shown_by_rule(line.plan, rule),
                )
            )
        return begun

    async def check_together(self, number: int) -> None:
        """Let `number` milestones be sent with one confirmation. Raises `DeskError` (careful-start), `BookClosed`."""
        if self._careful is not None:
            await self._careful.check(CarefulKind.MILESTONES, number)

    async def check_unasked(self) -> None:
        """Let milestones be sent without a question. Raises `DeskError` (careful-start), `BookClosed`."""
        if self._careful is not None:
            await self._careful.check_unasked(CarefulKind.MILESTONES)

    async def send(self, engine: Engine, names: Collection[str] | None = None) -> Overview:
        """Send what is due, and what becomes due after that. Return the state of everything then.

        With `names`, only these milestones are sent. Unfinished pushes of an earlier run go on first. Raises
        `Unreachable`, `BookClosed`.
        """
        left = [push for push in engine.unfinished() if push.asset is Asset.MILESTONE]
        await _run(engine, [push.push_id for push in left if push.state is not PushState.NEEDS_YOU])
        seen, tried = await self.look(), Counter[str]()
        while chosen := [
            line.name
            for line in seen.due
            if (names is None or line.name in names) and tried[line.name] < TRIES
        ]:
            tried.update(chosen)
            await _run(engine, [push.push_id for push in await self.begin(chosen, engine)])
            seen = await self._look(seen.notices)
        return seen

    async def send_shown(self, shown: Overview, names: Collection[str], engine: Engine) -> Overview:
        """Send the named milestones that were due in an overview, with the plans shown there, and nothing else.

        Neither what became due since nor the unfinished pushes of other plans are sent. Return the state of everything
        then. Raises `Unreachable`, `BookClosed`.
        """
        self.overview = shown
        plans = {line.plan.digest for line in shown.due if line.plan is not None}
        begun = await self.begin(names, engine)
        await _run(engine, [push.push_id for push in begun if push.plan in plans])
        return await self._look(shown.notices)

    # -- deciding ----------------------------------------------------------------------------------------

    async def approve(self, name: str) -> Overview:
        """Approve a milestone although there is a doubt, so that it becomes due.

        The approval counts only for the milestone's present time. Raises `DeskError` (not-offered), `Unreachable`,
        `BookClosed`.
        """
        line = await self._line(name)
        if line.state not in (_M.WAITING, _M.NEEDS_YOU) or line.doubt is None:
            raise _not_offered(line, "it does not wait for that answer")
        seen = consent_seal(self._book, line.consent) if line.doubt is Doubt.CONSENT else ""
        now = self.clock.now()
        approval = Approval(name, line.doubt, line.at, self.terms.operator, seen, now)
        return await self._decide((name, line.contact), approval)

    async def skip(self, name: str, reason: str) -> Overview:
        """Decide that a milestone is never sent. Raises `DeskError` (no-reason), and what `approve` raises."""
        line = await self._line(name)
        if not reason.strip():
            raise DeskError("no-reason", "A milestone is skipped with a reason.")
        taken = await self._book.get(SentMilestone, name)
        taken_up = taken is not None and await self._gatherer.follow(taken) is not None
        if taken_up or line.state not in (_M.WAITING, _M.DUE, _M.NEEDS_YOU):
            raise _not_offered(line, "it was sent or settled already")
        now = self.clock.now()
        skip = Skip(name, reason.strip(), self.terms.operator, now, line.at)
        return await self._decide((name, line.contact), skip)

    async def unskip(self, name: str) -> Overview:
        """Take back that a milestone is never sent. It is planned again, as if nobody had skipped it.

        Raises `DeskError` (not-offered) for a milestone that nobody skipped, or of which nothing is known any more, and
        what `approve` raises.
        """
        line = await self._line(name)
        if not line.can_be_unskipped:
            raise _not_offered(line, "nobody skipped it, or nothing more is known of it")
        return await self._decide((name, line.contact), drop=[(Skip, name)])

    async def pause(self, contact: str) -> Overview:
        """Send nothing for a contact until `unpause`. Raises `Unreachable`, `BookClosed`."""
        return await self._decide((contact,), Pause(contact, self.terms.operator, self.clock.now()))

    async def unpause(self, contact: str) -> Overview:
        """End the pause of a contact. Raises what `pause` raises."""
        return await self._decide((contact,), drop=[(Pause, contact)])

    async def _decide(
        self, about: Collection[str], *put: Decision, drop: Iterable[tuple[type[Record], str]] = ()
    ) -> Overview:
        """Write a decision and look again. `about` are the milestone and the contact that it concerns.

        Raises `DecidedMeanwhile`, with nothing written, if somebody else has decided about them since the last look;
        the overview shows that then. Raises what `look_again` raises.
        """

        async def look() -> None:
            before, held = self._decided, await self._decisions()
            for key in {**before, **held}:
                if held.get(key) != before.get(key) and _about(held.get(key) or before[key]) in about:
                    raise _decided_meanwhile(held.get(key), before.get(key), self.clock.now())

        try:
            await self._book.decide(look, *put, drop=drop)
        except DecidedMeanwhile:
            with suppress(Unreachable):
                await self.look_again()
            raise
        return await self.look_again()

    async def _decisions(self) -> dict[str, Decision]:
        """Return everything that people have decided and that is in the book, by kind and key. Raises `BookClosed`."""
        kinds: tuple[type[Decision], ...] = (Skip, Approval, Pause)
        return {
            f"{kind.table} {record.key}": record for kind in kinds for record in await self._book.all(kind)
        }

    async def _line(self, name: str) -> MilestoneLine:
        seen = self.overview or await self.look()
        for line in seen.lines:
            if name and line.name == name:
                return line
        raise DeskError("no-such-milestone", f"There is no milestone {name}.")


async def _run(engine: Engine, push_ids: Collection[str]) -> None:
    """Run pushes, some at a time. A cancelled caller leaves them running. Raises what one of them raised."""
    waiting = list(push_ids)
    while waiting:
        tasks = [engine.run(push_id) for push_id in waiting[:AT_ONCE]]
        del waiting[:AT_ONCE]
        await asyncio.wait(tasks)
        for task in tasks:
            task.result()


def _about(decision: Decision) -> str:
    """Return the milestone or the contact that a decision is about."""
    return decision.contact if isinstance(decision, Pause) else decision.name


def _decided_meanwhile(held: Decision | None, before: Decision | None, now: float) -> DecidedMeanwhile:
    """Return the error for a decision that somebody else has made (`held`) or taken back (`before`) meanwhile."""
    match held or before:
        case Pause():
            made, undone = "paused the milestones of this contact", "ended the pause of this contact"
        case Skip():
            made, undone = "skipped this milestone", "taken back that this milestone is skipped"
        case _:
            made, undone = "approved this milestone", "taken back the approval of this milestone"
    if held is None:
        return DecidedMeanwhile("decided-meanwhile", f"Somebody has {undone}. Nothing of yours was saved.")
    return decided_meanwhile(held.by, made, now - (held.said_at if isinstance(held, Approval) else held.at))


def _not_offered(line: MilestoneLine, why: str) -> DeskError:
    return DeskError("not-offered", f"“{line.milestone}” is {line.state}: {why}.", when="it is a milestone")
