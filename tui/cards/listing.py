"""The list of cards: its rows, columns and groups. It knows no use case, so that the first frame loads none."""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from tui.under_cursor import CopyableText
from tui.widgets.line_view import Heading, Tone
from tui.widgets.row_list import ListColumn, Listing

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from core.flex.board import BoardCard
    from core.flex.model import RejectedRecord

CHANGED: Final = "changed since push"
"""How a card that changed since its push is named in the list and in its filter."""
HEADINGS: Final = {
    "needs-you": Heading("Needs you"),
    "cannot-be-pushed": Heading("Can't be pushed"),
    "on-its-way": Heading("On its way"),
    "paused": Heading("Waiting"),
    "ready": Heading("Ready", "· = not checked"),
    "in-flex": Heading("In FLEX"),
}
"""The headings of the groups, in their order, by the name of the group (`core.flex.board.CardGroup`)."""
GROUP_OF: Final = {heading: name for name, heading in HEADINGS.items()}
"""The name of the group under a heading."""


class CardRow(Struct, frozen=True, gc=False):
    """One line of the list: a card, or a record that was set aside (then `card` is None).

    `stage` is as the column shows it. `trouble` says in few words why the card can't be pushed.
    """

    id: str
    title: str
    stage: str
    owner: str
    state: str
    sign: str
    tone: Tone
    heading: Heading
    card: BoardCard | None = None
    trouble: str = ""
    set_aside: RejectedRecord | None = None
    changed: int = 0
    """How many fields changed since the push, as far as the card was read."""

    def is_of(self, card: BoardCard, state: str, trouble: str, changed: int) -> bool:
        """Return True if the row shows just this."""
        shown = self.card
        return (
            shown is not None
            and shown.summary is card.summary
            and (shown.state, shown.flex_id) == (card.state, card.flex_id)
            and (self.state, self.trouble, self.changed) == (state, trouble, changed)
        )

    @property
    def amount(self) -> str:
        """The loan amount as the column shows it."""
        from tui.cards.groups import short_amount  # noqa: PLC0415 - not on the first frame

        return short_amount(self.loan_amount)

    @property
    def loan_amount(self) -> Decimal | None:
        """The loan amount in dollars, by which the column is sorted."""
        return self.card.summary.amount if self.card else None

    @property
    def haystack(self) -> str:
        """The text in which the filter looks for words."""
        of_card: tuple[str, ...] = ()
        if self.card is not None:
            summary = self.card.summary
            amount = _searched_amount()(summary.amount)
            of_card = (summary.stage, self.card.flex_id or "", amount, *summary.people)
        changed = CHANGED if self.changed else ""
        return " ".join((self.id, self.title, self.owner, self.state, self.trouble, changed, *of_card))


@cache
def _searched_amount() -> Callable[[Decimal | None], str]:
    """Return `searched_amount`: imported once, because a board of 100,000 cards asks for each."""
    from tui.cards.groups import searched_amount  # noqa: PLC0415 - not on the first frame

    return searched_amount


def _copied(row: CardRow) -> CopyableText:
    """Return what is copied from a card: its FLEX ID, or its own id while it has none."""
    text = (row.card.flex_id if row.card is not None else None) or row.id
    return CopyableText(text, text)


LISTING: Final[Listing[CardRow]] = Listing(
    columns=(
        ListColumn("sign", lambda row: row.sign, width=1, style=lambda row: row.tone, gap=1),
        ListColumn("card", lambda row: row.id, "card", width=7, style="muted", lit="primary", gap=1),
        ListColumn("title", lambda row: row.title, "client", share=3, minimum=12, lit="strong"),
        ListColumn(
            "stage",
            lambda row: row.trouble or row.stage,
            "stage",
            share=2,
            minimum=12,
            most=17,
            style=lambda row: "bad" if row.trouble else "muted",
            drop=2,
        ),
        ListColumn(
            "amount",
            lambda row: row.amount,
            "amount",
            width=6,
            style="muted",
            align="right",
            sort=lambda row: -1 if row.loan_amount is None else row.loan_amount,
            drop=1,
        ),
        ListColumn("owner", lambda row: row.owner, "owner", width=9, style="muted", drop=3),
    ),
    key=attrgetter("id"),
    haystack=lambda row: row.haystack,
    section=attrgetter("heading"),
    sections=tuple(HEADINGS.values()),
    titled=True,
    foldable=True,
    empty="Loading the cards …",
    no_match="No card matches. Escape shows all.",
    noun="card",
    copied=_copied,
)
