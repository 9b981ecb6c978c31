"""Spreadsheets: what is restored from number formats, what stays visible, and which sheet is read."""

from __future__ import annotations

import builtins
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from data.contact_files import ContactReading, parse_contacts
from data.tables import spreadsheet
from data.tables.rejected import NotATable
from data.tables.spreadsheet import LOSSY, number_text, read_sheets
from tests.support.workbooks import Formatted, ods, xlsx

HERE = Path(__file__).parent
HEAD = ["id", "first_name", "last_name", "email"]


def cells(data: bytes) -> list[list[str]]:
    (sheet,) = read_sheets(data).sheets
    return [list(row.cells) for row in sheet.rows]


def test_a_cell_is_read_as_a_person_sees_it_or_in_its_plain_form() -> None:
    row = [
        "text",
        7,
        650000.0,
        0.1 + 0.2,
        True,
        date(1971, 4, 12),
        datetime(2026, 11, 2, 9, 30),
        time(8, 5),
        "#N/A",
        "#REF!",
        None,
        "'quoted",
        -3,
        Formatted(0.8, "0%"),
        "1 A St_x000D_\nReno",
    ]
    assert cells(xlsx({"S": [row]})) == [
        [
            "text",
            "7",
            "650000",
            "0.3",
            "TRUE",
            "1971-04-12",
            "2026-11-02 09:30:00",
            "08:05:00",
            "#N/A",
            "#REF!",
            "",
            "'quoted",
            "-3",
            "80%",
            "1 A St\r\nReno",
        ]
    ]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (870, "0000", "0870"),
        (61412555012, "0000", "61412555012"),
        (491570156, "0000 000 000", "0491 570 156"),
        (2138, "00000", "02138"),
        (24601234, "00000\\-0000", "02460-1234"),
        (3035550142, "(000) 000-0000", "(303) 555-0142"),
        (3035550142, "[<=9999999]###-####;(###) ###-####", "3035550142"),
        (42, '"A-"0000', "A-0042"),
        (5, "0", "5"),
        (640000, "#,##0", "640000"),
        (640000, '"$"#,##0.00', "640000"),
        (640000.5, "#,##0.00", "640000.5"),
        (-7, "0000", "-7"),
        (12, "0.00E+00", "12"),
        (1234567890123456, "0", "1.23457E+15"),
        (123456789012345, "0", "123456789012345"),
    ],
)
def test_a_number_has_the_zeros_of_its_format_and_never_an_exponent_unless_digits_are_lost(
    value: float, number_format: str, text: str
) -> None:
    assert number_text(value, number_format) == text


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), min_size=1, max_size=20).filter(
    lambda text: not text.startswith(("=", "#")) and "_x" not in text
)


@given(st.lists(st.lists(TEXT, min_size=1, max_size=4), min_size=1, max_size=4))
def test_any_text_comes_back_as_it_was_written(lines: list[list[str]]) -> None:
    assert cells(xlsx({"S": lines})) == lines


@given(st.integers(0, 10**14), st.integers(2, 12))
def test_a_mask_of_zeros_keeps_the_number(value: int, places: int) -> None:
    text = number_text(value, "0" * places)
    assert (int(text), len(text) >= places) == (value, True)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e14, max_value=1e14))
def test_a_number_without_a_format_has_neither_exponent_nor_trailing_zero(value: float) -> None:
    text = number_text(value, "General")
    assert "E" not in text.upper()
    assert not text.endswith(".0")
    assert float(text) == pytest.approx(value, rel=1e-14)


def read(sheets: Mapping[str, Sequence[Sequence[Any]]], *hidden: str) -> ContactReading:
    return parse_contacts(xlsx(sheets, hidden))


def test_the_first_sheet_with_a_header_that_fits_is_read_and_the_others_are_named() -> None:
    people = [["Exported 3 May"], [], HEAD, [71, "Uma", "Park", "uma@x.example"]]
    reading = read({"Cover": [["Monthly report"]], "People": people, "More": [HEAD], "Old": [HEAD]}, "Old")
    (uma,) = reading.contacts
    assert (uma.id, uma.last_name) == ("71", "Park")
    assert reading.notices == (
        "1 line above the header was passed over",
        "only the sheet “People” was read, not “Cover”, “More”",
    )


def test_a_bad_cell_is_named_by_its_row_and_column_in_the_sheet() -> None:
    reading = read({"S": [[], HEAD, ["1", "Ann", "Lee"], [], ["", "Bob", "Ng"]]})
    assert [(one.line, one.column, one.field) for one in reading.misfits] == [(5, 1, "id")]
    assert [one.id for one in reading.contacts] == ["1"]


def test_a_sheet_without_any_header_that_is_known_says_which_headers_it_has() -> None:
    report = read({"S": [["Kunde", "Handy"], ["Ann", 1]]}).columns
    assert report is not None
    assert (report.missing, report.headers) == (("email, first_name or last_name",), ("Kunde", "Handy"))


def test_a_formula_without_a_stored_value_is_said() -> None:
    reading = read({"S": [HEAD, ["1", "Ann", "=UPPER(B2)", "=C2"], ["2", "Bob", "Ng", "b@x.example"]]})
    assert [one.last_name for one in reading.contacts] == ["", "Ng"]
    assert reading.notices[0].startswith("2 formulas hold no value")


def test_the_size_that_a_workbook_claims_does_not_count() -> None:
    data = xlsx({"S": [HEAD, ["1", "Ann", "Lee", "ann@x.example"]]})
    claimed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(claimed, "w") as changed:
        for name in whole.namelist():
            changed.writestr(name, whole.read(name).replace(b'ref="A1:D2"', b'ref="A1:A1"'))
    assert claimed.getvalue() != data
    (ann,) = parse_contacts(claimed.getvalue()).contacts
    assert (ann.first_name, ann.email) == ("Ann", "ann@x.example")


def test_an_empty_workbook_holds_nothing() -> None:
    assert read({"S": []}) == ContactReading()


def test_an_old_workbook_is_read_with_a_warning_of_what_it_lost() -> None:
    reading = parse_contacts((HERE / "contacts.xls").read_bytes())
    (uma,) = reading.contacts
    assert (uma.id, uma.birth_date, uma.postcode, uma.one_way) == ("7", "1984-03-09", "2138", True)
    assert reading.notices == (LOSSY, "only the sheet “Contacts” was read, not “Notes”")


def test_an_opendocument_sheet_is_read_with_the_same_warning() -> None:
    reading = parse_contacts(ods([["ID", "First Name", "Zip"], ["o-1", "Ann & Bo", 870]]))
    (ann,) = reading.contacts
    assert (ann.first_name, ann.postcode, reading.notices) == ("Ann & Bo", "870", (LOSSY,))


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04",
        b"PK\x03\x04" + bytes(range(256)) * 20,
        b"\xd0\xcf\x11\xe0" + b"\0" * 4000,
        xlsx({"S": [HEAD]})[:-300],
        xlsx({"S": [HEAD]})[:2000],
    ],
)
def test_a_damaged_workbook_is_no_table(data: bytes) -> None:
    with pytest.raises(NotATable, match="damaged"):
        read_sheets(data)


def test_a_workbook_that_unpacks_to_too_much_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "LARGEST", 2000)
    with pytest.raises(NotATable, match="too large"):
        read_sheets(xlsx({"S": [HEAD]}))


def test_an_archive_is_no_spreadsheet() -> None:
    archive = ods([["x"]]).replace(b"content.xml", b"another.xml")
    with pytest.raises(NotATable, match="an archive, not a spreadsheet"):
        read_sheets(archive)


@pytest.mark.parametrize("data", [xlsx({"S": [HEAD]}), ods([["id"]])], ids=["xlsx", "ods"])
def test_without_the_extra_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name in ("openpyxl", "python_calamine"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError) as caught:
        read_sheets(data)
    assert caught.value.code == "no-excel"
    assert "with its extra excel" in caught.value.fix
