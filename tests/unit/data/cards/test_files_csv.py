"""CSV of cards: what is read, and what is set aside, by line and column."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.flex.field_map.fates import Fate
from core.flex.model import Card, Extra
from core.flex.plans.card import plan_card
from core.flex.plans.inputs import CardInputs
from core.local_forms import zone_named
from data.cards.columns import CARD, PERSON
from data.cards.csv_cards import read_csv
from data.cards.reading import CardsReading, card_of
from data.tables.columns import ColumnAnswers, ColumnProfile
from data.tables.dates import DateOrder
from tests.support.card_files import BASE, table
from tests.support.cards import MAP


def cards(reading: CardsReading) -> dict[str, Card]:
    return {one.summary.id: card_of(one.json(b""))[0] for one in reading.entries}


def flaws(reading: CardsReading) -> list[tuple[int, int | None, str, str | None]]:
    return [(one.line, one.column, one.field, one.card_id) for one in reading.misfits]


def test_rows_with_one_card_id_are_one_card_and_each_row_a_person() -> None:
    whole = {
        "title": "Nguyen & Tran",
        "stage": "AIP Issued",
        "owner": "m.hale",
        "loan_amount": "$640,000.00",
        "loan_term": "30",
        "pre_approval": "Y",
        "valuation_amount": "900000",
        "usage": "Security",
        "property_suburb": "Manly",
        "birth_date": "29/02/1988",
        "mobile_phone": "0491 570 006",
        "home_street_1": "Unit 4",
        "postal_suburb": "Balmain",
        "product_1_lender": "Harbour Mutual",
        "product_1_name": "Flexi Home Loan",
        "product_1_standing": "selected",
        "product_2_lender": "Harbour Mutual",
        "product_2_name": "Basic Variable",
        "product_2_standing": "CONSIDERED",
        "product_12_lender": "Other",
        "product_12_name": "Bank",
        "fact_find_flex_integrated": "yes",
    }
    second = {"role": "co-applicant", "first_name": "Bao", "last_name": "Tran", "birth_date": "1990-01-02"}
    reading = read_csv(table(whole, second, {"card_id": "C-2", "kind": "LEAD"}))
    assert reading.misfits == ()
    both = cards(reading)
    one = both["C-1"]
    assert [(p.role, p.contact.name) for p in one.people] == [
        ("Primary Applicant", "Linh Nguyen"),
        ("Co-Applicant", "Bao Tran"),
    ]
    assert one.requirements.loan_amount == Decimal("640000.00")
    assert (one.requirements.loan_term, one.requirements.pre_approval) == (Decimal(30), True)
    assert one.property is not None
    assert one.property.address is not None
    assert (one.property.usage, one.property.address.suburb) == ("Security", "Manly")
    linh = one.people[0].contact
    assert str(linh.birth_date) == "1988-02-29"
    assert linh.home_address is not None
    assert linh.postal_address is not None
    assert (linh.phones.mobile, linh.home_address.street_1) == ("0491 570 006", "Unit 4")
    assert [(p.highlighted, p.in_funding_position, p.shortlisted) for p in one.products] == [
        (True, True, True),
        (False, False, True),
        (False, False, False),
    ]
    assert one.fact_find is not None
    assert one.fact_find.flex_integrated
    assert (both["C-2"].kind, both["C-2"].title) == ("lead", "Linh Nguyen")


def test_a_column_that_is_not_known_is_kept_with_the_card_or_with_whom_it_differs_for() -> None:
    reading = read_csv(
        table(
            {"Referrer": "J. Park", "Employer": "Bay Health", "Tags": "vip"},
            {"Referrer": "J. Park", "Employer": "Mill", "first_name": "Bao", "role": "Guarantor"},
        )
    )
    one = cards(reading)["C-1"]
    assert one.other == (Extra("Other columns", "Referrer", "J. Park"), Extra("Other columns", "Tags", "vip"))
    assert [p.contact.other[0].value for p in one.people] == ["Bay Health", "Mill"]


def test_a_column_that_somebody_said_to_leave_out_is_not_kept() -> None:
    answers = ColumnAnswers(ColumnProfile("", "cards", (), {"Referrer": "", "Handy": "mobile_phone"}))
    reading = read_csv(table({"Referrer": "J. Park", "Handy": "0491 570 156", "Tags": "vip"}), answers)
    one = cards(reading)["C-1"]
    assert one.other == (Extra("Other columns", "Tags", "vip"),)
    assert one.people[0].contact.phones.mobile == "0491 570 156"
    assert reading.columns is not None
    assert (reading.columns.kept, reading.columns.ignored) == (("Tags",), ("Referrer",))


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"kind": "card"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"role": "Boss"}, "role"),
        ({"role": ""}, "role"),
        ({"flex_kind": "loan"}, "flex_kind"),
        ({"product_1_lender": "Harbour Mutual"}, "product_1_name"),
        ({"product_1_lender": "H", "product_1_name": "F", "product_1_standing": "yes"}, "product_1_standing"),
        ({"first_name": "Li\0nh"}, "first_name"),
    ],
)
def test_a_bad_cell_costs_its_card_alone_and_is_named_by_line_and_column(
    row: dict[str, str], field: str
) -> None:
    data = table({"card_id": "C-0"}, row, {"card_id": "C-2"})
    reading = read_csv(data)
    names = data.decode().splitlines()[0].split(",")
    column = names.index(field) + 1 if field in names else None
    assert [one.summary.id for one in reading.entries] == ["C-0", "C-2"]
    assert flaws(reading) == [(3, column, field, "C-1")]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"loan_amount": "about 600k"}, "loan_amount"),
        ({"loan_amount": "NaN"}, "loan_amount"),
        ({"loan_amount": "640.000"}, "loan_amount"),
        ({"loan_amount": "1e5"}, "loan_amount"),
        ({"loan_amount": "6.4E+05"}, "loan_amount"),
        ({"loan_term": "thirty"}, "loan_term"),
        ({"birth_date": "31/02/1988"}, "birth_date"),
        ({"birth_date": "12-25-12"}, "birth_date"),
        ({"pre_approval": "maybe"}, "pre_approval"),
        ({"loan_amount": "5_000"}, "loan_amount"),
        ({"valuation_amount": "#N/A"}, "valuation_amount"),
    ],
)
def test_an_amount_date_or_flag_that_cant_be_read_costs_its_field_and_keeps_its_text(
    row: dict[str, str], field: str
) -> None:
    reading = read_csv(table({"card_id": "C-0"}, row))
    assert reading.misfits == ()
    assert [(one.line, one.field, one.card_id) for one in reading.refused] == [(3, field, "C-1")]
    fields = plan_card(CardInputs(cards(reading)["C-1"], MAP, "test")).fields
    (refused,) = [line for line in fields if line.fate is Fate.REFUSED]
    assert row[field] in refused.source_value
    assert refused.value is None


def test_a_birth_date_of_the_desks_today_is_read_though_it_is_tomorrow_in_utc() -> None:
    now = datetime(2026, 11, 12, 20, 0, tzinfo=UTC).timestamp()  # 07:00 of the 13th in Sydney
    data = table({"birth_date": "2026-11-13"})
    sydney = ColumnAnswers(zone=zone_named("Australia/Sydney"))
    assert read_csv(data, sydney, now=lambda: now).refused == ()
    assert [line.field for line in read_csv(data, now=lambda: now).refused] == ["birth_date"]


def test_a_trace_in_an_amount_is_refused_as_a_trace() -> None:
    card_read = cards(read_csv(table({"loan_amount": "6.4E+05", "birth_date": "#REF!"})))["C-1"]
    lines = [
        line for line in plan_card(CardInputs(card_read, MAP, "test")).fields if line.fate is Fate.REFUSED
    ]
    assert {line.reason for line in lines} == {
        "a spreadsheet's trace: a number in scientific notation",
        "a spreadsheet's trace: an error value",
    }


def test_a_bad_row_sets_its_whole_card_aside_never_half_of_its_people() -> None:
    reading = read_csv(table({}, {"role": "Guarantor", "person_id": "#N/A"}, {"card_id": "C-2"}))
    assert [one.summary.id for one in reading.entries] == ["C-2"]


def test_rows_of_one_card_that_contradict_each_other_say_so() -> None:
    reading = read_csv(table({"loan_amount": "1"}, {"loan_amount": "2", "role": "Guarantor"}))
    assert flaws(reading) == [(3, 6, "loan_amount", "C-1")]
    assert "line 2" in reading.misfits[0].reason


def test_an_odd_byte_in_a_file_of_utf_8_costs_its_card() -> None:
    rows = table({"card_id": "C-1", "first_name": "Zo\u00eb"}, {"card_id": "C-2", "first_name": "Ren\u00e9"})
    reading = read_csv(rows.replace("Ren\u00e9".encode(), b"Ren\xe9"))
    assert [one.summary.id for one in reading.entries] == ["C-1"]
    assert flaws(reading) == [(3, 4, "first_name", "C-2")]
    assert reading.notices == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_the_delimiter_the_mark_and_the_line_ends_are_found_out(
    delimiter: str, bom: bytes, line_end: bytes
) -> None:
    data = table({"title": "a,b;c\td"}, {"card_id": "C-2", "kind": "?"}, delimiter=delimiter)
    reading = read_csv(bom + data.replace(b"\n", line_end))
    assert cards(reading)["C-1"].title == "a,b;c\td"
    assert flaws(reading) == [(3, 2, "kind", "C-2")]


def test_a_quote_that_is_never_closed_costs_one_row_not_the_rest() -> None:
    lines = table(*({"card_id": f"C-{n}", "title": "t"} for n in range(1, 8))).splitlines(keepends=True)
    lines[3] = lines[3].replace(b",t", b',"t')
    lines[6] = lines[6].replace(b",t", b',"t "" and more"')
    reading = read_csv(b"".join(lines))
    assert [one.summary.id for one in reading.entries] == ["C-1", "C-2", "C-4", "C-5", "C-6", "C-7"]
    assert flaws(reading) == [(4, 6, "the row", "C-3")]
    assert cards(reading)["C-6"].title == 't " and more'


def test_a_quote_that_swallows_lines_up_to_the_next_is_found_too() -> None:
    lines = table(*({"card_id": f"C-{n}", "title": "t"} for n in range(1, 6))).splitlines(keepends=True)
    lines[2] = lines[2].replace(b",t", b',"t')
    lines[4] = lines[4].replace(b",t", b',t"')
    reading = read_csv(b"".join(lines))
    assert [one.summary.id for one in reading.entries] == ["C-1", "C-3", "C-4", "C-5"]
    assert flaws(reading)[0][0] == 3


def test_a_cell_of_several_lines_is_fine_and_lines_are_still_counted() -> None:
    reading = read_csv(table({"objectives": "one\ntwo\r\nthree"}, {"card_id": "C-2", "kind": "x"}))
    assert cards(reading)["C-1"].requirements.objectives == "one\ntwo\r\nthree"
    assert flaws(reading) == [(5, 2, "kind", "C-2")]


def test_rows_beyond_the_header_are_named_and_blank_cells_at_an_end_are_fine() -> None:
    data = table({}, {"card_id": "C-2"}, {"card_id": "C-3"}).splitlines()
    data[1] += b",,"
    data[2] += b",more"
    data[3] = b"C-3,deal"
    reading = read_csv(b"\n".join([*data, b""]))
    assert [one.summary.id for one in reading.entries] == ["C-1", "C-3"]
    assert flaws(reading) == [(3, 6, "the row", "C-2")]
    assert reading.notices == ("1 row ends early: the missing cells at the end count as blank",)


def test_a_column_twice_is_named_and_only_rows_that_differ_are_lost() -> None:
    data = b"card_id,kind,Title,title\nC-1,deal,a,a\nC-2,deal,a,\nC-3,deal,a,b\n"
    reading = read_csv(data)
    assert [one.summary.id for one in reading.entries] == ["C-1", "C-2"]
    assert flaws(reading) == [(1, 4, "title", None), (4, 4, "title", "C-3")]


@pytest.mark.parametrize("data", [b"name,stage\na,b\n", b"\n\ncard_id,stage\nC-1,x\n"])
def test_a_header_without_the_required_columns_says_which(data: bytes) -> None:
    reading = read_csv(data)
    assert reading.entries == ()
    assert reading.misfits[-1].field == "kind"


def test_a_row_without_a_card_id_is_set_aside_alone() -> None:
    reading = read_csv(table({}, {"card_id": ""}))
    assert flaws(reading) == [(3, 1, "card_id", None)]
    assert len(reading.entries) == 1


def test_a_product_that_is_there_twice_is_named() -> None:
    twice = {f"product_{n}_{part}": "Same" for n in (1, 2) for part in ("lender", "name")}
    assert flaws(read_csv(table(twice))) == [(2, 9, "product_2_name", "C-1")]


def test_what_looks_like_a_formula_is_kept_as_it_is() -> None:
    reading = read_csv(table({"title": "=1+1", "objectives": "@cmd", "first_name": " -Linh ", "Memo": "+61"}))
    one = cards(reading)["C-1"]
    assert (one.title, one.requirements.objectives, one.people[0].contact.first_name) == (
        "=1+1",
        "@cmd",
        " -Linh ",
    )
    assert one.other[0].value == "+61"


def ids(*rows: dict[str, str]) -> dict[str, str]:
    """Give the id of each person of the card C-1, by first name."""
    reading = read_csv(table(*rows))
    assert reading.misfits == ()
    return {p.contact.first_name or "": p.contact.id for p in cards(reading)["C-1"].people}


JOHN = {"first_name": "John", "last_name": "Smith"}
JANE = {"role": "Co-Applicant", "first_name": "Jane", "last_name": "Smith"}


def test_a_person_without_an_id_gets_one_that_stays_when_rows_move() -> None:
    reading = read_csv(table({}, JOHN, {"person_id": "P-7", **JANE}))
    assert reading.named == 2
    assert cards(reading)["C-1"].people[2].contact.id == "P-7"
    assert ids(JOHN, JANE) == ids(JANE, JOHN)
    assert len(set(ids(JOHN, JANE).values())) == 2


def test_the_id_of_a_person_is_the_same_for_ever_because_books_hold_it() -> None:
    born = {"first_name": "Zoë", "last_name": "O\u2019Brien", "birth_date": "29/02/1988"}
    assert ids({}, born) == {"Linh": "C-1/LN-10bf00f3", "Zoë": "C-1/ZO-d35a9d28"}
    assert ids({"first_name": "\u738b", "last_name": "\u4f1f"}) == {"\u738b": "C-1/XX-4516531a"}


@pytest.mark.parametrize(
    "written",
    [
        {"first_name": " JOHN ", "last_name": "smith"},
        {"first_name": "Jo-hn", "last_name": "Sm\u00edth"},
        {"last_name": "Smith", "first_name": "J\u00f6hn", "email": "john@example.com", "role": "Guarantor"},
    ],
)
def test_an_id_does_not_depend_on_how_a_name_is_written_or_on_anything_else(written: dict[str, str]) -> None:
    assert list(ids(written).values()) == list(ids(JOHN).values())


def test_another_name_another_birth_date_or_another_card_is_another_person() -> None:
    born = {**JOHN, "birth_date": "1960-01-02"}
    names = [JOHN, {**JOHN, "last_name": "Smyth"}, {**JOHN, "first_name": "Jo"}, born]
    made = {next(iter(ids(one).values())) for one in (*names, {**born, "birth_date": "1990-01-02"})}
    (elsewhere,) = read_csv(table({"card_id": "C-2", **JOHN})).entries
    made.add(card_of(elsewhere.json(b""))[0].people[0].contact.id)
    assert len(made) == 6


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (JOHN, {**JOHN, "role": "Guarantor", "email": "other@example.com"}),
        ({**JOHN, "birth_date": "1960-01-02"}, {**JANE, "first_name": "john", "birth_date": "02/01/1960"}),
        (
            {"first_name": "", "last_name": "", "email": "a@example.com"},
            {"first_name": " ", "last_name": "-"},
        ),
    ],
    ids=["one name", "one name and one birth date", "no name"],
)
def test_people_of_a_card_who_cannot_be_told_apart_set_it_aside_and_their_rows_are_named(
    first: dict[str, str], second: dict[str, str]
) -> None:
    data = table({"card_id": "C-0", **JOHN}, first, JANE, second, {"card_id": "C-2"})
    reading = read_csv(data)
    assert [one.summary.id for one in reading.entries] == ["C-0", "C-2"]
    (flaw,) = reading.misfits
    assert (flaw.line, flaw.field, flaw.card_id) == (3, "person_id", "C-1")
    assert "lines 3 and 5" in flaw.reason
    assert "person_id" in flaw.reason


def test_people_with_one_name_are_fine_with_a_birth_date_or_an_id_each() -> None:
    senior = {**JOHN, "birth_date": "1960-01-02", "role": "Guarantor"}
    assert len(cards(read_csv(table(JOHN, senior)))["C-1"].people) == 2
    given = read_csv(table(JOHN, {**JOHN, "role": "Guarantor", "person_id": "P-1"}))
    assert [one.contact.id for one in cards(given)["C-1"].people][1] == "P-1"


def test_a_product_keeps_its_id_when_columns_move() -> None:
    def product(n: int) -> str:
        row = {f"product_{n}_lender": "Harbour  mutual", f"product_{n}_name": "Flexi"}
        return cards(read_csv(table(row)))["C-1"].products[0].id

    assert product(1) == product(5)


def test_a_last_row_that_ends_in_the_middle_is_torn_not_wrong() -> None:
    reading = read_csv(table({}, {"card_id": "C-2"}) + b"C-3,deal,Prim")
    assert [one.summary.id for one in reading.entries] == ["C-1", "C-2"]
    assert reading.misfits == ()
    assert reading.torn is not None
    assert reading.torn.line == 4


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_nothing_is_nothing(data: bytes) -> None:
    assert read_csv(data) == CardsReading()


def test_ten_thousand_rows_are_read_quickly() -> None:
    row: dict[str, Any] = {"title": "T", "loan_amount": "640000.00", "birth_date": "1988-02-29", "Tags": "a"}
    names = ("Linh", "Bao")
    rows = ({**row, "card_id": f"C-{n // 2}", "first_name": names[n % 2]} for n in range(10_000))
    data = table(*rows)
    start = time.process_time()
    reading = read_csv(data)
    assert time.process_time() - start < 5
    assert len(reading.entries) == 5_000
    assert json.loads(reading.entries[-1].json(b""))["id"] == "C-4999"


def test_the_documented_base_is_enough() -> None:
    assert set(BASE) == {"card_id", "kind", "role", "first_name", "last_name"}
    assert read_csv(b"card_id,kind\nC-1,lead\n").misfits == ()


# -- values as people write them ----------------------------------------------------------------------------


def births(*written: str, order: DateOrder | None = None) -> tuple[list[str], tuple[str, ...]]:
    """Return the birth dates of cards with these cells, "" for one that was not read, and the notices."""
    rows = [{"card_id": f"C-{n}", "birth_date": cell} for n, cell in enumerate(written)]
    reading = read_csv(table(*rows), ColumnAnswers(dates=order))
    read = cards(reading)
    found = [read.get(f"C-{n}") for n in range(len(written))]
    dates = [card.people[0].contact.birth_date if card else None for card in found]
    return [str(born) if born else "" for born in dates], reading.notices


def test_a_column_that_can_only_be_month_first_is_read_so_and_it_is_said() -> None:
    dates, notices = births("3/4/1985", "12/25/1990", "1/2/1971")
    assert dates == ["1985-03-04", "1990-12-25", "1971-01-02"]
    assert notices == ("birth_date: read as m/d/y, because 1 value can't be d/m/y",)


def test_a_column_that_could_be_both_is_read_day_first_and_it_is_said() -> None:
    dates, (notice,) = births("3/4/1985", "1/2/1971")
    assert dates == ["1985-04-03", "1971-02-01"]
    assert "2 values could be d/m/y or m/d/y, read as d/m/y" in notice
    assert "birth_date: 1 value could be" in births("3/4/1985")[1][0]
    assert births("3/4/1985", order=DateOrder.MONTH_FIRST) == (["1985-03-04"], ())


def test_a_column_that_is_day_first_or_says_its_order_itself_needs_no_word() -> None:
    assert births("3/4/1985", "25/12/1990", "1971-01-02", "3 Apr 1985", "0/0/00") == (
        ["1985-04-03", "1990-12-25", "1971-01-02", "1985-04-03", ""],
        (),
    )


@pytest.mark.parametrize(
    ("column", "written", "value"),
    [
        ("loan_amount", "640k", Decimal(640_000)),
        ("loan_amount", "$1.2m", Decimal(1_200_000)),
        ("loan_amount", "640.000,00", Decimal("640000.00")),
        ("loan_term", "360 months", Decimal(30)),
        ("loan_term", "25 years", Decimal(25)),
        ("pre_approval", "1.0", True),
    ],
)
def test_amounts_terms_and_flags_are_read_as_people_write_them(
    column: str, written: str, value: object
) -> None:
    one = cards(read_csv(table({column: written})))["C-1"]
    assert getattr(one.requirements, column) == value


def test_what_a_spreadsheet_writes_around_an_id_comes_off() -> None:
    reading = read_csv(table({"person_id": '="P-7"', "flex_id": "'1-6D9UB"}))
    one = cards(reading)["C-1"]
    assert (one.people[0].contact.id, one.flex_id) == ("P-7", "1-6D9UB")


def test_a_trace_in_an_id_sets_the_card_aside_because_nobody_knows_whose_it_is() -> None:
    reading = read_csv(table({"card_id": "C-0"}, {"person_id": "1.2E+15"}))
    assert [one.summary.id for one in reading.entries] == ["C-0"]
    assert "scientific notation" in reading.misfits[0].reason


def test_a_trace_in_a_cards_id_sets_its_rows_aside_and_what_is_written_around_an_id_comes_off() -> None:
    reading = read_csv(table({"card_id": "1.2E+15"}, {"card_id": "1.2E+15"}, {"card_id": '="C-7"'}))
    assert [one.summary.id for one in reading.entries] == ["C-7"]
    assert [one.reason for one in reading.misfits] == [
        "a spreadsheet's trace: a number in scientific notation"
    ] * 2


def test_ids_that_a_program_took_for_numbers_are_ids_again_only_if_all_of_the_column_are() -> None:
    first, second = (
        {**JOHN, "card_id": f"70{n}.0", "person_id": f"{n}.0", "flex_id": "90.0"} for n in (1, 2)
    )
    reading = read_csv(table(first, {**second, "flex_id": "OP-9"}))
    assert {id_: card.people[0].contact.id for id_, card in cards(reading).items()} == {
        "701": "1",
        "702": "2",
    }
    assert [card.flex_id for card in cards(reading).values()] == ["90.0", "OP-9"]
    assert [notice.split(":")[0] for notice in reading.notices] == ["card_id", "person_id"]
    mixed = read_csv(table(first, {**JOHN, "card_id": "C-2"}))
    assert [*cards(mixed)] == ["701.0", "C-2"]


def test_a_trace_in_a_text_stays_in_the_card_and_is_named() -> None:
    reading = read_csv(table({"mobile_phone": "6.14126E+10", "home_postcode": "#REF!", "first_name": "Gia"}))
    contact = cards(reading)["C-1"].people[0].contact
    assert contact.phones.mobile == "6.14126E+10"
    assert [(one.field, one.reason) for one in reading.refused] == [
        ("mobile_phone", "a spreadsheet's trace: a number in scientific notation"),
        ("home_postcode", "a spreadsheet's trace: an error value"),
    ]


# -- the same row twice -------------------------------------------------------------------------------------


def test_the_same_row_twice_is_one_person() -> None:
    reading = read_csv(table(JOHN, JANE, JOHN))
    assert [p.contact.first_name for p in cards(reading)["C-1"].people] == ["John", "Jane"]
    assert "1 row: it repeats a person" in reading.notices[0]


def test_a_person_on_two_rows_with_other_values_of_the_card_is_one_person() -> None:
    born = {**JOHN, "birth_date": "1960-01-02"}
    first, second = (
        {**born, "loan_amount": "640000", "Tag": "vip"},
        {**born, "birth_date": "2/01/1960", "Tag": "first home"},
    )
    one = cards(read_csv(table(first, JANE, second)))["C-1"]
    assert [p.contact.first_name for p in one.people] == ["John", "Jane"]
    assert [extra.value for extra in one.people[0].contact.other] == ["vip", "first home"]


def test_two_people_of_one_name_in_two_roles_are_not_one_person() -> None:
    reading = read_csv(table(JOHN, {**JOHN, "role": "Guarantor"}))
    assert reading.entries == ()
    assert reading.misfits[0].field == "person_id"


def test_a_birth_date_in_another_form_makes_no_other_person() -> None:
    written = ("1960-01-02", "2/01/1960", "2 Jan 1960", "02-Jan-60", "1960-01-02 00:00:00")
    assert len({next(iter(ids({**JOHN, "birth_date": cell}).values())) for cell in written}) == 1


def test_another_column_makes_no_other_person() -> None:
    assert ids(JOHN) == ids({**JOHN, "email": "john@example.org", "loan_amount": "5", "Tag": "vip"})


def test_a_moment_of_change_is_read_by_the_evidence_of_its_column() -> None:
    def moments(*written: str) -> list[float | None]:
        rows = [{"card_id": f"C-{n}", "updated_at": cell} for n, cell in enumerate(written)]
        return [entry.updated for entry in read_csv(table(*rows)).entries]

    fourth = moments("2026-11-04T10:15:00Z")
    assert moments("04/11/2026 10:15", "28/11/2026 9:00")[:1] == fourth
    assert moments("11/04/2026 10:15 AM", "11/28/2026 9:00 AM")[:1] == fourth
    assert moments("04/11/2026 10:15") == [None]
    assert "updated_at: 1 value" in read_csv(table({"updated_at": "soon"})).notices[0]


# -- the same cards from Excel in three locales -------------------------------------------------------------

PEOPLE = [(date(1984, 3, 9), 640_000), (date(1990, 12, 25), 1_250_500), (date(1971, 7, 4), 99_000)]


def _excel(delimiter: str, day: Callable[[date], str], money: Callable[[int], str]) -> bytes:
    rows = [
        {
            "card_id": f"C-{n}",
            "birth_date": day(born),
            "loan_amount": money(amount),
            "mobile_phone": "412555010",
        }
        for n, (born, amount) in enumerate(PEOPLE)
    ]
    return table(*rows, delimiter=delimiter)


@pytest.mark.parametrize(
    "data",
    [
        _excel(",", lambda day: f"{day.month}/{day.day}/{day.year}", lambda amount: f"${amount:,}.00"),
        _excel(",", lambda day: f"{day.day}/{day.month:02}/{day.year}", lambda amount: f"{amount:,}"),
        _excel(
            ";",
            lambda day: f"{day.day:02}.{day.month:02}.{day.year}",
            lambda amount: f"{amount:,},00".replace(",", ".", f"{amount:,}".count(",")),
        ),
    ],
    ids=["United States", "Australia", "Germany"],
)
def test_excel_files_of_three_locales_give_the_same_cards(data: bytes) -> None:
    reading = read_csv(data)
    assert (reading.misfits, reading.refused) == ((), ())
    read = [cards(reading)[f"C-{n}"] for n in range(len(PEOPLE))]
    assert [(one.people[0].contact.birth_date, one.requirements.loan_amount) for one in read] == PEOPLE


@given(
    st.dictionaries(st.sampled_from(sorted(CARD.keys() | PERSON.keys())), st.text(max_size=15), max_size=6)
)
def test_any_values_give_a_card_or_a_reason(row: dict[str, str]) -> None:
    reading = read_csv(table({**row, "card_id": "C-1"}, {"card_id": "C-2"}))
    assert len(reading.entries) + len({one.card_id for one in reading.misfits}) == 2
    for entry in reading.entries:
        card_of(entry.json(b""))
