"""Every field of every record from outside, with every odd value: the value costs its field, or sets the record aside.

The records are made from their types, so that a new field is covered by itself.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from inspect import isclass
from itertools import count
from pkgutil import walk_packages
from types import UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin

import msgspec
import pytest
from msgspec import Struct

import data.vendors
from core.decoding.lenient_json import read_leniently
from core.flex.decoding import decode, leftovers
from core.flex.model import BadRecord, Card, CardSummary, FactFind, Note, Person, RejectedRecord
from core.flex.plans.card import plan_card
from core.flex.plans.inputs import CardInputs
from core.odd_values import OddFields, odd_fields
from data.cards.json_lines import read_jsonl
from data.cards.reading import CardEntry, card_of
from data.vendors.contact_fields import taken
from data.vendors.http.reply import VendorRecord, decoded
from data.vendors.simplenexus import contact_source as simplenexus
from data.vendors.simplenexus.client import Borrower, Partner, Prospect
from data.vendors.total_expert import contact_source as total_expert
from data.vendors.total_expert.records import TotalExpertContact
from tests.fidelity.odd_values import FRAGMENTS
from tests.support.cards import MAP
from tui.cli.json_output import preview_form

for module in walk_packages(data.vendors.__path__, "data.vendors."):
    import_module(module.name)
NOUNS: Final = (Card, CardSummary, FactFind, Note, Person)
VENDORS: Final = sorted(VendorRecord.__subclasses__(), key=lambda kind: kind.__name__)
SAMPLES: Final[dict[Any, Any]] = {
    int: 7,
    bool: True,
    Decimal: "1234.50",
    date: "1988-02-29",
    datetime: "2026-11-20T03:04:05Z",
    object: {"any": ["thing"]},
}
Place = tuple[str | int, ...]
T = TypeVar("T", bound=Struct)


def filled(kind: type[Struct]) -> dict[str, Any]:
    """Return the JSON of a record in which every field holds something, and every text is another one."""
    return _filled(kind, count(1))


def _filled(kind: type[Struct], numbers: Iterator[int]) -> dict[str, Any]:
    fields = [field for field in msgspec.structs.fields(kind) if field.type is not OddFields]
    return {field.encode_name: _sample(field.type, numbers) for field in fields}


def _sample(kind: Any, numbers: Iterator[int]) -> Any:
    if kind is str:
        return f"T-{next(numbers)}"
    if get_origin(kind) in (Union, UnionType):
        return _sample(next(member for member in get_args(kind) if member is not type(None)), numbers)
    if get_origin(kind) is tuple:
        return [_sample(get_args(kind)[0], numbers) for _ in range(2)]
    return _filled(kind, numbers) if isclass(kind) and issubclass(kind, Struct) else SAMPLES[kind]


def places_in(value: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the place of every value of a JSON value, and of the lists and objects in it."""
    if place:
        yield place
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in entries:
        yield from places_in(inner, (*place, key))


def with_odd(part: Any, place: Place, odd: Any) -> Any:
    """Return JSON with another value at a place. What is next to the place is shared."""
    if not place:
        return odd
    changed = dict(part) if isinstance(part, dict) else list(part)
    changed[place[0]] = with_odd(part[place[0]], place[1:], odd)
    return changed


def odd_at(place: Place) -> list[str]:
    """Return some of the odd values, as JSON has them: other ones at each place."""
    first = zlib.crc32(named(place).encode())
    return [FRAGMENTS[(first + n * 7) % len(FRAGMENTS)] for n in range(AT_A_PLACE)]


def named(place: Place) -> str:
    """Return a place as the desk names it: `people[0].contact.email`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place).removeprefix(".")


AT_A_PLACE: Final = 4
"""So many odd values are tried at each place."""


@pytest.mark.parametrize("kind", NOUNS)
def test_an_odd_value_costs_its_field_or_sets_the_record_aside_by_name(kind: type[Struct]) -> None:
    raw = filled(kind)
    whole = _leaves(decode(raw, kind, "it"))
    for place in places_in(raw):
        for odd in map(read_leniently, odd_at(place)):
            record = _decoded(with_odd(raw, place, odd), kind)
            if isinstance(record, RejectedRecord):
                assert _touches(record.field, named(place)), (place, odd, record)
                msgspec.json.encode(record)
                continue
            leaves = _leaves(record)
            lost = {path for path, value in whole.items() if leaves.get(path, value) != value}
            assert all(_touches(path, named(place)) for path in lost), (place, odd, lost)
            assert all(_touches(path, named(place)) for path, _ in odd_fields(record)), (place, odd)


def test_every_odd_field_of_a_card_has_a_line_and_the_card_a_plan_that_can_be_written() -> None:
    raw = filled(Card)
    for place in places_in(raw):
        for odd in map(read_leniently, odd_at(place)[:2]):
            given = with_odd(raw, place, odd)
            card = _decoded(given, Card)
            if isinstance(card, RejectedRecord):
                continue
            preview = plan_card(CardInputs(card, MAP, "test", tuple(leftovers(given, card))))
            lines = {field.source_value for field in preview.fields}
            assert all(value.text in lines for _, value in odd_fields(card)), (place, odd)
            assert len(preview.plan.digest) == 8
            json.dumps(preview_form(preview), allow_nan=False)


def test_a_line_of_a_file_with_an_odd_value_is_a_card_or_is_named() -> None:
    raw = filled(Card)
    for place in places_in(raw):
        for fragment in odd_at(place):
            line = json.dumps(with_odd(raw, place, "@@")).replace('"@@"', fragment).encode()
            reading = read_jsonl(line + b"\n")
            assert len(reading.entries) + len(reading.misfits) == 1
            for entry in reading.entries:
                assert isinstance(entry, CardEntry)
                with suppress(BadRecord):  # an odd FLEX ID is said when the card is opened
                    assert card_of(entry.json(line))[0].id == entry.summary.id


CONTACTS: Final = {
    TotalExpertContact: total_expert.contact_of,
    Borrower: lambda record: simplenexus._borrower(record, officer="1"),
    Partner: lambda record: simplenexus._partner(record, officer="1"),
    Prospect: lambda record: simplenexus._prospect(record, officer="1"),
}


@pytest.mark.parametrize("kind", VENDORS, ids=lambda kind: kind.__name__)
def test_a_vendors_record_with_an_odd_value_is_kept_or_set_aside_and_can_be_written(
    kind: type[VendorRecord],
) -> None:
    raw = filled(kind)
    for place in places_in(raw):
        for odd in map(read_leniently, odd_at(place)):
            page = decoded([with_odd(raw, place, odd), raw], kind)
            assert len(page.records) + len(page.set_aside) == 2
            msgspec.json.encode([page.records, page.set_aside])
            assert page.records[-1] == decoded([raw], kind).records[0]
            if kind in CONTACTS:
                contacts, aside = taken(kind.system, page, CONTACTS[kind])
                assert len(contacts) + len(aside) == 2
                msgspec.json.encode([contacts, aside])


def _decoded(raw: object, kind: type[T]) -> T | RejectedRecord:
    try:
        return decode(raw, kind, "it")
    except BadRecord as error:
        return error.aside


def _leaves(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, Struct):
        names = [name for name in value.__struct_fields__ if name != "odd"]
        parts = [(f".{name}", getattr(value, name)) for name in names]
    elif isinstance(value, tuple):
        parts = [(f"[{n}]", item) for n, item in enumerate(value)]
    else:
        return {path: value}
    return {
        place: leaf
        for name, part in parts
        for place, leaf in _leaves(part, f"{path}{name}".lstrip(".")).items()
    }


def _touches(path: str, place: str) -> bool:
    """Return True if one path is the other one, or is inside it, or if both are in one list of records."""
    return (
        path.startswith(place)
        or place.startswith(path)
        or ("[" in place and path.startswith(place.rpartition("[")[0]))
    )
