"""The board as the list shows it: the operator's cards first, then the other cards and what was set aside. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

import msgspec

from core.flex.board import Board, CardState, counts_for_the_card
from core.flex.model import CardSummary, RejectedRecord
from core.push.records import Link, Push, StepRecord
from tui.cards.listing import CardRow
from tui.cards.wording import CARD_SIGN

ASIDE: Final = "set aside"
STATE_WORDS: Final = {
    CardState.LINKED: "linked",
    CardState.UNLINKED: "not linked",
    CardState.PUSHING: "on its way",
    CardState.NEEDS_YOU: "needs you",
}


class BoardModel:
    """Everything that the list shows. A row is made again whenever something about its card changes."""

    def __init__(self, board: Board, operator: str) -> None:
        self.board = board
        self._operator = operator
        self._items: dict[str, CardSummary | RejectedRecord] = {}
        self.changed: dict[str, int] = {}
        """By card id: how many fields changed since the push, of the cards that were read."""
        self.trouble: dict[str, str] = {}
        """By card id, in a few words: why a card that was read can't be pushed."""
        self.counts: Counter[str] = Counter()
        """How many cards are in each state, by the words of the state; `trouble` counts cards that can't be pushed."""
        self._standing: dict[str, str] = {}

    def add(self, page: list[CardSummary | RejectedRecord]) -> None:
        """Add a page of cards."""
        for item in page:
            self._items[item.id] = item
            self.renew(item.id)

    def renew(self, card_id: str) -> CardRow | None:
        """Return a card's row as it is now, and count the card in its present state."""
        row = self.row(card_id)
        if (before := self._standing.pop(card_id, None)) is not None:
            self.counts[before] -= 1
        if row is not None:
            self._standing[card_id] = "trouble" if row.trouble else row.state
            self.counts[self._standing[card_id]] += 1
        return row

    def set_flex_id(self, card_id: str, flex_id: str | None) -> None:
        """Store the FLEX ID that a card has now; None if the card is no longer linked."""
        item = self._items.get(card_id)
        if isinstance(item, CardSummary):
            self._items[card_id] = msgspec.structs.replace(item, flex_id=flex_id)
        if flex_id is None:
            self.board.links.pop(card_id, None)

    def note_push(self, push: Push) -> None:
        """Store the present state of a card's push."""
        if counts_for_the_card(push, self.board.latest.get(push.about)):
            self.board.latest[push.about] = push
        elif (
            self.board.latest.get(push.about) is not None
            and self.board.latest[push.about].push_id == push.push_id
        ):
            del self.board.latest[push.about]

    def note_link(self, card_id: str, step: StepRecord) -> None:
        """Store that the card's opportunity is in FLEX now."""
        made = Link(step.system, step.entity, card_id, step.remote_id or "", step.ref, 0.0)
        self.board.links[card_id] = made

    def __len__(self) -> int:
        return len(self._items)

    def row(self, card_id: str) -> CardRow | None:
        """Return a card's row, or None if there is no such card."""
        item = self._items.get(card_id)
        if item is None:
            return None
        if isinstance(item, RejectedRecord):
            trouble = f"{item.field}: {item.reason}"
            return CardRow(item.id, "", "", "", ASIDE, "✗", "bad", trouble=trouble, set_aside=item)
        card = self.board.place(item)
        sign, tone = CARD_SIGN[card.state]
        trouble = self.trouble.get(card_id, "") if card.state is CardState.UNLINKED else ""
        if trouble:
            sign, tone = "✗", "bad"
        changed = self.changed.get(card_id, 0) if card.state is CardState.LINKED else 0
        if changed:
            sign, tone = "≠", "warn"
        return CardRow(
            *(
                item.id,
                item.title,
                item.stage,
                item.owner,
                STATE_WORDS[card.state],
                sign,
                tone,
                card,
                trouble,
            ),
            changed=changed,
        )

    def linked(self) -> list[str]:
        """Return the ids of the cards that are in FLEX."""
        return [row.id for row in self.rows() if row.card is not None and row.card.flex_id]

    def rows(self) -> list[CardRow]:
        """Return every row: the operator's cards first, then by card id."""
        made = [row for card_id in self._items if (row := self.row(card_id))]
        return sorted(made, key=lambda row: (row.owner != self._operator, row.id))

    def values(self, what: Callable[[CardRow], str]) -> list[tuple[str, int]]:
        """Return each value of a field with its number of rows: the operator's own value first, then by number."""
        counted = Counter(what(row) for row in self.rows())
        return sorted(counted.items(), key=lambda item: (item[0] != self._operator, -item[1], item[0]))
