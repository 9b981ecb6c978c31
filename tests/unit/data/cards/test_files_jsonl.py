"""JSON Lines of cards: what is read, and what is set aside, by line and character."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from core.errors import UsageError
from core.flex.model import Extra
from core.odd_values import odd_fields
from data.cards.json_cards import read_json
from data.cards.json_lines import read_jsonl
from data.cards.read_file import read_export
from data.cards.reading import CardEntry, card_of
from tests.support.card_files import card, jsonl, table


def test_a_card_of_the_contract_is_read_with_what_it_holds_beyond() -> None:
    data = b"\xef\xbb\xbf" + jsonl(card(mood="good", updated_at="2026-11-12T09:00:00Z"))
    (one,) = read_jsonl(data).entries
    assert one.updated == 1794474000
    held, beyond = card_of(one.json(data))
    assert held.people[0].contact.name == "Linh Nguyen"
    assert beyond == (Extra("Beyond the contract", "mood", "good"),)


@pytest.mark.parametrize(
    ("line", "column", "field", "card_id"),
    [
        (b'{"id": "C-2", "title": }', 24, "the line", None),
        (b'{"id": "C-2", "title": "caf\xe9"}', 28, "the line", None),
        (b'{"id": "C-2", \x00}', 15, "the line", None),
        (b'["C-2"]', 1, "the line", None),
        (
            json.dumps(card("C-2", fact_find={"id": "F", "state": "x", "flex_integrated": "no"})).encode(),
            None,
            "fact_find.flex_integrated",
            "C-2",
        ),
        (json.dumps(card("C-2", flex_id=["1"])).encode(), None, "flex_id", "C-2"),
        (json.dumps(card(" ")).encode(), None, "id", None),
        (b'{"id": "C-2"}', None, "title", "C-2"),
    ],
)
def test_a_bad_line_is_named_and_the_good_ones_load(
    line: bytes, column: int | None, field: str, card_id: str | None
) -> None:
    reading = read_jsonl(jsonl(card("C-1")) + b"\r\n" + line + b"\n" + jsonl(card("C-3")))
    assert [one.summary.id for one in reading.entries] == ["C-1", "C-3"]
    (flaw,) = reading.misfits
    assert (flaw.line, flaw.column, flaw.field, flaw.card_id) == (3, column, field, card_id)


@pytest.mark.parametrize(
    "odd",
    ["\ud800", "lots", float("nan"), float("inf"), 10**400, True, [], {"a": 1}],
    ids=["half", "word", "nan", "inf", "huge", "yes", "list", "group"],
)
def test_an_odd_amount_costs_no_line(odd: object) -> None:
    line = json.dumps(card("C-2", requirements={"loan_amount": odd, "objectives": "Sell."})).encode()
    (entry,) = read_jsonl(line).entries
    held, _ = card_of(entry.json(line))
    assert held.requirements.objectives == "Sell."
    assert [path for path, _ in odd_fields(held)] == ([] if odd == 10**400 else ["requirements.loan_amount"])


def test_what_is_nested_too_deeply_or_has_too_many_digits_costs_no_line() -> None:
    for odd in (b"[" * 50_000 + b"]" * 50_000, b"7" * 9_000):
        line = json.dumps(card("C-2", title="?")).encode().replace(b'"?"', odd)
        (entry,) = read_jsonl(line).entries
        held, _ = card_of(entry.json(line))
        assert (held.id, held.title) == ("C-2", held.title)


def test_blank_amounts_and_half_characters_are_taken_after_all() -> None:
    odd = card("C-2", requirements={"loan_amount": ""}, title="\ud83d half")
    assert len(read_jsonl(jsonl(card(), odd)).entries) == 2


def test_a_last_line_that_ends_in_the_middle_is_torn_and_a_whole_one_without_an_end_is_not() -> None:
    data = jsonl(card("C-1"), card("C-2"))
    torn = read_jsonl(data[:-20])
    assert [one.summary.id for one in torn.entries] == ["C-1"]
    assert (torn.misfits, torn.torn and torn.torn.line) == ((), 2)
    assert len(read_jsonl(data[:-1]).entries) == 2


def test_the_later_line_of_a_card_wins_unless_it_names_an_earlier_moment() -> None:
    def newest(*cards: dict[str, object]) -> object:
        data = jsonl(*cards)
        held = read_jsonl(data).newest(0)["C-1"]
        return card_of(held.json(data))[0].title

    assert newest(card(title="a"), card(title="b")) == "b"
    late, early = "2026-11-12T09:00:00Z", "2026-11-11T09:00:00"
    assert newest(card(title="a", updated_at=late), card(title="b", updated_at=early)) == "a"


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_what_is_neither_form_says_what_it_is(data: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        read_export(Path("x"), data)
    assert caught.value.code == "not-an-export"


def test_the_first_character_tells_the_form() -> None:
    assert len(read_export(Path("x.csv"), b"\n" + jsonl(card())).entries) == 1
    assert len(read_export(Path("x.jsonl"), table({})).entries) == 1


def test_ten_thousand_lines_are_read_quickly() -> None:
    data = jsonl(*(card(f"C-{n}") for n in range(10_000)))
    start = time.process_time()
    assert len(read_jsonl(data).entries) == 10_000
    assert time.process_time() - start < 3


@pytest.mark.parametrize("unclear", ["yesterday", "3/4/2026 10:15", 1_764_300_000, True])
def test_a_moment_of_change_that_cant_be_read_lets_the_later_line_win_and_is_named(unclear: object) -> None:
    first, second = card(title="a", updated_at="2099-01-01T00:00:00Z"), card(title="b", updated_at=unclear)
    for lines, title in (((first, second), "b"), ((second, first), "a")):
        reading = read_jsonl(jsonl(*lines))
        (entry,) = reading.newest(0.0).values()
        assert isinstance(entry, CardEntry)
        assert entry.summary.title == title
        assert "updated_at: 1 value" in reading.notices[0]


def test_values_of_flat_cards_are_read_by_the_evidence_of_all_of_them() -> None:
    flat = [
        {
            "card_id": "Z-1",
            "kind": "Deal",
            "role": "Guarantor",
            "birth_date": "3/4/1985",
            "updated_at": "soon",
        },
        {
            "card_id": "Z-2",
            "kind": "Deal",
            "role": "Guarantor",
            "birth_date": "12/25/1990",
            "loan_amount": "640k",
        },
        {"card_id": "Z-3", "kind": "Deal", "role": "Guarantor", "mobile_phone": "4.91E+08"},
    ]
    reading = read_json(b"\n" + jsonl(*flat))
    read = [card_of(entry.json(b""))[0] for entry in reading.entries]
    assert [str(one.people[0].contact.birth_date) for one in read[:2]] == ["1985-03-04", "1990-12-25"]
    assert str(read[1].requirements.loan_amount) == "640000"
    assert [(one.line, one.field) for one in reading.refused] == [(4, "mobile_phone")]
    order, moment = reading.notices
    assert order == "birth_date: read as m/d/y, because 1 value can't be d/m/y"
    assert moment.startswith("updated_at: 1 value: it can't be read as a time")
    assert moment.endswith("(line 2)")
