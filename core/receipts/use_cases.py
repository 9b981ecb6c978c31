"""Writes the receipt of each push that ends, checks one again, lists and removes them.

The preview as shown is kept in a private file of the book from the confirmation on, so that a push that goes on after
a restart, or on another day, has its receipt too. A read that fails never changes a push: the value is `not-read`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct

from core.decoding.typed_json import convert_value, decode_json
from core.errors import ArchiveDamaged, DeskError
from core.push.live_push import steps_of
from core.push.plan import Plan, System
from core.push.ports import Book, Clock, Lease, PushBook, Remote
from core.push.records import SEEN, Push, StepRecord, seen_file
from core.push.states import PushState
from core.push.team.lease_keeper import claim_patiently
from core.push.team.ports import LASTS
from core.receipts.arrival import NOT_GIVEN, Ticked, judge_fields, shown_again, step_row
from core.receipts.model import Confirmed, Receipt, ReceiptDesk, ReceiptField, Shown, ShownField
from core.receipts.page import page_of
from core.receipts.ports import KeyedByHand, ReceiptFolder
from core.receipts.read_back import Reading, read_back
from core.receipts.records import ReceiptRecord, json_name
from core.receipts.seal import FIRST, SEAL, sealed_document, stub_of
from core.receipts.shown import files_of, shown_of_plan
from core.texts import mended

FORMAT: Final = 1
ENDED: Final = frozenset({PushState.DONE, PushState.PARTIAL, PushState.REFUSED})
"""A push in one of these states has a receipt."""
_NUMBERS: Final = "receipts"
"""The name of the lease on the numbers of receipts."""
_YEAR: Final = 365.25 * 86_400.0
_SURROGATE: Final = "\\ud"
"""How a surrogate begins in JSON in ASCII, be it half a character or one of a pair."""


class WrittenReceipt(Struct, frozen=True):
    """A receipt in the folder: what the book keeps of it, its content, and where its two files are."""

    record: ReceiptRecord
    document: dict[str, Any]
    json_file: str
    html_file: str


class LocalTime(Protocol):
    """The machine's zone."""

    def __call__(self, at: float) -> datetime:
        """Return seconds since 1970 as local time, with its zone."""
        ...


@dataclass(frozen=True, kw_only=True)
class ReceiptParts:
    """What receipts are made with. `remotes` are the systems that are read back."""

    book: PushBook
    folder: ReceiptFolder
    remotes: Mapping[System, Remote]
    clock: Clock
    local: LocalTime
    desk: ReceiptDesk
    by_hand: KeyedByHand
    operator: str


class ReceiptUseCases:
    """The use cases of receipts."""

    def __init__(self, parts: ReceiptParts) -> None:
        self._parts = parts
        self._book = parts.book
        self._turn = asyncio.Lock()

    # -- the confirmation ------------------------------------------------------------------------------

    def confirmed(self, push: Push, plan: Plan, shown: bytes) -> bytes:
        """Return what is kept of a confirmation. `shown` is a `Shown` as JSON, or b"" to show the plan's bodies."""
        seen = decode_json(shown, Shown) if shown else shown_of_plan(plan)
        kept = Confirmed(
            push.push_id,
            self._parts.desk,
            seen,
            plan.map_version,
            plan.overrides,
            plan.links,
            tuple(step.summary for step in plan.steps),
            tuple(step.ref for step in plan.steps),
            files_of(plan),
            plan.consent,
        )
        return msgspec.json.encode(kept)

    # -- writing ---------------------------------------------------------------------------------------

    async def write(self, push_id: str) -> WrittenReceipt | None:
        """Read back what a push wrote and write its receipt, unless the last one says the same of its steps.

        Return None if the push has not ended, if nothing of it was ever sent because its source had changed, or if
        nothing is kept of its confirmation. Raises `BookClosed`, `ArchiveDamaged`, and `DeskError` if the folder can't
        be written.
        """
        async with self._turn:
            push = await self._book.get(Push, push_id)
            if push is None or push.state not in ENDED:
                return None
            if push.reason == "plan-changed":
                await self._book.delete_file(seen_file(push_id))
                return None
            content = await self._book.get_file(seen_file(push_id))
            last = await self._last(push_id)
            steps = await steps_of(self._book, push)
            if last is not None and (last.stood == _stood(steps) or content is None):
                if push.state is PushState.DONE:
                    await self._book.delete_file(seen_file(push_id))
                return await self._written(last)
            if content is None:
                return None
            kept = decode_json(content, Confirmed)
            written = await self._write(push, steps, kept, last)
            if push.state is PushState.DONE:
                await self._book.delete_file(seen_file(push_id))
            return written

    async def waiting(self) -> list[str]:
        """Return the ids of the pushes that have ended since their last receipt. Raises `BookClosed`."""
        names = [name.rpartition(".") for name in await self._book.list_files()]
        ids = [push_id for push_id, _, kind in names if kind == SEEN]
        ended = [push for push in await self._book.get_many(Push, ids) if push.state in ENDED]
        return [push.push_id for push in ended if not await self._stands_in_a_receipt(push)]

    async def _stands_in_a_receipt(self, push: Push) -> bool:
        """Return True if the last receipt of a push that may still go on says the same of its steps."""
        last = await self._last(push.push_id)
        if last is None or push.state is PushState.DONE:
            return False
        with suppress(ArchiveDamaged):
            return last.stood == _stood(await steps_of(self._book, push))
        return True

    async def check_again(self, push_id: str) -> WrittenReceipt:
        """Read back again what a push wrote, and write a new receipt that replaces the last one.

        Raises `DeskError` (no-receipt) if there is none or its values are no longer kept, `BookClosed`,
        `ArchiveDamaged`.
        """
        async with self._turn:
            push = await self._book.get(Push, push_id)
            last = await self._last(push_id)
            written = await self._written(last) if last else None
            if push is None or last is None or written is None:
                raise _no_receipt(push_id)
            content = await self._book.get_file(seen_file(push_id))
            kept = decode_json(content, Confirmed) if content else _confirmed_again(written.document)
            return await self._write(push, await steps_of(self._book, push), kept, last)

    async def _write(
        self, push: Push, steps: list[StepRecord], kept: Confirmed, last: ReceiptRecord | None
    ) -> WrittenReceipt:
        readings = await read_back(self._parts.remotes, steps, self._parts.clock.now())
        lease = await claim_patiently(self._book, _NUMBERS, LASTS)
        try:
            return await self._write_next(push, steps, kept, last, readings, lease)
        finally:
            await self._book.release(lease)

    async def _write_next(
        self,
        push: Push,
        steps: list[StepRecord],
        kept: Confirmed,
        last: ReceiptRecord | None,
        readings: Mapping[int, Reading],
        lease: Lease,
    ) -> WrittenReceipt:
        """Write the next receipt of the book. Under the lease no other desk or worker gives the same number."""
        ticked = await self._parts.by_hand.ticked(push.about, kept.shown.fields) if push.about else {}
        fields = judge_fields(kept.shown.fields, steps, readings, ticked, kept.files, kept.refs)
        before = await self._newest()
        number = before.number + 1 if before else 1
        previous = before.sha256 if before else FIRST
        receipt = self._receipt(push, steps, kept, fields, number, previous, last)
        text = json.dumps(msgspec.to_builtins(receipt))
        document = sealed_document(mended(json.loads(text)) if _SURROGATE in text else json.loads(text))
        record = ReceiptRecord(
            number,
            push.push_id,
            push.asset,
            push.about or push.subject,
            document[SEAL],
            previous,
            receipt.checked_at,
            _stood(steps),
            receipt.all_arrived,
            {mark.value: count for mark, count in receipt.counts.items()},
            not_given=sum(field.reason == NOT_GIVEN for field in receipt.fields),
            done=receipt.state is PushState.DONE,
        )
        json_file, html_file = _names(record)
        await asyncio.to_thread(self._put, {json_file: _json(document), html_file: page_of(document)})
        await self._book.commit_under(lease, record)
        return self._as_written(record, document)

    def _receipt(
        self,
        push: Push,
        steps: list[StepRecord],
        kept: Confirmed,
        fields: tuple[ReceiptField, ...],
        number: int,
        previous: str,
        last: ReceiptRecord | None,
    ) -> Receipt:
        now = self._parts.clock.now()
        words = dict(enumerate(kept.summaries))
        return Receipt(
            format=FORMAT,
            book=self._book.keyed_hash("receipts", "book")[:12],
            number=number,
            previous=previous,
            replaces=last.number if last else None,
            push_id=push.push_id,
            plan=push.plan,
            asset=push.asset,
            subject=push.subject,
            about=push.about,
            state=push.state,
            operator=push.operator,
            confirmed_at=push.created_at,
            confirmed_local=self._local(push.created_at),
            checked_at=now,
            checked_local=self._local(now),
            desk=kept.desk,
            map=kept.map,
            title=kept.shown.title,
            warnings=kept.shown.warnings,
            look_alikes=kept.shown.look_alikes,
            overrides=kept.overrides,
            rule=kept.shown.rule,
            links=kept.links,
            fields=fields,
            records=tuple(step_row(step, words.get(step.n, "")) for step in steps),
            files=kept.files,
            consent=kept.consent,
        )

    def _local(self, at: float) -> str:
        return f"{self._parts.local(at):%Y-%m-%d %H:%M:%S %Z (%z)}"

    def _put(self, files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            self._parts.folder.write(name, content)

    # -- reading ---------------------------------------------------------------------------------------

    async def records(self) -> list[ReceiptRecord]:
        """Return what the book keeps of every receipt, by number. Raises `BookClosed`."""
        return sorted(await self._book.all(ReceiptRecord), key=lambda record: record.number)

    async def of_push(self, push_id: str) -> WrittenReceipt | None:
        """Return the last receipt of a push, or None if there is none in the folder. Raises `BookClosed`."""
        last = await self._last(push_id)
        return await self._written(last) if last else None

    async def of_number(self, record: ReceiptRecord) -> dict[str, Any] | None:
        """Return the content of one receipt, or None if it is not in the folder."""
        written = await self._written(record)
        return written.document if written else None

    async def everything(self) -> tuple[list[ReceiptRecord], dict[int, dict[str, Any]]]:
        """Return what the book keeps of every receipt, and the receipts and stubs in the folder, both by number.

        A receipt's file wins over a stub of the same number. A file that can't be read is left out. Raises
        `BookClosed`, and `DeskError` if the folder can't be read.
        """
        return await self.records(), await asyncio.to_thread(self._documents)

    def _documents(self) -> dict[int, dict[str, Any]]:
        folder = self._parts.folder
        found: dict[int, dict[str, Any]] = {}
        for name in folder.names():  # "000012-P….json" comes before "000012-removed.json"
            number = name.partition("-")[0]
            if not name.endswith(".json") or not (number.isascii() and number.isdigit()):
                continue
            with suppress(ValueError):
                document = json.loads(folder.read(name) or b"null")
                if isinstance(document, dict):
                    found.setdefault(int(number), document)
        return found

    async def naming(self, ids: frozenset[str]) -> list[ReceiptRecord]:
        """Return the receipts that name one of these ids of a card or contact. Raises `BookClosed`."""
        found: list[ReceiptRecord] = []
        for record in await self.records():
            written = await self._written(record)
            if written is not None and ids & await asyncio.to_thread(_names_in, written.document):
                found.append(record)
        return found

    async def old(self, years: int) -> list[ReceiptRecord]:
        """Return the receipts that are older than `years` years and still kept; none if `years` is 0 (for ever)."""
        if years == 0:
            return []
        until = self._parts.clock.now() - years * _YEAR
        return [one for one in await self.records() if one.removed_at is None and one.written_at < until]

    # -- removing --------------------------------------------------------------------------------------

    async def remove(self, numbers: frozenset[int], why: str) -> list[ReceiptRecord]:
        """Remove receipts that a person chose. A stub stays of each, so that the chain can be checked without it.

        Raises `BookClosed`, and `DeskError` if the folder can't be written.
        """
        async with self._turn:
            removed: list[ReceiptRecord] = []
            now, by = self._parts.clock.now(), self._parts.operator
            for record in await self.records():
                if record.number not in numbers or record.removed_at is not None:
                    continue
                stub = stub_of(_place(record, self._book), now, by, why)
                await asyncio.to_thread(self._take_away, record, stub)
                gone = msgspec.structs.replace(record, removed_at=now, removed_by=by, why=why)
                await self._book.commit(gone)
                removed.append(gone)
            return removed

    def _take_away(self, record: ReceiptRecord, stub: dict[str, Any]) -> None:
        folder = self._parts.folder
        folder.write(_stub_name(record), _json(stub))
        for name in _names(record):
            folder.remove(name)

    # -- small things ----------------------------------------------------------------------------------

    async def _newest(self) -> ReceiptRecord | None:
        """Return the receipt with the highest number: numbers are given in the order of the commits."""
        return next(iter(await self._book.newest(ReceiptRecord, 1)), None)

    async def _last(self, push_id: str) -> ReceiptRecord | None:
        of_push = await self._book.where(ReceiptRecord, push_id=push_id)
        return max(of_push, key=lambda record: record.number, default=None)

    async def _written(self, record: ReceiptRecord) -> WrittenReceipt | None:
        content = await asyncio.to_thread(self._parts.folder.read, _names(record)[0])
        document = json.loads(content) if content else None
        return self._as_written(record, document) if isinstance(document, dict) else None

    def _as_written(self, record: ReceiptRecord, document: dict[str, Any]) -> WrittenReceipt:
        json_file, html_file = map(self._parts.folder.place, _names(record))
        return WrittenReceipt(record, document, json_file, html_file)


def _names(record: ReceiptRecord) -> tuple[str, str]:
    """Return the names of a receipt's files: JSON and HTML."""
    name = json_name(record)
    return name, f"{name.removesuffix('.json')}.html"


def _stub_name(record: ReceiptRecord) -> str:
    return f"{record.number:06}-removed.json"


def _place(record: ReceiptRecord, book: Book) -> dict[str, Any]:
    """Return the place of a receipt in the chain."""
    return {
        "book": book.keyed_hash("receipts", "book")[:12],
        "number": record.number,
        "previous": record.previous,
        SEAL: record.sha256,
    }


def _json(document: Mapping[str, Any]) -> bytes:
    """Return the content of a receipt's file: JSON in ASCII, a line for each value, keys sorted.

    msgspec makes the lines: the indentation of the standard library is several times as slow.
    """
    return msgspec.json.format(json.dumps(document, sort_keys=True).encode("ascii"), indent=1) + b"\n"


def _stood(steps: list[StepRecord]) -> str:
    """Return a hash of the states and ids of steps: another receipt is due when they change."""
    stood = json.dumps([[step.n, step.ref, step.state, step.remote_id] for step in steps])
    return hashlib.sha256(stood.encode()).hexdigest()[:16]


def _names_in(document: Mapping[str, Any]) -> set[str]:
    """Return every id of a card, person or record that a receipt names."""
    ids = {str(document["subject"]), str(document["about"])}
    ids |= {field["local_id"] for field in document["fields"]}
    for record in document["records"]:
        ids |= {record["local_id"], record["remote_id"] or ""}
    for pair in document["links"]:
        ids |= set(pair)
    return ids - {""}


def _confirmed_again(document: Mapping[str, Any]) -> Confirmed:
    """Return what was confirmed, from a receipt."""
    receipt = convert_value({k: v for k, v in document.items() if k != SEAL}, Receipt)
    shown = Shown(
        receipt.title,
        tuple(map(shown_again, receipt.fields)),
        receipt.warnings,
        receipt.look_alikes,
        receipt.rule,
    )
    return Confirmed(
        receipt.push_id,
        receipt.desk,
        shown,
        receipt.map,
        receipt.overrides,
        receipt.links,
        tuple(record.summary for record in receipt.records),
        tuple(record.ref for record in receipt.records),
        receipt.files,
        receipt.consent,
    )


def _no_receipt(push_id: str) -> DeskError:
    return DeskError("no-receipt", f"Push {push_id} has no receipt with values that are still kept.")


class NothingByHand:
    """Honours `KeyedByHand` where there is no checklist."""

    async def ticked(
        self,
        card: str,  # noqa: ARG002 - the port's form
        fields: Sequence[ShownField],  # noqa: ARG002 - the port's form
    ) -> Mapping[str, Ticked]:
        """Return no ticks."""
        return {}
