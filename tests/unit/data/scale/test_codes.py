"""Values as numbers: equal values have equal codes, and a code gives its value back."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest

from data.scale.codes import Coded, Texts, coded, together

ODD = ["", " ", "a", "A", "ä", "a\u0308", "😀", "a\nb", "\x00", "0", "00", "x" * 300]


def column(seed: int, number: int = 500) -> list[str | None]:
    chance = Random(seed)
    return [chance.choice([*ODD, None, f"{chance.randrange(60)}"]) for _ in range(number)]


def given_back(found: Coded) -> list[str]:
    return [found.values[code] for code in found.codes.tolist()]


def check(found: Coded, texts: list[str | None]) -> None:
    written = [text or "" for text in texts]
    assert given_back(found) == written
    assert found.at(found.codes) == written
    assert len({*found.values}) == len(found.values) == len({"", *written})
    assert found.values[0] == ""
    assert found.texts.to_list() == list(found.values)


@pytest.mark.parametrize("seed", range(5))
def test_each_value_has_one_code_and_nothing_is_zero(seed: int) -> None:
    texts = column(seed)
    check(coded(pl.Series(texts, dtype=pl.String)), texts)


@pytest.mark.parametrize("texts", [[], [None], [""], ["a"], [None, None]])
def test_columns_of_next_to_nothing(texts: list[str | None]) -> None:
    check(coded(pl.Series(texts, dtype=pl.String)), texts)


@pytest.mark.parametrize("hashes", [1, 2, 7])
def test_two_values_of_one_hash_are_told_apart(hashes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def few(self: pl.Series, *_: Any) -> pl.Series:
        return pl.Series([len(text) % hashes for text in self.to_list()], dtype=pl.UInt64)

    monkeypatch.setattr(pl.Series, "hash", few)
    texts = column(1)
    check(coded(pl.Series(texts, dtype=pl.String)), texts)


def test_columns_that_are_put_together_can_be_compared() -> None:
    several = [column(seed, 200) for seed in range(3)]
    made = [coded(pl.Series(texts, dtype=pl.String)) for texts in several]
    made.append(Coded(np.zeros(200, np.int32), [""]))
    together_ = together(made)
    assert len({id(one.values) for one in together_}) == 1
    for one, texts in zip(together_, [*several, [""] * 200], strict=True):
        assert given_back(one) == [text or "" for text in texts]
    (alone, nothing) = together([made[0], made[3]])
    assert alone.values is nothing.values
    assert given_back(alone) == given_back(made[0])
    (nothing,) = together([made[3]])
    assert given_back(nothing) == [""] * 200


def test_other_values_for_some_records() -> None:
    texts = column(3, 50)
    found = coded(pl.Series(texts, dtype=pl.String))
    records = np.array([4, 9, 20, 33])
    new = found.overlaid(records, ["new", "a"], np.array([0, 1, 1, 0], np.int32))
    written = [text or "" for text in texts]
    for record, text in zip(records.tolist(), ("new", "a", "a", "new"), strict=True):
        written[record] = text
    assert given_back(new) == written
    assert given_back(found) == [text or "" for text in texts]
    assert found.overlaid(records[:0], [], np.zeros(0, np.int32)) is found


def test_further_values_have_codes_of_their_own() -> None:
    found = coded(pl.Series(["b", "a", "b"], dtype=pl.String))
    more = found.with_values(["c", "a"])
    assert given_back(more) == ["b", "a", "b"]
    assert {*more.values} == {"", "a", "b", "c"}
    assert found.with_values([]) is found


def test_texts_are_a_sequence() -> None:
    texts = Texts(pl.Series(["", "a", "b"]))
    assert [*texts] == ["", "a", "b"]
    assert texts[1] == "a"
    assert list(texts[1:]) == ["a", "b"]
    assert texts.at(np.array([2, 0, 2], np.int32)) == ["b", "", "b"]
