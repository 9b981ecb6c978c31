"""How a map file is read, and what is said of one that can't be."""

from __future__ import annotations

import pytest

from core.flex.field_map.checks import BrokenMap
from data.maps import parse_map, shipped_map


def test_the_shipped_map_is_whole_and_has_a_version() -> None:
    assert shipped_map().version
    assert len(shipped_map().row) == 40


def test_what_is_not_toml_names_the_file_and_the_line() -> None:
    with pytest.raises(BrokenMap) as caught:
        parse_map("version = \n", "my-map.toml")
    assert "my-map.toml" in caught.value.message
    assert "line 1" in caught.value.message
