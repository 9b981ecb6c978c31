"""Tables for other programs: no cell is a formula, in any format; nothing is lost."""

from __future__ import annotations

import io
import json
import sys

import pytest
from openpyxl import load_workbook

from core.errors import UsageError
from data.exports import json_bytes, xlsx_bytes

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "|x", "%x", "=cmd|' /C calc'!A0")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_cell_of_a_spreadsheet_that_looks_like_a_formula_is_a_text_and_stays_one(text: str) -> None:
    sheet = load_workbook(io.BytesIO(xlsx_bytes("Cards", (text, "b"), [(text, "plain")]))).active
    assert sheet is not None
    for place in ("A1", "A2"):
        cell = sheet[place]
        assert cell.data_type == "s"
        assert str(cell.value).replace("\N{REPLACEMENT CHARACTER}", "\t") == text
        assert cell.quotePrefix
    assert not sheet["B2"].quotePrefix


def test_a_spreadsheet_keeps_every_row_and_takes_what_no_cell_can_hold() -> None:
    rows = [("Ångström", None), ("a\x00b\x1b[2J\ud800", "x" * 40_000), (5, 1.5)]
    book = load_workbook(io.BytesIO(xlsx_bytes("a/b:[c]*" * 10, ("Name", "Value"), rows)))
    (sheet,) = book.worksheets
    assert len(sheet.title) <= 31
    read = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert read[0] == ["Name", "Value"]
    assert read[1] == ["Ångström", ""]
    assert read[2] == ["a�b�[2J�", "x" * 32_767]
    assert read[3] == ["5", "1.5"]


def test_without_the_extra_a_spreadsheet_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(UsageError) as refused:
        xlsx_bytes("Cards", ("a",), [])
    assert refused.value.code == "no-excel"
    assert "with its extra excel" in refused.value.fix


def test_json_has_the_texts_as_they_are() -> None:
    content = json_bytes(("a", "b"), [("=1", None), ("\x1b[2J ü\ud800", 5)])
    assert json.loads(content) == [{"a": "=1", "b": ""}, {"a": "\x1b[2J ü\ud800", "b": "5"}]
    assert content.isascii()
