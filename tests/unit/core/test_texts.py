"""Half characters in texts: found, replaced, and nothing else changed."""

from __future__ import annotations

import pytest

from core.texts import has_lone_surrogate, how_far, mended, without_lone_surrogates


def test_nothing_is_counted_from_zero() -> None:
    assert how_far(0, 1200, "cards") == "1,200 cards to go"
    assert how_far(3, 1200, "cards") == "3 of 1,200 cards"
    assert (how_far(0, 10), how_far(10, 10)) == ("10 to go", "10 of 10")


@pytest.mark.parametrize("text", ["", "Zoë 👩‍👩‍👧", "\ufffd", "plain"])
def test_a_whole_text_stays_as_it_is(text: str) -> None:
    assert without_lone_surrogates(text) == text
    assert not has_lone_surrogate(text)


@pytest.mark.parametrize("half", ["\ud800", "a\udfffb", "\ude00\ud83d"])
def test_half_a_character_is_found_and_replaced(half: str) -> None:
    assert has_lone_surrogate(half)
    without_lone_surrogates(half).encode()


def test_a_json_value_is_mended_at_every_depth_and_ids_stay() -> None:
    value = {"a": ["\ud800", {"\udfff": "b\ud800"}], "id": "1\ud800", "n": 5, "none": None}
    assert mended(value, ("id",)) == {
        "a": ["\ufffd", {"\ufffd": "b\ufffd"}],
        "id": "1\ud800",
        "n": 5,
        "none": None,
    }
