"""What a person says about a value or a product of a card: which word of FLEX it is. Kept for all cards."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from core.errors import DeskError
from core.flex.field_map.map_value import value_to_map
from tui.text import notify, notify_error
from tui.widgets.chooser import Chooser, Offer
from tui.wiring import field_maps

if TYPE_CHECKING:
    from core.flex.field_map.fates import Field
    from core.flex.plans.products import ProductMatch
    from tui.app import DeskApp


async def map_value(app: DeskApp, field: Field | None) -> None:
    """Ask what FLEX gets for the value of a field, and write the answer into the operator's own map."""
    desk = app.desk
    if desk is None:
        return
    open_value = value_to_map(desk.flex.field_map, field) if field is not None else None
    if open_value is None:
        hint = "Go to a refused value of a list, or to a guess (~), in the Fields tab first."
        notify(app, hint, severity="warning")
        return
    offers = [Offer(word, word) for word in open_value.words]
    chosen = await app.push_screen_wait(Chooser(f"“{open_value.value}” in FLEX", offers))
    if chosen is None or chosen.value is None:
        return
    try:
        maps = await asyncio.to_thread(
            field_maps.map_value, app.settings, open_value.table, open_value.value, chosen.value
        )
    except DeskError as error:
        notify_error(app, error)
        return
    app.use_map(maps.in_use)
    notify(app, f"“{open_value.value}” goes to FLEX as “{chosen.value}”, by {maps.file}.")


async def same_product(app: DeskApp, match: ProductMatch | None) -> bool:
    """Remember that the near miss is the product of a card, or forget that decision. Return False if there is none."""
    if app.desk is None:
        return False
    if match is None or not (match.near or match.by_hand):
        notify(app, "Go to a product with a near miss in the Products tab first.", severity="warning")
        return False
    try:
        await app.desk.flex.same_product(match)
    except DeskError as error:
        notify_error(app, error)
    return True
