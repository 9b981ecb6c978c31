"""Arranges the rows of a list: at once where that is quick, else in slices between which keys are heard.

`tui.widgets.rows` finds, sorts and groups. This module decides when, and which result the list shows: the newest words
and the newest rows win. It knows of the list only what `ArrangedList` names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Generator
from math import inf
from time import perf_counter
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from tui.widgets.rows import Arrangement, Rows, View

R = TypeVar("R")
T = TypeVar("T")

AT_ONCE = 0.003
"""Seconds of arranging before the paint after a key. Arranging that takes longer goes on in the background."""
SLICE = 0.002
"""Seconds of work between two times that keys are heard."""
REST = 0.001
"""Seconds in which keys are heard."""


class ArrangedList(Protocol):
    """What the arranging needs of the list."""

    @property
    def is_attached(self) -> bool:
        """True if the list is on a screen. Rows of any other list are arranged at once."""
        ...

    def view(self) -> View[Any]:
        """Return which rows are to be shown now, and in which order."""
        ...

    def may_show_first(self, rows: Rows[Any], first: Arrangement, view: View[Any]) -> bool:
        """Return True if the first rows may be shown before the rest is found."""
        ...

    def show_first(self, rows: Rows[Any], first: Arrangement) -> None:
        """Show the first rows that were found."""
        ...

    def show_all(self, rows: Rows[Any], arrangement: Arrangement, *, begun: bool) -> None:
        """Show all rows that were found. `begun` is True if the first of them are shown already."""
        ...

    def came_to_rest(self) -> None:
        """Go on: the list shows the latest rows, words and order."""
        ...

    def run_worker(self, work: Awaitable[None], *, group: str, exclusive: bool) -> object:
        """Run work in the background; work of the same group that still runs is cancelled."""
        ...


class PausableWork(Generic[T]):
    """Work that can be paused and continued, and its result. `early` is the part of it that came before the end."""

    def __init__(self, steps: Generator[T | None, None, T]) -> None:
        self._steps = steps
        self.result: T | None = None
        self.early: T | None = None

    def advance(self, seconds: float) -> bool:
        """Work for about `seconds`. Return True if the work is finished."""
        until = perf_counter() + seconds
        try:
            while True:
                self.early = next(self._steps) or self.early
                if perf_counter() > until:
                    return False
        except StopIteration as end:
            self.result = end.value
            return True

    def take_early(self) -> T | None:
        """Return what came before the end, once; None if nothing did."""
        early, self.early = self.early, None
        return early


class _Arranging(NamedTuple):
    """Arranging that is not finished, and the rows that it arranges."""

    rows: Rows[Any]
    view: View[Any]
    work: PausableWork[Arrangement]


class RowArranger(Generic[R]):
    """Arranges the newest rows for a list, again and again."""

    def __init__(self, of: ArrangedList, rows: Rows[R]) -> None:
        self._list = of
        self.newest = rows
        """The rows as they were given last."""
        self.shown = rows
        """The rows of which the list shows some: the newest, or those before until the newest are arranged."""
        self.filling = False
        """True while more rows are on their way. The texts for the filter are prepared afterwards."""
        self._under_way: _Arranging | None = None
        self._shown_early: _Arranging | None = None
        """The arranging of which the first rows were shown before the end."""
        self._stale = False
        """True if newer rows came while the rows were being arranged."""
        self._quiet = asyncio.Event()
        self._quiet.set()

    @property
    def under_way(self) -> object | None:
        """The arranging that is not finished, to be compared; None if the list is at rest."""
        return self._under_way

    async def settled(self) -> None:
        """Wait until the list shows the latest rows, words and order."""
        await self._quiet.wait()

    def arrange(self) -> None:
        """Arrange the rows for the present words and order. Arranging for older ones is dropped."""
        self._stale = False
        view = self._list.view()
        arranging = _Arranging(self.newest, view, PausableWork(self.newest.arrange(view)))
        self._under_way = arranging
        if arranging.work.advance(AT_ONCE if self._list.is_attached else inf):
            self._finished(arranging)
        else:
            self._quiet.clear()
            self._show_early(arranging)
            self._list.run_worker(self._finish(arranging), group="arrange", exclusive=True)

    def renew(self) -> None:
        """Arrange the rows for new data. Arranging under way is finished first, so that frequent changes show."""
        if self._under_way is None:
            self.arrange()
        else:
            self._stale = True

    async def _finish(self, arranging: _Arranging) -> None:
        """Arrange in slices. Newer rows, words or another order end it, also if it has not begun by then."""
        while arranging is self._under_way:
            if arranging.work.advance(SLICE):
                self._finished(arranging)
                return
            self._show_early(arranging)
            await asyncio.sleep(REST)

    def _show_early(self, arranging: _Arranging) -> None:
        early = arranging.work.take_early()
        if early is not None and self._list.may_show_first(arranging.rows, early, arranging.view):
            self.shown = arranging.rows
            self._list.show_first(arranging.rows, early)
            self._shown_early = arranging

    def _finished(self, arranging: _Arranging) -> None:
        arrangement = arranging.work.result
        if arrangement is None:
            return
        self._under_way = None
        self.shown = arranging.rows
        self._list.show_all(arranging.rows, arrangement, begun=self._shown_early is arranging)
        if self._stale:
            self.arrange()
            return
        self._list.came_to_rest()
        self._quiet.set()
        if self._list.is_attached and not self.filling and not self.shown.prepared:
            self._list.run_worker(self._prepare(self.shown), group="prepare", exclusive=True)

    async def _prepare(self, rows: Rows[R]) -> None:
        """Prepare the texts for the filter in slices, until other rows are shown or arranged."""
        preparing = PausableWork(rows.prepare())
        while not preparing.advance(SLICE):
            await asyncio.sleep(REST)
            if rows is not self.shown or self._under_way is not None:
                return
