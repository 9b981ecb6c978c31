"""Fills the two contact systems: loan officers and users, and people whose overlap is known beforehand.

A person of the book is one unit of one case. `sizes` says how many units of each case a book of N people has, and
`people` makes them, the same to the letter for the same seed number. The columns are what a unit puts into
SimpleNexus (B borrower, P partner, R prospect) and into Total Expert (T contact), and the verdict that the desk's
rule gives it; a possible duplicate takes the place of the import and the push of its two records.

| case                   | SN  | TE  | what is special                                            | verdict            |
|------------------------|-----|-----|------------------------------------------------------------|--------------------|
| equal-email            | B   | T   | nothing                                                    | link               |
| only-total-expert      |     | T   | nothing                                                    | import             |
| only-simplenexus       | B   |     | nothing                                                    | push               |
| linked                 | B   | T   | the contact has the borrower's id as external id         | linked             |
| linked-email-changed   | B   | T   | likewise, and the email changed since                      | linked             |
| email-case             | B   | T   | the email in other letter case, with a blank behind it     | link               |
| couple                 | B   | T   | two first names, one inbox                                 | household          |
| couple-both            | B   | T T | both of a couple on one inbox in Total Expert              | hold               |
| twins                  | B   | T   | same surname and home phone, own inboxes                   | possible-duplicate |
| twins-one-inbox        | B   | T   | the same with one inbox                                    | household          |
| jr-sr                  | B   | T   | same name but Jr and Sr, same phone, own inboxes           | possible-duplicate |
| jr-sr-one-inbox        | B   | T   | the same with one inbox                                    | household          |
| nickname               | B   | T   | Bob and Robert, one email                                  | link               |
| nickname-changed-email | B   | T   | Bob and Robert, one phone, other emails                    | possible-duplicate |
| moved                  | B   | T   | one email; other phone, another address                    | link               |
| changed-email          | B   | T   | same name and mobile phone, another email                  | possible-duplicate |
| typo-name              | B   | T   | two letters of the first name swapped, one email           | link               |
| typo-email             | B   | T   | two letters of the email swapped, same name and phone      | possible-duplicate |
| no-email               |     | T   | a phone number only                                        | import             |
| no-email-same-person   | B   | T   | no email in Total Expert, same name and phone              | possible-duplicate |
| no-email-no-phone      |     | T   | an address only                                            | cannot             |
| long-name              |     | T   | a last name of more than 30 characters                     | import             |
| agent                  | P   | T   | an agent                                                   | link               |
| agent-only             | P   |     | an agent                                                   | push               |
| agent-total-expert     |     | T   | an agent: in the group Realtor, with licence and employer  | import             |
| agent-borrower         | B   | T   | one email: a borrower, and an agent by licence number      | hold               |
| one-way                | B   |     | on the one-way integration (`one_way` lists the emails)    | skip-one-way       |
| imported-before        | R   | T   | a prospect that was imported once                          | link               |
| several                | B   | T T | two contacts of one email, before and after a marriage     | hold               |
| other-owner            | B   | T   | same person, but another loan officer's on each side       | hold               |
| untied-officer         | B   |     | the loan officer is not a user of Total Expert             | cannot             |
| untied-owner           |     | T   | the owner is not a loan officer of SimpleNexus             | cannot             |
| two-officers           | B   | T   | like other-owner, of the same two officers in turn         | hold               |

Some of them do not want to hear from anybody: `OPT_OUTS` says which, and `UNSUBSCRIBED` which address is unsubscribed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from data.sandbox.seeding.company import (
    AGENT_GROUP,
    EXPIRES_AFTER,
    GROUPS,
    MILESTONES,
    OFFICERS,
    STAMP,
    Company,
    officer_rows,
    row_of,
    total_expert_row,
    user_rows,
)
from data.sandbox.seeding.people_us import Invented
from data.sandbox.store import Document, Store, StoredRow
from data.sandbox.systems import simplenexus, total_expert

SOURCE = "SimpleNexus"
"""The source of the external ids that linked contacts bear."""
_BATCH = 4000


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the table: how many units a book has at least, and of every thousand people."""

    name: str
    verdicts: tuple[str, ...]
    least: int
    per_thousand: int


FILLING = (
    Case("equal-email", ("link",), 0, 500),
    Case("only-total-expert", ("import",), 0, 250),
    Case("only-simplenexus", ("push",), 0, 250),
)
"""What the rest of a book is made of, in these shares of a thousand."""
PLANTED = (
    Case("linked", ("linked",), 2, 50),
    Case("linked-email-changed", ("linked",), 2, 5),
    Case("email-case", ("link",), 2, 10),
    Case("couple", ("household",), 2, 15),
    Case("couple-both", ("hold",), 2, 5),
    Case("twins", ("possible-duplicate",), 2, 5),
    Case("twins-one-inbox", ("household",), 1, 3),
    Case("jr-sr", ("possible-duplicate",), 2, 5),
    Case("jr-sr-one-inbox", ("household",), 1, 3),
    Case("nickname", ("link",), 2, 15),
    Case("nickname-changed-email", ("possible-duplicate",), 2, 5),
    Case("moved", ("link",), 2, 10),
    Case("changed-email", ("possible-duplicate",), 2, 15),
    Case("typo-name", ("link",), 2, 10),
    Case("typo-email", ("possible-duplicate",), 2, 10),
    Case("no-email", ("import",), 2, 15),
    Case("no-email-same-person", ("possible-duplicate",), 1, 5),
    Case("no-email-no-phone", ("cannot",), 1, 5),
    Case("long-name", ("import",), 2, 5),
    Case("agent", ("link",), 2, 10),
    Case("agent-only", ("push",), 1, 5),
    Case("agent-total-expert", ("import",), 2, 10),
    Case("agent-borrower", ("hold",), 1, 3),
    Case("one-way", ("skip-one-way",), 2, 20),
    Case("imported-before", ("link",), 2, 10),
    Case("several", ("hold",), 1, 5),
    Case("other-owner", ("hold",), 1, 5),
    Case("untied-officer", ("cannot",), 1, 10),
    Case("untied-owner", ("cannot",), 1, 10),
)
LAST = (Case("two-officers", ("hold",), 1, 5),)
"""The cases that are made after the filling."""
CASES = (*FILLING, *PLANTED, *LAST)
_ALL_OFF: Document = {"ok_to_call": False, "ok_to_email": False, "ok_to_mail": False}
_SILENCED: Document = {"preferences": {"is_silenced": True}}
OPT_OUTS: dict[str, tuple[Document, ...]] = {
    "linked": ({}, _ALL_OFF),
    "linked-email-changed": ({}, _SILENCED),
    "couple-both": ({"ok_to_call": False},),
    "imported-before": ({}, {"ok_to_email": False}),
    "several": ({"ok_to_email": False},),
}
"""The opt-outs of the first units of a case, the first unit first: they are of the unit's last contact."""
UNSUBSCRIBED = "only-total-expert"
"""The case of which the first contact unsubscribed from the organisation's emails."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One person (or pair, or couple) of the book: its case and the records it is kept in, by kind."""

    case: Case
    simplenexus: tuple[tuple[str, Document], ...] = ()
    total_expert: tuple[Document, ...] = ()

    @property
    def ids(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The ids of the records in SimpleNexus and in Total Expert."""
        left = tuple(str(record["id"]) for _, record in self.simplenexus)
        return left, tuple(str(record["id"]) for record in self.total_expert)


@dataclass(frozen=True, slots=True)
class Truth:
    """What a book holds by construction: units by case, verdict rows, records by kind, emails on the one-way."""

    cases: dict[str, int]
    verdicts: dict[str, int]
    records: dict[str, int]
    one_way: tuple[str, ...] = field(repr=False)


def sizes(contacts: int) -> dict[str, int]:
    """Return how many units of each case a book of so many people has.

    Every planted case, however few, but none of nobody.
    """
    if contacts <= 0:
        return {case.name: 0 for case in CASES}
    units = {case.name: max(case.least, contacts * case.per_thousand // 1000) for case in (*PLANTED, *LAST)}
    rest = max(0, contacts - sum(units.values()))
    for case in FILLING[1:]:
        units[case.name] = rest * case.per_thousand // 1000
    units[FILLING[0].name] = rest - sum(units[case.name] for case in FILLING[1:])
    return {case.name: units[case.name] for case in CASES}


def truth(number: int, contacts: int, officers: int = OFFICERS) -> Truth:
    """Return what a book of this seed number and size holds: counts per case, per verdict and per kind of record."""
    records: Counter[str] = Counter()
    one_way: list[str] = []
    for unit in people(number, contacts, officers):
        records.update(kind for kind, _ in unit.simplenexus)
        records["contacts"] += len(unit.total_expert)
        if unit.case.name == "one-way":
            one_way += [record["email"] for _, record in unit.simplenexus]
    counts = sizes(contacts)
    verdicts: Counter[str] = Counter()
    for case in CASES:
        for verdict in case.verdicts:
            verdicts[verdict] += counts[case.name]
    return Truth(counts, dict(verdicts), dict(records), tuple(one_way))


def seed_us(
    store: Store, number: int, contacts: int, officers: int = OFFICERS, insights: int | None = None
) -> None:
    """Write both contact systems. To be called inside a transaction, on a store without them.

    `officers` is how many loan officers and users there are, two at least. `insights` is how many insights there are;
    None for the single one of the first linked contact.
    """
    company = Company(officers)
    rows: list[StoredRow] = [*officer_rows(company), *user_rows(company)]
    applications = 0
    counted = Counter[str]()
    last = 0
    holders: list[Document] = []
    for unit in people(number, contacts, officers):
        for kind, record in unit.simplenexus:
            last += 1
            rows.append(row_of(simplenexus.NAME, kind, record, simplenexus.keys(kind, record)))
            if unit.case.name == "equal-email" and applications < 3:
                applications += 1
                rows.append(_application(applications, record))
        for contact in unit.total_expert:
            counted["contacts"] += 1
            rows.append(total_expert_row("contacts", contact))
            rows += _unsubscribed(unit.case, contact, counted)
            if unit.case.name == "linked" and insights is None and counted["insights"] == 0:
                counted["insights"] = 1
                rows.append(total_expert_row("insights", _insight(0, contact)))
            elif insights is not None and counted["insights"] < insights and len(holders) < insights:
                holders.append(contact)
        if len(rows) >= _BATCH:
            store.add_many(rows)
            rows.clear()
    for place in range(insights or 0 if holders else 0):
        counted["insights"] += 1
        rows.append(total_expert_row("insights", _insight(place, holders[place % len(holders)])))
    store.add_many(rows)
    store.set_number(simplenexus.COUNTER, officers + last + 1)
    counted["users"] = officers
    counted["insight-types"] = len(MILESTONES)
    counted["contact-groups"] = len(GROUPS) * officers
    for kind, first in total_expert.FIRST_IDS.items():
        store.set_number(total_expert.counter(kind), first + counted.get(kind, 0))


def people(number: int, contacts: int, officers: int = OFFICERS) -> Iterator[Unit]:
    """Every unit of the book, case by case, the planted ones first, those of `LAST` after the filling."""
    counts = sizes(contacts)
    if contacts <= 0:
        return
    makers = _Makers(number, Company(officers))
    for case in (*PLANTED, *FILLING, *LAST):
        make = makers.of(case.name)
        opt_outs = OPT_OUTS.get(case.name, ())
        for n in range(counts[case.name]):
            unit = make(case)
            if n < len(opt_outs):
                unit.total_expert[-1].update(opt_outs[n])
            yield unit


class _Makers:
    """Makes the units of each case, giving out ids, names and numbers in one order."""

    def __init__(self, number: int, company: Company) -> None:
        self._dice = Random(number)  # noqa: S311 - repeatable on purpose
        self._invented = Invented(number)
        self._company = company
        self._tied = company.size - 1
        self._simplenexus = company.size
        self._total_expert = total_expert.FIRST_IDS["contacts"]
        self._turn = 0
        self._two = (0, 0)
        """The officers of the last other-owner."""

    def of(self, name: str) -> Callable[[Case], Unit]:
        """Return the maker of a case."""
        makers: dict[str, Callable[[Case], Unit]] = {
            "only-total-expert": lambda case: Unit(case, (), (self._contact(self._person()),)),
            "only-simplenexus": self._only_borrower,
            "linked": lambda case: self._linked(case, changed=False),
            "linked-email-changed": lambda case: self._linked(case, changed=True),
            "email-case": self._email_case,
            "couple": lambda case: self._couple(case, both=False),
            "couple-both": lambda case: self._couple(case, both=True),
            "twins": lambda case: self._twins(case, one_inbox=False),
            "twins-one-inbox": lambda case: self._twins(case, one_inbox=True),
            "jr-sr": lambda case: self._junior(case, one_inbox=False),
            "jr-sr-one-inbox": lambda case: self._junior(case, one_inbox=True),
            "nickname": lambda case: self._nickname(case, one_email=True),
            "nickname-changed-email": lambda case: self._nickname(case, one_email=False),
            "moved": self._moved,
            "changed-email": lambda case: self._pair(case, email=self._invented.another_email()),
            "typo-name": self._typo_name,
            "typo-email": self._typo_email,
            "no-email": lambda case: Unit(case, (), (self._contact(self._person(), email=None),)),
            "no-email-same-person": lambda case: self._pair(case, email=None),
            "no-email-no-phone": lambda case: Unit(
                case, (), (self._contact(self._person(), email=None, phone_cell=None),)
            ),
            "long-name": self._long_name,
            "agent": self._agent,
            "agent-total-expert": self._agent_there,
            "agent-borrower": lambda case: self._pair(case, license_number="20-714432"),
            "agent-only": lambda case: Unit(case, (self._partner(self._person()),)),
            "one-way": self._only_borrower,
            "imported-before": self._imported,
            "several": self._several,
            "other-owner": self._other_owner,
            "two-officers": self._two_officers,
            "untied-officer": self._untied_officer,
            "untied-owner": self._untied_owner,
        }
        return makers.get(name, self._pair)

    # -- the cases ----------------------------------------------------------------------------------------

    def _pair(self, case: Case, **other: object) -> Unit:
        """Return a borrower and a contact of one person, but for what is said about the contact."""
        person = self._person()
        return Unit(case, (self._borrower(person),), (self._contact(person, **other),))

    def _only_borrower(self, case: Case) -> Unit:
        return Unit(case, (self._borrower(self._person()),))

    def _linked(self, case: Case, *, changed: bool) -> Unit:
        person = self._person()
        borrower = self._borrower(person)
        bears = [{"source": SOURCE, "external_id": borrower[1]["id"]}]
        more: Document = {"email": self._invented.another_email()} if changed else {}
        return Unit(case, (borrower,), (self._contact(person, external_ids=bears, **more),))

    def _email_case(self, case: Case) -> Unit:
        person = self._person()
        written = person["email"].replace("example.com", "Example.COM").capitalize() + " "
        return Unit(case, (self._borrower(person),), (self._contact(person, email=written),))

    def _couple(self, case: Case, *, both: bool) -> Unit:
        person = self._person()
        first, second = self._invented.couple()
        person["first_name"] = first
        contacts = [self._contact(person)] if both else []
        contacts.append(self._contact(person, first_name=second, phone_cell=self._invented.phone()))
        return Unit(case, (self._borrower(person),), tuple(contacts))

    def _twins(self, case: Case, *, one_inbox: bool) -> Unit:
        person = self._person()
        person["first_name"], second = self._invented.twins()
        return self._relatives(case, person, {"first_name": second}, one_inbox=one_inbox)

    def _junior(self, case: Case, *, one_inbox: bool) -> Unit:
        person = self._person()
        last = person["last_name"]
        person["last_name"] = f"{last} Jr"
        return self._relatives(case, person, {"last_name": f"{last} Sr"}, one_inbox=one_inbox)

    def _relatives(self, case: Case, person: Document, other: Document, *, one_inbox: bool) -> Unit:
        """Two people who share a phone: the borrower's is the contact's home phone."""
        more = {**other, "phone_cell": None, "phone_home": person["phone"]}
        if not one_inbox:
            more["email"] = self._invented.another_email()
        return Unit(case, (self._borrower(person),), (self._contact(person, **more),))

    def _nickname(self, case: Case, *, one_email: bool) -> Unit:
        person = self._person()
        formal, short = self._invented.nickname()
        more: Document = {} if one_email else {"email": self._invented.another_email()}
        contact = self._contact(person, first_name=formal, **more)
        return Unit(case, (self._borrower({**person, "first_name": short}),), (contact,))

    def _moved(self, case: Case) -> Unit:
        return self._pair(case, phone_cell=self._invented.phone(), **self._invented.address())

    def _typo_name(self, case: Case) -> Unit:
        person = self._person()
        person["first_name"] = self._invented.long_first_name()
        contact = self._contact(person, first_name=swapped(person["first_name"], 2))
        return Unit(case, (self._borrower(person),), (contact,))

    def _typo_email(self, case: Case) -> Unit:
        person = self._person()
        return Unit(
            case, (self._borrower(person),), (self._contact(person, email=swapped(person["email"], 2)),)
        )

    def _long_name(self, case: Case) -> Unit:
        person = self._person()
        person["last_name"] = f"{person['last_name']}-Featherstonehaugh-Villalobos"
        return Unit(case, (), (self._contact(person),))

    def _agent(self, case: Case) -> Unit:
        person = self._person()
        return Unit(case, (self._partner(person),), (self._contact(person),))

    def _agent_there(self, case: Case) -> Unit:
        person = self._person()
        group = {"group_name": AGENT_GROUP, "id": self._company.group_id(person["owner"], AGENT_GROUP)}
        agent: Document = {
            "title": "Dr",
            "ok_to_email": True,
            "license_number": "20-551873",
            "employer_name": "Lakeside Homes",
            "employer_license_number": "40-009112",
            "contact_groups": [group],
            "custom": [{"field_name": "professional_title", "value": "Broker"}],
        }
        return Unit(case, (), (self._contact(person, **agent),))

    def _imported(self, case: Case) -> Unit:
        person = self._person()
        contact = self._contact(person)
        names = ("first_name", "last_name", "email", "phone")
        officer = self._company.officers[person["owner"]]
        prospect = {
            **{name: person[name] for name in names},
            "sharer_name": f"{officer[0]} {officer[1]}",
            "note": "Imported from Total Expert",
            "is_active": True,
        }
        return Unit(case, (self._kept("prospects", person, prospect),), (contact,))

    def _several(self, case: Case) -> Unit:
        person = self._person()
        before = self._contact(person)
        married = self._contact(person, last_name=self._person()["last_name"])
        return Unit(case, (self._borrower(person),), (before, married))

    def _other_owner(self, case: Case) -> Unit:
        person = self._person()
        self._two = person["owner"], (person["owner"] + 1) % self._tied
        elsewhere = {**person, "owner": self._two[1]}
        return Unit(case, (self._borrower(person),), (self._contact(elsewhere),))

    def _two_officers(self, case: Case) -> Unit:
        """Somebody whom the two officers of the last other-owner know, the other way round."""
        person = self._person()
        borrower = self._borrower({**person, "owner": self._two[1]})
        return Unit(case, (borrower,), (self._contact({**person, "owner": self._two[0]}),))

    def _untied_officer(self, case: Case) -> Unit:
        return Unit(case, (self._borrower({**self._person(), "owner": self._tied}),))

    def _untied_owner(self, case: Case) -> Unit:
        return Unit(case, (), (self._contact({**self._person(), "owner": self._tied}),))

    # -- the records --------------------------------------------------------------------------------------

    def _person(self) -> Document:
        """Somebody whose name, email and phone nobody else has, and a loan officer in turn."""
        self._turn += 1
        return {**self._invented.person(), "owner": self._turn % self._tied}

    def _borrower(self, person: Document) -> tuple[str, Document]:
        names = ("first_name", "last_name", "email", "phone")
        record = {name: person[name] for name in names}
        return self._kept("borrowers", person, {**record, "is_active": True, "custom_consent": False})

    def _partner(self, person: Document) -> tuple[str, Document]:
        home = person["home"]
        record = {
            **{name: person[name] for name in ("first_name", "last_name", "email")},
            "mobile_phone": person["phone"],
            "address": {
                "street1": home["address"],
                "street2": None,
                "city": home["city"],
                "state": home["state"],
                "zip": home["zip_code"],
            },
            "type": "AGENT",
            "professional_title": "Realtor",
            "list_partner_first": False,
            "is_cobranded": False,
            "accepted_invite": True,
        }
        return self._kept("partners", person, record)

    def _kept(self, kind: str, person: Document, record: Document) -> tuple[str, Document]:
        self._simplenexus += 1
        stamp = self._moment()
        return kind, {
            "id": simplenexus.record_id(self._simplenexus),
            "created_at": stamp.replace("2026-02", "2026-01"),
            "updated_at": stamp,
            **record,
            "loan_officer_id": simplenexus.record_id(person["owner"] + 1),
        }

    def _contact(self, person: Document, **other: object) -> Document:
        id_ = self._total_expert
        self._total_expert += 1
        stamp = self._moment().replace("T", " ").rstrip("Z")
        contact: Document = {
            "id": id_,
            "first_name": person["first_name"],
            "last_name": person["last_name"],
            "email": person["email"],
            "phone_cell": self._invented.rewritten(person["phone"]),
            "birthday": person["birthday"],
            **person["home"],
            "source": "Website",
            "owner": self._company.named[person["owner"]],
            "contact_groups": [],
            "external_ids": [],
            "internal_created_at": stamp.replace("2026-02", "2026-01"),
            "internal_updated_at": stamp,
        }
        return contact | other

    def _moment(self) -> str:
        day, second = self._dice.randrange(1, 29), self._dice.randrange(86_400)
        return f"2026-02-{day:02}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


def swapped(text: str, at: int) -> str:
    """Return the text with the first two unlike neighbours from a place on in each other's place."""
    for place in range(at, len(text) - 1):
        if text[place] != text[place + 1] and "@" not in text[place : place + 2]:
            return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text


def _application(number: int, borrower: Document) -> StoredRow:
    record = {
        "id": f"00000000-0000-4000-9000-{number:012}",
        "borrower_id": borrower["id"],
        "loan_officer_id": borrower["loan_officer_id"],
        "created_at": STAMP,
        "updated_at": STAMP,
        "is_active": True,
        "is_submitted": number == 2,
    }
    return row_of(
        simplenexus.NAME, "loan-applications", record, simplenexus.keys("loan-applications", record)
    )


def _unsubscribed(case: Case, contact: Document, counted: Counter[str]) -> list[StoredRow]:
    """Return the unsubscribe of the first contact of one case; nothing for any other contact."""
    if case.name != UNSUBSCRIBED or counted["email-unsubscribes"]:
        return []
    counted["email-unsubscribes"] = 1
    record: Document = {
        "id": total_expert.FIRST_IDS["email-unsubscribes"],
        "email": contact["email"],
        "organization_wide": True,
        "organization_unsub_at": "2026-02-20T10:00:00.000000Z",
        "domains": [],
        "users": [],
    }
    return [total_expert_row("email-unsubscribes", record)]


def _insight(place: int, contact: Document) -> Document:
    """Return the n-th insight; the types take turns, and so do the seconds of February."""
    kind = place % len(MILESTONES)
    happened = datetime(2026, 2, 2, 10, tzinfo=UTC) + timedelta(seconds=place)
    stamp = "%Y-%m-%d %H:%M:%S"
    heard = (happened + timedelta(seconds=5)).strftime(stamp)
    return {
        "id": total_expert.FIRST_IDS["insights"] + place,
        "contact": {"id": contact["id"]},
        "type": {"id": total_expert.FIRST_IDS["insight-types"] + kind, "type": MILESTONES[kind]},
        "owner": contact["owner"],
        "insight_date": happened.strftime(stamp),
        "expires_at": (happened + timedelta(seconds=EXPIRES_AFTER)).strftime(stamp),
        "data": {"description": "Borrower linked"},
        "internal_created_at": heard,
        "internal_updated_at": heard,
    }
