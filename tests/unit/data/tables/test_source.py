"""Where a file's bytes come from: a regular file, or standard input; anything else says why it can't be read."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from core.errors import UsageError
from data.tables import source
from data.tables.source import read_bytes, shown_name


def why(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        read_bytes(path)
    assert caught.value.code == "unreadable-file"
    return caught.value.message


def test_what_is_no_regular_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert why(tmp_path).endswith("it isn't a file.")
    assert why(tmp_path / "pipe").endswith("it isn't a file.")
    assert why(tmp_path / "none").startswith(f"{tmp_path / 'none'} can't be read: ")


def test_a_file_or_an_input_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "LARGEST", 4)
    (tmp_path / "a").write_bytes(b"12345")
    assert why(tmp_path / "a").endswith("it is larger than 512 MB.")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"12345")))
    assert why(Path("-")) == "standard input can't be read: it is larger than 512 MB."
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"1234")))
    assert read_bytes(Path("-")) == b"1234"


def test_a_file_that_is_called_like_standard_input_is_named_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "-").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    assert read_bytes(Path(str(tmp_path / "-"))) == b"x"
    assert (shown_name(Path("-")), shown_name(tmp_path / "-")) == ("standard input", str(tmp_path / "-"))
