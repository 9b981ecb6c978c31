"""Where brokerdesk itself failed is kept for the support bundle, without a word of the error."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.support.failures import FILE, KEPT, failures_told, keep_failure
from tests.support.private import is_private

CLIENT = "Quentin Zebrowski"


def _fails(cause: Exception) -> None:
    try:
        raise cause
    except type(cause) as error:
        raise RuntimeError(CLIENT) from error


def failure(cause: Exception) -> RuntimeError:
    with pytest.raises(RuntimeError) as caught:
        _fails(cause)
    return caught.value


def test_types_and_places_are_kept_and_no_word_of_the_errors(tmp_path: Path) -> None:
    keep_failure(tmp_path, failure(KeyError(CLIENT)), 1_800_000_000.0)
    (told,) = failures_told(tmp_path)
    assert (told["at"], [each["type"] for each in told["errors"]]) == (
        1_800_000_000.0,
        ["RuntimeError", "KeyError"],
    )
    assert told["errors"][0]["places"][-1].endswith(" _fails")
    assert told["errors"][0]["places"][-1].startswith(f"{__name__}:")
    assert "Zebrowski" not in (tmp_path / FILE).read_text("ascii")
    assert is_private(tmp_path / FILE)


def test_the_errors_of_a_group_are_named(tmp_path: Path) -> None:
    keep_failure(tmp_path, ExceptionGroup(CLIENT, [failure(ValueError()), OSError(CLIENT)]), 0.0)
    (told,) = failures_told(tmp_path)
    assert [each["type"] for each in told["errors"]] == [
        "ExceptionGroup",
        "RuntimeError",
        "ValueError",
        "OSError",
    ]


def test_the_last_failures_are_kept(tmp_path: Path) -> None:
    for n in range(KEPT + 3):
        keep_failure(tmp_path, failure(ValueError()), float(n))
    assert [told["at"] for told in failures_told(tmp_path)] == [float(n) for n in range(3, KEPT + 3)]


def test_a_home_that_is_not_there_and_a_damaged_file_are_passed_over(tmp_path: Path) -> None:
    keep_failure(tmp_path / "nobody", failure(ValueError()), 0.0)
    assert failures_told(tmp_path / "nobody") == []
    (tmp_path / FILE).write_text("{")
    assert failures_told(tmp_path) == []
    keep_failure(tmp_path, failure(ValueError()), 1.0)
    assert [told["at"] for told in failures_told(tmp_path)] == [1.0]
