"""Every reader and writer of rows says how far it has come, and ends if somebody asks for the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from core.contacts.model import Role
from core.progress import CutShort, Meter, RowProgress
from data.cards.folder import FolderCards
from data.cards.read_file import read_export
from data.contact_files import parse_contacts, write_rows
from data.exports import csv_bytes
from tests.support.card_files import card, jsonl, table
from tests.support.workbooks import ods, xlsx

ROWS = 1_200
HEAD = ["id", "first_name", "last_name", "email"]
PEOPLE = [[f"{n}", "Linh", "Nguyen", f"p{n}@example.com"] for n in range(ROWS)]
CONTACTS = "".join(",".join(row) + "\n" for row in [HEAD, *PEOPLE]).encode()
UNEVEN = CONTACTS.replace(b"p7@example.com\n", b'"p7@example.com\nx"\n')
LINES = b"".join(b'{"id":"%d","email":"p%d@example.com"}\n' % (n, n) for n in range(ROWS))
CARDS = table(*({"card_id": f"C-{n}"} for n in range(ROWS)))


def written(meter: Meter) -> object:
    return write_rows(Path("rows.jsonl"), ({"n": n} for n in range(ROWS)), ROWS, meter)


WORK: dict[str, Callable[[Meter], object]] = {
    "cards-csv": lambda meter: read_export(Path("c.csv"), CARDS, meter=meter),
    "cards-jsonl": lambda meter: read_export(
        Path("c.jsonl"), jsonl(*(card(f"C-{n}") for n in range(ROWS))), meter=meter
    ),
    "contacts-csv": lambda meter: parse_contacts(CONTACTS, meter=meter),
    "contacts-uneven": lambda meter: parse_contacts(UNEVEN, meter=meter),
    "contacts-jsonl": lambda meter: parse_contacts(LINES, meter=meter),
    "contacts-xlsx": lambda meter: parse_contacts(xlsx({"People": [HEAD, *PEOPLE]}), meter=meter),
    "contacts-ods": lambda meter: parse_contacts(ods([HEAD, *PEOPLE]), meter=meter),
    "rows": written,
    "export": lambda meter: csv_bytes(HEAD, PEOPLE, ROWS, meter),
}
"""Work on the same number of rows in each form."""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def slowly() -> Callable[[], float]:
    """Return a clock that goes on by a second with each look at it."""
    ticks = count()
    return lambda: float(next(ticks))


@pytest.mark.parametrize("name", WORK)
def test_the_rows_are_told_with_their_true_number(name: str) -> None:
    told: list[RowProgress] = []
    WORK[name](Meter("book", told.append, slowly()))
    assert max(one.done for one in told) > ROWS / 3
    assert {one.total for one in told[-2:]} <= {ROWS, ROWS + 1}, "of a sheet the header counts too"
    assert all(one.done <= (one.total or one.done) for one in told)


@pytest.mark.parametrize("name", WORK)
def test_a_stop_ends_the_work_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    meter = Meter("book", lambda progress: meter.stop.set(), slowly())
    with pytest.raises(CutShort):
        WORK[name](meter)
    assert list(tmp_path.iterdir()) == []


def test_the_rows_of_hidden_sheets_make_the_total_unknown() -> None:
    told: list[RowProgress] = []
    book = xlsx({"People": [HEAD, *PEOPLE], "Old": PEOPLE}, hidden=("Old",))
    reading = parse_contacts(book, meter=Meter("book", told.append, slowly()))
    assert len(reading.contacts) == ROWS
    assert None in {one.total for one in told}


async def test_a_folder_says_how_far_its_present_file_was_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(CARDS)
    told: list[RowProgress] = []
    folder = FolderCards(tmp_path, meter_of=lambda name: Meter(name, told.append, slowly()))
    await folder.refresh()
    assert {one.what for one in told} == {"a.csv"}
    assert {one.total for one in told} == {ROWS}
    told.clear()
    (tmp_path / "b.jsonl").write_bytes(jsonl(card("C-1")) * ROWS)
    await folder.refresh()
    assert "b.jsonl" in {one.what for one in told}


def test_each_line_is_written_as_the_json_module_writes_it(tmp_path: Path) -> None:
    values = ["plain", "Zoë", 'a "quote"', "back\\slash", "\x7f\x00\n", "/", "\U0001f600", "", "<&>'"]
    rows = [
        {"text": text, "bits": [-12.0, 0.0, 3.14, -0.5, 17.98], "none": None, "yes": True, "role": Role.AGENT}
        for text in values
    ]
    write_rows(tmp_path / "rows.jsonl", rows)
    written = (tmp_path / "rows.jsonl").read_text("ascii").splitlines()
    assert written == [json.dumps(row, separators=(",", ":")) for row in rows]
