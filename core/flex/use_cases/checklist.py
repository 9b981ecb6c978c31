"""What a person enters into FLEX by hand, with ticks that last.

The checklist has the fields that no push carries: those without a home in FLEX, and refused ones. Paste mode has every
field of the card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from core.compare.keys import text_key
from core.errors import DecidedMeanwhile, DeskError
from core.flex.field_map.fates import ARRIVES, Field
from core.flex.plans.by_hand import EntryRow, Screen, rows_to_enter
from core.flex.plans.preview import Preview
from core.flex.records import Tick
from core.flex.use_cases.changed_since_push import (
    ChangedSincePush,
    places,
    sent_by_pushes,
    ticks_of,
)
from core.push.plan import Asset
from core.push.ports import Book
from core.push.team.decided import decided_meanwhile
from core.receipts.arrival import Ticked
from core.receipts.model import ShownField


class ChecklistItem(Struct, frozen=True):
    """A row to enter by hand. `ticked` is about the value now; `changed` says that FLEX has an older value.

    The older value was ticked, or a push sent it. `sent` says that a push sent the value as it is now. `new` says that
    the field was empty when a push sent what it belongs to. `ticks` are those of the row's fields in the book.
    """

    row: EntryRow
    ticked: bool
    changed: bool
    new: bool
    sent: bool = False
    ticks: tuple[Tick, ...] = ()

    @property
    def by(self) -> str:
        """Who ticked the row last; "" if nobody did."""
        return self.ticks[-1].by if self.ticks else ""

    @property
    def at(self) -> float | None:
        """When the row was ticked last, in seconds since 1970, UTC; None if nobody did."""
        return self.ticks[-1].at if self.ticks else None

    @property
    def place(self) -> str:
        """The place on the card of the row's first field, which names the item."""
        return self.row.place

    @property
    def field(self) -> Field:
        """The row's first field."""
        return self.row.field

    @property
    def screen(self) -> Screen:
        """The screen of FLEX on which the row is entered."""
        return self.row.screen

    @property
    def text(self) -> str:
        """What is entered; "" for a value that FLEX refuses."""
        return self.row.text

    @property
    def open(self) -> bool:
        """True while FLEX does not have the value as it is now."""
        return not self.ticked and not self.sent


async def checklist(book: Book, preview: Preview, since: ChangedSincePush | None) -> list[ChecklistItem]:
    """Return the rows that no push carries, in the order of FLEX's screens, with their ticks. Raises `BookClosed`."""
    return [item for item in await all_to_enter(book, preview, since) if item.field.fate not in ARRIVES]


async def all_to_enter(book: Book, preview: Preview, since: ChangedSincePush | None) -> list[ChecklistItem]:
    """Return every row of a card or a note, in the order of FLEX's screens, with their ticks. Raises `BookClosed`."""
    ticks = await ticks_of(book, preview.plan.about)
    in_flex = preview.asset is Asset.CARD and preview.flex_id is not None
    sent = await sent_by_pushes(book, preview) if in_flex else frozenset[str]()
    named = list(zip(places(preview.fields), preview.fields, strict=True))
    return [_item(book, row, ticks, since, sent) for row in rows_to_enter(named)]


async def with_ticks(book: Book, preview: Preview) -> Preview:
    """Return a preview that knows which of its values were entered by hand. Raises `BookClosed`."""
    ticks = await ticks_of(book, preview.plan.about)
    if not ticks:
        return preview
    named = zip(places(preview.fields), preview.fields, strict=True)
    ticked = (n for n, (place, field) in enumerate(named) if _is_ticked(book, place, field, ticks))
    return replace(preview, ticked=frozenset(ticked))


def _is_ticked(book: Book, place: str, field: Field, ticks: Mapping[str, Tick]) -> bool:
    """Return True if a field was ticked with the value that it has now."""
    return place in ticks and ticks[place].value == book.keyed_hash(place, field.source_value)


def _item(
    book: Book,
    row: EntryRow,
    ticks: Mapping[str, Tick],
    since: ChangedSincePush | None,
    sent: frozenset[str],
) -> ChecklistItem:
    of_row = _of_row(row, ticks)
    ticked = all(_is_ticked(book, place, field, ticks) for place, field in row.parts)
    own = {place for place, _ in row.parts}
    other = since is not None and not own.isdisjoint(since.changed)
    arrives = row.field.fate in ARRIVES
    return ChecklistItem(
        row=row,
        ticked=ticked,
        changed=not ticked and (bool(of_row) or (arrives and other)),
        new=since is not None and not own.isdisjoint(since.new),
        sent=arrives and own <= sent,
        ticks=of_row,
    )


def _of_row(row: EntryRow, ticks: Mapping[str, Tick]) -> tuple[Tick, ...]:
    """Return the ticks of a row, the latest last."""
    return tuple(sorted((ticks[place] for place, _ in row.parts if place in ticks), key=lambda tick: tick.at))


# -- walking through them ------------------------------------------------------------------------------


def next_open(items: Sequence[ChecklistItem], after: str) -> ChecklistItem | None:
    """Return the first open row behind the row with the place `after`; None if there is none."""
    at = next((n for n, item in enumerate(items) if item.place == after), -1)
    return next((item for item in items[at + 1 :] if item.open), None)


def where_to_go_on(items: Sequence[ChecklistItem]) -> ChecklistItem | None:
    """Return the row to begin with: the first open row behind the row that was ticked last, else the first open row."""
    ticked = [(item.at or 0.0, n) for n, item in enumerate(items) if item.ticked]
    last = items[max(ticked)[1]].place if ticked else ""
    return next_open(items, last) or next_open(items, "")


class ChecklistTicks:
    """The ticks on the checklists of a book, for the receipts."""

    def __init__(self, book: Book) -> None:
        self._book = book

    async def ticked(self, card: str, fields: Sequence[ShownField]) -> Mapping[str, Ticked]:
        """Return the ticks that are about these values of a card, by the place of the field. Raises `BookClosed`."""
        ticks = await ticks_of(self._book, card)
        return {
            field.place: Ticked(tick.by, tick.at)
            for field in fields
            if (tick := ticks.get(field.place)) is not None
            and tick.value == self._book.keyed_hash(field.place, field.source_value)
        }


def _flex_names(field: Field) -> set[str]:
    """Return the names of a field in FLEX, to compare with: with its object, and without."""
    return {text_key(field.target), text_key(field.target.partition(".")[2])} - {""}


def find_item(card: str, items: Sequence[ChecklistItem], name: str) -> ChecklistItem:
    """Return the item that `name` names: the place of one of its fields, BrokerEngine's name of one, or FLEX's.

    FLEX's name may be given without the object, as lists show it: `FirstName` for `Applicant.FirstName`.
    Raises `DeskError`: unknown-field, or which-field if several items have the name.
    """
    wanted = text_key(name)
    at_place = [item for item in items if any(text_key(place) == wanted for place, _ in item.row.parts)]
    named = (
        at_place
        or [item for item in items if any(text_key(field.source) == wanted for _, field in item.row.parts)]
        or [item for item in items if any(wanted in _flex_names(field) for _, field in item.row.parts)]
    )
    if not named:
        listed = ", ".join(dict.fromkeys(item.field.source for item in items)) or "nothing"
        raise DeskError(
            "unknown-field",
            f"“{name}” is not among the fields to enter by hand of {card}: {listed}.",
            card=card,
        )
    if len(named) > 1:
        places = ", ".join(f"“{item.place}”" for item in named)
        raise DeskError("which-field", f"“{name}” names several fields: {places}.", values=places)
    return named[0]


async def set_tick(
    book: Book, card: str, item: ChecklistItem, *, ticked: bool, operator: str, now: float
) -> ChecklistItem:
    """Tick a row, or take its tick away, in one commit, and return the row as it is then.

    Raises `DecidedMeanwhile` with nothing written if somebody else has done so since `item` was read; `BookClosed`.
    """
    ticks = tuple(
        Tick(card, place, book.keyed_hash(place, field.source_value), operator, now)
        for place, field in item.row.parts
    )

    async def look() -> None:
        held = _of_row(item.row, await ticks_of(book, card))
        if held == item.ticks:
            return
        name = item.field.source
        if held:
            raise decided_meanwhile(held[-1].by, f"ticked “{name}”", now - held[-1].at)
        said = f"Somebody has taken back the tick of “{name}”. Nothing of yours was saved."
        raise DecidedMeanwhile("decided-meanwhile", said)

    if ticked:
        await book.decide(look, *ticks)
    else:
        await book.decide(look, drop=[(Tick, tick.key) for tick in ticks])
    return replace(item, ticked=ticked, changed=False, ticks=ticks if ticked else ())
