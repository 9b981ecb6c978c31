"""Files of contacts: what is read, and what is set aside, by line and column."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contacts.model import Contact, ContactKind
from core.errors import UsageError
from core.local_forms import zone_named
from data.contact_files import ContactReading, parse_contacts, read_contacts, write_rows
from data.contacts.known_columns import COLUMNS
from data.tables.columns import ColumnAnswers, ColumnProfile
from data.tables.dates import DateOrder
from data.tables.rejected import NotATable
from data.tables.summaries import trouble_lines
from tests.support.private import is_private

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
    assert one == other == Contact(**expected, kind=ContactKind.BORROWER)


def test_no_birth_date_is_later_than_the_desks_today() -> None:
    now = datetime(2026, 11, 12, 20, 0, tzinfo=UTC).timestamp()  # 07:00 of the 13th in Sydney
    data = f"{HEAD}1,Ann,Ek,,2026-11-13,\n".encode()
    sydney = ColumnAnswers(zone=zone_named("Australia/Sydney"))
    (contact,) = parse_contacts(data, answers=sydney, now=lambda: now).contacts
    assert contact.birth_date == "2026-11-13"
    (contact,) = parse_contacts(data, now=lambda: now).contacts
    assert not contact.birth_date


def test_missing_columns_are_empty_and_further_ones_are_left_alone() -> None:
    (one,) = parse_contacts("Notes;ID;First Name\nhello;7;Ann\n".encode("utf-8-sig")).contacts
    assert one == Contact("7", first_name="Ann")


def test_a_row_whose_cells_are_types_of_phones_is_no_header() -> None:
    rows = "Ek,ida@x.example,0412 555 010,Mobile,0412 555 011,Cell\nNg,bo@x.example,,Mobile,,Cell\n"
    reading = parse_contacts(f"Kunde,Email,Nummer,Typ,Nummer 2,Typ 2\n{rows}".encode())
    assert [one.email for one in reading.contacts] == ["ida@x.example", "bo@x.example"]
    assert reading.notices[0].startswith("2 contacts got ids")


def test_a_file_in_which_nothing_names_a_person_names_the_header() -> None:
    assert misfits("id,city\n1,Reno\n") == [(1, None, "email, first_name or last_name", None)]


def test_without_a_column_of_ids_each_row_gets_an_id_that_stays_when_rows_move() -> None:
    head = "first_name,last_name,email,birth_date,home_phone\n"
    rows = ["Ann,Lee,ann@x.example,,", "Bob,Lee,,1971-04-12,", "Cat,Lee,,,303 555 0142", "Dan,Lee,none,,"]
    there, back = ids(head + "\n".join(rows)), ids(head + "\n".join(reversed(rows)))
    assert there == back[::-1]
    assert len(set(there)) == 4
    assert [made[0] for made in there] == ["E", "N", "N", "N"]
    assert "ann" not in there[0]
    (same,) = ids("Last_Name,First-name,EMAIL\nLEE,ann, ANN@X.example\n")
    assert same == there[0]


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("Ann,Lee,,1971-04-12,", False),
        ("Ann,Lee,,,303 555 0143", False),
        ("Ann,Lea,,,303 555 0142", False),
        ("ANN,Lée,,,(303) 555-0142", True),
        ("Ann,Lee,ann@x.example,,303 555 0142", False),
    ],
)
def test_name_with_birth_date_or_phone_makes_an_id_where_there_is_no_email(other: str, same: bool) -> None:
    head = "first_name,last_name,email,birth_date,mobile_phone\n"
    first = ids(head + "Ann,Lee,,,303 555 0142\n")
    assert (ids(head + other + "\n") == first) == same
    born = [ids(head + f"Ann,Lee,,1971-04-12,{phone}\n") for phone in ("", "303 555 0142")]
    assert born[0] == born[1]


def test_people_of_two_names_who_share_an_email_are_two_whatever_the_order_of_the_rows() -> None:
    head = "first_name,last_name,email\n"
    rows = [
        "Ann,Lee,lees@x.example",
        "Bob,Lee,Lees@X.example",
        "Cy,Oh,cy@x.example",
        "ANN,Lée,lees@x.example",
    ]
    there, back = ids(head + "\n".join(rows)), ids(head + "\n".join(reversed(rows)))
    assert (set(there), len(there)) == (set(back), 3)
    assert ids(head + "\n".join(rows[:2])) == there[:2]
    assert misfits(head + "\n".join(rows)) == [(5, None, "the row", there[0])]


def test_json_without_ids_is_read_as_a_table_without_them() -> None:
    text = "first_name,last_name,email\nAnn,Lee,lees@x.example\nBob,Lee,lees@x.example\n,,no\n"
    rows = [
        dict(zip(("first_name", "last_name", "email"), row.split(","), strict=True))
        for row in text.split()[1:]
    ]
    lines = "\n".join(map(json.dumps, rows))
    assert (ids(lines), len(ids(lines))) == (ids(text), 2)
    assert misfits(lines) == [(3, None, "id", None)]


def test_a_value_of_json_that_is_no_text_costs_its_field_and_a_number_keeps_its_digits() -> None:
    lines = '{"id": 12345678901234567890, "email": [], "mobile_phone": 3035550142.0, "postcode": 2000}'
    (one,) = parse_contacts(lines.encode()).contacts
    assert (one.id, one.mobile_phone, one.postcode) == ("12345678901234567890", "3035550142", "2000")
    assert misfits('{"id": "7", "email": {"a": 1}, "city": true}') == [
        (1, 13, "email", "7"),
        (1, 32, "city", "7"),
    ]
    assert misfits('{"id": ["7"], "email": "a@x.example"}') == [(1, 2, "id", None)]


def test_a_row_without_anything_to_make_an_id_from_costs_itself() -> None:
    text = "first_name,last_name,city\nAnn,Lee,Reno\n,,Boise\n"
    assert (len(ids(text)), misfits(text)) == (1, [(3, None, "id", None)])


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


def test_an_odd_byte_in_utf_8_costs_its_row() -> None:
    text = (
        HEAD.encode() + "1,José,Lee,a@x.example,,\n".encode("latin-1") + "2,Zoë,Lee,b@x.example,,\n".encode()
    )
    assert (ids(text), misfits(text)) == (["2"], [(2, 2, "first_name", "1")])
    (one,) = parse_contacts(text).misfits
    assert "E9" in one.reason
    lines = '{"id": "1", "first_name": "José"}\n'.encode("latin-1") + b'{"id": "2"}\n'
    assert (ids(lines), misfits(lines)) == (["2"], [(1, 31, "the line", None)])


def test_a_bad_date_or_flag_costs_that_field_alone() -> None:
    text = HEAD + "1,Ann,Lee,a@x.example,31/02/1971,maybe\n2,Bob,Lee,b@x.example,--02-29,n\n"
    (one, other) = parse_contacts(text.encode()).contacts
    assert (one.birth_date, one.one_way, other.birth_date) == ("", False, "--02-29")
    assert misfits(text) == [(2, 5, "birth_date", "1"), (2, 6, "one_way", "1")]


def test_a_row_that_is_too_long_and_an_open_quote_cost_themselves() -> None:
    text = 'id,first_name,city\n1,Ann,Oakland\n2,Bob,Reno,more\n3,"Cat,Reno\n4,Dan,Boise\n'
    assert (ids(text), [line for line, *_ in misfits(text)]) == (["1", "4"], [3, 4])


def test_a_row_that_ends_early_has_blank_cells_at_its_end() -> None:
    reading = parse_contacts(b"id,first_name,city\n1,Ann,Oakland\n2,Bob\n3,Cat\n")
    assert [(one.id, one.first_name, one.city) for one in reading.contacts] == [
        ("1", "Ann", "Oakland"),
        ("2", "Bob", ""),
        ("3", "Cat", ""),
    ]
    assert reading.misfits == ()
    assert reading.notices == ("2 rows end early: the missing cells at the end count as blank",)


def test_a_last_row_that_may_be_cut_off_is_set_aside() -> None:
    text = "id,email,first_name\n1,a@x.example,Ann\n2,bob@x.exam"
    assert (ids(text), misfits(text)) == (["1"], [(3, None, "the row", None)])
    assert parse_contacts(text.encode()).notices == ()
    assert ids(text + "ple,Bob") == ["1", "2"]


@pytest.mark.parametrize("footer", ["Generated by Jo on 28/11/2026", "Total;2"])
def test_a_line_below_the_table_is_nobody(footer: str) -> None:
    text = f"id;city;email;first_name\n1;Reno;a@x.example;Ann\n{footer}\n"
    assert (ids(text), misfits(text)) == (["1"], [(3, None, "the row", None)])


def test_json_lines_that_are_none_are_named_by_character() -> None:
    text = '{"id": "1"}\n{"id": "2",}\n[1]\n{"id": "3", "email": ["x"]}\n{"id": 4}\n'
    assert ids(text) == ["1", "3", "4"]
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
    assert "it isn't a contact" in misfit.reason


def test_the_keys_of_contacts_in_json_are_found_as_headers_are_and_named() -> None:
    rows = [
        {"First Name": "Ann", "E-Mail": "ann@example.org", "Kunde": "x", "tags": ["a"]},
        {"firstName": "Bo", "email": "bo@example.org", "Birthday": "4/22/1985"},
    ]
    reading = parse_contacts(json.dumps(rows).encode())
    assert [(one.first_name, one.email, one.birth_date) for one in reading.contacts] == [
        ("Ann", "ann@example.org", ""),
        ("Bo", "bo@example.org", "1985-04-22"),
    ]
    assert reading.columns is not None
    assert dict(reading.columns.found) == {
        "first_name": "First Name",
        "email": "E-Mail",
        "birth_date": "Birthday",
    }
    assert reading.columns.ignored == ("Kunde", "tags")
    answers = ColumnAnswers(ColumnProfile("", "contacts", (), {"Kunde": "last_name"}))
    assert parse_contacts(json.dumps(rows).encode(), answers=answers).contacts[0].last_name == "x"


def test_one_contact_over_several_lines_and_a_list_that_is_cut() -> None:
    one = {"id": "7", "first_name": "Ann"}
    assert [found.id for found in parse_contacts(json.dumps(one, indent=1).encode()).contacts] == ["7"]
    (misfit,) = parse_contacts(json.dumps([one], indent=1).encode()[:-3]).misfits
    assert "it is not JSON" in misfit.reason


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_what_is_no_file_of_contacts_is_refused(tmp_path: Path, start: bytes) -> None:
    file = tmp_path / "contacts"
    file.write_bytes(start)
    with pytest.raises(UsageError):
        read_contacts(file)
    with pytest.raises(UsageError):
        read_contacts(tmp_path / "none")


@given(st.binary(max_size=200))
def test_no_bytes_break_it(data: bytes) -> None:
    with suppress(NotATable):  # the first bytes may be those of a spreadsheet
        parse_contacts(data)
    parse_contacts(b"id,email\n" + data)
    parse_contacts(b"{" + data)


def test_rows_are_written_whole_and_for_their_owner_alone(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    out.write_text("old")
    assert write_rows(out, iter([{"a": "é"}, {"b": 1}])) == 2
    assert out.read_text("ascii") == '{"a":"\\u00e9"}\n{"b":1}\n'
    assert is_private(out)
    with pytest.raises(ZeroDivisionError):
        write_rows(out, (1 // (1 - n) for n in range(3)))
    assert [one.name for one in tmp_path.iterdir()] == ["rows.jsonl"]
    assert len(out.read_text()) > 10
    with pytest.raises(UsageError):
        write_rows(tmp_path / "no" / "rows.jsonl", [])
    with pytest.raises(UsageError):
        write_rows(tmp_path, [])


# -- values as people and spreadsheets write them -----------------------------------------------------------


def births(*written: str, order: DateOrder | None = None) -> tuple[list[str], ContactReading]:
    """Return the birth dates of contacts with these cells, and the reading."""
    rows = "".join(f'{n},Ann,Lee,,"{cell}",\n' for n, cell in enumerate(written))
    reading = parse_contacts((HEAD + rows).encode(), answers=ColumnAnswers(dates=order))
    return [one.birth_date for one in reading.contacts], reading


def test_a_column_that_can_only_be_month_first_is_read_so_and_it_is_said() -> None:
    dates, reading = births("3/9/1984", "12/25/1990", "1984-03-09", "0/0/00", "July 4, 1971")
    assert dates == ["1984-03-09", "1990-12-25", "1984-03-09", "", "1971-07-04"]
    assert (reading.misfits, reading.notices) == (
        (),
        ("birth_date: read as m/d/y, because 1 value can't be d/m/y",),
    )


def test_a_column_that_could_be_both_is_left_out_in_one_line_until_a_person_says_the_order() -> None:
    dates, reading = births(*["3/9/1984"] * 500)
    assert dates == [""] * 500
    (line,) = trouble_lines(reading.misfits)
    assert line == (
        "birth_date: 500 values could be d/m/y or m/d/y; say which with --dates; "
        "the contacts are read without them (lines 2, 3, 4 …)"
    )
    assert births("3/9/1984", order=DateOrder.MONTH_FIRST)[0] == ["1984-03-09"]
    assert births("3/9/1984", order=DateOrder.DAY_FIRST)[0] == ["1984-09-03"]


def test_json_lines_are_read_by_the_evidence_of_the_whole_file() -> None:
    lines = [{"id": "1", "birth_date": "3/9/1984"}, {"id": "2", "birth_date": "12/25/1990"}]
    reading = parse_contacts("\n".join(map(json.dumps, lines)).encode())
    assert [one.birth_date for one in reading.contacts] == ["1984-03-09", "1990-12-25"]


def test_a_spreadsheets_day_numbers_are_read_and_it_is_said() -> None:
    dates, reading = births("29999", "31140")
    assert dates == ["1982-02-17", "1985-04-03"]
    assert "day number" in reading.notices[0]


def test_a_trace_costs_its_field_and_is_named_once_for_all_rows() -> None:
    rows = "".join(f"{n},Ann,#REF!,6.1{n}E+10,2139,MA\n" for n in range(9))
    reading = parse_contacts(f"id,first_name,last_name,mobile_phone,postcode,state\n{rows}".encode())
    assert {(one.last_name, one.mobile_phone, one.postcode) for one in reading.contacts} == {
        ("", "", "02139")
    }
    assert len(trouble_lines(reading.misfits)) == 2
    assert reading.notices == ("postcode: 9 values: the lost leading zero is restored (lines 2, 3, 4 …)",)


def test_a_trace_in_an_id_costs_its_row_because_nobody_knows_whose_it_is() -> None:
    reading = parse_contacts(b"id,first_name\n1.2E+15,Ann\n1.2E+15,Bob\n='3',Cat\n")
    assert [one.first_name for one in reading.contacts] == ["Cat"]
    assert ["scientific" in one.reason for one in reading.misfits] == [True, True]


def test_ids_that_a_program_took_for_numbers_are_ids_again() -> None:
    reading = parse_contacts(b"id,first_name\n901.0,Ann\n902.0,Bob\n")
    assert [one.id for one in reading.contacts] == ["901", "902"]
    assert reading.notices == ("id: 2 rows: a spreadsheet wrote it as a number (lines 2, 3)",)
    assert ids("id,first_name\n1.0,Ann\n1.1,Bob\n") == ["1.0", "1.1"]
    assert misfits("id,first_name\n901.0,#N/A\n") == [(2, 2, "first_name", "901")]


def test_the_same_row_twice_is_one_contact_and_is_no_trouble() -> None:
    reading = parse_contacts(b"id,first_name\n1,Ann\n2,Bob\n1,Ann\n")
    assert ([one.id for one in reading.contacts], reading.misfits) == (["1", "2"], ())
    assert reading.notices == ("1 row: it is there already, and counts once (line 4)",)
    again = parse_contacts(b"id,first_name\n1,Ann\n1,Ann\n1,Ann\n")
    unnamed = parse_contacts(b"first_name\nAnn\nAnn\n").notices
    assert unnamed[0].startswith("1 contact got an id")
    assert again.notices == ("2 rows are there already, and count once (lines 3, 4)",)
