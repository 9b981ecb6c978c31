"""What the app's screens keep until the next start: theme, columns, saved views, cards still to push. One file."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from core.decoding.typed_json import decode_json

NAME: Final = "screen.json"


class SavedView(Struct, frozen=True, omit_defaults=True):
    """A list as a person saved it under a name: the words of the filter, what was chosen, and the sorting.

    `choices` has a value for each chosen part of the room, such as {"stage": "Lead"}. `sort` is a column, "" for none.
    """

    profile: str
    of_list: str
    name: str
    words: str = ""
    choices: dict[str, str] = {}
    sort: str = ""
    descending: bool = False


class ScreenChoices(Struct, frozen=True, omit_defaults=True):
    """All choices. `theme_over` is the theme that the profile named when `theme` was chosen in its place.

    `columns` has the columns of each list by the list's id. `to_push` has, by profile, the ids of the cards
    that bulk pushes have still to begin, each with when its bulk push was confirmed, in seconds since 1970. A card that
    has begun may still be there: the book says which have.
    """

    theme: str = ""
    theme_over: str = ""
    columns: dict[str, tuple[str, ...]] = {}
    views: tuple[SavedView, ...] = ()
    to_push: dict[str, dict[str, float]] = {}

    def theme_for(self, named: str) -> str:
        """Return the theme that was chosen, "" if none was. A profile that names another theme by now counts more."""
        return self.theme if self.theme_over == named else ""

    def views_of(self, profile: str, of_list: str) -> tuple[SavedView, ...]:
        """Return the views of a list in a profile, in the order of their names."""
        views = (view for view in self.views if (view.profile, view.of_list) == (profile, of_list))
        return tuple(sorted(views, key=lambda view: view.name.casefold()))

    def with_view(self, view: SavedView) -> ScreenChoices:
        """Return the choices with a view, in the place of another one of its name."""
        others = self.without_view(view).views
        return msgspec.structs.replace(self, views=(*others, view))

    def with_to_push(self, profile: str, card_ids: Collection[str], confirmed: float) -> ScreenChoices:
        """Return the choices with the cards that a bulk push of a profile has still to begin; none take it off.

        The cards of bulk pushes that were confirmed at another time stay.
        """
        held = self.to_push.get(profile, {})
        cards = {card_id: at for card_id, at in held.items() if at != confirmed}
        cards.update(dict.fromkeys(card_ids, confirmed))
        return self._with_cards(profile, cards)

    def without_to_push(self, profile: str) -> ScreenChoices:
        """Return the choices without the cards that bulk pushes of a profile have still to begin."""
        return self._with_cards(profile, {})

    def _with_cards(self, profile: str, cards: dict[str, float]) -> ScreenChoices:
        others = {name: held for name, held in self.to_push.items() if name != profile}
        return msgspec.structs.replace(self, to_push={**others, profile: cards} if cards else others)

    def without_view(self, view: SavedView) -> ScreenChoices:
        """Return the choices without a view."""
        name = (view.profile, view.of_list, view.name)
        others = tuple(other for other in self.views if (other.profile, other.of_list, other.name) != name)
        return msgspec.structs.replace(self, views=others)


class ScreenChoicesFile:
    """The choices in a home."""

    def __init__(self, home: Path) -> None:
        self._path = home / NAME

    def read(self) -> ScreenChoices:
        """Return the choices. A file that is not there, or can't be read, holds none."""
        try:
            return decode_json(self._path.read_bytes(), ScreenChoices)
        except (OSError, ValueError):
            return ScreenChoices()

    def change(self, change: Callable[[ScreenChoices], ScreenChoices]) -> ScreenChoices:
        """Change the choices that the file holds now, and return them. Raises `OSError`."""
        from data.private_files import replaced_file  # noqa: PLC0415 - the first frame only reads

        changed = change(self.read())
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replaced_file(self._path) as file:
            file.write(msgspec.json.format(msgspec.json.encode(changed)))
        return changed
