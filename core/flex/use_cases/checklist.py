"""The checklist to key by hand: fields that have no home in FLEX or were refused, with ticks that last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from core.compare.keys import text_key
from core.errors import DeskError
from core.flex.field_map.fates import Fate, Field
from core.flex.plans.preview import Preview
from core.flex.records import Tick
from core.flex.use_cases.changed_since_push import ChangedSincePush, places
from core.push.ports import Book
from core.receipts.arrival import Ticked
from core.receipts.model import ShownField


class ChecklistItem(Struct, frozen=True):
    """A field to key by hand. `ticked` is about the value now; `changed` says that another value was ticked.

    `at` is the time of the tick, in seconds since 1970, UTC.
    """

    place: str
    field: Field
    ticked: bool
    changed: bool
    new: bool
    by: str = ""
    at: float | None = None


async def checklist(book: Book, preview: Preview, since: ChangedSincePush | None) -> list[ChecklistItem]:
    """Return the fields to key by hand, with their ticks. Raises `BookClosed`."""
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


class ChecklistTicks:
    """The ticks on the checklists of a book, for the receipts."""

    def __init__(self, book: Book) -> None:
        self._book = book

    async def ticked(self, card: str, fields: Sequence[ShownField]) -> Mapping[str, Ticked]:
        """Return the ticks that are about these values of a card, by the place of the field. Raises `BookClosed`."""
        ticks = {tick.place: tick for tick in await self._book.where(Tick, card=card)}
        return {
            field.place: Ticked(tick.by, tick.at)
            for field in fields
            if (tick := ticks.get(field.place)) is not None
            and tick.value == self._book.keyed_hash(field.place, field.source_value)
        }


def find_item(card: str, items: Sequence[ChecklistItem], name: str) -> ChecklistItem:
    """Return the item that `name` names: BrokerEngine's name of the field, or the item's place.

    Raises `DeskError`: unknown-field, or which-field if several items have the name.
    """
    wanted = text_key(name)
    at_place = [item for item in items if text_key(item.place) == wanted]
    named = at_place or [item for item in items if text_key(item.field.source) == wanted]
    if not named:
        listed = ", ".join(dict.fromkeys(item.field.source for item in items)) or "nothing"
        raise DeskError(
            "unknown-field",
            f"“{name}” is not among the fields to key by hand of {card}: {listed}.",
            card=card,
        )
    if len(named) > 1:
        places = ", ".join(f"“{item.place}”" for item in named)
        raise DeskError("which-field", f"“{name}” names several fields: {places}.", values=places)
    return named[0]


async def set_tick(
    book: Book, card: str, item: ChecklistItem, *, ticked: bool, operator: str, now: float
) -> None:
    """Tick an item, or take its tick away. Raises `BookClosed`."""
    tick = Tick(card, item.place, book.keyed_hash(item.place, item.field.source_value), operator, now)
    if ticked:
        await book.commit(tick)
    else:
        await book.commit(drop=[(Tick, tick.key)])
