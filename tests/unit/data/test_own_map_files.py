"""Where an operator's own map lies, how it is read and begun, and what is said of one that can't be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.errors import UsageError
from core.flex.field_map.checks import BrokenMap
from core.flex.field_map.model import FieldMap
from data.configuration.definition import EMBEDDED, Profile
from data.maps import own_file, read_maps, read_own_map, shipped_map, start_own_map
from data.settings import Settings
from tests.support.private import is_private

OWN = """
[[row]]
scope = "requirements"
source = "Loan Term"
target = "Opportunity.Term"
"""


def settings(home: Path, name: str = "live", **keys: str) -> Settings:
    return Settings(home, name, Profile(**keys))


def term(field_map: FieldMap) -> str:
    return next(row.target for row in field_map.row if row.source == "Loan Term")


@pytest.mark.parametrize(
    ("name", "named", "where"),
    [
        ("live", "my-map.toml", "my-map.toml"),
        ("live", "maps/mine.toml", "maps/mine.toml"),
        ("live", "", "live/map.toml"),
        (EMBEDDED, "", "sandbox/map.toml"),
    ],
)
def test_it_lies_where_the_profile_says_from_the_home_else_in_the_profiles_folder(
    tmp_path: Path, name: str, named: str, where: str
) -> None:
    chosen = settings(tmp_path, name, map=named)
    assert own_file(chosen) == tmp_path / where
    (tmp_path / where).parent.mkdir(exist_ok=True)
    (tmp_path / where).write_text(OWN, "utf-8")
    maps = read_maps(chosen)
    assert (term(maps.in_use), maps.file) == ("Opportunity.Term", str(tmp_path / where))


def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.toml"
    assert own_file(settings(tmp_path / "home", map=str(file))) == file


def test_without_an_own_map_the_shipped_one_is_used(tmp_path: Path) -> None:
    maps = read_maps(settings(tmp_path))
    assert (maps.in_use, maps.file, maps.differences) == (shipped_map(), "", ())


def test_a_map_that_the_profile_names_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_maps(settings(tmp_path, map="my-map.toml"))
    assert caught.value.code == "no-map"
    assert str(tmp_path / "my-map.toml") in caught.value.message
    assert "map edit" in caught.value.fix


def test_what_is_not_toml_names_the_file_and_the_line(tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    file.write_text("[[row]]\nscope = \n", "utf-8")
    with pytest.raises(BrokenMap) as caught:
        read_own_map(file)
    assert str(file) in caught.value.message
    assert "line 2" in caught.value.message


def test_a_file_without_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    file.write_text("#" * 1_000_001, "utf-8")
    with pytest.raises(UsageError, match="larger than 1 MB"):
        read_own_map(file)


@pytest.mark.parametrize("content", [b"\xff\xfe", None], ids=["not-utf-8", "a-folder"])
def test_a_file_that_cant_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "map.toml"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_own_map(file)
    assert caught.value.code == "no-map"
    assert str(file) in caught.value.message


def test_one_is_begun_for_its_owner_alone_and_changes_nothing_yet(tmp_path: Path) -> None:
    file = tmp_path / "home" / "live" / "map.toml"
    assert start_own_map(file)
    assert is_private(file)
    assert read_own_map(file).in_use == shipped_map()


def test_one_that_is_there_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    file.write_text(OWN, "utf-8")
    assert not start_own_map(file)
    assert file.read_text("utf-8") == OWN


def test_a_place_that_cant_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(UsageError, match=r"file/map\.toml"):
        start_own_map(tmp_path / "file" / "map.toml")


def test_every_example_of_the_template_holds(tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    start_own_map(file)
    examples = re.sub(r'^# (?=\[|"|[a-z]+ = )', "", file.read_text("utf-8"), flags=re.MULTILINE)
    file.write_text(examples, "utf-8")
    changed = {one.place for one in read_own_map(file).differences}
    assert changed == {
        *("Pre-approval", "Property Type", "Phone Number: Office", "Address: Suburb", "loan_purpose"),
    }
