"""The exports of other programs, with values of our own: each is read without being edited."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contacts.model import Contact
from data.cards.csv_cards import read_csv
from data.cards.known_columns import CARDS
from data.cards.reading import card_of
from data.contact_files import ContactReading, parse_contacts
from data.contacts.known_columns import COLUMNS, CONTACTS
from data.tables.columns import ColumnAnswers, ColumnProfile, WantedColumns, header_key

GOOGLE = (
    "First Name,Middle Name,Last Name,Phonetic First Name,Name Suffix,Nickname,File As,Organization Name,Birthday,"
    "Notes,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,"
    "Phone 2 - Label,Phone 2 - Value,Phone 3 - Label,Phone 3 - Value,Address 1 - Label,Address 1 - Formatted,"
    "Address 1 - Street,Address 1 - City,Address 1 - Region,Address 1 - Postal Code,Address 1 - Country,"
    "Address 1 - Extended Address,Address 2 - Label,Address 2 - Street,Address 2 - City,Address 2 - Region,"
    "Address 2 - Postal Code"
)
GOOGLE_BEFORE = (
    "Name,Given Name,Additional Name,Family Name,Yomi Name,Name Prefix,Name Suffix,Birthday,Group Membership,"
    "E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Address 1 - Type,Address 1 - Street"
)
OUTLOOK = (
    "Title,First Name,Middle Name,Last Name,Suffix,Company,Business Street,Business City,Home Street,Home Street 2,"
    "Home City,Home State,Home Postal Code,Home Country/Region,Business Fax,Business Phone,Home Phone,Mobile Phone,"
    "Birthday,Categories,E-mail Address,E-mail Type,E-mail Display Name,E-mail 2 Address,Notes,Web Page"
)
OUTLOOK_ON_THE_WEB = (
    "First Name,Middle Name,Last Name,Title,Suffix,Nickname,E-mail Address,E-mail 2 Address,E-mail 3 Address,"
    "Home Phone,Home Phone 2,Business Phone,Mobile Phone,Home Street,Home City,Home State,Home Postal Code,"
    "Home Country,Birthday"
)
TOTAL_EXPERT = (
    "External ID,First Name,Last Name,Email,Cell Phone,Home Phone,Office Phone,Birthday,Address,Address 2,City,State,"
    "Zip Code,Source,Contact Groups,Contact Owner"
)
TOTAL_EXPERT_FIELDS = (
    "external_id,source,first_name,last_name,email,phone_cell,phone_home,phone_office,address,city,state,"
    "zip_code"
)
SIMPLENEXUS = (
    "Borrower ID,First Name,Last Name,Email Address,Cell Phone,Loan Officer,Loan Officer Email,App Status"
)


def export(header: str, *rows: Mapping[str, str], encoding: str = "utf-8") -> bytes:
    names = header.split(",")
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def contacts(header: str, *rows: Mapping[str, str], encoding: str = "utf-8") -> ContactReading:
    reading = parse_contacts(export(header, *rows, encoding=encoding))
    assert reading.misfits == ()
    assert reading.columns is not None
    assert reading.columns.questions == ()
    return reading


def said(contact: Contact) -> dict[str, Any]:
    """Give what a contact holds, without its id."""
    names = (
        "first_name",
        "middle_name",
        "last_name",
        "suffix",
        "email",
        "mobile_phone",
        "home_phone",
        "work_phone",
    )
    names += ("birth_date", "street", "street_2", "city", "state", "postcode", "country", "owner")
    return {name: getattr(contact, name) for name in names if getattr(contact, name)}


def test_what_google_has_more_of_than_the_desk_takes_is_named_by_column() -> None:
    first = {
        "First Name": "Ivo",
        "E-mail 1 - Value": "ivo@x.example",
        "E-mail 2 - Value": "ivo@y.example",
        "Phone 1 - Label": "Mobile",
        "Phone 1 - Value": "406-555-0102",
        "Phone 2 - Label": "Mobile",
        "Phone 2 - Value": "406-555-0103",
        "Address 1 - Label": "Home",
        "Address 1 - City": "Helena",
        "Address 2 - Label": "Cabin",
        "Address 2 - City": "Butte",
    }
    second = {
        "First Name": "Una",
        "E-mail 1 - Value": "una@x.example",
        "E-mail 2 - Value": " una@x.example",
        "Phone 1 - Label": "Fax",
        "Phone 1 - Value": "406-555-0104",
        "Phone 2 - Label": "Home",
        "Phone 2 - Value": "406-555-0105",
    }
    reading = contacts(GOOGLE, first, second)
    more = "one of several is used, and the others are left out (line 2)"
    assert reading.notices[1:] == (
        f"email: 1 value: {more}",
        f"mobile_phone: 1 value: {more}",
        f"street: 1 value: {more}",
    )


def test_an_address_that_holds_two_is_left_out_field_by_field() -> None:
    row = {
        "First Name": "Ivo",
        "E-mail 1 - Value": "ivo@x.example ::: ivo@y.example",
        "Address 1 - Street": "4 Pine St ::: 9 Mill Rd",
        "Address 1 - City": "Helena",
    }
    reading = parse_contacts(export(GOOGLE, row))
    assert said(reading.contacts[0]) == {
        "first_name": "Ivo",
        "email": row["E-mail 1 - Value"],
        "city": "Helena",
    }
    assert [(one.field, "several values" in one.reason) for one in reading.misfits] == [("street", True)]


def test_google_contacts_go_by_their_labels() -> None:
    row = {
        "First Name": "Oona",
        "Middle Name": "May",
        "Last Name": "Berg",
        "Name Suffix": "Jr.",
        "Birthday": "1982-11-30",
        "Notes": "two\nlines, and a comma",
        "E-mail 1 - Label": "Work",
        "E-mail 1 - Value": "oona@work.example",
        "E-mail 2 - Label": "* Home",
        "E-mail 2 - Value": "oona@home.example",
        "Phone 1 - Label": "Work Fax",
        "Phone 1 - Value": "406-555-0100",
        "Phone 2 - Label": "Work",
        "Phone 2 - Value": "406-555-0101",
        "Phone 3 - Label": "* Mobile",
        "Phone 3 - Value": "406-555-0102",
        "Address 1 - Label": "Work",
        "Address 1 - Street": "9 Mill Rd",
        "Address 1 - City": "Butte",
        "Address 2 - Label": "Home",
        "Address 2 - Street": "4 Pine St",
        "Address 2 - City": "Helena",
        "Address 2 - Region": "MT",
        "Address 2 - Postal Code": "59601",
    }
    reading = contacts(GOOGLE, row)
    (oona,) = reading.contacts
    assert said(oona) == {
        "first_name": "Oona",
        "middle_name": "May",
        "last_name": "Berg",
        "suffix": "Jr.",
        "email": "oona@home.example",
        "mobile_phone": "406-555-0102",
        "work_phone": "406-555-0101",
        "birth_date": "1982-11-30",
        "street": "4 Pine St",
        "city": "Helena",
        "state": "MT",
        "postcode": "59601",
    }
    report = reading.columns
    assert report is not None
    assert (report.export, report.found["email"]) == ("Google Contacts", "E-mail 1 - Value, E-mail 2 - Value")
    assert {"Notes", "Labels", "Address 1 - Formatted"} <= set(report.ignored)
    assert "Phone 1 - Label" not in report.ignored


def test_a_phone_of_google_with_another_label_or_none_is_the_phone_at_home_unless_there_is_one() -> None:
    names = ("Phone 1 - Label", "Phone 1 - Value", "Phone 2 - Label", "Phone 2 - Value")
    rows = [
        dict(zip(("First Name", *names), values, strict=True))
        for values in (
            ("Ann", "Main", "406-555-0110", "", "406-555-0111"),
            ("Bo", "Grandma's", "406-555-0112", "Home", "406-555-0113"),
            ("Cy", "", "406-555-0114", "Mobile", "406-555-0115"),
        )
    ]
    phones = [(one.mobile_phone, one.home_phone) for one in contacts(GOOGLE, *rows).contacts]
    assert phones == [
        ("", "406-555-0110"),
        ("", "406-555-0113"),
        ("406-555-0115", "406-555-0114"),
    ]


def test_an_answer_about_a_labelled_column_comes_before_its_label() -> None:
    row = {"First Name": "Ann", "E-mail 1 - Value": "a@x.example", "E-mail 2 - Value": "b@x.example"}
    row |= {
        "Phone 1 - Label": "Home",
        "Phone 1 - Value": "1",
        "Phone 2 - Label": "Home",
        "Phone 2 - Value": "2",
    }
    told = {"E-mail 1 - Value": "", "Phone 1 - Value": "mobile_phone"}
    answers = ColumnAnswers(ColumnProfile("", "contacts", (), told))
    (ann,) = parse_contacts(export(GOOGLE, row), answers=answers).contacts
    assert (ann.email, ann.mobile_phone, ann.home_phone) == ("b@x.example", "1", "2")


def test_a_bad_cell_of_labelled_columns_is_named_where_it_stands() -> None:
    rows = [
        {"First Name": "Ann", "E-mail 2 - Value": "x" * 300, "E-mail 2 - Label": "*"},
        {"First Name": "Bo", "E-mail 1 - Value": "y" * 300},
    ]
    names = GOOGLE.split(",")
    places = [names.index("E-mail 2 - Value") + 1, names.index("E-mail 1 - Value") + 1]
    misfits = parse_contacts(export(GOOGLE, *rows)).misfits
    assert [(one.field, one.column) for one in misfits] == [("email", place) for place in places]


def test_google_contacts_of_the_older_form() -> None:
    row = {
        "Name": "Pia Holm",
        "Given Name": "Pia",
        "Additional Name": "L",
        "Family Name": "Holm",
        "Birthday": " --02-29",
        "E-mail 1 - Type": "* ",
        "E-mail 1 - Value": "pia@x.example",
        "Phone 1 - Type": "Mobile",
        "Phone 1 - Value": "+1 406-555-0120",
        "Address 1 - Street": "1 A St",
    }
    (pia,) = contacts(GOOGLE_BEFORE, row).contacts
    assert said(pia) == {
        "first_name": "Pia",
        "middle_name": "L",
        "last_name": "Holm",
        "email": "pia@x.example",
        "mobile_phone": "+1 406-555-0120",
        "birth_date": "--02-29",
        "street": "1 A St",
    }


@pytest.mark.parametrize("header", [OUTLOOK, OUTLOOK_ON_THE_WEB])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_outlook_in_its_encodings(header: str, encoding: str) -> None:
    country = next(name for name in header.split(",") if name.startswith("Home Country"))
    row = {
        "First Name": "Íñigo",
        "Last Name": "Sørensen",
        "Suffix": "II",
        "Home Street": "7 Elm St",
        "Home City": "Reno",
        "Home State": "NV",
        "Home Postal Code": "89501",
        country: "United States",
        "Business Phone": "(775) 555-0130",
        "Home Phone": "(775) 555-0131",
        "Mobile Phone": "(775) 555-0132",
        "Birthday": "1975-01-31",
        "E-mail Address": "inigo@x.example",
        "E-mail 2 Address": "other@x.example",
    }
    reading = contacts(header, row, encoding=encoding)
    (inigo,) = reading.contacts
    assert said(inigo) == {
        "first_name": "Íñigo",
        "last_name": "Sørensen",
        "suffix": "II",
        "email": "inigo@x.example",
        "mobile_phone": "(775) 555-0132",
        "home_phone": "(775) 555-0131",
        "work_phone": "(775) 555-0130",
        "birth_date": "1975-01-31",
        "street": "7 Elm St",
        "city": "Reno",
        "state": "NV",
        "postcode": "89501",
        "country": "United States",
    }
    assert reading.columns is not None
    assert reading.columns.export == "Outlook"
    assert any("Windows-1252" in notice for notice in reading.notices) == (encoding == "cp1252")


def test_total_experts_importer_and_its_field_names() -> None:
    row = {
        "External ID": "t-77",
        "First Name": "Ida",
        "Last Name": "Ek",
        "Email": "ida@x.example",
        "Cell Phone": "(208) 555-0140",
        "Office Phone": "(208) 555-0141",
        "Birthday": "1969-07-20",
        "Address": "8 Bay Rd",
        "Address 2": "Apt 5",
        "City": "Boise",
        "State": "ID",
        "Zip Code": "83702",
        "Contact Groups": "Past Clients",
        "Contact Owner": "jo@desk.example",
    }
    (ida,) = contacts(TOTAL_EXPERT, row).contacts
    assert (ida.id, ida.owner, ida.street_2, ida.postcode) == ("t-77", "jo@desk.example", "Apt 5", "83702")
    assert (ida.mobile_phone, ida.work_phone, ida.birth_date) == (
        "(208) 555-0140",
        "(208) 555-0141",
        "1969-07-20",
    )
    fields = {
        "external_id": "t-78",
        "first_name": "Bo",
        "phone_cell": "1",
        "phone_home": "2",
        "zip_code": "83703",
    }
    (bo,) = contacts(TOTAL_EXPERT_FIELDS, fields).contacts
    assert (bo.id, bo.mobile_phone, bo.home_phone, bo.postcode) == ("t-78", "1", "2", "83703")


def test_simplenexus_borrowers_have_the_loan_officers_email_as_owner() -> None:
    row = {
        "Borrower ID": "sn-9",
        "First Name": "Lea",
        "Last Name": "Dahl",
        "Email Address": "lea@x.example",
        "Cell Phone": "2085550150",
        "Loan Officer": "Jo March",
        "Loan Officer Email": "jo@desk.example",
    }
    reading = contacts(SIMPLENEXUS, row)
    (lea,) = reading.contacts
    assert (lea.id, lea.email, lea.mobile_phone, lea.owner) == (
        "sn-9",
        "lea@x.example",
        "2085550150",
        "jo@desk.example",
    )
    assert reading.columns is not None
    assert reading.columns.ignored == ("Loan Officer", "App Status")


def test_a_zaps_card_is_a_deal_with_its_people() -> None:
    header = "Card ID,Card Type,Card Name,Stage,Assigned To,Role,First Name,Last Name,Email,Mobile,DOB"
    header += ",Loan Amount,Region"
    row = {
        "Card ID": "Z-9",
        "Card Type": "Deal",
        "Card Name": "Berg & Ek",
        "Stage": "Lodged",
        "Assigned To": "m.hale",
        "Role": "Primary Applicant",
        "First Name": "Oona",
        "Last Name": "Berg",
        "Email": "oona@x.example",
        "Mobile": "0491 570 156",
        "DOB": "1982-11-30",
        "Loan Amount": "612500",
        "Region": "North",
    }
    reading = read_csv(export(header, row))
    assert reading.misfits == ()
    (entry,) = reading.entries
    card, _ = card_of(entry.json(b""))
    (person,) = card.people
    assert (card.id, card.kind, card.title, card.stage, card.owner) == (
        "Z-9",
        "deal",
        "Berg & Ek",
        "Lodged",
        "m.hale",
    )
    assert (person.contact.email, person.contact.phones.mobile) == ("oona@x.example", "0491 570 156")
    assert str(person.contact.birth_date) == "1982-11-30"
    assert [(extra.name, extra.value) for extra in card.other] == [("Region", "North")]
    assert reading.columns is not None
    assert (reading.columns.export, reading.columns.kept) == ("Zapier", ("Region",))


def test_a_card_with_brokerengines_field_names() -> None:
    header = (
        "Deal ID,Deal Name,Deal Type,Role,First Name,Last Name,Email Address,Phone Number: Mobile,Birth Date,"
        "Home Address: Street Address 1,Home Address: City/Town/Suburb,Home Address: Postcode,Loan Amount,"
        "Stand Variable,Property Address: City/Town/Suburb"
    )
    row = {
        "Deal ID": "B-7",
        "Deal Name": "Ek",
        "Deal Type": "deal",
        "Role": "Guarantor",
        "First Name": "Ida",
        "Last Name": "Ek",
        "Email Address": "ida@x.example",
        "Phone Number: Mobile": "0491 570 157",
        "Home Address: Street Address 1": "8 Bay Rd",
        "Home Address: City/Town/Suburb": "Manly",
        "Home Address: Postcode": "2095",
        "Loan Amount": "500000",
        "Stand Variable": "Y",
        "Property Address: City/Town/Suburb": "Balmain",
    }
    reading = read_csv(export(header, row))
    (entry,) = reading.entries
    card, _ = card_of(entry.json(b""))
    home = card.people[0].contact.home_address
    assert home is not None
    assert (home.street_1, home.suburb, home.postcode) == ("8 Bay Rd", "Manly", "2095")
    assert card.property is not None
    assert card.property.address is not None
    assert (card.property.address.suburb, card.requirements.standard_variable) == ("Balmain", True)
    assert reading.columns is not None
    assert (reading.columns.export, reading.columns.kept) == ("BrokerEngine", ())


VALUES = {name: f"{name} 1" for name in COLUMNS} | {"birth_date": "1971-04-12", "one_way": "Y"}
SPELLED = st.sampled_from(
    [str, str.upper, str.title, lambda name: name.replace("_", " "), lambda name: f" {name}: "]
)


@given(st.permutations(COLUMNS), SPELLED, st.sampled_from([",", ";", "\t", "|"]), st.integers(0, 3))
def test_neither_the_order_nor_the_spelling_of_columns_nor_a_further_column_changes_a_contact(
    names: list[str], spelled: Callable[[str], str], delimiter: str, further: int
) -> None:
    headers = [*map(spelled, names), *(f"Extra {n}" for n in range(further))]
    row = [*(VALUES[name] for name in names), *"x" * further]
    reading = parse_contacts(f"{delimiter.join(headers)}\n{delimiter.join(row)}\n".encode())
    assert reading.contacts == parse_contacts(json.dumps(VALUES).encode()).contacts
    assert reading.columns is not None
    assert len(reading.columns.ignored) == further


@pytest.mark.parametrize("wanted", [CONTACTS, CARDS], ids=["contacts", "cards"])
def test_each_known_header_is_of_a_column_that_there_is_and_of_one_column_alone(
    wanted: WantedColumns,
) -> None:
    tables = [(wanted.aliases, "everywhere"), *((export.columns, export.name) for export in wanted.exports)]
    for table, name in tables:
        keys = [header_key(header) for headers in table.values() for header in dict.fromkeys(headers)]
        assert all(wanted.has(column) for column in table), name
        assert len(keys) == len(set(keys)), name
        own = {header_key(header): column for column, headers in table.items() for header in headers}
        assert all(wanted.named_by(key) in ("", column) for key, column in own.items()), name
    for rule in (rule for export in wanted.exports for rule in export.labelled):
        columns = {*rule.parts.values(), *rule.by_label.values(), rule.otherwise} - {""}
        assert all(wanted.has(column) for column in columns)
        assert all(label == header_key(label) for label in (*rule.by_label, *rule.preferred))
