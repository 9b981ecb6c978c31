"""The cards' desk in a schedule: cards, Fact Finds and a note to FLEX, FLEX IDs written back to BrokerEngine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from random import Random

from core.push.engine import Engine
from core.push.made import may_be_there, was_there
from core.push.plan import Asset, Entity, Operation, Plan, StepKind, System
from core.push.ports import Remote
from core.push.records import Push, StepRecord
from core.push.resolutions import Choice, Resolution
from core.push.states import StepState
from data.vendors.brokerengine import BrokerEngine
from data.vendors.flex import Flex
from tests.simulation.card_plans import CARDS, KNOWN, LINKED, PEOPLE, card_plans, fact_find_plans, note_plan
from tests.simulation.life import Life
from tests.simulation.remote import Server, SimWire
from tests.simulation.schedule import SETTLE, Broken, Schedule

COLLECTION = {
    Entity.PERSON: "contacts",
    Entity.OPPORTUNITY: "opportunities",
    Entity.PROPERTY: "properties",
    Entity.PRODUCT_LINK: "product-links",
    Entity.NOTE: "notes",
}


class BlindToNotes(Flex):
    """A FLEX whose notes can't be looked up: only a person can tell whether one arrived."""

    def can_look_up(self, entity: Entity) -> bool:
        return entity is not Entity.NOTE and super().can_look_up(entity)


class CardSchedule(Schedule):
    """The world of the cards' desk."""

    kind = "cards"

    def make_server(self, random: Random) -> Server:
        server = Server(random)
        server.add("contacts", None, {"FirstName": "Bao", "LastName": "Old"}, row_id=KNOWN)
        server.add("opportunities", None, {}, row_id=LINKED)
        for person in PEOPLE:
            server.add("contacts", None, {}, row_id=person)
        for card in CARDS:
            server.add("cards", None, {}, row_id=card)
        return server

    def choose(self) -> Sequence[Sequence[Plan]]:
        self.flex = self.random.choice((Flex, BlindToNotes))
        pushes = [*card_plans(), *fact_find_plans(), note_plan()]
        return (self.random.sample(pushes, self.random.choice((1, 2, 2, 3))),)

    def may_push(self, plan: Plan, done: Collection[str]) -> bool:
        return not (self.another_book and plan.asset is Asset.NOTE)  # a note's decision is lost with its book

    def is_lost_with_its_book(self, kind: str) -> bool:
        return self.another_book and kind == "notes"

    def remotes(self, life: Life) -> Mapping[System, Remote]:
        wire = SimWire(self.server, life, self.loop)
        return {System.FLEX: self.flex(wire, SETTLE), System.BROKERENGINE: BrokerEngine(wire, SETTLE)}  # type: ignore[arg-type]  # a wire without a socket

    async def answer(self, engine: Engine, push: Push) -> bool:
        """Look, who is asked whether the note arrived, and answer truly; nothing else is to be asked."""
        live = engine.live(push.push_id)
        assert live is not None
        step = live.steps[0]
        if step.entity is not Entity.NOTE or step.state is not StepState.NEEDS_YOU:
            raise Broken(f"a person is asked for no reason: {push.push_id} {live.steps}")
        self.server.settle_until(self.loop.time())
        there = [row.id for row in self.server.of("notes") if row.ref == step.ref]
        decision = Resolution(Choice.THERE, there[0]) if there else Resolution(Choice.NOT_THERE)
        await engine.decide(push.push_id, 0, decision)
        return True

    # -- what must hold --------------------------------------------------------------------------------

    def check_remote(self, steps: Sequence[StepRecord]) -> None:
        contacts = {row.id for row in self.server.of("contacts")}
        opportunities = {row.id for row in self.server.of("opportunities")}
        for row in self.server.of("opportunities"):
            if not {applicant["FLEXId"] for applicant in row.fields.get("Applicants", ())} <= contacts:
                raise Broken(f"opportunity {row.id} names nobody: {row.fields}")
        for row in self.server.of("properties"):
            if row.fields["Opportunity"]["FLEXId"] not in opportunities:
                raise Broken(f"property {row.id} hangs from nothing: {row.fields}")
        if not self.another_book:
            self._check_who_did_it(steps)

    def _check_who_did_it(self, steps: Sequence[StepRecord]) -> None:
        """What nobody but this book can have made or changed, some step of it says to have made or changed."""
        works: defaultdict[str, list[bool]] = defaultdict(list)
        for step in steps:
            is_known = step.operation is Operation.UPDATE and step.remote_id == KNOWN
            if step.operation is Operation.CREATE or is_known:
                is_done = step.state is StepState.DONE
                did_it = not was_there(step) if is_done else may_be_there(step)
                works[KNOWN if is_known else step.ref] += [did_it] if is_done or did_it else []
        for name, does in works.items():
            if does and not any(does):
                raise Broken(f"{name} is there, and no step says to have made or changed it")

    def arrived(self, step: StepRecord) -> None:
        if step.operation is Operation.WRITE_BACK:
            kind = "contacts" if step.entity is Entity.PERSON else "cards"
            row = self.server.find(kind, step.local_id)
            if row is None or not row.fields.get("flex_id"):
                raise Broken(f"{step.key} is DONE and not written back")
            return
        row = self.server.find(COLLECTION[step.entity], step.remote_id or "")
        if row is None:
            raise Broken(f"{step.key} is DONE and {step.remote_id} is not there")
        if step.kind is StepKind.CREATE and row.ref != step.ref:
            raise Broken(f"{step.key} is DONE with somebody else's record {row.id}")
        if step.operation is Operation.UPDATE and row.fields.get("LastName") != "Tran":
            raise Broken(f"{step.key} is DONE and its fields are not there")
