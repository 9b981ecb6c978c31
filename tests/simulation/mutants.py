"""The engine, broken on purpose: what the simulation must catch, or it proves nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from core.errors import BookClosed
from core.push import duplicate_check, engine, push_driver, step_runner
from core.push.caretaker import Archiver
from core.push.live_push import LivePush
from core.push.ports import Applied, Filed, NotSent, Outcome, Request
from core.push.records import DuplicateCheck, Push, Record, StepRecord
from core.push.states import PushState, StepState
from core.push.team.lease_keeper import LeaseKeeper
from data.book.book_file import BookFile
from data.book.log import Log
from data.vendors import flex
from data.vendors.http import reply
from data.vendors.total_expert import client
from tests.support.team_books import FakeTeamBook, SharedStore

Patch = Callable[[pytest.MonkeyPatch], None]


def no_intent(patch: pytest.MonkeyPatch) -> None:
    """Nothing is written down before the bytes leave."""
    change = LivePush.change

    async def forgetful(self: LivePush, n: int, state: StepState, *rest: Any, **fields: Any) -> None:
        if state is not StepState.INTENT:
            await change(self, n, state, *rest, **fields)
            return
        fields.pop("also", None)
        self.steps[n] = msgspec.structs.replace(self.steps[n], state=state, **fields)

    patch.setattr(LivePush, "change", forgetful)


def no_settle(patch: pytest.MonkeyPatch) -> None:
    """What was lost is looked up at once."""
    patch.setattr(step_runner.StepRunner, "_time_to_settle", lambda self, n, settle: 0.0)


def settle_from_the_first_send(patch: pytest.MonkeyPatch) -> None:
    """The window is counted from the first attempt, not from the last."""
    send = step_runner.StepRunner._send

    async def sent(self: step_runner.StepRunner, n: int, *rest: Any) -> None:
        first = self._live.tried.get(n)
        await send(self, n, *rest)
        if first is not None:
            self._live.tried[n] = first

    patch.setattr(step_runner.StepRunner, "_send", sent)


def retry_on_5xx(patch: pytest.MonkeyPatch) -> None:
    """A server error is taken for proof that nothing was written."""
    classify = reply.outcome_of

    def hopeful(answer: reply.HttpReply, *rest: Any, **named: Any) -> Outcome:
        return NotSent("server-error") if answer.status >= 500 else classify(answer, *rest, **named)

    patch.setattr(reply, "outcome_of", hopeful)


def trust_2xx_without_an_id(patch: pytest.MonkeyPatch) -> None:
    """Any 2xx is taken for success."""
    classify = reply.outcome_of

    def trusting(answer: reply.HttpReply, *rest: Any, **named: Any) -> Outcome:
        found = (answer.json_object() or {}).get("FLEXId", "1-00000")
        return Applied(found) if 200 <= answer.status < 300 else classify(answer, *rest, **named)

    patch.setattr(reply, "outcome_of", trusting)


def new_ref_on_retry(patch: pytest.MonkeyPatch) -> None:
    """Every attempt has a reference of its own."""
    request = LivePush.request

    def fresh(self: LivePush, n: int) -> Request:
        made = request(self, n)
        attempt = self.steps[n].attempts
        if "IntegrationId" not in made.body or not attempt:
            return made
        ref = f"{made.ref}-{attempt}"
        return msgspec.structs.replace(made, ref=ref, body={**made.body, "IntegrationId": ref})

    patch.setattr(LivePush, "request", fresh)


def book_not_asked_again(patch: pytest.MonkeyPatch) -> None:
    """Another push that linked the person meanwhile goes unnoticed."""

    async def never(self: step_runner.StepRunner, n: int, remote: object) -> bool:
        return True

    patch.setattr(step_runner.StepRunner, "_nothing_linked_yet", never)


def no_look_before_the_first_create(patch: pytest.MonkeyPatch) -> None:
    """A second, empty book creates without looking."""

    async def never(self: step_runner.StepRunner, n: int, remote: object) -> bool:
        return True

    patch.setattr(step_runner.StepRunner, "_nothing_there_yet", never)


def same_ref_at_once(patch: pytest.MonkeyPatch) -> None:
    """Two pushes may send one person side by side."""

    def unlocked(self: push_driver.PushDriver, ref: str) -> asyncio.Lock:
        return asyncio.Lock()

    patch.setattr(push_driver.PushDriver, "_lock", unlocked)


def any_id_will_do(patch: pytest.MonkeyPatch) -> None:
    """A reply that speaks of another record is believed."""
    send = flex.Flex.send

    async def believing(self: flex.Flex, request: Request) -> Outcome:
        write = self._wire.write

        async def told(
            method: str,
            path: str,
            body: Mapping[str, Any] | None,
            id_of: reply.IdOf,
            *,
            silent: str | None = None,
            too_new: Container[int] = (),
            seen: Callable[[reply.HttpReply], None] | None = None,
        ) -> Outcome:
            def any_id(content: Mapping[str, Any]) -> str | None:
                return content.get("FLEXId")

            return await write(method, path, body, any_id, silent=silent, too_new=too_new, seen=seen)

        self._wire.write = told  # type: ignore[method-assign]  # this mutant's own
        try:
            return await send(self, request)
        finally:
            self._wire.write = write  # type: ignore[method-assign]  # the one from before

    patch.setattr(flex.Flex, "send", believing)


def a_hit_is_a_success(patch: pytest.MonkeyPatch) -> None:
    """Somebody else whom Total Expert changed is taken for ours."""
    patch.setattr(client, "Diverted", Applied)


def found_by_ref_is_ours(patch: pytest.MonkeyPatch) -> None:
    """Whoever bears our reference is taken for what we made, also who was there before."""

    async def adopt(self: LivePush, n: int, remote_id: str, said: str = "") -> None:
        await self.finish(n, remote_id, "found-after-all", said)

    patch.setattr(LivePush, "divert", adopt)


def no_look_for_many(patch: pytest.MonkeyPatch) -> None:
    """A second, empty book sends many without looking."""

    async def never(self: step_runner.StepRunner, ns: Iterable[int], remote: object) -> None:
        self._looked.update(ns)

    patch.setattr(step_runner.StepRunner, "look_first", never)


def one_look_is_enough(patch: pytest.MonkeyPatch) -> None:
    """What is not found at the first look is sent again."""
    patch.setattr(step_runner, "MISSES_NEEDED", 1)
    patch.setattr(step_runner.StepRunner, "_time_to_settle", lambda self, n, settle: 0.0)


def sends_without_a_book(patch: pytest.MonkeyPatch) -> None:
    """The book refuses, and the push goes on in memory."""
    change = LivePush.change

    async def careless(
        self: LivePush,
        n: int,
        state: StepState,
        code: str,
        *rest: Any,
        by: str = "",
        also: Any = (),
        drop: Any = (),
        **fields: Any,
    ) -> None:
        try:
            await change(self, n, state, code, *rest, by=by, also=also, drop=drop, **fields)
        except BookClosed:
            self._put(n, msgspec.structs.replace(self.steps[n], state=state, **fields))

    patch.setattr(LivePush, "change", careless)


def writes_on_after_a_failure(patch: pytest.MonkeyPatch) -> None:
    """A write that failed leaves the book as writable as it was."""
    fail = Log.fail

    def forgiving(self: Log, *rest: Any) -> BookClosed:
        reason = fail(self, *rest)
        self.read_only = None
        return reason

    patch.setattr(Log, "fail", forgiving)


def looked_at_again_only_in_doubt(patch: pytest.MonkeyPatch) -> None:
    """What was answered well is never looked up again."""
    change = LivePush.change

    async def content(
        self: LivePush, n: int, state: StepState, *rest: Any, also: Any = (), **fields: Any
    ) -> None:
        if state is StepState.INTENT:
            also = [record for record in also if not isinstance(record, DuplicateCheck)]
        await change(self, n, state, *rest, also=also, **fields)

    patch.setattr(LivePush, "change", content)


def looked_at_again_at_once(patch: pytest.MonkeyPatch) -> None:
    """Every pass counts, however soon it comes."""
    patch.setattr(duplicate_check.DuplicateChecker, "_is_due", lambda self, check: True)


def archived_while_looked_up(patch: pytest.MonkeyPatch) -> None:
    """A push leaves the live log although a second record of it may still turn up."""

    async def over(self: Archiver) -> list[str]:
        ids = await self._book.values(StepRecord, "push_id")
        return [push.push_id for push in await self._book.get_many(Push, ids) if push.state is PushState.DONE]

    patch.setattr(Archiver, "_over", over)


def dropped_before_it_is_archived(patch: pytest.MonkeyPatch) -> None:
    """The live log forgets the steps of a push before an archive has them."""
    archive = BookFile.archive

    def late(self: BookFile, *filed: Filed) -> None:
        self.commit(drop=[(type(record), record.key) for one in filed for record in one.records])
        archive(self, *filed)

    patch.setattr(BookFile, "archive", late)


CONTACT_MUTANTS: dict[str, Patch] = {
    mutant.__name__: mutant
    for mutant in (
        a_hit_is_a_success,
        found_by_ref_is_ours,
        no_look_for_many,
        one_look_is_enough,
        no_look_before_the_first_create,
        no_intent,
        no_settle,
        retry_on_5xx,
        sends_without_a_book,
        writes_on_after_a_failure,
    )
}
MUTANTS: dict[str, Patch] = {
    mutant.__name__: mutant
    for mutant in (
        no_intent,
        no_settle,
        settle_from_the_first_send,
        retry_on_5xx,
        trust_2xx_without_an_id,
        new_ref_on_retry,
        book_not_asked_again,
        no_look_before_the_first_create,
        same_ref_at_once,
        any_id_will_do,
        sends_without_a_book,
        writes_on_after_a_failure,
        dropped_before_it_is_archived,
    )
}
TWICE_MUTANTS: dict[str, Patch] = {
    mutant.__name__: mutant
    for mutant in (looked_at_again_only_in_doubt, looked_at_again_at_once, archived_while_looked_up)
}


@contextmanager
def mutated(patch: Patch) -> Iterator[None]:
    """Run with the engine broken in one way."""
    with pytest.MonkeyPatch.context() as monkey:
        patch(monkey)
        yield


def taken_over_is_ready(patch: pytest.MonkeyPatch) -> None:
    """What the last sender of a push left as INTENT is sent at once."""

    async def hopeful(live: LivePush) -> None:
        for n, record in enumerate(live.steps):
            if record.state is StepState.INTENT:
                await live.change(n, StepState.READY, "again")

    patch.setattr(engine, "doubt_interrupted_steps", hopeful)


def commits_without_a_lease(patch: pytest.MonkeyPatch) -> None:
    """Who was taken over writes on."""

    async def unguarded(self: FakeTeamBook, lease: object, *put: Record, drop: Any = ()) -> None:
        await self.commit(*put, drop=drop)

    patch.setattr(FakeTeamBook, "commit_under", unguarded)


def sends_after_its_lease(patch: pytest.MonkeyPatch) -> None:
    """A request leaves although its sender was paused past its lease."""
    patch.setattr(LeaseKeeper, "permit", lambda self, name: lambda seconds: True)


def believes_in_its_lease(patch: pytest.MonkeyPatch) -> None:
    """A lease is counted from the reply, and for ever."""
    patch.setattr(LeaseKeeper, "left", lambda self, name: 1e9)


def one_record_two_senders(patch: pytest.MonkeyPatch) -> None:
    """Two pushes of one person are sent by two senders at once."""
    patch.setattr(SharedStore, "rivals", lambda self, name: {name})


def does_not_read_again(patch: pytest.MonkeyPatch) -> None:
    """Who takes a push over goes on from what was in memory."""

    async def never(self: engine.Engine, live: LivePush) -> None:
        return

    patch.setattr(engine.Engine, "_read_again", never)


TEAM_MUTANTS: dict[str, Patch] = {
    mutant.__name__: mutant
    for mutant in (
        taken_over_is_ready,
        commits_without_a_lease,
        sends_after_its_lease,
        believes_in_its_lease,
        one_record_two_senders,
        does_not_read_again,
    )
}
