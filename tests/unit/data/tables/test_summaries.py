"""A line for each kind of trouble, with a count and the first lines of the file."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from data.tables.rejected import RejectedLine
from data.tables.summaries import ValueChanges, trouble_lines

OPEN = "it could be d/m/y or m/d/y; say which with --dates; the contact is read without it"


def test_a_trouble_of_many_rows_is_one_line() -> None:
    rejected = [RejectedLine(line, 6, "birth_date", OPEN, f"t-{line}") for line in range(2, 20_002)]
    (line,) = trouble_lines(rejected)
    assert line == (
        "birth_date: 20,000 values could be d/m/y or m/d/y; say which with --dates; "
        "the contacts are read without them (lines 2, 3, 4 …)"
    )


def test_a_single_trouble_is_named_by_line_and_column() -> None:
    assert trouble_lines([RejectedLine(3, 9, "loan_amount", "it isn't a number", "X-2")]) == [
        "line 3, column 9: loan_amount of X-2: it isn't a number"
    ]
    assert trouble_lines([RejectedLine(1, None, "id", "the header has no such column")]) == [
        "line 1: id: the header has no such column"
    ]


def test_kinds_of_trouble_stay_apart_and_in_the_order_of_the_file() -> None:
    trace = "a spreadsheet's trace: a number in scientific notation"
    rejected = [
        RejectedLine(2, 3, "mobile_phone", trace),
        RejectedLine(2, 4, "email", "it has 290 characters, 255 is the most"),
        RejectedLine(3, 3, "mobile_phone", trace),
        RejectedLine(4, 4, "email", "it has 300 characters, 255 is the most"),
        RejectedLine(5, None, "the row", "the row has 3 cells, the header has 7"),
        RejectedLine(9, None, "the row", "the row has 3 cells, the header has 7"),
        RejectedLine(9, 1, "email", "it is blank"),
    ]
    assert trouble_lines(rejected) == [
        f"mobile_phone: 2 values: {trace} (lines 2, 3)",
        "email: 2 values have … characters, … is the most (lines 2, 4)",
        "2 rows: the row has 3 cells, the header has 7 (lines 5, 9)",
        "line 9, column 1: email: it is blank",
    ]


@given(st.lists(st.tuples(st.integers(1, 99), st.sampled_from(["it isn't a date", "it isn't a number"]))))
def test_every_trouble_is_counted_once(troubles: list[tuple[int, str]]) -> None:
    lines = trouble_lines(RejectedLine(line, 1, "birth_date", reason) for line, reason in troubles)
    counted = [int(line.split()[1]) if line.startswith("birth_date") else 1 for line in lines]
    assert sum(counted) == len(troubles)


def test_changes_are_counted_by_column_and_kind() -> None:
    changes = ValueChanges()
    for line in (2, 5, 7, 8):
        changes.add(line, "postcode", "the lost leading zero is restored")
    changes.add(2, "mobile_phone", "a spreadsheet wrote it as a number")
    assert changes.notices() == (
        "postcode: 4 values: the lost leading zero is restored (lines 2, 5, 7 …)",
        "mobile_phone: 1 value: a spreadsheet wrote it as a number (line 2)",
    )
