"""Who confirmed what differs, and the part of a report that one person confirmed."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from core.contacts.records import Synced
from core.errors import UsageError
from core.push.plan import Asset, Entity, Operation, StepKind, System
from core.push.records import Push, StepRecord
from core.push.states import PushState, StepState
from core.reconcile.model import Discrepancy, DiscrepancyKind, Reconciliation
from core.reconcile.operators import confirmers_of, report_of, with_operators
from core.reconcile.sums import ConfirmedPush, add_up
from tui.words.reconcile import report_form

GONE, CHANGED, NEW = DiscrepancyKind.GONE, DiscrepancyKind.CHANGED, DiscrepancyKind.UNKNOWN_REFERENCE


def push(n: int, operator: str, about: str = "") -> Push:
    return Push(f"P{n}", Asset.CARD, f"C-{n}", "", PushState.DONE, operator, n, n, 1, about or f"C-{n}")


def step(n: int, local_id: str, remote_id: str, state: StepState = StepState.DONE) -> StepRecord:
    kinds = System.FLEX, Entity.PERSON, Operation.CREATE, StepKind.CREATE
    return StepRecord(f"P{n}", 0, "", *kinds, local_id, state, remote_id)


def difference(kind: DiscrepancyKind = GONE, **more: Any) -> Discrepancy:
    return Discrepancy(kind, "It differs.", **{"system": System.FLEX, **more})


CONFIRMERS = confirmers_of(
    [push(3, "carl", "C-1"), push(1, "anna"), push(2, "ben")],
    {"P1": [step(1, "P-1", "1-A")], "P2": [step(2, "P-1", "1-A"), step(2, "P-2", "1-B")], "P3": None},
    [Synced("P1", (("S1", "T1"),), 1.0, kept=False), Synced("P-unknown", (("S2", "T2"),), 1.0, kept=False)],
)


@pytest.mark.parametrize(
    ("row", "operator"),
    [
        (difference(remote_id="1-A", local_id="P-1"), "ben"),
        (difference(CHANGED, remote_id="1-A", other_id="P1"), "anna"),
        (difference(remote_id="1-new", local_id="P-2"), "ben"),
        (difference(remote_id="1-O", local_id="C-1", about="C-1", card="C-1"), "carl"),
        (difference(system=System.TOTAL_EXPERT, pair=("S1", "T1")), "anna"),
        (difference(system=System.TOTAL_EXPERT, pair=("S2", "T2")), ""),
        (difference(NEW, remote_id="1-Z", local_id="C-1", about="C-1", card="C-1"), ""),
        (difference(DiscrepancyKind.SUM, system=None, operator="anna"), "anna"),
        (difference(DiscrepancyKind.SUM, system=None), ""),
        (difference(remote_id="1-nobody"), ""),
    ],
)
def test_a_difference_has_the_name_of_who_confirmed_what_was_written_last(
    row: Discrepancy, operator: str
) -> None:
    (named,) = with_operators([row], CONFIRMERS)
    assert named == replace(row, operator=operator)


def test_a_step_that_did_not_arrive_says_nothing_about_a_record() -> None:
    refused = step(2, "P-1", "1-A", StepState.REFUSED)
    confirmers = confirmers_of(
        [push(1, "anna"), push(2, "ben")], {"P1": [step(1, "P-1", "1-A")], "P2": [refused]}, []
    )
    assert confirmers.of(difference(remote_id="1-A")) == "anna"


def a_report() -> Reconciliation:
    done = [step(1, "P-1", "1-A")]
    pushes = [
        ConfirmedPush("P1", "2026-11-02", "anna", "card", 1, PushState.DONE, done),
        ConfirmedPush("P2", "2026-11-02", "ben", "card", 1, PushState.DONE, done),
        ConfirmedPush("P3", "2026-11-03", "ben", "note", 1, where="receipt 3"),
    ]
    sums = add_up(pushes)
    rows = [
        difference(operator="anna"),
        difference(operator="ben"),
        difference(NEW),
        Discrepancy(DiscrepancyKind.SUM, sums.off[0], operator="ben"),
    ]
    return Reconciliation(1.0, rows=tuple(rows), sums=sums)


def test_a_report_on_one_person_has_that_persons_differences_and_sums() -> None:
    report = report_of(a_report(), "ANNA")
    assert (report.operator, [row.operator for row in report.rows], report.nobodys) == ("anna", ["anna"], 1)
    assert [(line.operator, line.confirmed) for line in report.sums.lines] == [("anna", 1)]
    assert report.sums.total.confirmed == 1
    assert report.sums.adds_up, "what is missing is a push of somebody else"
    of_ben = report_of(a_report(), "ben")
    assert [row.kind for row in of_ben.rows] == [GONE, DiscrepancyKind.SUM]
    assert (of_ben.sums.total.confirmed, of_ben.sums.total.off_by, len(of_ben.sums.off)) == (2, 1, 1)
    form = report_form(of_ben)
    assert (form["operator"], form["without_operator"]) == ("ben", 1)
    assert [row["operator"] for row in form["rows"]] == ["ben", "ben"]
    assert report_form(a_report())["operator"] is None


def test_a_name_that_nobody_has_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError) as refused:
        report_of(a_report(), "dora")
    assert refused.value.code == "no-such-operator"
    assert "anna, ben" in refused.value.fix
