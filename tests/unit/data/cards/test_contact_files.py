"""Files of contacts: what is read, and what is set aside, by line and column."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contacts.model import Contact, ContactKind
from core.errors import UsageError
from data.contact_files import COLUMNS, parse_contacts, read_contacts, write_rows

HEAD = "id,first_name,last_name,email,birth_date,one_way\n"


def misfits(text: str | bytes) -> list[tuple[int, int | None, str, str | None]]:
    data = text if isinstance(text, bytes) else text.encode()
    return [(one.line, one.column, one.field, one.card_id) for one in parse_contacts(data).misfits]


def ids(text: str | bytes) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    return [one.id for one in parse_contacts(data).contacts]


def test_csv_and_json_lines_give_the_same_contacts() -> None:
    values = {name: f"{name} 1" for name in COLUMNS} | {"birth_date": "1971-04-12", "one_way": "Y"}
    table = ",".join(COLUMNS) + "\n" + ",".join(values.values()) + "\n"
    (one,) = parse_contacts(table.encode(), ContactKind.BORROWER).contacts
    (other,) = parse_contacts(json.dumps({**values, "one_way": True}).encode(), ContactKind.BORROWER).contacts
    expected = {**values, "one_way": True}
    assert one == other == Contact(**expected, kind=ContactKind.BORROWER)  # type: ignore[arg-type]


def test_missing_columns_are_empty_and_further_ones_are_left_alone() -> None:
    (one,) = parse_contacts("Notes;ID;First Name\nhello;7;Ann\n".encode("utf-8-sig")).contacts
    assert one == Contact("7", first_name="Ann")


def test_a_file_without_ids_names_the_header() -> None:
    assert misfits("first_name,last_name\nAnn,Lee\n") == [(1, None, "id", None)]


def test_a_row_without_an_id_costs_that_row() -> None:
    text = "email,id\na@x.example,1\nb@x.example,\nc@x.example,3\n"
    assert (ids(text), misfits(text)) == (["1", "3"], [(3, 2, "id", None)])


def test_of_two_rows_with_one_id_the_first_is_used() -> None:
    text = "id,first_name\n1,Ann\n2,Bob\n1,Cat\n"
    assert (ids(text), misfits(text)) == (["1", "2"], [(4, 1, "id", "1")])
    assert [one.first_name for one in parse_contacts(text.encode()).contacts] == ["Ann", "Bob"]


def test_a_long_email_is_named() -> None:
    text = HEAD + f"1,Ann,Lee,{'a' * 290}@x.example,,\n2,Bob,Lee,b@x.example,,\n"
    assert (ids(text), misfits(text)) == (["2"], [(2, 4, "email", "1")])


def test_latin_1_bytes_cost_their_row() -> None:
    text = HEAD.encode() + "1,José,Lee,a@x.example,,\n".encode("latin-1") + b"2,Bob,Lee,b@x.example,,\n"
    assert (ids(text), misfits(text)) == (["2"], [(2, 2, "first_name", "1")])
    (one,) = parse_contacts(text).misfits
    assert "E9" in one.reason
    lines = '{"id": "1", "first_name": "José"}\n'.encode("latin-1") + b'{"id": "2"}\n'
    assert (ids(lines), misfits(lines)) == (["2"], [(1, 31, "the line", None)])


def test_a_bad_date_or_flag_costs_that_field_alone() -> None:
    text = HEAD + "1,Ann,Lee,a@x.example,12/04/1971,maybe\n2,Bob,Lee,b@x.example,--02-29,n\n"
    (one, other) = parse_contacts(text.encode()).contacts
    assert (one.birth_date, one.one_way, other.birth_date) == ("", False, "--02-29")
    assert misfits(text) == [(2, 5, "birth_date", "1"), (2, 6, "one_way", "1")]


def test_a_row_of_another_width_and_an_open_quote_cost_themselves() -> None:
    text = 'id,first_name,city\n1,Ann,Oakland\n2,Bob\n3,"Cat,Reno\n4,Dan,Boise\n'
    assert (ids(text), [line for line, *_ in misfits(text)]) == (["1", "4"], [3, 4])


def test_json_lines_that_are_none_are_named_by_character() -> None:
    text = '{"id": "1"}\n{"id": "2",}\n[1]\n{"id": "3", "email": ["x"]}\n{"id": 4}\n'
    assert ids(text) == ["1", "4"]
    assert [(line, field) for line, _, field, _ in misfits(text)] == [
        (2, "the line"),
        (3, "the line"),
        (4, "email"),
    ]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    "wrap", [list, lambda rows: {"contacts": rows}, lambda rows: {"page": 1, "items": rows}]
)
def test_contacts_may_be_one_json_list(wrap: Any, indent: int | None) -> None:
    rows = [{"id": "7", "first_name": "Ann", "email": "ann@example.org"}, "x", {"id": 8, "last_name": "Ng"}]
    reading = parse_contacts(json.dumps(wrap(rows), indent=indent).encode())
    assert [(one.id, one.first_name, one.last_name) for one in reading.contacts] == [
        ("7", "Ann", ""),
        ("8", "", "Ng"),
    ]
    (misfit,) = reading.misfits
    assert "it is no contact" in misfit.reason


def test_one_contact_over_several_lines_and_a_list_that_is_cut() -> None:
    one = {"id": "7", "first_name": "Ann"}
    assert [found.id for found in parse_contacts(json.dumps(one, indent=1).encode()).contacts] == ["7"]
    (misfit,) = parse_contacts(json.dumps([one], indent=1).encode()[:-3]).misfits
    assert "it is not JSON" in misfit.reason


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xff\xfei\0d\0"])
def test_what_is_no_file_of_contacts_is_refused(tmp_path: Path, start: bytes) -> None:
    file = tmp_path / "contacts"
    file.write_bytes(start)
    with pytest.raises(UsageError):
        read_contacts(file)
    with pytest.raises(UsageError):
        read_contacts(tmp_path / "none")


@given(st.binary(max_size=200))
def test_no_bytes_break_it(data: bytes) -> None:
    parse_contacts(data)
    parse_contacts(b"id,email\n" + data)
    parse_contacts(b"{" + data)


def test_rows_are_written_whole_and_for_their_owner_alone(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    out.write_text("old")
    assert write_rows(out, iter([{"a": "é"}, {"b": 1}])) == 2
    assert out.read_text("ascii") == '{"a":"\\u00e9"}\n{"b":1}\n'
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with pytest.raises(ZeroDivisionError):
        write_rows(out, (1 // (1 - n) for n in range(3)))
    assert [one.name for one in tmp_path.iterdir()] == ["rows.jsonl"]
    assert len(out.read_text()) > 10
    with pytest.raises(UsageError):
        write_rows(tmp_path / "no" / "rows.jsonl", [])
    with pytest.raises(UsageError):
        write_rows(tmp_path, [])
