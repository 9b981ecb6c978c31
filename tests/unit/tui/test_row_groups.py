"""Rows under headings: rows that come, change or move are put into their groups one by one, never all again."""

from __future__ import annotations

from collections.abc import Generator
from random import Random
from typing import NamedTuple, TypeVar

import pytest

from tui.widgets.line_view import Heading
from tui.widgets.rows import Arrangement, Rows, View

T = TypeVar("T")
HEADINGS = tuple(Heading(name) for name in ("Needs you", "Ready", "In FLEX"))
OTHER = Heading("Other")


class Item(NamedTuple):
    key: str
    heading: Heading
    text: str


CALLS: list[Item] = []


def section(item: Item) -> Heading:
    CALLS.append(item)
    return item.heading


def arranged(rows: Rows[Item], view: View[Item]) -> tuple[list[Arrangement], Arrangement]:
    """Return what came early, and the arrangement at the end."""

    def result(
        steps: Generator[Arrangement | None, None, Arrangement],
    ) -> tuple[list[Arrangement], Arrangement]:
        early: list[Arrangement] = []
        while True:
            try:
                if (found := next(steps)) is not None:
                    early.append(found)
            except StopIteration as end:
                return early, end.value

    return result(rows.arrange(view))


def expected(items: list[Item], view: View[Item]) -> list[tuple[Heading, list[str]]]:
    headings = [*HEADINGS, *dict.fromkeys(item.heading for item in items if item.heading not in HEADINGS)]
    shown = [item for item in items if all(word in item.text for word in view.words)]
    groups = [(heading, [item.key for item in shown if item.heading is heading]) for heading in headings]
    return [(heading, keys) for heading, keys in groups if keys]


def told(rows: Rows[Item], arrangement: Arrangement) -> list[tuple[Heading, list[str]]]:
    keys = [rows.keys[place] for place in arrangement.places]
    groups = []
    for heading, number in arrangement.groups:
        assert heading is not None
        groups.append((heading, keys[:number]))
        keys = keys[number:]
    assert not keys
    return groups


@pytest.mark.parametrize("seed", range(12))
def test_groups_are_those_of_rows_that_are_grouped_anew(seed: int) -> None:
    dice = Random(seed)
    items: list[Item] = []
    rows: Rows[Item] = Rows((), lambda item: item.key, lambda item: item.text)

    def drawn(key: str) -> Item:
        return Item(key, dice.choice((*HEADINGS, OTHER)), dice.choice(("abc", "bcd", "xyz")))

    for _ in range(30):
        match dice.randrange(3):
            case 0:
                more = [drawn(f"k{len(items) + n}") for n in range(dice.randrange(1, 900))]
                items += more
                rows.extend(more)
            case 1 if items:
                place = dice.randrange(len(items))
                items[place] = drawn(items[place].key)
                rows.replace(place, items[place])
            case _:
                words = dice.choice(((), ("b",), ("bc", "a"), ("nothing",)))
                view = View(words, section=section, sections=HEADINGS, enough=20)
                early, last = arranged(rows, view)
                assert told(rows, last) == expected(items, view)
                for part in early:
                    assert set(part.places) <= set(last.places)


def test_a_row_that_moves_asks_for_no_other_rows_heading() -> None:
    items = [Item(f"k{n}", HEADINGS[1], "a") for n in range(5000)]
    rows: Rows[Item] = Rows(items, lambda item: item.key, lambda item: item.text)
    view = View((), section=section, sections=HEADINGS)
    arranged(rows, view)
    CALLS.clear()
    rows.replace(2500, items[2500]._replace(heading=HEADINGS[0]))
    rows.forget_order()
    rows.extend([Item("new", HEADINGS[2], "a")])
    _, last = arranged(rows, view)
    assert [number for _, number in last.groups] == [1, 4999, 1]
    assert len(CALLS) == 2


def test_the_first_hits_of_a_search_come_before_the_end_under_their_headings() -> None:
    items = [Item(f"k{n}", HEADINGS[n % 3], "abc" if n % 2 else "x") for n in range(4000)]
    rows: Rows[Item] = Rows(items, lambda item: item.key, lambda item: item.text)
    early, last = arranged(rows, View(("ab",), section=section, sections=HEADINGS, enough=40))
    (first,) = early
    assert 40 <= len(first.places) < len(last.places)
    assert [heading for heading, _ in first.groups] == list(HEADINGS)
