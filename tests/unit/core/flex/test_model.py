"""Strict decoding: a record that does not fit is named; what it holds beyond the contract is kept."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.flex.decoding import decode, leftovers
from core.flex.model import BadRecord, Card, CardSummary, Extra, Person
from core.odd_values import field_in_words, odd_fields
from core.texts import without_lone_surrogates

RAW: dict[str, Any] = {"id": "C-1", "title": "Nguyen", "kind": "deal", "stage": "AIP", "owner": "m.hale"}


@pytest.mark.parametrize(
    ("more", "record", "field"),
    [
        ({"id": 7}, "7", "id"),
        ({"id": {"\ud800": 1}}, '{"\ufffd": 1}', "id"),
        ({"flex_id": 7}, "C-1", "flex_id"),
        ({"flex_kind": True}, "C-1", "flex_kind"),
        ({"fact_find": "FF-1"}, "C-1", "fact_find"),
        (
            {"fact_find": {"id": "FF-1", "state": "sent", "flex_integrated": 1}},
            "C-1",
            "fact_find.flex_integrated",
        ),
        ({"people": {"0": {}}}, "C-1", "people"),
        ({"people": ["Linh"]}, "C-1", "people[0]"),
        ({"people": [{"role": "x"}]}, "C-1", "people[0].contact"),
        ({"people": [{"role": "x", "contact": {"id": ["P"]}}]}, "C-1", "people[0].contact.id"),
        ({"products": [{"id": 5, "lender": "H", "name": "Flexi"}]}, "C-1", "products[0].id"),
        ({"id": "C-\ud800"}, "C-\ufffd", "id"),
        ({"flex_id": "1-\ud800"}, "C-1", "flex_id"),
        ({"flex_id": ".."}, "C-1", "flex_id"),
        ({"flex_id": " "}, "C-1", "flex_id"),
        (
            {"people": [{"role": "x", "contact": {"id": "P", "flex_id": "1\x00"}}]},
            "C-1",
            "people[0].contact.flex_id",
        ),
        ({"people": [{"role": "x", "contact": {"id": "\udc00"}}]}, "C-1", "people[0].contact.id"),
    ],
)
def test_a_record_that_does_not_fit_names_system_id_and_field(
    more: dict[str, Any], record: str, field: str
) -> None:
    with pytest.raises(BadRecord) as caught:
        decode({**RAW, **more}, Card, "BrokerEngine")
    aside = caught.value.aside
    assert (aside.system, aside.id, aside.field) == ("BrokerEngine", record, field)
    for word in ("BrokerEngine", record, field_in_words(field)):
        assert word in caught.value.message
    assert field in caught.value.fix


@pytest.mark.parametrize("raw", [None, [], "C-1", {}, {"title": "x"}])
def test_what_is_no_record_at_all_is_set_aside_without_an_id(raw: object) -> None:
    with pytest.raises(BadRecord) as caught:
        decode(raw, CardSummary, "BrokerEngine")
    assert caught.value.aside.id == "(no id)"


DEEP: Any = []
for _ in range(3_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("more", "path", "text", "reason"),
    [
        (
            {"requirements": {"loan_amount": "\ud800"}},
            "requirements.loan_amount",
            "\ud800",
            "it isn't a number",
        ),
        ({"requirements": {"loan_amount": "lots"}}, "requirements.loan_amount", "lots", "it isn't a number"),
        (
            {"requirements": {"loan_amount": float("nan")}},
            "requirements.loan_amount",
            "NaN",
            "it isn't a number",
        ),
        ({"requirements": {"loan_term": True}}, "requirements.loan_term", "true", "it isn't a number"),
        ({"requirements": {"split_loan": "sNaN"}}, "requirements.split_loan", "sNaN", "it isn't a number"),
        (
            {"requirements": {"pre_approval": "yes"}},
            "requirements.pre_approval",
            "yes",
            "it isn't yes or no",
        ),
        ({"requirements": {"objectives": 5}}, "requirements.objectives", "5", "it isn't a text"),
        ({"requirements": "\ud800"}, "requirements", "\ud800", "it isn't a group of fields"),
        (
            {"property": {"address": ["1 Bay Rd"]}},
            "property.address",
            '["1 Bay Rd"]',
            "it isn't a group of fields",
        ),
        ({"title": {"a": None}}, "title", '{"a": null}', "it isn't a text"),
        ({"stage": None}, "stage", "null", "it isn't a text"),
        ({"other": ["x"]}, "other[0]", "x", "it isn't a record"),
        ({"products": {}}, "products", "{}", "it isn't a list"),
        ({"products": [{"id": "PR", "lender": "H", "name": 5}]}, "products[0].name", "5", "it isn't a text"),
        ({"owner": DEEP}, "owner", "(a value that can't be shown)", "it isn't a text"),
    ],
)
def test_an_odd_value_costs_its_field_alone(more: dict[str, Any], path: str, text: str, reason: str) -> None:
    rest = {"requirements": {"loan_category": "Residential"}} if "requirements" not in more else {}
    card = decode({**RAW, **rest, **more}, Card, "BrokerEngine")
    ((place, odd),) = odd_fields(card)
    assert (place, odd.field, odd.text, odd.reason) == (path, path, text, reason)
    assert card.id == "C-1"
    assert not rest or card.requirements.loan_category == "Residential"


@pytest.mark.parametrize(
    "odd", ["\ud800", "1987-02-29", "9999-99-99", "29/02/1988", 5, [], {"y": 1}, True, 10**400, float("inf")]
)
def test_an_odd_birth_date_costs_no_other_field_of_the_person(odd: object) -> None:
    person = decode({"id": "P", "first_name": "Linh", "birth_date": odd}, Person, "BrokerEngine")
    assert (person.first_name, person.birth_date) == ("Linh", None)
    assert [(path, value.reason) for path, value in odd_fields(person)] == [("birth_date", "it isn't a date")]


def test_an_odd_value_in_the_list_of_cards_costs_no_card() -> None:
    row = decode({**RAW, "title": ["a"], "purpose": 5, "people": "Linh"}, CardSummary, "BrokerEngine")
    assert (row.title, row.purpose, row.people) == ('["a"]', None, ())
    assert {path for path, _ in odd_fields(row)} == {"title", "purpose", "people"}


def test_no_system_names_odd_values_itself() -> None:
    raw = {**RAW, "(odd values)": {"title": {"field": "title", "text": "x", "reason": "y"}}}
    card = decode(raw, Card, "BrokerEngine")
    assert list(odd_fields(card)) == []
    assert [extra.name for extra in leftovers(raw, card)] == ["(odd values)"]


def test_a_blank_amount_or_date_is_none() -> None:
    blank = dict.fromkeys(("loan_amount", "loan_term", "split_loan"), "")
    card = decode({**RAW, "requirements": blank, "property": {"valuation_amount": ""}}, Card, "BrokerEngine")
    assert {card.requirements.loan_amount, card.requirements.loan_term, card.requirements.split_loan} == {
        None
    }
    assert card.property is not None
    assert card.property.valuation_amount is None
    assert decode({"id": "P", "birth_date": ""}, Person, "BrokerEngine").birth_date is None


def test_an_amount_is_a_decimal_to_the_cent() -> None:
    card = decode({**RAW, "requirements": {"loan_amount": "640000.10"}}, Card, "BrokerEngine")
    assert card.requirements.loan_amount == Decimal("640000.10")


def test_unknown_keys_at_every_depth_are_kept_with_their_path() -> None:
    raw = {
        **RAW,
        "updated_at": "2026-01-01",
        "referrer": "A. Friend",
        "tags": ["hot", "\ud800"],
        "nothing": None,
        "blank": "",
        "zero": 0,
        "people": [
            {"role": "P", "share": 50, "contact": {"id": "P", "pets": {"dogs": 2}, "updated_at": "x"}}
        ],
        "requirements": {"cashback": True},
    }
    found = leftovers(raw, decode(raw, Card, "BrokerEngine"))
    assert {(extra.name, extra.value) for extra in found} == {
        ("referrer", "A. Friend"),
        ("tags", '["hot", "\ud800"]'),
        ("zero", "0"),
        ("people.share", "50"),
        ("people.contact.pets", '{"dogs": 2}'),
        ("requirements.cashback", "true"),
    }
    assert {extra.section for extra in found} == {"Beyond the contract"}


def test_a_record_of_the_contract_leaves_nothing_over() -> None:
    raw = {**RAW, "other": [{"section": "Assets", "name": "Car", "value": "Ute"}], "products": []}
    card = decode(raw, Card, "BrokerEngine")
    assert leftovers(raw, card) == []
    assert card.other == (Extra("Assets", "Car", "Ute"),)


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("Zoë 👩‍👩‍👧", "Zoë 👩‍👩‍👧"),
        ("a\ud800b", "a\ufffdb"),
        ("\udfff", "\ufffd"),
        ("\ufeffx", "\ufeffx"),
        ("", ""),
    ],
)
def test_half_a_character_is_replaced_and_nothing_else(text: str, mended: str) -> None:
    assert without_lone_surrogates(text) == mended


def test_a_person_without_a_name_is_called_by_the_id() -> None:
    assert Person("P-1").name == "P-1"
    assert Person("P-1", last_name="Tran").name == "Tran"
