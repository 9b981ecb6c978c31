"""One step on its way: READY to INTENT to DONE, and what becomes of it when the reply is anything else.

Follows RELIABILITY's table to the letter. Knows the book and one remote, no other step but those it needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any, Final, TypeVar

from core.errors import Unreachable
from core.push.equality import same_fields
from core.push.live_push import LivePush, gate
from core.push.plan import ALLOW_OTHERS, LOOKED_UP, Asset, Body, Operation, Step, StepKind, fill_ids
from core.push.ports import (
    Applied,
    Book,
    Clock,
    Diverted,
    FreshCheck,
    Lost,
    NotSent,
    Outcome,
    Refused,
    Remote,
    RemoteRecord,
    Request,
    Trace,
)
from core.push.rate_limit import CircuitBreaker
from core.push.records import Link, Unlinked
from core.push.states import StepState

MISSES_NEEDED: Final = 2
"""Two look-ups in a row must find nothing before a lost create is sent again."""
SENDS_A_RUN: Final = 5
LOOKS_A_RUN: Final = 6
LONGEST_WAIT: Final = 120.0
"""Seconds a run waits for a remote's Retry-After; a longer one pauses the push and says until when."""

T = TypeVar("T")


class Paused(Exception):
    """The push can't go on by itself now. Carries the code of the reason."""

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.said = said


class PlanChanged(Exception):
    """Nothing of it is on its way, and the plan would be another one now: it has to be confirmed anew."""


class StepRunner:
    """Runs the steps of one push against their remote until each is settled, stopped, or waits for a person."""

    def __init__(
        self, live: LivePush, book: Book, clock: Clock, random: Random, fresh: FreshCheck | None
    ) -> None:
        self._live = live
        self._book = book
        self._clock = clock
        self._random = random
        self._fresh = fresh
        self._proving = asyncio.Lock()
        self._looked: set[int] = set()
        """The steps whose place at the remote this run has looked at."""

    async def run(
        self,
        n: int,
        remote: Remote,
        breaker: CircuitBreaker,
        may_send: Callable[[], bool],
        *,
        settle: bool,
    ) -> None:
        """Carry step `n` as far as it goes. Raises `Paused`, `PlanChanged`; `BookClosed` when the book fails.

        `may_send` turns false when the operator quits: what is in flight is finished, nothing new is sent.
        Without `settle` a step that becomes UNKNOWN is left so, to be settled with others.
        """
        sends = 0
        while True:
            match self._live.steps[n].state:
                case StepState.READY:
                    if not await self._prepare(n, remote, breaker):
                        return
                    if sends >= SENDS_A_RUN:
                        raise Paused("keeps-failing")
                    if not may_send():
                        raise Paused("quit")
                    sends += 1
                    await self._send(n, remote, breaker, sends)
                case StepState.UNKNOWN if settle and self._stands(n):
                    await self._settle(n, remote)
                case _:
                    return

    async def settle(self, n: int, remote: Remote) -> None:
        """Find out what became of step `n`, and send nothing. Raises `Paused`, `BookClosed`."""
        while self._live.steps[n].state is StepState.UNKNOWN and self._stands(n):
            await self._settle(n, remote)

    async def settle_many(self, ns: Iterable[int], remote: Remote) -> None:
        """Find out what became of many steps, with one look for all that can be looked up. Raises as `settle`."""
        creates: list[int] = []
        for n in ns:
            if self._is_looked_up(n, remote):
                creates.append(n)
            else:
                await self.settle(n, remote)
        if creates:
            await self._linger(max(self._time_to_settle(n, remote.settle) for n in creates))
            await self._look_until_sure(creates, remote)

    async def look_first(self, ns: Iterable[int], remote: Remote) -> None:
        """Before the first send of many steps: which are there already under their refs? Raises `Paused`."""
        asked = [n for n in ns if n not in self._looked and self._is_looked_up(n, remote)]
        if not asked:
            return
        found = await self._found(asked, remote)
        for n in asked:
            if there := found.get(self._live.steps[n].ref):
                await self._take_or_ask(n, there)
            else:
                self._looked.add(n)

    async def prove_fresh(self, *, again: bool = False) -> None:
        """Before the first send of a push: would the same plan be made now? Raises `PlanChanged`, `Paused`.

        `again` asks it although something was sent, or it was asked before.
        """
        live = self._live
        async with self._proving:
            if again or (live.untouched and not live.proved_fresh):
                fresh = self._fresh
                if fresh is not None and not await self._patiently(lambda: fresh.is_fresh(live.plan)):
                    raise PlanChanged
                live.proved_fresh = True

    # -- before anything leaves ------------------------------------------------------------------------

    async def _prepare(self, n: int, remote: Remote, breaker: CircuitBreaker) -> bool:
        """Say whether step `n` is to be sent now; where not, it was moved on or has to wait."""
        live, step = self._live, self._live.plan.steps[n]
        passage = gate(live, n)
        if passage is StepState.BLOCKED:
            await live.change(n, StepState.BLOCKED, "blocked")
        if passage is not StepState.READY:
            return False
        if breaker.is_open:
            raise Paused(breaker.reason)
        await self._linger(breaker.resting)
        await self.prove_fresh(again=live.plan.asset is Asset.MILESTONE and step.kind is StepKind.APPEND)
        if step.kind is StepKind.SET:
            return True
        if step.kind is StepKind.UPDATE:
            return n in self._looked or await self._note_what_is_there(n, remote)
        return await self._nothing_linked_yet(n) and await self._nothing_there_yet(n, remote)

    async def _nothing_linked_yet(self, n: int) -> bool:
        """Before every send of a create: did another push of this book link it meanwhile?"""
        live, step = self._live, self._live.plan.steps[n]
        link = await self._book.get(Link, step.key)
        if link is None:
            return True
        if link.ref == step.ref:
            await live.finish(n, link.remote_id, "linked-already", link.remote_id)
        else:
            theirs = (link.remote_id,)
            await live.change(n, StepState.CONFLICT, "linked-elsewhere", link.remote_id, candidates=theirs)
        return False

    async def _nothing_there_yet(self, n: int, remote: Remote) -> bool:
        """Before a first create: is it there already under this ref? Asked once a run; of an append, each time."""
        step = self._live.plan.steps[n]
        to_be_asked = step.kind is StepKind.APPEND or n not in self._looked
        if to_be_asked and remote.can_look_up(step.entity):
            found = await self._found([n], remote)
            if there := found.get(step.ref):
                await self._take_or_ask(n, there)
                return False
        self._looked.add(n)
        return True

    async def _note_what_is_there(self, n: int, remote: Remote) -> bool:
        """Before an update: hashes of what will be overwritten, to tell a lost reply from a lost request."""
        live, step, record = self._live, self._live.plan.steps[n], self._live.steps[n]
        body = fill_ids(step.body, live.ids)
        held = await self._patiently(lambda: remote.read(self._request(n)))
        if held is None:
            await live.change(n, StepState.REFUSED, "record-gone", step.remote_id or "")
            return False
        if same_fields(body, held.fields):
            await live.finish(n, held.remote_id, "there-already")
            return False
        if step.operation is Operation.WRITE_BACK and not record.forced:
            others = tuple(
                str(value) for name in step.identity if (value := held.fields.get(name)) not in (None, "")
            )
            if others:
                await live.change(
                    n, StepState.CONFLICT, "source-says-otherwise", ", ".join(others), candidates=others
                )
                return False
        await live.note(n, "noted", before=self._hashes(held.fields, body))
        self._looked.add(n)
        return True

    # -- sending ---------------------------------------------------------------------------------------

    async def _send(self, n: int, remote: Remote, breaker: CircuitBreaker, sends: int) -> None:
        live = self._live
        request = self._request(n)
        attempt = live.steps[n].attempts + 1
        await live.change(
            n,
            StepState.INTENT,
            "intent",
            attempts=attempt,
            sent_at=self._clock.now(),
            sent=self._hashes(request.body, request.body),
            also=[live.audit(n, attempt)] if self._is_looked_up(n, remote) else [],
        )
        try:
            outcome: Outcome = await remote.send(request)
        except asyncio.CancelledError:
            live.tried[n] = self._now()
            await live.doubt(n, "cancelled", "the desk stopped waiting")
            raise
        live.tried[n] = self._now()
        match outcome:
            case Applied(remote_id=remote_id, trace=trace) if live.is_anothers(n, remote_id):
                breaker.failed("other-record")
                await live.doubt(n, "other-record", _line(trace))
            case Applied(remote_id=remote_id, trace=trace):
                breaker.succeeded()
                await live.finish(n, remote_id, "applied", _line(trace))
            case Diverted(remote_id=remote_id, trace=trace):
                breaker.succeeded()
                await live.divert(n, remote_id, _line(trace))
            case Refused(code=code, detail=detail, closes=closes, trace=trace):
                if closes:
                    breaker.trip(code)
                else:
                    breaker.succeeded()
                await live.change(n, StepState.REFUSED, code, _line(trace), detail=detail)
            case Lost(code=code, detail=detail, trace=trace):
                breaker.failed(code)
                await live.doubt(n, code, _line(trace), detail=detail)
            case NotSent():
                await live.change(n, StepState.READY, outcome.code, _line(outcome.trace))
                await self._wait_to_send_again(outcome, breaker, sends)

    async def _wait_to_send_again(self, said: NotSent, breaker: CircuitBreaker, sends: int) -> None:
        """Wait as the remote asked, or as patience has it. Raises `Paused` where waiting is of no use."""
        asked, limited = said.retry_after, said.code == "rate-limited"
        if not limited:
            breaker.failed(said.code)
        if said.hopeless:
            raise Paused(said.code)
        if asked is not None and asked > LONGEST_WAIT:
            raise Paused(said.code, f"asked to wait {asked:.0f} s")
        if sends >= SENDS_A_RUN or breaker.is_open:
            raise Paused(said.code)
        wait = self._backoff(sends) if asked is None else asked + self._random.random()
        if limited:
            breaker.rest(wait)  # whoever sends there next waits too
        await self._linger(wait)

    # -- settling --------------------------------------------------------------------------------------

    async def _settle(self, n: int, remote: Remote) -> None:
        """Find out what became of a step nobody can vouch for, once it had time to turn up."""
        live, step = self._live, self._live.plan.steps[n]
        if step.kind in LOOKED_UP and not remote.can_look_up(step.entity):
            await live.change(n, StepState.NEEDS_YOU, "cannot-look-up")
            return
        await self._linger(self._time_to_settle(n, remote.settle))
        if step.kind is StepKind.SET:
            await live.change(n, StepState.READY, "again")
        elif step.kind is StepKind.UPDATE:
            await self._read_back(n, remote)
        else:
            await self._look_until_sure([n], remote)

    async def _look_until_sure(self, ns: Sequence[int], remote: Remote) -> None:
        live, left = self._live, list(ns)
        for miss in range(1, MISSES_NEEDED + 1):
            found, looked = await self._found(left, remote), left
            left = []
            for n in looked:
                if there := found.get(live.steps[n].ref):
                    await self._take(n, there, "found-after-all")
                else:
                    await live.note(n, "not-there-yet")
                    left.append(n)
            if not left:
                return
            if miss < MISSES_NEEDED:
                await self._linger(remote.recheck)
        for n in left:
            self._looked.add(n)
            await live.change(n, StepState.READY, "not-there")

    def _stands(self, n: int) -> bool:
        """Say whether all is there that a step's body names by id; a step in doubt waits for it too."""
        return gate(self._live, n) is StepState.READY

    def _is_looked_up(self, n: int, remote: Remote) -> bool:
        step = self._live.plan.steps[n]
        return step.kind in LOOKED_UP and remote.can_look_up(step.entity)

    async def _found(self, ns: Sequence[int], remote: Remote) -> Mapping[str, Sequence[RemoteRecord]]:
        """Give what is there under the refs of some steps; of those that may stand beside others, ours alone."""
        live = self._live
        found = await self._patiently(lambda: remote.look_up([self._request(n) for n in ns]))
        alone = {live.steps[n].ref for n in ns if live.steps[n].forced or ALLOW_OTHERS in live.plan.overrides}
        return {
            ref: [record for record in there if ref not in alone or record.ref == ref]
            for ref, there in found.items()
        }

    async def _read_back(self, n: int, remote: Remote) -> None:
        live, record = self._live, self._live.steps[n]
        request = self._request(n)
        held = await self._patiently(lambda: remote.read(request))
        if held is None:
            await live.change(n, StepState.NEEDS_YOU, "record-gone")
        elif same_fields(request.body, held.fields):
            await live.finish(n, held.remote_id, "read-back")
        elif record.before == self._hashes(held.fields, request.body):
            self._looked.add(n)
            await live.change(n, StepState.READY, "as-it-was")
        else:
            await live.change(n, StepState.NEEDS_YOU, "changed-meanwhile")

    async def _take_or_ask(self, n: int, found: Sequence[RemoteRecord]) -> None:
        """Adopt what is there already; where a person had unlinked it, ask instead."""
        step = self._live.plan.steps[n]
        if await self._book.get(Unlinked, step.key):
            ids = tuple(record.remote_id for record in found)
            await self._live.change(n, StepState.CONFLICT, "unlinked-before", ", ".join(ids), candidates=ids)
        else:
            await self._take(n, found, "found-by-ref")

    async def _take(self, n: int, found: Sequence[RemoteRecord], code: str) -> None:
        """Adopt the one record found under the ref; where it is not the one or there are more, choose nothing."""
        live, step = self._live, self._live.plan.steps[n]
        ours = [record for record in found if record.ref == step.ref]
        ids = tuple(record.remote_id for record in ours or found)
        if not ours:
            await live.change(n, StepState.CONFLICT, "one-from-elsewhere", ", ".join(ids), candidates=ids)
        elif len(ours) > 1:
            await live.change(n, StepState.CONFLICT, "several-found", ", ".join(ids), candidates=ids)
        elif ids[0] in step.others:
            await live.divert(n, ids[0], ids[0])
        elif not same_fields(step.body, ours[0].fields, step.identity):
            await live.change(n, StepState.CONFLICT, "found-differs", ids[0], candidates=ids)
        else:
            await live.finish(n, ids[0], code, ids[0])

    # -- small things ----------------------------------------------------------------------------------

    def _time_to_settle(self, n: int, settle: float) -> float:
        """Give the seconds still to wait, from the last attempt of this process.

        After a restart the whole window is waited for again: the wall clock may have been set meanwhile.
        """
        return self._live.tried.setdefault(n, self._now()) + settle - self._now()

    async def _linger(self, seconds: float) -> None:
        """Wait, unless a person decides meanwhile; then `Paused`, so that the decision can be carried out."""
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._live.called.wait(), seconds)
        if self._live.called.is_set():
            raise Paused("decided")

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask the remote, again and again for a while when it can't be reached; then `Paused`."""
        for attempt in range(1, LOOKS_A_RUN + 1):
            try:
                return await ask()
            except Unreachable as error:
                if attempt == LOOKS_A_RUN:
                    raise Paused(error.code, error.message) from error
            await self._linger(self._backoff(attempt))
        raise AssertionError  # the loop returns or raises

    def _request(self, n: int) -> Request:
        step: Step = self._live.plan.steps[n]
        ids = self._live.ids
        return Request(
            ref=step.ref,
            entity=step.entity,
            operation=step.operation,
            body=fill_ids(step.body, ids),
            remote_id=step.remote_id,
            parent=ids.get(step.parent, step.parent) if step.parent else None,
        )

    def _hashes(self, source: Mapping[str, Any], names: Body) -> dict[str, str]:
        return {name: self._book.keyed_hash(name, source.get(name)) for name in names}

    def _backoff(self, attempt: int) -> float:
        return float(min(30.0, 0.5 * 2 ** (attempt - 1)) * (0.5 + self._random.random()))

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _line(trace: Trace) -> str:
    return " → ".join(part for part in (trace.request, trace.reply) if part)
