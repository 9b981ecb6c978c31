"""The three ways in which a record may change without harm to the books that exist: decision 9."""

from __future__ import annotations

import importlib
import json
import pkgutil
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import msgspec
import pytest

import core
from core.errors import BookClosed
from core.push.ports import Filed
from core.push.records import Record
from data.book.book_file import BookFile
from data.book.errors import only_reading
from data.book.migrations import Migration, migrate
from tests.support.book_fakes import Crash, FailingDisk, ForgetfulDisk
from tests.unit.data.book import golden_records as golden
from tests.unit.data.book.test_book_golden import GOLDEN
from tui.wiring.records import RECORDS

HOME = Path("/book")


class Errand(Record, frozen=True):
    """A record as an old version wrote it."""

    table: ClassVar[str] = "errands"

    name: str
    minutes: int = 0

    @property
    def key(self) -> str:
        return self.name


class ErrandWithPlace(Record, frozen=True):
    """The same record with one more field."""

    table: ClassVar[str] = "errands"

    name: str
    minutes: int = 0
    place: str = "the bank"

    @property
    def key(self) -> str:
        return self.name


class ErrandWithOwner(Record, frozen=True):
    """The same record with a new field that has no default: never do this."""

    table: ClassVar[str] = "errands"

    name: str
    owner: str
    minutes: int = 0

    @property
    def key(self) -> str:
        return self.name


class ErrandWithAlias(Record, frozen=True):
    """The same record with another Python name for a field; the name on the disk stays."""

    table: ClassVar[str] = "errands"

    name: str
    duration: int = msgspec.field(name="minutes", default=0)

    @property
    def key(self) -> str:
        return self.name


class ErrandWithAliases(Record, frozen=True, rename={"title": "name", "duration": "minutes"}):
    """The same record with other Python names, all named in one place."""

    table: ClassVar[str] = "errands"

    title: str
    duration: int = 0

    @property
    def key(self) -> str:
        return self.title


class ErrandInSeconds(Record, frozen=True):
    """The record of schema 2: another unit, another table, another key."""

    table: ClassVar[str] = "errands-2"

    name: str
    seconds: int

    @property
    def key(self) -> str:
        return f"errand/{self.name}"


class ErrandInHours(Record, frozen=True):
    """The record of schema 3."""

    table: ClassVar[str] = "errands-2"

    name: str
    hours: float

    @property
    def key(self) -> str:
        return f"errand/{self.name}"


def to_seconds(table: str, key: str, document: dict[str, Any]) -> tuple[str, str, dict[str, Any]] | None:
    """Lead from schema 1 to schema 2; an errand without minutes is removed."""
    if table != "errands":
        return table, key, document
    if not document["minutes"]:
        return None
    return (
        "errands-2",
        f"errand/{key}",
        {"name": document["name"], "seconds": 60 * document["minutes"]},
    )


def to_hours(table: str, key: str, document: dict[str, Any]) -> tuple[str, str, dict[str, Any]] | None:
    """Lead from schema 2 to schema 3."""
    if table != "errands-2":
        return table, key, document
    return table, key, {"name": document["name"], "hours": document["seconds"] / 3600}


def to_the_same(table: str, key: str, document: dict[str, Any]) -> tuple[str, str, dict[str, Any]] | None:
    """Lead to the next schema without a change."""
    return table, key, document


OLD = (Errand("post", 30), Errand("lunch"), Errand("call", 90))
NEW = [ErrandInSeconds("post", 1800), ErrandInSeconds("call", 5400)]
TWO: tuple[Migration, ...] = (to_seconds,)
THREE: tuple[Migration, ...] = (to_seconds, to_hours)


def written(home: Path, disk: ForgetfulDisk | None = None) -> bytes:
    """Write a book of schema 1 and return its log."""
    book = BookFile(home, [Errand], disk=disk)
    for record in OLD:
        book.commit(record)
    book.commit(Errand("gone", 1))
    book.commit(drop=[(Errand, "gone")])
    book.close()
    return disk.read(home / "book.log") if disk else (home / "book.log").read_bytes()


def schema_of(log: Path) -> int:
    """Return the schema in the header of a log."""
    schema: int = json.loads(log.read_bytes().splitlines()[0][9:])["schema"]
    return schema


def read_all(home: Path, kind: type[Record], migrations: tuple[Migration, ...] = ()) -> list[Record]:
    """Open the book for writing, read a kind and close."""
    book = BookFile(home, [kind], migrations=migrations)
    found = book.all(kind)
    book.close()
    return list(found)


def test_every_kind_of_record_is_one_that_a_book_is_opened_with() -> None:
    for module in pkgutil.walk_packages(core.__path__, "core."):
        importlib.import_module(module.name)
    ours = {kind for kind in Record.__subclasses__() if kind.__module__.startswith("core.")}
    assert ours == set(RECORDS)
    assert len({kind.table for kind in RECORDS}) == len(RECORDS)


# -- a default, an alias ----------------------------------------------------------------------------------


def test_a_field_is_added_with_a_default(tmp_path: Path) -> None:
    written(tmp_path)
    book = BookFile(tmp_path, [ErrandWithPlace])
    assert book.get(ErrandWithPlace, "post") == ErrandWithPlace("post", 30, "the bank")
    book.commit(ErrandWithPlace("post", 30, "the office"))
    book.close()
    assert read_all(tmp_path, ErrandWithPlace)[0] == ErrandWithPlace("post", 30, "the office")


def test_a_field_without_a_default_makes_old_records_damage(tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(BookClosed, match="“owner” is missing"):
        read_all(tmp_path, ErrandWithOwner)


@pytest.mark.parametrize("kind", [ErrandWithAlias, ErrandWithAliases])
def test_a_field_gets_another_python_name_by_an_alias(
    tmp_path: Path, kind: type[ErrandWithAlias] | type[ErrandWithAliases]
) -> None:
    written(tmp_path)
    assert read_all(tmp_path, kind)[0] == kind("post", 30)
    book = BookFile(tmp_path, [kind])
    book.commit(kind("post", 45))
    book.close()
    # The old version reads what the new one wrote: the names on the disk are the same.
    assert read_all(tmp_path, Errand)[0] == Errand("post", 45)


# -- a migration ------------------------------------------------------------------------------------------


def test_an_older_book_is_migrated_and_written_anew_with_a_backup(tmp_path: Path) -> None:
    old = written(tmp_path)
    assert schema_of(tmp_path / "book.log") == 1
    assert read_all(tmp_path, ErrandInSeconds, TWO) == NEW
    assert schema_of(tmp_path / "book.log") == 2
    assert b"minutes" not in (tmp_path / "book.log").read_bytes()
    assert (tmp_path / "book.log.bak").read_bytes() == old
    # A second start finds schema 2 and changes nothing.
    new = (tmp_path / "book.log").read_bytes()
    assert read_all(tmp_path, ErrandInSeconds, TWO) == NEW
    assert (tmp_path / "book.log").read_bytes() == new
    assert (tmp_path / "book.log.bak").read_bytes() == old


def test_a_migrated_book_takes_commits_at_once(tmp_path: Path) -> None:
    written(tmp_path)
    book = BookFile(tmp_path, [ErrandInSeconds], migrations=TWO)
    book.commit(ErrandInSeconds("walk", 60), drop=[(ErrandInSeconds, "errand/post")])
    assert book.get(ErrandInSeconds, "errand/walk") == ErrandInSeconds("walk", 60)
    book.close()
    assert read_all(tmp_path, ErrandInSeconds, TWO) == [NEW[1], ErrandInSeconds("walk", 60)]


def test_migrations_run_in_order_from_the_schema_of_the_book(tmp_path: Path) -> None:
    hours = [ErrandInHours("post", 0.5), ErrandInHours("call", 1.5)]
    for home in (tmp_path / "from-1", tmp_path / "from-2"):
        written(home)
    read_all(tmp_path / "from-2", ErrandInSeconds, TWO)
    for home in (tmp_path / "from-1", tmp_path / "from-2"):
        assert read_all(home, ErrandInHours, THREE) == hours
        assert schema_of(home / "book.log") == 3


def test_a_book_that_is_begun_has_the_newest_schema(tmp_path: Path) -> None:
    assert read_all(tmp_path, ErrandInHours, THREE) == []
    assert schema_of(tmp_path / "book.log") == 3


def test_a_newer_book_is_not_opened_and_not_changed(tmp_path: Path) -> None:
    written(tmp_path)
    read_all(tmp_path, ErrandInHours, THREE)
    before = (tmp_path / "book.log").read_bytes()
    for migrations in ((), TWO):
        with pytest.raises(BookClosed) as refused:
            read_all(tmp_path, ErrandInHours, migrations)
        assert refused.value.code == "book-newer"
    assert (tmp_path / "book.log").read_bytes() == before


def test_a_book_that_may_only_be_read_is_migrated_in_memory(tmp_path: Path) -> None:
    old = written(tmp_path)
    book = BookFile(tmp_path, [ErrandInSeconds], barred=only_reading(tmp_path), migrations=TWO)
    assert book.all(ErrandInSeconds) == NEW
    assert book.get(ErrandInSeconds, "errand/call") == NEW[1]
    book.refresh()
    assert book.all(ErrandInSeconds) == NEW
    book.close()
    assert (tmp_path / "book.log").read_bytes() == old
    assert not (tmp_path / "book.log.bak").exists()


def test_a_disk_that_refuses_the_new_file_leaves_the_old_one_and_a_book_to_read(tmp_path: Path) -> None:
    refusals = 0
    for at in range(20):
        home = tmp_path / str(at)
        old = written(home)
        disk = FailingDisk(at)
        book = BookFile(home, [ErrandInSeconds], disk=disk, migrations=TWO)
        assert book.all(ErrandInSeconds) == NEW
        if book.read_only is None:
            book.close()
            break
        refusals += 1
        with pytest.raises(BookClosed):
            book.commit(ErrandInSeconds("walk", 60))
        book.close()
        log = (home / "book.log").read_bytes()
        assert log == old or schema_of(home / "book.log") == 2
        assert read_all(home, ErrandInSeconds, TWO) == NEW
    assert refusals >= 4, "writing the backup and the log are at least four writes"


@pytest.mark.parametrize("keeps", ["nothing", "some", "everything"])
def test_a_power_cut_during_a_migration_loses_nothing(keeps: str) -> None:
    cuts = 0
    for dies_at in range(100):
        disk = ForgetfulDisk()
        written(HOME, disk)
        disk.dies_at = disk.points + dies_at
        try:
            BookFile(HOME, [ErrandInSeconds], disk=disk, migrations=TWO).close()
        except Crash:
            cuts += 1
        else:
            break
        for seed in range(4):
            after = disk.after_crash(Random(seed), keeps)
            book = BookFile(HOME, [ErrandInSeconds], disk=after, migrations=TWO)
            assert book.all(ErrandInSeconds) == NEW
            book.commit(ErrandInSeconds("walk", 60))
            book.close()
    assert cuts >= 8


def test_an_entry_of_an_archive_is_migrated_each_time_it_is_read(tmp_path: Path) -> None:
    book = BookFile(tmp_path, [Errand])
    book.archive(Filed("P1", golden.NOON, OLD))
    book.close()
    (archive,) = (tmp_path / "archive").iterdir()
    before = archive.read_bytes()
    for _ in range(2):
        book = BookFile(tmp_path, [ErrandInSeconds], migrations=TWO)
        assert book.archived("P1") == NEW
        book.close()
    assert archive.read_bytes() == before
    book = BookFile(tmp_path, [ErrandInSeconds], migrations=TWO)
    book.archive(Filed("P2", golden.NOON, (ErrandInSeconds("walk", 60),)))
    assert book.archived("P2") == [ErrandInSeconds("walk", 60)], (
        "an entry of the newest schema stays as it is"
    )
    book.close()
    book = BookFile(tmp_path, [ErrandInHours], migrations=THREE)
    assert book.archived("P1") == [ErrandInHours("post", 0.5), ErrandInHours("call", 1.5)]
    book.close()


def test_two_documents_never_become_one() -> None:
    tables = {"a": {"x": {"n": 1}}, "b": {"x": {"n": 2}}}
    with pytest.raises(ValueError, match="two documents of table a, key x"):
        migrate(tables, [lambda table, key, document: ("a", key, document)])
    assert tables == {"a": {"x": {"n": 1}}, "b": {"x": {"n": 2}}}


def test_the_golden_book_goes_through_a_migration_whole(tmp_path: Path) -> None:
    (tmp_path / "book.log").write_bytes((GOLDEN / "v1" / "book.log").read_bytes())
    (tmp_path / "book.key").write_bytes(golden.KEY)
    book = BookFile(tmp_path, RECORDS, migrations=[to_the_same])
    for kind in RECORDS:
        assert book.all(kind) == [record for record in golden.V1_RECORDS if type(record) is kind]
    book.close()
    assert schema_of(tmp_path / "book.log") == 2
