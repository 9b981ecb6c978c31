"""JSON that a strict decoder refuses for one odd value is read, and everything else in it is whole."""

from __future__ import annotations

import json

import pytest

from core.decoding.lenient_json import DEEPEST, TOO_DEEP, read_leniently


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud800"', "\ud800"),
        (r'"\ud83d\ude00"', "😀"),
        ("1e400", float("inf")),
        ("-Infinity", float("-inf")),
        ('"a\tb\x00c"', "a\tb\x00c"),
        ("9" * 5_000, "9" * 5_000),
        ("[1, 2]", [1, 2]),
    ],
    ids=range(7),
)
def test_an_odd_value_is_read(text: str, value: object) -> None:
    assert read_leniently(f'{{"a": {text}, "b": 1}}') == {"a": value, "b": 1}


@pytest.mark.parametrize("text", ["", "{", '{"a": }', "[" * 5_000, '{"a": ' + "[" * 5_000 + "}", "]" * 5_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        read_leniently(text)


def test_brackets_in_a_text_do_not_count_as_depth() -> None:
    deep = "[" * 5_000 + "]" * 5_000
    text = json.dumps({"a": "[" * 300, "b": '\\"[', "c": 0, "d": "x"}).replace(" 0", deep)
    value = read_leniently(text)
    assert (value["a"], value["b"], value["d"]) == ("[" * 300, '\\"[', "x")
    assert json.dumps(value["c"]).count("[") == DEEPEST - 1
    assert TOO_DEEP in json.dumps(value["c"])
