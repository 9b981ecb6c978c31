"""One seeded schedule of a sync, of sharing the app and of an undo: faults, deaths, restarts, then the invariants."""

from __future__ import annotations

import asyncio
from functools import cache
from random import Random

from core.contacts.bodies import new_account, new_contact, new_prospect
from core.contacts.nouns import Contact
from core.push.decisions import Choice, Decision
from core.push.engine import Engine
from core.push.journal import Link, Push, StepRecord
from core.push.plan import Asset, Entity, Operation, Plan, Step, System, make_ref
from core.push.states import ACTIVE, PushState, StepState
from data.book.book import BookFile, InlineBook
from data.vendors.simplenexus import SimpleNexus
from data.vendors.simplenexus_writes import SimpleNexusWrites
from data.vendors.total_expert import TotalExpert
from data.vendors.total_expert_writes import TotalExpertWrites
from tests.simulation.life import Life
from tests.simulation.remote import Server
from tests.simulation.schedule import HOME, SETTLE, Broken, Schedule
from tests.simulation.sync_remote import ContactServer, ContactWire

SN, TE = System.SIMPLENEXUS, System.TOTAL_EXPERT
IDENTITY = ("first_name", "last_name", "email")
VICTIM, CHANGED = "1-VICTIM", "1-CHANGED"
MET, TAKEN = "1-MET", "1-TAKEN"
"""A contact who gets an insight and a group, and one who has an insight of that kind from elsewhere."""
COLLECTION = {
    Entity.PROSPECT: "prospects",
    Entity.CONTACT: "contacts",
    Entity.BORROWER: "borrowers",
    Entity.INSIGHT: "insights",
    Entity.GROUP: "contacts",
}


def person(n: int) -> Contact:
    """Give one of the people."""
    return Contact(f"S{n}", first_name=f"N{n}", last_name="Moss", email=f"n{n}@x.example", owner="O1")


@cache
def plans() -> tuple[Plan, ...]:
    """Give a sync of four imports and five pushes, one of which hits somebody; three accounts; an undo."""

    def step(entity: Entity, n: int, **more: object) -> Step:
        system = TE if entity is Entity.CONTACT else SN
        ref = make_ref("sim", system, entity, f"S{n}")
        bodies = {
            Entity.PROSPECT: lambda: new_prospect(person(n), ref),
            Entity.CONTACT: lambda: new_contact(person(n), "7", "brokerdesk", ref),
            Entity.BORROWER: lambda: new_account(person(n), "O1"),
        }
        parent = "O1" if system is SN else None
        return Step(
            ref,
            system,
            entity,
            Operation.CREATE,
            f"S{n}",
            "",
            bodies[entity](),
            parent=parent,
            identity=IDENTITY,
            **more,  # type: ignore[arg-type]
        )

    sync = [step(Entity.PROSPECT, n) for n in range(4)]
    sync += [step(Entity.CONTACT, n) for n in range(10, 14)]
    sync.append(step(Entity.CONTACT, 20, others=(VICTIM,)))
    accounts = [step(Entity.BORROWER, n) for n in (30, 31, 32)]
    back = Step(
        make_ref("sim", TE, Entity.CONTACT, "undo"),
        TE,
        Entity.CONTACT,
        Operation.WRITE_BACK,
        CHANGED,
        "",
        {"email": "old@x.example"},
        remote_id=CHANGED,
    )
    return (
        Plan(Asset.SYNC, "contacts", "", tuple(sync)),
        Plan(Asset.SHARE, "share", "", tuple(accounts)),
        Plan(Asset.UNDO, "undo", "", (back,)),
        *(milestone(contact) for contact in (MET, TAKEN)),
    )


def milestone(contact: str) -> Plan:
    """Give an insight of a contact, and the group he joins after it."""
    name = f"{contact}|started|A1"
    ref = make_ref("sim", TE, Entity.INSIGHT, name)
    body = {
        "contact": {"id": contact},
        "type": {"id": "7"},
        "owner": {"id": "301"},
        "data": {"description": f"Started {ref}"},
    }
    insight = Step(
        ref,
        TE,
        Entity.INSIGHT,
        Operation.CREATE,
        name,
        "",
        body,
        parent=contact,
        identity=("contact", "type"),
    )
    group = Step(
        make_ref("sim", TE, Entity.GROUP, name),
        TE,
        Entity.GROUP,
        Operation.JOIN_GROUP,
        name,
        "",
        {"contact_groups": [{"id": "9"}]},
        remote_id=contact,
        needs=(ref,),
    )
    return Plan(Asset.MILESTONE, f"milestone:{name}", "", (insight, group))


class SyncSchedule(Schedule):
    """The world of a contact desk."""

    def make_server(self, random: Random, *, faults: int, refusals: int, lag: float, late: float) -> Server:
        server = ContactServer(random, faults=faults, refusals=refusals, lag=lag, late=late)
        victim = {
            "first_name": "N20",
            "last_name": "Moss",
            "email": "n20@x.example",
            "phone_cell": "old",
            "refs": [],
        }
        server.add("contacts", None, victim, row_id=VICTIM)
        server.add(
            "contacts", None, {"first_name": "C", "email": "new@x.example", "refs": []}, row_id=CHANGED
        )
        server.add("borrowers", None, {"first_name": "Else", "last_name": "Who", "email": "n32@x.example"})
        for contact in (MET, TAKEN):
            server.add("contacts", None, {"first_name": "M", "refs": []}, row_id=contact)
        theirs = {"contact": {"id": TAKEN}, "type": {"id": "7"}, "data": {"description": "Started"}}
        server.add("insights", None, theirs)
        return server

    async def _desk(self, life: Life) -> None:
        book = InlineBook(BookFile(HOME, disk=self.disk, random=bytes))
        self.book = book
        wire = ContactWire(self.server, life, self.loop.time)
        remotes = {
            SN: SimpleNexusWrites(SimpleNexus(wire), SETTLE),  # type: ignore[arg-type]
            TE: TotalExpertWrites(TotalExpert(wire, "brokerdesk"), SETTLE),  # type: ignore[arg-type]
        }
        engine = Engine(book, remotes, self.clock, self.random)
        await engine.recover()
        await engine.audit()
        for n, plan in enumerate(plans()):
            if not await self._is_over(book, plan.subject):
                push = await engine.begin(plan, "sim", f"P-{life.left}-{n}")
                engine.run(push.push_id)
        for _ in range(30):
            pushes = await engine.resume()
            if not any(push.state in ACTIVE for push in pushes):
                break
            await asyncio.sleep(self.random.uniform(self.server.late + 31, 4000))
            for push in pushes:
                if push.state is PushState.NEEDS_YOU:
                    await self._leave(engine, push)
        await asyncio.sleep(901)
        await engine.audit()

    async def _leave(self, engine: Engine, push: Push) -> None:
        """Do what the operator does: leave what changed somebody, and what is somebody else's account."""
        live = engine.live(push.push_id)
        assert live is not None
        for n, record in enumerate(live.steps):
            if record.state is StepState.CONFLICT:
                self._is_rightly_asked(record)
                await engine.decide(push.push_id, n, Decision(Choice.LEAVE))
            elif record.state is StepState.NEEDS_YOU:
                raise Broken(f"a person is asked for no reason: {record}")

    def _is_rightly_asked(self, record: StepRecord) -> None:
        late = record.error == "diverted" and self.server.find("contacts", record.candidates[0])
        theirs = late and late.ref == record.ref  # ours, committed late, and hit by the second sending
        elsewhere = record.error == "one-from-elsewhere" and record.local_id.startswith(TAKEN)
        if record.local_id not in ("S20", "S32") and not elsewhere and not theirs and not self.another_book:
            raise Broken(f"a person is asked for no reason: {record}")

    # -- what must hold --------------------------------------------------------------------------------

    async def _check(self) -> None:
        book = self.book
        assert book is not None
        self.server.settle_until(self.loop.time() + 1e9)
        pushes, steps = await book.all(Push), await book.all(StepRecord)
        refs = [row.ref for row in self.server.rows if row.ref]
        emails = [row.fields["email"] for row in self.server.of("borrowers")]
        if len(refs) != len(set(refs)) or len(emails) != len(set(emails)):
            raise Broken(f"somebody stands twice at the remote: {sorted(refs)}")
        self._every_push_rests(pushes)
        for step in steps:
            if step.state is StepState.DONE:
                self._arrived(step)
        await self._links_are_the_journal(book, steps)
        self._every_row_is_known(steps)
        links = {link.remote_id for link in await book.all(Link)}
        if VICTIM in links:
            raise Broken("somebody who was changed in error is linked")
        if any(row.fields["contact"]["id"] == TAKEN for row in self.server.of("insights") if row.ref):
            raise Broken("an insight was sent beside one of its kind from elsewhere")
        after_all = [push for push in pushes if TAKEN not in push.subject]
        if not self.refusing and any(push.state is not PushState.DONE for push in after_all):
            raise Broken(f"not done without a reason: {[(p.push_id, p.state, p.reason) for p in pushes]}")

    def _arrived(self, step: StepRecord) -> None:
        row = self.server.find(COLLECTION[step.entity], step.remote_id or "")
        if row is None:
            raise Broken(f"{step.key} is DONE and {step.remote_id} is not there")
        if step.entity is Entity.GROUP:
            if "9" not in row.fields.get("groups", ()):
                raise Broken(f"{step.key} is DONE and {step.remote_id} is not in the group")
        elif step.entity is Entity.INSIGHT:
            if row.ref != step.ref:
                raise Broken(f"{step.key} is DONE with somebody else's insight {row.id}")
        elif step.operation is Operation.WRITE_BACK:
            if row.fields.get("email") != "old@x.example":
                raise Broken(f"{step.key} is DONE and not put back")
        elif row.fields.get("first_name") != f"N{step.local_id[1:]}":
            raise Broken(f"{step.key} is DONE with somebody else's record {row.id}")
        elif step.entity is not Entity.BORROWER and row.ref != step.ref:
            raise Broken(f"{step.key} is DONE with a record that was there before: {row.id}")
