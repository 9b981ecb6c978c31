"""Why an action of the Cards room can't be done now, in sentences. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from core.flex.plans.preview import Preview
    from tui.cards.listing import CardRow

NOT_STARTED: Final = "brokerdesk is still starting. Press the key again when the cards are there."
_WITHOUT_DESK: Final = frozenset({"filter", "back", "next_tab", "previous_tab", "show_map", "import_file"})
"""Actions that work before the desk is open, and if it can't be opened."""
_OF_A_LINKED_CARD: Final = frozenset({"unlink", "update_people"})
"""Actions that need a card which is in FLEX."""
_OF_A_CARD: Final = _OF_A_LINKED_CARD | {
    "push",
    "link",
    "fact_find",
    "note",
    "by_hand",
    "paste",
    "same_product",
    "save_preview",
}
"""Actions that need a card under the cursor."""
_OF_THE_BOARD: Final = _OF_A_CARD | {"choose_owner", "choose_stage", "choose_state", "map_value"}
"""Actions that need the cards."""


class RoomNow(NamedTuple):
    """What the room shows: the row under the cursor, its preview if one was read, how many rows are marked.

    `is_waiting` is True while there are no rows yet, `has_failed` if they could not be read.
    """

    row: CardRow | None
    preview: Preview | None
    marked: int
    is_waiting: bool
    has_failed: bool


def needs_desk(action: str) -> bool:
    """Return True if an action has to wait until the desk is open."""
    return action.removeprefix("screen.") not in _WITHOUT_DESK


def why_not(action: str, room: RoomNow) -> str:
    """Return why an action can't be done now, with the card under the cursor or with the marked ones; "" if it can."""
    if room.is_waiting and action in _OF_THE_BOARD:
        if room.has_failed:
            return "The cards could not be read: r reads them again."
        return "The cards are still being read. Press the key again when they are there."
    if action not in _OF_A_CARD or (action == "push" and room.marked):
        return ""
    if room.row is None:
        return "There is no card under the cursor."
    return _why_not_with(room.row, action, room.preview)


def _why_not_with(row: CardRow, action: str, preview: Preview | None) -> str:
    if row.card is None:
        return f"{row.id} was set aside: correct it in BrokerEngine, then read the cards again (r)."
    flex_id = row.card.flex_id
    if action in _OF_A_LINKED_CARD and flex_id is None:
        return f"{row.id} is not in FLEX yet: push it (p), or link its FLEX ID (l)."
    if action == "fact_find" and preview is not None and preview.fact_find_id is None:
        return f"{row.id} has no Fact Find."
    if action == "link" and flex_id is not None:
        return f"{row.id} is linked to {flex_id} already: unlink it first (X)."
    return ""
