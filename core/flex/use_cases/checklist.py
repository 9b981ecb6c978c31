"""The checklist to key by hand: what has no home in FLEX or was refused, with ticks that last."""

from __future__ import annotations

from msgspec import Struct

from core.flex.field_map.fates import Fate, Field
from core.flex.plans.preview import Preview
from core.flex.records import Tick
from core.flex.use_cases.changed_since_push import ChangedSincePush, places
from core.push.ports import Book


class ChecklistItem(Struct, frozen=True):
    """A field to key by hand. `ticked` holds for the value it has now; `changed` says it had another when ticked."""

    place: str
    field: Field
    ticked: bool
    changed: bool
    new: bool
    by: str = ""
    at: float | None = None


async def checklist(book: Book, preview: Preview, since: ChangedSincePush | None) -> list[ChecklistItem]:
    """List what is to be keyed by hand, with its ticks. Raises `BookClosed`."""
    items: list[ChecklistItem] = []
    for place, field in zip(places(preview.fields), preview.fields, strict=True):
        if field.fate not in (Fate.NO_HOME, Fate.REFUSED):
            continue
        tick = await book.get(Tick, f"{preview.subject}:{place}")
        holds = tick is not None and tick.value == book.keyed_hash(place, field.source_value)
        items.append(
            ChecklistItem(
                place=place,
                field=field,
                ticked=holds,
                changed=tick is not None and not holds,
                new=since is not None and place in since.new,
                by=tick.by if tick else "",
                at=tick.at if tick else None,
            )
        )
    return items


async def set_tick(
    book: Book, card: str, item: ChecklistItem, *, ticked: bool, operator: str, now: float
) -> None:
    """Tick an item, or take its tick away. Raises `BookClosed`."""
    tick = Tick(card, item.place, book.keyed_hash(item.place, item.field.source_value), operator, now)
    if ticked:
        await book.commit(tick)
    else:
        await book.commit(drop=[(Tick, tick.key)])
