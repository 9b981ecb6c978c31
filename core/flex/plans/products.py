"""Which of a card's products are linked in FLEX, as SELECTED or CONSIDERED, and why the others are not. Pure."""

from __future__ import annotations

import difflib
from enum import StrEnum

from msgspec import Struct

from core.flex.model import CatalogueProduct, Product
from core.flex.plans.inputs import CardInputs


class ProductStanding(StrEnum):
    """Where a product stands on the card (seed: CONSIDERED, SELECTED)."""

    SELECTED = "SELECTED"
    CONSIDERED = "CONSIDERED"
    NEITHER = "neither"


class ProductMatch(Struct, frozen=True):
    """A product of the card, its entry in FLEX's catalogue if it has one, and why it is not linked if it isn't.

    `near` is an entry of the same lender with almost the same name: offered to a person, never assumed.
    `by_hand` says that a person took such an offer.
    """

    product: Product
    standing: ProductStanding
    entry: CatalogueProduct | None = None
    near: CatalogueProduct | None = None
    reason: str = ""
    by_hand: bool = False

    @property
    def linked(self) -> bool:
        """True where the push makes a product link of it."""
        return not self.reason


def product_standing(product: Product) -> ProductStanding:
    """Say where a product stands (seed: highlighted and in the funding position, or shortlisted only)."""
    if product.highlighted and product.in_funding_position:
        return ProductStanding.SELECTED
    if product.shortlisted and not product.highlighted:
        return ProductStanding.CONSIDERED
    return ProductStanding.NEITHER


def match_product(product: Product, inputs: CardInputs) -> ProductMatch:
    """Match one product with FLEX's catalogue: lender and name equal but for case and spacing."""
    stands = product_standing(product)
    if not product.tracked:
        return ProductMatch(product, stands, reason="BrokerEngine does not track it")
    entries = inputs.catalogue.get(_fold(product.lender), ())
    entry = next((one for one in entries if _fold(one.name) == _fold(product.name)), None)
    if stands is ProductStanding.NEITHER:
        reason = (
            "highlighted, but not in the funding position"
            if product.highlighted
            else "neither shortlisted nor highlighted"
        )
        return ProductMatch(product, stands, entry, reason=reason)
    if entry is not None:
        return ProductMatch(product, stands, entry)
    if not entries:
        return ProductMatch(product, stands, reason=f"{product.lender} is not in FLEX's catalogue")
    if same := inputs.same_products.get(product_key(product.lender, product.name)):
        entry = next((one for one in entries if one.flex_id == same), None)
        if entry is not None:
            return ProductMatch(product, stands, entry, by_hand=True)
    near = difflib.get_close_matches(_fold(product.name), [_fold(one.name) for one in entries], 1, 0.75)
    nearest = next((one for one in entries if near and _fold(one.name) == near[0]), None)
    return ProductMatch(product, stands, near=nearest, reason=f"{product.name} is not in FLEX's catalogue")


def product_key(lender: str, name: str) -> str:
    """Give the key under which a product's catalogue entry is remembered."""
    return f"{_fold(lender)}/{_fold(name)}"


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()
