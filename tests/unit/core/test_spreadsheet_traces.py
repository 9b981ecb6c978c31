"""What a spreadsheet leaves in place of a value is a trace; what is whole is no trace; wrappers come off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.compare.phones import numbers_in
from core.compare.spreadsheet_traces import (
    AS_NUMBER,
    ERROR,
    SCIENTIFIC,
    TOO_NARROW,
    trace_of,
    trace_reason,
    unwrapped,
    without_decimal_zero,
)


@pytest.mark.parametrize(
    ("text", "trace"),
    [
        ("6.14126E+10", SCIENTIFIC),
        ("6,14E+10", SCIENTIFIC),
        ("4.1e+11", SCIENTIFIC),
        (" -1E-05 ", SCIENTIFIC),
        ('="6.14E+10"', SCIENTIFIC),
        ("#REF!", ERROR),
        ("#n/a", ERROR),
        ('="#N/A"', ERROR),
        ("#NV", ERROR),
        ("#¿NOMBRE?", ERROR),
        ("#WERT!", ERROR),
        ("Err:502", ERROR),
        ("#####", TOO_NARROW),
        ("#" * 400, TOO_NARROW),
    ],
)
def test_what_a_spreadsheet_leaves_is_a_trace(text: str, trace: str) -> None:
    assert trace_of(text) == trace
    assert trace_reason(text) == f"a spreadsheet's trace: {trace}"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "0412 555 014",
            "+61412555014",
            "800",
            "2041.0",
            "12E",
            "1E5",
            "5E Main St",
            "E+10",
            "Erna",
        ),
        *("#4", "#12 Elm St", "# 3", "##", "N/A", "Error", "Err", "=1+1", "@cmd", "C# lane", "#REF! Street"),
        *("6.14126E+10 or so", "ann+e-10@example.org", "16.1E+10"),
    ],
)
def test_what_is_whole_is_no_trace(text: str) -> None:
    assert (trace_of(text), trace_reason(text)) == ("", "")


@given(st.integers(10**9, 10**20), st.integers(1, 8))
def test_a_long_number_in_scientific_notation_is_a_trace_however_many_digits_are_left(
    number: int, digits: int
) -> None:
    assert trace_of(f"{number:.{digits}E}") == SCIENTIFIC
    assert trace_of(str(number)) == ""


@given(st.text(max_size=40))
def test_any_text_is_judged(text: str) -> None:
    assert trace_of(text) in ("", ERROR, SCIENTIFIC, TOO_NARROW)
    assert isinstance(unwrapped(text)[0], str)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ('="0800"', "0800"),
        ('=" 0412 555 011 "', "0412 555 011"),
        ('="say ""hi"""', 'say "hi"'),
        ("'0412555011", "0412555011"),
        ("'+61 412", "+61 412"),
        ("'(02) 5550 1234", "(02) 5550 1234"),
    ],
)
def test_what_is_written_around_a_text_comes_off_and_is_said(text: str, inside: str) -> None:
    plain, change = unwrapped(text)
    assert plain == inside
    assert "spreadsheet" in change


@pytest.mark.parametrize("text", ["", "'", "'t Hooft", "O'Brien", '="0800', "=0800", '="a"&"b"', "0800"])
def test_what_is_not_written_around_a_text_stays(text: str) -> None:
    assert unwrapped(text) == (text, "")


@given(st.integers(0, 10**15), st.integers(1, 3))
def test_the_fraction_that_a_spreadsheet_gives_a_number_comes_off(number: int, zeros: int) -> None:
    assert without_decimal_zero(f"{number}.{'0' * zeros}") == (str(number), AS_NUMBER)


@pytest.mark.parametrize("text", ["2041", "2041.5", "2041.", ".0", "a.0", "1.2.0", "0412.555.000", ""])
def test_other_numbers_keep_what_they_have(text: str) -> None:
    assert without_decimal_zero(text) == (text, "")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0412 555 014 / 0412 555 015", ("0412 555 014", "0412 555 015")),
        ("+1 303-555-0142 ::: +1 303-555-0143", ("+1 303-555-0142", "+1 303-555-0143")),
        ("(02) 5550 1234; 0412555014;", ("(02) 5550 1234", "0412555014")),
        ("0412555014 or 0412555015 and 02 5550 1234", ("0412555014", "0412555015", "02 5550 1234")),
        ("0412555014\n0412555015", ("0412555014", "0412555015")),
        ("0412 555 014 | 0412555014", ("0412 555 014",)),
    ],
)
def test_numbers_with_a_separator_are_told_apart(text: str, numbers: tuple[str, ...]) -> None:
    assert numbers_in(text) == numbers


@pytest.mark.parametrize(
    "text",
    [
        *("", "0412 555 014", "0412 555 014 0412 555 015", "02 5550 1234/5", "0412 555 014 / ask Linh"),
        *("0412 555 014;", "0412 555 014 ext 5", "0412 555 014 / " + "4" * 16, "none / 0412 555 014"),
    ],
)
def test_where_it_is_not_sure_there_are_several_numbers_there_are_none(text: str) -> None:
    assert numbers_in(text) == ()
