"""Templates of notes: a text with placeholders that are filled from a card. Pure.

A placeholder is a name in braces, such as `{client}`. What is in braces and is no name of lower-case letters stays as
it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from msgspec import Struct

from core.errors import DeskError
from core.flex.model import Card, Product
from core.local_forms import Country, date_text, money

_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")


class NoteTemplate(Struct, frozen=True):
    """A template as its file holds it. `name` is the file's name without its ending."""

    name: str
    text: str


class FilledTemplate(Struct, frozen=True):
    """A template filled from a card.

    `missing` are the placeholders for which the card has no value, and `unknown` those that are no names of values.
    Both stay in the text as they are.
    """

    name: str
    text: str
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def gaps(self) -> str:
        """What could not be filled, in a sentence; "" for nothing."""
        parts = []
        if self.missing:
            parts.append(f"The card has no value for {_listed(self.missing)}.")
        if self.unknown:
            parts.append(f"There is no placeholder {_listed(self.unknown)}.")
        return " ".join(parts)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def values_of(card: Card, flex_id: str | None, operator: str, today: date) -> dict[str, str]:
    """Return the value of each placeholder; "" if the card has none."""
    people = [applicant.contact for applicant in card.people]
    loan, house = card.requirements, card.property
    address = house.address if house is not None else None
    where = () if address is None else (address.street_1, address.street_2, address.suburb, address.state)
    return {
        "amount": _dollars(loan.loan_amount),
        "card": card.id,
        "client": card.title,
        "first_names": _all(person.first_name for person in people),
        "flex_id": flex_id or "",
        "lender": _one([product.lender for product in _chosen(card)]),
        "operator": operator,
        "owner": card.owner,
        "people": _all(person.name for person in people),
        "product": _one([product.name for product in _chosen(card)]),
        "property": ", ".join(part for part in where if part),
        "purpose": loan.loan_purpose or "",
        "stage": card.stage,
        "term": "" if loan.loan_term is None else f"{loan.loan_term.normalize():f} years",
        "today": date_text(today, Country.AU),
    }


def _dollars(amount: Decimal | None) -> str:
    return "" if amount is None or not amount.is_finite() else money(amount)


def _all(names: Iterable[str | None]) -> str:
    listed = [name for name in names if name]
    return " and ".join([", ".join(listed[:-1]), listed[-1]]) if len(listed) > 1 else "".join(listed)


def _chosen(card: Card) -> list[Product]:
    """Return the products in the funding position, as the card has them."""
    return [product for product in card.products if product.in_funding_position]


def _one(names: list[str]) -> str:
    """Return the only name; "" for none and for several, of which nobody could tell which is meant."""
    return names[0] if len(set(names)) == 1 else ""


PLACEHOLDERS: Final = tuple(values_of(Card("", "", "", "", ""), None, "", date(2026, 1, 1)))
"""The names of all placeholders."""


def fill(template: NoteTemplate, values: Mapping[str, str]) -> FilledTemplate:
    """Return a template with the values of its placeholders. A value is never looked through for placeholders."""
    names = dict.fromkeys(_PLACEHOLDER.findall(template.text))
    text = _PLACEHOLDER.sub(lambda found: values.get(found[1]) or found[0], template.text)
    return FilledTemplate(
        template.name,
        text,
        tuple(name for name in names if name in values and not values[name]),
        tuple(name for name in names if name not in values),
    )


def without_gaps(filled: FilledTemplate, card_id: str) -> str:
    """Return the text of a filled template. Raises `DeskError` (template-gap) if a placeholder could not be filled."""
    if filled.gaps:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        message = f"The template “{filled.name}” can't be filled from {card_id}. {filled.gaps}"
        raise DeskError("template-gap", message, known=known)
    return filled.text


def template_named(templates: tuple[NoteTemplate, ...], name: str) -> NoteTemplate:
    """Return the template with a name. Raises `DeskError` (no-template)."""
    for template in templates:
        if template.name.casefold() == name.casefold():
            return template
    known = ", ".join(template.name for template in templates) or "none yet"
    raise DeskError("no-template", f"There is no note template “{name}”.", known=known)
