"""Carries one step to its remote system: looks it up, sends it, and settles a reply of unknown outcome.

Follows docs/protocol.md, "Step kinds", "INTENT", "Outcomes" and "Settling". Knows the book and one remote, and no other
steps than those that a step needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any, Final, TypeVar

from core.compare.equal_forms import is_each_equal, is_equal, kind_of
from core.compare.ids import is_id
from core.errors import BookClosed, DeskError, Unreachable
from core.in_order import in_slices
from core.push.equality import same_fields
from core.push.live_push import LivePush, Paused, PlanChanged, check_needs
from core.push.plan import ALLOW_OTHERS, LOOKED_UP, Asset, Body, Entity, Operation, StepKind, fill_ids
from core.push.ports import (
    LEASE_ENDED,
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
    ReplacedKeeper,
    Request,
    StepGuard,
    Trace,
)
from core.push.rate_limit import CircuitBreaker
from core.push.records import Link, Unlinked
from core.push.states import CHANGED_NOTHING, StepState, WriteOutcome
from core.push.team.lease_keeper import SEND_PERMIT, LeaseKeeper
from core.stop import STOPPED
from core.texts import without_lone_surrogates

MISSES_NEEDED: Final = 2
"""The number of look-ups in a row that must find nothing before a lost create is sent again."""
SENDS_A_RUN: Final = 5
"""How often one run sends a step at most."""
LOOKS_A_RUN: Final = 6
"""How often a look-up is tried while the system can't be reached."""
LONGEST_WAIT: Final = 120.0
"""The longest Retry-After, in seconds, that a run waits for. A longer one pauses the push."""

T = TypeVar("T")


class StepRunner:
    """Runs the steps of one push until each is settled, stopped, or waits for a person.

    `fresh` says whether the same plan would be made now; `keeper` keeps what an update replaces;
    `guard` may stop a step before each send.
    """

    def __init__(
        self,
        live: LivePush,
        book: Book,
        leases: LeaseKeeper,
        clock: Clock,
        random: Random,
        fresh: FreshCheck | None,
        keeper: ReplacedKeeper | None = None,
        guard: StepGuard | None = None,
    ) -> None:
        self._live = live
        self._book = book
        self._leases = leases
        self._clock = clock
        self._random = random
        self._fresh = fresh
        self._keeper = keeper
        self._guard = guard
        self._proving = asyncio.Lock()
        self._keeping = asyncio.Lock()
        self._looked: set[int] = set()
        """The steps that this run has looked up or read and may send without another look."""
        self._denied: set[int] = set()
        """The steps that this run has sent and a reply denied. They are looked up before they are sent again."""

    async def run(self, n: int, remote: Remote, breaker: CircuitBreaker, held: Callable[[], str]) -> None:
        """Send step `n`, and settle it, as far as it goes.

        `held` returns the code why nothing new is sent now, or "": the operator quits, or a person stopped all sending.
        A request in flight is finished.
        Raises `Paused`, `PlanChanged`, `BookClosed`.
        """
        sends = 0
        while True:
            sends = await self._send_while_ready(n, remote, breaker, held, sends)
            if n in self._denied:
                await self.look_first([n], remote)
            elif self._can_settle(n):
                await self._settle(n, remote)
            else:
                return

    async def send(self, n: int, remote: Remote, breaker: CircuitBreaker, held: Callable[[], str]) -> None:
        """Send step `n` once or more often. Parameters and errors as `run`.

        Leave a step that becomes UNKNOWN to `settle_many`, and a step that a reply denied to `look_first`.
        """
        await self._send_while_ready(n, remote, breaker, held, 0)

    async def settle(self, n: int, remote: Remote) -> None:
        """Find out what became of step `n`, and send nothing. Raises `Paused`, `BookClosed`."""
        while self._can_settle(n):
            await self._settle(n, remote)

    async def settle_many(self, ns: Iterable[int], remote: Remote) -> None:
        """Find out what became of many steps, with one look-up for all that can be looked up. Raises as `settle`.

        A step that another push has settled meanwhile is left alone.
        """
        to_look_up: list[int] = []
        for n in filter(self._can_settle, ns):
            if self._is_looked_up(n, remote):
                to_look_up.append(n)
            else:
                await self.settle(n, remote)
        if to_look_up:
            await self._wait(max(self._time_to_settle(n, remote.settle) for n in to_look_up))
            await self._look_until_sure(to_look_up, remote)

    async def look_first(self, ns: Iterable[int], remote: Remote) -> None:
        """Look up many steps before they are sent, and adopt the records that are there. Raises `Paused`.

        Those are the steps that this run has not looked up yet, and those that a reply denied.
        """
        looked_up = in_slices(n for n in ns if n not in self._looked)
        asked = [n async for n in looked_up if self._is_looked_up(n, remote)]
        if not asked or self._live.plan_is_gone:
            return
        found = await self._look_up(asked, remote)
        async for n in in_slices(asked):
            records = found.get(self._live.steps[n].ref)
            if records and n in self._denied:
                await self._adopt(n, records, "found-after-all")
            elif records:
                await self._adopt_or_ask(n, records)
            else:
                self._looked.add(n)
            self._denied.discard(n)

    async def prove_fresh(self, *, again: bool = False) -> None:
        """Before the first send of a push: would the same plan be made now? Raises `PlanChanged`, `Paused`.

        `again` asks it although something was sent, or it was asked before.
        """
        live = self._live
        if live.plan_is_gone:
            return
        async with self._proving:
            if again or (live.untouched and not live.proved_fresh):
                fresh = self._fresh
                if fresh is not None and not await self._ask(lambda: fresh.is_fresh(live.plan)):
                    raise PlanChanged
                live.proved_fresh = True

    # -- before sending --------------------------------------------------------------------------------

    async def _send_while_ready(
        self, n: int, remote: Remote, breaker: CircuitBreaker, held: Callable[[], str], sends: int
    ) -> int:
        """Send step `n` until it is no longer READY, has to wait, or is to be looked up again.

        Return `sends` plus the number of sends.
        """
        while self._may_be_sent(n) and await self._prepare(n, remote, breaker):
            if sends >= SENDS_A_RUN:
                raise Paused("keeps-failing")
            if reason := held():
                raise Paused(reason)
            sends += 1
            await self._send(n, remote, breaker, sends)
        return sends

    def _may_be_sent(self, n: int) -> bool:
        return self._live.steps[n].state is StepState.READY and n not in self._denied

    async def _prepare(self, n: int, remote: Remote, breaker: CircuitBreaker) -> bool:
        """Return True if step `n` is to be sent now; False if it has another state now or has to wait."""
        live, step = self._live, self._live.step(n)
        if live.plan_is_gone:
            await live.change(n, StepState.REFUSED, "plan-gone")
            return False
        needs = check_needs(live, n)
        if needs is StepState.BLOCKED:
            await live.change(n, StepState.BLOCKED, "blocked")
        if needs is not StepState.READY:
            return False
        if reason := breaker.admit():
            raise Paused(reason, breaker.last_failure)
        await self._wait(breaker.resting)
        await self.prove_fresh(again=live.plan.asset is Asset.MILESTONE and step.kind is StepKind.APPEND)
        return await self._has_to_be_sent(n, remote) and await self._may_go(n)

    async def _has_to_be_sent(self, n: int, remote: Remote) -> bool:
        """Return False if the book or the remote has made step `n` unnecessary, or doubtful."""
        match self._live.step(n).kind:
            case StepKind.SET:
                return True
            case StepKind.UPDATE:
                return n in self._looked or await self._note_what_is_there(n, remote)
            case StepKind.CREATE | StepKind.APPEND:
                return await self._nothing_linked_yet(n, remote) and await self._nothing_there_yet(n, remote)

    async def _may_go(self, n: int) -> bool:
        """Ask the guard, last of all. Refuse a step that must not be sent; raise `Paused` for one that waits."""
        live, guard = self._live, self._guard
        if guard is None:
            return True
        stop = await self._ask(lambda: guard.stop(live.plan, live.step(n)))
        if stop is None:
            return True
        if stop.waits:
            raise Paused(stop.code, stop.why)
        await live.change(n, StepState.REFUSED, stop.code, detail=stop.why)
        return False

    async def _nothing_linked_yet(self, n: int, remote: Remote) -> bool:
        """Ask the book before a create. If another push made the link meanwhile, adopt it and return False.

        The record of that link is looked up, because it may hold other values than this step would send.
        """
        live, step = self._live, self._live.step(n)
        link = await self._book.get(Link, step.key)
        if link is None:
            return True
        if link.ref == step.ref:
            look = step.holds and remote.can_look_up(step.entity)
            found = (await self._look_up([n], remote)).get(step.ref) if look else ()
            if found:
                await self._adopt(n, found, "linked-already")
            else:
                await live.finish(n, link.remote_id, "linked-already", link.remote_id)
        else:
            await self._conflict(n, "linked-elsewhere", (link.remote_id,))
        return False

    async def _nothing_there_yet(self, n: int, remote: Remote) -> bool:
        """Look a create up once a run, an append before every send. If a record is there, take it; return False."""
        step = self._live.step(n)
        to_be_asked = step.kind is StepKind.APPEND or n not in self._looked
        if to_be_asked and remote.can_look_up(step.entity):
            found = await self._look_up([n], remote)
            if records := found.get(step.ref):
                await self._adopt_or_ask(n, records)
                return False
        self._looked.add(n)
        return True

    async def _note_what_is_there(self, n: int, remote: Remote) -> bool:
        """Note keyed hashes of what an update will overwrite. They tell a lost reply from a lost request later.

        Return False if the update is not to be sent.
        """
        live, step = self._live, self._live.step(n)
        body = fill_ids(step.body, live.ids)
        record = await self._ask(lambda: remote.read(self._live.request(n)))
        if record is None:
            await live.change(n, StepState.REFUSED, "record-gone", step.remote_id or "")
            return False
        if same_fields(body, record.fields):
            await live.finish(n, record.remote_id, "there-already")
            return False
        if others := self._other_ids(n, record):
            await self._conflict(n, "source-says-otherwise", others)
            return False
        if not self._is_as_seen(n, record, body):
            await self._conflict(n, "record-changed", (record.remote_id,))
            return False
        if self._keeper is not None and step.operation is Operation.UPDATE:
            async with self._keeping:
                await self._keeper.keep(live.push.push_id, step, body, record.fields)
        await live.note(n, "noted", before=self._hashes(record.fields, body))
        self._looked.add(n)
        return True

    def _other_ids(self, n: int, record: RemoteRecord) -> tuple[str, ...]:
        """Return the ids that a write-back would replace, unless a person saw them or chose to overwrite them."""
        step = self._live.step(n)
        if step.operation is not Operation.WRITE_BACK or self._live.steps[n].forced:
            return ()
        values = {name: record.fields.get(name) for name in step.identity}
        return tuple(
            str(value)
            for name, value in values.items()
            if value not in (None, "") and not is_equal(kind_of(name), step.seen.get(name), value)
        )

    def _is_as_seen(self, n: int, record: RemoteRecord, body: Body) -> bool:
        """Return True if a record holds in each field of `Step.seen` what a person saw, or what the step writes.

        A write-back compares its own fields in `_other_ids`. A person can choose to overwrite what is there.
        """
        step = self._live.step(n)
        if step.operation is Operation.WRITE_BACK or self._live.steps[n].forced:
            return True
        return all(
            is_each_equal(step.seen, record.fields, (name,))
            or (name in body and is_each_equal(body, record.fields, (name,)))
            for name in step.seen
        )

    # -- sending ---------------------------------------------------------------------------------------

    async def _send(self, n: int, remote: Remote, breaker: CircuitBreaker, sends: int) -> None:
        """Send step `n` once, after its INTENT is durable. `sends` is the number of sends of this run.

        The lease is renewed before, and the connection asks for it once more when the turn of the request comes.
        """
        live, name = self._live, self._live.push.push_id
        request = self._live.request(n)
        await self._leases.ensure(name)
        await self._write_intent(n, request, remote)
        permit = SEND_PERMIT.set(self._leases.permit(name))
        try:
            outcome = await remote.send(request)
        except asyncio.CancelledError:
            live.tried[n] = self._now()
            await live.doubt(n, "cancelled", "brokerdesk stopped waiting")
            raise
        finally:
            SEND_PERMIT.reset(permit)
        live.tried[n] = self._now()
        await self._take_outcome(n, outcome, remote, breaker)
        if isinstance(outcome, NotSent):
            if outcome.denied and self._is_looked_up(n, remote):
                self._looked.discard(n)
                self._denied.add(n)
            await self._wait_to_send_again(outcome, breaker, sends)

    async def _write_intent(self, n: int, request: Request, remote: Remote) -> None:
        """Make the INTENT durable, with keyed hashes of what is sent and with the duplicate check of the attempt."""
        live = self._live
        attempt = live.steps[n].attempts + 1
        await live.change(
            n,
            StepState.INTENT,
            "intent",
            attempts=attempt,
            sent_at=self._clock.now(),
            sent=self._hashes(request.body, request.body),
            request_id="",
            outcome=None,
            also=[live.duplicate_check(n, attempt)] if self._is_looked_up(n, remote) else [],
        )

    async def _take_outcome(self, n: int, outcome: Outcome, remote: Remote, breaker: CircuitBreaker) -> None:
        """Move step `n` to the state that follows from what a send led to: docs/protocol.md, "Outcomes"."""
        live, said, request_id = self._live, _line(outcome.trace), outcome.trace.request_id
        reached = live.steps[n].reached
        match outcome:
            case Applied(remote_id=remote_id) if live.is_made_by_another_step(n, remote_id):
                breaker.failed("other-record")
                await live.doubt(n, "other-record", said, request_id=request_id)
            case Applied(outcome=WriteOutcome.EXISTING) if self._is_looked_up(n, remote):
                breaker.succeeded()  # the record is looked up and compared: its values may be others
                await live.doubt(
                    n, "existing", said, request_id=request_id, outcome=outcome.outcome, reached=reached
                )
            case Applied(remote_id=remote_id):
                breaker.succeeded()
                reached = reached or outcome.outcome not in CHANGED_NOTHING
                await live.finish(
                    n,
                    remote_id,
                    "applied",
                    said,
                    request_id=request_id,
                    outcome=outcome.outcome,
                    reached=reached,
                )
            case Diverted(remote_id=remote_id):
                breaker.succeeded()
                await live.divert(n, remote_id, said)
            case Refused(code=code, detail=detail, closes=closes):
                if closes:
                    breaker.trip(code)
                else:
                    breaker.succeeded()
                await live.change(n, StepState.REFUSED, code, said, detail=detail, request_id=request_id)
            case Lost(code=code, detail=detail):
                breaker.failed(code)
                await live.doubt(n, code, said, detail=detail, request_id=request_id)
            case NotSent(code=code, denied=denied):
                reached = reached or (denied and self._is_looked_up(n, remote))
                await live.change(n, StepState.READY, code, said, request_id=request_id, reached=reached)

    async def _wait_to_send_again(self, outcome: NotSent, breaker: CircuitBreaker, sends: int) -> None:
        """Wait as long as the remote asks, or a growing random time. Raises `Paused` if waiting is of no use."""
        asked, limited = outcome.retry_after, outcome.code == "rate-limited"
        if outcome.code == STOPPED:
            raise Paused(STOPPED)
        if outcome.code == LEASE_ENDED:
            return  # the lease is renewed before the next send
        if not limited:
            breaker.failed(outcome.code)
        if outcome.hopeless:
            raise Paused(outcome.code)
        if asked is not None and asked > LONGEST_WAIT:
            raise Paused(outcome.code, f"asked to wait {asked:.0f} s")
        if sends >= SENDS_A_RUN or breaker.is_open:
            raise Paused(outcome.code)
        wait = self._backoff(sends) if asked is None else asked + self._random.random()
        if limited:
            breaker.rest(wait)  # every later send to this system waits too
        await self._wait(wait)

    # -- settling --------------------------------------------------------------------------------------

    def _can_settle(self, n: int) -> bool:
        """Return True if step `n` is UNKNOWN and the steps that it needs are DONE. A look-up may need their ids."""
        return (
            self._live.steps[n].state is StepState.UNKNOWN and check_needs(self._live, n) is StepState.READY
        )

    async def _settle(self, n: int, remote: Remote) -> None:
        """Find out once what became of an UNKNOWN step, after the settle time: docs/protocol.md, "Settling"."""
        live, step = self._live, self._live.step(n)
        if step.kind in LOOKED_UP and not remote.can_look_up(step.entity):
            code = "share-not-listed" if step.entity is Entity.APP_SHARE else "cannot-look-up"
            await live.change(n, StepState.NEEDS_YOU, code, live.steps[n].detail)
            return
        await self._wait(self._time_to_settle(n, remote.settle))
        match step.kind:
            case StepKind.SET:
                await live.change(n, StepState.READY, "again")
            case StepKind.UPDATE:
                await self._read_back(n, remote)
            case StepKind.CREATE | StepKind.APPEND:
                await self._look_until_sure([n], remote)

    async def _look_until_sure(self, ns: Sequence[int], remote: Remote) -> None:
        """Look steps up until each is found or was missing `MISSES_NEEDED` times. A missing step becomes READY."""
        live, missing = self._live, list(ns)
        for miss in range(1, MISSES_NEEDED + 1):
            found, asked = await self._look_up(missing, remote), missing
            missing = []
            for n in asked:
                if records := found.get(live.steps[n].ref):
                    await self._adopt(n, records, "found-after-all")
                else:
                    await live.note(n, "not-there-yet")
                    missing.append(n)
            if not missing:
                return
            if miss < MISSES_NEEDED:
                await self._wait(remote.recheck)
        for n in missing:
            self._looked.add(n)
            await live.change(n, StepState.READY, "not-there")

    async def _read_back(self, n: int, remote: Remote) -> None:
        """Read the record of an UNKNOWN update, and compare its fields with those sent and those before.

        The old values are compared before the equal forms of what was sent: an update may correct the form alone.
        """
        live = self._live
        request = self._live.request(n)
        record = await self._ask(lambda: remote.read(request))
        if record is None:
            await live.change(n, StepState.NEEDS_YOU, "record-gone")
        elif self._holds_what_was_sent(n, request, record):
            await live.finish(n, record.remote_id, "read-back")
        elif self._holds_what_was_before(n, request, record):
            self._looked.add(n)
            await live.change(n, StepState.READY, "as-it-was")
        elif request.body and is_each_equal(request.body, record.fields):
            await live.finish(n, record.remote_id, "read-back")
        else:
            await live.change(n, StepState.NEEDS_YOU, "changed-meanwhile")

    def _holds_what_was_sent(self, n: int, request: Request, record: RemoteRecord) -> bool:
        """Compare a record with an update. Without the plan only the keyed hashes of what was sent are left."""
        if not self._live.plan_is_gone:
            return same_fields(request.body, record.fields)
        sent = self._live.steps[n].sent
        return bool(sent) and sent == self._hashes(record.fields, sent)

    def _holds_what_was_before(self, n: int, request: Request, record: RemoteRecord) -> bool:
        """Compare a record with the keyed hashes that were noted before an update was sent."""
        before = self._live.steps[n].before
        return bool(before) and before == self._hashes(record.fields, request.body or before)

    # -- records that are there ------------------------------------------------------------------------

    def _is_looked_up(self, n: int, remote: Remote) -> bool:
        step = self._live.step(n)
        return step.kind in LOOKED_UP and remote.can_look_up(step.entity)

    async def _look_up(self, ns: Sequence[int], remote: Remote) -> Mapping[str, Sequence[RemoteRecord]]:
        """Return the records found for some steps, by reference.

        If a person allowed a step although records from elsewhere are there, only those with our reference count.
        """
        live = self._live
        requests = [self._live.request(n) async for n in in_slices(ns)]
        found = await self._ask(lambda: remote.look_up(requests))
        ours_only = {
            live.steps[n].ref for n in ns if live.steps[n].forced or ALLOW_OTHERS in live.plan.overrides
        }
        return {
            ref: [record for record in records if ref not in ours_only or record.ref == ref]
            for ref, records in found.items()
        }

    async def _adopt_or_ask(self, n: int, found: Sequence[RemoteRecord]) -> None:
        """Adopt a record that was there before the send. If a person unlinked it, make the step a CONFLICT."""
        if await self._book.get(Unlinked, self._live.step(n).key):
            await self._conflict(n, "unlinked-before", tuple(record.remote_id for record in found))
        else:
            await self._adopt(n, found, "found-by-ref")

    async def _adopt(self, n: int, found: Sequence[RemoteRecord], code: str) -> None:
        """Finish step `n` with the one record that has its reference and agrees with it; else make it a CONFLICT.

        A record agrees if its identity fields do, if it belongs to the plan's parent, and if it holds the values of the
        step. If only values differ, a person may have them updated.
        `code` goes into the trail of an adopted step.
        """
        live, step = self._live, self._live.step(n)
        ours = [record for record in found if record.ref == step.ref]
        ids = tuple(record.remote_id for record in ours or found)
        if not ours:
            await self._conflict(n, "one-from-elsewhere", ids)
        elif len(ours) > 1:
            await self._conflict(n, "several-found", ids)
        elif live.plan_is_gone:  # nothing is left to compare the record with
            await self._conflict(n, "found-without-plan", ids)
        elif (other := live.other_step_with(n, ids[0])) is not None:
            await self._conflict(n, "of-another-step", ids, f"{ids[0]} is {other.local_id} of this push")
        elif ids[0] in step.others:
            await live.divert(n, ids[0], ids[0])
        elif not is_each_equal(
            fill_ids(step.body, live.ids), ours[0].fields, (*step.identity, *step.parent_fields)
        ):
            await self._conflict(n, "found-differs", ids)
        elif others := self._other_values(n, ours[0]):
            await live.change(n, StepState.CONFLICT, "other-values", ", ".join(others), candidates=ids)
        else:
            await live.finish(n, ids[0], code, ids[0])

    def _other_values(self, n: int, record: RemoteRecord) -> list[str]:
        """Return the names of the fields of which a record does not hold the value that step `n` would send."""
        step = self._live.step(n)
        body = fill_ids(step.body, self._live.ids)
        return [name for name in step.holds if not is_each_equal(body, record.fields, (name,))]

    async def _conflict(self, n: int, code: str, candidates: tuple[str, ...], said: str = "") -> None:
        """Leave step `n` to a person. What can be no ID, such as half a character, is named and is not a candidate."""
        said = without_lone_surrogates(said or ", ".join(candidates))
        ids = tuple(filter(is_id, candidates))
        await self._live.change(n, StepState.CONFLICT, code, said, candidates=ids)

    # -- waiting and asking ----------------------------------------------------------------------------

    def _time_to_settle(self, n: int, settle: float) -> float:
        """Return the seconds until step `n` may be settled, counted from its last attempt in this process.

        After a restart the whole window starts again: the wall clock may have been changed meanwhile.
        """
        return self._live.tried.setdefault(n, self._now()) + settle - self._now()

    async def _wait(self, seconds: float) -> None:
        """Wait. Raises `Paused` as soon as a person's decision waits, so that the decision can be carried out."""
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._live.decision_waits.wait(), seconds)
        if self._live.decision_waits.is_set():
            raise Paused("decided")

    async def _ask(self, question: Callable[[], Awaitable[T]]) -> T:
        """Ask `LOOKS_A_RUN` times at most while the remote can't be reached, with growing waits.

        Raises `Paused` with the code of the error if the answer can't be had, `BookClosed`.
        """
        for attempt in range(1, LOOKS_A_RUN + 1):
            try:
                return await question()
            except Unreachable as error:
                if attempt == LOOKS_A_RUN:
                    raise Paused(error.code, error.message) from error
            except BookClosed:
                raise
            except DeskError as error:
                raise Paused(error.code, error.message) from error
            await self._wait(self._backoff(attempt))
        raise AssertionError  # the loop returns or raises

    def _hashes(self, source: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
        """Return the keyed hash of each field of `source` that `names` has, by name."""
        return {name: self._book.keyed_hash(name, source.get(name)) for name in names}

    def _backoff(self, attempt: int) -> float:
        """Return a random wait in seconds that doubles with each attempt (from 1), 45 at most."""
        return float(min(30.0, 0.5 * 2 ** (attempt - 1)) * (0.5 + self._random.random()))

    @staticmethod
    def _now() -> float:
        """Return the event loop's time, in seconds."""
        return asyncio.get_running_loop().time()


def _line(trace: Trace) -> str:
    return " → ".join(part for part in (trace.request, trace.reply) if part)
