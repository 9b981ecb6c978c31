"""A large plain file is read into columns as data/contact_files.py reads it; any other file is left to that reader."""

import random
from collections.abc import Callable

import pytest

from core.contacts.model import Contact, ContactKind
from core.progress import SILENT, CutShort, Meter
from data.contact_files import parse_contacts
from data.contacts.known_columns import COLUMNS
from data.scale.files import read_columns
from data.tables.columns import NO_ANSWERS
from tests.support.odd_books import OddBooks

NOW = 1_800_000_000.0


def rows(seed: int, number: int = 400) -> list[list[str]]:
    """Return a header and odd contacts, also with what a spreadsheet leaves."""
    chance = random.Random(seed)
    ours, _, _ = OddBooks(seed).books(number)
    made = [list(COLUMNS)]
    for contact in ours:
        cells = [_cell(contact, name).replace(",", " ").replace('"', "") for name in COLUMNS]
        if chance.random() < 0.1:
            at = chance.choice([n for n in range(1, len(cells) - 1) if COLUMNS[n] != "birth_date"])
            cells[at] = chance.choice(
                ("#N/A", "'0412345678", "2041.0", "6.14126E+10", "=", "####", " ", "US", "2041")
            )
        made.append(
            [
                "" if name == "birth_date" and cell.startswith("--") else cell
                for name, cell in zip(COLUMNS, cells, strict=True)
            ]
        )
    return made


def _cell(contact: Contact, name: str) -> str:
    value = getattr(contact, name)
    return value if isinstance(value, str) else "yes" if value else ""


def text(lines: list[list[str]], sign: str = ",", end: str = "\n") -> bytes:
    return "".join(sign.join(cell.replace(sign, " ") for cell in cells) + end for cells in lines).encode()


def assert_same(data: bytes, kind: ContactKind = ContactKind.CONTACT) -> None:
    found = read_columns(data, kind, NO_ANSWERS, SILENT, NOW)
    expected = parse_contacts(data, kind, NO_ANSWERS, lambda: NOW)
    assert found is not None
    assert list(found.contacts) == list(expected.contacts)
    assert [found.contacts[n] for n in range(len(found.contacts))] == list(expected.contacts)
    assert found.misfits == expected.misfits
    assert found.columns == expected.columns
    assert found.notices == expected.notices
    assert found.open_dates == expected.open_dates


@pytest.mark.parametrize("seed", range(6))
def test_a_plain_file_gives_the_same_contacts_misfits_and_notices(seed: int) -> None:
    assert_same(text(rows(seed)))
    assert_same(b"\xef\xbb\xbf" + text(rows(seed), ";", "\r\n"), ContactKind.BORROWER)
    assert_same(text(rows(seed), "\t").removesuffix(b"\n"))


def test_columns_in_another_order_under_other_names_and_unknown_ones_are_the_same() -> None:
    lines = rows(1)
    names = {"id": "Contact ID", "first_name": "Given Name", "birth_date": "DOB", "one_way": "Shoe size"}
    lines[0] = [names.get(name, name) for name in lines[0]]
    assert_same(text([cells[::-1] for cells in lines]))
    assert_same(text([cells[:7] for cells in lines]))


def changed(change: Callable[[list[list[str]]], None]) -> bytes:
    lines = rows(2)
    change(lines)
    return text(lines)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: text(rows(2)).replace(b"Pine", b'"Pine"'), id="quotes"),
        pytest.param(lambda: text(rows(2)) + b"\n", id="a blank line"),
        pytest.param(lambda: text(rows(2)) + b"," * (len(COLUMNS) - 1) + b"\n", id="a blank row"),
        pytest.param(lambda: text(rows(2)) + b"T9999\n", id="a short row"),
        pytest.param(lambda: text(rows(2)) + b"T9999" + b"," * len(COLUMNS) + b"\n", id="a long row"),
        pytest.param(lambda: b"Contacts of May\n" + text(rows(2)), id="a title above the header"),
        pytest.param(lambda: b"sep=,\n" + text(rows(2)), id="a line that names the delimiter"),
        pytest.param(lambda: text(rows(2)).replace(b"\n", b"\r", 3), id="an old line end"),
        pytest.param(lambda: text(rows(2)) + b"\xff\xfe", id="no UTF-8"),
        pytest.param(lambda: text(rows(2)).decode().encode("utf-16"), id="UTF-16"),
        pytest.param(lambda: text([cells[1:] for cells in rows(2)]), id="no ids"),
        pytest.param(lambda: text(rows(2, 10)), id="a small file"),
        pytest.param(lambda: changed(lambda lines: lines[9].__setitem__(0, lines[8][0])), id="an id twice"),
        pytest.param(
            lambda: changed(lambda lines: lines[9].__setitem__(9, "3/4/1980")), id="a date of numbers"
        ),
        pytest.param(
            lambda: changed(lambda lines: lines[0].__setitem__(2, "first_name")), id="a header twice"
        ),
        pytest.param(lambda: b"[]", id="JSON"),
        pytest.param(lambda: b"PK\x03\x04", id="a spreadsheet"),
        pytest.param(lambda: b"", id="nothing"),
    ],
)
def test_any_other_file_is_left_to_the_usual_reader(made: Callable[[], bytes]) -> None:
    assert read_columns(made(), ContactKind.CONTACT, NO_ANSWERS, SILENT, NOW) is None


def test_an_id_that_a_spreadsheet_changed_into_another_one_is_left_to_the_usual_reader() -> None:
    lines = rows(3)
    lines[4][0], lines[5][0] = "77", "'77"
    assert read_columns(text(lines), ContactKind.CONTACT, NO_ANSWERS, SILENT, NOW) is None


def test_a_file_of_ids_with_decimals_alone_is_left_to_the_usual_reader() -> None:
    lines = rows(3)
    for n, cells in enumerate(lines[1:]):
        cells[0] = f"{n}.0"
    assert read_columns(text(lines), ContactKind.CONTACT, NO_ANSWERS, SILENT, NOW) is None


def test_reading_can_be_stopped() -> None:
    data = text(rows(2))
    meter = Meter("a file")
    meter.stop.set()
    with pytest.raises(CutShort):
        read_columns(data, ContactKind.CONTACT, NO_ANSWERS, meter, NOW)


def test_a_lone_id_with_decimals_is_left_to_the_usual_reader() -> None:
    lines = rows(3)
    lines[7][0] = "77.0"
    assert read_columns(text(lines), ContactKind.CONTACT, NO_ANSWERS, SILENT, NOW) is None


def test_values_that_are_too_long_reject_the_same_rows() -> None:
    lines = rows(4)
    lines[5][1], lines[6][5], lines[7][10] = "x" * 1_001, f"{'x' * 300}@x.example", "y" * 999
    assert_same(text(lines))
