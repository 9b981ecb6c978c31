"""The tables behind the match weights: m from its data file, u from the books, and the list of given names."""

from __future__ import annotations

import pytest

from core.compare.agreement import AgreementLevel
from core.compare.names import is_known, is_typo
from core.contacts.linkage.term_frequency import term_frequency
from core.contacts.linkage.weights import m_probabilities, match_weight, prior

LEVELS = {
    "first_name": {"EQUAL", "CLOSE", "NICKNAME", "INITIAL", "CROSSED", "DIFFERENT"},
    "middle_name": {"EQUAL", "CLOSE", "INITIAL", "DIFFERENT"},
    "last_name": {"EQUAL", "CLOSE", "INITIAL", "CROSSED", "DIFFERENT"},
    "suffix": {"EQUAL", "DIFFERENT"},
    "birth_date": {"EQUAL", "CLOSE", "SWAPPED", "DAY_AND_MONTH", "PARTLY", "NEARBY", "YEARS", "DIFFERENT"},
    "phone": {"EQUAL", "CLOSE", "DIFFERENT"},
    "email": {"EQUAL", "CLOSE", "DIFFERENT"},
    "address": {"EQUAL", "CLOSE", "DIFFERENT"},
    "place": {"EQUAL", "CLOSE", "DIFFERENT"},
}
"""The levels at which the values of each field can compare, but for a missing value, which says nothing."""


def test_every_level_at_which_a_field_can_compare_has_a_probability() -> None:
    table = m_probabilities()
    assert {field: {level.name for level in levels} for field, levels in table.items()} == LEVELS
    assert all(0 < m < 1 for levels in table.values() for m in levels.values())
    assert table["phone"][AgreementLevel.EQUAL] == 0.72


def test_the_table_is_read_once_and_cant_be_changed() -> None:
    table = m_probabilities()
    assert m_probabilities() is table
    with pytest.raises(TypeError):
        table["phone"] = {}  # type: ignore[index]  # that is what must fail
    with pytest.raises(TypeError):
        table["phone"][AgreementLevel.EQUAL] = 1.0  # type: ignore[index]  # so must this


def test_a_match_weight_doubles_the_odds_with_each_bit() -> None:
    assert [match_weight(0.8, u) for u in (0.8, 0.4, 0.1, 1.0)] == [0.0, 1.0, 3.0, -0.32]


def test_the_prior_is_one_in_ten_times_the_larger_book_and_a_small_book_counts_as_100_records() -> None:
    assert prior(10_000, 5) == prior(5, 10_000) == match_weight(1, 100_000)
    assert prior(1, 1) == prior(100, 100) == match_weight(1, 1_000)
    assert prior(10_000, 10_000, 0.5) == match_weight(1, 20_000)
    assert prior(10_000, 10_000, 0.01) == prior(10_000, 10_000)


def test_the_frequency_of_a_value_leaves_out_the_two_records_of_the_person() -> None:
    frequency = term_frequency([*["lee"] * 102, *["moss"] * 2, "", ""], 1 / 1_000, 1_000.0)
    assert frequency.total == 104
    assert frequency.u("lee") == pytest.approx(101 / 1_104)
    assert frequency.u("moss") == frequency.u("new") == pytest.approx(1 / 1_104)
    assert term_frequency([], 0.0).u("") == 5e-7


def test_a_listed_name_is_known_and_a_typo_of_a_known_name_is_not() -> None:
    assert all(map(is_known, ("mary", "mark", "wei", "yusuf")))
    assert not any(map(is_known, ("marx", "#", "source:", "")))
    assert not is_typo("mary", "mark")
    assert is_typo("andrea", "andrwa")
