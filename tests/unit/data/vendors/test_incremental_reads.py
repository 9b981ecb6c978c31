"""An incremental read equals a full read, record by record, whatever happens that the systems tell by changed-since."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from core.contacts.model import ContactKind
from core.contacts.ports import ContactSource, SystemReading
from core.contacts.reading.reader import ContactReader, ReadKind, SystemRead, WhyFull
from core.push.plan import System
from data.sandbox.store import Document
from data.vendors.simplenexus.client import SimpleNexus
from data.vendors.simplenexus.contact_source import SimpleNexusContactSource
from data.vendors.total_expert.client import TotalExpert
from data.vendors.total_expert.contact_source import TotalExpertContactSource
from tests.fidelity.contacts.book import CONTACT_SYSTEMS, OFFICERS, USERS, ContactBook, simplenexus_id
from tests.fidelity.desk import LoopTime
from tests.fidelity.systems import DatedTransport, FaultPlan, SystemsInProcess, Wires, on_virtual_time
from tests.support.copies import CopiesInMemory
from tests.support.matrix import some

SN, TE = System.SIMPLENEXUS, System.TOTAL_EXPERT
WEEK = 7 * 86_400.0


class Company:
    """Both systems with some people, an incremental reader of each, and what chance changes in them."""

    def __init__(self, systems: SystemsInProcess, wires: Wires, seed: int) -> None:
        self.systems, self.random = systems, Random(seed)
        self.book = ContactBook(systems, self.random)
        self.sources: dict[System, ContactSource] = {
            SN: SimpleNexusContactSource(SimpleNexus(wires[SN])),
            TE: TotalExpertContactSource(TotalExpert(wires[TE], "brokerdesk")),
        }
        self.copies = CopiesInMemory()
        self.readers = {
            system: ContactReader(source, LoopTime(), self.copies, WEEK)
            for system, source in self.sources.items()
        }
        self._number = 0

    async def read(self, system: System) -> tuple[SystemReading, SystemRead]:
        return await self.readers[system].read(lambda of, count: None)

    async def read_all(self, system: System) -> SystemReading:
        """Read in full, apart from the incremental reader."""
        return (await ContactReader(self.sources[system], LoopTime()).read_all(lambda of, count: None))[0]

    async def passes(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.systems.now = LoopTime().now()

    def ask(self, system: System, method: str, path: str, body: Document, *, fine: bool = True) -> Document:
        status, reply = self.systems.ask(system.value, method, path, body)
        assert not fine or status < 300, reply
        return reply

    def one(self, system: System, kind: str) -> Document | None:
        records = self.systems.all(system.value, kind)
        return self.random.choice(records) if records else None

    # -- what happens ------------------------------------------------------------------------------------

    def anything(self) -> None:
        """Change something in either system, in a way that changed-since tells."""
        self._number += 1
        getattr(self, self.random.choice([name for name in dir(self) if name.startswith("do_")]))()

    def _name(self) -> dict[str, Any]:
        return {
            "first_name": self.random.choice(("Ann", "Bob", "Cleo")),
            "last_name": "Moss",
            "email": f"new{self._number}@x.example",
        }

    def do_new_borrower(self) -> None:
        officer = self.random.choice(OFFICERS)
        self.ask(SN, "POST", "/users/borrowers", {**self._name(), "loan_officer_id": officer}, fine=False)

    def do_new_partner(self) -> None:
        officer = self.random.choice(OFFICERS)
        self.ask(SN, "POST", f"/users/loan_officers/{officer}/partners", self._name())

    def do_new_prospect(self) -> None:
        officer = self.random.choice(OFFICERS)
        self.ask(SN, "POST", f"/users/loan_officers/{officer}/prospects", self._name())

    def do_change_borrower(self) -> None:
        if one := self.one(SN, "borrowers"):
            self.ask(SN, "PATCH", f"/users/borrowers/{one['id']}", {"phone": f"415555{self._number:04}"})

    def do_change_partner(self) -> None:
        if one := self.one(SN, "partners"):
            path = f"/users/loan_officers/{one['loan_officer_id']}/partners/{one['id']}"
            self.ask(SN, "PATCH", path, {"professional_title": f"Realtor {self._number}"})

    def do_reassign(self) -> None:
        if one := self.one(SN, "borrowers"):
            body = {"action": "REASSIGN_LO", "loan_officer_id": self.random.choice(OFFICERS)}
            self.ask(SN, "POST", f"/users/borrowers/{one['id']}/actions", body, fine=False)

    def do_new_officer(self) -> None:
        officer = simplenexus_id(f"new officer {self._number}")
        stamps = dict.fromkeys(("created_at", "updated_at"), "2026-11-18T09:00:00Z")
        name = {"first_name": "New", "last_name": "Officer", "is_active": True}
        email = {"email": f"n{self._number}@desk.example"}
        self.systems.put("simplenexus", "loan-officers", {"id": officer, **stamps, **name, **email})
        old = {"id": simplenexus_id(f"old {self._number}"), **stamps, **self._name(), "is_active": True}
        self.systems.put("simplenexus", "borrowers", {**old, "loan_officer_id": officer})

    def do_new_contact(self) -> None:
        owner = {"id": int(self.random.choice(USERS))}
        self.ask(TE, "POST", "/contacts", {**self._name(), "source": "import", "owner": owner})

    def do_change_contact(self) -> None:
        if one := self.one(TE, "contacts"):
            change = self.random.choice(
                (
                    {"phone_cell": f"415555{self._number:04}"},
                    {"external_ids": [{"source": "crm", "external_id": f"X{self._number}"}]},
                    {"contact_groups": [{"group_name": "SN Borrower Linked"}]},
                    {"ok_to_email": 0},
                    {"email": "x" * 300 + f"{self._number}@x.example"},
                )
            )
            self.ask(TE, "PATCH", f"/contacts/{one['id']}", change, fine=False)

    def do_change_owner(self) -> None:
        if one := self.one(TE, "contacts"):
            body = {"id": one["id"], "owner": {"id": int(self.random.choice(USERS))}}
            self.ask(TE, "POST", "/contacts", body, fine=False)

    def do_archive(self) -> None:
        """Archive a contact, or take it back. A system that ignores the filter can't tell who is archived."""
        obeyed = self.systems.systems["total-expert"].options["filters"]
        if obeyed and (one := self.one(TE, "contacts")):
            system = self.systems.systems["total-expert"]
            archived = not one.get("archived")
            stamped = system.stamped({**one, "internal_updated_at": "", "archived": archived}, {})
            self.systems.put("total-expert", "contacts", stamped)


@contextmanager
def no_time(folder: Path) -> Iterator[SystemsInProcess]:
    systems = SystemsInProcess(folder, CONTACT_SYSTEMS)
    yield systems
    systems.close()


def parts(reading: SystemReading) -> tuple[Any, ...]:
    """Return a reading without the order of its records, which means nothing."""
    return (
        {owner.id: owner for owner in reading.owners},
        dict(reading.contacts),
        set(reading.aside),
        sorted(reading.refs),
        sorted(reading.bears),
    )


@pytest.mark.parametrize("seed", some(range(40), 3))
def test_an_incremental_read_equals_a_full_read(tmp_path: Path, seed: int) -> None:
    async def story(wires: Wires) -> None:
        company = Company(systems, wires, seed)
        kinds = []
        for _ in range(6):
            await company.passes(company.random.choice((1, 200, 4_000)))
            for _ in range(company.random.choice((0, 1, 1, 4))):
                company.anything()
            for system in (SN, TE):
                reading, read = await company.read(system)
                kinds.append(read.kind)
                assert parts(reading) == parts(await company.read_all(system)), system
        assert kinds[:2] == [ReadKind.FULL] * 2
        assert set(kinds[2:]) == {ReadKind.INCREMENTAL}

    with no_time(tmp_path) as systems:
        on_virtual_time(systems, FaultPlan(1), story, DatedTransport)


def test_a_record_that_was_removed_is_found_by_the_full_read_that_is_due(tmp_path: Path) -> None:
    async def story(wires: Wires) -> None:
        company = Company(systems, wires, 1)
        company.do_new_contact()
        company.do_new_borrower()
        before = {system: (await company.read(system))[0] for system in (SN, TE)}
        gone = company.one(TE, "contacts")
        borrower = next(one for one in before[SN].contacts.values() if one.kind is ContactKind.BORROWER)
        assert gone is not None
        systems.remove("total-expert", "contacts", str(gone["id"]))
        systems.remove("simplenexus", "borrowers", borrower.id)
        await company.passes(WEEK - 60)
        for system, left in ((SN, borrower.id), (TE, str(gone["id"]))):
            reading, read = await company.read(system)
            assert left in reading.contacts
            assert read.kind is ReadKind.INCREMENTAL
        await company.passes(60)
        for system, left in ((SN, borrower.id), (TE, str(gone["id"]))):
            reading, read = await company.read(system)
            assert left not in reading.contacts
            assert (read.kind, read.why) == (ReadKind.FULL, WhyFull.DUE)

    with no_time(tmp_path) as systems:
        on_virtual_time(systems, FaultPlan(1), story, DatedTransport)


def test_a_system_that_does_not_say_what_time_it_is_is_read_in_full(tmp_path: Path) -> None:
    async def story(wires: Wires) -> None:
        company = Company(systems, wires, 2)
        assert (await company.read(TE))[1].why is WhyFull.NO_COPY
        assert (await company.read(TE))[1].why is WhyFull.NO_CLOCK

    with no_time(tmp_path) as systems:
        on_virtual_time(systems, FaultPlan(1), story)


def test_a_full_read_holds_a_contact_that_did_not_change_only_once(tmp_path: Path) -> None:
    async def story(wires: Wires) -> None:
        company = Company(systems, wires, 3)
        for _ in range(3):
            company.do_new_contact()
        before, _ = await company.read(TE)
        one = company.one(TE, "contacts")
        assert one is not None
        company.ask(TE, "PATCH", f"/contacts/{one['id']}", {"phone_cell": "4155550188"})
        after, read = await company.read(TE)
        assert read.kind is ReadKind.FULL
        other = {id_ for id_, contact in after.contacts.items() if contact is not before.contacts[id_]}
        assert other == {str(one["id"])}

    with no_time(tmp_path) as systems:
        on_virtual_time(systems, FaultPlan(1), story)


@pytest.mark.parametrize(("back", "kind"), [(60.0, ReadKind.INCREMENTAL), (3_600.0, ReadKind.FULL)])
def test_a_clock_that_goes_back_moves_no_mark(tmp_path: Path, back: float, kind: ReadKind) -> None:
    async def story(wires: Wires) -> None:
        company = Company(systems, wires, 3)
        await company.read(TE)
        mark = company.copies.copies[TE].mark
        assert mark is not None
        systems.now -= back
        assert (await company.read(TE))[1].kind is kind
        expected = mark if kind is ReadKind.INCREMENTAL else mark - back
        assert company.copies.copies[TE].mark == expected

    with no_time(tmp_path) as systems:
        on_virtual_time(systems, FaultPlan(1), story, DatedTransport)


@pytest.mark.parametrize("says_time", [True, False], ids=["with a date", "without a date"])
def test_a_reply_from_2031_does_not_make_the_desk_skip_what_comes_after(
    tmp_path: Path, says_time: bool
) -> None:
    copies = CopiesInMemory()

    def reader(wires: Wires) -> ContactReader:
        source = TotalExpertContactSource(TotalExpert(wires[TE], "brokerdesk"))
        return ContactReader(source, LoopTime(), copies, WEEK)

    async def from_the_future(wires: Wires) -> None:
        systems.now += 5 * 365 * 86_400.0
        await reader(wires).read(lambda of, count: None)
        systems.now -= 5 * 365 * 86_400.0

    async def afterwards(wires: Wires) -> None:
        company = Company(systems, wires, 3)
        company.do_new_contact()
        reading, read = await reader(wires).read(lambda of, count: None)
        assert (read.kind, read.why) == (ReadKind.FULL, WhyFull.CLOCK_BACK)
        assert parts(reading) == parts(await company.read_all(TE))

    with no_time(tmp_path) as systems:
        on_virtual_time(systems, FaultPlan(1), from_the_future, DatedTransport)
        if says_time:
            on_virtual_time(systems, FaultPlan(1), afterwards, DatedTransport)
        else:
            on_virtual_time(systems, FaultPlan(1), afterwards)


@pytest.mark.parametrize("asks_what", ["contacts", "gone"])
def test_who_is_gone_is_found_by_asking_for_each(tmp_path: Path, asks_what: str) -> None:
    """Removed, archived, and moved to another owner: asked for one by one, before something is written."""

    async def story(wires: Wires) -> None:
        company = Company(systems, wires, 4)
        for _ in range(6):
            company._number += 1
            company.do_new_contact()
            company.do_new_partner()
            company.do_new_prospect()
            company.do_new_borrower()
        reading = {system: (await company.read(system))[0] for system in (SN, TE)}
        for system in (SN, TE):
            known = list(reading[system].contacts.values())
            assert await company.sources[system].gone_among(known) == set()
        if asks_what == "contacts":
            return
        theirs = [one for one in reading[TE].contacts.values() if one.email.startswith("new")]
        systems.remove("total-expert", "contacts", theirs[0].id)
        systems.edit("total-expert", "contacts", theirs[1].id, archived=True)
        user = next(user for user in USERS if user != theirs[2].owner)
        body = {"id": int(theirs[2].id), "owner": {"id": int(user)}}
        company.ask(TE, "POST", "/contacts", body)
        systems.edit("total-expert", "contacts", theirs[3].id, email="another@x.example")
        expected = {one.id for one in theirs[:3]}
        assert await company.sources[TE].gone_among(theirs) == expected
        ours = [one for one in reading[SN].contacts.values() if one.email.startswith("new")]
        removed = {
            kind: next(one for one in ours if one.kind is kind)
            for kind in set(ContactKind) - {ContactKind.CONTACT}
        }
        for kind, one in removed.items():
            systems.remove("simplenexus", f"{kind.value}s", one.id)
        assert await company.sources[SN].gone_among(ours) == {one.id for one in removed.values()}

    with no_time(tmp_path) as systems:
        on_virtual_time(systems, FaultPlan(1), story, DatedTransport)
