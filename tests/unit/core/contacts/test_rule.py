"""Which contacts are linked, imported, pushed or held, exactly as the sync's rule says."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.contacts.match.rule import MatchOptions, Owners, SameEmail, alone, judge
from core.contacts.model import Contact, Reason, Verdict, VerdictRow
from core.push.plan import System
from tests.support.people import but

ANN = Contact("S1", first_name="Ann", last_name="Lee", email="ann@x.example")
HERS = Contact("T1", first_name="Ann", last_name="Lee", email=" ANN@X.example\t")


def one(
    ours: list[Contact], theirs: list[Contact], terms: MatchOptions | None = None
) -> tuple[Verdict, Reason]:
    (row,) = judge(ours, theirs, terms)
    return row.verdict, row.reason


def test_an_email_on_each_side_is_linked_but_for_blanks_and_case() -> None:
    assert one([ANN], [HERS]) == (Verdict.LINK, Reason.SAME_EMAIL)


def test_the_case_of_an_email_is_no_difference_in_any_script() -> None:
    assert one([but(ANN, email="weiß@x.example")], [but(HERS, email="WEISS@X.EXAMPLE")])[0] is Verdict.LINK
    assert one([but(ANN, email="νικος@x.example")], [but(HERS, email="ΝΙΚΟΣ@x.example")])[0] is Verdict.LINK


@pytest.mark.parametrize("other", ["a.nn@x.example", "ann+home@x.example", "ann@x.example.au"])
def test_dots_and_tags_are_no_equality(other: str) -> None:
    assert [row.verdict for row in judge([ANN], [but(HERS, email=other)])] == [Verdict.PUSH, Verdict.IMPORT]


@pytest.mark.parametrize(("ours", "theirs"), [(2, 1), (1, 2), (2, 2), (2, 0), (0, 2)])
def test_several_of_one_email_are_held_in_one_row(ours: int, theirs: int) -> None:
    (row,) = judge(
        [but(ANN, id=f"S{n}") for n in range(ours)], [but(HERS, id=f"T{n}") for n in range(theirs)]
    )
    assert (row.verdict, len(row.simplenexus_ids), len(row.total_expert_ids)) == (Verdict.HOLD, ours, theirs)


@pytest.mark.parametrize(
    ("contact", "verdict"),
    [
        (HERS, Verdict.IMPORT),
        (but(HERS, email="", mobile_phone="(415) 555-0142"), Verdict.IMPORT),
        (but(HERS, email="", work_phone="none"), Verdict.CANNOT),
        (but(HERS, email=" "), Verdict.CANNOT),
        (but(HERS, first_name="A" * 31), Verdict.IMPORT),
    ],
)
def test_what_only_total_expert_has_is_imported_where_it_can_be_reached(
    contact: Contact, verdict: Verdict
) -> None:
    assert one([], [contact])[0] is verdict


def test_what_only_simplenexus_has_is_pushed_unless_one_way() -> None:
    assert one([ANN], [])[0] is Verdict.PUSH
    assert one([but(ANN, one_way=True)], [])[0] is Verdict.SKIP_ONE_WAY
    assert one([but(ANN, one_way=True)], [HERS])[0] is Verdict.LINK


@pytest.mark.parametrize(
    "name",
    ["Ann", " ann ", "", "A", "A.", "Annie", "Ánn", "Ann Marie"],
)
def test_a_name_that_may_be_hers_is_linked(name: str) -> None:
    assert one([ANN], [but(HERS, first_name=name)])[0] is Verdict.LINK


@pytest.mark.parametrize(
    ("one_name", "other"),
    [
        ("John", "Mary"),
        ("Mark", "Mary"),
        ("Joan", "John"),
        ("Maria", "Mario"),
        ("Eric", "Erica"),
        ("Tina", "Gina"),
        ("Linh", "Minh"),
        ("Kayla", "Tayla"),
        ("J", "Mary"),
        ("John & Mary", "Mary"),
        ("Thandiwe", "Sipho"),
    ],
)
def test_clearly_another_first_name_is_a_household(one_name: str, other: str) -> None:
    ours, theirs = [but(ANN, first_name=one_name)], [but(HERS, first_name=other)]
    assert one(ours, theirs) == (Verdict.HOUSEHOLD, Reason.OTHER_NAME)
    assert one(ours, theirs, MatchOptions(SameEmail.LINK))[0] is Verdict.LINK


@pytest.mark.parametrize(
    ("one_name", "other"),
    [
        ("Katherine", "Kate"),
        ("Bob", "Robert"),
        ("Katherine", "Catherine"),
        ("Sara", "Sarah"),
        ("Brian", "Bryan"),
        ("Robert", "Robrt"),
        ("Jennifer", "Jenifer"),
        ("Elizabeth", "Elzabeth"),
        ("Mark", "Nark"),
    ],
)
def test_a_nickname_or_a_slip_is_no_other_person(one_name: str, other: str) -> None:
    assert one([but(ANN, first_name=one_name)], [but(HERS, first_name=other)])[0] is Verdict.LINK


def test_father_and_son_on_one_inbox_are_a_household() -> None:
    father, son = but(ANN, suffix="Sr."), but(HERS, last_name="Lee Jr")
    assert one([father], [son]) == (Verdict.HOUSEHOLD, Reason.OTHER_PERSON)
    assert one([ANN], [son]) == (Verdict.HOUSEHOLD, Reason.OTHER_PERSON)
    born = but(ANN, birth_date="1950-02-03"), but(son, birth_date="1978-11-30")
    assert one([born[0]], [born[1]]) == (Verdict.HOUSEHOLD, Reason.OTHER_PERSON)


def test_a_link_that_stands_is_kept_also_under_another_email() -> None:
    terms = MatchOptions(standing=(("S1", "T1"),))
    assert one([ANN], [HERS], terms) == (Verdict.LINKED, Reason.STANDING)
    assert one([ANN], [but(HERS, email="new@x.example")], terms) == (Verdict.LINKED, Reason.EMAIL_CHANGED)
    assert one([ANN], [], terms) == (Verdict.GONE, Reason.HALF_GONE)
    assert list(judge([], [], terms)) == []
    twice = MatchOptions(standing=(("S1", "T1"), ("S1", "T2")))
    assert one([ANN], [HERS, but(HERS, id="T2")], twice) == (Verdict.HOLD, Reason.LINKED_TWICE)


def test_a_second_record_with_a_linked_ones_email_is_held() -> None:
    rows = list(judge([ANN, but(ANN, id="S2")], [HERS], MatchOptions(standing=(("S1", "T1"),))))
    assert [(row.verdict, row.reason) for row in rows] == [
        (Verdict.LINKED, Reason.STANDING),
        (Verdict.HOLD, Reason.BESIDE_A_LINK),
    ]


@pytest.mark.parametrize("email", ["ann@x.example", "new@x.example"])
@pytest.mark.parametrize("side", ["S", "T"])
def test_each_email_of_a_linked_pair_holds_other_records_on_both_sides(email: str, side: str) -> None:
    other = but(ANN, id=f"{side}2", email=email)
    ours, theirs = ([ANN, other], []) if side == "S" else ([ANN], [other])
    linked = but(HERS, email="new@x.example")
    rows = list(judge(ours, [linked, *theirs], MatchOptions(standing=(("S1", "T1"),))))
    assert [(row.verdict, row.reason) for row in rows] == [
        (Verdict.LINKED, Reason.EMAIL_CHANGED),
        (Verdict.HOLD, Reason.BESIDE_A_LINK),
    ]


def test_a_linked_pair_without_an_email_holds_nobody() -> None:
    ours, theirs = [but(ANN, email=""), but(ANN, id="S2", email=" ")], [but(HERS, email="")]
    rows = list(judge(ours, theirs, MatchOptions(standing=(("S1", "T1"),))))
    assert [row.verdict for row in rows] == [Verdict.LINKED, Verdict.PUSH]


@pytest.mark.parametrize(
    ("ours", "theirs", "links", "reason"),
    [
        ([ANN], [HERS, but(HERS, id="T2")], (("S1", "T1"), ("S1", "T2")), Reason.LINKED_TWICE),
        ([ANN, but(ANN, id="S2")], [HERS], (("S1", "T1"), ("S2", "T1")), Reason.LINKED_TWICE),
        ([ANN], [HERS], (("S1", "T1"), ("S2", "T1")), Reason.LINKED_TWICE),
        ([ANN], [HERS], (("S1", "T1"), ("S1", "T2")), Reason.LINKED_TWICE),
    ],
    ids=[
        "two contacts",
        "two clients",
        "one of two clients",
        "one of two contacts",
    ],
)
def test_a_link_that_is_not_one_to_one_any_more_is_held(
    ours: list[Contact], theirs: list[Contact], links: tuple[tuple[str, str], ...], reason: Reason
) -> None:
    assert one(ours, theirs, MatchOptions(standing=links)) == (Verdict.HOLD, reason)


def test_rows_come_in_the_order_of_the_first_record_of_each() -> None:
    other = but(HERS, id="T3", email="bea@x.example")
    rows = list(judge([], [HERS, other, but(HERS, id="T2")]))
    assert [row.total_expert_ids for row in rows] == [("T1", "T2"), ("T3",)]
    rows = list(judge([ANN, but(ANN, id="S3", email="bea@x.example"), but(ANN, id="S2")], []))
    assert [row.simplenexus_ids for row in rows] == [("S1", "S2"), ("S3",)]


@pytest.mark.parametrize(
    ("suffix", "born", "their_suffix", "their_birth", "linked"),
    [
        ("Jr", "", "Sr", "", False),
        ("Jr", "", "Junior", "", True),
        ("Jr", "", "", "", False),
        ("", "", "Jr", "", False),
        ("Jr", "1978-11-30", "", "1978-11-30", True),
        ("Jr", "1978-11-30", "", "1950-02-03", False),
        ("", "1950-02-03", "Jr", "1978-11-30", False),
        ("", "1950-02-03", "", "1978-11-30", False),
        ("Jr", "1988-11-30", "", "1970-11-30", True),
        ("Jr", "1970-11-30", "", "1988-11-30", False),
    ],
    ids=[
        "two generations",
        "one generation",
        "one suffix",
        "the other suffix",
        "one suffix, one birth",
        "one suffix, two births",
        "the other suffix, two births",
        "two births alone",
        "a birth of 1970, which stands for no year",
        "a year of 1970 that is a year",
    ],
)
def test_two_of_one_name_are_father_and_son_by_suffix_or_by_suffix_and_birth(
    suffix: str, born: str, their_suffix: str, their_birth: str, linked: bool
) -> None:
    ours, theirs = (
        but(ANN, suffix=suffix, birth_date=born),
        but(HERS, suffix=their_suffix, birth_date=their_birth),
    )
    expected = (Verdict.LINK, Reason.SAME_EMAIL) if linked else (Verdict.HOUSEHOLD, Reason.OTHER_PERSON)
    assert one([ours], [theirs]) == expected


def test_a_record_that_nobody_is_on_the_other_side_is_pushed_or_imported() -> None:
    pushed, imported = alone(ANN, System.SIMPLENEXUS), alone(HERS, System.TOTAL_EXPERT)
    assert pushed == VerdictRow(Verdict.PUSH, ("S1",), (), Reason.ONLY_HERE)
    assert imported == VerdictRow(Verdict.IMPORT, (), ("T1",), Reason.ONLY_HERE)


def test_contacts_are_matched_with_those_of_the_tied_owner_only() -> None:
    owners = Owners.by_email(
        ["Lo@x.example", "two@x.example"], ["lo@x.example", "u9"], {"u9": "two@x.example"}
    )
    ours = but(ANN, owner="Lo@x.example")
    assert one([ours], [but(HERS, owner="lo@x.example")], MatchOptions(owners=owners))[0] is Verdict.LINK
    rows = judge([ours], [but(HERS, owner="u9")], MatchOptions(owners=owners))
    assert [row.verdict for row in rows] == [Verdict.PUSH, Verdict.IMPORT]
    rows = judge([but(ANN, owner="who")], [but(HERS, owner="who")], MatchOptions(owners=owners))
    assert [(row.verdict, row.reason) for row in rows] == [(Verdict.CANNOT, Reason.NOT_TIED)] * 2


contacts = st.builds(
    Contact,
    id=st.just(""),
    first_name=st.sampled_from(["", "Ann", "Bob", "A", "ANN ", "\ud800", "安"]),
    last_name=st.text(max_size=3),
    suffix=st.sampled_from(["", "Jr", "Sr"]),
    email=st.sampled_from(["", "a@x", "A@X ", "b@x", "İ@x", "c@x", "\t"]),
    mobile_phone=st.sampled_from(["", "0", "4155550142"]),
    birth_date=st.sampled_from(["", "1970-01-01", "--02-03", "1980-02-03", "x"]),
    owner=st.sampled_from(["", "o", "p"]),
    one_way=st.booleans(),
)
books = st.lists(contacts, max_size=8)
links = st.lists(st.tuples(st.sampled_from("012345678"), st.sampled_from("012345678")), max_size=4)


@settings(max_examples=300, deadline=None)
@given(books, books, links, st.booleans())
def test_every_record_is_in_exactly_one_row(
    ours: list[Contact], theirs: list[Contact], standing: list[tuple[str, str]], owned: bool
) -> None:
    ours = [but(contact, id=str(n)) for n, contact in enumerate(ours)]
    theirs = [but(contact, id=str(n)) for n, contact in enumerate(theirs)]
    owners = Owners({"o": "o", "p": "o"}) if owned else None
    rows = list(judge(ours, theirs, MatchOptions(owners=owners, standing=tuple(standing))))
    seen = Counter(contact_id for row in rows for contact_id in row.simplenexus_ids)
    seen_there = Counter(contact_id for row in rows for contact_id in row.total_expert_ids)
    assert seen == Counter(contact.id for contact in ours)
    assert seen_there == Counter(contact.id for contact in theirs)


@settings(max_examples=200, deadline=None)
@given(books, books, st.randoms())
def test_order_does_not_matter(ours: list[Contact], theirs: list[Contact], chance: object) -> None:
    ours = [but(contact, id=str(n)) for n, contact in enumerate(ours)]
    theirs = [but(contact, id=str(n)) for n, contact in enumerate(theirs)]

    def found(left: list[Contact], right: list[Contact]) -> set[tuple[str, frozenset[str], frozenset[str]]]:
        rows = judge(left, right)
        return {(r.verdict, frozenset(r.simplenexus_ids), frozenset(r.total_expert_ids)) for r in rows}

    assert found(ours, theirs) == found(ours[::-1], theirs[::-1])
