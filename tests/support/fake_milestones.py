"""Milestones in memory for the screens: the real use cases over people to whom the same things happen on every run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from core.automatic.brake import Brake
from core.compare.keys import label_key
from core.contacts.match.rule import Owners
from core.contacts.match.snapshot import MatchSnapshot
from core.milestones.events import ApplicationReading, EventKind, MilestoneEvent
from core.milestones.gather import MilestoneSettings
from core.milestones.insights import InsightContact
from core.milestones.milestone_map import Milestone
from core.milestones.ports import Outside
from core.milestones.use_cases import MilestoneUseCases
from core.push.engine import Engine
from core.push.live_push import Listener
from core.push.plan import Asset, System
from core.send_hours import SendHours
from data.settings import Settings
from tests.support.fake_contacts import theirs
from tests.support.fake_desk import NOW, FakeDesk
from tests.support.inline_book import InlineBook
from tests.unit.core.milestones.live_systems import Applications, Inbox, Ties, TotalExpert
from tests.unit.core.milestones.milestone_setup import OWNER, SHIPPED, TYPES
from tui.wiring import Desk

MINUTE, HOUR = 60.0, 3600.0
PEOPLE = {
    "SN-1": theirs("TE-1", "Kate Moss-Lee", "kate.lee@post.example"),
    "SN-2": theirs("TE-2", "Jonathan Ruiz", "jr@post.example"),
    "SN-3": theirs("TE-3", "Ann Whitfield", "annw@post.example"),
    "SN-4": theirs("TE-4", "Luis Ortega", "ortega@post.example"),
    "SN-5": theirs("TE-5", "Deborah Okafor", "okafor@post.example"),
    "SN-6": theirs("TE-6", "Noor Azmi", "noor@azmi.example"),
}
"""Who is linked with whom; SN-9 is with nobody."""


class FakeMilestones(FakeDesk):
    """A desk with milestones: some sent before, some due, some that wait or need a person."""

    def __init__(
        self,
        folder: Path,
        *,
        happened: bool = True,
        wishes: Mapping[str, InsightContact] | None = None,
        hours: SendHours | None = None,
        reads_contacts: bool = True,
        **more: Any,
    ) -> None:
        """`wishes` are people of whom Total Expert says more; nothing is sent outside `hours` from now on.

        Without `reads_contacts` the contacts were read in an earlier run, and not yet in this one.
        """
        super().__init__(folder, **more)
        self.wishes = wishes or {}
        self.hours = hours
        self.reads_contacts = reads_contacts
        self.ticks = count(1)
        self.inbox = Inbox()
        self.applications = Applications(self.clock, self.clock.now)
        self.applications.truth = self._truth
        self.remote = TotalExpert()
        self.remote.takes = self.remote.settle = self.remote.recheck = 0.0
        del self.remote.types[label_key(Milestone.RAN_CALCULATION)]
        self.contacts = list(PEOPLE.values())
        self.lives: dict[str, tuple[float, float, bool, str]] = {}
        """When an application was begun and last changed, whether it is submitted, and whose it is."""
        self._happened = happened

    def _truth(self, name: str, at: float) -> ApplicationReading:
        begun, changed, submitted, person = self.lives[name]
        return ApplicationReading(name, at, at, begun, changed, submitted=submitted, person=person)

    def tell(self, what: EventKind, subject: str, ago: float, person: str = "") -> None:
        """Let the listener hear of something that happened `ago` seconds ago."""
        self.inbox.held.append(
            MilestoneEvent(f"{what}-{subject}-{ago}", what, subject, NOW - ago, NOW - ago, person)
        )

    def live(self, name: str, person: str, begun: float, changed: float, *, submitted: bool = False) -> None:
        """Let a person have begun an application and last changed it so many seconds ago, and be heard of."""
        self.lives[name] = (NOW - begun, NOW - changed, submitted, person)
        self.tell(EventKind.BEGUN, name, begun, person)
        if changed < begun:
            self.tell(EventKind.SUBMITTED if submitted else EventKind.CHANGED, name, changed)

    def _desk_of(self, book: InlineBook) -> MilestoneUseCases:
        outside = Outside(
            self.applications,
            self.remote,
            Ties({**{who: InsightContact(one.id, OWNER) for who, one in PEOPLE.items()}, **self.wishes}),
            self.inbox,
        )
        hours = self.hours if self.clock.at == NOW else None
        terms = MilestoneSettings("sandbox", "m.hale", SHIPPED, "desk", hours, takes_calculations=True)
        keeps = book.read_only is None
        return MilestoneUseCases(
            outside, book, terms, lambda: f"PM{next(self.ticks):04}", self.clock, keeps=keeps
        )

    def _engine_of(self, room: MilestoneUseCases, book: InlineBook, listen: Listener) -> Engine:
        remotes = {System.TOTAL_EXPERT: self.remote}
        fresh = {Asset.MILESTONE: room}
        return Engine(book, remotes, self.clock, Random(0), fresh=fresh, listen=listen)

    async def _live_the_past(self, book: InlineBook) -> None:
        await super()._live_the_past(book)
        if not self._happened:
            return
        self._the_past()
        self.clock.at = NOW - 3 * HOUR
        room = self._desk_of(book)
        await room.send(self._engine_of(room, book, lambda push, steps: None))
        self.clock.at = NOW
        self._the_present()

    def _the_past(self) -> None:
        self.tell(EventKind.ACCOUNT, "SN-1", 26 * HOUR)
        self.live("A-100", "SN-1", 4 * HOUR, 4 * HOUR)
        self.live("A-101", "SN-2", 3.5 * HOUR, 3.5 * HOUR)
        self.live("A-102", "SN-3", 3.2 * HOUR, 3.2 * HOUR)

    def _the_present(self) -> None:
        self.live("A-100", "SN-1", 4 * HOUR, 48 * MINUTE)
        self.tell(EventKind.CALCULATED, "SN-1", 47 * MINUTE)
        self.applications.unreadable = {"A-102"}
        self.live("A-103", "SN-4", 2 * HOUR, 20 * MINUTE, submitted=True)
        self.tell(EventKind.PARTNER, "SN-5", 80 * HOUR)
        self.tell(EventKind.ACCOUNT, "SN-6", 15 * MINUTE)
        self.remote.put("TE-6", TYPES[label_key(Milestone.BORROWER_LINKED)][0], "Borrower linked")
        self.tell(EventKind.ACCOUNT, "SN-9", 10 * MINUTE)

    @asynccontextmanager
    async def open(self, settings: Settings, *, write: bool, listen: Listener) -> AsyncIterator[Desk]:
        async with super().open(settings, write=write, listen=listen) as desk:
            book: Any = desk.book
            room = self._desk_of(book)
            engine = None
            if desk.engine is not None:
                engine = self._engine_of(room, book, listen)
                await engine.recover()
            try:
                yield msgspec.structs.replace(
                    desk,
                    milestones=room,
                    contacts=_Read(self.contacts, is_read=self.reads_contacts),
                    engine=engine,
                    brake=Brake(book, 200, "m.hale", self.clock),
                )
            finally:
                if engine is not None:
                    await engine.stop(1)


class _Read:
    """As much of the contact desk as tells names: what was gathered last."""

    def __init__(self, contacts: Iterable[Any], *, is_read: bool) -> None:
        self._kept = MatchSnapshot((), tuple(contacts), (), (), Owners({}), (), {})
        self.last = self._kept if is_read else None
        self.terms = msgspec.defstruct("Terms", [("auto_push", bool, False)])()

    async def known_contacts(self, ids: Any, counted: Any, at: float) -> MatchSnapshot:
        """Return what was kept of these contacts."""
        kept = tuple(contact for contact in self._kept.total_expert if contact.id in ids[1])
        return msgspec.structs.replace(self._kept, total_expert=kept)
