"""The desk over the systems: the production use cases, clients and engine, and a check around every push."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import count
from random import Random
from typing import Final

import msgspec

from core.errors import DeskError
from core.flex.field_map.fates import Fate
from core.flex.model import Card, CardSummary, Extra, HeldPerson, RejectedRecord
from core.flex.plans.objections import short
from core.flex.plans.preview import Preview
from core.flex.plans.shown import carriers_of, shown_of
from core.flex.ports import CardSource
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.changed_since_push import places
from core.flex.use_cases.fact_finds import FactFindUseCases
from core.flex.use_cases.links import LinkUseCases
from core.flex.use_cases.notes import NoteUseCases
from core.push.engine import Engine
from core.push.live_push import steps_of
from core.push.plan import Asset, Plan, System
from core.push.ports import Clock, Remote
from core.push.records import Push, StepRecord
from core.push.resolutions import Choice, Resolution, choices
from core.push.states import ACTIVE, PushState, StepState
from core.receipts.arrival import ARRIVING, judge_fields
from core.receipts.model import Arrival, Shown
from core.receipts.read_back import read_back
from core.receipts.shown import files_of
from data.cards.csv_cards import read_csv
from data.cards.reading import card_of
from data.maps import shipped_map
from data.vendors.brokerengine import BrokerEngine
from data.vendors.flex import Flex
from tests.fidelity.difference import Dump
from tests.fidelity.expected import (
    ExpectedDifference,
    PartDone,
    differences,
    expected_difference,
    linked_by_hand,
)
from tests.fidelity.systems import EPOCH, SystemsInProcess, Wires
from tests.support.fakes import FakeBook

WORKSPACE: Final = "fidelity"
PATIENCE: Final = 40
"""So often is a push that waits taken up again before it counts as standing still."""

MOST_LINES: Final = 6
"""So many differences of one push are printed."""

Answer = Callable[[StepRecord], Resolution | None]
"""What the operator decides about a step that waits; None leaves the step waiting."""


class Unfaithful(AssertionError):
    """A push did something else than its preview said."""


class LoopTime:
    """The wall clock of a story: the loop's time, from `EPOCH` on."""

    def now(self) -> float:
        """Return seconds since 1970."""
        return EPOCH + asyncio.get_running_loop().time()


class CardsInATable:
    """Cards of one CSV export, read by the production reader. Honours `core.flex.ports.CardSource`."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def writable(self, card_id: str) -> bool:
        """A file takes no FLEX ID back."""
        return False

    def place(self, card_id: str) -> str:
        """Every card is in the one table."""
        return "the table"

    async def person(self, person_id: str) -> HeldPerson:
        """Read a person of any card. Raises `DeskError` (unknown-person)."""
        for entry in read_csv(self.data).entries:
            for applicant in card_of(entry.json(b""))[0].people:
                if applicant.contact.id == person_id:
                    return HeldPerson(applicant.contact, "the table", writable=False)
        raise DeskError("unknown-person", f"The table holds no person {person_id}.")

    async def summaries(self) -> AsyncIterator[list[CardSummary | RejectedRecord]]:
        """List the cards."""
        yield [entry.summary for entry in read_csv(self.data).entries]

    async def card(self, card_id: str) -> tuple[Card, tuple[Extra, ...]]:
        """Read a card whole. Raises `DeskError` (unknown-card)."""
        for entry in read_csv(self.data).entries:
            if entry.summary.id == card_id and entry.held is not None:
                return card_of(entry.held)
        raise DeskError("unknown-card", f"The table holds no card {card_id}.")


def leave_waiting(step: StepRecord) -> Resolution | None:
    """Decide nothing."""
    return None


class FidelityDesk:
    """One book and one engine over the systems. Every push is compared with its preview when the push rests."""

    def __init__(
        self,
        systems: SystemsInProcess,
        wires: Wires,
        *,
        settle: float,
        seed: int = 0,
        source: CardSource | None = None,
        book: FakeBook | None = None,
    ) -> None:
        self.systems = systems
        flex = Flex(wires[System.FLEX], settle)
        board = BrokerEngine(wires[System.BROKERENGINE], settle)
        clock: Clock = LoopTime()
        numbers = count(1)
        self.book = book or FakeBook()
        self.cards = CardUseCases(
            source or board,
            flex,
            self.book,
            shipped_map(),
            workspace=WORKSPACE,
            operator="m.hale",
            new_id=lambda: f"P{next(numbers)}",
            clock=clock,
            papers=board,
            records=flex,
        )
        self.fact_finds = FactFindUseCases(self.cards)
        self.notes = NoteUseCases(self.cards, lambda at: f"{at:.0f}")
        self.links = LinkUseCases(self.cards)
        self.remotes: dict[System, Remote] = {System.FLEX: flex, System.BROKERENGINE: board}
        self.engine = Engine(
            self.book,
            self.remotes,
            clock,
            Random(seed),
            fresh={
                Asset.CARD: self.cards,
                Asset.FACT_FIND: self.fact_finds,
                Asset.NOTE: self.notes,
            },
        )

    # -- pushes, each compared with what was shown ------------------------------------------------------

    async def push(self, preview: Preview, answer: Answer = leave_waiting, *, may_stop: bool = False) -> Push:
        """Confirm a preview, see its push through, and compare. Raises `Unfaithful`.

        A push must end DONE unless a person decided otherwise or `may_stop` says that something was broken on purpose.
        """
        check_that_all_is_said(preview)
        known = await self._changed_since(preview.plan.about)
        before = self.systems.dump()
        push = await self.cards.confirm(preview, self.engine)
        if push.plan != preview.plan.digest:
            raise Unfaithful(
                f"confirming plan {preview.plan.digest} of {preview.subject} gave the push of plan {push.plan}"
            )
        push = await self._follow(
            push, preview.plan, expected_difference(preview), before, answer, may_stop=may_stop
        )
        await self._check_marks(push, preview)
        if push.state is PushState.DONE and push.asset in (Asset.CARD, Asset.FACT_FIND):
            await self._check_that_nothing_changed(push, preview, known)
        return push

    async def begin(self, preview: Preview) -> Push:
        """Confirm a preview and run its push as far as it goes; nothing is compared."""
        push = await self.cards.confirm(preview, self.engine)
        return await self.engine.finish(push.push_id)

    async def _check_marks(self, push: Push, preview: Preview) -> None:
        """Raise `Unfaithful` if the arrival check says of a value that arrived that it did not.

        A push of which a person decided something, and a value that could not be read, are left out. So is a value that
        no step carries: `expected_difference` compares such values.
        """
        steps = await steps_of(self.book, push)
        decided = any(event.code.startswith("decided-") for step in steps for event in step.trail)
        if push.state is not PushState.DONE or decided:
            return
        shown = msgspec.json.decode(shown_of(preview, places(preview.fields)), type=Shown)
        readings = await read_back(self.remotes, steps, 0.0)
        refs = [step.ref for step in preview.plan.steps]
        for field in judge_fields(shown.fields, steps, readings, {}, files_of(preview.plan), refs):
            missing = field.arrived is Arrival.NOT_SENT and field.fate in ARRIVING and field.step is not None
            if missing or field.arrived is Arrival.DIFFERS:
                said = f"{field.source} {field.about}: {field.arrived}, {field.sent!r} is {field.found!r}"
                raise Unfaithful(f"{push.asset} {push.subject}: the arrival check says {said} {field.reason}")

    async def _changed_since(self, card_id: str) -> frozenset[str]:
        """Return the places of a card that count as changed or new since its pushes; none before the first push."""
        since = await self.cards.since(await self.cards.glance(card_id))
        return since.changed | since.new if since is not None else frozenset()

    async def _check_that_nothing_changed(self, push: Push, preview: Preview, known: frozenset[str]) -> None:
        """Compare what counts as changed since a push that ended just now with what it sent. Raises `Unfaithful`.

        `known` are the places that counted as changed before the push: no other place may count now. A value that a
        record keeps because a person chose the record was not sent.
        """
        chosen = {
            step.n
            for step in await steps_of(self.book, push)
            if any(event.code == f"decided-{Choice.LINK}" for event in step.trail)
        }
        carriers = carriers_of(preview, places(preview.fields))
        kept = {place for place, (n, _) in carriers.items() if n in chosen}
        since = await self.cards.since(await self.cards.preview(preview.plan.about))
        if since is None:
            raise Unfaithful(f"{preview.subject} was pushed just now, and no push of it is known")
        sent = {
            place
            for place, field in zip(places(preview.fields), preview.fields, strict=True)
            if field.fate is not Fate.EMPTY and not field.left_out  # what was emptied is still in FLEX
        }
        now = since.changed | since.new
        if changed := sorted(((sent - kept) & now) | (now - known)):
            raise Unfaithful(
                f"{preview.asset} {preview.subject} was pushed just now, and counts as changed: {changed}"
            )

    async def follow(self, push: Push, preview: Preview, *, may_stop: bool = False) -> Push:
        """See a push through that waits with nothing of it sent, and compare. Raises `Unfaithful`."""
        before = self.systems.dump()
        return await self._follow(
            push, preview.plan, expected_difference(preview), before, leave_waiting, may_stop=may_stop
        )

    async def link(self, local_id: str, flex_id: str) -> Push:
        """Link a card or a person by hand and compare. Raises `Unfaithful`, `DeskError`."""
        before = self.systems.dump()
        linking = await self.links.preview(local_id, flex_id, self.engine)
        push = await self.links.confirm(linking, self.engine)
        return await self._follow(push, linking.plan, linked_by_hand(linking), before, leave_waiting)

    async def unlink(self, local_id: str) -> Push:
        """Take back the link of a card or a person, and compare. Raises `Unfaithful`, `DeskError`."""
        before = self.systems.dump()
        unlinking = await self.links.preview_unlink(local_id, self.engine)
        push = await self.links.confirm(unlinking, self.engine)
        return await self._follow(push, unlinking.plan, linked_by_hand(unlinking), before, leave_waiting)

    async def _follow(
        self,
        push: Push,
        plan: Plan | None,
        expected: ExpectedDifference,
        before: Dump,
        answer: Answer,
        *,
        may_stop: bool = False,
    ) -> Push:
        push = await self._see_through(push, answer)
        steps = await steps_of(self.book, push)
        compare_with_preview(push, plan, steps, expected, (before, self.systems.dump()), may_stop=may_stop)
        return push

    async def _see_through(self, push: Push, answer: Answer) -> Push:
        """Run a push until nothing of it continues automatically, and answer what it asks."""
        push = await self.engine.finish(push.push_id)
        for _ in range(PATIENCE):
            if push.state is PushState.PAUSED:
                await asyncio.sleep(120.0)
                for breaker in self.engine.breakers.values():
                    breaker.reset()
                push = await self.engine.finish(push.push_id)
            elif push.state not in ACTIVE or not await self._decide(push, answer):
                return push
            else:
                push = await self._now(push)
        return push

    async def _decide(self, push: Push, answer: Answer) -> bool:
        """Answer the first step that waits; False where the operator decides nothing."""
        for step in await steps_of(self.book, push):
            if step.state in (StepState.NEEDS_YOU, StepState.CONFLICT) and choices(step):
                decision = answer(step)
                if decision is not None:
                    await self.engine.decide(push.push_id, step.n, decision)
                    return True
        return False

    async def _now(self, push: Push) -> Push:
        return await self.book.get(Push, push.push_id) or push


def check_that_all_is_said(preview: Preview) -> None:
    """Raise `Unfaithful` if a value that does not arrive is not among the warnings of a preview that can be pushed."""
    if not preview.pushable:
        return
    for field in preview.fields:
        value = short(field.source_value)
        if field.fate is Fate.REFUSED and not any(value in warning for warning in preview.warnings):
            raise Unfaithful(
                f"{preview.asset} {preview.subject}: no warning says that {field.source} is not sent: {value!r}"
            )


def compare_with_preview(
    push: Push,
    plan: Plan | None,
    steps: Sequence[StepRecord],
    expected: ExpectedDifference,
    dumps: tuple[Dump, Dump],
    *,
    may_stop: bool,
) -> None:
    """Compare what a push changed between two dumps with what its preview said. Raises `Unfaithful`."""
    lines = differences(expected, *dumps, _part(push, plan, steps))
    decided = any(event.code.startswith("decided-") for step in steps for event in step.trail)
    if push.state is not PushState.DONE and not (may_stop or decided):
        lines = [f"the push ended {push.state}: {_why(push, steps)}", *lines]
    if lines:
        more = [f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
        shown = [f"  {line}" for line in (*lines[:MOST_LINES], *more)]
        raise Unfaithful("\n".join([f"{push.asset} {push.subject}", *shown]))


def link_what_is_there(step: StepRecord) -> Resolution | None:
    """Decide, where the desk found a record, that the step's record is that one."""
    return Resolution(Choice.LINK, step.candidates[0]) if Choice.LINK in choices(step) else None


def send_as_new(step: StepRecord) -> Resolution | None:
    """Decide, where the desk found a record, to make one more."""
    return Resolution(Choice.AS_NEW, workspace=WORKSPACE) if Choice.AS_NEW in choices(step) else None


def update_what_is_there(step: StepRecord) -> Resolution | None:
    """Decide, where the desk found a record with other values, that the record gets the values."""
    return Resolution(Choice.OVERWRITE) if Choice.OVERWRITE in choices(step) else link_what_is_there(step)


_IN_DOUBT: Final = frozenset({StepState.INTENT, StepState.UNKNOWN, StepState.NEEDS_YOU, StepState.CONFLICT})
_CHOSEN: Final = frozenset({f"decided-{Choice.LINK}", f"decided-{Choice.THERE}"})


def _part(push: Push, plan: Plan | None, steps: Sequence[StepRecord]) -> PartDone:
    """Read from the journal which steps were carried out, and what a person decided."""
    planned = [step.ref for step in plan.steps] if plan else [step.ref for step in steps]
    return PartDone(
        done=frozenset(step.n for step in steps if step.state is StepState.DONE),
        in_doubt=frozenset(step.n for step in steps if step.state in _IN_DOUBT),
        whole=push.state is PushState.DONE,
        chosen={
            planned[step.n]: step.remote_id
            for step in steps
            if step.remote_id and any(event.code in _CHOSEN for event in step.trail)
        },
        renamed={planned[step.n]: step.ref for step in steps if step.ref != planned[step.n]},
    )


def _why(push: Push, steps: Sequence[StepRecord]) -> str:
    said = [
        f"{step.operation} {step.entity} {step.state} {step.error} {step.detail}".strip()
        for step in steps
        if step.state not in (StepState.DONE, StepState.BLOCKED)
    ]
    return "; ".join([*([push.reason] if push.reason else []), *said])


def overridden(preview: Preview, *codes: str) -> Preview:
    """Return a preview without some objections, as a command that overrides them makes it."""
    return msgspec.structs.replace(
        preview, reasons=tuple(one for one in preview.reasons if one.code not in codes)
    )
