"""`checklist`: list the fields of a card to enter in FLEX by hand, and tick them. Sends nothing."""

from __future__ import annotations

from dataclasses import dataclass

from core.flex.use_cases.checklist import ChecklistItem, find_item
from tui.cards.pages import list_page
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say
from tui.wiring import Desk, open_desk, settings_of
from tui.wiring.files import path_of, write_private
from tui.words.by_hand import by_hand_form, by_hand_lines


@dataclass(frozen=True, kw_only=True)
class ChecklistOptions(CommandOptions):
    """The options of `checklist`."""

    card: str
    tick: list[str]
    """The fields to tick, by name or by place."""
    untick: list[str]
    """The fields to take the tick from."""
    html: str | None
    """The file to which the list is written as a page."""


async def checklist(options: ChecklistOptions) -> int:
    """List the fields to key by hand in FLEX. Tick the named fields first, or take their ticks away."""
    changes = bool(options.tick or options.untick)
    async with open_desk(settings_of(options.home, options.profile), write=changes) as desk:
        items = await _items(desk, options.card)
        ticks = [(find_item(options.card, items, name), True) for name in options.tick]
        ticks += [(find_item(options.card, items, name), False) for name in options.untick]
        for item, ticked in ticks:
            await desk.flex.tick(options.card, item, ticked=ticked)
        if ticks:
            items = await _items(desk, options.card)
        if options.html is not None:
            pasted = await desk.paste.checklist(await desk.flex.preview(options.card))
            write_private(path_of(options.html), list_page(pasted))
    if options.json:
        emit_json({"card": options.card, "rows": [by_hand_form(item) for item in items]})
    else:
        say(*by_hand_lines(items))
        if not items:
            say("Everything this card holds has a home in FLEX.")
        if options.html is not None:
            say(f"Written to {options.html}.")
    return 0


async def _items(desk: Desk, card_id: str) -> list[ChecklistItem]:
    return await desk.flex.checklist(await desk.flex.preview(card_id))
