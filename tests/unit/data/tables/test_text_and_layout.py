"""Text of any encoding and layout: what is written comes back the same, whatever stands around it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.contact_files import parse_contacts
from data.tables.columns import NO_ANSWERS, WantedColumns
from data.tables.layout import DELIMITERS
from data.tables.table import Table, read_table
from data.tables.text import AS_WINDOWS, decode_text, utf_16_of, without_unfinished_line

WANTED = WantedColumns(kind="things", names=("id", "name", "town", "note"), needed=(("id",),))
HEAD = ["ID", "Name", "Town", "Note"]


def table(data: bytes) -> Table:
    found = read_table(data, WANTED, NO_ANSWERS)
    assert found is not None
    return found


def rows(data: bytes) -> list[list[str]]:
    return [list(row.cells) for row in table(data).rows]


def written(lines: Sequence[Sequence[str]], delimiter: str, line_end: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=line_end).writerows(lines)
    return out.getvalue()


ENCODINGS = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "utf-16": b"",
    "utf-16-le": b"",
    "utf-16-be": b"",
    "UTF-16-LE with a mark": b"\xff\xfe",
    "UTF-16-BE with a mark": b"\xfe\xff",
}
CELL = st.text(st.sampled_from("abZ 09,;|\t\"'.@ñéÜ漢ł–\n"), max_size=12).filter(
    lambda text: text.strip() == text
)
ROW = st.lists(CELL, min_size=4, max_size=4).map(lambda row: ["x", *row[1:]])


@given(
    st.lists(ROW, max_size=6),
    st.sampled_from(DELIMITERS),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(list(ENCODINGS)),
    st.sampled_from([[], ["Things of May"], ["Things", "", "1/5/2026 — all"]]),
    st.booleans(),
)
@example([["x", "a", "b", "漢"]], "|", "\n", "utf-16-le", ["Things", ""], True)
def test_any_table_comes_back_as_it_was_written(
    lines: list[list[str]], delimiter: str, line_end: str, encoding: str, above: list[str], hinted: bool
) -> None:
    text = f"sep={delimiter}{line_end}" if hinted else ""
    text += "".join(line + line_end for line in above)
    text += written([HEAD, *lines], delimiter, line_end)
    plain = encoding.removesuffix(" with a mark").lower()
    assert rows(ENCODINGS[encoding] + text.encode(plain)) == lines


@given(st.lists(ROW, max_size=4), st.sampled_from(DELIMITERS))
def test_what_a_spreadsheet_leaves_out_at_a_rows_end_is_blank(lines: list[list[str]], delimiter: str) -> None:
    plain = [[cell.replace("\n", " ").replace('"', "") for cell in line] for line in lines]
    short = [line[: max(1, len(line) - len(line[1:]) + n % 4)] for n, line in enumerate(plain)]
    expected = [[*line, *[""] * (4 - len(line))] for line in short]
    assert rows(written([HEAD, *short], delimiter, "\r\n").encode()) == expected


@pytest.mark.parametrize(
    "text",
    [
        "José,Peña\n".encode("cp1252"),
        "D’Arcy,naïve – “quoted” €\n".encode("cp1252"),
    ],
)
def test_windows_text_is_read_and_announced(text: bytes) -> None:
    decoded = decode_text(text)
    assert (decoded.text, decoded.doubts) == (text.decode("cp1252"), (AS_WINDOWS,))


@pytest.mark.parametrize(
    "data",
    [
        "Zoë,".encode() + b"Jos\xe9\n",  # the rest is UTF-8
        b"\xef\xbb\xbfJos\xe9\n",  # the mark says UTF-8
        b"ann\xff@x.example\n",  # no name has this letter
        b"a\x81b\n",  # Windows has no such letter
    ],
)
def test_an_odd_byte_stays_a_half_character(data: bytes) -> None:
    decoded = decode_text(data)
    assert decoded.doubts == ()
    assert any("\udc80" <= char <= "\udcff" for char in decoded.text)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30))
def test_utf_8_is_never_taken_for_anything_else(text: str) -> None:
    decoded = decode_text(text.encode())
    assert (decoded.text, decoded.doubts) == (text.removeprefix("\ufeff"), ())


@pytest.mark.parametrize(
    ("delimiter", "encoding", "line_end"),
    [
        (",", "utf-8", "\r\n"),  # CSV of an English Excel, and what Google and LibreOffice write
        (",", "utf-8-sig", "\r\n"),  # "CSV UTF-8"
        (";", "cp1252", "\r\n"),  # CSV of a French or German Excel, in which a comma is the decimal point
        (";", "utf-8-sig", "\r\n"),
        ("\t", "utf-16", "\r\n"),  # "Unicode Text"
        ("\t", "cp1252", "\r"),  # "Text (Macintosh)" in its line ends
    ],
)
def test_what_each_excel_writes_gives_the_same_cells(delimiter: str, encoding: str, line_end: str) -> None:
    lines = [
        ["x", "Zoë Müller", "1.234,50", "a;b,c\td"],
        ["y", "", "0,5", 'say "ü"'],
        ["z", "D’Arcy", "", ""],
    ]
    text = written([HEAD, *lines], delimiter, line_end)
    assert rows(text.encode(encoding)) == lines


def test_half_a_character_in_utf_16_costs_its_row() -> None:
    data = "id\tfirst_name\n1\tAnn\n2\t\ud800\n3\tBo\n".encode("utf-16-le", "surrogatepass")
    reading = parse_contacts(b"\xff\xfe" + data + b"\x00")
    assert [one.id for one in reading.contacts] == ["1", "3"]
    assert [(one.line, one.column) for one in reading.misfits] == [(3, 2)]


def test_lines_are_counted_from_the_top_of_the_file() -> None:
    text = 'sep=|\r\nReport\r\n\r\nID|Name\r\nx|a\r\ny|"b\r\nc"\r\nz|d|e\r\n'
    found = table(text.encode())
    assert (found.header.line, [(row.line, bool(row.wrong)) for row in found.rows]) == (
        4,
        [(5, False), (6, False), (8, True)],
    )
    assert found.notices == ("1 line above the header was passed over",)


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("Name\nBest regards\n", ["Name"]),
        ("Title of the report\nKunde;Ort;Handy\na;b;c\n", ["Kunde", "Ort", "Handy"]),
        ("Kunde;Ort\na;b\nID;Name;Town\nx;y;z\n", ["ID", "Name", "Town"]),
        ("ID,Name,Town\nID,Name,Town\nx,y,z\n", ["ID", "Name", "Town"]),
        ("ID,,\nx,,\n", ["ID", "", ""]),
    ],
)
def test_the_header_is_the_first_row_with_the_most_known_names(text: str, header: list[str]) -> None:
    assert list(table(text.encode()).header.cells) == header


def test_cells_of_several_lines_in_a_short_row_are_fine_unless_a_quote_may_have_swallowed_rows() -> None:
    assert rows(b'ID,Name,Town,Note\nx,"a\nb"\ny,c\n') == [["x", "a\nb", "", ""], ["y", "c", "", ""]]
    swallowed = table(b'ID,Name,Town,Note\nx,"a\ny,b"\nz,c\n')
    assert [bool(row.wrong) for row in swallowed.rows] == [True, False, False]


@pytest.mark.parametrize(
    ("text", "unfinished"),
    [
        ("ID,Name,Town\nx,a,b\ny,c", 3),
        ("ID,Name,Town\nx,a,b\ny,c\n", None),
        ("ID,Name,Town\nx,a\ny,c", None),
        ("ID,Name,Town\nx,a,b\ny,c,d", None),
        ('ID,Name,Town\nx,a,b\ny,"c', 3),
    ],
)
def test_a_last_row_without_an_end_that_alone_is_short_may_be_unfinished(
    text: str, unfinished: int | None
) -> None:
    found = table(text.encode())
    assert found.unfinished == unfinished
    short = [row for row in found.rows if row.missing and row.line != unfinished]
    assert bool(found.notices) == bool(short)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_an_unfinished_line_is_left_out_whatever_the_encoding(encoding: str) -> None:
    whole, cut = "id\tname\nx\tönne\n".encode(encoding), "id\tname\nx\tönne\ny\t65".encode(encoding)
    assert without_unfinished_line(whole) == (whole, None)
    assert without_unfinished_line(cut) == (whole, 3)
    assert without_unfinished_line(b"") == (b"", None)


@given(st.binary(max_size=120))
def test_no_bytes_break_the_reading(data: bytes) -> None:
    decode_text(data)
    utf_16_of(data)
    without_unfinished_line(data)
    if not data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        read_table(b"ID|Name\n" + data, WANTED, NO_ANSWERS)
        read_table(data, WANTED, NO_ANSWERS)
