"""What commands print as JSON can be read by every decoder."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.texts import mended
from tui.cli.output import ascii_json, emit_json, emit_json_line

ODD = {"a\ud800": ["\udfff", "Zoë", {"b": "\udcff"}]}


@pytest.mark.parametrize("emit", [emit_json, emit_json_line])
def test_half_a_character_is_printed_as_json_that_a_strict_decoder_takes(
    emit: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(emit)
    emit(ODD)
    out = capsys.readouterr().out
    assert out.isascii()
    assert msgspec.json.decode(out) == {"a\ufffd": ["\ufffd", "Zoë", {"b": "\ufffd"}]}


class Sign(StrEnum):
    DONE = "done"


class Point(msgspec.Struct):
    x: int
    at: date


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=[]))
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.dates()
    | st.just(Sign.DONE)
    | st.builds(Point, st.integers(-9, 9), st.dates())
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=4) | st.just(Sign.DONE), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values)
def test_json_is_written_as_the_standard_library_writes_it(value: object) -> None:
    plain = mended(msgspec.to_builtins(value))
    assert ascii_json(value, indent=2) == json.dumps(plain, ensure_ascii=True, indent=2)
    assert ascii_json(value) == json.dumps(plain, ensure_ascii=True)


def test_numbers_and_characters_stay_as_they_were_written() -> None:
    value = [1e16, 1e-7, 2**70, Decimal("1.10"), "\x7f/\u2028", "\N{GRINNING FACE}", {}, [], float("inf")]
    assert ascii_json(value) == (
        r'[1e+16, 1e-07, 1180591620717411303424, "1.10", "\u007f/\u2028", "\ud83d\ude00", {}, [], Infinity]'
    )
