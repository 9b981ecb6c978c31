"""The seeded people of the two contact systems: the overlap that was planted is there, and no other."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from data.sandbox.seeding import contacts as seed_us
from data.sandbox.seeding.contacts import CASES, SOURCE, Unit, people, sizes, truth
from data.sandbox.seeding.people_us import Invented
from data.sandbox.store import Store, Wanted
from data.sandbox.systems import simplenexus, total_expert

SEED, CONTACTS = 20260301, 400
UNITS = list(people(SEED, CONTACTS))


def key(email: str | None) -> str | None:
    return email.strip().casefold() if email else None


def of(case: str) -> list[Unit]:
    found = [unit for unit in UNITS if unit.case.name == case]
    assert found, f"no {case}"
    return found


def pairs(case: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The records of each unit, the last of each side."""
    return [(unit.simplenexus[-1][1], unit.total_expert[-1]) for unit in of(case)]


def digits(text: str | None) -> str | None:
    return "".join(c for c in text if c.isdigit())[-10:] if text else None


def filled(path: Path, number: int = SEED, contacts: int = CONTACTS) -> Store:
    store = Store(path)
    with store.transaction():
        seed_us.seed_us(store, number, contacts)
    return store


def held(store: Store, system: str, kind: str) -> list[dict[str, Any]]:
    return store.find(system, kind, Wanted())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return filled(tmp_path_factory.mktemp("overlap") / "s.sqlite")


@pytest.mark.parametrize("contacts", [0, 1, 44, 45, 200, 4_999, 100_000])
def test_a_book_has_as_many_people_as_asked_for_or_the_planted_ones(contacts: int) -> None:
    planted = sum(case.least for case in CASES)
    assert sum(sizes(contacts).values()) == (0 if contacts == 0 else max(contacts, planted))
    assert all(count >= case.least for case, count in zip(CASES, sizes(contacts or 1).values(), strict=True))


def test_every_line_of_the_table_is_a_case_and_tells_its_records_and_verdict() -> None:
    lines = [line for line in (seed_us.__doc__ or "").splitlines() if line.startswith("| ")][1:]
    told = {cells[0]: cells for line in lines if (cells := [cell.strip() for cell in line.split("|")[1:-1]])}
    assert set(told) == {case.name for case in CASES}
    letters = {"borrowers": "B", "partners": "P", "prospects": "R"}
    for unit in UNITS:
        _, left, right, _, verdict = told[unit.case.name]
        assert "".join(letters[kind] for kind, _ in unit.simplenexus) == left
        assert len(unit.total_expert) == len(right.split())
        assert unit.case.verdicts == tuple(verdict.split(" + "))


def test_the_truth_counts_what_is_there(store: Store) -> None:
    known = truth(SEED, CONTACTS)
    assert known.cases == Counter(unit.case.name for unit in UNITS)
    assert known.verdicts == Counter(verdict for unit in UNITS for verdict in unit.case.verdicts)
    assert {
        kind: len(held(store, "simplenexus", kind)) for kind in ("borrowers", "partners", "prospects")
    } == {kind: count for kind, count in known.records.items() if kind != "contacts"}
    assert len(held(store, "total-expert", "contacts")) == known.records["contacts"]
    emails = {borrower["email"] for borrower in held(store, "simplenexus", "borrowers")}
    assert len(known.one_way) == known.cases["one-way"]
    assert set(known.one_way) <= emails


def test_the_same_seed_gives_the_same_records_and_another_others(store: Store, tmp_path: Path) -> None:
    again, other = filled(tmp_path / "a"), filled(tmp_path / "b", number=2)
    for system, kind in (("simplenexus", "borrowers"), ("total-expert", "contacts")):
        assert held(again, system, kind) == held(store, system, kind)
        assert held(other, system, kind) != held(store, system, kind)
    assert held(filled(tmp_path / "c", contacts=0), "simplenexus", "borrowers") == []


def test_strangers_numbers_are_more_than_a_slip_apart() -> None:
    invented = Invented(1)
    numbers = [digits(invented.phone()) or "" for _ in range(7_000)]
    left_out = Counter(one[:n] + "." + one[n + 1 :] for one in numbers for n in range(10))
    swapped = {
        one[:n] + one[n + 1] + one[n] + one[n + 2 :]
        for one in numbers
        for n in range(9)
        if one[n] != one[n + 1]
    }
    assert max(left_out.values()) == 1  # no two differ in one digit alone
    assert not swapped & set(numbers)


# -- what each case is --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case",
    [
        "equal-email",
        "nickname",
        "moved",
        "typo-name",
        "agent",
        "imported-before",
        "other-owner",
        "email-case",
    ],
)
def test_these_have_one_email(case: str) -> None:
    for left, right in pairs(case):
        assert key(left["email"]) == key(right["email"])
        if case == "email-case":
            assert left["email"] != right["email"]


@pytest.mark.parametrize("case", ["couple", "twins-one-inbox", "jr-sr-one-inbox", "couple-both", "several"])
def test_these_share_an_inbox_and_are_not_one_person(case: str) -> None:
    for left, right in pairs(case):
        assert key(left["email"]) == key(right["email"])
        assert (left["first_name"], left["last_name"]) != (right["first_name"], right["last_name"])


@pytest.mark.parametrize(
    "case",
    ["twins", "jr-sr", "nickname-changed-email", "changed-email", "typo-email", "no-email-same-person"],
)
def test_these_have_other_emails_and_one_phone(case: str) -> None:
    for left, right in pairs(case):
        assert key(left["email"]) != key(right["email"])
        phones = {digits(right.get("phone_cell")), digits(right.get("phone_home"))}
        assert digits(left["phone"]) in phones - {None}


def test_the_sides_of_other_cases() -> None:
    for left, right in (*pairs("linked"), *pairs("linked-email-changed")):
        assert right["external_ids"] == [{"source": SOURCE, "external_id": left["id"]}]
    assert all(key(left["email"]) != key(right["email"]) for left, right in pairs("linked-email-changed"))
    for left, right in pairs("moved"):
        assert digits(left["phone"]) != digits(right["phone_cell"])
    for left, right in pairs("typo-name"):
        assert left["first_name"] != right["first_name"]
        assert sorted(left["first_name"]) == sorted(right["first_name"])
    for left, right in (*pairs("jr-sr"), *pairs("jr-sr-one-inbox")):
        assert (left["last_name"][-3:], right["last_name"][-3:]) == (" Jr", " Sr")
    for unit in (*of("no-email"), *of("no-email-no-phone"), *of("no-email-same-person")):
        assert unit.total_expert[0]["email"] is None
        phones = [unit.total_expert[0].get(name) for name in ("phone_cell", "phone_home")]
        assert any(phones) is (unit.case.name != "no-email-no-phone")
    assert all(len(unit.total_expert[0]["last_name"]) > 30 for unit in of("long-name"))
    for _, right in pairs("couple-both"):
        assert right["first_name"]


def test_officers_and_users_are_tied_by_email_but_for_one_on_each_side(store: Store) -> None:
    officers = {
        key(officer["email"]): officer["id"] for officer in held(store, "simplenexus", "loan-officers")
    }
    users = {key(user["email"]): user["id"] for user in held(store, "total-expert", "users")}
    tied = {officers[email]: users[email] for email in officers.keys() & users.keys()}
    assert (len(officers), len(users), len(tied)) == (4, 4, 3)
    written = {user["email"] for user in held(store, "total-expert", "users")}
    assert written != {email for email in written if email == key(email)}
    for unit in UNITS:
        left = {record["loan_officer_id"] for _, record in unit.simplenexus}
        right = {record["owner"]["id"] for record in unit.total_expert}
        match unit.case.name:
            case "untied-officer":
                assert not left & tied.keys()
            case "untied-owner":
                assert not right & set(tied.values())
            case "other-owner" | "two-officers":
                assert left <= tied.keys()
                assert {tied[one] for one in left} != right
            case _:
                assert left <= tied.keys()
                assert right <= set(tied.values())
                assert not (left and right) or {tied[one] for one in left} == right


def test_there_is_no_overlap_but_the_planted_one() -> None:
    """Emails, phones and names that two records have in common are of one unit."""
    seen: defaultdict[tuple[str, Any], set[int]] = defaultdict(set)
    for number, unit in enumerate(UNITS):
        for record in (*(record for _, record in unit.simplenexus), *unit.total_expert):
            seen["email", key(record.get("email"))].add(number)
            seen["name", (record["first_name"], record["last_name"])].add(number)
            for name in ("phone", "mobile_phone", "phone_cell", "phone_home"):
                seen["phone", digits(record.get(name))].add(number)
    shared = {what: units for what, units in seen.items() if len(units) > 1 and what[1] is not None}
    assert shared == {}


def test_borrowers_and_contacts_are_valid_by_the_systems_own_rules(store: Store) -> None:
    emails = [key(borrower["email"]) for borrower in held(store, "simplenexus", "borrowers")]
    assert len(set(emails)) == len(emails)
    for borrower in held(store, "simplenexus", "borrowers"):
        assert len(borrower["first_name"]) <= 30
        assert len(borrower["last_name"]) <= 30
    for contact in held(store, "total-expert", "contacts"):
        assert contact["birthday"].startswith("1970-")


def test_people_are_invented(store: Store) -> None:
    for kind, names in (("borrowers", ["phone"]), ("partners", ["mobile_phone"]), ("prospects", ["phone"])):
        for record in held(store, "simplenexus", kind):
            assert record["email"].endswith("@example.com")
            assert all("555" in record[name] and digits(record[name])[3:8] == "55501" for name in names)
    for contact in held(store, "total-expert", "contacts"):
        assert contact["email"] is None or key(contact["email"]).endswith("@example.com")
        assert contact["phone_cell"] is None or digits(contact["phone_cell"])[3:8] == "55501"


def test_both_systems_go_on_counting_after_the_last_record(store: Store, tmp_path: Path) -> None:
    with store.transaction():
        number = store.next_number(simplenexus.COUNTER, 0)
        following = {
            kind: store.next_number(total_expert.counter(kind), 0) for kind in total_expert.FIRST_IDS
        }
    made = simplenexus.record_id(number)
    for kind in ("loan-officers", "borrowers", "partners", "prospects"):
        ids = [record["id"] for record in held(store, "simplenexus", kind)]
        assert made not in ids
        assert simplenexus.record_id(number - 1) not in ids or kind != "loan-officers"
    for kind, number in following.items():
        ids = [record["id"] for record in held(store, "total-expert", kind)]
        assert number == max(ids, default=number - 1) + 1
