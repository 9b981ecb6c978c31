"""Many cards of a file are read by the fields that the list needs: the result is that of reading each with care."""

from __future__ import annotations

import json
from random import Random
from typing import Any, get_args

import msgspec
import pytest
from msgspec import Struct

from core.flex import decoding
from core.flex.model import Card
from core.odd_values import OddFields
from data.cards import json_lines
from data.cards.json_lines import ListedCard

ODD = (
    None,
    "",
    " ",
    "x",
    7,
    7.5,
    True,
    [],
    ["a"],
    [None],
    [{}],
    {},
    {"a": 1},
    "\ud800",
    "1988-02-29",
    10**30,
)


def _card() -> dict[str, Any]:
    person = {
        "id": "P-1",
        "first_name": "Linh",
        "last_name": "Nguyen",
        "birth_date": "1988-02-29",
        "phones": {"mobile": "0491 570 006"},
        "home_address": {"street_1": "12 Bay Rd"},
        "flex_id": "1-A",
        "other": [{"section": "Employment", "name": "Employer", "value": "Bay Health"}],
    }
    return {
        "id": "C-1",
        "title": "Nguyen",
        "kind": "deal",
        "stage": "AIP",
        "owner": "m.hale",
        "people": [
            {"role": "Primary Applicant", "contact": person},
            {"role": "Guarantor", "contact": {"id": "P-2"}},
        ],
        "requirements": {"loan_amount": "640000.00", "loan_purpose": "Refinance"},
        "property": {"valuation_amount": "900000", "address": {"state": "NSW"}},
        "products": [{"id": "L-1", "lender": "Harbour", "name": "Flexi", "tracked": True}],
        "flex_id": None,
        "flex_kind": None,
        "fact_find": {"id": "FF-1", "state": "open", "flex_integrated": False},
        "other": [{"section": "Assets", "name": "Savings", "value": "1"}],
        "updated_at": "2026-02-20T03:04:05Z",
    }


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) in a JSON value."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in _places(value[key])]


@pytest.mark.parametrize("seed", range(400))
def test_a_line_is_read_as_with_care(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = Random(seed)
    card = _card()
    for _ in range(dice.randrange(3)):
        container, key = dice.choice(_places(card))
        if dice.random() < 0.3 and isinstance(container, dict):
            del container[key]
        else:
            container[key] = dice.choice(ODD)
    line = json.dumps(card).encode() + b"\n"
    quick = json_lines.read_jsonl(line)
    monkeypatch.setattr(json_lines, "_FAST", Refusing())
    careful = json_lines.read_jsonl(line)
    assert quick == careful


@pytest.mark.parametrize("flex_id", [".", " 1-A", "x" * 129, "a\u200bb"])
@pytest.mark.parametrize("of_a_person", [False, True])
def test_a_flex_id_that_cannot_be_sent_sets_the_card_aside(flex_id: str, of_a_person: bool) -> None:
    card = _card()
    (card["people"][0]["contact"] if of_a_person else card)["flex_id"] = flex_id
    (misfit,) = json_lines.read_jsonl(json.dumps(card).encode() + b"\n").misfits
    assert misfit.field.endswith("flex_id")


class Refusing:
    def decode(self, text: bytes) -> ListedCard:
        raise msgspec.ValidationError("with care")


def _part(kind: Any) -> tuple[Any, ...]:
    """Return the records in a type: those of a union or of a list."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return (kind,)
    return tuple(part for inner in get_args(kind) for part in _part(inner))


def _compare(full: type[Struct], listed: type[Struct], path: str) -> None:
    there = {field.name: field for field in msgspec.structs.fields(listed)}
    for field in msgspec.structs.fields(full):
        if field.type is OddFields:
            continue
        place, parts = f"{path}.{field.name}", _part(field.type)
        if field.required or (field.name in decoding._DECIDING and not parts):
            assert there[field.name].type == field.type or parts, place
            assert there[field.name].required == field.required, place
        if any(_must_be_there(part) for part in parts):
            (inner,) = _part(there[field.name].type)
            _compare(parts[0], inner, place)


def _must_be_there(kind: type[Struct]) -> bool:
    """Return True if a record has a field that is required or decides, at any depth."""
    return any(
        field.required or field.name in decoding._DECIDING or any(map(_must_be_there, _part(field.type)))
        for field in msgspec.structs.fields(kind)
        if field.type is not OddFields
    )


def test_what_a_card_requires_and_what_decides_is_looked_at() -> None:
    _compare(Card, ListedCard, "card")
