"""A record that differs from its description is counted, and the list is read all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.push.plan import System
from data.vendors.http import drift
from data.vendors.http.drift import Drift, Drifted
from data.vendors.http.reply import decoded
from data.vendors.simplenexus.client import Borrower, Partner
from data.vendors.total_expert.client import TotalExpertContact

ANN = {"id": "1", "first_name": "Ann", "last_name": "Lee", "email": "ann@example.com"}


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    drift.clear()
    yield
    drift.clear()


def test_what_is_as_described_says_nothing() -> None:
    decoded([ANN, {**ANN, "phone": None}], Borrower)
    decoded([{"id": 1, "first_name": "Ann", "ok_to_call": False}], TotalExpertContact)
    assert drift.report() == ()


@pytest.mark.parametrize(
    ("kind", "item", "told"),
    [
        (
            Borrower,
            {**ANN, "income": 90_000},
            Drifted(System.SIMPLENEXUS, "Borrower", "income", Drift.NEW_FIELD, 3),
        ),
        (Borrower, {**ANN, "email": None}, Drifted(System.SIMPLENEXUS, "Borrower", "email", Drift.NULL, 3)),
        (
            Partner,
            {**ANN, "type": "COACH"},
            Drifted(System.SIMPLENEXUS, "Partner", "type", Drift.UNKNOWN_VALUE, 3),
        ),
        (
            TotalExpertContact,
            {"id": 1, "Jane Roe": 1},
            Drifted(System.TOTAL_EXPERT, "Contact", drift._ODD, Drift.NEW_FIELD, 3),
        ),
    ],
)
def test_each_kind_of_drift_is_told_once_with_its_count(
    kind: Any, item: dict[str, Any], told: Drifted
) -> None:
    page = decoded([item] * 3, kind)
    assert len(page.records) == 3
    assert drift.report() == (told,)


def test_a_system_that_invents_names_does_not_fill_the_memory() -> None:
    decoded([{**ANN, f"field_{n}": 1} for n in range(5000)], Borrower)
    assert len(drift.report()) == 200
