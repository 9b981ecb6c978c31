"""Pushes new users by itself for as long as the desk is open: every few minutes, with growing waits after a failure.

It starts from now: the users who are new at the first look are pushed only if a person says so, and the answer is kept
as a standing order. A failure never ends it silently: each is an event, with the time of the next try. A failure that a
person has to mend ends it, and says so. Knows no screen.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from random import Random
from typing import Final, TypeAlias

from msgspec import Struct

from core.automatic.backoff import ASKS_A_PERSON, NEEDS_A_WORD, Backoff, RetryTimer, WaitingSend
from core.automatic.brake import Brake
from core.automatic.records import AutomaticWork
from core.automatic.standing_orders import StandingOrders, rule_of
from core.contacts.sync.plan import SUBJECT
from core.contacts.sync.use_cases import NewUsers, SyncUseCases
from core.errors import BookClosed, DeskError
from core.push.engine import Engine
from core.push.ports import Clock
from core.push.records import Push
from core.push.states import PushState

NEW_USERS_EVERY: Final = 300.0
"""Seconds between two looks for new users."""
NEW_USERS: Final = "new users"
"""What waits, in words."""


class NewUsersBegun(Struct, frozen=True):
    """The push of new users was begun. Whoever hears of it runs it."""

    push: Push


class NewUsersAsked(Struct, frozen=True):
    """There are `number` new users before the first automatic push. `AutoPush.answer` says what becomes of them."""

    number: int


class NewUsersWait(Struct, frozen=True):
    """New users can't be looked for or pushed now. `waiting` says when they are tried again."""

    error: DeskError
    waiting: WaitingSend


class NewUsersNeedPerson(Struct, frozen=True):
    """The last sync needs a person, so new users wait until that is decided."""

    push: Push


class NewUsersNeedWord(Struct, frozen=True):
    """New users wait for a person's word: there are too many at once, or a system gave fewer records than before."""

    error: DeskError


class NewUsersStopped(Struct, frozen=True):
    """New users are not pushed any more until a person has mended what `error` says."""

    error: DeskError


class NewUsersAfterFirstSync(Struct, frozen=True):
    """New users are pushed by themselves only after the first sync, which a person confirms."""


AutoPushEvent: TypeAlias = (
    NewUsersAfterFirstSync
    | NewUsersAsked
    | NewUsersBegun
    | NewUsersWait
    | NewUsersNeedPerson
    | NewUsersNeedWord
    | NewUsersStopped
)


class AutoPush:
    """Looks for new users and begins their push, in a profile with `auto_push`."""

    def __init__(
        self,
        syncs: SyncUseCases,
        engine: Engine,
        orders: StandingOrders,
        brake: Brake,
        clock: Clock,
        random: Random,
        backoff: Backoff | None = None,
    ) -> None:
        self._syncs = syncs
        self._engine = engine
        self._orders = orders
        self._brake = brake
        self._asked: NewUsers | None = None
        self._answered = asyncio.Event()
        self._hurried = asyncio.Event()
        self._timer = RetryTimer(clock, random, backoff)
        self._code = ""
        self._asked_about = ""
        self._told_of_first = False
        self._confirmed = frozenset[str]()
        """The users that a person was asked about, with their number, and let go."""
        self._word = ""
        """What waits for a person's word, as it was said last."""

    @property
    def waiting(self) -> WaitingSend | None:
        """How new users wait after a failure; None if they do not."""
        return self._timer.waiting(NEW_USERS, self._code) if self._code else None

    async def run(self) -> AsyncIterator[AutoPushEvent]:
        """Push new users until the desk closes. Yield what a person should hear of; the same failure once."""
        while True:
            seconds = NEW_USERS_EVERY
            try:
                push = await self._look()
            except DeskError as error:
                event, seconds = self._failed(error)
                if event is not None:
                    yield event
                if isinstance(event, NewUsersStopped):
                    return
            else:
                self._timer.succeeded()
                self._code = self._word = ""
                if self._asked is not None:
                    yield NewUsersAsked(len(self._asked.ids))
                    await self._answered.wait()
                    seconds = 0.0
                elif push is not None:
                    yield NewUsersBegun(push)
                elif not self._told_of_first and await self._syncs.first_sync() is None:
                    self._told_of_first = True
                    yield NewUsersAfterFirstSync()
                elif (blocked := self._blocked()) is not None:
                    yield NewUsersNeedPerson(blocked)
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._hurried.wait()
            self._hurried.clear()

    def hurry(self) -> None:
        """Look again now instead of later. A look that runs goes on, and another one follows."""
        self._hurried.set()

    def _failed(self, error: DeskError) -> tuple[AutoPushEvent | None, float]:
        """Return what a person should hear of a look that failed, and the seconds until the next one."""
        before, self._code = self._code, ""
        if isinstance(error, BookClosed) or error.code in ASKS_A_PERSON:
            return NewUsersStopped(error), 0.0
        if error.code in NEEDS_A_WORD:
            self._timer.succeeded()
            is_news, self._word = error.message != self._word, error.message
            return NewUsersNeedWord(error) if is_news else None, NEW_USERS_EVERY
        self._code = error.code
        seconds = self._timer.failed()
        is_news = error.code != before
        return NewUsersWait(error, self._timer.waiting(NEW_USERS, error.code)) if is_news else None, seconds

    async def answer(self, *, takes_them: bool) -> None:
        """Give the standing order: the users that were asked about are pushed too, or left. Raises `BookClosed`."""
        if (asked := self._asked) is None:
            return
        if takes_them:
            self._confirmed = frozenset(asked.ids)
            await self._orders.take_backlog(AutomaticWork.NEW_USERS)
        else:
            await self._orders.give(AutomaticWork.NEW_USERS, left=asked.ids)
        self._asked = None
        self._answered.set()

    async def _look(self) -> Push | None:
        """Begin the push of new users, and return the push. Before the first push `_asked` gets who are new so far.

        Raises `DeskError` (many-at-once; fewer-records) if all of them wait for a person's word.
        """
        order = await self._orders.of(AutomaticWork.NEW_USERS)
        if self._engine.active(SUBJECT):
            return None
        found = await self._syncs.look_for_new_users(order.left if order is not None else ())
        if found is None:
            return None
        if order is None and found.ids:
            self._asked = found
            self._answered.clear()
            return None
        order = order or await self._orders.give(AutomaticWork.NEW_USERS)
        verdict = await self._brake.judge(AutomaticWork.NEW_USERS, found.ids, self._confirmed)
        await self._brake.keep(verdict)
        if verdict.waits and not verdict.go:
            raise verdict.error
        chosen, rule = found.only(verdict.go), verdict.rule_of_all(rule_of(order, verdict.local))
        push = await self._syncs.push_new_users(self._engine, chosen, rule)
        if push is not None:
            await self._brake.begun(AutomaticWork.NEW_USERS, len(verdict.unasked))
        return push

    def _blocked(self) -> Push | None:
        """Return the sync that waits for a person, unless it was returned before."""
        active = self._engine.active(SUBJECT)
        if active is None or active.push.state is not PushState.NEEDS_YOU:
            return None
        if active.push.push_id == self._asked_about:
            return None
        self._asked_about = active.push.push_id
        return active.push
