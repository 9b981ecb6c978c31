import asyncio
from collections.abc import Sequence
from dataclasses import replace
from math import inf
from random import Random
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen

from tests.support.hostile_text import CORPUS, shown
from tests.support.until import until
from tests.support.widgets import COLUMNS, Card, ListApp, all_widgets, cards, listing, many
from tui.lists.columns import NARROW
from tui.widgets import row_list
from tui.widgets.line_view import Heading, Piece
from tui.widgets.list_parts import arranging
from tui.widgets.list_parts import marks as row_marks
from tui.widgets.list_parts.marks import RowMarks
from tui.widgets.row_list import ListColumn, Listing, RowList, lay_out
from tui.widgets.rows import Rows, View
from tui.widgets.search_text import fold, found_in

NAMES = ("Nguyen", "Ångström", "O’Brien", "Wang", "Ngata")


def line(app: App[None], n: int) -> str:
    return shown(app).split("\n")[n]


async def settle(pilot: Pilot[None]) -> None:
    await pilot.app.query_one(RowList).settled()
    await pilot.pause()


# The cursor


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        (["down"], "C-1"),
        (["j", "j", "k"], "C-1"),
        (["end"], "C-99"),
        (["G", "up"], "C-98"),
        (["end", "home"], "C-0"),
        (["G", "g"], "C-0"),
        (["pagedown"], "C-9"),
        (["pagedown", "pagedown", "pageup"], "C-9"),
        (["up"], "C-0"),
        (["end", "down"], "C-99"),
    ],
)
async def test_keys_move_the_cursor(keys: list[str], key: str) -> None:
    app = ListApp()
    async with app.run_test(size=(80, 10)) as pilot:
        app.rows.set_rows(many(100))
        await pilot.press(*keys)
        assert app.rows.cursor_key == key
        assert any(row.startswith("▌") and key in row for row in shown(app).split("\n"))
        assert app.rows.cursor_row == app.rows.row(key)


async def test_moving_says_where_and_enter_opens() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(cards(*NAMES))
        await pilot.press("down", "enter")
        assert app.said == [
            ("highlighted", "C-0"),
            ("counted", 5, 5),
            ("highlighted", "C-1"),
            ("selected", "C-1"),
        ]


async def test_a_click_highlights_and_a_second_one_opens() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(cards(*NAMES))
        await pilot.click(RowList, offset=(5, 2))
        assert app.rows.cursor_key == "C-2"
        assert ("selected", "C-2") not in app.said
        await pilot.click(RowList, offset=(5, 2))
        assert app.said[-1] == ("selected", "C-2")
        await pilot.click(RowList, offset=(5, 20))
        assert app.rows.cursor_key == "C-2"


async def test_the_first_click_on_the_row_the_keys_chose_only_highlights() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(cards(*NAMES))
        await pilot.click(RowList, offset=(5, 0))
        assert ("selected", "C-0") not in app.said


async def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    app = ListApp()
    async with app.run_test(size=(80, 10)) as pilot:
        app.rows.set_rows(many(100))
        await pilot.pause()
        app.rows.scroll_to(y=30, animate=False)
        await pilot.pause()
        assert app.rows.cursor_key == "C-0"
        assert "C-30" in line(app, 0)


async def test_the_cursor_stays_with_its_row_when_the_data_is_new() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(cards(*NAMES))
        await pilot.press("down", "down")
        app.said.clear()
        app.rows.set_rows([Card("new", "New"), *reversed(cards(*NAMES))])
        await settle(pilot)
        assert app.rows.cursor_key == "C-2"
        assert not [said for said in app.said if said[0] == "highlighted"]


async def test_the_cursors_row_is_the_newest_one_while_the_list_is_still_arranged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = ListApp()
    async with app.run_test(size=(80, 10)) as pilot:
        app.rows.set_rows(many(5_000))
        app.rows.filter("4999")
        await settle(pilot)
        monkeypatch.setattr(arranging, "AT_ONCE", 0.0)
        newer = [replace(row, name=f"{row.name} again") for row in many(5_000)]
        app.rows.set_rows(newer)
        assert app.rows._arranger.under_way is not None
        assert app.rows.cursor_row is newer[4999]
        await settle(pilot)
        assert app.rows.cursor_row is newer[4999]


async def test_a_row_that_left_the_data_leaves_the_cursor_on_its_successor() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(cards(*NAMES))
        await pilot.press("down", "down")
        app.rows.set_rows([card for card in cards(*NAMES) if card.id != "C-2"])
        await settle(pilot)
        assert app.rows.cursor_key == "C-3"
        app.rows.set_rows([])
        await settle(pilot)
        assert app.rows.cursor_key is None
        assert app.said[-2:] == [("highlighted", None), ("counted", 0, 0)]


async def test_the_row_stays_where_it_was_on_the_screen() -> None:
    app = ListApp()
    async with app.run_test(size=(80, 10)) as pilot:
        app.rows.set_rows(many(100))
        await pilot.pause()
        app.rows.move_to("C-50")
        await pilot.pause()
        before = next(n for n in range(10) if "C-50" in line(app, n))
        app.rows.set_rows([Card(f"X-{n}", "x") for n in range(30)] + many(100))
        await settle(pilot)
        assert "C-50" in line(app, before)


# Filtering


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("angstrom", ["C-1"]),
        ("ÅNGSTRÖM", ["C-1"]),
        ("o'brien", ["C-2"]),
        ("ng", ["C-0", "C-1", "C-3", "C-4"]),
        ("ng c-4", ["C-4"]),
        ("lead wang", ["C-3"]),
        ("[", []),
        ("  ", ["C-0", "C-1", "C-2", "C-3", "C-4"]),
    ],
)
async def test_every_word_must_be_there(query: str, found: list[str]) -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(cards(*NAMES))
        app.rows.filter(query)
        await settle(pilot)
        assert app.rows.shown_keys == found
        assert app.said[-1] == ("counted", len(found), 5)


async def test_when_the_filter_goes_the_cursor_stays_on_the_row_that_was_found() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(cards(*NAMES))
        await pilot.press("down", "down")
        app.rows.filter("nobody")
        await settle(pilot)
        assert app.rows.cursor_key is None
        app.rows.filter("")
        await settle(pilot)
        assert app.rows.cursor_key == "C-2"
        app.rows.filter("wang")
        await settle(pilot)
        assert app.rows.cursor_key == "C-3"
        app.rows.filter("ng")  # another word: the row of before is shown no more than "wang" was typed
        await settle(pilot)
        assert app.rows.cursor_key == "C-0"
        app.rows.filter("ngata")
        await settle(pilot)
        app.rows.filter("")
        await settle(pilot)
        assert app.rows.cursor_key == "C-4"


async def test_the_newest_words_win_over_100_000_rows() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(many(100_000))
        await settle(pilot)
        for query in ("n", "ng", "ngu", "9999", "99999"):
            app.rows.filter(query)
        await settle(pilot)
        assert app.rows.shown_keys == ["C-99999"]
        assert [said for said in app.said if said[0] == "counted"][-1] == ("counted", 1, 100_000)
        app.rows.filter("")
        await settle(pilot)
        assert app.rows.counts == (100_000, 100_000)
        await pilot.press("end")
        assert app.rows.cursor_key == "C-99999"


async def test_a_search_that_has_not_begun_does_not_come_back_over_one_that_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arranging, "SLICE", inf)
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(many(10_000))
        await settle(pilot)
        monkeypatch.setattr(arranging, "AT_ONCE", 0.0)
        app.rows.filter("99")
        assert app.rows._arranger.under_way is not None
        monkeypatch.setattr(arranging, "AT_ONCE", inf)
        app.rows.filter("9999")
        await settle(pilot)
        await pilot.pause()
        assert app.rows.shown_keys == ["C-9999"]


async def test_a_slow_search_does_not_come_back_over_a_quick_one() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(many(100_000))
        app.rows.filter("nothing has this")
        app.rows.filter("")
        await asyncio.gather(*(worker.wait() for worker in list(app.workers)), return_exceptions=True)
        await pilot.pause()
        assert app.rows.counts == (100_000, 100_000)


async def test_a_key_is_heard_while_100_000_rows_are_searched() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(many(100_000))
        app.rows.filter("nothing has this")
        turns = 0
        finished = asyncio.create_task(app.rows.settled())
        while not finished.done():
            turns += 1
            await asyncio.sleep(0)
        assert turns > 10
        await pilot.pause()
        assert "Nothing matches." in shown(app)


async def test_longer_words_find_no_more_and_shorter_ones_find_all_again() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(cards(*NAMES))
        for query, count in (("n", 5), ("ng", 4), ("ng w", 1), ("ng", 4), ("g", 4), ("", 5)):
            app.rows.filter(query)
            await settle(pilot)
            assert app.rows.counts == (count if query != "n" else 5, 5), query


async def test_a_predicate_holds_beside_the_filter() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(
            [replace(card, state="unlinked" if n % 2 else "linked") for n, card in enumerate(cards(*NAMES))]
        )
        app.rows.set_predicate(lambda card: card.state == "unlinked")
        app.rows.filter("ng")
        await settle(pilot)
        assert app.rows.shown_keys == ["C-1", "C-3"]
        app.rows.set_predicate(None)
        await settle(pilot)
        assert app.rows.shown_keys == ["C-0", "C-1", "C-3", "C-4"]


async def test_steady_news_does_not_starve_the_list() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.sort_by("name", "down")
        app.rows.set_rows(many(30_000))
        under_way = app.rows._arranger.under_way
        assert under_way
        for page in range(20):
            app.rows.extend_rows([Card(f"P-{page}-{n}", "Page") for n in range(100)])
            assert app.rows._arranger.under_way is under_way
        await settle(pilot)
        assert app.rows.counts == (32_000, 32_000)
        assert app.rows.shown_keys[0] == "P-0-0"


def test_what_was_found_before_a_row_changed_is_not_trusted_after() -> None:
    rows = Rows(cards("Nguyen", "Wang"), lambda card: card.id, lambda card: card.name)

    def found(*words: str) -> list[int]:
        steps = rows.arrange(View(words=words))
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return list(end.value.places)

    assert found("w") == [1]
    rows.replace(0, Card("C-0", "Wong"))
    assert found("wo") == [0]


WORDS = ("nguyen", "Ångström", "o’brien", "a\nb", "x y", "1", "22", "", "Łukasz", "zz\n", "日本")


def arranged(rows: Rows[Card], view: View[Card]) -> tuple[list[int], list[int] | None]:
    """Give the places that are found, and those of the first screen if it came early."""
    early = None
    steps = rows.arrange(view)
    while True:
        try:
            if (part := next(steps)) is not None:
                assert early is None
                early = list(part.places)
        except StopIteration as end:
            return list(end.value.places), early


@pytest.mark.parametrize("seed", range(60))
def test_the_filter_finds_what_a_search_row_by_row_finds(seed: int) -> None:
    dice = Random(seed)

    def text() -> str:
        return " ".join(dice.choice(WORDS) for _ in range(dice.randrange(4)))

    def card(n: int) -> Card:
        return Card(f"C-{n}", text(), dice.choice("abc"))

    rows = Rows([card(n) for n in range(dice.choice((0, 5, 511, 1600)))], lambda c: c.id, lambda c: c.name)
    query = ""
    for _ in range(25):
        match dice.randrange(6):
            case 0:
                rows.extend([card(len(rows) + n) for n in range(dice.choice((1, 30, 600)))])
            case 1 if len(rows):
                place = dice.randrange(len(rows))
                rows.replace(place, card(place))
            case 2:
                assert rows.replace_all(
                    [card(n) if dice.random() < 0.01 else c for n, c in enumerate(rows.rows)]
                )
            case 3:
                query += dice.choice(("n", "g", " a", "o", " x", "1"))
            case 4:
                query = dice.choice(("", "nguyen", "ang 1", "b", "y zz", "本", "lukasz 22"))
            case _:
                list(rows.prepare())
        words = tuple(dict.fromkeys(fold(query).split()))
        predicate = dice.choice((None, None, lambda c: c.stage != "a"))
        sort = dice.choice((None, None, lambda c: c.stage))
        found, early = arranged(rows, View(words, predicate, sort, enough=20))
        plain = [
            place
            for place in sorted(range(len(rows)), key=lambda place: sort(rows.rows[place]) if sort else 0)
            if all(word in fold(rows.rows[place].name) for word in words)
            and (predicate is None or predicate(rows.rows[place]))
        ]
        assert found == plain
        if early is not None:
            assert len(early) >= 20
            assert early == found[: len(early)]
        assert all(rows.shows(place, View(words, predicate)) for place in found[:50])


def test_a_word_that_few_rows_have_is_looked_for_in_their_blocks_alone() -> None:
    read = 0

    class Counted(str):
        __slots__ = ()

        def split(self, *how: Any) -> list[str]:
            nonlocal read
            read += 1
            return super().split(*how)

    rows = Rows(many(10_000), lambda card: card.id, lambda card: card.name)
    list(rows.prepare())
    rows._blocks = [Counted(block) for block in rows._blocks if block is not None]
    assert arranged(rows, View(("7777",)))[0] == [7777]
    assert read == 1
    assert arranged(rows, View(("7777", "tran")))[0] == [7777]
    assert read == 1  # the rows of a block are kept apart while somebody types
    arranged(rows, View())
    assert not rows._lines


async def test_the_first_screen_comes_before_the_rest_and_the_count_when_it_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arranging, "AT_ONCE", 0.0)
    app = ListApp()
    async with app.run_test(size=(80, 10)) as pilot:
        app.rows.set_rows(many(50_000))
        await settle(pilot)
        app.said.clear()
        app.rows.filter("tran")
        assert app.rows._arranger.under_way is not None
        assert 0 < app.rows.counts[0] < 1000
        assert app.rows.shown_keys[:2] == ["C-0", "C-1"]
        assert not app.said
        await settle(pilot)
        assert app.rows.counts == (50_000, 50_000)
        assert app.said == [("counted", 50_000, 50_000)]


async def test_the_rest_of_what_is_found_paints_no_line_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arranging, "AT_ONCE", 0.0)
    app = ListApp()
    async with app.run_test(size=(80, 10)) as pilot:
        app.rows.set_rows(many(50_000))
        await settle(pilot)
        painted: list[int] = []
        paint = RowList.paint

        def counted(self: RowList[Card], line: int, width: int) -> Sequence[Piece]:
            painted.append(line)
            return paint(self, line, width)

        monkeypatch.setattr(RowList, "paint", counted)
        app.rows.filter("tran 7")
        await settle(pilot)
        await pilot.pause()
        assert app.rows.counts[0] == sum("7" in str(n) for n in range(50_000))
        assert len(painted) <= 2 * 10 + 2  # the first screen, and the line of the cursor
        assert app.rows.virtual_size.height == app.rows.counts[0]
        await pilot.press("end")
        assert app.rows.cursor_key == "C-49997"


@pytest.mark.parametrize("count", [3, 8, 9, 100])
async def test_a_new_number_of_lines_lays_the_screen_out_only_if_the_scrollbar_comes_or_goes(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = ListApp()
    async with app.run_test(size=(80, 8)) as pilot:
        app.rows.set_rows(many(200))
        await settle(pilot)
        await pilot.press("end")
        await settle(pilot)
        await until(pilot, lambda: not app.screen._layout_required)  # of the 200 rows, on a slow machine
        laid_out: list[int] = []
        lay = Screen._refresh_layout
        monkeypatch.setattr(
            Screen,
            "_refresh_layout",
            lambda self, *more, **named: (laid_out.append(1), lay(self, *more, **named)),
        )
        app.rows.set_rows(many(count))
        await settle(pilot)
        await pilot.pause()
        assert bool(laid_out) == (count <= 8)
        assert app.rows.show_vertical_scrollbar == (count > 8)
        assert app.rows.scroll_offset.y == max(0, count - 8)
        assert app.rows.cursor_key == f"C-{count - 1}"
        assert f"C-{count - 1}" in shown(app)


async def test_a_row_of_the_cursor_that_comes_late_waits_for_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arranging, "AT_ONCE", 0.0)
    app = ListApp()
    async with app.run_test(size=(80, 10)) as pilot:
        app.rows.set_rows(many(50_000))
        await settle(pilot)
        app.rows.move_to("C-49000")
        await pilot.pause()
        app.said.clear()
        app.rows.filter("tran")
        assert app.rows.cursor_key == "C-49000"
        await settle(pilot)
        assert app.rows.cursor_key == "C-49000"
        assert ("highlighted", "C-0") not in app.said


async def test_rows_of_the_same_keys_are_replaced_where_they_differ() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        first = many(2000)
        app.rows.set_rows(first)
        await settle(pilot)
        app.rows.filter("tran")
        await pilot.press("down", "down")
        await settle(pilot)
        kept = app.rows._shown
        folded = list(kept._blocks)
        assert None not in folded
        second = [replace(card, name="Tran anew") if card.id == "C-700" else card for card in first]
        app.rows.set_changed_rows(second)
        assert app.rows._newest is kept
        assert [n for n, block in enumerate(kept._blocks) if block is not folded[n]] == [1]
        await settle(pilot)
        assert app.rows.cursor_key == "C-2"
        assert app.rows.row("C-700") is second[700]
        app.rows.filter("anew")
        await settle(pilot)
        assert app.rows.shown_keys == ["C-700"]
        app.rows.set_changed_rows(second[:-1])
        assert app.rows._newest is not kept


def test_folding() -> None:
    assert (
        fold("Ångström Łukasz Søren Nguyễn Straße O’Neil İ")
        == "angstrom lukasz soren nguyen strasse o'neil i"
    )


# Marks


async def test_space_marks_and_goes_down() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(cards(*NAMES))
        await pilot.press("space", "space", "up", "space")
        assert [said for said in app.said if said[0] == "marked"] == [
            ("marked", "C-0"),
            ("marked", "C-0", "C-1"),
            ("marked", "C-0"),
        ]
        assert line(app, 0).startswith("◆")
        await pilot.press("home")
        assert line(app, 0).startswith("◈")


async def test_marks_survive_filter_sort_and_new_data_but_not_the_loss_of_their_row() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(cards(*NAMES))
        await pilot.press("space", "space")
        app.rows.filter("wang")
        app.rows.sort_by("name", "down")
        await settle(pilot)
        assert app.rows.marks == ("C-0", "C-1")
        app.rows.filter("")
        app.rows.set_rows(cards(*NAMES)[1:])
        await settle(pilot)
        assert app.rows.marks == ("C-1",)
        app.rows.extend_rows(cards(*NAMES)[:1])
        await settle(pilot)
        assert app.rows.marks == ("C-0", "C-1")
        await pilot.press("U")
        assert app.rows.marks == ()


async def test_a_range_and_all_that_is_shown_can_be_marked() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(cards(*NAMES))
        await pilot.press("down", "shift+down", "J")
        assert app.rows.marks == ("C-1", "C-2", "C-3")
        assert app.rows.footer_of("list-mark") == "3 marked"
        await pilot.press("U", "shift+up")
        assert app.rows.marks == ("C-2", "C-3")
        assert app.rows.cursor_key == "C-2"
        await pilot.press("U", "home")
        await pilot.click(RowList, offset=(5, 2), shift=True)
        assert app.rows.marks == ("C-0", "C-1", "C-2")
        app.rows.filter("wang")
        await settle(pilot)
        assert app.rows.footer_of("list-mark") == "3 marked, 3 not shown"
        assert app.rows.marks_remark == "3 of the 3 marked rows are not shown: U unmarks all."
        await pilot.press("asterisk")
        assert app.rows.footer_of("list-mark") == "4 marked, 3 not shown"
        assert app.rows.marks == ("C-0", "C-1", "C-2", "C-3")
        await pilot.press("asterisk")
        assert app.rows.marks == ("C-0", "C-1", "C-2")


async def test_to_mark_all_that_is_shown_no_key_has_to_be_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(many(3_000))
        await settle(pilot)
        looked_for: list[str] = []
        holding = Rows.holding
        monkeypatch.setattr(
            Rows, "holding", lambda self, keys: (looked_for.append("all"), holding(self, keys))[1]
        )
        await pilot.press("asterisk")
        assert app.rows.marks == tuple(app.rows.shown_keys)
        assert app.rows.footer_of("list-mark") == "3,000 marked"
        assert looked_for == []
        app.rows.set_rows(many(10))
        await settle(pilot)
        assert app.rows.marks == tuple(f"C-{n}" for n in range(10))
        await pilot.press("asterisk")
        assert app.rows.marks == ()


async def test_all_that_is_shown_is_marked_while_other_rows_are_still_arranged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(many(100))
        await settle(pilot)
        app.rows.sort_by("name")
        await settle(pilot)
        monkeypatch.setattr(arranging, "AT_ONCE", 0.0)
        app.rows.set_rows([Card(f"X-{n}", "Tran") for n in range(10_000)])
        app.rows.action_mark_shown()
        assert app.rows.marks == ()  # the rows of before are marked, which are no longer in the data
        await settle(pilot)
        assert app.rows.marks == ()


@pytest.mark.parametrize("seed", range(20))
def test_marking_all_in_steps_ends_as_at_once_and_the_number_is_true_at_each_step(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_marks, "_STEP", 3)
    random = Random(seed)
    keys = [f"C-{random.randrange(40)}" for _ in range(30)]  # some rows share a key
    rows = Rows(keys, lambda key: key, lambda key: key)
    marks: RowMarks[str] = RowMarks()
    marks.set([f"C-{random.randrange(50)}" for _ in range(random.choice([0, 5]))])
    for _ in range(4):
        places = random.sample(range(30), random.choice([0, 7, 30]))
        wanted, chosen = dict.fromkeys(marks._keys), [keys[place] for place in places]
        if wanted and all(key in wanted for key in chosen):
            wanted = {key: None for key in wanted if key not in chosen}
        else:
            wanted |= dict.fromkeys(chosen)
        for _ in marks.turn_all(places, rows):
            assert marks.number(rows) == sum(key in marks for key in dict.fromkeys(keys))
        assert list(marks._keys) == list(wanted)
        assert marks.among(rows) == tuple(key for key in wanted if key in keys)
        assert marks.number(rows) == len(marks.among(rows))


@pytest.fixture
def halting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let marking begin and then halt, as if the slices that follow took very long."""
    monkeypatch.setattr(row_list, "AT_ONCE", 0.0)
    monkeypatch.setattr(row_list, "SLICE", 0.0)
    monkeypatch.setattr(row_list, "REST", 3600.0)


@pytest.mark.usefixtures("halting")
async def test_while_many_rows_are_being_marked_keys_work_and_the_count_is_true() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(many(20_000))
        await settle(pilot)
        await pilot.press("asterisk", "down")
        assert app.rows.cursor_key == "C-1"
        number = app.rows.marked
        assert 0 < number < 20_000
        assert app.rows.footer_of("list-mark") == f"{number:,} marked"
        assert line(app, 0).startswith("◆")
        assert not [said for said in app.said if said[0] == "marked"]
        assert len(app.rows.marks) == 20_000, "who needs the marks gets all"
        assert app.rows.footer_of("list-mark") == "20,000 marked"


@pytest.mark.usefixtures("halting")
@pytest.mark.parametrize(
    ("key", "marked"), [("U", 0), ("space", 19_999), ("asterisk", 0)], ids=["none", "not this one", "again"]
)
async def test_a_key_that_marks_comes_after_the_marking_under_way(key: str, marked: int) -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(many(20_000))
        await settle(pilot)
        await pilot.press("asterisk", key)
        assert len(app.rows.marks) == marked


async def test_many_rows_are_marked_in_slices_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_list, "AT_ONCE", 0.0)
    monkeypatch.setattr(row_list, "SLICE", 0.0)
    monkeypatch.setattr(row_list, "MARKING_SHOWN_EVERY", 0.0)
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(many(20_000))
        await settle(pilot)
        await pilot.press("asterisk")
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        (said,) = [said for said in app.said if said[0] == "marked"]
        assert said[1:] == tuple(f"C-{n}" for n in range(20_000))


async def test_a_list_without_marks_has_no_key_for_any_mark() -> None:
    app = ListApp(listing(can_mark=False))
    async with app.run_test() as pilot:
        app.rows.set_rows(cards(*NAMES))
        await pilot.press("space", "shift+down", "asterisk")
        await pilot.click(RowList, offset=(5, 2), shift=True)
        assert app.rows.marks == ()
        assert app.rows.footer_of("list-mark") is None


# Columns


async def test_columns_are_chosen_and_one_always_stays() -> None:
    hidden = (*COLUMNS, ListColumn("owner", lambda card: "Hale", "owner", width=6, extra=True))
    app = ListApp(Listing(columns=hidden, key=lambda card: card.id, titled=True))
    async with app.run_test(size=(100, 10)) as pilot:
        app.rows.set_rows(cards(*NAMES))
        await pilot.pause()
        assert "owner" not in line(app, 0)
        await pilot.press("vertical_line")
        assert [row.heading for row in app.screen.query_one(RowList).shown_rows] == [
            "card",
            "name",
            "stage",
            "owner",
        ]
        await pilot.press("down", "space", "down", "enter", "down", "space")
        await pilot.click(RowList, offset=(5, 0))
        await pilot.press("escape")
        await pilot.pause()
        assert line(app, 0).split() == ["owner"]
        assert "Hale" in line(app, 1)
        app.rows.show_columns(("no such column",))
        assert [column.name for column in app.rows.columns] == ["state", "owner"]


async def test_a_column_says_that_it_has_no_room_only_as_long_as_that_holds() -> None:
    wide = ListColumn("more", lambda card: card.stage, "more", width=36, drop=3)
    app = ListApp(Listing(columns=(*COLUMNS[:3], wide), key=lambda card: card.id))

    def without_room() -> list[str]:
        named = [line for line in shown(app).split("\n") if NARROW in line]
        return [column for column in ("card", "name", "more") if any(column in line for line in named)]

    async with app.run_test(size=(60, 12)) as pilot:
        app.rows.set_rows(cards(*NAMES))
        await pilot.press("vertical_line")
        assert without_room() == ["more"]
        await pilot.press("enter")
        await until(pilot, lambda: without_room() == [])  # without the card there is room
        await pilot.press("enter")
        await until(pilot, lambda: without_room() == ["more"])
        await pilot.resize_terminal(100, 12)
        await until(pilot, lambda: without_room() == [])


# Sorting


async def test_keys_sort_and_turn_around() -> None:
    app = ListApp(listing(titled=True))
    async with app.run_test() as pilot:
        app.rows.set_rows(cards(*NAMES))
        await pilot.press("o", "o")
        assert app.rows.shown_keys == ["C-1", "C-4", "C-0", "C-2", "C-3"]
        assert "name ▴" in line(app, 0)
        await pilot.press("O")
        assert app.rows.shown_keys == ["C-3", "C-2", "C-0", "C-4", "C-1"]
        assert app.rows.cursor_key == "C-0"
        await pilot.press("o", "o")
        assert app.rows.shown_keys == ["C-0", "C-1", "C-2", "C-3", "C-4"]


async def test_a_click_on_a_title_sorts() -> None:
    app = ListApp(listing(titled=True))
    async with app.run_test() as pilot:
        app.rows.set_rows(cards(*NAMES))
        await pilot.pause()
        at = line(app, 0).index("name")
        orders = []
        for _ in range(3):
            await pilot.click(RowList, offset=(at, 0))
            orders.append(line(app, 0)[at : at + 6])
        assert orders == ["name ▴", "name ▾", "name  "]
        await pilot.click(RowList, offset=(5, 1))
        assert app.rows.cursor_key == "C-0"


async def test_rows_that_sort_alike_keep_their_order_both_ways() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows([Card(str(n), "same") for n in range(5000)])
        for direction in ("up", "down"):
            app.rows.sort_by("name", direction)
            await settle(pilot)
            assert app.rows.shown_keys == [str(n) for n in range(5000)]


# Live rows


async def test_a_row_ticks_where_it_stands() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(cards(*NAMES))
        app.rows.sort_by("name")
        app.rows.filter("n")
        await settle(pilot)
        before = app.rows.shown_keys
        app.rows.update_row("C-1", Card("C-1", "Zola", "Settled"))
        app.rows.update_row("unknown", Card("unknown", "?"))
        await pilot.pause()
        assert app.rows.shown_keys == before
        assert "Zola" in line(app, 0)
        app.rows.filter("zola")
        await settle(pilot)
        assert app.rows.shown_keys == ["C-1"]


async def test_pages_arrive_behind_the_cursor() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(many(3))
        await pilot.press("end")
        app.rows.extend_rows([Card(f"P-{n}", "Page") for n in range(3)])
        await settle(pilot)
        assert app.rows.cursor_key == "C-2"
        assert app.rows.counts == (6, 6)
        await pilot.press("down")
        assert app.rows.cursor_key == "P-0"


async def test_rows_with_one_key_do_not_disturb_each_other() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows([Card("same", "a"), Card("same", "b"), Card("other", "c")])
        await pilot.press("down", "down")
        assert app.rows.cursor_key == "other"
        assert app.rows.row("same") == Card("same", "a")


# Sections

SECTIONS = (Heading("Needs you", "look first"), Heading("Running"))


def by_state(card: Card) -> Heading:
    return {"needs-you": SECTIONS[0], "running": SECTIONS[1]}.get(card.state, Heading("Today"))


async def test_rows_stand_under_their_headings_in_order() -> None:
    app = ListApp(listing(section=by_state, sections=SECTIONS))
    async with app.run_test(size=(40, 12)) as pilot:
        rows = [
            Card("a", "A", state="done"),
            Card("b", "B", state="running"),
            Card("c", "C", state="needs-you"),
        ]
        app.rows.set_rows(rows)
        await pilot.pause()
        lines = [text.rstrip() for text in shown(app).split("\n")]
        assert lines[0] == "NEEDS YOU  look first"
        assert lines[1].startswith("▌✗ c")
        assert lines[2] == ""
        assert lines[3] == "RUNNING"
        assert lines[5:7] == ["", "TODAY"]
        assert app.rows.cursor_key == "c"
        await pilot.press("down")
        assert app.rows.cursor_key == "b"
        await pilot.click(RowList, offset=(2, 3))
        assert app.rows.cursor_key == "b"
        app.rows.set_predicate(lambda card: card.state == "done")
        await settle(pilot)
        assert shown(app).startswith("TODAY")


async def test_a_row_whose_section_changes_moves_and_the_cursor_with_it() -> None:
    app = ListApp(listing(section=by_state, sections=SECTIONS))
    async with app.run_test() as pilot:
        app.rows.set_rows([Card("a", "A", state="running"), Card("b", "B", state="running")])
        await settle(pilot)
        app.rows.update_row("a", Card("a", "A", state="done"))
        await settle(pilot)
        assert app.rows.shown_keys == ["b", "a"]
        assert app.rows.cursor_key == "a"


async def test_a_foldable_heading_counts_its_rows_and_hides_them_by_key_and_click() -> None:
    app = ListApp(listing(section=by_state, sections=SECTIONS, foldable=True, folded=("Today",)))
    async with app.run_test(size=(40, 14)) as pilot:
        rows = [Card(f"r{n}", "R", state="running") for n in range(3)]
        app.rows.set_rows([Card("c", "C", state="needs-you"), *rows, Card("a", "A", state="done")])
        await pilot.pause()

        def lines() -> list[str]:
            return [" ".join(text.split()) for text in shown(app).split("\n") if text.strip()]

        assert lines()[0] == "▾ NEEDS YOU 1 look first"
        assert lines()[-1] == "▸ TODAY 1"
        assert app.rows.counts == (5, 5)
        assert app.rows.shown_keys == ["c", "r0", "r1", "r2"]
        await pilot.press("down", "down", "minus")
        assert lines()[-2:] == ["▌▸ RUNNING 3", "▸ TODAY 1"]
        assert app.rows.cursor_key is None
        assert app.said[-1] == ("highlighted", None)
        assert app.rows.shown_keys == ["c"]
        app.rows.set_rows([Card("c", "C", state="needs-you"), *rows, Card("a", "A", state="done")])
        await settle(pilot)
        assert any(text.startswith("▌▸ RUNNING 3") for text in lines())
        await pilot.press("down", "enter")  # the folded heading of today, which Enter opens
        assert app.rows.cursor_key == "a"
        await pilot.press("up")
        assert app.rows.cursor_key is None
        await pilot.press("minus")
        assert app.rows.cursor_key == "r0"
        await pilot.click(RowList, offset=(3, 0))
        assert app.rows.shown_keys == ["r0", "r1", "r2", "a"]
        assert app.rows.cursor_key == "r0"
        await pilot.press("underscore")
        assert app.rows.shown_keys == []
        app.rows.filter("r1")
        await settle(pilot)
        await pilot.press("minus", "underscore")
        assert app.rows.shown_keys == ["r1"]
        app.rows.filter("")
        await settle(pilot)
        assert app.rows.shown_keys == ["r0", "r1", "r2"]
        assert app.rows.cursor_key == "r1"
        assert app.rows.move_to("a")
        assert app.rows.cursor_key == "a"
        await pilot.press("underscore", "underscore")
        assert app.rows.cursor_key == "a"
        assert len(app.rows.shown_keys) == 5


# What is found is painted as a match


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("Nguyen 5 Tran", "tran", ["Tran"]),
        ("Ångström", "angst", ["Ångst"]),
        ("Straße der Søren", "ss soren", ["ß", "Søren"]),
        ("ana banana", "ana", ["ana", "ana"]),
        ("abcd", "bc cd", ["bcd"]),
        ("aaaa", "aa", ["aaaa"]),
        ("O’Brien", "o'b", ["O’B"]),
        ("日本語", "本", ["本"]),
        ("ŒUVRE", "oe", ["Œ"]),
        ("nothing", "x", []),
        ("", "x", []),
    ],
)
def test_what_is_found_is_marked_in_the_text_as_it_is_shown(text: str, query: str, marked: list[str]) -> None:
    assert [text[start:end] for start, end in found_in(text, fold(query).split())] == marked


async def test_matches_are_underlined_while_the_list_is_filtered() -> None:
    app = ListApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.rows.set_rows(cards(*NAMES))
        app.rows.filter("ang")
        await settle(pilot)
        lit = [
            segment.text for segment in app.rows.render_line(0) if segment.style and segment.style.underline
        ]
        assert lit == ["Ång"]
        app.rows.filter("")
        await settle(pilot)
        assert not any(segment.style and segment.style.underline for segment in app.rows.render_line(1))


# What a row is copied as, and in full


async def test_a_row_says_what_is_copied_and_its_whole_values() -> None:
    long = "Nguyen " * 20
    app = ListApp()
    async with app.run_test(size=(40, 10)) as pilot:
        app.rows.set_rows([Card("C-1", long)])
        await pilot.pause()
        assert app.rows.copyable() == (f"C-1\t{long}\tLead", "The row")
        assert dict(app.rows.whole_values()) == {"card": "C-1", "name": long, "stage": "Lead"}
        app.rows.set_rows([])
        await settle(pilot)
        assert app.rows.copyable() is None
        assert app.rows.whole_values() == ()


async def test_rows_are_found_and_counted_without_being_shown() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows(many(3_000))
        app.rows.filter("2999")
        await settle(pilot)
        assert await app.rows.find("TRAN 15", 3) == [
            ("C-15", "C-15  Nguyen 15 Tran  stage 1"),
            ("C-115", "C-115  Nguyen 115 Tran  stage 3"),
            ("C-150", "C-150  Nguyen 150 Tran  stage 3"),
        ]
        assert await app.rows.find("", 3) == []
        assert await app.rows.count("", None) == 3_000
        assert await app.rows.count("299", lambda card: card.stage == "stage 1") == sum(
            "299" in str(n) and n % 7 == 1 for n in range(3_000)
        )


# Layout and what is said when there is nothing


def test_columns_drop_out_in_their_order() -> None:
    assert list(lay_out(COLUMNS, 60)) == ["state", "id", "name", "stage"]
    assert list(lay_out(COLUMNS, 40)) == ["state", "id", "name"]
    assert list(lay_out(COLUMNS, 20)) == ["state", "name"]
    for width in range(1, 100):
        slots = lay_out(COLUMNS, width)
        assert all(slot.start + slot.width <= width for slot in slots.values() if slot.width)


def test_shares_take_all_that_is_left() -> None:
    columns = (ListColumn("a", str, share=1), ListColumn("b", str, share=2), ListColumn("c", str, width=5))
    slots = lay_out(columns, 51)
    assert slots["c"].start + 5 == 51
    assert slots["b"].width > slots["a"].width


def test_what_a_full_column_does_not_take_goes_to_the_others() -> None:
    columns = (ListColumn("a", str, minimum=6), ListColumn("b", str, minimum=6, most=9, share=3))
    assert [slot.width for slot in lay_out(columns, 14).values()] == [6, 6]
    assert [slot.width for slot in lay_out(columns, 50).values()] == [39, 9]


async def test_the_footer_names_no_key_for_rows_where_there_is_none() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        assert [app.rows.footer_of(name) for name in ("list-up", "list-down", "list-mark")] == ["", "", ""]
        app.rows.set_rows(cards(*NAMES))
        await pilot.pause()
        assert [app.rows.footer_of(name) for name in ("list-up", "list-down", "list-mark")] == [None] * 3


@pytest.mark.parametrize("width", [80, 40, 20, 8, 2])
async def test_it_fits_any_width(width: int) -> None:
    app = ListApp(listing(titled=True))
    async with app.run_test(size=(width, 10)) as pilot:
        app.rows.set_rows(many(30))
        await pilot.pause()
        assert all(len(text) == width for text in shown(app).split("\n"))


async def test_empty_loading_and_failed_are_said_in_place() -> None:
    app = ListApp(listing(empty="No cards yet."))
    async with app.run_test(size=(30, 5)) as pilot:
        await pilot.pause()
        assert "No cards yet." in shown(app)
        app.rows.placeholder = "FLEX doesn't answer: [/] press r to read again"
        await pilot.pause()
        assert "FLEX doesn't answer: [/]" in shown(app)
        assert "again" in shown(app)
        app.rows.set_rows(cards("A"))
        app.rows.filter("zzz")
        await settle(pilot)
        assert "C-0" not in shown(app)


async def test_without_colour_the_cursor_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = ListApp()
    async with app.run_test(size=(40, 5)) as pilot:
        app.rows.set_rows(cards("A", "B"))
        await pilot.pause()
        strip = app.rows.render_line(0)
        assert strip.text.startswith("▌")
        assert all(segment.style and segment.style.reverse for segment in strip)
        assert not any(segment.style and segment.style.reverse for segment in app.rows.render_line(1))


# Hostile text


class All(App[None]):
    CSS = "Screen { layout: grid; grid-size: 4; } LineView { height: 100%; }"

    def compose(self) -> ComposeResult:
        for value in CORPUS.values():
            yield from all_widgets(value)


async def test_lists_tables_and_strips_show_hostile_text_as_it_is() -> None:
    app = All()
    async with app.run_test(size=(240, 36 * len(CORPUS))) as pilot:
        await pilot.press("tab", "down")
        text = shown(app)
    for value in ("[/]", "Smith [vip] LLC", "[@click=app.bell]Jane[/]", "�[31mred�[0m", "invoice�xcod.exe"):
        assert text.count(value) >= 4, value


async def test_a_name_of_markup_is_read_as_it_is() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.rows.set_rows([Card("C-1", "[@click=app.bell]J[/]", "[/]")])
        await pilot.pause()
        assert "[@click=app.bell]J[/]" in shown(app)


def test_a_column_that_stands_for_another_is_shown_only_where_that_one_has_no_room() -> None:
    columns = [
        ListColumn[str]("sign", str, width=1, gap=1),
        ListColumn[str]("what", str, width=9, gap=1, drop=1),
        ListColumn[str]("kind", str, width=4, gap=1, instead_of="what"),
        ListColumn[str]("name", str, minimum=12, gap=1),
    ]
    assert list(lay_out(columns, 40)) == ["sign", "what", "name"]
    slots = lay_out(columns, 20)
    assert list(slots) == ["sign", "kind", "name"]
    assert (slots["name"].start, slots["name"].width) == (7, 13)
    assert list(lay_out([column for column in columns if column.name != "what"], 20)) == ["sign", "name"]
