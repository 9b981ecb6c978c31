"""What those who carry out a person's wishes in the Cards room need from the room. Knows no widget."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from core.flex.plans.preview import Preview
    from tui.app import DeskApp
    from tui.cards.listing import CardRow


class CardRoom(Protocol):
    """What the controller needs from the Cards room: the card under the cursor, and what was read about a card."""

    @property
    def desk_app(self) -> DeskApp:
        """The app that the room belongs to."""
        ...

    @property
    def card_row(self) -> CardRow | None:
        """The row under the cursor."""
        ...

    @property
    def marks(self) -> tuple[CardRow, ...]:
        """The rows of the marked cards, in the list's order."""
        ...

    @property
    def marks_remark(self) -> str:
        """A sentence about marked cards that are not shown; "" if all marked cards are shown."""
        ...

    def mark(self, card_ids: Sequence[str]) -> None:
        """Mark these cards and no others."""
        ...

    def shown_preview(self, card_id: str) -> Preview | None:
        """Return the preview of a card as it was last shown."""
        ...

    def show_preview(self, preview: Preview) -> None:
        """Show a preview that was read for a dialog."""
        ...

    def read_again(self, card_id: str) -> None:
        """Forget what was read about a card, because the card has changed."""
        ...

    def read_all_again(self) -> None:
        """Read the board again, because many cards have changed."""
        ...

    def shows_wait(self, said: str) -> AbstractContextManager[None]:
        """Return what says in the room, while something is waited for, what that is: once it takes over a moment."""
        ...

    def start(self, work: Awaitable[None], group: str) -> None:
        """Run work of the room; work of the same group that still runs is cancelled."""
        ...
