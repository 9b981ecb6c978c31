"""The sums of a report: whatever happened, they add up, or the report says by how much they do not."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.push.plan import Asset, Entity, Operation, StepKind, System
from core.push.records import StepRecord
from core.push.states import ACTIVE, PushState, StepState, push_state
from core.receipts.records import ReceiptRecord
from core.receipts.seal import FIRST, SEAL, sealed_document, stub_of
from core.reconcile.model import SumLine
from core.reconcile.sums import ConfirmedPush, PushFate, add_up, fate_of, follow_chain


def steps(*states: StepState) -> tuple[StepRecord, ...]:
    return tuple(
        StepRecord(
            push_id="P1",
            n=n,
            ref=f"BD-{n}",
            system=System.FLEX,
            entity=Entity.PERSON,
            operation=Operation.CREATE,
            kind=StepKind.CREATE,
            local_id=f"P-{n}",
            state=state,
        )
        for n, state in enumerate(states)
    )


def a_push(*states: StepState, state: PushState | None = None, **more: Any) -> ConfirmedPush:
    known = {
        "push_id": "P1",
        "day": "2026-11-28",
        "operator": "m.hale",
        "asset": Asset.CARD,
        "size": len(states),
    }
    return ConfirmedPush(**{**known, "state": state or push_state(states), "steps": steps(*states), **more})


S = StepState


@pytest.mark.parametrize(
    ("push", "fate"),
    [
        (a_push(S.DONE, S.DONE), PushFate.ARRIVED),
        (a_push(S.DONE, S.REFUSED), PushFate.IN_PART),
        (a_push(S.DONE, S.SKIPPED), PushFate.IN_PART),
        (a_push(S.REFUSED, S.BLOCKED), PushFate.REFUSED),
        (a_push(S.SKIPPED), PushFate.REFUSED),
        (a_push(S.DONE, S.READY), PushFate.WAITING),
        (a_push(S.DONE, S.NEEDS_YOU), PushFate.WAITING),
        (a_push(S.DONE, state=PushState.RUNNING), PushFate.WAITING),
        (a_push(state=PushState.DONE), PushFate.ARRIVED),
        (a_push(state=PushState.REFUSED), PushFate.REFUSED),
        (a_push(S.DONE, size=2), None),
        (a_push(S.DONE, steps=None), None),
        (ConfirmedPush("P1", "2026-11-28", "m.hale", Asset.CARD, where="receipt 4"), None),
    ],
)
def test_what_became_of_a_push_follows_from_its_steps(push: ConfirmedPush, fate: PushFate | None) -> None:
    assert fate_of(push) is fate


pushes = st.builds(
    lambda n, day, operator, asset, states, running, lost: (
        a_push(
            *states,
            state=running if running else push_state(states),
            push_id=f"P{n}",
            day=f"2026-11-{day:02}",
            operator=operator,
            asset=asset,
            **({"state": None, "steps": None, "where": "receipt 1"} if lost == 0 else {}),
            **({"steps": None} if lost == 1 else {}),
            **({"size": len(states) + 1} if lost == 2 else {}),
        )
        if lost
        else ConfirmedPush(f"P{n}", f"2026-11-{day:02}", operator, asset, len(states), where="receipt 1")
    ),
    st.integers(0, 30),
    st.integers(1, 3),
    st.sampled_from(["m.hale", "j.doe"]),
    st.sampled_from(list(Asset)[:3]),
    st.lists(st.sampled_from(list(StepState)), max_size=4),
    st.sampled_from([None, None, None, *sorted(ACTIVE)]),
    st.integers(0, 9),
)


@given(st.lists(pushes, max_size=25))
def test_the_sums_add_up_or_say_by_how_much_they_do_not(made: list[ConfirmedPush]) -> None:
    sums = add_up(made)
    once = {push.push_id: push for push in reversed(made)}
    fates = Counter(fate_of(push) for push in once.values())
    total = sums.total
    assert total.confirmed == len(once)
    assert (total.arrived, total.in_part, total.refused, total.waiting) == (
        fates[PushFate.ARRIVED],
        fates[PushFate.IN_PART],
        fates[PushFate.REFUSED],
        fates[PushFate.WAITING],
    )
    assert total.off_by == fates[None] == len(sums.off) == sum(line.off_by for line in sums.lines)
    assert sums.adds_up is (fates[None] == 0)
    for name in ("confirmed", "arrived", "in_part", "refused", "waiting", "records", "written"):
        assert getattr(total, name) == sum(getattr(line, name) for line in sums.lines), name
    assert len({(line.day, line.operator, line.asset) for line in sums.lines}) == len(sums.lines)
    assert [line.day for line in sums.lines] == sorted((line.day for line in sums.lines), reverse=True)
    assert all(line.written <= line.records for line in sums.lines if not line.off_by)


def test_a_line_that_is_off_and_one_that_is_over_do_not_make_up_for_each_other() -> None:
    lines = (SumLine("a", "x", "card", 1, 0), SumLine("b", "x", "card", 0, 1))
    sums = add_up([])
    assert sums.adds_up
    assert not type(sums)(lines, SumLine("", "", "", 1, 1)).adds_up


# -- the chain -------------------------------------------------------------------------------------------


def chain(count: int) -> tuple[list[ReceiptRecord], dict[int, dict[str, Any]]]:
    records, documents, previous = [], {}, FIRST
    for number in range(1, count + 1):
        head = {"book": "b", "number": number, "previous": previous, "fields": [], "push_id": f"P{number}"}
        document = sealed_document(head)
        records.append(
            ReceiptRecord(number, f"P{number}", "card", "C-1", document[SEAL], previous, 1.0, "", True, {})
        )
        documents[number] = document
        previous = document[SEAL]
    return records, documents


def test_a_sound_chain_is_verified_to_its_end() -> None:
    followed = follow_chain(*chain(3))
    assert (followed.last, followed.count, followed.faults) == (3, 3, ())
    assert followed.of_push == {"P1": 1, "P2": 2, "P3": 3}


@pytest.mark.parametrize("breaks", ["changed", "missing", "sealed-anew", "left-out"])
def test_the_last_verified_receipt_is_the_one_before_the_first_fault(breaks: str) -> None:
    records, documents = chain(4)
    match breaks:
        case "changed":
            documents[3]["push_id"] = "P9"
        case "missing":
            del documents[3]
        case "sealed-anew":
            documents[3] = sealed_document({**documents[3], "push_id": "P9"})
        case _:
            del records[2]
    followed = follow_chain(records, documents)
    assert followed.last == 2
    assert "3" in followed.faults[0]
    assert "P3" not in followed.of_push
    assert followed.of_push["P2"] == 2


def test_a_book_that_does_not_follow_from_itself_is_a_fault() -> None:
    records, documents = chain(3)
    other = replace(records[1], previous="f" * 64)
    followed = follow_chain([records[0], other, records[2]], documents)
    assert (followed.last, followed.faults) == (1, ("Receipt 2 does not follow from the receipt before.",))


def test_a_removed_receipt_keeps_the_chain_and_verifies_no_push() -> None:
    records, documents = chain(3)
    documents[2] = stub_of(documents[2], 5.0, "m.hale", "old")
    removed = ReceiptRecord(
        2, "P2", "card", "C-1", records[1].sha256, records[1].previous, 1.0, "", True, {}, 5.0
    )
    followed = follow_chain([records[0], removed, records[2]], documents)
    assert (followed.last, followed.faults) == (3, ())
    assert followed.of_push == {"P1": 1, "P3": 3}


def test_a_receipt_that_the_book_does_not_know_is_a_fault() -> None:
    records, documents = chain(3)
    followed = follow_chain(records[:2], documents)
    assert followed.last == 2
    assert followed.faults == ("Receipt 3 is in the folder and not in this book.",)


def test_many_faults_are_counted() -> None:
    records, _ = chain(9)
    assert len(follow_chain(records, {}).faults) == 6
