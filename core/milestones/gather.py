"""Everything that a plan of milestones is made from, gathered in stages before the plan. It decides nothing.

1. From the book and from Total Expert's lists: what was taken up or decided, the linked contacts, the names.
2. The applications that `candidates.applications_to_read` names are read again, and the facts take that in.
3. The insights that `candidates.insights_to_read` names are read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from core.automatic.quiet_start import quiet_start
from core.compare.keys import label_key
from core.milestones.candidates import applications_to_read, insights_to_read
from core.milestones.events import ApplicationReading, Unreadable, from_reading
from core.milestones.fact_store import FactStore
from core.milestones.facts import FactState
from core.milestones.inputs import MilestoneInputs, MilestoneLine, MilestoneStanding, Writer
from core.milestones.insight_plan import insight_ref
from core.milestones.milestone_map import MilestoneId, MilestoneMap
from core.milestones.ports import Outside
from core.milestones.records import (
    Approval,
    MilestoneState,
    Pause,
    SentMilestone,
    Skip,
    WaitingCalculation,
)
from core.milestones.sent import as_the_journal_says, standing_of
from core.push.live_push import steps_of
from core.push.plan import Entity
from core.push.ports import Book, Clock
from core.push.records import Declined, Link, Push, Record, StepRecord
from core.push.states import StepState
from core.send_hours import SendHours

AT_ONCE: Final = 8
"""Applications that are read at the same time."""
NAMES_HOLD: Final = 600.0
"""Seconds for which the names of insight types and groups are remembered. The number is ours."""


class MilestoneSettings(Struct, frozen=True):
    """What a profile says about its milestones. `operator` is the person who decides.

    Nothing is sent outside `send_hours`. `hears_sign_ins` says that webhooks are set up, which tell of a person's first
    sign-in. `takes_calculations` says that the endpoint for calculations is set up.
    """

    workspace: str
    operator: str
    map: MilestoneMap
    writer: Literal["vendor", "desk"] = "vendor"
    send_hours: SendHours | None = None
    hears_sign_ins: bool = False
    takes_calculations: bool = False


class Gathered(Struct, frozen=True):
    """The facts and the inputs of one plan, which belong together."""

    facts: FactState
    inputs: MilestoneInputs


class TotalExpertNames(Struct, frozen=True):
    """The ids of insight types by folded name, and of groups by owner and folded name."""

    types: Mapping[str, Sequence[str]] = {}
    groups: Mapping[tuple[str, str], str] = {}


class MilestoneGatherer:
    """Reads both systems and the book for a plan. With `keeps` false nothing is written to the book."""

    def __init__(
        self,
        outside: Outside,
        book: Book,
        terms: MilestoneSettings,
        store: FactStore,
        clock: Clock,
        *,
        keeps: bool,
    ) -> None:
        self._applications = outside.applications
        self._insights = outside.insights
        self._ties = outside.ties
        self._book = book
        self._terms = terms
        self._store = store
        self._clock = clock
        self._keeps = keeps
        self._names: TotalExpertNames | None = None
        self._names_at = 0.0

    async def gather(self, now: float, calculations: Sequence[WaitingCalculation] = ()) -> Gathered:
        """Gather everything for a plan of all milestones. `now` is seconds since 1970, `calculations` as in the inputs.

        Raises `Unreachable`, `BookClosed`.
        """
        names = await self._names_now(now)
        facts = self._store.state
        inputs = replace(await self._without_readings(facts, names, now), calculations=calculations)
        applications = await asyncio.to_thread(applications_to_read, facts, inputs)
        if applications:
            facts, inputs = await self._with_readings(inputs, applications)
        wanted = await asyncio.to_thread(insights_to_read, facts, inputs)
        return Gathered(facts, await self._with_insights(inputs, wanted))

    async def gather_for(self, id_: MilestoneId, now: float) -> Gathered:
        """Gather what one milestone is planned from, as if it had not been taken up: its contact and application.

        The application and the contact are read again in any case, for their changes and for the contact's consent. The
        names of types and groups may be those of an earlier plan.
        `now` is seconds since 1970. Raises `Unreachable`, `BookClosed`.
        """
        names = self._names or await self._names_now(now)
        await self._ties.read_again(id_.contact)
        facts = self._store.state
        inputs = await self._without_readings(facts, names, now)
        if id_.application:
            facts, inputs = await self._with_readings(inputs, (id_.application,))
        people = {person for person, contact in inputs.people.items() if contact.id == id_.contact}
        facts, inputs = _facts_of(facts, people), _as_if_not_taken_up(inputs, id_)
        types = {*insights_to_read(facts, inputs).get(id_.contact, ()), *inputs.types_of(id_.milestone)}
        inputs = await self._with_insights(inputs, {id_.contact: types})
        return Gathered(facts, _without_its_insight(inputs, id_))

    # -- the stages --------------------------------------------------------------------------------------

    async def _without_readings(
        self, facts: FactState, names: TotalExpertNames, now: float
    ) -> MilestoneInputs:
        """Return the inputs without readings and insights."""
        terms, watch = self._terms, self._store.watch
        first_sync = await quiet_start(self._book)
        return MilestoneInputs(
            now,
            terms.workspace,
            terms.map,
            since=watch.since,
            first_sync=first_sync.at if first_sync is not None else 0.0,
            writer=Writer(terms.writer),
            ahead=watch.ahead,
            people=await self._ties.contacts(_people_in(facts)),
            types=names.types,
            groups=names.groups,
            standings=await self.standings(),
            approvals={approval.key: approval for approval in await self._book.all(Approval)},
            paused=frozenset(pause.contact for pause in await self._book.all(Pause)),
            hours=terms.send_hours,
            made_here=await self._made_here(),
            hears_sign_ins=terms.hears_sign_ins,
            seal=self._seal,
        )

    def _seal(self, consent: str) -> str:
        return consent_seal(self._book, consent)

    async def _made_here(self) -> frozenset[str]:
        """Return the ids of the contacts of which brokerdesk made the account, or may have made it.

        A step counts as soon as it was sent: its reply may be lost, and a sync may link the account meanwhile.
        """
        kind = Entity.BORROWER.value
        links = await self._book.where(Link, entity=kind)
        steps = await self._book.where(StepRecord, entity=kind)
        sent = [step for step in steps if step.attempts and step.state is not StepState.REFUSED]
        set_aside = [declined for declined in await self._book.where(Declined, entity=kind) if declined.sent]
        people = [
            *(link.local_id for link in links),
            *(step.local_id for step in sent),
            *(declined.local_id for declined in set_aside),
        ]
        return frozenset(people)

    async def _with_readings(
        self, inputs: MilestoneInputs, applications: Collection[str]
    ) -> tuple[FactState, MilestoneInputs]:
        """Read applications, take what that tells into the facts, and return both as they are now.

        A reading may be the first to name a person, so the linked contacts are asked for again.
        """
        readings = await self._read(tuple(applications))
        readable = [reading for reading in readings.values() if isinstance(reading, ApplicationReading)]
        events = [event for reading in readable for event in from_reading(reading)]
        await self._store.take(events, ahead=readable[-1].read - readable[-1].at if readable else None)
        facts = self._store.state
        inputs = replace(
            inputs,
            now=self._clock.now(),
            ahead=self._store.watch.ahead,
            readings=readings,
            people=await self._ties.contacts(_people_in(facts)),
        )
        return facts, inputs

    async def _with_insights(
        self, inputs: MilestoneInputs, wanted: Mapping[str, Collection[str]]
    ) -> MilestoneInputs:
        return replace(inputs, insights=await self._insights.insights(wanted)) if wanted else inputs

    async def _names_now(self, now: float) -> TotalExpertNames:
        """Return the names of types and groups: those of the last reading for `NAMES_HOLD` seconds, if all are there.

        While a milestone's insight type is missing they are read every time, so that a new type is seen at once.
        """
        held = self._names
        if held is None or not 0 <= now - self._names_at < NAMES_HOLD or not self._has_every_type(held):
            self._names, self._names_at = await self._read_names(), now
            return self._names
        return held

    def _has_every_type(self, names: TotalExpertNames) -> bool:
        rows = [row for row in self._terms.map.rows.values() if not row.off]
        return all(len(names.types.get(label_key(row.insight), ())) == 1 for row in rows)

    async def _read_names(self) -> TotalExpertNames:
        types: dict[str, tuple[str, ...]] = {}
        for name, ids in (await self._insights.insight_types()).items():
            types[label_key(name)] = (*types.get(label_key(name), ()), *ids)
        groups = await self._insights.groups()
        return TotalExpertNames(
            types, {(owner, label_key(name)): id_ for (owner, name), id_ in groups.items()}
        )

    async def _read(self, applications: Sequence[str]) -> dict[str, ApplicationReading | Unreadable]:
        """Read applications now, some at the same time. Raises `Unreachable`."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def read_one(application: str) -> ApplicationReading | Unreadable:
            async with turn:
                return await self._applications.read(application)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(read_one(application)) for application in applications]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return dict(zip(applications, (task.result() for task in tasks), strict=True))

    # -- what was taken up or decided --------------------------------------------------------------------

    async def standings(self) -> dict[str, MilestoneStanding]:
        """Return the state of every milestone that was taken up or skipped, by its encoded id. Raises `BookClosed`.

        A milestone that was taken up counts as that, even if it was skipped later.
        """
        skips = await self._book.all(Skip)
        standings = {
            skip.name: MilestoneStanding(
                MilestoneState.SKIPPED,
                skip.happened,
                reason=f"{skip.reason} ({skip.by} skipped it)",
                skipped_by=skip.by,
            )
            for skip in skips
        }
        changed: list[Record] = []
        for taken in await self._book.all(SentMilestone):
            current = taken if taken.over else await self.follow(taken)
            if current is None:
                continue
            if current != taken:
                changed.append(current)
            standings[taken.name] = standing_of(current)
        if changed and self._keeps:
            await self._book.commit(*changed)
        return standings

    async def follow(self, taken: SentMilestone) -> SentMilestone | None:
        """Return the state of a milestone by the journal; None if it is planned again. Raises `BookClosed`."""
        push = await self._book.get(Push, taken.push_id)
        return as_the_journal_says(taken, push, await steps_of(self._book, push) if push else ())

    async def note_found(
        self, lines: Sequence[MilestoneLine], standings: Mapping[str, MilestoneStanding]
    ) -> None:
        """Write down the milestones that were found in Total Expert under their references. Raises `BookClosed`."""
        sent = [
            SentMilestone(line.name, line.at, "", line.state, line.insight_id, line.reason, over=True)
            for line in lines
            if line.state is MilestoneState.SENT and line.name not in standings
        ]
        if sent and self._keeps:
            await self._book.commit(*sent)


def consent_seal(book: Book, consent: str) -> str:
    """Return the keyed hash of what a contact's consent is, as an approval holds it: the log has no client data."""
    return book.keyed_hash("consent", consent)


def _people_in(facts: FactState) -> set[str]:
    """Return the ids of all people of SimpleNexus that the facts name."""
    borrowers = {application.person for application in facts.applications.values() if application.person}
    return borrowers | set(facts.people)


def _facts_of(facts: FactState, people: Collection[str]) -> FactState:
    """Return the facts of these people only."""
    return FactState(
        {id_: application for id_, application in facts.applications.items() if application.person in people},
        {id_: person for id_, person in facts.people.items() if id_ in people},
    )


def _as_if_not_taken_up(inputs: MilestoneInputs, id_: MilestoneId) -> MilestoneInputs:
    """Return inputs without the standing of a milestone."""
    name = id_.encode()
    standings = {key: standing for key, standing in inputs.standings.items() if key != name}
    return replace(inputs, standings=standings)


def _without_its_insight(inputs: MilestoneInputs, id_: MilestoneId) -> MilestoneInputs:
    """Return inputs with the insights of a milestone's contact alone, without the milestone's own insight."""
    ref = insight_ref(inputs.workspace, id_)
    others = tuple(insight for insight in inputs.insights.get(id_.contact, ()) if ref not in insight.refs)
    return replace(inputs, insights={id_.contact: others})
