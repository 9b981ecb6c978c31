"""Rows of a match as lines of a file: the patterns say what the rows' own forms say."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import msgspec
import pytest

from core.contacts.match.match import Matched, match
from core.contacts.model import Contact, ContactKind, Reason, Verdict, VerdictRow
from data.contact_files import write_rows
from tests.support.people import HALE, as_theirs, but, strangers
from tui.cli.commands.contacts.match_rows import roles_of, row_form, row_lines

ODD_IDS = ["S-1", "a%sb", "50%", "<id>", 'x"y', "back\\slash", "é1", "a b", "\x7f", "{0}", ""]


def written(matched: Matched, folder: Path) -> list[object]:
    """Return the lines of a match, as JSON reads them, and check that they are ASCII."""
    file = folder / "rows.jsonl"
    assert write_rows(file, row_lines(matched)) == len(matched.rows)
    return [json.loads(line) for line in file.read_bytes().decode("ascii").splitlines()]


@pytest.mark.parametrize("record_id", ODD_IDS)
def test_a_line_says_what_the_row_says_whatever_the_ids_are(record_id: str, tmp_path: Path) -> None:
    ours = {
        one: but(HALE, id=one, kind=kind)
        for one, kind in ((record_id, HALE.kind), ("S2", ContactKind.PARTNER))
    }
    theirs = {
        "T0": Contact("T0", kind=ContactKind.CONTACT),
        "T1": Contact("T1", kind=ContactKind.CONTACT, agent_by="its group Realtors"),
    }
    ids = [(), (record_id,), ("S2",)], [(), ("T0",), ("T1",), ("T9",)]
    rows = [
        VerdictRow(verdict, left, right, reason)
        for left, right in product(*ids)
        if left or right
        for verdict, reason in ((Verdict.LINK, Reason.SAME_EMAIL), (Verdict.PUSH, Reason.ONLY_HERE))
        for _ in range(2)
    ]
    rows.append(VerdictRow(Verdict.HOLD, (record_id, "S2"), ("T0",), Reason.SEVERAL))
    rows.append(VerdictRow(Verdict.GONE, ("S2",), ("T0",), Reason.HALF_GONE, gone="S2"))
    matched = Matched(ours, theirs, rows)
    assert written(matched, tmp_path) == [row_form(row, matched) for row in rows]


def test_rows_with_evidence_and_rows_without_are_lines_in_their_order(tmp_path: Path) -> None:
    other = but(as_theirs(HALE), email="hale@post.example")
    matched = match([*strangers(40, "S"), HALE], [*strangers(40, "T"), other])
    assert any(row.comparison is not None for row in matched.rows)
    assert any(isinstance(line, msgspec.Raw) for line in row_lines(matched))
    assert written(matched, tmp_path) == [row_form(row, matched) for row in matched.rows]


def test_a_record_that_a_book_does_not_have_has_no_role() -> None:
    assert roles_of(["S1", "S9"], {"S1": but(HALE, id="S1")}) == [HALE.role or None, None]
