"""Files of calculations: one bad row costs that row and is named by its line; other files are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UsageError
from data.calculations.report_file import read_reports

NOW = 1_795_000_000.0


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "calculations.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_one_bad_row_costs_one_row(tmp_path: Path, delimiter: str) -> None:
    rows = [
        ["Email", "ID", "at", "contact_id", "remark"],
        ["ann@x.example", "C-1", "2026-11-01T10:00:00Z", "", "x"],
        ["", "C-2", "yesterday", "9001", ""],
        ["", "C-3", "2026-11-01T10:00:00Z", "9001", "", "more"],
        ["", "C-4", "2026-11-01T10:00:00Z", "9001", ""],
        ["", "C-4", "2026-11-02T10:00:00Z", "9002", ""],
    ]
    read = read_reports(written(tmp_path, "\ufeff" + "\n".join(map(delimiter.join, rows))), NOW)
    assert [(report.id, report.contact_id, report.email) for report in read.reports] == [
        ("C-1", "", "ann@x.example"),
        ("C-4", "9001", ""),
        ("C-4", "9002", ""),
    ]
    assert [(line.line, line.column, line.field) for line in read.rejected] == [
        (3, 3, "at"),
        (4, 6, "the row"),
    ]


def test_json_lines_are_read_too(tmp_path: Path) -> None:
    lines = [
        '{"id": "C-1", "contact_id": 9001, "at": "2026-11-01T10:00:00Z"}',
        "",
        "[]",
        "{",
        '{"id": "C-2"}',
    ]
    read = read_reports(written(tmp_path, "\n".join(lines)), NOW)
    assert [(report.id, report.contact_id) for report in read.reports] == [("C-1", "9001")]
    assert [line.line for line in read.rejected] == [3, 4, 5]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", "contact_id or email, at, id"),
        ("id,at\n", "contact_id or email"),
        ("email,at\n", "id"),
        ("a,b\n1,2\n", "contact_id or email, at, id"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str, missing: str) -> None:
    with pytest.raises(UsageError, match=f"has no column {missing}") as caught:
        read_reports(written(tmp_path, text), NOW)
    assert caught.value.code == "not-calculations"


def test_bytes_that_are_no_utf_8_cost_their_row(tmp_path: Path) -> None:
    text = (
        b"email,at,id\nann\xff@x.example,2026-11-01T10:00:00Z,C-1\nann@x.example,2026-11-01T10:00:00Z,C-2\n"
    )
    read = read_reports(written(tmp_path, text), NOW)
    assert ([report.id for report in read.reports], [line.line for line in read.rejected]) == (["C-2"], [2])
