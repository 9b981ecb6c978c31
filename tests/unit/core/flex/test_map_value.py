"""One value is mapped: which lines offer it, what FLEX takes, and how the entry comes into the operator's own file."""

from __future__ import annotations

import tomllib

import pytest

from core.errors import UsageError
from core.flex.field_map.fates import Fate, Mark
from core.flex.field_map.map_value import checked_word, value_to_map, with_entry, words_of
from core.flex.field_map.operator_map import Maps, RowOrigin, merge
from tests.support.cards import FULL, MAP, but, line, preview, with_loan


def test_a_refused_value_of_a_table_is_offered_with_flexs_words() -> None:
    field = line(preview(with_loan(loan_purpose=" Renovation ")), "Loan Purpose")
    offered = value_to_map(MAP, field)
    assert offered is not None
    assert (offered.table, offered.value) == ("loan_purpose", "Renovation")
    assert offered.words == MAP.forms["Opportunity.LoanPurpose"].values


def test_a_guess_is_offered_and_a_settled_value_is_not() -> None:
    house = but(FULL, property=but(FULL.property, property_type="Duplex", purpose="Investment"))
    shown = preview(house)
    assert line(shown, "Property Type").confidence is Mark.GUESS
    assert value_to_map(MAP, line(shown, "Property Type")) is not None
    assert value_to_map(MAP, line(shown, "Purpose")) is None
    assert value_to_map(MAP, line(shown, "Loan Amount")) is None


def test_a_value_that_is_refused_for_its_form_is_not_offered() -> None:
    shown = preview(with_loan(objectives="x" * 8_001))
    (field,) = [one for one in shown.fields if one.fate is Fate.REFUSED]
    assert value_to_map(MAP, field) is None


def test_a_word_is_taken_whatever_its_case_and_no_other_word_is() -> None:
    assert checked_word(MAP, "loan_purpose", "equity release") == "Equity Release"
    with pytest.raises(UsageError) as caught:
        checked_word(MAP, "loan_purpose", "Holiday")
    assert caught.value.code == "no-such-word"
    assert "Debt Consolidation" in caught.value.fix
    with pytest.raises(UsageError) as caught:
        words_of(MAP, "loan_purposes")
    assert caught.value.code == "no-such-table"
    assert "loan_purpose" in caught.value.message


@pytest.mark.parametrize(
    "before",
    [
        "",
        "# mine\n",
        '[tables.loan_purpose]\n"Refi" = "Refinance"\n',
        '[tables.loan_purpose] # mine\n"Refi" = "Refinance"\n[tables.state]\n"V" = "VIC"\n',
        '[[row]]\nscope = "person"\nsource = "Phone Number: Mobile"\noff = true\n',
        '[tables.state]\n"V" = "VIC"',
    ],
)
@pytest.mark.parametrize("value", ["Renovation", 'say "hi" \\ #1', "語 = [x]", "\x7f\x01"])
def test_an_entry_is_added_and_everything_else_of_the_file_stays(before: str, value: str) -> None:
    after = with_entry(before, "loan_purpose", value, "Construction")
    old, new = tomllib.loads(before), tomllib.loads(after)
    assert new["tables"]["loan_purpose"].pop(value) == "Construction"
    old.setdefault("tables", {}).setdefault("loan_purpose", {})
    assert new == old
    assert all(row in after for row in before.splitlines())


def test_an_entry_of_ones_own_settles_a_guess_even_if_it_says_the_same() -> None:
    field_map = merge(MAP, {"tables": {"property_type": {"duplex": "Townhouse"}}}, "my-map.toml")
    maps = Maps(field_map, MAP, "my-map.toml")
    house = but(FULL, property=but(FULL.property, property_type="Duplex"))
    shown = preview(house, field_map=field_map)
    assert line(shown, "Property Type").confidence is Mark.SEEN
    assert maps.entry_origin("property_type", "Duplex") is RowOrigin.YOURS
    assert maps.entry_origin("property_type", "Villa") is RowOrigin.SHIPPED


def test_a_word_of_the_operators_own_is_in_the_list_of_its_target() -> None:
    field_map = merge(MAP, {"tables": {"property_type": {"Duplex": "Dual Occupancy"}}}, "my-map.toml")
    house = but(FULL, property=but(FULL.property, property_type="Duplex"))
    assert line(preview(house, field_map=field_map), "Property Type").value == "Dual Occupancy"
