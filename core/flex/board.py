"""The board: each card with its state between BrokerEngine and FLEX. Knows no plan, screen or command."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct

from core.flex.model import CardSummary
from core.push.activity import waits
from core.push.plan import Asset, Entity, System
from core.push.ports import Book
from core.push.records import Link, Push
from core.push.states import ACTIVE, PushState


class CardState(StrEnum):
    """The state of a card between BrokerEngine and FLEX."""

    UNLINKED = "unlinked"
    PUSHING = "pushing"
    PAUSED = "paused"
    """A push of the card is not finished. It goes on without a person, such as at the next start."""
    LINKED = "linked"
    NEEDS_YOU = "needs-you"


class CardGroup(StrEnum):
    """What can be done with a card, as far as is known. The list shows the groups in this order."""

    NEEDS_YOU = "needs-you"
    BLOCKED = "cannot-be-pushed"
    PUSHING = "on-its-way"
    PAUSED = "paused"
    READY = "ready"
    IN_FLEX = "in-flex"


class BoardCard(Struct, frozen=True, gc=False):
    """A card on the board, and its state."""

    summary: CardSummary
    state: CardState
    flex_id: str | None

    @property
    def obstacle(self) -> str:
        """The code of what stops a push of the card, as far as the list tells; "" if the card is in FLEX."""
        return listed_obstacle(self.summary) if self.state is CardState.UNLINKED else ""


def listed_obstacle(summary: CardSummary) -> str:
    """Return the code of what stops a push of a card, as far as the board's list tells; "" if it tells of nothing.

    The list does not hold the whole card. Reading the card may find an obstacle that the list does not tell.
    """
    if summary.flex_integrated:
        return "use-fact-find"
    if not summary.people and summary.odd.get("people") is None:
        return "no-people"
    return "name-missing" if summary.names_missing else ""


def group_of(state: CardState, obstacle: str) -> CardGroup:
    """Return the group of a card. `obstacle` is why the card can't be pushed, "" if nothing is known against it."""
    match state:
        case CardState.NEEDS_YOU:
            return CardGroup.NEEDS_YOU
        case CardState.PUSHING:
            return CardGroup.PUSHING
        case CardState.PAUSED:
            return CardGroup.PAUSED
        case CardState.LINKED:
            return CardGroup.IN_FLEX
        case CardState.UNLINKED:
            return CardGroup.BLOCKED if obstacle else CardGroup.READY


class Board(Struct, frozen=True):
    """What the book knows about cards: `links` by card id, and by card id the push that decides its state."""

    links: dict[str, Link] = {}
    latest: dict[str, Push] = {}

    def add(self, read: Board) -> None:
        """Add what was read about more cards. A push that was heard of in the meantime stays as it was heard."""
        self.links.update(read.links)
        for card_id, push in read.latest.items():
            heard = self.latest.get(card_id)
            if heard is None or heard.updated_at < push.updated_at:
                self.latest[card_id] = push

    def place(self, summary: CardSummary) -> BoardCard:
        """Return a card with its state."""
        link = self.links.get(summary.id)
        flex_id = summary.flex_id or (link.remote_id if link else None)
        return BoardCard(summary, card_state(flex_id, self.latest.get(summary.id)), flex_id)


MOST_TOUCHED: Final = 100
"""How many cards are read after the board, because they may have changed since their push."""
_SLACK: Final = 60.0
"""Seconds by which the clocks of the desk and of BrokerEngine may differ. Writing the FLEX ID back is no change."""


def touched_since_push(card: BoardCard, latest: Push | None) -> float | None:
    """Return when a card changed in BrokerEngine after its push, in seconds since 1970; None if the list tells of none.

    Nobody knows from the list what changed, and whether a push sent that. The card has to be read for it.
    """
    if card.state is not CardState.LINKED or latest is None or not isinstance(card.summary.updated_at, str):
        return None
    try:
        changed = datetime.fromisoformat(card.summary.updated_at)
    except ValueError:
        return None
    at = (changed if changed.tzinfo else changed.replace(tzinfo=UTC)).timestamp()
    return at if at > latest.updated_at + _SLACK else None


def card_state(flex_id: str | None, latest: Push | None) -> CardState:
    """Return the state of a card from its FLEX ID and the push that decides."""
    if latest is None:
        return CardState.LINKED if flex_id else CardState.UNLINKED
    match latest.state:
        case PushState.QUEUED | PushState.RUNNING:
            return CardState.PUSHING
        case PushState.PAUSED if waits(latest):
            return CardState.PAUSED
        case PushState.PAUSED | PushState.NEEDS_YOU | PushState.PARTIAL:
            return CardState.NEEDS_YOU
        case PushState.DONE | PushState.REFUSED:
            return CardState.LINKED if flex_id else CardState.UNLINKED


def counts_for_the_card(push: Push, before: Push | None) -> bool:
    """Return True if `push` replaces `before` as the push that decides the card's state.

    An unfinished push always decides; otherwise the latest card or Fact Find push does.
    """
    if push.state in ACTIVE:
        return True
    unfinished = before is not None and before.state in ACTIVE and before.push_id != push.push_id
    return push.asset in (Asset.CARD, Asset.FACT_FIND) and not unfinished


async def read_board(book: Book, cards: Collection[str]) -> Board:
    """Return what the book knows about some cards, by their ids. Raises `BookClosed`."""
    links = {
        link.local_id: link
        for link in await book.where_any(Link, "local_id", cards)
        if link.entity is Entity.OPPORTUNITY and link.system is System.FLEX
    }
    latest: dict[str, Push] = {}
    for push in await book.where_any(Push, "about", cards):
        if counts_for_the_card(push, latest.get(push.about)):
            latest[push.about] = push
    return Board(links, latest)
