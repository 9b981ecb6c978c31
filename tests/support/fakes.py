"""A book in memory and a remote that does as the test says. Both honour the push room's ports."""

from __future__ import annotations

import asyncio
import errno
import json
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from random import Random
from typing import Any, TypeVar

import msgspec

from core.errors import ArchiveDamaged, BookClosed, Unreachable
from core.push.duplicate_check import DuplicateChecker
from core.push.engine import Engine
from core.push.plan import Asset, Body, Entity, Operation, Plan, Step, System, id_of, make_ref
from core.push.ports import Applied, Diverted, Filed, Lost, NotSent, Outcome, Refused, RemoteRecord, Request
from core.push.records import Push, Record, StepRecord, step_key
from core.push.team.one_owner import OneOwner
from core.stop import Stop

R = TypeVar("R", bound=Record)


class FakeBook(OneOwner):
    """Keeps encoded records in memory; from the `fails_at`-th commit on the disk is full."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, bytes]] = {}
        self.files: dict[str, bytes] = {}
        self.archives: dict[str, list[Record]] = {}
        self.fails_at: int | None = None
        self.commits = 0
        self.stopped: Stop | None = None

    async def get(self, kind: type[R], key: str) -> R | None:
        held = self.tables.get(kind.table, {}).get(key)
        return None if held is None else msgspec.json.decode(held, type=kind)

    async def all(self, kind: type[R]) -> list[R]:
        return self._held(kind)

    def _held(self, kind: type[R]) -> list[R]:
        return [msgspec.json.decode(held, type=kind) for held in self.tables.get(kind.table, {}).values()]

    async def newest(self, kind: type[R], count: int, *, skip: int = 0) -> list[R]:
        return list(reversed(self._held(kind)))[skip : skip + count]

    async def get_many(self, kind: type[R], keys: Iterable[str]) -> list[R]:
        found = [await self.get(kind, key) for key in keys]
        return [record for record in found if record is not None]

    async def where(self, kind: type[R], **field: str) -> list[R]:
        if len(field) != 1:
            raise ValueError("name one field")
        ((name, value),) = field.items()
        if name not in kind.indexes:
            raise ValueError(f"{kind.__name__} declares no index of {name}")
        return [record for record in self._held(kind) if getattr(record, name) == value]

    async def where_any(self, kind: type[R], field: str, values: Collection[str]) -> list[R]:
        if field not in kind.indexes:
            raise ValueError(f"{kind.__name__} declares no index of {field}")
        return [record for record in self._held(kind) if getattr(record, field) in values]

    async def values(self, kind: type[Record], field: str) -> list[str]:
        if field not in kind.indexes:
            raise ValueError(f"{kind.__name__} declares no index of {field}")
        return sorted({getattr(record, field) for record in self._held(kind)})

    async def commit(self, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()) -> None:
        self._touch()
        for record in put:
            self.tables.setdefault(record.table, {})[record.key] = msgspec.json.encode(record)
        for kind, key in drop:
            self.tables.get(kind.table, {}).pop(key, None)

    async def archive(self, *filed: Filed) -> None:
        self._touch()
        for one in filed:
            self.archives[one.push_id] = [
                msgspec.json.decode(msgspec.json.encode(record), type=type(record)) for record in one.records
            ]
            for record in one.records:
                self.tables.get(record.table, {}).pop(record.key, None)
            for record in one.left:
                self.tables.setdefault(record.table, {})[record.key] = msgspec.json.encode(record)

    async def archived(self, push_id: str) -> list[Record]:
        return list(self.archives.get(push_id, ()))

    async def archived_many(
        self, kind: type[R], push_ids: Iterable[str]
    ) -> Mapping[str, list[R] | ArchiveDamaged]:
        return {
            push_id: [record for record in self.archives[push_id] if isinstance(record, kind)]
            for push_id in push_ids
            if push_id in self.archives
        }

    async def tidy(self) -> None:
        pass

    async def put_file(self, name: str, content: bytes) -> None:
        self._touch()
        self.files[name] = content

    async def get_file(self, name: str) -> bytes | None:
        return self.files.get(name)

    async def get_files(self, names: Collection[str]) -> dict[str, bytes]:
        return {name: self.files[name] for name in names if name in self.files}

    async def list_files(self) -> list[str]:
        return list(self.files)

    async def delete_file(self, name: str) -> None:
        self.files.pop(name, None)

    def stop(self) -> Stop | None:
        return self.stopped

    def keyed_hash(self, field: str, value: Any) -> str:
        return json.dumps([field, value], sort_keys=True)

    def _touch(self) -> None:
        if self.fails_at is not None and self.commits >= self.fails_at:
            raise BookClosed("disk-full", f"The book is read-only ({errno.ENOSPC}).")
        self.commits += 1


class FakeRemote:
    """One system. `script` says what becomes of the next writes; after it every write is carried out.

    `"lost-after"` is carried out and the reply lost; `"lost"` never arrives; an `VendorOutcome` is given as it is;
    a coroutine function is awaited and gives the outcome.
    """

    def __init__(self, system: System, *, settle: float = 60.0) -> None:
        self.system = system
        self.settle = settle
        self.recheck = 2.0
        self.script: deque[Any] = deque()
        self.rows: dict[str, RemoteRecord] = {}
        self.sent: list[Request] = []
        self.shared: list[Body] = []
        """What was sent to share the app. The system lists none of it."""
        self.sent_at: list[float] = []
        self.looked_at: list[float] = []
        self.can_look = True
        self.takes = 0.1
        """Seconds that a write takes."""
        self.down = 0
        self.busy: set[str] = set()

    def put(self, remote_id: str, ref: str | None = None, **fields: Any) -> None:
        self.rows[remote_id] = RemoteRecord(remote_id, ref, fields)

    def of_ref(self, ref: str) -> list[str]:
        return [row.remote_id for row in self.rows.values() if row.ref == ref]

    async def send(self, request: Request) -> Outcome:
        assert request.ref not in self.busy, "two steps of one ref at once"
        self.busy.add(request.ref)
        try:
            self.sent.append(request)
            self.sent_at.append(_now())
            what = self.script.popleft() if self.script else "done"
            if callable(what):
                what = await what()
            await asyncio.sleep(self.takes)
            if what == "lost":
                return Lost("no-reply")
            if isinstance(what, (Applied, Diverted, Lost, NotSent, Refused)):
                return what
            remote_id = self.carry_out(request)
            return Lost("no-reply") if what == "lost-after" else Applied(remote_id)
        finally:
            self.busy.discard(request.ref)

    def carry_out(self, request: Request) -> str:
        if request.operation is Operation.CREATE:
            remote_id = f"1-{len(self.rows):05}"
            self.put(remote_id, request.ref, **request.body)
            return remote_id
        if request.operation is Operation.SHARE:
            self.shared.append(request.body)
            return ""
        if request.operation is Operation.LINK:
            self.put(f"L-{request.remote_id}", request.ref, **request.body)
            return f"L-{request.remote_id}"
        held = self.rows[request.remote_id or ""]
        self.rows[held.remote_id] = msgspec.structs.replace(held, fields={**held.fields, **request.body})
        return held.remote_id

    def can_look_up(self, entity: Entity) -> bool:
        return self.can_look and entity is not Entity.APP_SHARE

    async def look_up(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        self._reach()
        self.looked_at.append(_now())
        return {asked.ref: [row for row in self.rows.values() if row.ref == asked.ref] for asked in requests}

    async def read(self, request: Request) -> RemoteRecord | None:
        self._reach()
        return self.rows.get(request.remote_id or "")

    def _reach(self) -> None:
        if self.down:
            self.down -= 1
            raise Unreachable("unreachable", "It is down.")


def _now() -> float:
    return asyncio.get_running_loop().time()


class LoopClock:
    """The wall clock is the loop's."""

    def now(self) -> float:
        return 1_700_000_000.0 + _now()


class CheckedBy:
    """A freshness check that a function answers."""

    def __init__(self, answer: Callable[[Plan], Awaitable[bool]]) -> None:
        self._answer = answer

    async def is_fresh(self, plan: Plan) -> bool:
        return await self._answer(plan)


class World:
    """A book, two remotes, and an engine over them; `restart` gives a new engine over the same book."""

    def __init__(self, *, settle: float = 60.0) -> None:
        self.book = FakeBook()
        self.flex = FakeRemote(System.FLEX, settle=settle)
        self.board = FakeRemote(System.BROKERENGINE, settle=settle)
        self.clock = LoopClock()
        self.fresh: Callable[[Plan], Awaitable[bool]] | None = None
        self.engine = self.restart()

    def restart(self) -> Engine:
        async def fresh(plan: Plan) -> bool:
            return self.fresh is None or await self.fresh(plan)

        self.engine = Engine(
            self.book,
            {System.FLEX: self.flex, System.BROKERENGINE: self.board},
            self.clock,
            Random(1),
            fresh={Asset.CARD: CheckedBy(fresh)},
        )
        return self.engine

    def held_push(self, push_id: str = "P1") -> Push:
        """Return a push as the book holds it."""
        return msgspec.json.decode(self.book.tables[Push.table][push_id], type=Push)

    def held_steps(self, push_id: str = "P1") -> list[StepRecord]:
        """Return the steps of a push as the book holds them."""
        held = self.book.tables[StepRecord.table]
        keys = [step_key(push_id, n) for n in range(self.held_push(push_id).size)]
        return [msgspec.json.decode(held[key], type=StepRecord) for key in keys]

    @property
    def duplicates(self) -> DuplicateChecker:
        """The duplicate check of the engine that runs now."""
        remotes = {System.FLEX: self.flex, System.BROKERENGINE: self.board}
        return DuplicateChecker(self.book, remotes, self.clock, self.engine)


def ref_of(entity: Entity, local_id: str) -> str:
    return make_ref("test", System.FLEX, entity, local_id)


def person_step(local_id: str = "P-1", first: str = "Linh") -> Step:
    ref = ref_of(Entity.PERSON, local_id)
    body = {"IntegrationId": ref, "FirstName": first}
    return Step(
        ref, System.FLEX, Entity.PERSON, Operation.CREATE, local_id, first, body, identity=("FirstName",)
    )


def opportunity_step(person: Step, local_id: str = "C-1") -> Step:
    ref = ref_of(Entity.OPPORTUNITY, local_id)
    body = {"IntegrationId": ref, "Applicants": [{"FLEXId": id_of(person.ref)}]}
    return Step(
        ref, System.FLEX, Entity.OPPORTUNITY, Operation.CREATE, local_id, "a loan", body, needs=(person.ref,)
    )


def update_step(local_id: str = "P-2", remote_id: str = "1-KNOWN", **body: Any) -> Step:
    ref = ref_of(Entity.PERSON, local_id)
    return Step(
        ref,
        System.FLEX,
        Entity.PERSON,
        Operation.UPDATE,
        local_id,
        "Bao",
        body or {"LastName": "Tran"},
        remote_id,
    )


def link_step(parent: Step, product: str = "1-PROD1") -> Step:
    local_id = f"C-1/{product}"
    ref = ref_of(Entity.PRODUCT_LINK, local_id)
    body = {"IntegrationId": ref, "Selected": "Y"}
    return Step(
        ref,
        System.FLEX,
        Entity.PRODUCT_LINK,
        Operation.LINK,
        local_id,
        product,
        body,
        product,
        parent.ref,
        (parent.ref,),
    )


def back_step(made: Step) -> Step:
    ref = make_ref("test", System.BROKERENGINE, made.entity, made.local_id)
    return Step(
        ref,
        System.BROKERENGINE,
        made.entity,
        Operation.WRITE_BACK,
        made.local_id,
        "its id",
        {"flex_id": id_of(made.ref)},
        made.local_id,
        needs=(made.ref,),
        identity=("flex_id",),
    )


def plan_of(*steps: Step, subject: str = "C-1") -> Plan:
    return Plan(Asset.CARD, subject, "a card", steps, "1")
