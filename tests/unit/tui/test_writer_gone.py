"""A desk that only reads notices when the process that writes the book ends, and shows what that process left."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from core.errors import BookClosed
from core.local_forms import UTC_TIME
from core.push.records import Push, StepRecord
from core.push.states import INTERRUPTED, PushState, StepState
from data.book.book import TinyBook
from data.settings import load_settings
from tests.support.book_fakes import a_push, a_step
from tui.shell.desk_keeper import DeskKeeper
from tui.wiring.book import OpenBook, open_book


class App:
    """The parts of the app that the keeper uses here, and what it was told to show."""

    def __init__(self, home: Path, book: OpenBook) -> None:
        self.settings = load_settings(home, None)
        self.said: list[str] = []
        self.drawn = 0
        self.heard: list[tuple[Push, Sequence[StepRecord]]] = []
        self.is_looking = False
        self.desk = SimpleNamespace(book=book, practice=None)
        self.header = SimpleNamespace(show=self._draw)
        self.pushes = SimpleNamespace(heard=lambda push, steps: self.heard.append((push, steps)))
        self._work: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._look: Callable[[], None] = lambda: None

    def _draw(self) -> None:
        self.drawn += 1

    def _stop(self) -> None:
        self.is_looking = False

    def notify(self, message: Any, **_: Any) -> None:
        self.said.append(str(message))

    def set_interval(self, seconds: float, look: Callable[[], None]) -> Any:
        if "look" in look.__name__:
            self._look, self.is_looking = look, True
        return SimpleNamespace(stop=self._stop)

    def begin_work(self, work: Callable[[], Coroutine[Any, Any, None]], group: str) -> None:
        self._work.append(work)

    async def look(self) -> None:
        """Let the time of a look come, if the app still looks."""
        if self.is_looking:
            self._look()
        while self._work:
            await self._work.pop()()


async def opened(home: Path) -> TinyBook:
    book = await open_book(load_settings(home, None), write=True)
    assert isinstance(book, TinyBook)
    return book


def kill(book: TinyBook, home: Path) -> None:
    """End the process that has a book, as far as others see that: its name stays next to the lock."""
    name = home / "sandbox" / "book.lock.by"
    content = name.read_bytes()
    book.close()
    name.write_bytes(content)


def reading(home: Path, book: TinyBook) -> App:
    app = App(home, book)
    DeskKeeper(app, None).opened(app.desk)  # type: ignore[arg-type]  # stands in for the app and its desk
    return app


@pytest.mark.parametrize("is_killed", [True, False])
async def test_a_desk_that_reads_says_once_that_nobody_writes_any_more(
    tmp_path: Path, is_killed: bool
) -> None:
    first = await opened(tmp_path)
    begun = a_push(1, PushState.RUNNING)
    old = msgspec.structs.replace(a_push(2, PushState.DONE), size=0)
    await first.commit(old, begun, *(a_step(n, StepState.INTENT) for n in range(begun.size)))
    with await opened(tmp_path) as second:
        app = reading(tmp_path, second)
        await app.look()
        assert (app.said, app.drawn) == ([], 0)
        later = msgspec.structs.replace(a_push(4, PushState.QUEUED), size=0)
        over = msgspec.structs.replace(a_push(5, PushState.DONE), size=0)
        await first.commit(later, over)
        if is_killed:
            kill(first, tmp_path)
        else:
            first.close()
        await app.look()
        (said,) = app.said
        assert "no longer has the book in" in said
        assert said.endswith("Start brokerdesk again to write.")
        assert app.drawn == 1
        assert {push.push_id: (push.state, push.reason) for push, _ in app.heard} == {
            begun.push_id: (PushState.PAUSED, INTERRUPTED),
            later.push_id: (PushState.PAUSED, INTERRUPTED),
            over.push_id: (PushState.DONE, ""),
        }, "a push that has not changed is not told"
        steps = next(steps for push, steps in app.heard if push.push_id == begun.push_id)
        assert [step.state for step in steps] == [StepState.UNKNOWN] * begun.size
        assert not app.is_looking
        assert second.holder is None
        with pytest.raises(BookClosed) as refused:
            await second.commit(later)
        assert refused.value.code == "book-free"
        with await opened(tmp_path) as third:
            assert third.read_only is None, "the look left the lock free"


async def test_a_desk_that_reads_names_the_process_that_writes_now(tmp_path: Path) -> None:
    first = await opened(tmp_path)
    with await opened(tmp_path) as second:
        app = reading(tmp_path, second)
        kill(first, tmp_path)
        with await opened(tmp_path) as third:
            before = second.holder
            await app.look()
            assert second.holder is not None
            assert second.holder != before
            assert second.read_only is not None
            assert second.read_only.code == "book-locked"
            assert (app.said, app.heard, app.drawn) == ([], [], 1)
            await app.look()
            assert app.drawn == 1, "nothing is new"
            third.close()
        await app.look()
        assert len(app.said) == 1


async def test_a_desk_that_writes_does_not_look(tmp_path: Path) -> None:
    with await opened(tmp_path) as book:
        app = reading(tmp_path, book)
        assert not app.is_looking
        assert not await book.look_at_writer(UTC_TIME)
