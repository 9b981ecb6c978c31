"""Contact books that a seed decides: people in one system or in both, namesakes, fillers, other forms of one number."""

from __future__ import annotations

from random import Random
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from data.sandbox.store import Document
from data.sandbox.systems.simplenexus import SandboxSimpleNexus
from data.sandbox.systems.total_expert import SandboxTotalExpert
from tests.fidelity.systems import SystemsInProcess

CONTACT_SYSTEMS: Final = (SandboxSimpleNexus, SandboxTotalExpert)


def simplenexus_id(name: str) -> str:
    """Return an id in the form of SimpleNexus, the same for the same name."""
    return str(uuid5(NAMESPACE_URL, name))


OFFICERS: Final = tuple(map(simplenexus_id, ("lo-1", "lo-2", "lo-3")))
USERS: Final = ("301", "302", "304")
"""The third officer and the third user are tied to nobody."""
INSIGHTS: Final = (
    *("SN Borrower Linked", "SN Partner Linked", "SN Ran a Calculation", "SN Loan Application Started"),
    *("SN Loan Application Abandoned", "SN Loan Application Submitted"),
)
AGENTS: Final = "Agents"
"""The group that a new agent is put into."""
TITLE_FIELD: Final = "professional_title"
"""The custom field of a professional title."""
GROUPS: Final = (
    *(AGENTS, "SN Borrower Linked", "SN Partner Linked", "SN Loan Application Started"),
    *("SN Loan Application Abandoned", "SN Loan Application Submitted"),
)
_FIRST: Final = ("Ann", "Anne", "Bob", "Cleo", "José", "Mary", "Mark")
_LAST: Final = ("Lee", "Moss", "O'Neil", "Vega-Ruiz")
_PHONES: Final = (
    *("555-555-5555", "(555) 555-5555", "000 000 0000", "1234567", "123-4567", "55-55", "n/a"),
    *("(415) 555-0142", "415.555.0142", "+1 415 555 0142", "415-555-0143", "415-555-0142 x7", "2065550100"),
)
_STREETS: Final = (("88 Pine St", "Apt 2"), ("88 Pine St", "Apt 3"), ("88 Pine Street", ""), ("PO Box 7", ""))
_PLACE: Final = {"city": "Oakland", "state": "CA"}
_STATES: Final = ("CA", "ca", "California", "")
_TITLES: Final = ("Realtor", "Broker", "R" * 81, "")
_LICENSES: Final = ("DRE 01234567", "n/a", "000", "")
WISHES: Final[dict[int, Document]] = {
    2: {"ok_to_email": False},
    5: {"ok_to_email": 0, "ok_to_call": "0", "ok_to_mail": False},
    7: {"preferences": {"is_silenced": 1}},
}
"""What a contact of Total Expert wishes, by the last digit of its number in base nine; the others want everything."""
_ODD_NAMES: Final = ("", " ", "N" * 31, "N" * 101, "Ann  Marie ", "ann")


_FILLERS: Final = ("none@none.com", "n/a", "NoEmail@bank.example", "lu wei@x.example", "lu@localhost")


def _as_written(email: str, number: int) -> str:
    """Return an email of Total Expert as its number says: mostly as it is, now and then as people write one."""
    if number % 9 == 4:
        return _FILLERS[number % len(_FILLERS)]
    if email and number % 9 == 7:
        return f"Lu Wei <{email}>"
    if email and number % 9 == 8:
        return f"{email}; second{number}@y.example"
    return email


def group_id(user: str, name: str) -> int:
    """Return the id of a user's group."""
    return 100 * (USERS.index(user) + 1) + GROUPS.index(name)


class ContactBook:
    """Fills both systems, and changes them later as somebody else than the desk does."""

    def __init__(self, systems: SystemsInProcess, random: Random) -> None:
        self._systems = systems
        self._random = random
        self._number = 0
        self._emails: list[str] = []
        for option, value in (("tokens_an_hour", 10**9), ("requests_a_minute", 10**9)):
            systems.systems["total-expert"].options[option] = value
        systems.systems["total-expert"].options["filters"] = random.random() < 0.5
        self._owners()
        for _ in range(random.randint(3, 9)):
            self.somebody()

    def _owners(self) -> None:
        for n, officer in enumerate(OFFICERS):
            fields = {"first_name": f"Officer{n}", "last_name": "Desk", "is_active": True}
            self._put("simplenexus", "loan-officers", officer, email=f"o{n}@desk.example", **fields)
        for n, user in enumerate(USERS):
            email = f"o{n}@desk.example" if n < 2 else "jo@desk.example"
            owner = {"id": int(user), "email": email, "username": f"u{n}", "external_id": f"x{n}"}
            self._systems.put("total-expert", "users", owner)
            for group in GROUPS:
                named: Document = {"id": group_id(user, group), "group_name": group, "user_editable": True}
                self._systems.put("total-expert", "contact-groups", {**named, "owner": owner})
        for m, insight in enumerate(INSIGHTS):
            self._systems.put("total-expert", "insight-types", {"id": m + 1, "type": insight})

    def _put(self, system: str, kind: str, record_id: str, **fields: Any) -> None:
        now = "2026-11-18T09:00:00Z"
        self._systems.put(system, kind, {"id": record_id, "created_at": now, "updated_at": now, **fields})

    def somebody(self) -> None:
        """Put one more person into one system or into both."""
        random = self._random
        first, last = random.choice(_FIRST), random.choice(_LAST)
        if random.random() < 0.1:
            first = random.choice(_ODD_NAMES)
        place = random.choice((0, 0, 0, 1, 1, 2))
        email = self._email(first)
        phone = random.choice(_PHONES) if random.random() < 0.7 else ""
        sides = random.choice(("ours", "ours", "theirs", "theirs", "both"))
        if sides != "theirs":
            self._ours(OFFICERS[place], first, last, email, phone)
        if sides != "ours":
            if random.random() < 0.4:
                first, email = random.choice((first, random.choice(_FIRST))), self._email(first)
            self._theirs(USERS[place], first, last, email, phone)
        if random.random() < 0.25:
            self._another_owners(place, first, last, email, phone)

    def _another_owners(self, place: int, first: str, last: str, email: str, phone: str) -> None:
        """Put the same email under another owner, in one system or in both."""
        random = self._random
        other = random.choice([n for n in range(len(USERS)) if n != place])
        sides = random.choice(("ours", "theirs", "theirs", "both"))
        if sides != "theirs":
            self._ours(OFFICERS[other], first, last, email, phone)
        if sides != "ours":
            self._theirs(USERS[other], first, last, email, phone)

    def _email(self, first: str) -> str:
        random = self._random
        if self._emails and random.random() < 0.15:
            return random.choice(self._emails)
        self._number += 1
        name = "".join(char for char in first.casefold() if char.isascii() and char.isalpha()) or "x"
        self._emails.append(f"{name[:20]}{self._number}@{random.choice(('x', 'Post'))}.example")
        return self._emails[-1] if random.random() < 0.9 else ""

    def _ours(self, officer: str, first: str, last: str, email: str, phone: str) -> None:
        self._number += 1
        taken = {str(one.get("email")).casefold() for one in self._systems.all("simplenexus", "borrowers")}
        kind = "borrowers" if email and email.casefold() not in taken else "prospects"
        if self._random.random() < 0.25:
            kind = "prospects"
        if self._random.random() < 0.25 and email and not self._is_a_partners(email):
            self._partner(officer, first, last, email, phone)
            return
        name = {"first_name": first, "last_name": last, "email": email or None, "phone": phone or None}
        more: Document = {"note": "met at a fair"} if kind == "prospects" else {}
        more |= {"loan_officer_id": officer, "is_active": True}
        self._put("simplenexus", kind, simplenexus_id(f"sn-{self._number:03}"), **name, **more)

    def _is_a_partners(self, email: str) -> bool:
        return any(
            str(one.get("email")).casefold() == email.casefold()
            for one in self._systems.all("simplenexus", "partners")
        )

    def _partner(self, officer: str, first: str, last: str, email: str, phone: str) -> None:
        random = self._random
        address = {"street1": "88 Pine St", "street2": None, "city": "Oakland", "state": "CA", "zip": "94601"}
        self._put(
            "simplenexus",
            "partners",
            simplenexus_id(f"sn-{self._number:03}"),
            first_name=first,
            last_name=last or None,
            email=email,
            mobile_phone=phone or None,
            type="AGENT",
            professional_title=random.choice(_TITLES) or None,
            address=address if random.random() < 0.5 else None,
            accepted_invite=random.choice((None, False, True)),
            list_partner_first=False,
            is_cobranded=False,
            loan_officer_id=officer,
        )

    def _theirs(self, user: str, first: str, last: str, email: str, phone: str) -> None:
        random = self._random
        self._number += 1
        owner = self._systems.get("total-expert", "users", user)
        fields: Document = {"first_name": first or None, "last_name": last}
        fields["email"] = _as_written(email, self._number) or None
        if random.random() < 0.1:
            shared = self._systems.get("total-expert", "users", random.choice(USERS))
            fields |= random.choice(({"shared_with_users": [shared]}, {"assignee": shared}))
        fields[random.choice(("phone_cell", "phone_cell", "phone_home", "phone_office"))] = phone or None
        if random.random() < 0.3:
            street, second = random.choice(_STREETS)
            fields |= {"address": street, "address_2": second or None, **_PLACE, "zip_code": "94601"}
        lists: Document = {"external_ids": [], "contact_groups": [], "source": "import", "owner": owner}
        if random.random() < 0.4:
            fields |= self._agent(user, lists)
        wishes = WISHES.get(self._number % 9, {})
        self._systems.put(
            "total-expert", "contacts", {"id": 60_000 + self._number, **fields, **wishes, **lists}
        )

    def _agent(self, user: str, lists: Document) -> Document:
        """Return fields by which a contact may be an agent: some say it, and some only look as if they did."""
        random = self._random
        if random.random() < 0.4:
            lists["contact_groups"] = [{"id": group_id(user, AGENTS), "group_name": AGENTS}]
        if random.random() < 0.3:
            lists["custom"] = [{"field_name": TITLE_FIELD, "value": random.choice(_TITLES) or None}]
        return {
            "license_number": random.choice(_LICENSES) or None,
            "employer_license_number": random.choice(_LICENSES) or None,
            "ok_to_email": random.random() < 0.8,
            "employer_name": random.choice(("Hill Homes", "")) or None,
            "title": random.choice(("Dr", "")) or None,
            "address": "1 Hill Rd",
            **_PLACE,
            "zip_code": random.choice(("94601", "946")),
            "state": random.choice(_STATES) or None,
        }

    def edit(self) -> None:
        """Change one value of one contact, in one of the systems."""
        random = self._random
        system, kind, phone = random.choice(
            (("total-expert", "contacts", "phone_cell"), ("simplenexus", "prospects", "phone"))
        )
        records = self._systems.all(system, kind)
        if records:
            record = random.choice(records)
            change = random.choice(
                (
                    {"last_name": random.choice(_LAST)},
                    {"email": self._email("new") or None},
                    {phone: random.choice(_PHONES)},
                )
            )
            self._systems.edit(system, kind, str(record["id"]), **change)

    def sign_up(self, moment: str) -> None:
        """Let a person with a prospect make an account of their own at a moment, in ISO 8601."""
        taken = {str(one.get("email")).casefold() for one in self._systems.all("simplenexus", "borrowers")}
        free = [
            prospect
            for prospect in self._systems.all("simplenexus", "prospects")
            if prospect.get("email") and str(prospect["email"]).casefold() not in taken
        ]
        if free:
            prospect = self._random.choice(free)
            self._number += 1
            names = ("first_name", "last_name", "email", "phone", "loan_officer_id")
            account = {name: prospect.get(name) for name in names}
            record = {"id": simplenexus_id(f"account-{self._number}"), **account, "is_active": True}
            self._systems.put(
                "simplenexus", "borrowers", {**record, "created_at": moment, "updated_at": moment}
            )

    def somebody_leaves(self) -> None:
        """Let a user of Total Expert or a loan officer of SimpleNexus leave, or come back."""
        random = self._random
        left = random.random() < 0.6
        if random.random() < 0.5:
            self._systems.edit("total-expert", "users", random.choice(USERS), status=0 if left else 1)
        else:
            self._systems.edit("simplenexus", "loan-officers", random.choice(OFFICERS), is_active=not left)

    def begin_application(self, moment: str) -> None:
        """Let a borrower begin an application at a moment, in ISO 8601."""
        borrowers = self._systems.all("simplenexus", "borrowers")
        if borrowers:
            borrower = self._random.choice(borrowers)
            self._number += 1
            whose = {"borrower_id": borrower["id"], "loan_officer_id": borrower["loan_officer_id"]}
            state = {"is_active": True, "is_submitted": self._random.random() < 0.3}
            document = {
                "id": simplenexus_id(f"app-{self._number:03}"),
                "created_at": moment,
                "updated_at": moment,
            }
            self._systems.put("simplenexus", "loan-applications", {**document, **whose, **state})
