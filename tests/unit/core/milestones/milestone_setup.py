"""A desk of milestones in memory: a book of encoded records, a Total Expert that keeps what it gets; no engine."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

import data.maps
from core.compare.keys import label_key
from core.milestones.candidates import applications_to_read
from core.milestones.events import ApplicationReading, EventKind, MilestoneEvent, Unreadable, from_reading
from core.milestones.facts import FactState, changes, fold, recall, settle_down
from core.milestones.inputs import MilestoneInputs, MilestoneLine, Milestones, MilestoneStanding
from core.milestones.insights import InsightContact
from core.milestones.milestone_map import Milestone, MilestoneMap, MilestoneRules, read_map
from core.milestones.plan import plan_milestones
from core.milestones.records import ApplicationFacts, FinishedApplication, MilestoneState, PersonFacts
from core.push.plan import Entity, Operation, Plan

SHIPPED: MilestoneMap = read_map(
    tomllib.loads((Path(data.maps.__file__).parent / "milestones.toml").read_text("utf-8")), "milestones.toml"
)
TYPES = {label_key(row.insight): (f"{n + 1}",) for n, row in enumerate(SHIPPED.rows.values())}
STARTED_GROUP = "13"
OWNER = "501"
GROUPS = {(OWNER, label_key("SN Loan Application Started")): STARTED_GROUP}
T0 = 1_800_000_000.0
MINUTE = 60.0
ABANDONED, STARTED, SUBMITTED = Milestone.ABANDONED, Milestone.STARTED, Milestone.SUBMITTED


def event(what: EventKind, subject: str, at: float, person: str = "", id_: str = "") -> MilestoneEvent:
    return MilestoneEvent(id_ or f"{what}-{at}", what, subject, at, at + 1, person)


def with_rules(rules: MilestoneRules) -> MilestoneMap:
    return msgspec.structs.replace(SHIPPED, rules=rules)


def a_world(now: float, **more: Any) -> MilestoneInputs:
    people = {f"B{n}": InsightContact(f"900{n}", OWNER) for n in range(5)}
    return msgspec.structs.replace(
        MilestoneInputs(now, "test", SHIPPED, people=people, types=TYPES, groups=GROUPS), **more
    )


def lines(state: FactState, world: MilestoneInputs) -> dict[Milestone, MilestoneLine]:
    """The lines of a plan, where there is one of each milestone at most."""
    planned = plan_milestones(state, world).lines
    found = {line.milestone: line for line in planned}
    assert len(found) == len(planned)
    return found


class TotalExpert:
    """Keeps insights and groups as they come; a second insight is taken like the first."""

    def __init__(self) -> None:
        self.insights: list[tuple[str, str]] = []
        self.started: set[str] = set()

    def take(self, plan: Plan) -> None:
        for step in plan.steps:
            if step.entity is Entity.INSIGHT:
                assert step.body["data"]["description"].split()[-1] == step.ref
                self.insights.append((step.local_id, step.ref))
            elif step.operation is Operation.JOIN_GROUP:
                assert step.body == {"contact_groups": [{"id": STARTED_GROUP}]}
                self.started.add(str(step.remote_id))
            else:
                assert step.body == {"remove_contact_groups": [{"id": STARTED_GROUP}]}
                self.started.discard(str(step.remote_id))

    def has(self, ref: str) -> bool:
        return any(one == ref for _, one in self.insights)


class Stop(Exception):
    """The desk is killed here."""


class Desk:
    """The desk's process: its memory is lost at a crash, `book` is not."""

    def __init__(self, remote: TotalExpert) -> None:
        self.remote = remote
        self.book: dict[tuple[str, str], bytes] = {}
        self.standings: dict[str, MilestoneStanding] = {}
        self.intents: dict[str, Plan] = {}
        self.readings: dict[str, ApplicationReading | Unreadable] = {}
        self.ahead = 0.0
        self.state = FactState()
        self.stops_at = -1
        self.points = 0

    def point(self) -> None:
        self.points += 1
        if self.points == self.stops_at:
            raise Stop

    def start(self) -> None:
        """Begin again from the book. What was on its way is looked up: it is there, or it is planned again."""

        def all_of(kind: type[Any]) -> list[Any]:
            return [
                msgspec.json.decode(raw, type=kind)
                for (table, _), raw in self.book.items()
                if table == kind.table
            ]

        self.state = recall(all_of(ApplicationFacts), all_of(PersonFacts), all_of(FinishedApplication))
        self.readings = {}
        self.stops_at = -1
        for name, plan in dict(self.intents).items():
            del self.intents[name]
            if self.remote.has(plan.steps[0].ref):  # groups are set: doing it again is safe
                self.remote.take(msgspec.structs.replace(plan, steps=plan.steps[1:]))
                self._settle(name)
            else:  # what it was due for may have changed meanwhile
                del self.standings[name]

    def _settle(self, name: str) -> None:
        held = self.standings[name]
        self.standings[name] = msgspec.structs.replace(held, state=MilestoneState.SENT)

    def keep(self, now: FactState) -> None:
        put, drop = changes(self.state, now)
        self.point()
        for record in put:
            self.book[record.table, record.key] = msgspec.json.encode(record)
        for kind, key in drop:
            self.book.pop((kind.table, key), None)
        self.state = now
        self.point()

    def fold(self, events: Iterable[MilestoneEvent]) -> None:
        self.keep(fold(self.state, events))

    def read(self, reading: ApplicationReading | Unreadable) -> None:
        self.readings[reading.application] = reading
        if isinstance(reading, ApplicationReading):
            self.ahead = reading.read - reading.at
            self.fold(from_reading(reading))

    def to_read(self, world: MilestoneInputs) -> tuple[str, ...]:
        return applications_to_read(self.state, self._with_book(world))

    def plan(self, world: MilestoneInputs) -> Milestones:
        inputs = msgspec.structs.replace(self._with_book(world), readings=dict(self.readings))
        return plan_milestones(self.state, inputs)

    def _with_book(self, world: MilestoneInputs) -> MilestoneInputs:
        return msgspec.structs.replace(world, ahead=self.ahead, standings=dict(self.standings))

    def send(self, line: MilestoneLine) -> None:
        assert line.plan is not None
        assert line.name not in self.standings, "planned although it was taken up before"
        self.point()
        self.intents[line.name] = line.plan
        self.standings[line.name] = MilestoneStanding(MilestoneState.DUE, line.at)
        self.point()
        self.remote.take(line.plan)
        self.point()
        del self.intents[line.name]
        self._settle(line.name)
        self.point()

    def tidy(self, planned: Milestones, now: float) -> None:
        self.keep(settle_down(self.state, planned.done_applications, planned.done_people, now))
