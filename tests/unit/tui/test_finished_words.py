"""What a push of contacts did, and what a reconciliation found: numbers with their nouns, and no zeros."""

from __future__ import annotations

import pytest

from core.local_forms import UTC_TIME, Country
from core.push.plan import Asset, Entity, Operation, StepKind, System
from core.push.records import StepRecord
from core.push.states import StepState
from core.reconcile.model import (
    Discrepancy,
    DiscrepancyKind,
    KeptReconciliation,
    NotCompared,
    Reconciliation,
    SumLine,
    Sums,
    SystemLook,
)
from tui.words.contact_desk.finished import finish_sentence
from tui.words.reconcile import (
    counts_sentence,
    last_sentence,
    look_line,
    reading_words,
    sum_line,
    sums_sentence,
)

DONE, REFUSED = StepState.DONE, StepState.REFUSED


def step(n: int, entity: Entity, operation: Operation, state: StepState = DONE) -> StepRecord:
    kind = next(iter(StepKind))
    return StepRecord("P1", n, f"ref{n}", System.SIMPLENEXUS, entity, operation, kind, str(n), state)


def made(entity: Entity, count: int) -> list[StepRecord]:
    return [step(n, entity, Operation.CREATE) for n in range(count)]


def test_a_sync_says_what_it_did_and_how_it_is_undone() -> None:
    steps = [
        *made(Entity.PROSPECT, 2),
        *made(Entity.CONTACT, 1),
        step(9, Entity.PARTNER, Operation.CREATE, REFUSED),
    ]
    assert finish_sentence(Asset.SYNC, steps, 5) == (
        "Done. 5 pairs linked, 2 prospects created, 1 contact created, 1 not sent. z takes it back, as far as possible."
    )
    assert finish_sentence(Asset.SYNC, [], 1, "undo!") == "Done. 1 pair linked. undo!"
    assert finish_sentence(Asset.SYNC, []) == "Done."


@pytest.mark.parametrize(
    ("asset", "entity", "operation", "said"),
    [
        (Asset.SHARE, Entity.APP_SHARE, Operation.SHARE, "Done. 1 link to the app sent."),
        (Asset.SHARE, Entity.BORROWER, Operation.CREATE, "Done. 1 account created."),
        (Asset.INVITE, Entity.INVITE, Operation.CREATE, "Done. 1 agent invited."),
        (Asset.UNDO, Entity.CONTACT, Operation.WRITE_BACK, "Done. 1 contact put back."),
        (Asset.UNDO, Entity.ACCESS, Operation.DISABLE, "Done. 1 partner switched off."),
        (Asset.UNDO, Entity.NOTE, Operation.LINK, "Done. 1 other step done."),
    ],
)
def test_every_other_push_of_contacts_says_it_too(
    asset: Asset, entity: Entity, operation: Operation, said: str
) -> None:
    assert finish_sentence(asset, [step(1, entity, operation)]) == said


def test_an_undo_says_how_many_links_it_removed() -> None:
    partners = [step(n, Entity.ACCESS, Operation.DISABLE) for n in range(2)]
    assert finish_sentence(Asset.UNDO, partners, 164) == "Done. 164 links removed, 2 partners switched off."
    assert finish_sentence(Asset.UNDO, [], 1) == "Done. 1 link removed."


@pytest.mark.parametrize(
    ("rows", "failed", "left_out", "said"),
    [
        (0, "", 0, "Nothing differs."),
        (0, "", 3, "Nothing differs, but not everything was compared."),
        (0, "unreachable", 0, "Nothing differs, but not everything was compared."),
        (2, "", 0, "2 gone."),
        (2, "", 1, "2 gone, but not everything was compared."),
        (1, "wrong-secret", 2, "1 gone, but not everything was compared."),
    ],
)
def test_a_reconciliation_says_in_its_first_line_that_not_everything_was_compared(
    rows: int, failed: str, left_out: int, said: str
) -> None:
    gone = Discrepancy(DiscrepancyKind.GONE, "It is gone.", System.FLEX)
    report = Reconciliation(
        at=1_800_000_000.0,
        rows=(gone,) * rows,
        systems=(SystemLook(System.FLEX, code=failed, message="It is down." if failed else ""),),
        not_compared=(NotCompared(System.FLEX, "links", 7, "not this time"),) * left_out,
    )
    assert counts_sentence(report) == said
    assert last_sentence(KeptReconciliation(report=report, by="m.hale"), UTC_TIME).endswith(f": {said}")


def test_the_sums_of_a_reconciliation_leave_out_what_is_nothing() -> None:
    line = SumLine("2026-11-12", "m.hale", "fact-find", 3, 2, 1, 0, 0, receipt=3)
    assert (
        sum_line(line, Country.AU)
        == "12 Nov 2026  m.hale  fact find: 3 confirmed: 2 arrived, 1 in part, receipt 3"
    )
    assert sum_line(line, Country.US).startswith("Nov 12, 2026  m.hale")
    assert sum_line(SumLine("", "", "card", 0, 0, 0, 0, 0), Country.AU).endswith("card: 0 confirmed")


def test_what_is_read_now_and_how_a_system_was_looked_at() -> None:
    assert reading_words([]) == "Reading the book and its receipts …"
    assert (
        reading_words([System.SIMPLENEXUS, System.TOTAL_EXPERT]) == "Reading SimpleNexus and Total Expert …"
    )
    assert look_line(SystemLook(System.FLEX, links=1, values=380)) == "FLEX: 1 link and 380 values compared."


@pytest.mark.parametrize(
    ("last", "receipts", "said"),
    [
        (0, 0, "1 confirmed: 1 arrived. There are no receipts."),
        (1, 1, "1 confirmed: 1 arrived. The receipt is verified."),
        (3, 3, "1 confirmed: 1 arrived. All receipts are verified."),
        (2, 3, "1 confirmed: 1 arrived. Receipts are verified up to number 2 of 3."),
    ],
)
def test_the_sum_says_up_to_which_receipt_the_chain_is_sound(last: int, receipts: int, said: str) -> None:
    total = SumLine("", "", "", 1, 1)
    assert sums_sentence(Sums(total=total, last_receipt=last, receipts=receipts)) == said


def test_a_sum_that_does_not_add_up_says_so_first() -> None:
    assert sums_sentence(Sums(total=SumLine("", "", "", 3, 1))).startswith(
        "DOES NOT ADD UP by 2: 3 confirmed"
    )
