"""The list of cards: a line of it, and its columns. Knows no use case, because the first frame shows the list."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from tui.under_cursor import CopyableText
from tui.widgets.line_view import Tone
from tui.widgets.row_list import ListColumn, Listing

if TYPE_CHECKING:
    from core.flex.board import BoardCard
    from core.flex.model import RejectedRecord

CHANGED: Final = "changed since push"
"""How a card that changed since its push is named in the list and in its filter."""


class CardRow(Struct, frozen=True, gc=False):
    """One line of the list: a card, or a record that was set aside (then `card` is None)."""

    id: str
    title: str
    stage: str
    owner: str
    state: str
    sign: str
    tone: Tone
    card: BoardCard | None = None
    trouble: str = ""
    set_aside: RejectedRecord | None = None
    changed: int = 0
    """How many fields changed since the push, as far as the card was read."""

    def is_of(self, card: BoardCard, trouble: str, changed: int) -> bool:
        """Return True if the row shows just this."""
        shown = self.card
        return (
            shown is not None
            and shown.summary is card.summary
            and (shown.state, shown.flex_id) == (card.state, card.flex_id)
            and (self.trouble, self.changed) == (trouble, changed)
        )

    @property
    def haystack(self) -> str:
        """The text in which the filter looks for words."""
        people = self.card.summary.people if self.card else ()
        flex_id = (self.card.flex_id or "") if self.card else ""
        changed = CHANGED if self.changed else ""
        return " ".join((self.id, self.title, self.stage, self.owner, self.state, flex_id, changed, *people))


def _copied(row: CardRow) -> CopyableText:
    """Return what is copied from a card: its FLEX ID, or its own id while it has none."""
    text = (row.card.flex_id if row.card is not None else None) or row.id
    return CopyableText(text, text)


LISTING: Final[Listing[CardRow]] = Listing(
    columns=(
        ListColumn("sign", lambda row: row.sign, width=1, style=lambda row: row.tone, gap=1),
        ListColumn("card", lambda row: row.id, "Card", width=7, style="muted", lit="primary", gap=1),
        ListColumn("title", lambda row: row.title, "Name", share=3, minimum=14, lit="strong"),
        ListColumn(
            "stage",
            lambda row: row.trouble or row.stage,
            "Stage",
            share=2,
            minimum=12,
            style=lambda row: "bad" if row.trouble else "muted",
            drop=1,
        ),
        ListColumn("owner", lambda row: row.owner, "Owner", width=9, style="muted", drop=2),
    ),
    key=attrgetter("id"),
    haystack=lambda row: row.haystack,
    empty="Loading the cards …",
    no_match="No card matches. Escape shows all.",
    noun="card",
    copied=_copied,
)
