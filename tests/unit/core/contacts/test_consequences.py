"""What a question asks, what each answer will do, and why an answer is not offered, in the words a person reads."""

from __future__ import annotations

import pytest

from core.contacts.match.match import match
from core.contacts.match.rule import MatchOptions, Owners
from core.contacts.model import Contact, Reason, Verdict, VerdictRow
from core.contacts.records import Answer
from core.contacts.review.consequences import (
    REVISED,
    asks,
    consequence,
    if_nobody_decides,
    stands,
    why_not_same,
)
from core.contacts.review.decisions import Ids
from core.contacts.review.group_choices import consequence_of_all
from core.contacts.review.queue import Cost, ReviewItem
from core.contacts.review.reviewed import Reviewed, review
from tests.support.people import HALE, as_theirs, but, strangers
from tests.unit.core.contacts.test_review import ANN, HOLD, OVERWRITE, TOM, said, seal

KEEPS = "not asked again unless a field changes"


def linked(ours: list[Contact], theirs: list[Contact], *links: Ids, owners: Owners | None = None) -> Reviewed:
    return review(match(ours, theirs, MatchOptions(owners=owners, standing=links)), [], seal)


def only_item(reviewed: Reviewed) -> ReviewItem:
    (item,) = reviewed.queue
    return item


def overwriting(reviewed: Reviewed) -> ReviewItem:
    """Return the question about a push that would change another contact."""
    (item,) = (item for item in reviewed.queue if item.cost is Cost.OVERWRITE)
    return item


def namesakes(count: int) -> list[Contact]:
    """Return Total Expert's contacts that a push of Ann Lee's new record might change."""
    names = ("Bea", "Cleo", "Dora", "Eve")
    return [
        but(ANN, id=f"T{n}", middle_name=name, email=f"{name}@x.example", suffix="Sr")
        for n, name in enumerate(names[:count], 1)
    ]


def new_ann(count: int) -> Reviewed:
    """Return the review of a new SimpleNexus record of which a push would change one of `count` contacts.

    The contacts are linked already, so that nothing but the push is in question.
    """
    theirs = namesakes(count)
    old = [but(contact, id=f"S{contact.id[1:]}0") for contact in theirs]
    links = [(ours.id, contact.id) for ours, contact in zip(old, theirs, strict=True)]
    return linked([but(ANN, email="new@x.example", suffix="Jr"), *old], theirs, *links)


# -- the question -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reviewed", "asked"),
    [
        (linked([ANN], [TOM]), "Same person?"),
        (linked(*HOLD), "One person?"),
        (linked(HOLD[0], []), "Several records share one email. Who is this?"),
        (linked([], [TOM, but(TOM, id="T2")]), "Several records share one email. Who is this?"),
        (linked([ANN], [], ("S1", "T9")), "T9 wasn't found in Total Expert. Where does the link go?"),
        (linked([ANN], HOLD[1], ("S1", "T1"), ("S1", "T2")), "Which link is the right one?"),
    ],
)
def test_a_question_asks_what_the_records_leave_open(reviewed: Reviewed, asked: str) -> None:
    assert asks(only_item(reviewed)) == asked


def test_a_record_that_has_the_email_of_a_half_gone_link_is_asked_about_alone() -> None:
    reviewed = linked(HOLD[0], [], ("S1", "T9"))
    item = reviewed.item("S S2")
    assert item is not None
    assert (item.row.reason, item.theirs) == (Reason.BESIDE_A_LINK, ())
    assert asks(item) == "Several records share one email. Who is this?"


def test_a_row_that_needs_nobody_says_its_reason_or_else_its_verdict() -> None:
    assert stands(VerdictRow(Verdict.LINK, ("S1",), ("T1",), Reason.SAME_EMAIL)) == (
        "one record in each system has this email"
    )
    assert stands(VerdictRow(Verdict.IMPORT, (), ("T1",))) == "import"


def test_another_answer_to_a_settled_row_says_what_it_will_do() -> None:
    expected = {
        Answer.SAME: "linked",
        Answer.DIFFERENT: f"two people: each is linked or sent on its own; {KEEPS}",
        Answer.HOUSEHOLD: "two people: each is linked or sent on its own; noted as one household",
    }
    assert expected == REVISED


# -- nobody decides -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "change"),
    [
        (1, "change Ann Bea Lee Sr"),
        (3, "change Ann Bea Lee Sr or Ann Cleo Lee Sr or Ann Dora Lee Sr"),
        (4, "change Ann Bea Lee Sr or Ann Cleo Lee Sr or Ann Dora Lee Sr …"),
    ],
)
def test_a_push_that_would_change_somebody_names_at_most_three_contacts(count: int, change: str) -> None:
    reviewed = new_ann(count)
    item = overwriting(reviewed)
    assert item.cost is Cost.OVERWRITE
    assert if_nobody_decides(reviewed, item, "desk") == f"nothing is sent, because a push would {change}"
    assert if_nobody_decides(reviewed, item, "vendor") == f"the vendors' push will {change}"


def test_records_of_a_link_with_trouble_are_not_sent() -> None:
    gone = linked([ANN], [], ("S1", "T9"))
    assert if_nobody_decides(gone, only_item(gone), "desk") == (
        "the link stays; nothing is written to either record"
    )
    twice = linked([ANN], HOLD[1], ("S1", "T1"), ("S1", "T2"))
    assert if_nobody_decides(twice, only_item(twice), "desk") == "nothing is linked or sent"
    several = linked(*HOLD)
    assert if_nobody_decides(several, only_item(several), "desk") == "nothing is linked or sent"


# -- each answer --------------------------------------------------------------------------------------------


def test_same_about_one_of_several_pairs_leaves_the_others_held() -> None:
    several = linked(*HOLD)
    item = only_item(several)
    assert (
        consequence(several, item, item.first, Answer.SAME) == "these two are linked; the others still wait"
    )
    couple = linked([ANN], [TOM])
    item = only_item(couple)
    assert consequence(couple, item, item.first, Answer.SAME) == "linked"


def test_different_about_one_of_several_pairs_only_rules_it_out() -> None:
    several = linked(*HOLD)
    item = only_item(several)
    assert (
        consequence(several, item, item.first, Answer.DIFFERENT)
        == f"not this one; each is linked or sent on its own when no other record is left; {KEEPS}"
    )


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "not pushed: a push would change the other record"),
        (2, "not this one; you are asked about the others"),
    ],
)
def test_different_about_a_push_that_would_change_somebody_asks_of_the_others_first(
    count: int, words: str
) -> None:
    reviewed = new_ann(count)
    item = overwriting(reviewed)
    assert consequence(reviewed, item, item.first, Answer.DIFFERENT) == f"{words}; {KEEPS}"


def test_different_beside_a_link_says_nothing_of_the_linked_record() -> None:
    """The linked record is in a row of its own, and its link stays."""
    ours = linked([ANN, but(ANN, id="S2", mobile_phone="")], [but(TOM, first_name="Ann")], ("S1", "T1"))
    item = only_item(ours)
    assert item.key == "S S2"
    assert consequence(ours, item, item.first, Answer.HOUSEHOLD) == (
        "not pushed: a push would change the other record; noted as one household"
    )
    theirs = linked([ANN], [TOM, but(TOM, id="T2")], ("S1", "T1"))
    item = next(item for item in theirs.queue if item.row.reason is not Reason.DOUBTED)
    assert item.key == "T T2"
    assert consequence(theirs, item, item.first, Answer.DIFFERENT) == f"imported; {KEEPS}"


def test_different_about_a_contact_that_cannot_be_reached_does_not_import_it() -> None:
    there = but(HALE, id="T1", email="", mobile_phone="")
    reviewed = linked([*strangers(60, "S"), HALE], [*strangers(60, "T"), there])
    item = only_item(reviewed)
    assert item.cost is Cost.DOUBLED
    assert (
        consequence(reviewed, item, item.first, Answer.DIFFERENT)
        == f"not imported: no email and no phone, not pushed: a push would change the other record; {KEEPS}"
    )


def test_a_record_that_was_told_apart_from_whom_a_push_would_change_is_not_pushed_either() -> None:
    mine = but(ANN, email="lee@x.example")
    books = [mine], [TOM, but(ANN, id="T2", email="ann@y.example")]
    matched = match(*books)
    reviewed = review(matched, [said(("S1", "T2"), Answer.DIFFERENT, matched)], seal)
    item = reviewed.item("S S1")
    assert item is not None
    assert (item.row.verdict, item.first) == (Verdict.HOUSEHOLD, ("S1", "T1"))
    assert (
        consequence(reviewed, item, item.first, Answer.DIFFERENT)
        == f"imported, not pushed: a push would change the other record; {KEEPS}"
    )


# -- why nobody can answer "same" ---------------------------------------------------------------------------


def test_two_records_that_may_be_one_person_need_no_reason() -> None:
    assert why_not_same(linked([ANN], [TOM]), ("S1", "T1")) == ""


def test_a_record_without_a_partner_needs_no_reason() -> None:
    assert why_not_same(linked(HOLD[0], []), ("S1", "")) == ""


def test_two_records_of_owners_who_are_not_tied_cannot_be_linked() -> None:
    owners = Owners({"u1": "lo1", "u2": "lo2"})
    reviewed = linked(
        [but(ANN, owner="lo1"), but(ANN, id="S2", owner="lo1")], [but(TOM, owner="u2")], owners=owners
    )
    assert why_not_same(reviewed, ("S1", "T1")) == "their owners are not matched with each other"


@pytest.mark.parametrize(
    ("links", "ids", "partners"),
    [
        ([("S1", "T1"), ("S1", "T2")], ("S1", "T1"), "Uma Lee (T2)"),
        ([("S1", "T1"), ("S1", "T2")], ("S2", "T1"), "Ann Lee (S1)"),
        ([("S1", "T1"), ("S1", "T2")], ("S1", "T3"), "Tom Lee (T1) and Uma Lee (T2)"),
        ([("S1", "T1"), ("S2", "T1")], ("S1", "T1"), "Bob Lee (S2)"),
        ([("S1", "T1"), ("S2", "T1")], ("S1", "T3"), "Tom Lee (T1)"),
    ],
)
def test_a_record_that_is_linked_already_names_its_partner(links: list[Ids], ids: Ids, partners: str) -> None:
    ours = [ANN, but(ANN, id="S2", first_name="Bob")]
    theirs = [TOM, but(TOM, id="T2", first_name="Uma"), but(TOM, id="T3", first_name="Zoe")]
    assert why_not_same(linked(ours, theirs, *links), ids) == f"one of the two is linked with {partners}"


def test_the_push_that_would_change_one_contact_can_be_answered_same() -> None:
    reviewed = review(match(*OVERWRITE), [], seal)
    assert all(why_not_same(reviewed, item.first) == "" for item in reviewed.queue)


# -- one answer for several questions -----------------------------------------------------------------------


def couples() -> Reviewed:
    """Return two shared emails that compare alike. A push of Bea would change another Bea, who is linked already."""
    ann = but(ANN, suffix="Jr")
    bea = but(ann, id="S2", first_name="Bea", email="bea@x.example", mobile_phone="(775) 555-0101")
    theirs = [
        but(TOM, mobile_phone=""),
        but(TOM, id="T2", first_name="Max", email="bea@x.example", mobile_phone=""),
        but(bea, id="T9", suffix="Sr", email="old@y.example"),
    ]
    return linked([ann, bea, but(theirs[2], id="S9")], theirs, ("S9", "T9"))


def test_one_answer_for_several_questions_says_numbers_where_its_effects_differ() -> None:
    reviewed = couples()
    items = reviewed.alike(reviewed.queue[0])
    assert [consequence(reviewed, item, item.first, Answer.DIFFERENT) for item in items] == [
        f"imported, pushed; {KEEPS}",
        f"imported, not pushed: you are asked, because a push would change another contact; {KEEPS}",
    ]
    assert consequence_of_all(reviewed, items, Answer.SAME) == "linked"
    assert consequence_of_all(reviewed, items, Answer.DIFFERENT) == (
        "1 pushed as a contact, 2 imported as prospects, 1 in the queue"
    )


def test_one_answer_for_records_that_a_push_would_change_says_that_they_are_not_pushed() -> None:
    pairs = [
        (but(HALE, id=f"S{n}", first_name=first, email=f"{n}@x.example"), f"T{n}")
        for n, first in enumerate(("Robert", "Walter"), 1)
    ]
    theirs = [as_theirs(ours, id=there, email=f"{there}@post.example") for ours, there in pairs]
    theirs[1] = but(theirs[1], mobile_phone="", street="")
    reviewed = linked([*strangers(60, "S"), *(ours for ours, _ in pairs)], [*strangers(60, "T"), *theirs])
    items = list(reviewed.queue)
    assert "1 not pushed" in consequence_of_all(reviewed, items, Answer.DIFFERENT)
