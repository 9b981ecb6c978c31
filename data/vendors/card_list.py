"""Reads BrokerEngine's list of cards through our gateway contract, and keeps it to ask only for what changed.

The first page is small, so that it is on the screen soon. It also says what the gateway can do: since version 1.2 of
the contract a page names the place behind its last card (`next_after`). Then large pages follow by place, and a later
read asks for what changed: docs/decisions/0016-large-boards.md. An older gateway is read page by page, each time whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.decoding.typed_json import decode_json
from core.errors import Unreachable
from core.flex.decoding import summary_in, summary_of_value
from core.flex.model import CardSummary, RejectedRecord
from core.progress import Meter
from core.push.plan import System
from core.systems import display_name
from data.vendors.http.client import HttpClient
from data.vendors.http.paging import next_page
from data.vendors.http.reply import HttpReply

Listed = CardSummary | RejectedRecord

FIRST_PAGE: Final = 200
"""Cards on the first page, and on every page of a gateway older than 1.2."""
LARGE_PAGE: Final = 10_000
"""Cards on the pages that follow."""
OVERLAP: Final = 300.0
"""Seconds that a later read reaches back: a change may become visible some time after its time stamp."""
COMPLETE_EVERY: Final = 3600.0
"""Seconds after which a later read reads all cards again."""
_BLOCK: Final = 500
"""Cards that are handed over at once, so that whoever takes them can do something else in between."""
_TOO_MUCH: Final = frozenset({"bad-reply", "deadline"})
"""The codes of a reply that is over the client's limit, or that takes longer than the deadline."""
_NAME: Final = display_name(System.BROKERENGINE)


class _Body(Struct):
    """A page as it comes. `items` are pieces of JSON; the other values are looked at before they are used."""

    items: tuple[msgspec.Raw, ...]
    next_page: object = None
    next_after: object = None
    total: object = None
    board_total: object = None


class _CardPage(Struct):
    """A page that was read. `at` is the gateway's clock in seconds since 1970, None if it does not tell it."""

    items: Sequence[msgspec.Raw] | Sequence[object]
    next_page: int | None
    next_after: str
    total: int | None
    board_total: int | None
    at: float | None

    def blocks(self) -> Iterator[list[Listed]]:
        """Yield the cards in blocks, decoded only when a block is asked for."""
        for start in range(0, len(self.items), _BLOCK):
            yield [
                summary_in(item, _NAME) if isinstance(item, msgspec.Raw) else summary_of_value(item, _NAME)
                for item in self.items[start : start + _BLOCK]
            ]


class HeldCards(Struct, frozen=True):
    """The cards of the last read by id. `mark` is the gateway's clock at that read, in seconds since 1970.

    `complete_at` is when all cards were read last, in seconds of the event loop's clock.
    """

    cards: dict[str, Listed]
    mark: float
    complete_at: float


class CardList:
    """The list of cards behind a gateway. `meter_of` gives the meter of a read of many pages, by what is read."""

    def __init__(self, wire: HttpClient, meter_of: Callable[[str], Meter] = Meter) -> None:
        self._wire = wire
        self._meter_of = meter_of
        self._held: HeldCards | None = None

    async def pages(self) -> AsyncIterator[list[Listed]]:
        """Yield all cards in blocks. An item that doesn't fit is rejected alone. Raises `Unreachable`.

        If the last read is held, only what changed since is asked for. All cards are read where that can't be trusted:
        the number of cards on the board differs, or an hour has passed.
        """
        held = self._held
        if held is not None and _now() - held.complete_at < COMPLETE_EVERY:
            changed = await self._with_changes(held)
            if changed is not None:
                self._held = changed
                cards = list(changed.cards.values())
                for start in range(0, len(cards), _BLOCK):
                    yield cards[start : start + _BLOCK]
                return
        async for block in self._complete():
            yield block

    async def _complete(self) -> AsyncIterator[list[Listed]]:
        """Yield all cards in blocks, and hold them if a later read can ask for what changed."""
        began = _now()
        meter = self._meter_of(_NAME)
        meter.begin()
        cards: dict[str, Listed] = {}
        read = 0
        mark: float | None = None
        async for page in self._walk({}):
            mark = page.at if not read else mark
            meter.bound = self._bound(page)
            for block in page.blocks():
                read += len(block)
                cards.update((item.id, item) for item in block)
                yield block
            meter.at(read, page.total)
            last = page
        can_ask = mark is not None and last.board_total is not None and len(cards) == read
        self._held = HeldCards(cards, mark, began) if can_ask and mark is not None else None

    async def _with_changes(self, held: HeldCards) -> HeldCards | None:
        """Return the held cards with what changed since; None if only a complete read tells."""
        since = datetime.fromtimestamp(held.mark - OVERLAP, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        cards = dict(held.cards)
        mark: float | None = None
        on_board: int | None = None
        async for page in self._walk({"updated_after": since}):
            mark = page.at if mark is None else mark
            on_board = page.board_total
            for block in page.blocks():
                for item in block:
                    if isinstance(item, RejectedRecord) and item.id not in cards:
                        return None  # it may have no id of its own
                    if cards.get(item.id) != item:  # a card that is as it was stays the same object
                        cards[item.id] = item
        if mark is None or mark < held.mark - OVERLAP or on_board != len(cards):
            return None
        return HeldCards(cards, mark, held.complete_at)

    async def _walk(self, search: dict[str, str]) -> AsyncIterator[_CardPage]:
        """Yield the pages of a search. Raises `Unreachable`, also if the list leads in a circle."""
        page = await self._page({**search, "page": "1", "page_size": str(FIRST_PAGE)})
        yield page
        number, size = 1, LARGE_PAGE
        places: set[str] = set()
        while page.next_after or page.next_page is not None:
            if page.next_after:
                if page.next_after in places:
                    raise self._unreadable()
                places.add(page.next_after)
                page, size = await self._page_behind(page.next_after, size, search)
            elif page.next_page is not None and page.next_page > number:
                number = page.next_page
                page = await self._page({**search, "page": str(number), "page_size": str(FIRST_PAGE)})
            else:
                return
            yield page

    async def _page_behind(self, place: str, size: int, search: dict[str, str]) -> tuple[_CardPage, int]:
        """Read a large page by place; a smaller one if the reply is too much. Return the page and its size."""
        while True:
            try:
                return await self._page({**search, "after": place, "page_size": str(size)}), size
            except Unreachable as error:
                if size == FIRST_PAGE or error.code not in _TOO_MUCH:
                    raise
                size = max(FIRST_PAGE, size // 4)

    async def _page(self, params: dict[str, str]) -> _CardPage:
        reply = await self._wire.get_patiently("/cards", params)
        page = None if reply.status == 404 else _page_in(reply, int(params.get("page", "0")))
        if page is None:
            raise self._unreadable()
        return page

    def _bound(self, page: _CardPage) -> str:
        """Return what limits the rate of a read, in words."""
        cards = LARGE_PAGE if page.next_after else FIRST_PAGE
        return f"{self._wire.address.rate:,.0f} requests a minute, {cards:,} each"

    @staticmethod
    def _unreadable() -> Unreachable:
        return Unreachable("bad-reply", f"{_NAME}'s reply can't be read.", when="a read failed")


def _page_in(reply: HttpReply, number: int) -> _CardPage | None:
    """Return the page in a reply to a request for page `number` (0 for none); None if the reply is not a list.

    A page that the strict decoder refuses, for one odd value somewhere, is read leniently.
    """
    rest: dict[str, Any]
    items: Sequence[msgspec.Raw] | Sequence[object]
    try:
        if not reply.is_json:
            return None
        body = decode_json(reply.body, _Body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        lenient = reply.lenient_object()
        listed = lenient.get("items") if lenient is not None else None
        if lenient is None or not isinstance(listed, list):
            return None
        items, rest = listed, lenient
    else:
        items, rest = body.items, msgspec.structs.asdict(body)
    after = rest.get("next_after")
    return _CardPage(
        items,
        next_page(rest, number),
        after if isinstance(after, str) else "",
        _count(rest.get("total")),
        _count(rest.get("board_total")),
        reply.date,
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _now() -> float:
    return asyncio.get_running_loop().time()
