"""The states of the USA by their letters and their names."""

from __future__ import annotations

import pytest

from core.compare.addresses import state_of
from core.compare.states import state_code


def test_a_state_is_known_by_its_letters_and_by_its_name() -> None:
    written = ["TX", "tx", " Texas ", "TEXAS", "T.X.", "new  york", "District of Columbia", "Puerto Rico"]
    assert [state_code(text) for text in written] == ["TX"] * 3 + ["TX", "TX", "NY", "DC", "PR"]
    assert [state_code(text) for text in ("", "NSW", "Bavaria", "X")] == [""] * 4


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Ohio", "oh"),
        ("O.H.", "oh"),
        ("north dakota", "nd"),
        ("NSW", "nsw"),
        ("New South Wales", "newsouthwales"),
    ],
)
def test_a_state_is_compared_by_its_letters_however_it_is_written(written: str, key: str) -> None:
    assert state_of(written) == key
