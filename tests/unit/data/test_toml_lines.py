"""The line of each key, for every way in which TOML can say the same."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.operator_files.toml_lines import key_lines


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a = 1\nb = 2", ("b",), 2),
        ("# a = 1\n\n  a = 2 # a", ("a",), 3),
        ("[a.b]\nc = 1", ("a",), 1),
        ("[a.b]\nc = 1", ("a", "b", "c"), 2),
        ("[a]\n[b]\nc = 1", ("b", "c"), 3),
        ('[profiles."two words"]\nlive = true', ("profiles", "two words", "live"), 2),
        ("[a]\nb.c = 1\nb.d = 2", ("a", "b", "d"), 3),
        ("a = {b = 1, c = {d = 2}}", ("a", "c", "d"), 1),
        ("a = [\n  1,\n  2,\n]\nb = 1", ("b",), 5),
        ('a = [\n  "]",\n  "x",\n]\nb = 1', ("b",), 5),
        ('a = """\nb = 2\n[c]\n"""\nb = 1', ("b",), 5),
        ("a = '''\n# \"\"\"\n'''\nb = 1", ("b",), 4),
        ("[[row]]\na = 1\n[[row]]\na = 2", ("row", "a"), 2),
        ("a = 1\r\nb = 2\r\n", ("b",), 2),
    ],
)
def test_the_line_of_a_key(text: str, path: tuple[str, ...], line: int) -> None:
    assert key_lines(text)[path] == line


def test_a_key_that_is_only_in_a_text_or_a_comment_has_no_line() -> None:
    assert key_lines('a = """\nb = 2\n"""\n# c = 3') == {("a",): 1}


WORDS = st.text(st.sampled_from("ab.=[]{}\"'\\\n #1,é"), max_size=40)


@given(st.lists(WORDS, max_size=4))
def test_every_key_of_any_toml_has_a_line(pieces: list[str]) -> None:
    text = "\n".join(["[t]", "a = 1", *pieces])
    try:
        table = tomllib.loads(text)
    except ValueError:
        return
    assert set(_paths(table)) <= set(key_lines(text))


def _paths(table: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in table.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from _paths(value, (*above, key))
