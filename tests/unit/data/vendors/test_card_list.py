"""How a board is read by place, from gateways of both versions, and how a later read asks only for what changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from email.utils import formatdate
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from core.errors import Unreachable
from core.flex.decoding import decode, summary_in
from core.flex.model import BadRecord, CardSummary, RejectedRecord
from core.progress import Meter
from core.push.plan import System
from data.vendors import card_list
from data.vendors.card_list import CardList
from data.vendors.http.client import HttpClient, SystemAddress
from tests.support.raw_server import Asked, Raw, reply, serve

CLOCK = 1_800_000_000
"""When the gateway begins, in seconds since 1970."""


class SmallBoard:
    """A gateway of version 1.2 over cards in memory. `between` is called before each request is answered."""

    def __init__(self, count: int) -> None:
        self.cards: dict[int, dict[str, Any]] = {n: _card(n) for n in range(1, count + 1)}
        self.moments = dict.fromkeys(self.cards, 0)
        self.now = CLOCK
        self.asked: list[dict[str, str]] = []
        self.largest = 10_000
        self.between: list[Callable[[], None]] = []

    def put(self, place: int, **more: Any) -> None:
        self.cards[place] = _card(place, **more)
        self.moments[place] = self.now

    def drop(self, place: int) -> None:
        del self.cards[place], self.moments[place]

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if self.between:
            self.between.pop(0)()
        query = dict(parse_qsl(urlsplit(asked.path).query))
        self.asked.append(query)
        since = _seconds(query["updated_after"]) if "updated_after" in query else None
        size = min(int(query["page_size"]), self.largest)
        fitting = [n for n in sorted(self.cards) if since is None or self.moments[n] > since]
        left = [n for n in fitting if n > int(query.get("after", 0))]
        content = {
            "items": [self.cards[n] for n in left[:size]],
            "page": None,
            "page_size": size,
            "total": len(fitting),
            "next_page": None,
            "next_after": str(left[size - 1]) if len(left) > size else None,
            "board_total": len(self.cards),
        }
        writer.write(reply(200, content, date=formatdate(self.now, usegmt=True), connection="close"))
        await writer.drain()
        writer.close()


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _card(n: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"C-{n:05}",
        "title": f"Card {n}",
        "kind": "deal",
        "stage": "AIP",
        "owner": "m.hale",
        **more,
    }


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    async with serve() as server:
        yield server


@pytest.fixture
async def cards(raw: Raw) -> AsyncIterator[CardList]:
    wire = HttpClient(
        SystemAddress(System.BROKERENGINE, raw.url, "desk", "secret", rate=600_000, deadline=100)
    )
    yield CardList(wire)
    await wire.close()


async def _all(cards: CardList) -> list[CardSummary | RejectedRecord]:
    return [item async for page in cards.pages() for item in page]


def _behind(raw: Raw, board: SmallBoard) -> None:
    raw.say.extend([board.answer] * 100)


async def test_a_small_page_comes_first_and_large_ones_follow_by_place(raw: Raw, cards: CardList) -> None:
    board = SmallBoard(1300)
    _behind(raw, board)
    assert [item.id for item in await _all(cards)] == [f"C-{n:05}" for n in range(1, 1301)]
    assert board.asked == [
        {"page": "1", "page_size": "200"},
        {"after": "200", "page_size": "10000"},
    ]


@pytest.mark.parametrize("seed", range(30))
async def test_no_card_is_lost_or_doubled_while_the_board_changes(
    raw: Raw, cards: CardList, seed: int
) -> None:
    dice = Random(seed)
    board = SmallBoard(700)
    board.largest = 90
    there_all_the_time = set(board.cards)

    def change() -> None:
        for _ in range(dice.randrange(30)):
            place = dice.randrange(1, 1000)
            if place in board.cards and dice.random() < 0.6:
                board.drop(place)
                there_all_the_time.discard(place)
            else:
                board.put(place, title="new")

    board.between = [lambda: None, *[change] * 60]
    _behind(raw, board)
    ids = [item.id for item in await _all(cards)]
    assert len(ids) == len(set(ids))
    assert {f"C-{n:05}" for n in there_all_the_time} <= set(ids)


async def test_a_page_that_is_too_much_is_asked_for_in_smaller_pieces(
    raw: Raw, cards: CardList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.vendors.http.client.LARGEST_REPLY", 100_000)
    board = SmallBoard(2000)
    _behind(raw, board)
    assert len(await _all(cards)) == 2000
    sizes = [int(asked["page_size"]) for asked in board.asked]
    assert sizes[0] == 200
    assert sizes[-1] == 625
    assert sizes == [200, *sorted(sizes[1:], reverse=True)]


async def test_a_list_that_leads_in_a_circle_is_an_error(raw: Raw, cards: CardList) -> None:
    page = {"items": [_card(1)], "next_after": "7", "total": 1, "board_total": 1}
    raw.say += [reply(200, page)] * 9
    with pytest.raises(Unreachable):
        await _all(cards)
    assert len(raw.asked) == 2


async def test_a_gateway_of_1_1_is_read_by_page_numbers_and_whole_each_time(
    raw: Raw, cards: CardList
) -> None:
    first = {"items": [_card(1)], "page": 1, "page_size": 200, "total": 2, "next_page": 2}
    second = {"items": [_card(2)], "page": 2, "page_size": 200, "total": 2, "next_page": None}
    raw.say += [reply(200, first), reply(200, second)] * 2
    for _ in range(2):
        assert [item.id for item in await _all(cards)] == ["C-00001", "C-00002"]
    queries = [dict(parse_qsl(urlsplit(asked.path).query)) for asked in raw.asked]
    assert queries == [{"page": "1", "page_size": "200"}, {"page": "2", "page_size": "200"}] * 2


# -- a later read ------------------------------------------------------------------------------------------


async def test_a_later_read_asks_for_what_changed_and_gives_all(raw: Raw, cards: CardList) -> None:
    board = SmallBoard(500)
    _behind(raw, board)
    before = {item.id: item for item in await _all(cards)}
    board.now += 1000
    board.put(7, stage="Settled")
    board.put(8)  # it counts as changed, and is as it was
    board.put(600)
    asked = len(board.asked)
    after = {item.id: item for item in await _all(cards)}
    assert len(board.asked) == asked + 1
    assert board.asked[-1]["updated_after"] == "2027-01-15T07:55:00Z"  # five minutes before the first read
    assert set(after) == {*before, "C-00600"}
    changed = {card_id for card_id, item in after.items() if item is not before.get(card_id)}
    assert changed == {"C-00007", "C-00600"}


async def test_a_card_that_has_gone_is_noticed_by_the_number_of_cards(raw: Raw, cards: CardList) -> None:
    board = SmallBoard(500)
    _behind(raw, board)
    await _all(cards)
    board.now += 1000
    board.drop(300)
    assert "C-00300" not in {item.id for item in await _all(cards)}
    board.now += 1000
    board.drop(301)
    board.put(600)  # the number is as before
    assert len(await _all(cards)) == 499
    assert "C-00301" not in {item.id for item in await _all(cards)}


async def test_what_becomes_visible_late_is_found_by_the_next_read(raw: Raw, cards: CardList) -> None:
    board = SmallBoard(20)
    _behind(raw, board)
    await _all(cards)
    board.put(5, stage="Settled")
    board.moments[5] = CLOCK - 299  # stamped before the first read, seen after it
    board.now += 1000
    assert {item.stage for item in await _all(cards) if isinstance(item, CardSummary)} == {"AIP", "Settled"}


@pytest.mark.parametrize("seed", range(20))
async def test_a_later_read_gives_what_a_whole_read_gives(raw: Raw, cards: CardList, seed: int) -> None:
    dice = Random(seed)
    board = SmallBoard(60)
    _behind(raw, board)
    for _ in range(5):
        read = {item.id: item for item in await _all(cards)}
        assert read == {item.id: item for item in await _all(CardList(cards._wire))}
        board.now += dice.choice((0, 1, 400))
        for _ in range(dice.randrange(6)):
            place = dice.randrange(1, 80)
            if place in board.cards and dice.random() < 0.5:
                board.drop(place)
            else:
                board.put(
                    place, title=dice.choice(("a", "b", None, 7)), flex_id=dice.choice((None, "1-A", 5))
                )


@pytest.mark.parametrize("what", ["the clock was set back", "no clock", "no number", "an hour has passed"])
async def test_all_cards_are_read_where_the_changes_cannot_be_trusted(
    raw: Raw, cards: CardList, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    board = SmallBoard(3)
    _behind(raw, board)
    await _all(cards)
    if what == "the clock was set back":
        board.now -= 400
    elif what == "an hour has passed":
        monkeypatch.setattr(card_list, "COMPLETE_EVERY", 0.0)
    else:
        page = {"items": [], "next_after": None, "total": 0, "board_total": 3}
        date = {} if what == "no clock" else {"date": formatdate(board.now, usegmt=True)}
        if what == "no number":
            del page["board_total"]
        raw.say.insert(0, reply(200, page, **date))
    assert len(await _all(cards)) == 3
    assert "updated_after" not in board.asked[-1]


async def test_a_reading_that_was_left_is_not_kept(raw: Raw, cards: CardList) -> None:
    board = SmallBoard(500)
    _behind(raw, board)
    async for _ in cards.pages():
        break
    assert len(await _all(cards)) == 500
    assert all("updated_after" not in asked for asked in board.asked)


async def test_the_meter_hears_how_many_of_how_many_and_what_limits_it(raw: Raw, cards: CardList) -> None:
    heard: list[tuple[int, int | None, str]] = []

    class Heard(Meter):
        def at(self, done: int, total: int | None = None) -> None:
            heard.append((done, total, self.bound))

    listed = CardList(cards._wire, Heard)
    _behind(raw, SmallBoard(450))
    await _all(listed)
    assert heard == [
        (200, 450, "600,000 requests a minute, 10,000 each"),
        (450, 450, "600,000 requests a minute, 200 each"),
    ]


# -- one item ----------------------------------------------------------------------------------------------

ODD_VALUES = (
    None,
    "",
    "x",
    7,
    7.5,
    10**30,
    True,
    [],
    ["a"],
    ["a", None],
    {},
    {"a": 1},
    ".",
    " x",
    "\ud800",
    "é",
)


@pytest.mark.parametrize("seed", range(200))
def test_an_item_is_decoded_as_with_care(seed: int) -> None:
    dice = Random(seed)
    names = ("id", "title", "kind", "stage", "owner", "purpose", "people", "flex_id", "(odd values)", "more")
    item = _card(1, people=["Linh Nguyen"], flex_id="1-A", purpose=None)
    for name in dice.sample(names, dice.randrange(4)):
        item[name] = dice.choice(ODD_VALUES)
    for name in dice.sample(sorted(item), dice.randrange(2)):
        del item[name]
    try:
        wanted: CardSummary | RejectedRecord = decode(item, CardSummary, "BrokerEngine")
    except BadRecord as error:
        wanted = error.aside
    given = msgspec.Raw(json.dumps(item).encode())
    assert summary_in(given, "BrokerEngine") == wanted
