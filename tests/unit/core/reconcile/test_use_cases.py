"""A reconciliation while a push runs: what the desk itself writes in the meantime is no difference."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from core.flex.model import CardSummary, RejectedRecord
from core.local_forms import DeskTime, utc_zone
from core.push.plan import Asset, Entity, Operation, StepKind, System, make_ref
from core.push.ports import RemoteRecord
from core.push.records import Push, StepRecord
from core.push.states import PushState, StepState
from core.receipts.model import ReceiptDesk
from core.receipts.records import ReceiptRecord
from core.receipts.seal import FIRST, SEAL, sealed_document
from core.receipts.use_cases import NothingByHand, ReceiptParts, ReceiptUseCases
from core.reconcile.flex_look import LookTerms
from core.reconcile.model import DiscrepancyKind, Reconciliation
from core.reconcile.ports import RecordPage
from core.reconcile.use_cases import ReconcileParts, ReconcileUseCases
from tests.support.fakes import FakeBook, LoopClock
from tests.support.virtual_time import virtually
from tests.unit.core.reconcile.test_values import field, receipt

REF = make_ref("ours", System.FLEX, Entity.OPPORTUNITY, "C-1")


class Folder:
    """A folder of receipts in memory."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def write(self, name: str, content: bytes) -> None:
        self.files[name] = content

    def read(self, name: str) -> bytes | None:
        return self.files.get(name)

    def names(self) -> list[str]:
        return sorted(self.files)

    def remove(self, name: str) -> None:
        del self.files[name]

    def place(self, name: str) -> str:
        return name


class BusyFlex:
    """A FLEX with one opportunity. While it is listed, `pushes` are written to the book."""

    def __init__(self, book: FakeBook, fields: Mapping[str, Any], *pushes: Push | StepRecord) -> None:
        self.book = book
        self.record = RemoteRecord("1-O", REF, {"FLEXId": "1-O", "IntegrationId": REF, **fields})
        self.pushes = pushes

    async def listed(self, entity: Entity) -> AsyncGenerator[RecordPage, None]:
        if entity is Entity.OPPORTUNITY:
            await self.book.commit(*self.pushes)
        yield RecordPage([self.record] if entity is Entity.OPPORTUNITY else [], 1)

    async def held(self, entity: Entity, flex_id: str) -> RemoteRecord | None:
        raise AssertionError(f"{entity} {flex_id} is listed")


async def cards() -> AsyncGenerator[list[CardSummary | RejectedRecord], None]:
    yield [CardSummary("C-1", "", "", "", "")]


def a_push(at: float) -> tuple[Push, StepRecord]:
    push = Push("P9", Asset.CARD, "C-1", "", PushState.RUNNING, "m.hale", at, at, 1)
    step = StepRecord(
        push_id="P9",
        n=0,
        ref=REF,
        system=System.FLEX,
        entity=Entity.OPPORTUNITY,
        operation=Operation.CREATE,
        kind=StepKind.CREATE,
        local_id="C-1",
        state=StepState.DONE,
        remote_id="1-O",
        attempts=1,
    )
    return push, step


async def reconciled(book: FakeBook, folder: Folder, flex: BusyFlex, clock: LoopClock) -> Reconciliation:
    local = DeskTime(utc_zone)
    receipts = ReceiptUseCases(
        ReceiptParts(
            book=book,
            folder=folder,
            remotes={},
            clock=clock,
            local=local,
            desk=ReceiptDesk("", "", "", "", "", "", ""),
            by_hand=NothingByHand(),
            operator="m.hale",
        )
    )
    parts = ReconcileParts(
        book=book, receipts=receipts, clock=clock, local=local, workspace="ours", cards=cards, flex=flex
    )
    return await ReconcileUseCases(parts).run((System.FLEX,), LookTerms())


@virtually
async def test_a_reference_that_a_push_made_in_the_meantime_is_known() -> None:
    book, clock = FakeBook(), LoopClock()
    before = await reconciled(book, Folder(), BusyFlex(book, {}), clock)
    assert [row.kind for row in before.rows] == [DiscrepancyKind.UNKNOWN_REFERENCE]
    report = await reconciled(book, Folder(), BusyFlex(book, {}, *a_push(clock.now())), clock)
    assert report.rows == ()


@pytest.mark.parametrize(("later", "kinds"), [(0.0, []), (-1.0, [DiscrepancyKind.CHANGED])])
def test_a_value_that_a_push_writes_in_the_meantime_is_no_change(
    later: float, kinds: list[DiscrepancyKind]
) -> None:
    @virtually
    async def run() -> None:
        book, clock, folder = FakeBook(), LoopClock(), Folder()
        old = receipt(1, field("LoanPurpose", "Purchase"), key=(System.FLEX, Entity.OPPORTUNITY, "1-O"))
        push, step = a_push(clock.now() + later)
        done = replace(push, push_id="P1", state=PushState.DONE, created_at=1.0, updated_at=1.0)
        document = sealed_document({**old, "previous": FIRST, "book": "b"})
        kept = ReceiptRecord(1, "P1", "card", "C-1", document[SEAL], FIRST, 1.0, "", True, {})
        folder.write("000001-P1.json", json.dumps(document).encode())
        await book.commit(done, replace(step, push_id="P1"), kept)
        flex = BusyFlex(book, {"LoanPurpose": "Refinance"}, push, step)
        report = await reconciled(book, folder, flex, clock)
        assert [row.kind for row in report.rows] == kinds

    run()
