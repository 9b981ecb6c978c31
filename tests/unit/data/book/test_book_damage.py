"""What a crash can leave is cut off and reported; anything else refuses to open and changes nothing."""

import errno
import os
from pathlib import Path
from zlib import crc32

import pytest
from msgspec import Raw

from core.errors import BookClosed
from core.push.records import RECORDS, Link, Push
from data.book.book_file import BookFile
from data.book.disk import RealDisk
from data.book.errors import only_reading
from data.book.log import NOTHING, Change, Log
from tests.support.book_fakes import a_link, a_push


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is synced, and when, is asked elsewhere; here the wait for it is spared."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    book = BookFile(tmp_path, RECORDS)
    for n in range(3):
        book.commit(a_link(n), a_push(n))
    book.close()
    return tmp_path


def links(home: Path) -> tuple[list[Link], list[str]]:
    book = BookFile(home, RECORDS)
    try:
        assert [push.subject for push in book.all(Push)] == [link.local_id for link in book.all(Link)]
        return book.all(Link), book.notices
    finally:
        book.close()


def refusal(home: Path) -> BookClosed:
    with pytest.raises(BookClosed) as caught:
        BookFile(home, RECORDS)
    return caught.value


def test_a_torn_last_line_is_cut_off_at_every_byte(home: Path) -> None:
    log = home / "book.log"
    whole = log.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    assert links(home) == ([a_link(0), a_link(1), a_link(2)], [])
    for size in range(last + 1, len(whole)):
        log.write_bytes(whole[:size])
        found, notices = links(home)
        assert found == [a_link(0), a_link(1)]
        assert len(notices) == 1
        assert f"({size - last} bytes after line 3)" in notices[0]
        assert log.read_bytes() == whole[:last]
    assert links(home) == ([a_link(0), a_link(1)], [])


def test_a_hole_in_the_last_line_is_a_torn_line(home: Path) -> None:
    log = home / "book.log"
    whole = log.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for start in range(last, len(whole)):
        log.write_bytes(whole[:start] + b"\0" * (len(whole) - start))
        assert links(home)[0] == [a_link(0), a_link(1)]
        log.write_bytes(whole[:start] + b"\0" * (len(whole) - start - 1) + b"\n")
        if start < len(whole) - 1:
            assert links(home)[0] == [a_link(0), a_link(1)]


@pytest.mark.parametrize("end", [b"\x0b", b"}", b"\xff"])
def test_a_last_line_that_is_whole_but_for_its_end_was_confirmed_and_is_damage(
    home: Path, end: bytes
) -> None:
    log = home / "book.log"
    log.write_bytes(log.read_bytes()[:-1] + end)
    assert refusal(home).code == "book-damaged"


def test_a_checksum_that_fits_half_a_commit_by_chance_does_not_make_it_a_confirmed_one(
    tmp_path: Path,
) -> None:
    log, half = tmp_path / "x.log", b'{"a":{"k":{"v":1'
    whole = sealed(HEADER, b"{}")
    log.write_bytes(whole + b"%08x %b" % (crc32(half, crc32(HEADER + b"{}")), half + b"23"))
    assert loaded(Log(RealDisk(), log)) == [{}]
    assert log.read_bytes() == whole


def test_writing_goes_on_after_a_cut(home: Path) -> None:
    log = home / "book.log"
    log.write_bytes(log.read_bytes()[:-5])
    book = BookFile(home, RECORDS)
    book.commit(a_link(7), a_push(7))
    book.close()
    assert links(home) == ([a_link(0), a_link(1), a_link(7)], [])


def test_a_reader_leaves_a_torn_line_alone(home: Path) -> None:
    log = home / "book.log"
    log.write_bytes(log.read_bytes()[:-5])
    before = log.read_bytes()
    book = BookFile(home, RECORDS, barred=only_reading(home))
    assert book.all(Link) == [a_link(0), a_link(1)]
    assert log.read_bytes() == before


@pytest.mark.parametrize("flip", [0x01, 0x0A, 0xFF])
def test_any_flipped_byte_before_the_last_line_refuses(home: Path, flip: int) -> None:
    log = home / "book.log"
    whole = log.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for place in range(last):
        broken = bytearray(whole)
        broken[place] ^= flip
        log.write_bytes(broken)
        error = refusal(home)
        assert error.code == "book-damaged"
        assert str(log) in error.message
        assert f"line {whole[:place].count(10) + 1}" in error.message
        assert log.read_bytes() == broken


def test_a_missing_doubled_or_moved_line_refuses(home: Path) -> None:
    log = home / "book.log"
    header, one, two, three = log.read_bytes().splitlines(keepends=True)
    for lines in (
        [header, two, three],
        [header, one, one, two, three],
        [header, two, one, three],
        [one, two],
    ):
        log.write_bytes(b"".join(lines))
        assert refusal(home).code == "book-damaged"


def test_an_empty_or_headless_file_refuses_and_is_left_alone(home: Path) -> None:
    log = home / "book.log"
    header = log.read_bytes().splitlines(keepends=True)[0]
    for content in (b"", header[:-1], header[:10], b"\n", b"{}\n", b"\0" * 100):
        log.write_bytes(content)
        error = refusal(home)
        assert error.code == "book-damaged"
        assert "line 1" in error.message
        assert "backup" in error.fix
        assert log.read_bytes() == content


def test_a_missing_log_is_not_a_beginning(home: Path) -> None:
    log = home / "book.log"
    log.rename(home / "book.log.bak")
    error = refusal(home)
    assert error.code == "book-damaged"
    assert str(home / "book.log.bak") in error.fix
    assert "empty" not in error.fix
    (home / "book.log.bak").unlink()
    error = refusal(home)
    assert error.code == "book-damaged"
    assert "book.key" in error.message
    assert f"To begin with an empty book on purpose, move {home} away." in error.fix
    assert not log.exists()


def test_damage_names_the_backup_that_mends_it(home: Path) -> None:
    BookFile(home, RECORDS, spare=-1000).close()
    log, backup = home / "book.log", home / "book.log.bak"
    log.write_bytes(log.read_bytes()[3:])
    error = refusal(home)
    assert str(backup) in error.fix
    log.write_bytes(backup.read_bytes())
    assert links(home)[0] == [a_link(0), a_link(1), a_link(2)]


def test_damage_is_told_also_where_there_is_no_looking_for_a_backup(home: Path) -> None:
    class Unsure(RealDisk):
        def exists(self, path: Path) -> bool:
            if path.name == "book.log.bak":
                raise OSError(errno.EIO, "Input/output error", str(path))
            return super().exists(path)

    (home / "book.log").write_bytes(b"")
    with pytest.raises(BookClosed) as caught:
        loaded(Log(Unsure(), home / "book.log"))
    assert caught.value.code == "book-damaged"
    assert "your own backup" in caught.value.fix


def test_the_lines_of_a_snapshot_can_not_be_torn(home: Path) -> None:
    BookFile(home, RECORDS, spare=-1000).close()
    log = home / "book.log"
    whole = log.read_bytes()
    lines = whole.splitlines(keepends=True)
    for content in (whole[:-1], whole[:-20], b"".join(lines[:-1])):
        log.write_bytes(content)
        error = refusal(home)
        assert error.code == "book-damaged"
    assert "the file ends before" in error.message, "the last is whole as far as it goes"


def loaded(log: Log) -> list[Change]:
    changes: list[Change] = []
    log.load(changes.append)
    return changes


def sealed(*payloads: bytes) -> bytes:
    content, crc = b"", 0
    for payload in payloads:
        crc = crc32(payload, crc)
        content += b"%08x %b\n" % (crc, payload)
    return content


HEADER = b'{"kind":"brokerdesk-book","schema":1,"snapshot":0}'


def test_the_format_on_disk_is_the_one_described(tmp_path: Path) -> None:
    log = Log(RealDisk(), tmp_path / "x.log")
    assert loaded(log) == []
    change: Change = {"a": {"k": Raw(b'{"v":1}')}, "b": {"l": NOTHING}}
    assert log.append({"a": {"k": {"v": 1}}, "b": {"l": None}}) == change
    log.close()
    content = sealed(HEADER, b'{"a":{"k":{"v":1}},"b":{"l":null}}')
    assert (tmp_path / "x.log").read_bytes() == content
    assert loaded(Log(RealDisk(), tmp_path / "x.log")) == [change]


@pytest.mark.parametrize(
    "header",
    [HEADER.replace(b'"schema":1', b'"schema":2,"new":[]'), b'{"schema":2,"kind":"brokerdesk-book"}'],
)
def test_a_newer_schema_is_told_from_damage(home: Path, header: bytes) -> None:
    (home / "book.log").write_bytes(sealed(header, b"anything"))
    error = refusal(home)
    assert error.code == "book-newer"
    assert "version 2" in error.message
    assert "Update" in error.fix


@pytest.mark.parametrize(
    ("header", "line", "said"),
    [
        (HEADER.replace(b"brokerdesk-book", b"something-else"), b"{}", "line 1"),
        (HEADER.replace(b'"schema":1', b'"schema":0'), b"{}", "line 1"),
        (b"[]", b"{}", "line 1"),
        (HEADER, b'{"links":[]}', "line 2"),
        (HEADER, b"nonsense", "line 2"),
        (HEADER, b'{"elsewhere":{"k7":{}}}', "table elsewhere, key k7"),
    ],
)
def test_what_is_sealed_but_not_a_book_is_damage(home: Path, header: bytes, line: bytes, said: str) -> None:
    (home / "book.log").write_bytes(sealed(header, line))
    error = refusal(home)
    assert error.code == "book-damaged"
    assert said in error.message


def test_a_document_that_is_not_a_record_is_named(home: Path) -> None:
    (home / "book.log").write_bytes(sealed(HEADER, b'{"links":{"flex/person/C-1":{"system":"abacus"}}}'))
    book = BookFile(home, RECORDS)
    for read in (lambda: book.get(Link, "flex/person/C-1"), lambda: book.all(Link)):
        with pytest.raises(BookClosed, match="table links, key flex/person/C-1") as caught:
            read()
        assert caught.value.code == "book-damaged"
    book.close()


def test_a_missing_key_refuses_where_anything_was_written(home: Path) -> None:
    (home / "book.key").unlink()
    error = refusal(home)
    assert error.code == "book-key-missing"
    assert str(home / "book.key") in error.message
    assert not (home / "book.key").exists()


def test_a_key_of_the_wrong_size_is_damage(home: Path) -> None:
    (home / "book.key").write_bytes(b"short")
    assert refusal(home).code == "book-damaged"


def test_a_beginning_that_was_cut_short_before_its_key_is_completed(tmp_path: Path) -> None:
    BookFile(tmp_path, RECORDS).close()
    (tmp_path / "book.key").unlink()
    BookFile(tmp_path, RECORDS).close()
    assert len((tmp_path / "book.key").read_bytes()) == 32
