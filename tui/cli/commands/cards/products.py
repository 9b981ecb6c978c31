"""`products`: a card's products and their entries in FLEX's catalogue; takes a near miss. Sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.errors import DeskError
from core.flex.model import CatalogueProduct
from core.flex.plans.products import ProductMatch
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say, say_table
from tui.wiring import open_desk, settings_of


@dataclass(frozen=True, kw_only=True)
class ProductsOptions(CommandOptions):
    """The options of `products`."""

    card: str
    take: str | None
    """The id of the product with the near miss that is taken, or the FLEX ID of the near miss."""
    take_back: str | None
    """The id of the product for which a taken near miss is given up."""


async def products(options: ProductsOptions) -> int:
    """List the products of a card with their entries in FLEX's catalogue. Take a near miss first, or take one back."""
    changes = options.take is not None or options.take_back is not None
    async with open_desk(settings_of(options.home, options.profile), write=changes) as desk:
        matches = (await desk.flex.preview(options.card)).products
        if options.take is not None:
            await desk.flex.take_product(_named(options.card, matches, options.take))
        if options.take_back is not None:
            await desk.flex.give_product_back(_named(options.card, matches, options.take_back))
        if changes:
            matches = (await desk.flex.preview(options.card)).products
    if options.json:
        emit_json({"card": options.card, "products": [_form(match) for match in matches]})
    else:
        _show(matches)
    return 0


def _named(card_id: str, matches: tuple[ProductMatch, ...], name: str) -> ProductMatch:
    """Return the product that `name` names. Raises `DeskError` (unknown-product)."""
    for match in matches:
        if name == match.product.id or (match.near is not None and name == match.near.flex_id):
            return match
    listed = ", ".join(match.product.id for match in matches) or "none"
    raise DeskError(
        "unknown-product", f"{card_id} has no product {name}. Its products: {listed}.", card=card_id
    )


def _form(match: ProductMatch) -> dict[str, Any]:
    """Write a product. `entry` is its entry in FLEX's catalogue, `near` the near miss that can be taken."""
    return {
        "id": match.product.id,
        "lender": match.product.lender,
        "name": match.product.name,
        "standing": match.standing,
        "linked": match.linked,
        "entry": _entry_form(match.entry),
        "near": _entry_form(match.near),
        "by_hand": match.by_hand,
        "reason": match.reason,
    }


def _entry_form(entry: CatalogueProduct | None) -> dict[str, str] | None:
    if entry is None:
        return None
    return {"flex_id": entry.flex_id, "lender": entry.lender, "name": entry.name}


def _show(matches: tuple[ProductMatch, ...]) -> None:
    say_table(
        (
            match.product.id,
            match.standing,
            f"{match.product.lender} {match.product.name}",
            match.entry.flex_id if match.entry else "",
            _remark(match),
        )
        for match in matches
    )
    if not matches:
        say("This card has no products.")


def _remark(match: ProductMatch) -> str:
    if match.near is not None:
        return f"{match.reason}; near miss: {match.near.name} ({match.near.flex_id}), add --take {match.product.id}"
    return match.reason or ("taken by hand" if match.by_hand else "")
