"""A receipt that was changed, is missing or stands in another place is found with nothing but the files."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from core.receipts.seal import (
    FIRST,
    SEAL,
    SealProblem,
    canonical,
    seal_of,
    sealed_document,
    stub_of,
    verify,
)


def chain(count: int, book: str = "b1") -> list[dict[str, Any]]:
    """Return sealed receipts with the numbers from 1."""
    made: list[dict[str, Any]] = []
    for number in range(1, count + 1):
        previous = made[-1][SEAL] if made else FIRST
        fields = [{"source": "Loan Amount", "sent": 640000, "found": "Zoë <b>"}]
        made.append(sealed_document({"book": book, "number": number, "previous": previous, "fields": fields}))
    return made


def problems(*documents: dict[str, Any] | None) -> list[tuple[SealProblem, str]]:
    """Return what is wrong with documents whose names are their places from 0."""
    checked = verify((str(n), document) for n, document in enumerate(documents))
    return [(fault.fault, fault.what) for fault in checked.faults]


def test_a_chain_is_sound_in_whichever_order_its_files_are_named() -> None:
    one, two, three = chain(3)
    checked = verify([("c", three), ("a", one), ("b", two)])
    assert (checked.sound, checked.checked, checked.notes) == (True, 3, ())


@pytest.mark.parametrize(
    "path", [("fields", 0, "sent"), ("fields", 0, "found"), ("fields", 0, "source"), ("book",)]
)
def test_one_changed_value_is_found(path: tuple[str | int, ...]) -> None:
    one, two, three = chain(3)
    place: Any = two
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = "other"
    assert (SealProblem.CHANGED, "1") in problems(one, two, three)


def test_a_missing_receipt_in_the_middle_is_found() -> None:
    one, _, three, four = chain(4)
    assert problems(one, three, four) == [(SealProblem.MISSING, "2")]


def test_two_receipts_that_changed_places_are_found_even_with_new_seals() -> None:
    one, two, three = chain(3)
    swapped_two = sealed_document({**three, "number": 2, "previous": one[SEAL]})
    swapped_three = sealed_document({**two, "number": 3, "previous": two["previous"]})
    found = problems(one, swapped_two, swapped_three)
    assert found == [(SealProblem.BROKEN_CHAIN, "2")]


def test_a_receipt_that_was_sealed_anew_breaks_the_chain() -> None:
    one, two, three = chain(3)
    two["fields"][0]["sent"] = 1
    assert problems(one, sealed_document(two), three) == [(SealProblem.BROKEN_CHAIN, "2")]


def test_a_first_receipt_that_names_another_before_it_is_found() -> None:
    (one,) = chain(1)
    assert problems(sealed_document({**one, "previous": "f" * 64})) == [(SealProblem.BROKEN_CHAIN, "0")]


def test_the_same_receipt_as_page_and_as_data_is_one_receipt() -> None:
    one, two = chain(2)
    checked = verify([("a.json", one), ("a.html", dict(one)), ("b.json", two)])
    assert (checked.sound, checked.checked) == (True, 2)


def test_one_number_with_two_seals_is_found() -> None:
    one, two = chain(2)
    other = sealed_document({**two, "fields": []})
    assert (SealProblem.TWICE, "2") in problems(one, two, other)


def test_a_stub_keeps_the_place_of_a_removed_receipt() -> None:
    one, two, three = chain(3)
    stub = stub_of(two, 1.0, "m.hale", "older than receipt_years")
    checked = verify([("1", one), ("2", stub), ("3", three)])
    assert checked.sound
    assert checked.notes == (
        "Receipt 2 was removed by m.hale: older than receipt_years. Its seal keeps its place in the chain.",
    )
    assert set(stub) == {"book", "number", "previous", SEAL, "removed_at", "removed_by", "why"}


def test_a_stub_with_another_seal_does_not_hide_a_removed_receipt() -> None:
    one, two, three = chain(3)
    stub = stub_of({**two, SEAL: "a" * 64}, 1.0, "x", "y")
    assert problems(one, stub, three) == [(SealProblem.BROKEN_CHAIN, "2")]


def test_part_of_a_chain_is_checked_and_said_to_be_a_part() -> None:
    _, two, three = chain(3)
    checked = verify([("2", two), ("3", three)])
    assert checked.sound
    assert checked.notes == ("The chain is checked from receipt 2 on; earlier receipts were not given.",)


def test_two_books_are_two_chains() -> None:
    assert problems(*chain(2), *chain(2, "b2")) == []


@pytest.mark.parametrize("document", [None, {}, {"number": True, "book": "b", "previous": "", SEAL: ""}])
def test_a_file_that_is_no_receipt_is_named(document: dict[str, Any] | None) -> None:
    assert problems(document) == [(SealProblem.UNREADABLE, "0")]


def test_the_seal_can_be_computed_without_the_desk() -> None:
    (one,) = chain(1)
    content = {key: value for key, value in one.items() if key != "sha256"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    assert canonical(one) == text.encode("ascii")
    assert one["sha256"] == hashlib.sha256(text.encode()).hexdigest() == seal_of(one)
