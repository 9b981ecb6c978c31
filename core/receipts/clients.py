"""For whom a push was made and what its steps are about, in words. The journal holds no names.

The names come from what a person confirmed: the push's plan, what is kept of the confirmation, or the last receipt.
Erasing a card or contact removes the first two; a receipt has a removal of its own. A push of which nothing is left has
no name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Set
from contextlib import suppress
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from core.decoding.typed_json import decode_json
from core.errors import DeskError
from core.push.plan import Asset
from core.push.ports import Book
from core.push.records import Push, plan_file, seen_file
from core.receipts.ports import ReceiptFolder
from core.receipts.records import ReceiptRecord, json_name, receipts_of

OF_A_CLIENT: Final = frozenset(
    {Asset.CARD, Asset.FACT_FIND, Asset.NOTE, Asset.LINK, Asset.UNLINK, Asset.PASTE}
)
"""The pushes of which the title names a client."""
_AT_ONCE: Final = 200
"""How many receipts are read in one go."""
_FEW: Final = 20
"""Up to how many pushes the book is asked for each one's receipts. For more it is asked once, for all receipts."""


class PushNames(Struct, frozen=True):
    """Whom a push is for ("" if that is not known), and what each of its steps is about, in the steps' order."""

    client: str = ""
    steps: tuple[str, ...] = ()


class _StepOf(Struct, frozen=True):
    """A step of a plan or a receipt, of which only the summary is read."""

    summary: str = ""


class _PlanKept(Struct, frozen=True):
    """A plan, as far as it is read."""

    title: str = ""
    steps: tuple[_StepOf, ...] = ()


class _ReceiptKept(Struct, frozen=True):
    """A receipt, as far as it is read."""

    title: str = ""
    records: tuple[_StepOf, ...] = ()


class _SeenKept(Struct, frozen=True):
    """What is kept of a confirmation, as far as it is read."""

    shown: _PlanKept = _PlanKept()
    summaries: tuple[str, ...] = ()


T = TypeVar("T")


class ClientNames:
    """Finds for whom pushes were made."""

    def __init__(self, book: Book, folder: ReceiptFolder) -> None:
        self._book = book
        self._folder = folder

    async def clients(self, pushes: Iterable[Push]) -> dict[str, str]:
        """Return the client of each push by push id, without the pushes of which no client is known.

        The client of an undo is that of the push that was undone. A sync, a share, an invite and a milestone are about
        contacts, and have no client here. Raises `BookClosed`.
        """
        pushes = list(pushes)
        undone = await self._undone(pushes)
        meant = {push.push_id: undone.get(push.push_id, push) for push in pushes}
        names = await self.names([push for push in meant.values() if push.asset in OF_A_CLIENT])
        found = {
            push_id: names[push.push_id].client for push_id, push in meant.items() if push.push_id in names
        }
        return {push_id: client for push_id, client in found.items() if client}

    async def of(self, push: Push) -> PushNames:
        """Return the names of one push. Raises `BookClosed`."""
        names = (await self.names([push])).get(push.push_id, PushNames())
        if push.asset in OF_A_CLIENT:
            return names
        of_undone = await self.clients([push]) if push.asset is Asset.UNDO else {}
        return msgspec.structs.replace(names, client=of_undone.get(push.push_id, ""))

    async def names(self, pushes: Collection[Push]) -> dict[str, PushNames]:
        """Return the names of pushes by push id, without the pushes of which nothing is left. Raises `BookClosed`."""
        if not pushes:
            return {}
        files = set(await self._book.list_files())
        found: dict[str, PushNames] = {}
        for push in pushes:
            kept = await self._kept(push, files)
            if kept is not None:
                found[push.push_id] = kept
        left = [push for push in pushes if push.push_id not in found]
        written = await self._receipts(left)
        for start in range(0, len(left), _AT_ONCE):
            some = [push for push in left[start : start + _AT_ONCE] if push.push_id in written]
            found |= await asyncio.to_thread(self._written, some, written)
        return found

    async def _undone(self, pushes: Iterable[Push]) -> Mapping[str, Push]:
        """Return for each undo among the pushes the push that it undid, by the undo's id."""
        undos = {push.push_id: push.about for push in pushes if push.asset is Asset.UNDO}
        originals = {push.push_id: push for push in await self._book.get_many(Push, undos.values())}
        return {undo: originals[about] for undo, about in undos.items() if about in originals}

    async def _kept(self, push: Push, files: Set[str]) -> PushNames | None:
        """Return the names in a push's private files; None if there are none."""
        plan, seen = plan_file(push.push_id), seen_file(push.push_id)
        if plan in files and (planned := _read(await self._book.get_file(plan), _PlanKept)) is not None:
            return _named(push, planned.title, (step.summary for step in planned.steps))
        if seen in files and (kept := _read(await self._book.get_file(seen), _SeenKept)) is not None:
            return _named(push, kept.shown.title, kept.summaries)
        return None

    async def _receipts(self, pushes: Collection[Push]) -> dict[str, ReceiptRecord]:
        """Return the last receipt of each push that has one in the folder."""
        if len(pushes) <= _FEW:
            records = await receipts_of(self._book, [push.push_id for push in pushes])
        else:
            records = await self._book.all(ReceiptRecord)
        last = {record.push_id: record for record in sorted(records, key=lambda record: record.number)}
        return {push_id: record for push_id, record in last.items() if record.removed_at is None}

    def _written(self, pushes: Iterable[Push], written: Mapping[str, ReceiptRecord]) -> dict[str, PushNames]:
        """Return the names in the receipts of pushes. Blocks. A folder that can't be read costs the names alone."""
        found: dict[str, PushNames] = {}
        with suppress(DeskError):
            for push in pushes:
                receipt = _read(self._folder.read(json_name(written[push.push_id])), _ReceiptKept)
                if receipt is not None:
                    steps = (record.summary for record in receipt.records)
                    found[push.push_id] = _named(push, receipt.title, steps)
        return found


def _named(push: Push, title: str, steps: Iterable[str]) -> PushNames:
    return PushNames(client_in(push, title), tuple(steps))


def client_in(push: Push, title: str) -> str:
    """Return the client's name in the title of a plan, without the ids before and behind the name.

    The title of a note on C-1042 is "C-1042 Nguyen, Linh", that of an unlink "Nguyen, Linh, not 1-6E2A0".
    """
    for id_ in (push.about, push.subject):
        title = title.removeprefix(f"{id_} ") if id_ else title
    if push.asset is Asset.UNLINK:
        name, _, was = title.rpartition(", not ")
        title = name if name and " " not in was else title
    return "" if title in (push.about, push.subject) else title.strip()


def _read(content: bytes | None, kind: type[T]) -> T | None:
    """Return a private file as far as it is needed; None if there is none or it can't be read."""
    try:
        return decode_json(content, kind) if content else None
    except msgspec.MsgspecError:
        return None
