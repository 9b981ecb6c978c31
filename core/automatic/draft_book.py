"""A book for a look without the writer's lock: it reads a book, and keeps in memory what the look would write.

A reading of two systems can take minutes. The watch makes it while the app may open the book, and takes the lock only
to write the result down. `write_to` writes; the caller makes sure that nobody wrote to the book in between.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from core.errors import ArchiveDamaged
from core.push.ports import Filed
from core.push.records import Record
from core.stop import Stop

if TYPE_CHECKING:
    from core.push.ports import Book, LookAgain

R = TypeVar("R", bound=Record)


class DraftBook:
    """A book over another one. Honours `core.push.ports.Book`; files and archives are those of the other book."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._changed: dict[tuple[type[Record], str], Record | None] = {}

    @property
    def is_shared(self) -> bool:
        """See `Book.is_shared`."""
        return self._book.is_shared

    @property
    def has_changes(self) -> bool:
        """True if `write_to` would write something."""
        return bool(self._changed)

    async def write_to(self, book: Book) -> None:
        """Write everything in one commit, and forget it here. Raises `BookClosed`."""
        if self._changed:
            put = [record for record in self._changed.values() if record is not None]
            drop = [where for where, record in self._changed.items() if record is None]
            await book.commit(*put, drop=drop)
            self._changed.clear()

    async def get(self, kind: type[R], key: str) -> R | None:
        """See `Book.get`."""
        if (kind, key) in self._changed:
            record = self._changed[kind, key]
            return record if isinstance(record, kind) else None
        return await self._book.get(kind, key)

    async def all(self, kind: type[R]) -> list[R]:
        """See `Book.all`."""
        return self._with_changes(kind, await self._book.all(kind))

    async def newest(self, kind: type[R], count: int, *, skip: int = 0) -> list[R]:
        """See `Book.newest`."""
        return list(reversed(await self.all(kind)))[skip : skip + count]

    async def get_many(self, kind: type[R], keys: Iterable[str]) -> list[R]:
        """See `Book.get_many`."""
        found = [await self.get(kind, key) for key in keys]
        return [record for record in found if record is not None]

    async def where(self, kind: type[R], **field: str) -> list[R]:
        """See `Book.where`."""
        ((name, value),) = field.items()
        records = self._with_changes(kind, await self._book.where(kind, **field))
        return [record for record in records if getattr(record, name) == value]

    async def where_any(self, kind: type[R], field: str, values: Collection[str]) -> list[R]:
        """See `Book.where_any`."""
        records = self._with_changes(kind, await self._book.where_any(kind, field, values))
        return [record for record in records if getattr(record, field) in values]

    async def values(self, kind: type[Record], field: str) -> list[str]:
        """See `Book.values`."""
        if not any(changed is kind for changed, _ in self._changed):
            return await self._book.values(kind, field)
        return sorted({str(getattr(record, field)) for record in await self.all(kind)})

    async def commit(self, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()) -> None:
        """Keep a commit in memory."""
        self._changed.update({(type(record), record.key): record for record in put})
        self._changed.update(dict.fromkeys(drop))

    async def decide(
        self,
        look: LookAgain,  # noqa: ARG002 - of the port
        *put: Record,
        drop: Iterable[tuple[type[Record], str]] = (),
    ) -> None:
        """Keep a commit in memory. No person decides in a draft."""
        await self.commit(*put, drop=drop)

    def _with_changes(self, kind: type[R], records: Iterable[R]) -> list[R]:
        found: dict[str, R] = {record.key: record for record in records}
        for (changed, key), record in self._changed.items():
            if changed is kind and isinstance(record, kind):
                found[key] = record
            elif changed is kind:
                found.pop(key, None)
        return list(found.values())

    # -- what is the other book's ------------------------------------------------------------------------

    async def archive(self, *filed: Filed) -> None:
        """See `Book.archive`."""
        await self._book.archive(*filed)

    async def archived(self, push_id: str) -> list[Record]:
        """See `Book.archived`."""
        return await self._book.archived(push_id)

    async def archived_many(
        self, kind: type[R], push_ids: Iterable[str]
    ) -> Mapping[str, list[R] | ArchiveDamaged]:
        """See `Book.archived_many`."""
        return await self._book.archived_many(kind, push_ids)

    async def tidy(self) -> None:
        """See `Book.tidy`."""
        await self._book.tidy()

    async def put_file(self, name: str, content: bytes) -> None:
        """See `Book.put_file`."""
        await self._book.put_file(name, content)

    async def get_file(self, name: str) -> bytes | None:
        """See `Book.get_file`."""
        return await self._book.get_file(name)

    async def get_files(self, names: Collection[str]) -> Mapping[str, bytes]:
        """See `Book.get_files`."""
        return await self._book.get_files(names)

    async def list_files(self) -> list[str]:
        """See `Book.list_files`."""
        return await self._book.list_files()

    async def delete_file(self, name: str) -> None:
        """See `Book.delete_file`."""
        await self._book.delete_file(name)

    def stop(self) -> Stop | None:
        """See `Book.stop`."""
        return self._book.stop()

    def keyed_hash(self, field: str, value: Any) -> str:
        """See `Book.keyed_hash`."""
        return self._book.keyed_hash(field, value)


if TYPE_CHECKING:  # the type checker compares the book with the port
    _BOOK: Final[type[Book]] = DraftBook
