"""Rows of a match as lines of a file: the patterns say what the rows' own forms say."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import msgspec
import numpy as np
import pytest

from core.contacts.match.match import AlikeRows, Matched, match
from core.contacts.model import Contact, ContactKind, Reason, Verdict, VerdictRow
from data.contact_files import write_rows
from data.scale.rows import RowColumns
from tests.support.people import HALE, as_theirs, but, strangers
from tui.cli.commands.contacts.match_rows import roles_of, row_form, row_lines

ODD_IDS = ["S-1", "a%sb", "50%", "<id>", 'x"y', "back\\slash", "é1", "a b", "\x7f", "{0}", ""]
MANY = 400


def written(matched: Matched, folder: Path) -> list[object]:
    """Return the lines of a match, as JSON reads them, and check that they are ASCII."""
    file = folder / "rows.jsonl"
    assert write_rows(file, row_lines(matched)) == len(matched.rows)
    return [json.loads(line) for line in file.read_bytes().decode("ascii").splitlines()]


def in_columns(chance: Random) -> Matched:
    """Return a match of odd ids in columns: rows of several kinds, and some that are kept as a whole."""
    ids = [
        [chance.choice(ODD_IDS) if chance.random() < 0.2 else f"{side}-{n}" for n in range(MANY)]
        for side in ("S", "T")
    ]
    left, right = (np.array([n if chance.random() < 0.7 else -1 for n in range(MANY)], np.int32) for _ in ids)
    right = np.where(left < 0, np.arange(MANY, dtype=np.int32), right)
    rows = RowColumns(left, right, (ids[0], ids[1]))
    kinds = [
        (Verdict.LINK, Reason.SAME_EMAIL),
        (Verdict.PUSH, Reason.ONLY_HERE),
        (Verdict.PUSH, Reason.DOUBTED),
    ]
    dice = np.array([chance.randrange(len(kinds)) for _ in range(MANY)])
    for number, (verdict, reason) in enumerate(kinds):
        rows.set(np.flatnonzero(dice == number), verdict, reason)
    for place in chance.sample(range(MANY), 30):
        several = tuple(chance.sample(ids[0], 2))
        rows.put(place, VerdictRow(Verdict.HOLD, several, (), Reason.SEVERAL, gone=several[0]))
    ours = {one: Contact(one, "Ann", kind=ContactKind.BORROWER) for one in ids[0]}
    theirs = {one: Contact(one, "Bo", kind=ContactKind.CONTACT) for one in ids[1]}
    return Matched(ours, theirs, rows)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("together", [1, 7, MANY - 1, MANY, 10_000])
def test_a_line_says_what_the_row_says_whatever_the_ids_are(
    seed: int, together: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.cli.commands.contacts.match_rows._TOGETHER", together)
    matched = in_columns(Random(seed))
    assert isinstance(matched.rows, AlikeRows)
    assert sum(isinstance(line, msgspec.Raw) for line in row_lines(matched)) > MANY / 2
    assert written(matched, tmp_path) == [row_form(row, matched) for row in matched.rows]


def test_rows_of_books_in_memory_are_written_with_their_evidence(tmp_path: Path) -> None:
    other = but(as_theirs(HALE), email="hale@post.example")
    matched = match([*strangers(40, "S"), HALE], [*strangers(40, "T"), other])
    assert not isinstance(matched.rows, AlikeRows)
    assert any(row.comparison is not None for row in matched.rows)
    assert written(matched, tmp_path) == [row_form(row, matched) for row in matched.rows]


def test_a_record_that_a_book_does_not_have_has_no_role() -> None:
    assert roles_of(["S1", "S9"], {"S1": but(HALE, id="S1")}) == [HALE.role or None, None]
