"""A large board streams into the list: rows are made once, and cursor, marks and filter stay where they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from core.errors import Unreachable
from core.flex.model import Card, CardSummary, RejectedRecord
from core.flex.use_cases.cards import Board
from core.progress import RowProgress
from core.push.plan import Entity, System
from core.push.records import Link
from tests.support.fake_desk import BAO, FakeCards, FakeDesk, card, fake_app, summary
from tests.support.until import at_rest, flat, until
from tui.cards import screen
from tui.cards.board import BoardModel, CardRow
from tui.widgets.row_list import RowList


def listed(n: int, **more: str) -> CardSummary:
    return CardSummary(
        f"C-{n:05}", f"Nguyen {n}", "deal", "AIP", "m.hale" if n % 3 else "j.park", people=("Ng",), **more
    )


# -- the model ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_a_board_read_again_has_the_rows_of_a_board_read_anew(seed: int) -> None:
    dice = Random(seed)
    items: dict[str, CardSummary | RejectedRecord] = {(item := listed(n)).id: item for n in range(60)}
    before = BoardModel(Board({}, {}), "m.hale")
    before.add(items.values())
    for card_id in dice.sample(sorted(items), 5):
        before.obstacles[card_id] = "name-missing"
        before.renew(card_id)
    links: dict[str, Link] = {}
    for card_id in dice.sample(sorted(items), 12):
        match dice.randrange(5):
            case 0:
                del items[card_id]
            case 1:
                items[card_id] = RejectedRecord("BrokerEngine", card_id, "id", "it is odd")
            case 2:
                items[card_id] = replace(listed(int(card_id[2:])), flex_id="1-A")
            case 3:
                items[card_id] = replace(listed(int(card_id[2:])), owner="s.osei")
            case _:
                links[card_id] = Link(System.FLEX, Entity.OPPORTUNITY, card_id, "1-B", "ref", 0.0)
    again = BoardModel(Board(links, {}), "m.hale", before)
    anew = BoardModel(Board(links, {}), "m.hale")
    shuffled = dice.sample(list(items.values()), len(items))
    again.add(shuffled[:20])
    again.add(shuffled[20:])
    anew.add(items.values())
    assert again.rows() == anew.rows()
    same = [row for row in again.rows() if row is before.made.get(row.id)]
    assert len(same) >= 60 - 12 - 5


def test_a_row_is_made_once_and_a_card_that_comes_twice_is_one_row() -> None:
    model = BoardModel(Board({}, {}), "m.hale")
    made = [*model.add([listed(1), listed(2)]), *model.add([listed(2, flex_id="1-A"), listed(3)])]
    assert [row.id for row in made] == ["C-00001", "C-00002", "C-00003"]
    assert len(model) == len(model.rows()) == 3
    assert [row.state for row in model.rows()] == ["not checked", "in FLEX", "not checked"]
    assert {id(row) for row in model.rows()} == {id(model.row(row.id)) for row in made}


# -- the room ----------------------------------------------------------------------------------------------


class Streamed(FakeCards):
    """Cards that come in blocks when the test lets them. A summary stays the same object while its card does."""

    def __init__(self, cards: list[Card | RejectedRecord]) -> None:
        super().__init__(cards)
        self.gate = asyncio.Semaphore(0)
        self.block = 100
        self.breaks_after: int | None = None
        self._listed: dict[str, tuple[Card | RejectedRecord, CardSummary | RejectedRecord]] = {}

    def _summary(self, held: Card | RejectedRecord) -> CardSummary | RejectedRecord:
        known = self._listed.get(held.id)
        if known is None or known[0] is not held:
            known = (held, held if isinstance(held, RejectedRecord) else summary(held))
            self._listed[held.id] = known
        return known[1]

    async def summaries(self) -> AsyncIterator[list[CardSummary | RejectedRecord]]:
        items = [self._summary(held) for held in self.held.values()]
        for start in range(0, len(items), self.block):
            await self.gate.acquire()
            if self.breaks_after is not None and start >= self.breaks_after:
                raise Unreachable("no-reply", "BrokerEngine can't be reached.")
            yield items[start : start + self.block]


def streamed(folder: Path, count: int) -> tuple[FakeDesk, Streamed]:
    held: list[Card | RejectedRecord] = [
        card(f"C-{n:05}", f"Nguyen {n}", "AIP", [BAO], owner="m.hale" if n % 3 else "j.park")
        for n in range(count)
    ]
    desk = FakeDesk(folder, cards=held)
    cards = desk.cards = Streamed(held)
    return desk, cards


async def test_cursor_marks_and_filter_stay_while_pages_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "HAND_OVER", 0.0)
    desk, cards = streamed(tmp_path, 1000)
    async with fake_app(desk).run_test(size=(120, 34)) as pilot:
        rows = pilot.app.screen.query_one("#card-list", RowList)
        cards.gate.release()
        await until(pilot, lambda: rows.counts == (100, 100))
        await pilot.press("down", "down", "space", "down")
        marked, at = rows.marks, rows.cursor_key
        height = rows.cursor_line - rows.scroll_offset.y
        for pages in range(2, 6):
            cards.gate.release()
            await until(pilot, lambda pages=pages: rows.counts == (100 * pages, 100 * pages))
            assert (rows.cursor_key, rows.marks) == (at, marked)
            assert rows.cursor_line - rows.scroll_offset.y == height
        await pilot.press("slash", *"n 77")
        for _ in range(5):
            cards.gate.release()
        await until(pilot, lambda: rows.counts[1] == 1000)
        await at_rest(pilot)
        assert sorted(rows.shown_keys) == [f"C-{n:05}" for n in range(1000) if "77" in str(n)]
        found = rows.cursor_key
        await pilot.press("escape")
        await at_rest(pilot)
        assert (rows.cursor_key, rows.marks) == (found, marked)
        assert [rows.row(key).owner for key in rows.shown_keys] == ["m.hale"] * 666 + ["j.park"] * 334


async def test_rows_are_handed_to_the_list_a_few_times_and_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "HAND_OVER", 1e9)
    made: list[str] = []
    handed: list[int] = []
    make, extend = BoardModel._row, RowList.extend_rows

    def counted(self: BoardModel, item: CardSummary | RejectedRecord) -> CardRow:
        made.append(item.id)
        return make(self, item)

    def counted_extend(self: RowList[CardRow], rows: list[CardRow]) -> None:
        handed.append(len(rows))
        extend(self, rows)

    monkeypatch.setattr(BoardModel, "_row", counted)
    monkeypatch.setattr(RowList, "extend_rows", counted_extend)
    desk, cards = streamed(tmp_path, 5000)
    for _ in range(50):
        cards.gate.release()
    async with fake_app(desk).run_test(size=(120, 34)) as pilot:
        await at_rest(pilot)
        rows = pilot.app.screen.query_one("#card-list", RowList)
        assert rows.counts == (5000, 5000)
        assert handed == [100]
        assert len(made) < 5010  # each row once, and the few that were read since


async def test_what_came_before_the_reading_broke_is_in_the_list(tmp_path: Path) -> None:
    desk, cards = streamed(tmp_path, 1000)
    cards.breaks_after = 300
    for _ in range(4):
        cards.gate.release()
    async with fake_app(desk).run_test(size=(120, 34)) as pilot:
        rows = pilot.app.screen.query_one("#card-list", RowList)
        await until(pilot, lambda: rows.counts == (300, 300))
        assert not rows.filling


async def test_a_board_read_again_changes_only_the_rows_that_changed(tmp_path: Path) -> None:
    desk, cards = streamed(tmp_path, 1000)
    for _ in range(20):
        cards.gate.release()
    async with fake_app(desk).run_test(size=(120, 34)) as pilot:
        rows = pilot.app.screen.query_one("#card-list", RowList)
        await until(pilot, lambda: rows.counts == (1000, 1000))
        await at_rest(pilot)
        before = {key: rows.row(key) for key in rows.shown_keys}
        old = cards.held["C-00500"]
        assert isinstance(old, Card)
        cards.held["C-00500"] = replace(old, stage="Settled")
        for _ in range(10):
            cards.gate.release()
        await pilot.press("r")
        await until(pilot, lambda: rows.row("C-00500").stage == "Settled")
        changed = {key for key in before if rows.row(key) is not before[key]}
        assert changed - {rows.cursor_key} == {"C-00500"}  # the card under the cursor is read


async def test_the_screen_says_how_many_of_how_many_and_what_limits_it(tmp_path: Path) -> None:
    desk, cards = streamed(tmp_path, 300)
    cards.gate.release()
    async with fake_app(desk).run_test(size=(80, 24)) as pilot:
        rows = pilot.app.screen.query_one("#card-list", RowList)
        await until(pilot, lambda: rows.counts == (100, 100))
        assert pilot.app.desk is not None
        pilot.app.desk.reading.newest = RowProgress(
            "BrokerEngine", 100, 300, 10.0, "500 requests a minute, 200 each"
        )
        await until(pilot, lambda: "100 of 300 · 20 s left" in flat(pilot))
        assert "500 requests a minute, 200 each" in flat(pilot)
        for _ in range(2):
            cards.gate.release()
        await until(pilot, lambda: rows.counts == (300, 300))
        await until(pilot, lambda: "300 cards" in flat(pilot) and "left" not in flat(pilot))
