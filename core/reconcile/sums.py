"""The sums of a report: confirmed = arrived + in part + refused + waiting, per day, operator and kind. Pure.

The two sides are counted from different sources. What was confirmed is counted from the book's pushes and from the
receipts in the folder. What became of a push is counted from its steps. So a push that an older copy of the book does
not have, or a push with steps that are gone, makes a sum that does not add up, and the report says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.push.records import StepRecord
from core.push.states import ACTIVE, PushState, StepState
from core.receipts.records import ReceiptRecord
from core.receipts.seal import FIRST, SEAL, Document, is_stub, seal_of
from core.reconcile.model import SumLine, Sums


class PushFate(StrEnum):
    """What became of a confirmed push."""

    ARRIVED = "arrived"
    IN_PART = "in_part"
    REFUSED = "refused"
    WAITING = "waiting"


class ConfirmedPush(Struct, frozen=True):
    """A confirmed push. `day` is its local day as `yyyy-mm-dd`, `size` the number of its confirmed steps.

    `state` and `steps` are what the book says; `state` is None for a push that the book does not know, `steps` is None
    if they can't be read. `where` names what has a push that the book does not know.
    """

    push_id: str
    day: str
    operator: str
    asset: str
    size: int = 0
    state: PushState | None = None
    steps: Sequence[StepRecord] | None = None
    where: str = ""


def fate_of(push: ConfirmedPush) -> PushFate | None:
    """Return what became of a push by its steps; None if the book can't tell.

    A push without steps only wrote to the book. A step that a person left out did not arrive.
    """
    if push.state is None:
        return None
    if push.state in ACTIVE:
        return PushFate.WAITING
    if push.steps is None or len(push.steps) != push.size:
        return None
    arrived = sum(step.state is StepState.DONE for step in push.steps)
    if not push.size:
        return PushFate.ARRIVED if push.state is PushState.DONE else PushFate.REFUSED
    if arrived == push.size:
        return PushFate.ARRIVED
    return PushFate.IN_PART if arrived else PushFate.REFUSED


def add_up(pushes: Iterable[ConfirmedPush], receipts: Mapping[str, int] | None = None) -> Sums:
    """Return the sums. `receipts` has the number of the last verified receipt of a push, by its id.

    Each push counts once, as the first of `pushes` with its id says.
    """
    receipts = receipts or {}
    lines: dict[tuple[str, str, str], SumLine] = {}
    off: list[str] = []
    off_operators: list[str] = []
    seen: set[str] = set()
    for push in pushes:
        if push.push_id in seen:
            continue
        seen.add(push.push_id)
        key = push.day, push.operator, push.asset
        line = lines.get(key, SumLine(push.day, push.operator, push.asset))
        lines[key] = _with(line, push, receipts.get(push.push_id, 0))
        if fate_of(push) is None:
            off.append(_why_off(push))
            off_operators.append(push.operator)
    in_order = sorted(lines.values(), key=lambda line: (line.operator, line.asset))
    in_order.sort(key=lambda line: line.day, reverse=True)
    total = total_of(in_order)
    return Sums(tuple(in_order), total, tuple(off), off_operators=tuple(off_operators))


def _with(line: SumLine, push: ConfirmedPush, receipt: int) -> SumLine:
    fate = fate_of(push)
    written = sum(step.state is StepState.DONE for step in push.steps or ())
    return replace(
        line,
        confirmed=line.confirmed + 1,
        arrived=line.arrived + (fate is PushFate.ARRIVED),
        in_part=line.in_part + (fate is PushFate.IN_PART),
        refused=line.refused + (fate is PushFate.REFUSED),
        waiting=line.waiting + (fate is PushFate.WAITING),
        receipt=max(line.receipt, receipt),
        records=line.records + push.size,
        written=line.written + written,
    )


def total_of(lines: Iterable[SumLine]) -> SumLine:
    """Return the sum of lines, without a day, an operator and a kind."""
    total = SumLine("", "", "")
    for line in lines:
        total = replace(
            total,
            confirmed=total.confirmed + line.confirmed,
            arrived=total.arrived + line.arrived,
            in_part=total.in_part + line.in_part,
            refused=total.refused + line.refused,
            waiting=total.waiting + line.waiting,
            receipt=max(total.receipt, line.receipt),
            records=total.records + line.records,
            written=total.written + line.written,
        )
    return total


def _why_off(push: ConfirmedPush) -> str:
    if push.state is None:
        return f"Push {push.push_id} of {push.day} is in {push.where} and not in this book."
    if push.steps is None:
        return f"The steps of push {push.push_id} of {push.day} can't be read."
    return f"Push {push.push_id} of {push.day} has {push.size} steps, and the book has {len(push.steps)}."


# -- the chain of receipts -----------------------------------------------------------------------------


class ReceiptChain(Struct, frozen=True):
    """The book's receipts against the files. `last` is the number up to which the chain is sound, 0 before the first.

    `of_push` has the number of the last verified receipt by the push's id. `faults` are sentences.
    """

    last: int = 0
    count: int = 0
    of_push: Mapping[str, int] = {}
    faults: tuple[str, ...] = ()


def is_sealed(document: Document) -> bool:
    """Return True for a receipt that has the seal of its own content, so that it is as it was written."""
    return document.get(SEAL) == seal_of(document)


_SHOWN: Final = 5
"""How many faults of the chain are named one by one."""


def follow_chain(records: Sequence[ReceiptRecord], documents: Mapping[int, Document]) -> ReceiptChain:
    """Return how far the receipts can be verified. `records` is what the book says, `documents` are the files.

    Both are by number. A receipt is verified if its seal fits its content, the book's seal, and the seal before. The
    stub of a removed receipt keeps the chain together and verifies nothing.
    """
    faults: list[str] = []
    of_push: dict[str, int] = {}
    last, previous, number = 0, FIRST, 0
    for record in sorted(records, key=lambda record: record.number):
        fault = _fault(record, documents.get(record.number), number + 1, previous)
        number, previous = record.number, record.sha256
        if fault:
            faults.append(fault)
            continue
        if not faults:
            last = record.number
        if record.removed_at is None:
            of_push[record.push_id] = record.number
    known = {record.number for record in records}
    faults += [
        f"Receipt {extra} is in the folder and not in this book." for extra in sorted({*documents} - known)
    ]
    more = len(faults) - _SHOWN
    shown = (*faults[:_SHOWN], *([f"{more} more receipts do not fit."] if more > 0 else []))
    return ReceiptChain(last, len(records), of_push, shown)


def _fault(record: ReceiptRecord, document: Document | None, expected: int, previous: str) -> str:
    """Return in a sentence why a receipt is not verified, "" if it is."""
    number = record.number
    if number != expected:
        return f"Receipt {expected} is missing in this book."
    if record.previous != previous:
        return f"Receipt {number} does not follow from the receipt before."
    if document is None:
        return f"Receipt {number} of push {record.push_id} is not in the folder."
    if document.get(SEAL) != record.sha256:
        return f"Receipt {number} has another seal than this book says."
    if not is_stub(document) and seal_of(document) != record.sha256:
        return f"Receipt {number} was changed: its seal does not fit."
    return ""
