"""What a list shows as a table for a file. Knows no dialog."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from tui.widgets.row_list import RowList
from tui.wiring.files import csv_bytes, json_bytes, write_private, xlsx_bytes


class TableFormat(StrEnum):
    """A format of the file, by the ending of its name."""

    CSV = ".csv"
    JSON = ".json"
    XLSX = ".xlsx"


class ExportFile(NamedTuple):
    """Where the table goes."""

    path: Path
    format: TableFormat


class ListTable(NamedTuple):
    """The titles of the columns, functions from a row to the texts of its columns, and the rows."""

    titles: tuple[str, ...]
    columns: tuple[Callable[[Any], object], ...]
    rows: Sequence[Any]


def table_of(rows: RowList[Any]) -> ListTable:
    """Return what a list shows: its rows as they are filtered and sorted, and the columns that a person wants to see.

    Columns with a sign alone are left out.
    """
    columns = [column for column in rows.columns if not column.is_sign]
    return ListTable(
        tuple(column.heading for column in columns), tuple(column.text for column in columns), rows.shown_rows
    )


def write_table(file: ExportFile, title: str, table: ListTable) -> None:
    """Write a table to a private file. Blocks. Raises `UsageError`."""
    rows = ([text(row) for text in table.columns] for row in table.rows)
    match file.format:
        case TableFormat.CSV:
            content = csv_bytes(table.titles, rows)
        case TableFormat.JSON:
            content = json_bytes(table.titles, rows)
        case TableFormat.XLSX:
            content = xlsx_bytes(title.capitalize(), table.titles, rows)
    write_private(file.path, content)


def format_of(path: str) -> TableFormat | None:
    """Return the format that a path's ending names; None for another ending."""
    ending = Path(path.strip()).suffix.casefold()
    return next((format_ for format_ in TableFormat if format_ == ending), None)


def with_format(path: str, wanted: TableFormat) -> str:
    """Return a path with the ending of a format, in place of the ending of another one."""
    stem = path.strip()
    if (present := format_of(stem)) is not None:
        stem = stem[: -len(present)]
    return f"{stem}{wanted}"
