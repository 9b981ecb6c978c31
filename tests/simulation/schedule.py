"""One seeded schedule: pushes, faults, deaths and restarts, then the invariants that must hold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random

from core.errors import BookClosed
from core.flex.card_plan import plan_card
from core.flex.gathered import Gathered
from core.flex.nouns import Applicant, Card, CatalogueProduct, Person, Product, Property, Requirements
from core.push.decisions import Choice, Decision
from core.push.engine import Engine
from core.push.journal import Link, Push, StepRecord
from core.push.plan import Asset, Entity, Kind, Operation, Plan, Step, System, make_ref
from core.push.states import ACTIVE, PushState, StepState
from data.book.book import BookFile, InlineBook
from data.maps import shipped_map
from data.vendors.brokerengine import BrokerEngine
from data.vendors.flex import Flex
from tests.simulation.disk import SimDisk
from tests.simulation.life import Killed, Life
from tests.simulation.remote import Server, SimWire
from tests.simulation.virtual import VirtualLoop

SETTLE = 60.0
EPOCH = 1_700_000_000.0
HOME = Path("/book")
COLLECTION = {
    Entity.PERSON: "contacts",
    Entity.OPPORTUNITY: "opportunities",
    Entity.PROPERTY: "properties",
    Entity.NOTE: "notes",
}


class Broken(AssertionError):
    """An invariant does not hold."""


@cache
def plans() -> tuple[Plan, ...]:
    """Give the plans of two cards that share a client, one of which updates somebody FLEX knows, and of a note."""
    shared = Person("P-1", "Linh", None, "Nguyen", email="linh@example.com")
    known = Person("P-2", "Bao", None, "Tran", flex_id="1-KNOWN")
    other = Person("P-3", "Maeve", None, "O'Brien")
    bank = CatalogueProduct("1-PROD1", "Harbour Mutual", "Flexi")
    field_map = shipped_map()

    def plan(card: Card) -> Plan:
        catalogue = {"harbour mutual": (bank,)}
        return plan_card(Gathered(card, field_map, "sim", catalogue=catalogue)).plan

    selected = Product("PR-1", "Harbour Mutual", "Flexi", True, True, True, True)
    first = Card(
        "C-1",
        "Nguyen & Tran",
        "deal",
        "AIP Issued",
        "m.hale",
        people=(Applicant("Primary Applicant", shared), Applicant("Co-Applicant", known)),
        requirements=Requirements(loan_amount=Decimal(640000)),
        property=Property(property_type="House"),
        products=(selected,),
    )
    second = Card(
        "C-2",
        "Nguyen & O'Brien",
        "lead",
        "New",
        "m.hale",
        people=(Applicant("Primary Applicant", shared), Applicant("Guarantor", other)),
    )
    ref = make_ref("sim", System.FLEX, Entity.NOTE, "N-1")
    body = {"IntegrationId": ref, "Parent": {"FLEXId": "1-OPPTY"}, "Text": "Spoke with Linh."}
    note = Step(ref, System.FLEX, Entity.NOTE, Operation.CREATE, "N-1", "a note", body)
    return plan(first), plan(second), Plan(Asset.NOTE, "N-1", "a note", (note,))


class WallClock:
    """The desk's clock: the loop's time, set back or forward now and then."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.jump = 0.0

    def now(self) -> float:
        return EPOCH + self._loop.time() + self.jump


class BlindToNotes(Flex):
    """A FLEX whose notes can't be looked up: only a person can tell whether one arrived."""

    def can_look_up(self, entity: Entity) -> bool:
        return entity is not Entity.NOTE and super().can_look_up(entity)


class Schedule:
    """Everything one seed decides, and the world it happens in."""

    def __init__(self, seed: int, *, late: float = 20.0) -> None:
        self.random = Random(seed)
        self.loop = VirtualLoop()
        self.loop.set_exception_handler(lambda loop, context: None)  # the dead leave exceptions behind
        self.clock = WallClock(self.loop)
        self.server = self.make_server(
            Random(seed + 1),
            faults=self.random.choice((0, 1, 2, 4, 8)),
            refusals=self.random.choice((0, 0, 0, 1, 2)),
            lag=self.random.choice((0.0, 0.0, 5.0, 15.0)),
            late=late,
        )
        self.refusing = bool(self.server.refusals)
        self.flex = self.random.choice((Flex, BlindToNotes))
        self.disk = SimDisk(Random(seed + 2))
        self.book: InlineBook | None = None
        self.another_book = False

    def make_server(self, random: Random, *, faults: int, refusals: int, lag: float, late: float) -> Server:
        """Make the systems, with those who are there before."""
        server = Server(random, faults=faults, refusals=refusals, lag=lag, late=late)
        server.add("contacts", None, {"FirstName": "Bao", "LastName": "Old"}, row_id="1-KNOWN")
        for kind, row_id in (("contacts", "P-1"), ("contacts", "P-3"), ("cards", "C-1"), ("cards", "C-2")):
            server.add(kind, None, {}, row_id=row_id)
        return server

    def run(self) -> None:
        """Live through every life, then check. Raises `Broken`, `Hang`, or what the desk itself raises."""
        asyncio.set_event_loop(self.loop)
        try:
            for _ in range(self.random.choice((0, 0, 1, 2, 3))):
                self._live(Life(self.random.randint(1, 60)))
                self.loop.run_until_complete(asyncio.sleep(self.random.choice((0.0, 1.0, 100.0))))
                self.clock.jump += self.random.choice((0.0, 0.0, 86400.0, -86400.0))
            if self.random.random() < 0.15:  # the book is lost: another laptop, empty
                self.disk = SimDisk(Random(self.random.random()))
                self.another_book = True
                self.loop.run_until_complete(asyncio.sleep(self.server.lag + self.server.late + 31))
            self._live(Life(None))
            self.loop.run_until_complete(self._check())
        finally:
            self.loop.close()
            asyncio.set_event_loop(None)

    # -- one life of the desk --------------------------------------------------------------------------

    def _live(self, life: Life) -> None:
        self.disk.life = life
        main = self.loop.create_task(self._desk(life))
        try:
            self.loop.run_until_complete(main)
        except (Killed, BookClosed):  # in one breath with its death the process may see its book fail
            if not life.dead:
                raise
        if life.dead:
            self._bury()

    def _bury(self) -> None:
        while tasks := [task for task in self.loop.tasks if not task.done()]:
            for task in tasks:
                task.cancel()
            with suppress(Killed, asyncio.CancelledError):
                self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.disk.crash()

    async def _desk(self, life: Life) -> None:
        book = InlineBook(BookFile(HOME, disk=self.disk, random=bytes))
        self.book = book
        wire = SimWire(self.server, life, self.loop.time)
        remotes = {System.FLEX: self.flex(wire, SETTLE), System.BROKERENGINE: BrokerEngine(wire, SETTLE)}
        engine = Engine(book, remotes, self.clock, self.random)
        await engine.recover()
        await engine.audit()
        cards = (plans()[0], plans()[1], plans()[0])
        notes = () if self.another_book else plans()[2:]  # a note's decision is lost with its book
        for n, plan in enumerate((*cards, *notes)):
            push = await engine.begin(plan, "sim", f"{plan.subject}-{life.left}-{n}")
            if not await self._is_over(book, push.subject):
                engine.run(push.push_id)
                engine.run(push.push_id)
        for _ in range(30):
            pushes = await engine.resume()
            if not any(push.state in ACTIVE for push in pushes):
                break
            await asyncio.sleep(self.random.uniform(self.server.late + 31, 4000))
            for push in pushes:
                if push.state is PushState.NEEDS_YOU:
                    await self._look_for_the_note(engine, book, push)
        await asyncio.sleep(901)
        await engine.audit()

    async def _look_for_the_note(self, engine: Engine, book: InlineBook, push: Push) -> None:
        """Do what the operator does who is asked "did the note arrive?": look, and answer truly."""
        step = await book.get(StepRecord, f"{push.push_id}:0")
        if step is None or step.entity is not Entity.NOTE or step.state is not StepState.NEEDS_YOU:
            raise Broken(f"a person is asked for no reason: {push.push_id} {step}")
        self.server.settle_until(self.loop.time())
        there = [row.id for row in self.server.of("notes") if row.ref == step.ref]
        decision = Decision(Choice.THERE, there[0]) if there else Decision(Choice.NOT_THERE)
        await engine.decide(push.push_id, 0, decision)

    async def _is_over(self, book: InlineBook, subject: str) -> bool:
        return any(push.subject == subject and push.state is PushState.DONE for push in await book.all(Push))

    # -- what must hold --------------------------------------------------------------------------------

    async def _check(self) -> None:
        book = self.book
        assert book is not None
        self.server.settle_until(self.loop.time() + 1e9)
        pushes = await book.all(Push)
        steps = await book.all(StepRecord)
        self._no_record_twice()
        self._every_push_rests(pushes)
        for step in steps:
            if step.state is StepState.DONE:
                self._is_there(step)
        await self._links_are_the_journal(book, steps)
        self._every_row_is_known(steps)
        if not self.refusing and any(push.state is not PushState.DONE for push in pushes):
            raise Broken(f"not done without a reason: {[(p.push_id, p.state, p.reason) for p in pushes]}")

    def _no_record_twice(self) -> None:
        refs = [row.ref for row in self.server.rows if row.ref]
        if len(refs) != len(set(refs)):
            raise Broken(
                f"a reference stands twice at the remote: {sorted(r for r in refs if refs.count(r) > 1)}"
            )
        names = [row.fields.get("FirstName") for row in self.server.of("contacts") if row.ref]
        if len(names) != len(set(names)):
            raise Broken(f"a person stands twice at the remote: {names}")
        if len(list(self.server.of("opportunities"))) > 2:
            raise Broken("an opportunity stands twice at the remote")

    def _every_push_rests(self, pushes: list[Push]) -> None:
        for push in pushes:
            if push.state in ACTIVE and push.state is not PushState.NEEDS_YOU:
                raise Broken(f"{push.push_id} never came to rest: {push.state} ({push.reason})")

    def _is_there(self, step: StepRecord) -> None:
        if step.operation is Operation.WRITE_BACK:
            kind = "contacts" if step.entity is Entity.PERSON else "cards"
            row = self.server.find(kind, step.local_id)
            if row is None or not row.fields.get("flex_id"):
                raise Broken(f"{step.key} is DONE and not written back")
            return
        if step.entity is Entity.PRODUCT_LINK:
            row = next((r for r in self.server.of("product-links") if r.id == step.remote_id), None)
        else:
            row = self.server.find(COLLECTION[step.entity], step.remote_id or "")
        if row is None:
            raise Broken(f"{step.key} is DONE and {step.remote_id} is not there")
        if step.kind is Kind.CREATE and row.ref != step.ref:
            raise Broken(f"{step.key} is DONE with somebody else's record {row.id}")
        if step.operation is Operation.UPDATE and row.fields.get("LastName") != "Tran":
            raise Broken(f"{step.key} is DONE and its fields are not there")

    async def _links_are_the_journal(self, book: InlineBook, steps: list[StepRecord]) -> None:
        made = {
            step.link_key: step.remote_id
            for step in steps
            if step.state is StepState.DONE and step.operation is not Operation.WRITE_BACK
        }
        links = {link.key: link.remote_id for link in await book.all(Link)}
        if made != links:
            raise Broken(f"links are not the journal: {made} and {links}")

    def _every_row_is_known(self, steps: list[StepRecord]) -> None:
        known = {step.ref for step in steps}
        for row in self.server.rows:
            if row.ref and row.ref not in known and not (self.another_book and row.kind == "notes"):
                raise Broken(f"{row.kind} {row.id} is in no journal")


def run_seed(seed: int, schedule: Callable[[int], Schedule] = Schedule) -> None:
    """Run one schedule; a failure names the seed."""
    try:
        schedule(seed).run()
    except BaseException as error:
        error.add_note(f"{schedule.__name__}, seed {seed}: see python -m tests.simulation --help")
        raise
