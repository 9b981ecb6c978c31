"""What two large files surprise by is the same if each forecast is made, and if columns leave out the plain ones."""

import random

import numpy as np
import pytest

from core.contacts.match.match import Matched
from core.contacts.model import Contact, ContactKind, Reason, Verdict
from data.scale.columns import columns_of, first_inboxes
from data.scale.forecasts import forecast_scope
from data.scale.rows import RowColumns
from tests.support.matrix import so_many
from tests.unit.data.scale.test_match import as_columns

NAMES = ("Ann", "ann", "Bo-Ann", "Kim Lee", "Kim  Lee", "\u212aim Lee", "O'Neil", "Zoë", "A" * 30, "B" * 31)
PHONES = {
    "home_phone": ("(555) 201-3344", "5552013344", "+1 555 201 3344", "555-2013", "n/a", "", ""),
    "mobile_phone": ("555.777.8899", "5557778899", "0491 570 156 / 0491 570 157", "0491570156", "x", "", ""),
    "work_phone": ("555 303 4455", "5553034455", "12345", "12 345", "000 000 0000", ""),
}
STREETS = ("88 Pine St", "88 Pine Street", "88 PINE ST #2", "1 Elm Rd", "")
CITIES = (("Reno", "NV", "89501"), ("RENO", "nv", "89501-1234"), ("Reno", "NV", ""), ("Elko", "NV", "89801"))
WIDE = ("Reno", "NV", "\uff18\uff19\uff15\uff10\uff11")
"""The figures of 89501 as they are written in Japan."""


def _contact(chance: random.Random, number: int, side: str, *, has_email: bool = False) -> Contact:
    own = f"p{number}.{side}@x.example"
    shared = f"{chance.choice(('Q', 'ss'))}{chance.randrange(20)}@x.example"
    filler = "none@none.com"
    if side == "T":
        shared, filler = shared.replace("ss", "ß" if chance.random() < 0.3 else "ss"), "test@test.com"
    usual = (own, own, own, shared, shared.lower())
    odd = (filler, "no email", "", f"Bo <{own}>", f"Bo <{shared}>")
    if chance.random() < 0.2:
        email = shared if has_email else chance.choice((shared, f"Bo <{shared}>"))
        return Contact(f"{side}{number}", chance.choice(NAMES[:2]), last_name="Lee", email=email)
    city, state, code = chance.choice(CITIES) if chance.random() < 0.98 else WIDE
    return Contact(
        f"{side}{number}",
        chance.choice(NAMES),
        last_name=chance.choice(NAMES[:8]) if chance.random() < 0.97 else "",
        email=chance.choice(usual if has_email else (*usual, *odd)),
        **{field: chance.choice(values) if chance.random() < 0.3 else "" for field, values in PHONES.items()},
        street=chance.choice(STREETS),
        city=city,
        state=state,
        postcode=code,
    )


@pytest.mark.parametrize("seed", range(so_many(60, 8)))
def test_the_surprises_are_those_of_all_forecasts(seed: int) -> None:
    chance = random.Random(seed)
    many = 300
    our_contacts = [_contact(chance, n, "S", has_email=seed % 2 == 1) for n in range(many)]
    ours = as_columns(our_contacts, ContactKind.BORROWER)
    theirs = as_columns([_contact(chance, n, "T") for n in range(many)], ContactKind.CONTACT)
    ids = ours.frame["id"].to_list(), theirs.frame["id"].to_list()
    emails = first_inboxes(columns_of(ours.frame, theirs.frame))
    none = np.full(many, -1, np.int32)
    rows = RowColumns(
        np.concatenate([np.arange(many, dtype=np.int32), none]),
        np.concatenate([none, np.arange(many, dtype=np.int32)]),
        ids,
    )
    rows.set(np.arange(many), Verdict.PUSH, Reason.ONLY_HERE)
    rows.set(np.arange(many, 2 * many), Verdict.IMPORT, Reason.ONLY_HERE)
    rows.set(np.arange(2 * many - 9, 2 * many), Verdict.CANNOT, Reason.NO_ADDRESSEE)
    rows.put(3, rows[3])
    for contacts in (ours, theirs):
        contacts.compact()
    books = [{contact.id: contact for contact in side} for side in (ours, theirs)]
    whole = Matched(books[0], books[1], list(rows))
    quick = Matched(
        books[0], books[1], rows, forecast_scope=lambda: forecast_scope(rows, ours, theirs, emails)
    )
    expected = list(whole.surprises())
    found = list(quick.surprises())
    assert found == expected
    made = forecast_scope(rows, ours, theirs, emails)
    assert len(expected) <= len(made.rows) < 2 * many
    kinds = {(row.verdict, forecast.rule) for row, forecast in expected}
    assert len(kinds) > 3, "some of Total Expert's rules strike"


def test_of_plain_books_few_forecasts_are_made() -> None:
    """Only the two of one name and phone, and of the other contacts of that name."""
    people = [
        Contact(f"S{n}", "Ann", last_name=f"Lee {chr(65 + n)}", email=f"p{n}@x.example") for n in range(26)
    ]
    others = [
        Contact(f"T{n}", "Ann", last_name=f"Ray {chr(65 + n)}", email=f"q{n}@x.example") for n in range(26)
    ]
    people[3] = Contact("S3", "Ann", last_name="Ray D", email="p3@x.example", mobile_phone="555 777 8899")
    others[3] = Contact("T3", "Ann", last_name="Ray D", email="q3@x.example", mobile_phone="(555) 777-8899")
    people += [Contact(f"S{n}", "Bo", last_name="Day", email=f"p{n}@x.example") for n in range(26, 60)]
    others += [Contact(f"T{n}", "Cy", last_name="Day", email=f"q{n}@x.example") for n in range(26, 60)]
    ours, theirs = as_columns(people, ContactKind.BORROWER), as_columns(others, ContactKind.CONTACT)
    none, all_ = np.full(60, -1, np.int32), np.arange(60, dtype=np.int32)
    ids = ours.frame["id"].to_list(), theirs.frame["id"].to_list()
    emails = first_inboxes(columns_of(ours.frame, theirs.frame))
    rows = RowColumns(np.concatenate([all_, none]), np.concatenate([none, all_]), ids)
    rows.set(np.arange(60), Verdict.PUSH, Reason.ONLY_HERE)
    rows.set(np.arange(60, 120), Verdict.IMPORT, Reason.ONLY_HERE)
    made = forecast_scope(rows, ours, theirs, emails)
    assert [row.simplenexus_ids for row in made.rows] == [("S3",)]
    assert (made.accounts, made.contacts) == ([], ["T3"])
