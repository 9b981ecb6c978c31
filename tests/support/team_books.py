"""A book in memory that several senders share. Each `FakeTeamBook` is the book as one sender has it open."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct

from core.errors import ArchiveDamaged
from core.push.plan import Asset
from core.push.ports import Filed, Lease, LookAgain
from core.push.records import Push, Record, StepRecord
from core.push.states import ACTIVE, PushState, StepState
from core.push.team.decided import DecisionTurns
from core.push.team.ports import Held, PushNews, SharedToken, held_elsewhere, lease_lost
from core.stop import Stop

R = TypeVar("R", bound=Record)
T = TypeVar("T")
_GOES_ON: Final = ACTIVE - {PushState.NEEDS_YOU}


class Sender(Struct, frozen=True):
    """A process that has the book open."""

    id: str
    operator: str = "m.hale"
    host: str = "desk-1"


class _Row(Struct):
    token: str = ""
    sender: Sender | None = None
    until: float = 0.0
    rest_until: float = 0.0


class SharedStore:
    """What all senders share. `now` is the book's own clock, in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.tables: dict[str, dict[str, Record]] = {}
        self.steps: dict[str, dict[str, StepRecord]] = {}
        """The steps of each push, by key."""
        self.bearers: dict[str, set[str]] = {}
        """The pushes with a step of each reference that is not DONE."""
        self.files: dict[str, bytes] = {}
        self.archives: dict[str, tuple[Record, ...]] = {}
        self.leases: dict[str, _Row] = {}
        self.next_slots: dict[str, float] = {}
        self.shared_tokens: dict[str, tuple[str, float]] = {}
        """The token of each credential, and when it ends."""
        self.changed: list[str] = []
        self.stopped: Stop | None = None
        self.tokens = count(1)

    def write(self, put: Iterable[Record], drop: Iterable[tuple[type[Record], str]] = ()) -> None:
        for record in put:
            self.tables.setdefault(record.table, {})[record.key] = record
            self._note(record)
        for kind, key in drop:
            gone = self.tables.get(kind.table, {}).pop(key, None)
            if isinstance(gone, StepRecord):
                del self.steps[gone.push_id][key]
                self.bearers.get(gone.ref, set()).discard(gone.push_id)

    def _note(self, record: Record) -> None:
        if isinstance(record, Push):
            self.changed.append(record.push_id)
        if isinstance(record, StepRecord):
            self.changed.append(record.push_id)
            of_push = self.steps.setdefault(record.push_id, {})
            before = of_push.get(record.key)
            of_push[record.key] = record
            for step in (before, record):
                if step is not None:
                    self._bear(record.push_id, step.ref)

    def _bear(self, push_id: str, ref: str) -> None:
        bearers = self.bearers.setdefault(ref, set())
        steps = self.steps[push_id].values()
        if any(step.ref == ref and step.state is not StepState.DONE for step in steps):
            bearers.add(push_id)
        else:
            bearers.discard(push_id)

    def rivals(self, name: str) -> set[str]:
        """Return what may not be held by another sender while `name` is: the name, and pushes with a like step."""
        refs = {step.ref for step in self.steps.get(name, {}).values() if step.state is not StepState.DONE}
        return {name}.union(*(self.bearers.get(ref, set()) for ref in refs))

    def leases_held(self) -> list[str]:
        """Return the names that somebody holds."""
        now = self.now()
        return [name for name, row in self.leases.items() if row.sender is not None and row.until > now]

    def holder(self, name: str, sender: Sender | None = None) -> Sender | None:
        """Return who holds what `name` needs; `sender` itself does not count."""
        for rival in sorted(self.rivals(name)):
            row = self.leases.get(rival)
            if row is None or row.sender is None or row.until <= self.now():
                continue
            if sender is None or row.sender.id != sender.id:
                return row.sender
        return None


class FakeTeamBook:
    """A shared book as `sender` has it open. Honours `core.push.team.ports.TeamBook`."""

    is_shared = True
    may_share = True
    read_only = None

    def __init__(self, store: SharedStore, sender: Sender) -> None:
        self.store = store
        self.sender = sender
        self._decisions = DecisionTurns(self)

    async def _ask(self, work: Callable[[], T]) -> T:
        """Ask the book. A test with a network of its own replaces this."""
        return work()

    # -- records and files -----------------------------------------------------------------------------

    async def get(self, kind: type[R], key: str) -> R | None:
        return await self._ask(lambda: self._table(kind).get(key))

    async def all(self, kind: type[R]) -> list[R]:
        return await self._ask(lambda: list(self._table(kind).values()))

    async def newest(self, kind: type[R], count: int, *, skip: int = 0) -> list[R]:
        return await self._ask(lambda: list(reversed(self._table(kind).values()))[skip : skip + count])

    async def get_many(self, kind: type[R], keys: Iterable[str]) -> list[R]:
        wanted = tuple(keys)
        return await self._ask(lambda: [self._table(kind)[key] for key in wanted if key in self._table(kind)])

    async def where(self, kind: type[R], **field: str) -> list[R]:
        ((name, value),) = field.items()
        if name not in kind.indexes:
            raise ValueError(f"{kind.__name__} declares no index of {name}")
        return await self._ask(
            lambda: [record for record in self._table(kind).values() if getattr(record, name) == value]
        )

    async def where_any(self, kind: type[R], field: str, values: Collection[str]) -> list[R]:
        if field not in kind.indexes:
            raise ValueError(f"{kind.__name__} declares no index of {field}")
        return await self._ask(
            lambda: [record for record in self._table(kind).values() if getattr(record, field) in values]
        )

    async def values(self, kind: type[Record], field: str) -> list[str]:
        return await self._ask(
            lambda: sorted({getattr(record, field) for record in self._table(kind).values()})
        )

    async def commit(self, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()) -> None:
        gone = tuple(drop)
        await self._ask(lambda: self.store.write(put, gone))

    async def archive(self, *filed: Filed) -> None:
        def work() -> None:
            for entry in filed:
                self.store.archives[entry.push_id] = entry.records
                self.store.write(entry.left, [(type(record), record.key) for record in entry.records])

        await self._ask(work)

    async def archived(self, push_id: str) -> list[Record]:
        return await self._ask(lambda: list(self.store.archives.get(push_id, ())))

    async def archived_many(
        self, kind: type[R], push_ids: Iterable[str]
    ) -> Mapping[str, list[R] | ArchiveDamaged]:
        archives = self.store.archives
        return {
            push_id: [record for record in archives[push_id] if isinstance(record, kind)]
            for push_id in push_ids
            if push_id in archives
        }

    async def tidy(self) -> None:
        pass

    async def put_file(self, name: str, content: bytes) -> None:
        await self._ask(lambda: self.store.files.__setitem__(name, content))

    async def get_file(self, name: str) -> bytes | None:
        return await self._ask(lambda: self.store.files.get(name))

    async def get_files(self, names: Collection[str]) -> dict[str, bytes]:
        files = self.store.files
        return await self._ask(lambda: {name: files[name] for name in names if name in files})

    async def list_files(self) -> list[str]:
        return await self._ask(lambda: list(self.store.files))

    async def delete_file(self, name: str) -> None:
        await self._ask(lambda: self.store.files.pop(name, None))

    def stop(self) -> Stop | None:
        return self.store.stopped

    def keyed_hash(self, field: str, value: Any) -> str:
        return json.dumps([field, value], sort_keys=True)

    # -- several senders -------------------------------------------------------------------------------

    async def begin(
        self,
        push: Push,
        *put: Record,
        files: Mapping[str, bytes],
        drop: Iterable[tuple[type[Record], str]] = (),
    ) -> Push:
        gone = tuple(drop)

        def work() -> Push:
            for other in self._table(Push).values():
                if other.subject == push.subject and other.state in ACTIVE:
                    return other
            self.store.files.update(files)
            self.store.write((push, *put), gone)
            return push

        return await self._ask(work)

    async def commit_under(
        self, lease: Lease, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()
    ) -> None:
        gone = tuple(drop)

        def work() -> None:
            if self._row(lease) is None:
                raise lease_lost(lease.name)
            self.store.write(put, gone)

        await self._ask(work)

    async def decide(
        self, look: LookAgain, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()
    ) -> None:
        await self._decisions.decide(look, *put, drop=drop)

    async def claim(self, name: str, lasts: float) -> Lease:
        def work() -> Lease:
            if (holder := self.store.holder(name, self.sender)) is not None:
                raise held_elsewhere(name, holder.operator, holder.host)
            return self._take(name, lasts)

        return await self._ask(work)

    async def claim_next(self, count: int, lasts: float, assets: Collection[Asset]) -> Sequence[Lease]:
        def work() -> list[Lease]:
            taken: list[Lease] = []
            now = self.store.now()
            for push in list(self._table(Push).values()):
                if len(taken) == count:
                    break
                row = self.store.leases.get(push.push_id, _Row())
                is_free = row.rest_until <= now and (row.sender is None or row.until <= now)
                if push.state not in _GOES_ON or push.asset not in assets or not is_free:
                    continue
                if self.store.holder(push.push_id, self.sender) is None:
                    taken.append(self._take(push.push_id, lasts))
            return taken

        return await self._ask(work)

    async def renew(self, leases: Sequence[Lease], lasts: float) -> Sequence[Lease]:
        def work() -> list[Lease]:
            renewed: list[Lease] = []
            for lease in leases:
                if (row := self._row(lease)) is not None:
                    row.until = self.store.now() + lasts
                    renewed.append(Lease(lease.name, lease.token, lasts))
            return renewed

        return await self._ask(work)

    async def release(self, lease: Lease, *, rest: float = 0.0) -> None:
        def work() -> None:
            if self._row(lease) is not None:
                self.store.leases[lease.name] = _Row(rest_until=self.store.now() + rest)

        await self._ask(work)

    async def held(self, prefix: str = "") -> Sequence[Held]:
        def work() -> list[Held]:
            now = self.store.now()
            return [
                Held(name, row.sender.id, row.sender.operator, row.sender.host, row.until - now)
                for name, row in sorted(self.store.leases.items())
                if row.sender is not None and row.until > now and name.startswith(prefix)
            ]

        return await self._ask(work)

    async def changes(self, mark: str) -> PushNews:
        def work() -> PushNews:
            changed = self.store.changed
            since = changed[int(mark) :] if mark else []
            return PushNews(str(len(changed)), tuple(dict.fromkeys(since)))

        return await self._ask(work)

    async def reserve(self, name: str, count: int, gap: float) -> float:
        def work() -> float:
            now = self.store.now()
            first = max(now, self.store.next_slots.get(name, now))
            self.store.next_slots[name] = first + count * gap
            return first - now

        return await self._ask(work)

    async def get_token(self, credential: str) -> SharedToken | None:
        def work() -> SharedToken | None:
            bearer, until = self.store.shared_tokens.get(credential, ("", 0.0))
            lasts = until - self.store.now()
            return SharedToken(bearer, lasts) if bearer and lasts > 0 else None

        return await self._ask(work)

    async def claim_token(self, credential: str, lasts: float) -> Lease:
        return await self.claim(f"token {credential}", lasts)

    async def put_token(self, credential: str, bearer: str, lasts: float) -> None:
        await self._ask(
            lambda: self.store.shared_tokens.__setitem__(credential, (bearer, self.store.now() + lasts))
        )

    def _take(self, name: str, lasts: float) -> Lease:
        for rival in self.store.rivals(name):
            row = self.store.leases.get(rival)
            if row is not None and row.sender is not None and row.sender.id != self.sender.id:
                self.store.leases[rival] = _Row(rest_until=row.rest_until)
        token = str(next(self.store.tokens))
        self.store.leases[name] = _Row(token, self.sender, self.store.now() + lasts)
        return Lease(name, token, lasts)

    def _row(self, lease: Lease) -> _Row | None:
        row = self.store.leases.get(lease.name)
        return row if row is not None and row.sender is not None and row.token == lease.token else None

    def _table(self, kind: type[R]) -> dict[str, R]:
        return self.store.tables.get(kind.table, {})  # type: ignore[return-value]  # a table holds one kind


def most_in_a_minute(times: list[float]) -> int:
    """Return the largest number of times within any 60 seconds."""
    times = sorted(times)
    most = first = 0
    for last, time in enumerate(times):
        while times[first] <= time - 60.0:
            first += 1
        most = max(most, last - first + 1)
    return most


if TYPE_CHECKING:  # the type checker compares the book with the port
    from core.push.team.ports import TeamBook

    _BOOK: Final[type[TeamBook]] = FakeTeamBook
