"""What differs from its description is counted by name, and the list is read anyway."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from core.diagnostics.records import Drift, Drifted
from core.push.plan import System
from data.vendors.http import drift
from data.vendors.http.client import HttpClient, SystemAddress
from data.vendors.http.reply import decoded
from data.vendors.simplenexus.client import Borrower, Partner, SimpleNexus
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
            Borrower,
            {**ANN, "last_name": "L" * 31},
            Drifted(System.SIMPLENEXUS, "Borrower", "last_name", Drift.LONGER_VALUE, 3),
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


# -- statuses and lengths ------------------------------------------------------------------------------------

OFFICER = "/users/loan_officers/3f2504e0-4f89-41d3-9a0c-0305e82c3301"


@pytest.mark.parametrize(
    ("system", "method", "path", "status", "told"),
    [
        (System.SIMPLENEXUS, "POST", "/users/borrowers", 409, None),
        (System.SIMPLENEXUS, "POST", f"{OFFICER}/prospects", 409, "prospects"),
        (System.SIMPLENEXUS, "GET", f"{OFFICER}/prospects?page=1", 200, None),
        (System.SIMPLENEXUS, "GET", f"{OFFICER}/prospects?page=1", 206, "prospects"),
        (System.SIMPLENEXUS, "GET", "/loan_applications", 404, "/loan_applications"),
        (System.SIMPLENEXUS, "GET", "/loan_applications/a%2Fb", 404, None),
        (System.SIMPLENEXUS, "GET", "/loan_applications", 429, None),
        (System.SIMPLENEXUS, "GET", "/loan_applications", 502, None),
        (System.TOTAL_EXPERT, "PATCH", "/contacts/7", 409, "/contacts/{contact_id}"),
        (System.TOTAL_EXPERT, "GET", "/teapot", 418, None),
        (System.TOTAL_EXPERT, "GET", "/nothing-of-ours", 599, None),
        (System.FLEX, "GET", "/contacts", 299, None),
    ],
)
def test_a_status_that_the_operations_description_lacks_is_counted_without_any_id(
    system: System, method: str, path: str, status: int, told: str | None
) -> None:
    drift.observe_status(system, method, path, status)
    (seen,) = drift.report() or (None,)
    if told is None:
        assert seen is None
        return
    assert seen is not None
    assert (seen.field, seen.how, seen.count) == (str(status), Drift.NEW_STATUS, 1)
    assert told in seen.record
    assert "3f2504e0" not in seen.record


def _stream(content: dict[str, Any]) -> httpx.ByteStream:
    return httpx.ByteStream(json.dumps(content).encode())


def _simplenexus(status: int, said: dict[str, Any]) -> SimpleNexus:
    def respond(request: httpx.Request) -> httpx.Response:
        if "token" in request.url.path:
            return httpx.Response(200, stream=_stream({"access_token": "t", "expires_in": 900}))
        return httpx.Response(status, stream=_stream(said))

    address = SystemAddress(System.SIMPLENEXUS, "https://it.example", "desk", "s3cret", deadline=100)
    return SimpleNexus(HttpClient(address, transport=httpx.MockTransport(respond)))


@pytest.mark.parametrize(
    ("detail", "fields"),
    [
        ("first_name must have at most 25 characters", ["first_name"]),
        ("first_name is too long (maximum is 25 characters)", ["first_name"]),
        ("first_name is too long, last_name too", ["first_name", "last_name"]),
        ("first_name must not be blank", []),
        ("phone is too long", []),
        ("This is too long", []),
    ],
)
async def test_a_refusal_of_a_length_that_is_described_is_counted_by_the_field_and_never_by_its_value(
    detail: str, fields: list[str]
) -> None:
    body = {"first_name": "Ann", "last_name": "Lee", "email": "ann@example.com"}
    await _simplenexus(400, {"errors": [{"title": "Bad Request", "detail": detail}]}).create_borrower(body)
    assert drift.report() == tuple(
        Drifted(System.SIMPLENEXUS, "POST /users/borrowers", field, Drift.REFUSED_LENGTH, 1)
        for field in fields
    )


async def test_a_reply_of_the_system_itself_is_watched_for_its_status() -> None:
    assert not await _simplenexus(404, {"errors": []}).offers_applications()
    (seen,) = drift.report()
    assert (seen.record, seen.field) == ("GET /loan_applications", "404")


def test_what_a_book_was_given_is_no_news_and_is_counted_anew() -> None:
    assert not drift.has_news()
    decoded([{**ANN, "income": 1}], Borrower)
    assert drift.has_news()
    assert [one.count for one in drift.take()] == [1]
    assert drift.report() == ()
    decoded([{**ANN, "income": 1}] * 2, Borrower)
    assert not drift.has_news()
    assert [one.count for one in drift.take()] == [2]
    decoded([{**ANN, "shoe": 1}], Borrower)
    assert drift.has_news()
