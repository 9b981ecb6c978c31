"""The rooms of the app: the class of each, which of them are open, and going to a place in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.room import ROOMS
from tui.widgets.row_list import RowList

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.contacts.model import Verdict
    from core.contacts.review.queue import Cost
    from core.overview.model import CardsKnown
    from tui.app import DeskApp
    from tui.reconciliation.rows import Place
    from tui.room import Room


def room_class(room: str) -> type[Room]:
    """Import a room and return its class. A room that is not shown is never imported."""
    match room:
        case "overview":
            from tui.overview.screen import OverviewScreen

            return OverviewScreen
        case "cards":
            from tui.cards.screen import CardsScreen

            return CardsScreen
        case "contacts":
            from tui.contacts.screen import ContactsScreen

            return ContactsScreen
        case "milestones":
            from tui.milestones.screen import MilestonesScreen

            return MilestonesScreen
        case "activity":
            from tui.activity.screen import ActivityScreen

            return ActivityScreen
        case _:
            raise ValueError(f"there is no room {room!r}")


class Rooms:
    """The rooms that were opened. Iterating yields each of them, in the order in which they were opened."""

    def __init__(self, app: DeskApp) -> None:
        self._app = app
        self._open: dict[str, Room] = {}

    def __iter__(self) -> Iterator[Room]:
        return iter(tuple(self._open.values()))

    def named(self, name: str) -> Room | None:
        """Return a room; None if it was not opened yet."""
        return self._open.get(name)

    @property
    def mounted(self) -> tuple[Room, ...]:
        """The rooms whose widgets exist."""
        return tuple(room for room in self if room.is_mounted)

    def make(self, name: str) -> Room:
        """Make a room that is shown for the first time."""
        room = room_class(name)()
        room.begin(self._app)
        self._app.call_after_refresh(self._introduce, name, room)
        return room

    def _introduce(self, name: str, room: Room) -> None:
        """Tell a new room what the other rooms already know. It hears everything later together with them."""
        app = self._app
        self._open[name] = room
        for rows in room.query(RowList):
            rows.show_columns(app.choices.now.columns.get(rows.id or "", ()))
        app.header.show()
        if app.desk is not None:
            room.desk_opened(app.desk)
        elif app.trouble is not None:
            room.desk_failed(app.trouble)

    # -- going somewhere -------------------------------------------------------------------------------

    async def go_to(self, name: str, words: str | None = None) -> None:
        """Go to a room, unless a dialog is open. With `words`, show in its list what holds them ("" for everything)."""
        if name in ROOMS and not self._app.screen.is_modal:
            await self._app.switch_mode(name)
        if words is not None and (room := self.named(name)) is not None:
            room.show_only(words)

    async def go_to_place(self, place: Place | None) -> None:
        """Go to a place that the reconciliation named; None for nowhere."""
        if place is None:
            return
        if place.receipt_of:
            await self._show_receipt(place.receipt_of)
        elif place.look_for:
            await self._app.lists.look_for(place.room, place.look_for)
        else:
            await self._app.switch_mode(place.room)

    async def _show_receipt(self, push_id: str) -> None:
        from tui.activity.receipt_dialog import read_receipt

        dialog = await read_receipt(self._app, self._app.desk, push_id)
        if dialog is not None:
            await self._app.push_screen(dialog)

    # -- what the overview asks ------------------------------------------------------------------------

    def known_cards(self) -> CardsKnown | None:
        """Return what the rooms have read of the cards; None if none of them has read any."""
        return next(filter(None, (room.known_cards() for room in self)), None)

    def known_match(self) -> tuple[float, Mapping[Verdict, int], Mapping[Cost, int]] | None:
        """Return the match that a room shows, as `Room.known_match` does; None if no room shows one."""
        return next(filter(None, (room.known_match() for room in self)), None)
