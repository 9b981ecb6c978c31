"""What a card holds beyond the published tables: shown, counted, and keyed by hand in FLEX. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec

from core.flex.field_map.fates import Fate, Field
from core.flex.field_map.model import FieldMap, Scope
from core.flex.model import Address, Card, Extra
from core.flex.plans.inputs import CardInputs
from core.odd_values import odd_fields


def unmapped_fields(extra: Extra, about: str = "", local_id: str = "") -> Field:
    """Return the line of a field that FLEX has no place for."""
    return Field(
        section=extra.section,
        source=extra.name,
        source_value=extra.value,
        target="",
        value=None,
        fate=Fate.NO_HOME,
        reason="the published tables have no row for it",
        about=about,
        local_id=local_id,
    )


def without_home(inputs: CardInputs) -> list[Field]:
    """Return a line for each field of the card itself that the tables have no row for."""
    card = inputs.card
    extras = [
        Extra("Board", "Stage", card.stage),
        Extra("Board", "Deal team", card.owner),
        Extra("Property", "Address", one_line(_without_rows(card, inputs.field_map))),
        *card.other,
        *inputs.extras,
    ]
    rows = inputs.field_map.rows
    return [
        *(unmapped_fields(extra) for extra in extras if extra.value),
        *odd_lines(card, "Board", beyond=_WITH_LINES_OF_THEIR_OWN),
        *odd_lines(card.requirements, "Requirements", {row.read for row in rows(Scope.REQUIREMENTS)}),
        *odd_lines(card.property, "Property", {row.read for row in rows(Scope.PROPERTY)}),
    ]


_WITH_LINES_OF_THEIR_OWN: Final = frozenset({"people", "requirements", "property", "products"})


def odd_lines(
    record: object,
    section: str,
    shown: Collection[str] = (),
    *,
    about: str = "",
    local_id: str = "",
    beyond: Collection[str] = (),
) -> list[Field]:
    """Return a line for each odd value of a record that no row of the map reads. `shown` are the paths of the rows.

    Parts that are named in `beyond` are left out.
    """
    return [
        Field(
            section=section,
            source=path,
            source_value=odd.text,
            target="",
            value=None,
            fate=Fate.REFUSED,
            reason=odd.reason,
            about=about,
            local_id=local_id,
        )
        for path, odd in odd_fields(record, beyond=beyond)
        if not any(place == path or place.startswith(f"{path}.") for place in shown)
    ]


def _without_rows(card: Card, field_map: FieldMap) -> Address | None:
    """Return the property's address without the parts that a row of the map reads. Those parts have their own lines."""
    address = card.property.address if card.property else None
    if address is None:
        return None
    read = [row.read.split(".") for row in field_map.rows(Scope.PROPERTY)]
    return msgspec.structs.replace(address, **{path[1]: None for path in read if path[0] == "address"})


def one_line(address: Address | None) -> str:
    """Return an address on one line, or "" for None."""
    if address is None:
        return ""
    street = " ".join(part for part in (address.street_1, address.street_2) if part)
    place = " ".join(part for part in (address.suburb, address.state, address.postcode) if part)
    return ", ".join(part for part in (street, place, address.country or "") if part)
