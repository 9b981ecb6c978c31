"""How a map file is read, and what is said of one that can't be."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UsageError
from core.flex.map_checks import BrokenMap
from data.maps import parse_map, read_map, shipped_map

ROW = """
version = "7"
[[row]]
section = "Contacts"
source = "First Name"
scope = "person"
read = "first_name"
target = "Applicant.FirstName"
transform = "text"
confidence = "operator"
"""


def test_the_shipped_map_is_whole_and_has_a_version() -> None:
    assert shipped_map().version
    assert len(shipped_map().row) == 40


def test_the_operators_own_map_is_read(tmp_path: Path) -> None:
    file = tmp_path / "my-map.toml"
    file.write_text(ROW, "utf-8")
    field_map = read_map(file)
    assert (field_map.version, field_map.row[0].confidence) == ("7", "operator")


def test_what_is_not_toml_names_the_file_and_the_line() -> None:
    with pytest.raises(BrokenMap) as caught:
        parse_map("version = \n", "my-map.toml")
    assert "my-map.toml" in caught.value.message
    assert "line 1" in caught.value.message


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["missing", "not-utf-8"])
def test_a_file_that_cant_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "my-map.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_map(file)
    assert caught.value.code == "no-map"
    assert str(file) in caught.value.message
