"""A path as people type it and as terminals paste it, and its completion by Tab."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.operator_files.typed_paths import complete, readings_of, typed_path

NAMES = (
    "deals.csv",
    "my deals (new).xlsx",
    "it's.csv",
    "Grüße 100%.csv",
    'a"b.csv',
    "back\\slash.csv",
    "$x & y.csv",
)


def quoted(name: str) -> str:
    return "'" + name.replace("'", "'\\''") + "'"


def doubly_quoted(name: str) -> str:
    return '"' + "".join(f"\\{char}" if char in '"\\$`' else char for char in name) + '"'


def escaped(name: str) -> str:
    return "".join(char if char.isalnum() or char in "/._-" else f"\\{char}" for char in name)


def address(name: str) -> str:
    return Path(name).as_uri()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("paste", [str, quoted, doubly_quoted, escaped, address])
@pytest.mark.parametrize("around", ["{}", " {} ", "{}\n"])
def test_a_dropped_file_is_found(name: str, paste: object, around: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(b"")
    assert callable(paste)
    assert typed_path(around.format(paste(str(file)))) == file


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("file://localhost/tmp/a%20b.csv", "/tmp/a b.csv"),
        ("FILE:///tmp/a.csv", "/tmp/a.csv"),
        ("file:///C:/deals.csv", "C:/deals.csv"),
        ("C:\\Users\\broker\\deals.csv", "C:\\Users\\broker\\deals.csv"),
        ("~/a\\ b.csv", "~/a b.csv"),
    ],
)
def test_what_a_text_means_where_no_such_file_is(typed: str, meant: str) -> None:
    assert list(readings_of(typed))[-1] == meant


def test_in_double_quotes_a_path_of_windows_keeps_its_backslashes() -> None:
    assert "C:\\(old)\\deals.csv" in list(readings_of('"C:\\(old)\\deals.csv"'))


def test_the_text_as_it_is_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("'a'", "a"):
        Path(name).write_bytes(b"")
    assert typed_path("'a'") == tmp_path / "'a'"


@pytest.mark.parametrize("typed", ["x" * 5_000, "a\0b", "file://elsewhere/a.csv"])
def test_no_text_is_an_error(typed: str) -> None:
    assert typed_path(typed).is_absolute()


def test_tab_completes_as_far_as_the_names_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "Downloads").mkdir()
    for name in ("deals-june.csv", "deals-july.csv", "other.csv", ".hidden"):
        (tmp_path / "Downloads" / name).write_bytes(b"")
    sep = os.sep
    assert complete("~").text == f"~{sep}Downloads{sep}"
    assert complete("~/Down") == (f"~/Downloads{sep}", (f"Downloads{sep}",))
    assert complete("~/Downloads/de") == ("~/Downloads/deals-ju", ("deals-july.csv", "deals-june.csv"))
    assert complete("~/Downloads/deals-jun").text == "~/Downloads/deals-june.csv"
    assert complete("~/Downloads/DEALS-JUN").text == "~/Downloads/deals-june.csv"
    assert complete("~/Downloads/.h").names == (".hidden",)
    assert ".hidden" not in complete("~/Downloads/").names
    assert complete("~/nowhere/x") == ("~/nowhere/x", ())
