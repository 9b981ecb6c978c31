"""Contacts for the tests of the contact room."""

from __future__ import annotations

from typing import Any

import msgspec

from core.contacts.model import Contact

HALE = Contact(
    "S1",
    first_name="Robert",
    last_name="Hale",
    email="rob.hale@bayhome.example",
    mobile_phone="(415) 555-0142",
    birth_date="1971-04-12",
    street="88 Pine St Apt 2",
    city="Oakland",
    state="CA",
    postcode="94601",
)


def but(contact: Contact, **changes: Any) -> Contact:
    return msgspec.structs.replace(contact, **changes)


def as_theirs(contact: Contact, **changes: Any) -> Contact:
    """Give Total Expert's record of somebody."""
    return but(contact, **{"id": f"T{contact.id[1:]}", "email": "other@post.example", **changes})


def strangers(count: int, side: str) -> list[Contact]:
    """Give people that nobody else is."""
    first = ("Mary", "Paul", "Grace", "Owen", "Nina", "Victor", "Heidi", "Oscar", "Ruth", "Felix")
    ours = (
        "Adams",
        "Brandt",
        "Castillo",
        "Doyle",
        "Eriksen",
        "Fontaine",
        "Grigoriev",
        "Hughes",
        "Ito",
        "Jansen",
    )
    theirs = (
        "Kowalski",
        "Lindqvist",
        "Moreau",
        "Nakamura",
        "Obi",
        "Petrov",
        "Quigley",
        "Rossi",
        "Silva",
        "Thorne",
    )
    last, shift = (ours, 0) if side == "S" else (theirs, 5)
    return [
        Contact(
            f"{side}-{n}",
            first_name=first[(n + n // 10) % 10],
            last_name=last[n % 10],
            email=f"{last[n % 10]}{n}@{n % 7}.example",
            mobile_phone=f"(2{shift}{n % 10}) 55{n % 9}-{1000 + (n + shift) * 737 % 9000}",
            birth_date=f"{1940 + (n * 7 + shift * 9) % 60}-{1 + (n + shift) % 12:02}-{1 + (n * 3 + shift) % 28:02}",
            street=f"{100 + n * 13 + shift} {last[-1 - n % 10]} Ave",
            postcode=f"{10_000 + shift * 9_000 + n * 91}",
        )
        for n in range(count)
    ]
