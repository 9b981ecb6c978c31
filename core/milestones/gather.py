"""What a plan is made from beside what was received: gathered from the book and from both systems, decided nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from core.compare.keys import label_key
from core.milestones.events import ApplicationReading, Unreadable
from core.milestones.facts import FactState
from core.milestones.inputs import MilestoneInputs, MilestoneLine, MilestoneStanding, Writer
from core.milestones.milestone_map import MilestoneMap
from core.milestones.ports import Outside
from core.milestones.records import Approval, MilestoneState, Pause, SentMilestone, Skip, WatchState
from core.milestones.sent import as_the_journal_says, standing_of
from core.push.live_push import steps_of
from core.push.ports import Book
from core.push.records import Push, Record

AT_ONCE: Final = 8
"""Applications that are read side by side."""


class MilestoneSettings(Struct, frozen=True):
    """What a profile says about its milestones; `operator` is who decides."""

    workspace: str
    operator: str
    map: MilestoneMap
    writer: Literal["vendor", "desk"] = "vendor"


class TotalExpertNames(Struct, frozen=True):
    """The ids of insight types by name, and of groups by owner and name, as a plan looks them up."""

    types: Mapping[str, Sequence[str]] = {}
    groups: Mapping[tuple[str, str], str] = {}


class MilestoneGatherer:
    """Both systems and the book, as far as milestones are planned by them. With `keeps` false nothing is written."""

    def __init__(self, outside: Outside, book: Book, terms: MilestoneSettings, *, keeps: bool) -> None:
        self._applications = outside.applications
        self._insights = outside.insights
        self._ties = outside.ties
        self._book = book
        self._terms = terms
        self._keeps = keeps
        self._names: TotalExpertNames | None = None

    async def around(
        self, state: FactState, watch: WatchState, now: float, *, anew: bool = True
    ) -> MilestoneInputs:
        """Gather all but readings and insights; with `anew` the names of types and groups are read again.

        `now` is seconds since 1970. Raises `Unreachable`, `BookClosed`.
        """
        if anew or self._names is None:
            self._names = await self._read_names()
        terms = self._terms
        return MilestoneInputs(
            now,
            terms.workspace,
            terms.map,
            since=watch.since,
            writer=Writer(terms.writer),
            ahead=watch.ahead,
            people=await self._ties.contacts(persons(state)),
            types=self._names.types,
            groups=self._names.groups,
            standings=await self.standings(),
            approvals={one.key: one for one in await self._book.all(Approval)},
            paused=frozenset(one.contact for one in await self._book.all(Pause)),
        )

    async def _read_names(self) -> TotalExpertNames:
        types: dict[str, tuple[str, ...]] = {}
        for name, ids in (await self._insights.insight_types()).items():
            types[label_key(name)] = (*types.get(label_key(name), ()), *ids)
        groups = await self._insights.groups()
        return TotalExpertNames(
            types, {(owner, label_key(name)): id_ for (owner, name), id_ in groups.items()}
        )

    async def know(self, world: MilestoneInputs, state: FactState) -> MilestoneInputs:
        """Give the world with the contacts of whoever is known by now."""
        return replace(world, people=await self._ties.contacts(persons(state)))

    async def read(self, applications: Sequence[str]) -> dict[str, ApplicationReading | Unreadable]:
        """Read applications now, some side by side. Raises `Unreachable`."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(application: str) -> ApplicationReading | Unreadable:
            async with turn:
                return await self._applications.read(application)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(application)) for application in applications]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return dict(zip(applications, (task.result() for task in tasks), strict=True))

    async def with_insights(self, world: MilestoneInputs, contacts: Collection[str]) -> MilestoneInputs:
        """Give the world with these contacts' insights. Raises `Unreachable`."""
        return replace(world, insights=await self._insights.insights(contacts)) if contacts else world

    # -- what was taken up or decided --------------------------------------------------------------------

    async def standings(self) -> dict[str, MilestoneStanding]:
        """Give how every milestone stands that was taken up or skipped, by local id. Raises `BookClosed`.

        What was taken up wins: a milestone that was sent is sent, whatever was said of it later.
        """
        skips = await self._book.all(Skip)
        found = {
            skip.name: MilestoneStanding(
                MilestoneState.SKIPPED, skip.happened, reason=f"{skip.reason} ({skip.by} skipped it)"
            )
            for skip in skips
        }
        news: list[Record] = []
        for taken in await self._book.all(SentMilestone):
            stands = taken if taken.over else await self.follow(taken)
            if stands is None:
                continue
            if stands != taken:
                news.append(stands)
            found[taken.name] = standing_of(stands)
        if news and self._keeps:
            await self._book.commit(*news)
        return found

    async def follow(self, taken: SentMilestone) -> SentMilestone | None:
        """Give how a milestone stands by the journal; None where it is planned anew. Raises `BookClosed`."""
        push = await self._book.get(Push, taken.push_id)
        return as_the_journal_says(taken, push, await steps_of(self._book, push) if push else ())

    async def note_found(
        self, lines: Sequence[MilestoneLine], standings: Mapping[str, MilestoneStanding]
    ) -> None:
        """Keep what was found in Total Expert under its reference, so that it stands. Raises `BookClosed`."""
        found = [
            SentMilestone(line.name, line.at, "", line.state, line.insight_id, line.reason, over=True)
            for line in lines
            if line.state is MilestoneState.SENT and line.name not in standings
        ]
        if found and self._keeps:
            await self._book.commit(*found)


def persons(state: FactState) -> set[str]:
    """Give everybody of SimpleNexus who is spoken of."""
    return {one.person for one in state.applications.values() if one.person} | set(state.people)
