"""Books of contacts with everything that people write into them: for tests that compare two ways to the same result."""

from __future__ import annotations

import random
from typing import Any, Final

from core.contacts.model import Contact, ContactKind

_GIVEN: Final = (
    *(
        "John",
        "Jon",
        "Johnny",
        "Mary",
        "Marie",
        "Maria",
        "Mario",
        "Oliver",
        "Olirev",
        "Catherine",
        "Katharine",
        "Kate",
    ),
    *(
        "J",
        "M",
        "Denis",
        "Denise",
        "Łukasz",
        "Lukasz",
        "Jørgen",
        "Jorgen",
        "José",
        "Jose",
        "Zoë",
        "Anne-Marie",
    ),
    *(
        "Mary Ann",
        "John & Mary",
        "And",
        "Dr Linh",
        "Linh",
        "Unknown",
        "Test",
        "No",
        "N/A",
        "-",
        "Min",
        "O'Neil",
        "李",
    ),
    *(
        "Мария",
        "Gabriel",
        "Gabriela",
        "Stephen",
        "Steven",
        "Sara",
        "Sarah",
        "Mohd",
        "Mohammed",
        "Ann",
        "Junior",
        "",
    ),
    *(
        "Chloe",
        "White",
        "Smith",
        "Thomas",
        "Melind",
        "Melinda",
        "Bartholomew-Alexander Montgomery the",
        "Al",
        "Xquzt",
    ),
)
_SURNAMES: Final = (
    *(
        "Smith",
        "Smyth",
        "Smith-Jones",
        "Jones",
        "White",
        "Whyte",
        "Thomas",
        "Chloe",
        "Nguyen",
        "Ng",
        "O'Brien",
        "OBrien",
    ),
    *(
        "Hale Jr",
        "Hale",
        "Morris II",
        "Morris",
        "Name",
        "Null",
        "Guest",
        "Weiß",
        "Weiss",
        "Đặng",
        "Dang",
        "S",
        "III",
    ),
    *(
        "de la Cruz",
        "Cruz",
        "García",
        "Garcia",
        "Garcia Lopez",
        "Lopez",
        "田中",
        "Unknown",
        "",
        "Oyelaran-Featherstonehaugh",
    ),
    *("Featherstonehaugh-Cholmondeley-Marjoribanks", "Featherstonehaugh-Cholmondel", "Johnson", "Jonhson"),
)
_MIDDLE: Final = ("", "", "", "A", "Ann", "Anne", "J R", "NMN", "Marie", "Mari", "B", "Ángel", "Angel")
_SUFFIXES: Final = ("", "", "", "", "Jr", "Sr", "III", "V", "2nd")
_LOCALS: Final = (
    "jsmith",
    "j.smith",
    "jsmith+loans",
    "jsmiht",
    "mary.white77",
    "marywhite77",
    "kim",
    "noemail",
    "test",
    "hale1",
)
_DOMAINS: Final = ("x.example", "gmail.com", "family.example", "noemail.example", "y.example.au", "x.exmaple")
_PHONES: Final = (
    *(
        "415-555-0142",
        "(415) 555-0142",
        "+1 415 555 0142",
        "415-555-0143",
        "415-555-0124",
        "0412 345 678",
        "+61 412 345 678",
    ),
    *(
        "555-555-5555",
        "000 000 0000",
        "n/a",
        "4155550142 x12",
        "03 9555 0123",
        "12345",
        "0412 345 679",
        "415 555 014",
    ),
    *(
        "0011 61 412 345 678",
        "415.555.0142 / 415.555.0199",
        "",
        "",
        "",
        "ask him",
        "2025550101",
        "٤١٥٥٥٥٠١٤٢",
    ),
)
_DATES: Final = (
    *(
        "1980-04-03",
        "1980-03-04",
        "1980-04-13",
        "1981-04-03",
        "1980-04-30",
        "1970-04-03",
        "--04-03",
        "1970-01-01",
        "",
        "",
    ),
    *(
        "1950-04-03",
        "1980-12-31",
        "1981-01-15",
        "0001-01-01",
        "1979-11-22",
        "1985-02-30",
        "1970-03-04",
        "1908-04-03",
    ),
)
_STREETS: Final = (
    *(
        "88 Pine Street",
        "88 Pine St",
        "88 Pine St Apt 2",
        "2/88 Pine Street",
        "89 Pine Street",
        "Pine Street",
        "88 Pin Street",
    ),
    *(
        "88 Pine Road",
        "12 Unit Road",
        "7 Apt B",
        "PO Box 12",
        "",
        "",
        "5 Calle José Martí",
        "88  Pine Street",
        "188 Pine St",
    ),
    *("10 North Street", "10 N St", "Lot 4 Smith Lane", "12a Oak Ave", "12 Oak Ave", "Flat 2", "١٢ Oak Ave"),
)
_SECONDS: Final = ("", "", "", "Apt 2", "#2", "Unit 3", "Harbour View Estate", "Harbor House", "Pine Street")
_PLACES: Final = (
    *(
        ("Ironridge", "CA", "94110"),
        ("Ironridge", "CA", "94111"),
        ("Ironridge", "NY", "94112"),
        ("Ironrigde", "CA", ""),
    ),
    *(
        ("", "", "94110"),
        ("Ironridge", "", ""),
        ("", "", ""),
        ("Sutherland", "NSW", "2232"),
        ("Sutherland", "NSW", "2322"),
    ),
    *(
        ("São Paulo", "SP", "01310-100"),
        ("Sao Paulo", "SP", "01310100"),
        ("Springfield", "IL", "94110-1234"),
        ("", "CA", ""),
    ),
)
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzäöüñčß '-."


class OddBooks:
    """Makes records, and copies of records with slips. The same seed makes the same books."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def books(self, number: int) -> tuple[list[Contact], list[Contact], list[tuple[str, str]]]:
        """Return two books of so many records, and links between some of them."""
        ours = [self.contact(f"S{n}", ContactKind.BORROWER) for n in range(number)]
        ours += [self.copied(self._chance.choice(ours), f"S{n}") for n in range(number, number + number // 4)]
        theirs = [self.contact(f"T{n}", ContactKind.CONTACT) for n in range(number // 2)]
        theirs += [
            self.copied(self._chance.choice(ours), f"T{n}", ContactKind.CONTACT)
            for n in range(len(theirs), number)
        ]
        some = self._chance.sample(range(len(ours)), number // 10)
        others = self._chance.sample(range(len(theirs)), number // 10)
        return ours, theirs, [(ours[a].id, theirs[b].id) for a, b in zip(some, others, strict=True)]

    def contact(self, contact_id: str, kind: ContactKind) -> Contact:
        """Return a record of its own."""
        of = self._chance.choice
        city, state, postcode = of(_PLACES)
        return Contact(
            contact_id,
            first_name=of(_GIVEN),
            middle_name=of(_MIDDLE),
            last_name=of(_SURNAMES),
            suffix=of(_SUFFIXES),
            email=self._email(),
            mobile_phone=self._phone(),
            home_phone=of((*_PHONES[:4], "", "", "", "")),
            work_phone=of((*_PHONES[:2], "", "", "", "", "")),
            birth_date=self._date(),
            street=of(_STREETS),
            street_2=of(_SECONDS),
            city=city,
            state=state,
            postcode=postcode,
            kind=kind,
        )

    def copied(self, contact: Contact, contact_id: str, kind: ContactKind = ContactKind.BORROWER) -> Contact:
        """Return another record of a person, in which some fields have slips, are missing or are new."""
        fresh = self.contact(contact_id, kind)
        fields: dict[str, Any] = {}
        for name in _COMPARED:
            value: str = getattr(contact, name)
            what = self._chance.random()
            if what < 0.1:
                value = ""
            elif what < 0.2:
                value = getattr(fresh, name)
            elif what < 0.3:
                value = self._slip(value)
            elif what < 0.34:
                value = value.upper()
            fields[name] = value
        if self._chance.random() < 0.05:
            fields["first_name"], fields["last_name"] = fields["last_name"], fields["first_name"]
        return Contact(contact_id, **fields, kind=kind)

    def _slip(self, value: str) -> str:
        if len(value) < 2:
            return value
        at = self._chance.randrange(len(value) - 1)
        letter = self._chance.choice("0123456789" if value[at].isdigit() else _LETTERS)
        return self._chance.choice(
            (
                value[:at] + value[at + 1 :],
                value[:at] + letter + value[at:],
                value[:at] + letter + value[at + 1 :],
                value[:at] + value[at + 1] + value[at] + value[at + 2 :],
            )
        )

    def _email(self) -> str:
        of = self._chance.choice
        one = f"{of(_LOCALS)}{of(('', '', self._chance.randrange(300)))}@{of(_DOMAINS)}"
        other = f"{of(_LOCALS)}@{of(_DOMAINS)}"
        return of(
            (
                "",
                one,
                one,
                one,
                one,
                one,
                f"{one}; {other}",
                f"Kim <{one}>",
                one.upper(),
                "none",
                "ask",
                f" {one} ",
            )
        )

    def _phone(self) -> str:
        return self._chance.choice(
            (*_PHONES, *(f"{self._chance.randrange(200, 230)}-555-01{self._chance.randrange(100):02}",) * 12)
        )

    def _date(self) -> str:
        of = self._chance
        return of.choice(
            (
                *_DATES,
                *(f"{of.randrange(1950, 1990)}-{of.randrange(1, 13):02}-{of.randrange(1, 29):02}",) * 12,
            )
        )


_COMPARED: Final = (
    *(
        "first_name",
        "middle_name",
        "last_name",
        "suffix",
        "email",
        "mobile_phone",
        "home_phone",
        "work_phone",
    ),
    *("birth_date", "street", "street_2", "city", "state", "postcode"),
)
