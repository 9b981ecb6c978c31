"""Spreadsheets for the tests, made in memory: .xlsx by openpyxl, .ods by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from openpyxl import Workbook


class Formatted(NamedTuple):
    """A cell's value, and the number format in which a spreadsheet shows it."""

    value: Any
    number_format: str


def xlsx(sheets: Mapping[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = ()) -> bytes:
    """Return a workbook with these sheets. A text that begins with `=` becomes a formula without a value."""
    book = Workbook()
    for sheet in book.worksheets:
        book.remove(sheet)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for line, cells in enumerate(rows, 1):
            for column, cell in enumerate(cells, 1):
                value, number_format = cell if isinstance(cell, Formatted) else (cell, None)
                if value is not None:
                    there = sheet.cell(line, column, value)
                    if number_format:
                        there.number_format = number_format
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def ods(rows: Sequence[Sequence[str | int]]) -> bytes:
    """Return an OpenDocument spreadsheet with one sheet."""

    def cell(value: str | int) -> str:
        kind = f'"float" office:value="{value}"' if isinstance(value, int) else '"string"'
        text = f"<text:p>{escape(str(value))}</text:p>"
        return f"<table:table-cell office:value-type={kind}>{text}</table:table-cell>"

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0"?><office:document-content{spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="People">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?>'
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return out.getvalue()
