"""A book without a thread, for tests with a clock of their own: every call is over before anything else runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from core.errors import ArchiveDamaged, BookClosed
from core.push.ports import Filed
from core.push.records import Record
from core.push.team.one_owner import OneOwner
from core.stop import Stop
from data.book.book_file import BookFile
from data.book.stop_file import StopFile

R = TypeVar("R", bound=Record)


class InlineBook(OneOwner):
    """A book without a thread: every method does its work before it first yields.

    Honours `core.push.ports.PushBook`.
    """

    def __init__(self, file: BookFile) -> None:
        self.file = file

    @property
    def notices(self) -> list[str]:
        """Sentences for the operator."""
        return self.file.notices

    @property
    def read_only(self) -> BookClosed | None:
        """Why the book can't be written; None while it can."""
        return self.file.read_only

    async def get(self, kind: type[R], key: str) -> R | None:
        """See `BookFile.get`."""
        return self.file.get(kind, key)

    async def all(self, kind: type[R]) -> list[R]:
        """See `BookFile.all`."""
        return self.file.all(kind)

    async def newest(self, kind: type[R], count: int, *, skip: int = 0) -> list[R]:
        """See `BookFile.newest`."""
        return self.file.newest(kind, count, skip=skip)

    async def get_many(self, kind: type[R], keys: Iterable[str]) -> list[R]:
        """See `BookFile.get_many`."""
        return self.file.get_many(kind, keys)

    async def where(self, kind: type[R], **field: str) -> list[R]:
        """See `BookFile.where`."""
        return self.file.where(kind, **field)

    async def where_any(self, kind: type[R], field: str, values: Collection[str]) -> list[R]:
        """See `BookFile.where_any`."""
        return self.file.where_any(kind, field, values)

    async def values(self, kind: type[Record], field: str) -> list[str]:
        """See `BookFile.values`."""
        return self.file.values(kind, field)

    async def commit(self, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()) -> None:
        """See `BookFile.commit`."""
        self.file.commit(*put, drop=drop)

    async def archive(self, *filed: Filed) -> None:
        """See `BookFile.archive`."""
        self.file.archive(*filed)

    async def archived(self, push_id: str) -> list[Record]:
        """See `BookFile.archived`."""
        return self.file.archived(push_id)

    async def archived_many(
        self, kind: type[R], push_ids: Iterable[str]
    ) -> Mapping[str, list[R] | ArchiveDamaged]:
        """See `BookFile.archived_many`."""
        return self.file.archived_many(kind, push_ids)

    async def put_file(self, name: str, content: bytes) -> None:
        """See `BookFile.put_file`."""
        self.file.put_file(name, content)

    async def get_file(self, name: str) -> bytes | None:
        """See `BookFile.get_file`."""
        return self.file.get_file(name)

    async def get_files(self, names: Collection[str]) -> dict[str, bytes]:
        """See `BookFile.get_files`."""
        return self.file.get_files(names)

    async def list_files(self) -> list[str]:
        """See `BookFile.list_files`."""
        return self.file.list_files()

    async def delete_file(self, name: str) -> None:
        """See `BookFile.delete_file`."""
        self.file.delete_file(name)

    def stop(self) -> Stop | None:
        """See `StopFile.now`."""
        return StopFile(self.file.home).now()

    def keyed_hash(self, field: str, value: Any) -> str:
        """See `BookFile.keyed_hash`."""
        return self.file.keyed_hash(field, value)

    async def tidy(self) -> None:
        """See `BookFile.tidy`."""
        self.file.tidy()

    async def refresh(self) -> None:
        """See `BookFile.refresh`."""
        self.file.refresh()

    def close(self) -> None:
        """See `BookFile.close`."""
        self.file.close()


if TYPE_CHECKING:  # the type checker compares the book with the port
    from core.push.ports import PushBook

    _BOOK: Final[type[PushBook]] = InlineBook
