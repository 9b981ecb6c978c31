"""What a list shows as a table for a file. Knows no dialog."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from core.progress import SILENT, Meter
from tui.widgets.row_list import RowList
from tui.wiring.files import TableFormat, format_of, table_bytes, write_private


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
    """Return what a list shows: its records as they are filtered and sorted, and the columns that are shown.

    Columns with a sign alone are left out, and so are rows that are no records.
    """
    is_record = rows.listing.is_record
    records = rows.shown_rows if is_record is None else [row for row in rows.shown_rows if is_record(row)]
    columns = [column for column in rows.columns if not column.is_sign]
    return ListTable(
        tuple(column.heading for column in columns), tuple(column.text for column in columns), records
    )


def write_table(title: str, table: ListTable, file: ExportFile, meter: Meter = SILENT) -> None:
    """Write a table to a private file. Blocks. Raises `UsageError`, and `CutShort` if the meter is stopped."""
    rows = ([text(row) for text in table.columns] for row in table.rows)
    content = table_bytes(file.format, title.capitalize(), table.titles, rows, len(table.rows), meter)
    write_private(file.path, content)


def with_format(path: str, wanted: TableFormat) -> str:
    """Return a path with the ending of a format, in place of the ending of another one."""
    stem = path.strip()
    if (present := format_of(stem)) is not None:
        stem = stem[: -len(present)]
    return f"{stem}{wanted}"
