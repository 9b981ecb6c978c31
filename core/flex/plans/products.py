"""Which of a card's products are linked in FLEX, as SELECTED or CONSIDERED, and why the others are not. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from core.compare.keys import text_key
from core.flex.model import CatalogueProduct, Product
from core.flex.plans.inputs import CardInputs

BY_HAND: Final = "choose it by hand in FLEX: without a gateway its catalogue can't be read"
"""Why a product is not linked in a profile without a gateway of FLEX."""


class ProductStanding(StrEnum):
    """How FLEX marks a product of an opportunity (docs/domain.md, Pushing to FLEX)."""

    SELECTED = "SELECTED"
    CONSIDERED = "CONSIDERED"
    NEITHER = "neither"


class ProductMatch(Struct, frozen=True):
    """A product of the card, its entry in FLEX's catalogue, and the reason if the product is not linked.

    `near` is an entry of the same lender with almost the same name: offered to a person, never assumed.
    `by_hand` says that a person took such an offer. `taken` is the FLEX ID that a person took; the catalogue may have
    lost it since. `merged_into` is the match of another product of the card that is the same entry and is linked in
    place of this product.
    """

    product: Product
    standing: ProductStanding
    entry: CatalogueProduct | None = None
    near: CatalogueProduct | None = None
    reason: str = ""
    by_hand: bool = False
    taken: str = ""
    merged_into: ProductMatch | None = None

    @property
    def linked(self) -> bool:
        """True if the push links the product."""
        return not self.reason


def product_standing(product: Product) -> ProductStanding:
    """Return SELECTED if the product is highlighted and in the funding position, CONSIDERED if only shortlisted."""
    if product.highlighted and product.in_funding_position:
        return ProductStanding.SELECTED
    if product.shortlisted and not product.highlighted:
        return ProductStanding.CONSIDERED
    return ProductStanding.NEITHER


def match_product(product: Product, inputs: CardInputs) -> ProductMatch:
    """Match a product with FLEX's catalogue. Lender and name must be equal except for case and spacing."""
    stands = product_standing(product)
    if odd := next(product.odd.items(), None):
        return ProductMatch(
            product, stands, reason=f"its {odd[0].replace('_', ' ')} can't be used: {odd[1].reason}"
        )
    if not product.tracked:
        return ProductMatch(product, stands, reason="BrokerEngine does not track it")
    entries = inputs.catalogue.get(text_key(product.lender), ())
    entry = next((known for known in entries if text_key(known.name) == text_key(product.name)), None)
    if stands is ProductStanding.NEITHER:
        reason = (
            "highlighted, but not in the funding position"
            if product.highlighted
            else "neither shortlisted nor highlighted"
        )
        return ProductMatch(product, stands, entry, reason=reason)
    if entry is not None:
        return ProductMatch(product, stands, entry)
    if not inputs.has_gateway:
        return ProductMatch(product, stands, reason=BY_HAND)
    if not entries:
        return ProductMatch(product, stands, reason=f"{product.lender} is not in FLEX's catalogue")
    taken = inputs.same_products.get(product_key(product.lender, product.name), "")
    entry = next((known for known in entries if known.flex_id == taken), None)
    if entry is not None:
        return ProductMatch(product, stands, entry, by_hand=True, taken=taken)
    near = difflib.get_close_matches(
        text_key(product.name), [text_key(known.name) for known in entries], 1, 0.75
    )
    nearest = next((known for known in entries if near and text_key(known.name) == near[0]), None)
    reason = f"{product.name} is not in FLEX's catalogue"
    return ProductMatch(product, stands, near=nearest, reason=reason, taken=taken)


def merge_products(matches: Iterable[ProductMatch]) -> tuple[ProductMatch, ...]:
    """Return the matches with one linked product for each entry of the catalogue; the order stays.

    FLEX holds an entry once on an opportunity, so a second link would overwrite the first. The first SELECTED product
    of an entry is linked; without a SELECTED product, the first CONSIDERED product.
    """
    matches = tuple(matches)
    linked: dict[str, ProductMatch] = {}
    for match in matches:
        if match.entry is None or not match.linked:
            continue
        other = linked.setdefault(match.entry.flex_id, match)
        if match.standing is ProductStanding.SELECTED and other.standing is not ProductStanding.SELECTED:
            linked[match.entry.flex_id] = match
    return tuple(_merged(match, linked) for match in matches)


def _merged(match: ProductMatch, linked: dict[str, ProductMatch]) -> ProductMatch:
    if match.entry is None or not match.linked or linked[match.entry.flex_id] is match:
        return match
    into = linked[match.entry.flex_id]
    named = f"{into.product.lender} {into.product.name}"
    reason = f"merged into {named} ({into.standing}), which is the same entry {match.entry.flex_id} in FLEX"
    return msgspec.structs.replace(match, reason=reason, merged_into=into)


def product_key(lender: str, name: str) -> str:
    """Return the key under which the book remembers a product's catalogue entry: the folded "lender/name"."""
    return f"{text_key(lender)}/{text_key(name)}"
