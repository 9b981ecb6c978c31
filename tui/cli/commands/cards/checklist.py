"""`checklist`: the fields of a card to key by hand in FLEX, with ticks that last. Sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.flex.use_cases.checklist import ChecklistItem, find_item
from tui.cells import fit
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say
from tui.wiring import Desk, open_desk, settings_of


@dataclass(frozen=True, kw_only=True)
class ChecklistOptions(CommandOptions):
    """The options of `checklist`."""

    card: str
    tick: list[str]
    """The fields to tick, by name or by place."""
    untick: list[str]
    """The fields to take the tick from."""


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
    if options.json:
        emit_json({"card": options.card, "rows": [_row_form(item) for item in items]})
    else:
        _show(items)
    return 0


async def _items(desk: Desk, card_id: str) -> list[ChecklistItem]:
    return await desk.flex.checklist(await desk.flex.preview(card_id))


def _row_form(item: ChecklistItem) -> dict[str, Any]:
    """Write a field to key by hand. `value` is what is keyed in, `place` names the field for `--tick`."""
    field = item.field
    return {
        "section": field.section,
        "source": field.source,
        "local_id": field.local_id,
        "target": field.target,
        "value": field.source_value,
        "fate": field.fate,
        "reason": field.reason,
        "ticked": item.ticked,
        "place": item.place,
        "about": field.about,
        "changed": item.changed,
        "new": item.new,
        "by": item.by or None,
        "at": item.at,
    }


def _show(items: list[ChecklistItem]) -> None:
    section = None
    for item in items:
        field = item.field
        if (field.section, field.about) != section:
            section = (field.section, field.about)
            say(f"{field.section.upper()}  {field.about}".rstrip())
        remark = "changed since it was ticked" if item.changed else "new since the push" if item.new else ""
        sign = "✓" if item.ticked else "○"
        say(
            f"  {sign} {fit(field.source, 38)}  {fit(field.source_value, 30)}  {remark or field.reason}".rstrip()
        )
    if not items:
        say("Everything this card holds has a home in FLEX.")
