"""The words for what is entered into FLEX by hand, for the app and the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from core.flex.field_map.fates import ARRIVES, Fate, Field
from core.flex.plans.by_hand import CATALOGUE, Screen
from core.flex.plans.objections import short
from core.flex.use_cases.checklist import ChecklistItem
from core.flex.use_cases.paste import PasteList, PasteResult
from core.texts import how_many

OUR_ORDER = "The order of FLEX's screens is our assumption: FLEX does not publish it."


_MOST_NAMED: Final = 3
"""How many refused fields, or cards with refused fields, are named."""


def sign_of(item: ChecklistItem) -> str:
    """Return the sign of a row: entered, sent by a push, refused, or open."""
    if item.ticked:
        return "✓"
    if item.sent:
        return "●"
    return "✗" if item.field.fate is Fate.REFUSED else "○"


def field_of_flex(item: ChecklistItem) -> str:
    """Return the name of the field in FLEX without the object that has it.

    Where FLEX has no such field, it is BrokerEngine's name with its section: "Liabilities: Coolamon Bank". A product is
    chosen by its lender and name, so these keep their own names. A postal address is told from the home address by the
    object.
    """
    field = item.field
    kind, _, name = field.target.partition(".")
    if item.screen is Screen.ELSEWHERE:
        return f"{field.section}: {field.source}"
    if field.target == CATALOGUE or not name:
        return field.source
    return field.target if kind == "OtherAddress" else name


def remark_of(item: ChecklistItem) -> str:
    """Return what a person should know about a row, in a few words; "" if there is nothing.

    That FLEX has no field for a value is not said again for each row: the heading of these rows says it.
    """
    if item.changed:
        return "changed: enter it again"
    if item.sent and not item.ticked:
        return "sent by a push"
    if item.new and not item.ticked:
        return "new since the push"
    if item.field.fate in ARRIVES or item.ticked:
        return ""
    if item.field.fate is Fate.NO_HOME and item.screen is Screen.ELSEWHERE:
        return ""
    return item.field.reason


def left_words(left: Sequence[Field], refused_on: Sequence[str] = (), noun: str = "field") -> str:
    """Return how many values a person still has to enter by hand: "20 fields to enter by hand"; "" for none.

    Those that FLEX refuses are counted too, and named if they are few. `left` is `Preview.by_hand` of a push, or of
    several. Of several, `refused_on` names the cards that have refused values.
    """
    refused = [field for field in left if field.fate is Fate.REFUSED]
    if not left:
        return ""
    words = f"{how_many(len(left), noun)} to enter by hand"
    if not refused:
        return words
    names = refused_on or list(dict.fromkeys(map(name_of, refused)))
    named = f" ({', '.join(map(short, names))})" if len(names) <= _MOST_NAMED else ""
    some = f"{len(refused):,} of them " if len(refused) < len(left) else ""
    return f"{words}, {some}refused{named}"


def name_of(field: Field) -> str:
    """Return BrokerEngine's name of a field, with the person or product: "Mobile of Linh Tran"."""
    about = "" if field.about in ("", field.source_value) else f" of {field.about}"
    return f"{field.source}{about}"


def by_hand_lines(items: Iterable[ChecklistItem]) -> list[str]:
    """Return rows as lines, with a heading for each screen and each person."""
    lines: list[str] = []
    under = None
    for item in items:
        heading = f"{item.screen.upper()}  {item.field.about}".rstrip()
        if heading != under:
            lines.append(heading)
            under = heading
        value = " ".join((item.text or item.field.source_value).split())
        lines.append(
            f"  {sign_of(item)} {field_of_flex(item):28.28}  {value:30.30}  {remark_of(item)}".rstrip()
        )
    return lines


def progress(pasted: PasteList) -> str:
    """Return how far a list is: `46 to enter`, then `12 of 46 entered`."""
    items = pasted.items
    entered = sum(not item.open for item in items)
    return f"{entered} of {len(items)} entered" if entered else f"{len(items)} to enter"


def result_lines(result: PasteResult) -> list[str]:
    """Return what the end of paste mode stores, a sentence each."""
    pasted = result.pasted
    what = "note" if pasted.of_a_note else "card"
    values = "value was" if result.entered == 1 else "values were"
    lines = [f"The receipt says that {result.entered} {values} entered by hand, of {len(pasted.items)}."]
    if result.link is not None:
        lines.insert(0, f"Links {pasted.card_id} to {result.link.flex_id}.")
    if pasted.of_a_note:
        lines.append(f"The {what} counts as entered: it is not offered as new any more.")
    return [*lines, "Nothing is sent to FLEX."]


def done_words(result: PasteResult) -> str:
    """Return what was stored, in a sentence."""
    if result.link is not None:
        return f"{result.pasted.card_id} is linked to {result.link.flex_id}, entered by hand."
    what = "The note" if result.pasted.of_a_note else result.pasted.card_id
    return f"{what} is kept as entered by hand."


def by_hand_form(item: ChecklistItem) -> dict[str, Any]:
    """Write a row to enter by hand. `value` is what is entered, `place` names the row for `--tick`."""
    field = item.field
    return {
        "section": field.section,
        "source": field.source,
        "local_id": field.local_id,
        "target": field.target,
        "value": item.text or field.source_value,
        "fate": field.fate,
        "reason": field.reason,
        "ticked": item.ticked,
        "place": item.place,
        "about": field.about,
        "changed": item.changed,
        "new": item.new,
        "by": item.by or None,
        "at": item.at,
        "screen": item.screen,
        "sent": item.sent,
        "places": [place for place, _ in item.row.parts],
    }
