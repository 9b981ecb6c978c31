"""How fast events are folded in, next to the least any program does with them, and what is remembered of them."""

import time
import tracemalloc
from collections.abc import Callable
from random import Random

from core.compare.keys import label_key
from core.milestones.events import EventKind, MilestoneEvent
from core.milestones.facts import FactState, fold, settle_down
from core.milestones.inputs import MilestoneInputs, MilestoneStanding
from core.milestones.insights import InsightContact
from core.milestones.milestone_map import MilestoneMap
from core.milestones.plan import plan_milestones
from core.milestones.records import MilestoneState
from data.maps.milestones import shipped_milestones

EVENTS = 100_000
OPEN = 2_000
T0 = 1_800_000_000.0


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _stream(applications: int, seed: int = 1) -> list[MilestoneEvent]:
    """Give 100,000 events of so many applications, out of order and one in ten of them doubled."""
    dice = Random(seed)
    found: list[MilestoneEvent] = []
    while len(found) < EVENTS:
        number = dice.randrange(applications)
        what = dice.choice(
            [EventKind.BEGUN, EventKind.CHANGED, EventKind.CHANGED, EventKind.CHANGED, EventKind.PROMPTED]
        )
        at = T0 + dice.randrange(80 * 60)
        one = MilestoneEvent(f"{len(found)}", what, f"A{number}", at, at + 5, f"B{number % 500}")
        found += [one, one] if dice.random() < 0.1 else [one]
    dice.shuffle(found)
    return found[:EVENTS]


def _least(events: list[MilestoneEvent]) -> dict[str, float]:
    """The floor: look each event's application up, and keep its latest moment."""
    latest: dict[str, float] = {}
    for event in events:
        if event.at > latest.get(event.subject, 0.0):
            latest[event.subject] = event.at
    return latest


def _world(now: float, milestones: MilestoneMap) -> MilestoneInputs:
    owner = "501"
    people = {f"B{n}": InsightContact(f"C{n}", owner) for n in range(500)}
    types = {label_key(row.insight): ("1",) for row in milestones.rows.values()}
    groups = {(owner, label_key("SN Loan Application Started")): "13"}
    return MilestoneInputs(now, "bench", milestones, people=people, types=types, groups=groups)


def _kept(work: Callable[[], FactState]) -> float:
    """Give the MB that stay allocated for what `work` gives."""
    tracemalloc.start()
    state = work()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert state.applications
    return kept / 1e6


def _closing(rounds: int) -> FactState:
    """Fold in `rounds` times 2,000 applications that are begun, submitted, sent and let go, next to 2,000 open ones."""
    milestones = shipped_milestones()
    state = fold(
        FactState(),
        [MilestoneEvent("e", EventKind.BEGUN, f"O{n}", T0, T0, f"B{n % 500}") for n in range(OPEN)],
    )
    for turn in range(rounds):
        names = [f"A{turn}-{n}" for n in range(OPEN)]
        at = T0 + 60 * 86_400.0 * turn
        for what in (EventKind.BEGUN, EventKind.CHANGED, EventKind.SUBMITTED):
            state = fold(state, [MilestoneEvent("e", what, name, at, at, "B1") for name in names])
        world = _world(at + 60, milestones)
        sent = {
            line.name: MilestoneStanding(MilestoneState.SENT, line.at)
            for line in plan_milestones(state, world).lines
            if line.application.startswith("A")
        }
        done = plan_milestones(
            state, MilestoneInputs(at + 60, "bench", milestones, people=world.people, standings=sent)
        )
        state = settle_down(state, done.done_applications, (), at + 61)
    return state


def figures() -> list[tuple[str, float, float, str]]:
    """Give (what, ours, the floor or peer of the same run, unit)."""
    few, many = _stream(OPEN), _stream(20_000)
    state = fold(FactState(), few)
    world = _world(T0 + 3600, shipped_milestones())
    plan = _cpu(lambda: plan_milestones(state, world))
    walk = _cpu(lambda: [sorted(state.applications.values(), key=lambda one: one.touched)])
    return [
        ("milestones: fold in 100,000 events of 2,000 applications, CPU", *_beside(few), "s"),
        ("milestones: fold in 100,000 events of 20,000 applications, CPU", *_beside(many), "s"),
        ("milestones: plan 2,000 open applications, beside sorting them, CPU", plan * 1e3, walk * 1e3, "ms"),
        (
            "milestones: kept of 2,000 open ones after 100,000 events, beside 1 event each",
            _kept(lambda: fold(FactState(), few)),
            _kept(lambda: fold(FactState(), {event.subject: event for event in few}.values())),
            "MB",
        ),
        (
            "milestones: kept of 2,000 open ones after 20,000 submitted ones, beside 2,000",
            _kept(lambda: _closing(10)),
            _kept(lambda: _closing(1)),
            "MB",
        ),
    ]


def _beside(events: list[MilestoneEvent]) -> tuple[float, float]:
    return _cpu(lambda: fold(FactState(), events)), _cpu(lambda: _least(events))
