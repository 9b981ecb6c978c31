"""The board as the list shows it: the operator's cards first, then the other cards and what was set aside. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import msgspec

from core.flex.board import (
    MOST_TOUCHED,
    Board,
    CardGroup,
    CardState,
    counts_for_the_card,
    group_of,
    listed_obstacle,
    touched_since_push,
)
from core.flex.model import CardSummary, RejectedRecord
from core.odd_values import field_in_words
from core.push.records import Link, Push, StepRecord
from tui.cards import groups
from tui.cards.listing import HEADINGS, CardRow
from tui.widgets.line_view import Heading, Tone

LEAST_ID: Final = 6
MOST_ID: Final = 14
"""The least and the most cells of the column of ids."""


class _Look(NamedTuple):
    """How a row looks: its sign with its tone, the words of its state, and the heading above it."""

    sign: str
    tone: Tone
    state: str
    heading: Heading


def _look(group: CardGroup) -> _Look:
    return _Look(*groups.GROUP_SIGN[group], groups.GROUP_WORDS[group], HEADINGS[group])


_LOOKS: Final = {state: _look(group_of(state, "")) for state in CardState}
_BLOCKED: Final = _look(CardGroup.BLOCKED)
_NOT_CHECKED: Final = _Look(*groups.NOT_CHECKED, groups.NOT_CHECKED_WORDS, HEADINGS[CardGroup.READY])


class BoardModel:
    """Everything that the list shows. A row is made once, and again whenever something about its card changes.

    `earlier` is the model of the same board as it was read before: a row that would be the same is taken from it.
    """

    def __init__(self, board: Board, operator: str, earlier: BoardModel | None = None) -> None:
        self.board = board
        """What the book knows about the cards. It has to know a page of cards before the page is added."""
        self._operator = operator
        self._items: dict[str, CardSummary | RejectedRecord] = {}
        self.made: dict[str, CardRow] = {}
        """The rows as they were made last, by card id."""
        self._earlier: dict[str, CardRow] = earlier.made if earlier is not None else {}
        self.changed: dict[str, int] = {}
        """By card id: how many fields changed since the push, of the cards that were read."""
        self.obstacles: dict[str, str] = {}
        """By card id, of the cards that were read: the code of what stops a push; "" if nothing does."""
        self.id_cells = LEAST_ID
        """The cells that the longest id takes, within limits."""

    def add(self, page: Iterable[CardSummary | RejectedRecord]) -> list[CardRow]:
        """Add a page of cards. Return the rows of those that are new; a card that came before only gets a new row."""
        made: list[CardRow] = []
        for item in page:
            card_id = item.id
            known = card_id in self._items
            self._items[card_id] = item
            if known:
                self.renew(card_id)
                continue
            row = self.made[card_id] = self._row(item)
            made.append(row)
        longest = max((len(row.id) for row in made), default=0)
        self.id_cells = max(self.id_cells, min(longest, MOST_ID))
        return made

    def let_earlier_go(self) -> None:
        """Forget the earlier model, once every card was added."""
        self._earlier = {}

    def renew(self, card_id: str) -> CardRow | None:
        """Make a card's row as it is now, and return the row; None if there is no such card."""
        item = self._items.get(card_id)
        if item is None:
            return None
        row = self.made[card_id] = self._row(item)
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
        """Return a card's row as it was made last, or None if there is no such card."""
        return self.made.get(card_id)

    def _row(self, item: CardSummary | RejectedRecord) -> CardRow:
        """Return the row of a card as it is now; the earlier one if nothing about the card changed."""
        before = self._earlier.get(item.id)
        if isinstance(item, RejectedRecord):
            if before is not None and before.set_aside is item:
                return before
            why, aside = f"{field_in_words(item.field)}: {item.reason}", groups.SET_ASIDE
            sign, tone, _, heading = _BLOCKED
            return CardRow(item.id, why, "", "", aside, sign, tone, heading, trouble=aside, set_aside=item)
        card = self.board.place(item)
        trouble, changed = "", 0
        look = _LOOKS[card.state]
        if card.state is CardState.UNLINKED:
            read = self.obstacles.get(item.id)
            obstacle = listed_obstacle(item) if read is None else read
            if obstacle:
                look, trouble = _BLOCKED, groups.obstacle_words(obstacle)
            elif read is None:
                look = _NOT_CHECKED
        elif card.state is CardState.LINKED:
            changed = self.changed.get(item.id, 0)
        sign, tone, state, heading = look
        if before is not None and before.is_of(card, state, trouble, changed):
            return before
        if changed:
            sign, tone = groups.CHANGED
        return CardRow(
            item.id,
            item.title,
            groups.short_stage(item.stage),
            item.owner,
            state,
            sign,
            tone,
            heading,
            card,
            trouble,
            None,
            changed,
        )

    def touched(self) -> list[str]:
        """Return the ids of the cards that changed in BrokerEngine after their push, the latest change first.

        This may run in another thread.
        """
        found: list[tuple[float, str]] = []
        for card_id, push in list(self.board.latest.items()):
            row = self.made.get(card_id)
            if row is None or row.card is None:
                continue
            if (at := touched_since_push(row.card, push)) is not None:
                found.append((at, card_id))
        return [card_id for _, card_id in sorted(found, reverse=True)[:MOST_TOUCHED]]

    def linked(self) -> list[str]:
        """Return the ids of the cards that are in FLEX."""
        return [row.id for row in self.rows() if row.card is not None and row.card.flex_id]

    def rows(self) -> list[CardRow]:
        """Return every row: the operator's cards first, then by card id."""
        rows, operator = self.made, self._operator
        mine = sorted([card_id for card_id, row in rows.items() if row.owner == operator])
        others = sorted([card_id for card_id, row in rows.items() if row.owner != operator])
        return [rows[card_id] for part in (mine, others) for card_id in part]

    def values(self, what: Callable[[CardRow], str]) -> list[tuple[str, int]]:
        """Return each value of a field with its number of rows: the operator's own value first, then by number."""
        counted = Counter(what(row) for row in self.rows())
        return sorted(counted.items(), key=lambda item: (item[0] != self._operator, -item[1], item[0]))
