"""The standard streams: what an encoding lacks, what a disk refuses, and who has left."""

from __future__ import annotations

import codecs
import errno
import io
import os
import unicodedata
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.fork_server import ROOT
from tui.cli import console
from tui.cli.main import main
from tui.cli.output import say_table
from tui.terminal_safe import safe_text

ENCODINGS = ("cp1252", "latin-1", "ascii", "utf-16", "utf-8", "cp932", "koi8-r")
codecs.register_error(console.PLAIN, console._plainer)


def _our_signs() -> set[str]:
    """Give every character beyond ASCII that our own texts draw, by the files that hold them."""
    files = [
        path for path in (ROOT / "tui").rglob("*.py") if path.name not in ("console.py", "terminal_safe.py")
    ]
    compared = "spreadsheet_traces.py"  # it names the error values of spreadsheets, and shows none
    files += (path for path in (ROOT / "core").rglob("*.py") if path.name != compared)
    return {char for path in files for char in path.read_text("utf-8") if not char.isascii()}


def test_every_sign_of_ours_has_a_plain_one_of_its_own() -> None:
    signs = {char for char in _our_signs() if not char.isalpha() and unicodedata.category(char)[0] in "SP"}
    assert len(signs) > 20
    assert {sign for sign in signs if console.plain_sign(sign) in ("?", "")} == set()


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
def test_what_replaces_a_text_is_ascii_and_as_wide_as_the_text(text: str) -> None:
    for char in safe_text(text):
        plain = console.plain_sign(char)
        assert plain.isascii()
        assert len(plain) == cell_len(char), hex(ord(char))


@given(st.text(max_size=40), st.sampled_from(ENCODINGS))
def test_any_text_can_be_written_in_any_encoding(text: str, encoding: str) -> None:
    text.encode(encoding, console.PLAIN).decode(encoding)


def test_a_letter_never_becomes_another_letter() -> None:
    assert "Zoë Łukasz 陳".encode("ascii", console.PLAIN) == b"Zo? ?ukasz ??"
    assert "○ ✓ → … “a”".encode("ascii", console.PLAIN) == b'o + > . "a"'
    assert "○ Zoë".encode("cp1252", console.PLAIN) == b"o Zo\xeb"


class Disk(io.RawIOBase):
    """A file that takes `room` bytes and then fails with `number`."""

    def __init__(self, room: int, number: int) -> None:
        self.room, self.number, self.held = room, number, b""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        content = bytes(data)
        if len(self.held) + len(content) > self.room:
            raise OSError(self.number, "x")
        self.held += content
        return len(content)


def _stdout_on(disk: Disk) -> console.LastingText:
    return console.LastingText(
        io.TextIOWrapper(io.BufferedWriter(disk), encoding="utf-8", newline="\n", line_buffering=True)
    )


def test_a_full_disk_ends_nothing_and_is_told_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    disk = Disk(10, errno.ENOSPC)
    with redirect_stdout(_stdout_on(disk)):
        for _ in range(1_000):
            print("12345")
        assert console.checked(0) == 1
        assert console.checked(4) == 4
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "The output could not be written: the disk is full."
    assert disk.held == f"12345{os.linesep}".encode()


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ECONNRESET])
def test_a_reader_who_has_left_changes_no_exit_code(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    disk = Disk(10, number)
    with redirect_stdout(_stdout_on(disk)):
        print("a long line that does not fit")
        assert [console.checked(code) for code in (0, 1, 4)] == [0, 1, 4]
    assert disk.held == b""
    assert capsys.readouterr().err == ""


def test_columns_are_in_line_whatever_stands_in_them(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["Nguyen", "陳美玲", "👍 Lee", "Nguyễn", "김", "é", "क्षितिज", ""]
    say_table(([str(n), name, "|", "last"] for n, name in enumerate(names)), indent="  ")
    lines = capsys.readouterr().out.splitlines()
    assert len({cell_len(line[: line.index("|")]) for line in lines}) == 1


def test_no_table_of_the_command_line_counts_characters() -> None:
    counting = [
        path.relative_to(ROOT).as_posix()
        for path in Path(ROOT / "tui" / "cli").rglob("*.py")
        if ".ljust(" in (text := path.read_text("utf-8")) or ":38.38" in text or "max(len(" in text
    ]
    assert counting == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("listen", "--port", "x"), "argument --port: “x” isn't a whole number"),
        (("sandbox", "serve", "--cards", "1e3"), "argument --cards: “1e3” isn't a whole number"),
        (("watch", "--allow", "0"), "argument --allow: “0” isn't a number from 1 on"),
    ],
)
def test_a_wrong_option_is_said_in_words(
    words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(told)
