"""What counts as an ID, and which IDs a person may mean."""

from __future__ import annotations

import pytest

from core.compare.ids import LONGEST_ID, id_fault, is_id, spellings


@pytest.mark.parametrize(
    "text", ["1-6D9UB", "6D9UB", "a/b", "50%", "1 2", "Ø", "…", "...", ".a", "-", "0", "x" * LONGEST_ID]
)
def test_any_text_that_can_be_seen_is_an_id(text: str) -> None:
    assert is_id(text)
    assert id_fault(text) == ""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("\u00a0", "is empty"),
        (".", "can't be sent in an address"),
        ("..", "can't be sent in an address"),
        (" 1", "begins or ends with a blank"),
        ("1\n", "begins or ends with a blank"),
        ("x" * (LONGEST_ID + 1), "has more than 128 characters"),
        ("a\nb", "holds a character that can't be seen"),
        ("a\x7fb", "holds a character that can't be seen"),
        ("a\x85b", "holds a character that can't be seen"),
        ("a\u200bb", "holds a character that can't be seen"),
        ("a\u202eb", "holds a character that can't be seen"),
        ("a\u2028b", "holds a character that can't be seen"),
        ("a\ud800", "holds a character that can't be seen"),
    ],
)
def test_what_can_not_be_an_id_says_why(text: str, fault: str) -> None:
    assert id_fault(text) == fault
    assert not is_id(text)


@pytest.mark.parametrize("value", [None, 7, True, ["1"], {"FLEXId": "1"}])
def test_what_is_no_text_is_no_id(value: object) -> None:
    assert not is_id(value)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1-6D9UB", ("1-6D9UB",)),
        (" 1-6d9ub ", ("1-6d9ub", "1-6D9UB")),
        ("OPP/77", ("OPP/77",)),
        ("straße", ("straße", "STRASSE")),
        ("..", ()),
        (" ", ()),
    ],
)
def test_a_typed_id_is_tried_as_it_is_and_then_in_upper_case(typed: str, meant: tuple[str, ...]) -> None:
    assert spellings(typed) == meant
