"""The company behind the two contact systems: its loan officers in SimpleNexus, its users in Total Expert.

The officers and users are the same people, by email, but for the last of each, who are tied to nobody. Total Expert
writes one of the emails in other letter case. Names beyond the first four are put together from two short lists.
"""

from __future__ import annotations

from collections.abc import Iterator

from data.sandbox.store import Document, Keys, StoredRow
from data.sandbox.systems import simplenexus, total_expert

MILESTONES = (
    "SN Borrower Linked",
    "SN Partner Linked",
    "SN Loan Application Started",
    "SN Loan Application Abandoned",
    "SN Loan Application Submitted",
    "SN Contact Ran Calculation",
)
AGENT_GROUP = "Realtor"
"""The group whose members are real estate agents."""
GROUPS = ("Past Client", AGENT_GROUP, "SN Loan Application Started")
OFFICERS = 4
"""How many loan officers a company has unless told otherwise, and how many users. The last of both are tied to nobody;
the others are officers and users by email."""
EXPIRES_AFTER = 90 * 24 * 3600
"""Seconds that an insight of a seeded type lasts."""
STAMP = "2026-01-15T00:00:00Z"
_TE_STAMP = "2026-01-15 00:00:00"
_TIED = (
    ("Dana", "Whitlock", "dana.whitlock@example.com"),
    ("Marcus", "Oyelaran", "marcus.oyelaran@example.com"),
    ("Priya", "Raman", "priya.raman@example.com"),
)
_LAST_OFFICER = ("Colin", "Mabry", "colin.mabry@example.com")
_LAST_USER = ("Jo", "Lindqvist", "jo.lindqvist@example.com")
_FIRST_NAMES = ("Alma", "Boris", "Carla", "Devin", "Edith", "Fabian", "Greta", "Hollis", "Ines", "Jonas")
_LAST_NAMES = (
    "Abbot",
    "Brandt",
    "Cortez",
    "Dunmore",
    "Eklund",
    "Farrow",
    "Gaines",
    "Hobart",
    "Ivers",
    "Juarez",
)
Colleague = tuple[str, str, str]
"""First name, last name and email."""


class Company:
    """The loan officers of a sandbox, and as many users. There are at least two of each."""

    def __init__(self, size: int = OFFICERS) -> None:
        if size < 2:
            raise ValueError("a company has two loan officers at least")
        self.size = size
        tied = [_colleague(place) for place in range(size - 1)]
        self.officers: tuple[Colleague, ...] = (*tied, _LAST_OFFICER)
        written = [(first, last, _as_written(email)) for first, last, email in tied]
        self.users = tuple(_user(place, *user) for place, user in enumerate((*written, _LAST_USER)))
        self.named = tuple(total_expert.named(user) for user in self.users)
        """The users as an owner is kept."""

    def group_id(self, place: int, name: str) -> int:
        """Return the id of a group of the user at a place."""
        return total_expert.FIRST_IDS["contact-groups"] + place * len(GROUPS) + GROUPS.index(name)


def _colleague(place: int) -> Colleague:
    if place < len(_TIED):
        return _TIED[place]
    turn, number = divmod(place - len(_TIED), len(_FIRST_NAMES))
    first, last = _FIRST_NAMES[number], _LAST_NAMES[turn % len(_LAST_NAMES)]
    return first, last, f"{first}.{last}.{place}@example.com".lower()


def _as_written(email: str) -> str:
    return "Marcus.Oyelaran@Example.com" if email == "marcus.oyelaran@example.com" else email


def row_of(system: str, kind: str, record: Document, keys: Keys) -> StoredRow:
    """Return the row that keeps a seeded record."""
    return StoredRow(system, kind, str(record["id"]), record, keys)


def total_expert_row(kind: str, record: Document) -> StoredRow:
    """Return the row that keeps a seeded record of Total Expert, with all that it can be found by."""
    keys, marks = total_expert.keys(kind, record), total_expert.marks(kind, record)
    return StoredRow(total_expert.NAME, kind, str(record["id"]), record, keys, marks=marks)


def officer_rows(company: Company) -> Iterator[StoredRow]:
    """Yield the loan officers of SimpleNexus."""
    for place, (first, last, email) in enumerate(company.officers):
        record: Document = {
            "id": simplenexus.record_id(place + 1),
            "created_at": STAMP,
            "updated_at": STAMP,
            "first_name": first,
            "last_name": last,
            "email": email,
            "phone": f"(612) 555-01{place % 100:02}",
            "website": f"https://{last.lower()}.example.com",
            "address": {"street1": "1 Harbor Way", "city": "Duluth", "state": "MN", "zip": "55802"},
            "is_active": True,
            "is_admin": place == 0,
            "nmls": f"10000{place}",
            "cost_center": None,
            "title": "Loan Officer",
            "office_phone": None,
            "bio": None,
        }
        yield row_of(simplenexus.NAME, "loan-officers", record, simplenexus.keys("loan-officers", record))


def _user(place: int, first: str, last: str, email: str) -> Document:
    return {
        "id": total_expert.FIRST_IDS["users"] + place,
        "email": email,
        "username": f"{first}.{last}".lower(),
        "external_id": f"HL-{place + 1:03}",
        "status": 1,
        "type": "Lender",
        "role": {"id": 1, "role_name": "Loan Officer"},
        "info": {"first_name": first, "last_name": last, "job_title": "Loan Officer"},
        "internal_created_at": _TE_STAMP,
        "internal_updated_at": _TE_STAMP,
        "last_login_date": _TE_STAMP,
    }


def user_rows(company: Company) -> Iterator[StoredRow]:
    """Yield the users of Total Expert, the groups of each, and the insight types."""
    group = total_expert.FIRST_IDS["contact-groups"]
    for place, user in enumerate(company.users):
        yield total_expert_row("users", user)
        for name in GROUPS:
            owner = company.named[place]
            record = {"id": group, "group_name": name, "user_editable": False, "owner": owner}
            group += 1
            yield total_expert_row("contact-groups", record)
    for place, name in enumerate(MILESTONES):
        kind = {
            "id": total_expert.FIRST_IDS["insight-types"] + place,
            "description": name,
            "expiration_interval": EXPIRES_AFTER,
            "type": name,
            "internal_created_at": _TE_STAMP,
            "internal_updated_at": _TE_STAMP,
        }
        yield total_expert_row("insight-types", kind)
