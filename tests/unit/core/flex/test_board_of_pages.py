"""What the book knows about cards is read a page of cards at a time."""

from __future__ import annotations

from msgspec.structs import replace

from core.flex.board import Board, CardState, card_state, read_board
from core.push.states import PushState
from tests.support.book_fakes import a_push
from tests.support.fakes import FakeBook


async def test_only_the_cards_that_are_asked_for_are_read() -> None:
    book = FakeBook()
    await book.commit(*(replace(a_push(n), about=f"C-{n}") for n in range(1, 5)))
    board = await read_board(book, ["C-2", "C-9"])
    assert set(board.latest) == {"C-2"}


async def test_a_push_that_was_heard_of_while_the_page_was_read_stays() -> None:
    heard = replace(a_push(1), about="C-1", state=PushState.DONE, updated_at=200.0)
    board = Board({}, {"C-1": heard})
    board.add(Board({}, {"C-1": replace(heard, state=PushState.RUNNING, updated_at=100.0)}))
    assert board.latest["C-1"] is heard
    later = replace(heard, state=PushState.PARTIAL, updated_at=300.0)
    board.add(Board({}, {"C-1": later, "C-2": replace(heard, about="C-2")}))
    assert board.latest["C-1"] is later
    assert card_state(None, board.latest["C-1"]) is CardState.NEEDS_YOU
    assert set(board.latest) == {"C-1", "C-2"}
