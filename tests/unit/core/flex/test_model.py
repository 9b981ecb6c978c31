"""Strict decoding: a record that does not fit is named; what it holds beyond the contract is kept."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.flex.decoding import decode, leftovers, without_lone_surrogates
from core.flex.model import BadRecord, Card, CardSummary, Extra, Person

RAW: dict[str, Any] = {"id": "C-1", "title": "Nguyen", "kind": "deal", "stage": "AIP", "owner": "m.hale"}


@pytest.mark.parametrize(
    ("more", "record", "field"),
    [
        ({"requirements": {"loan_amount": "six hundred"}}, "C-1", "requirements.loan_amount"),
        ({"requirements": {"loan_amount": float("nan")}, "stage": 5}, "C-1", "stage"),
        (
            {"people": [{"role": "x", "contact": {"id": "P", "birth_date": "1987-02-29"}}]},
            "C-1",
            "people[0].contact.birth_date",
        ),
        ({"id": 7}, "7", "id"),
        ({"requirements": {"pre_approval": "yes"}}, "C-1", "requirements.pre_approval"),
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
    for word in ("BrokerEngine", record, field):
        assert word in caught.value.message
    assert field in caught.value.fix


@pytest.mark.parametrize("raw", [None, [], "C-1", {}, {"title": "x"}])
def test_what_is_no_record_at_all_is_set_aside_without_an_id(raw: object) -> None:
    with pytest.raises(BadRecord) as caught:
        decode(raw, CardSummary, "BrokerEngine")
    assert caught.value.aside.id == "(no id)"


def test_no_number_and_no_date_are_said_in_words() -> None:
    with pytest.raises(BadRecord, match="it is no number"):
        decode({**RAW, "requirements": {"loan_term": "long"}}, Card, "BrokerEngine")
    with pytest.raises(BadRecord, match="it is no date"):
        decode({"id": "P", "birth_date": "29/02/1988"}, Person, "BrokerEngine")


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
