"""The board: each card with its state between BrokerEngine and FLEX. Knows no plan, screen or command."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from core.flex.model import CardSummary
from core.push.plan import Asset, Entity, System
from core.push.ports import Book
from core.push.records import Link, Push
from core.push.states import ACTIVE, PushState


class CardState(StrEnum):
    """The state of a card between BrokerEngine and FLEX."""

    UNLINKED = "unlinked"
    PUSHING = "pushing"
    LINKED = "linked"
    NEEDS_YOU = "needs-you"


class BoardCard(Struct, frozen=True):
    """A card on the board, and its state."""

    summary: CardSummary
    state: CardState
    flex_id: str | None


class Board(Struct, frozen=True):
    """What the book knows about cards: `links` by card id, and by card id the push that decides its state."""

    links: dict[str, Link]
    latest: dict[str, Push]

    def place(self, summary: CardSummary) -> BoardCard:
        """Return a card with its state."""
        link = self.links.get(summary.id)
        flex_id = summary.flex_id or (link.remote_id if link else None)
        return BoardCard(summary, card_state(flex_id, self.latest.get(summary.id)), flex_id)


def card_state(flex_id: str | None, latest: Push | None) -> CardState:
    """Return the state of a card from its FLEX ID and the push that decides."""
    match latest.state if latest else None:
        case PushState.QUEUED | PushState.RUNNING:
            return CardState.PUSHING
        case PushState.PAUSED | PushState.NEEDS_YOU | PushState.PARTIAL:
            return CardState.NEEDS_YOU
        case PushState.DONE | PushState.REFUSED | None:
            return CardState.LINKED if flex_id else CardState.UNLINKED


def counts_for_the_card(push: Push, before: Push | None) -> bool:
    """Return True if `push` replaces `before` as the push that decides the card's state.

    An unfinished push always decides; otherwise the latest card or Fact Find push does.
    """
    if push.state in ACTIVE:
        return True
    unfinished = before is not None and before.state in ACTIVE and before.push_id != push.push_id
    return push.asset in (Asset.CARD, Asset.FACT_FIND) and not unfinished


async def read_board(book: Book) -> Board:
    """Return what the book knows about cards. Raises `BookClosed`."""
    links = await book.where(Link, entity=Entity.OPPORTUNITY)
    latest: dict[str, Push] = {}
    for push in await book.all(Push):
        if counts_for_the_card(push, latest.get(push.about)):
            latest[push.about] = push
    return Board({link.local_id: link for link in links if link.system is System.FLEX}, latest)
