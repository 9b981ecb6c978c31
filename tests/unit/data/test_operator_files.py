"""Files that a person writes: whatever is there, the answer is the content, or one reason with the line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from data.configuration.definition import Profile
from data.maps import read_own_map
from data.maps.milestones import read_milestones
from data.new_profile import add_profile, read_answers
from data.operator_files.paths import expanded_path
from data.operator_files.text_file import UnreadableText, read_text_file
from data.operator_files.toml_text import MOST_DEPTH, BadToml, parse_toml
from data.settings import Settings, find_home, load_settings, read_one_way


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = 1\nb", "line 2, at its end: the key has no = after it"),
        ("a = 1\nb = yes", "line 2, column 5: this isn't a value; a text needs quotes"),
        ("a = 'x", "line 1, at its end: a text has no quote at its end"),
        ('a = "C:\\users"', "line 1, column 10: write \\\\ for each \\ in this text"),
        ("a = 1\na = 2", "line 2, at its end: this key or heading is there twice"),
        ("[a]\n[a]", "line 2, column 3: this key or heading is there twice"),
        ("[a.b", "line 1, at its end: the heading has no ] at its end"),
        ("a = [1", "line 1, at its end: a list has no ] at its end"),
        ("a = 1 b = 2", "line 1, column 7: something follows the value on the same line"),
        ("\n\na = " + "[" * 5_000, "line 3: lists or tables are nested too deeply"),
        ("a = 1\nb = " + "9" * 5_000, "line 2: a number is too large"),
        ("a = 1\n\nb = 0x" + "f" * 40, "line 3: a number is too large"),
        ("a = '9999999999999999999'\nb = -9223372036854775809", "line 2: a number is too large"),
        (f"a = 1\n{'a.' * (MOST_DEPTH + 2)}b = 1", "line 2, at its end: this key or heading is there twice"),
        (f"b = 1\n{'a.' * (MOST_DEPTH + 2)}b = 1", "line 2: tables are nested too deeply"),
        ("a = \x00", "line 1, column 5: this isn't a value; a text needs quotes"),
    ],
)
def test_what_is_no_toml_has_a_reason_with_the_line(text: str, reason: str) -> None:
    with pytest.raises(BadToml) as caught:
        parse_toml(text)
    assert str(caught.value).startswith(reason)


@pytest.mark.parametrize(
    "text",
    ["", "a = 9223372036854775807", "a = '" + "9" * 5_000 + "'", "a = [[[[[1]]]]]", "a = 1\r\nb = 2\r\n"],
)
def test_ordinary_toml_is_read(text: str) -> None:
    assert isinstance(parse_toml(text), dict)


@given(st.text(st.sampled_from("ab.=[]{}\"'\\\n #1e-+_:,xu\r\t\x00é\ud800"), max_size=60))
def test_any_text_is_a_table_or_a_reason(text: str) -> None:
    try:
        table = parse_toml(text)
    except BadToml as error:
        assert str(error)  # noqa: PT017 - either is fine
    else:
        assert isinstance(table, dict)


def _folder(file: Path) -> None:
    file.mkdir()


def _pipe(file: Path) -> None:
    os.mkfifo(file)


def _device(file: Path) -> None:
    file.symlink_to("/dev/zero")


def _latin(file: Path) -> None:
    file.write_bytes(b"# one\n# two\nx = '\xe9'\n")


def _endless(file: Path) -> None:
    file.write_bytes(b"#" * 1_000_001)


def _circle(file: Path) -> None:
    file.symlink_to(file)


BROKEN = [
    (_folder, "it is a folder"),
    (_pipe, "it is a pipe or a device, not a file"),
    (_device, "it is a pipe or a device, not a file"),
    (_latin, "line 3 is not UTF-8 text; save the file as UTF-8"),
    (_endless, "it is larger than 1 MB"),
    (_circle, "its links lead in a circle"),
]


@pytest.mark.parametrize(("make", "reason"), BROKEN)
def test_what_is_no_readable_file_has_a_reason_and_is_not_waited_for(
    tmp_path: Path, make, reason: str
) -> None:
    make(tmp_path / "x.toml")
    with pytest.raises(UnreadableText) as caught:
        read_text_file(tmp_path / "x.toml")
    assert str(caught.value) == reason


@pytest.mark.parametrize(("make", "reason"), BROKEN)
def test_each_file_of_the_operator_is_read_so(tmp_path: Path, make, reason: str) -> None:
    make(tmp_path / "config.toml")
    make(tmp_path / "own.toml")
    settings = Settings(tmp_path, "a", Profile(milestones="own.toml", one_way="own.toml", map="own.toml"))
    codes = []
    for read in (
        lambda: load_settings(tmp_path, None),
        lambda: read_own_map(tmp_path / "own.toml"),
        lambda: read_milestones(settings),
        lambda: read_one_way(settings),
        lambda: add_profile(tmp_path, "b", {}),
    ):
        with pytest.raises(UsageError, match=reason.replace("(", r"\(")) as caught:
            read()
        codes.append(caught.value.code)
    assert codes == ["bad-config", "no-map", "no-map", "bad-one-way", "bad-config"]


@pytest.mark.parametrize("text", ["a = " + "[" * 5_000, "a = " + "9" * 5_000, "a = 0x" + "f" * 5_000])
def test_toml_that_no_parser_can_take_is_a_bad_config_with_its_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.toml").write_text(f"# mine\n{text}", "utf-8")
    with pytest.raises(UsageError, match=r"config\.toml is not TOML: line 2: ") as caught:
        load_settings(tmp_path, None)
    assert (caught.value.code, caught.value.exit_code) == ("bad-config", 2)
    with pytest.raises(UsageError, match=r"The answers are not TOML: line 1: "):
        read_answers(text)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbf[profiles.a]\noperator = 'kate'\n")
    assert load_settings(tmp_path, "a").operator == "kate"
    add_profile(tmp_path, "b", {"operator": "jo"})
    assert load_settings(tmp_path, "a").operator == "kate"
    assert load_settings(tmp_path, None).name == "b"


def test_a_path_of_nobodys_folder_is_one_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert expanded_path("~/a") == tmp_path / "a"
    assert expanded_path("~nobody-of-this-name/a") == Path("~nobody-of-this-name/a")
    assert find_home("~nobody-of-this-name") == Path("~nobody-of-this-name").absolute()
    settings = Settings(tmp_path, "a", Profile(one_way="~nobody-of-this-name/x"))
    with pytest.raises(UsageError, match="it is not there"):
        read_one_way(settings)


def test_a_name_that_no_disk_takes_has_a_reason(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the name is too long") as caught:
        load_settings(tmp_path / ("x" * 300), None)
    assert caught.value.code == "bad-config"
