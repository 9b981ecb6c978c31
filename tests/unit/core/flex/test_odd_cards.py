"""Thousands of odd cards: planning one never fails, drops nothing silently, and sends nothing without a line."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as some

from core.flex.field_map.apply import show
from core.flex.field_map.fates import ARRIVES, Fate
from core.flex.model import (
    Address,
    Applicant,
    Card,
    Extra,
    FactFindMark,
    Person,
    Phones,
    Product,
    Property,
    Requirements,
)
from core.flex.plans.card import plan_card
from core.flex.plans.inputs import CardInputs
from core.flex.plans.preview import Preview
from core.flex.plans.products import product_standing
from core.flex.plans.unmapped import one_line
from core.odd_values import OddFields
from core.push.plan import System
from tests.support.cards import CATALOGUE, MAP
from tests.support.matrix import so_many

ODD = (
    "",
    " ",
    "[/]",
    "[@click=app.quit]x[/]",
    "👩‍👩‍👧 Zoë",
    "\u202eevil\u202c",
    "جميلة",
    "\x1b]52;c;eA==\x07\x00\r\n",
    "\ud800",
    "a\udfffb",
    "x" * 2_000,
    "null",
    "NaN",
    "$id_of",
    "NSW",
    "Purchase",
    "Houseboat",
    "house",
    "Harbour Mutual",
    "Flexi Home Loan",
)
texts = some.one_of(some.sampled_from(ODD), some.text(some.characters(), max_size=12))
maybe = some.one_of(some.none(), texts)
names = some.one_of(some.just("Jo"), maybe)
dates = some.one_of(some.none(), some.sampled_from((date(2024, 2, 29), date.min, date.max)), some.dates())
ODD_AMOUNTS = (
    "0",
    "-0",
    "-1",
    "640000.00",
    "0.001",
    "NaN",
    "sNaN",
    "Infinity",
    "-Infinity",
    "1E+99",
    "1E-99999",
)
amounts = some.one_of(
    some.none(),
    some.sampled_from([Decimal(text) for text in ODD_AMOUNTS]),
    some.decimals(min_value=-10, max_value=10**15, places=2),
)
flags = some.one_of(some.none(), some.booleans())
ids = some.sampled_from(("P-1", "P-2", "a/b", "é", "?x=1#", "1", " "))
flex_ids = some.sampled_from((None, "", "1-6D9UB", "../x"))
extras = some.lists(some.builds(Extra, texts, texts, texts), max_size=2).map(tuple)
addresses = some.one_of(some.none(), some.builds(Address, maybe, maybe, maybe, maybe, maybe, maybe))
people = some.builds(
    Person,
    ids,
    names,
    maybe,
    names,
    maybe,
    dates,
    some.builds(Phones, maybe, maybe, maybe),
    addresses,
    addresses,
    flex_ids,
    extras,
)
roles = some.one_of(some.sampled_from(("Primary Applicant", "Guarantor")), texts)
cards = some.builds(
    Card,
    ids,
    texts,
    texts,
    texts,
    texts,
    some.lists(some.builds(Applicant, roles, people), max_size=3).map(tuple),
    some.builds(
        Requirements, amounts, amounts, maybe, maybe, maybe, flags, amounts, flags, flags, flags, flags
    ),
    some.one_of(some.none(), some.builds(Property, amounts, maybe, maybe, maybe, addresses)),
    some.lists(
        some.builds(
            Product, ids, texts, texts, some.booleans(), some.booleans(), some.booleans(), some.booleans()
        ),
        max_size=3,
    ).map(tuple),
    flex_ids,
    maybe,
    some.one_of(some.none(), some.builds(FactFindMark, ids, texts, some.booleans())),
    extras,
)


EXAMPLES = int(os.environ.get("ODD_CARDS", so_many(1_500, 600)))
"""How many cards are generated; ODD_CARDS=10000 generates ten thousand."""
PARTS = 6
"""How many tests share the cards, so that they run side by side. Each part always generates the same cards."""


@pytest.mark.parametrize("part", range(PARTS))
def test_any_card_can_be_planned_and_every_value_of_it_has_a_line(part: int) -> None:
    @seed(part)
    @settings(
        max_examples=EXAMPLES // PARTS, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(cards, extras, some.booleans())
    def check(card: Card, beyond: tuple[Extra, ...], writable: bool) -> None:
        _is_planned_with_every_value(card, beyond, writable)

    check()


def _is_planned_with_every_value(card: Card, beyond: tuple[Extra, ...], writable: bool) -> None:
    shown = plan_card(CardInputs(card, MAP, "test", beyond, catalogue=CATALOGUE, writable=writable))
    assert len(shown.plan.digest) == 8
    json.dumps(shown.payload, ensure_ascii=False, allow_nan=False).encode()
    msgspec.json.encode(shown.plan)
    _everything_has_a_line(card, beyond, shown)
    _nothing_is_sent_without_a_line(shown)


def _everything_has_a_line(card: Card, beyond: tuple[Extra, ...], shown: Preview) -> None:
    held = Counter(_held(card, beyond))
    lines = Counter(field.source_value for field in shown.fields)
    missing = {text for text in held if text.strip() and lines[text] < held[text]}
    assert not missing
    for field in shown.fields:
        assert field.fate in Fate
        assert (field.value is None) is (field.fate not in ARRIVES)
        assert field.fate is not Fate.EMPTY or field.source_value in ("", "no")
        assert field.fate in ARRIVES or field.fate is Fate.EMPTY or field.reason


def _held(card: Card, beyond: tuple[Extra, ...]) -> Iterator[str]:
    """Give every value a broker would miss, as it is shown: not the ids, and not the card's own name and kind."""
    yield from (card.stage, card.owner)
    seen: set[str] = set()
    for applicant in card.people:
        person = applicant.contact
        if person.id not in seen:  # the same person again is a warning, not a second set of lines
            seen.add(person.id)
            yield applicant.role
            yield from _leaves(msgspec.structs.replace(person, id="", flex_id=None, other=()))
            yield from (extra.value for extra in person.other)
    yield from _leaves(card.requirements)
    if card.property:
        yield from _leaves(msgspec.structs.replace(card.property, address=None))
        yield one_line(card.property.address)
    for product in card.products:
        yield from (product.lender, product.name, str(product_standing(product)))
    yield from (extra.value for extra in (*card.other, *beyond))


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, msgspec.Struct):
        for inner in msgspec.structs.astuple(value):
            yield from _leaves(inner)
    elif isinstance(value, OddFields):
        yield from (odd.text for _, odd in value.items())
    elif value is not None and value != ():
        yield show(value)


_OURS = {"IntegrationId", "Opportunity", "AddressType", "BaseSplitAmount"}
"""References, what they hang from, which address it is, and the other half of a split: no field of the card."""


def _nothing_is_sent_without_a_line(shown: Preview) -> None:
    arrives = {(f.target.rpartition(".")[2], _plain(f.value)) for f in shown.fields if f.fate in ARRIVES}
    for step in shown.plan.steps:
        if step.system is System.FLEX:
            for name, value in _sent(step.body):
                assert (name, _plain(value)) in arrives, (name, value)
    not_sent = {f.target.rpartition(".")[2] for f in shown.fields if f.target} - {name for name, _ in arrives}
    sent = {name for step in shown.plan.steps for name, _ in _sent(step.body)}
    assert not sent & not_sent


def _sent(body: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in body.items():
        if name in ("Applicants",):
            yield from (("Role", applicant["Role"]) for applicant in value)
        elif name == "OtherAddress":
            yield from _sent(value[0])
        elif isinstance(value, dict) and name == "ProductFilter":
            yield from _sent(value)
        elif name not in _OURS:
            yield name, value


def _plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
