"""Books in which one person has several records, for the screens and journeys of the group review."""

from __future__ import annotations

from core.contacts.model import Contact, ContactKind
from tests.support.people import but

ANN = Contact(
    "SN-71",
    first_name="Ann",
    last_name="Keller",
    email="ann@keller.example",
    mobile_phone="(415) 555-0142",
    birth_date="1980-04-12",
    owner="lo1",
    kind=ContactKind.BORROWER,
)
HERS = but(
    ANN, id="50042", owner="u1", kind=ContactKind.CONTACT, mobile_phone="415 555 0142", birth_date="--04-12",
    street="12 Pine St", city="Oakland", state="CA",
)  # fmt: skip
_MORE = (
    {"id": "50077", "first_name": "Anne", "last_name": "Keller-Ross", "email": "ann.old@work.example",
     "mobile_phone": "+1 415 555 0142", "street": "12 Pine Street"},
    {"id": "50081", "first_name": "Andrew", "mobile_phone": "415 555 0199", "birth_date": "--11-30"},
    {"id": "50090", "first_name": "Ann", "email": "keller.ann@post.example", "street": "9 Elm Rd"},
    {"id": "50091", "first_name": "Annie", "email": "", "home_phone": "415 555 0177"},
    {"id": "50092", "first_name": "A.", "last_name": "Keller", "birth_date": ""},
    {"id": "50093", "first_name": "Ann", "last_name": "Kellar", "email": "ann@kellar.example"},
    {"id": "50094", "first_name": "Anna", "email": "a.keller@third.example"},
)  # fmt: skip


def books(records: int) -> tuple[list[Contact], list[Contact]]:
    """Return the books of SimpleNexus and Total Expert with `records` records, from two to nine, of one group."""
    return [ANN], [HERS, *(but(HERS, **changes) for changes in _MORE[: records - 2])]
