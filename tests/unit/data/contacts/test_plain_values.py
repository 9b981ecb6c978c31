"""A row of contacts as it is meant: traces are left out and named, what is proved is restored and said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.compare.spreadsheet_traces import trace_of
from data.contacts.plain_values import PlainRow, plain_row


def plain(**values: str) -> PlainRow:
    return plain_row(values)


def test_an_ordinary_row_is_the_same() -> None:
    values = {
        "id": "b-1",
        "first_name": "Zoë",
        "last_name": "O'Brien-Müller",
        "email": "zoe@example.org",
        "mobile_phone": "(303) 555-0142",
        "street": "12 Alder Ct # 4",
        "city": "Denver",
        "postcode": "80202",
        "birth_date": "1984-03-09",
    }
    assert plain(**values) == PlainRow(values)


@pytest.mark.parametrize("trace", ["6.14126E+10", "#REF!", "#N/A", '="#N/A"', "#######"])
@pytest.mark.parametrize(
    "column",
    ["id", "first_name", "email", "mobile_phone", "work_phone", "city", "postcode", "owner"],
)
def test_a_trace_is_left_out_of_each_column_and_named(column: str, trace: str) -> None:
    row = plain(**{"last_name": "Lee", column: trace})
    assert row.values == {"last_name": "Lee"}
    ((named, why),) = row.left_out
    assert named == column
    assert why.startswith("a spreadsheet's trace: ")


def test_what_is_proved_is_restored_and_said() -> None:
    assert plain(owner="301.0").values == {"owner": "301"}
    row = plain(id='="901"', mobile_phone="3035550142.0", postcode="2139", state="MA", birth_date="3/9/1984")
    assert row.values == {
        "id": "901",
        "mobile_phone": "3035550142",
        "postcode": "02139",
        "state": "MA",
        "birth_date": "3/9/1984",
    }
    assert [column for column, _ in row.changes] == ["id", "mobile_phone", "postcode"]
    assert row.left_out == ()


def test_a_postcode_abroad_stays_as_it_is() -> None:
    assert plain(postcode="2139", state="MA", country="Morocco").values["postcode"] == "2139"
    for country in ("U.S.", "U.S.A.", "u.s.a", " usa "):
        assert plain(postcode="2139", state="MA", country=country).values["postcode"] == "02139"
    assert plain(postcode="2139", state="MA", country="usa").values["postcode"] == "02139"


def test_of_two_numbers_the_first_is_used_and_it_is_said() -> None:
    row = plain(mobile_phone="+1 303-555-0142 ::: +1 303-555-0143")
    assert row.values == {"mobile_phone": "+1 303-555-0142"}
    assert "left out" in row.changes[0][1]


@given(st.dictionaries(st.sampled_from(["id", "mobile_phone", "postcode", "city"]), st.text(max_size=20)))
def test_no_row_breaks_it_and_no_trace_is_left(values: dict[str, str]) -> None:
    row = plain_row(values)
    assert not any(map(trace_of, row.values.values()))
    assert row.values.keys() | {column for column, _ in row.left_out} <= values.keys()


ODD = [
    "6.1E+10",
    "5e+07",
    "1E-05",
    "#N/A",
    "'0800",
    '="0412"',
    "2139.0",
    "303 555 0142 OR 303 555 0143",
    "2139",
]


@given(
    st.sampled_from(["mobile_phone", "postcode", "street"]),
    st.sampled_from(ODD),
    st.text("ab 1-@.", max_size=12),
)
def test_a_row_is_looked_at_closely_if_one_of_its_values_is_odd(column: str, cell: str, other: str) -> None:
    alone = plain_row({"state": "MA", column: cell})
    together = plain_row({"first_name": other, "state": "MA", column: cell, "last_name": other})
    assert together.values.get(column) == alone.values.get(column)
    assert together.changes == alone.changes
    assert together.left_out == alone.left_out
