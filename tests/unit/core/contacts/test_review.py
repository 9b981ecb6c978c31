"""A match after the answers: what becomes of rows, what is left to decide, and in which order."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.contacts.match.match import Matched, match
from core.contacts.match.rule import MatchOptions, Owners
from core.contacts.model import Contact, Reason, Verdict
from core.contacts.records import Answer, Judged
from core.contacts.review.answers import fingerprint
from core.contacts.review.decisions import Ids
from core.contacts.review.queue import Cost, ReviewItem, pattern
from core.contacts.review.reviewed import Reviewed, review
from tests.support.people import HALE, as_theirs, but, strangers

ANN = Contact("S1", first_name="Ann", last_name="Lee", email="lee@x.example", mobile_phone="(415) 555-0142")
TOM = Contact("T1", first_name="Tom", last_name="Lee", email="lee@x.example", mobile_phone="(415) 555-0177")
HOLD = [ANN, but(ANN, id="S2")], [but(ANN, id="T1")]
DOUBLED = [*strangers(60, "S"), HALE], [*strangers(60, "T"), as_theirs(HALE)]
OVERWRITE = (
    [but(ANN, email="new@x.example")],
    [but(ANN, id="T1"), but(TOM, id="T2", first_name="Uma", email="lee@x.example", mobile_phone="")],
)


def seal(field: str, value: object) -> str:
    return f"{field} {value}"


def said(ids: Ids, answer: Answer, matched: Matched, group: int = 1) -> Judged:
    held = matched.simplenexus.get(ids[0]), matched.total_expert.get(ids[1])
    return Judged(*ids, answer, fingerprint(seal, *held), "m.hale", 1.0, group)


def answered(books: tuple[list[Contact], list[Contact]], *answers: tuple[str, str, str]) -> Reviewed:
    matched = match(*books)
    judged = [said((s, t), Answer(answer), matched, n) for n, (s, t, answer) in enumerate(answers)]
    return review(matched, judged, seal)


def verdicts(reviewed: Reviewed) -> list[tuple[str, str, str]]:
    """Give what became of every record but the strangers."""
    found = [
        (row.verdict.value, " ".join(row.simplenexus_ids), " ".join(row.total_expert_ids))
        for row in reviewed.rows
    ]
    return [one for one in found if "-" not in one[1] + one[2]]


COUPLE = [ANN], [TOM]


@pytest.mark.parametrize(
    ("books", "answers", "expected"),
    [
        (COUPLE, [], [("household", "S1", "T1")]),
        (COUPLE, [("S1", "T1", "same")], [("link", "S1", "T1")]),
        (COUPLE, [("S1", "T1", "different")], [("push", "S1", ""), ("import", "", "T1")]),
        (COUPLE, [("S1", "T1", "household")], [("push", "S1", ""), ("import", "", "T1")]),
        (COUPLE, [("S1", "T1", "later")], [("household", "S1", "T1")]),
        (DOUBLED, [], [("possible-duplicate", "S1", "T1")]),
        (DOUBLED, [("S1", "T1", "same")], [("link", "S1", "T1")]),
        # Total Expert would find Robert Hale by his name and phone, whom he was told apart from
        (DOUBLED, [("S1", "T1", "different")], [("cannot", "S1", ""), ("import", "", "T1")]),
        (HOLD, [], [("hold", "S1 S2", "T1")]),
        (HOLD, [("S1", "T1", "same")], [("link", "S1", "T1"), ("hold", "S2", "")]),
        (
            HOLD,
            [("S1", "T1", "same"), ("S2", "T1", "different")],
            [("link", "S1", "T1"), ("cannot", "S2", "")],
        ),
        (HOLD, [("S2", "T1", "different")], [("cannot", "S2", ""), ("hold", "S1", "T1")]),
        (([ANN, but(ANN, id="S2")], []), [("S2", "", "different")], [("push", "S2", ""), ("hold", "S1", "")]),
    ],
)
def test_what_an_answer_makes_of_a_row(
    books: tuple[list[Contact], list[Contact]],
    answers: list[tuple[str, str, str]],
    expected: list[tuple[str, str, str]],
) -> None:
    assert verdicts(answered(books, *answers)) == expected


def test_who_is_told_apart_from_everybody_goes_his_own_way() -> None:
    apart = [(s, t, "different") for s in ("S1", "S2") for t in ("T1",)]
    assert [row.verdict for row in answered(HOLD, *apart).rows] == [
        Verdict.CANNOT,
        Verdict.CANNOT,
        Verdict.IMPORT,
    ]


def test_a_push_that_would_overwrite_somebody_is_asked_about_first() -> None:
    books = ([*DOUBLED[0], but(ANN, id="S7", first_name="Mary")], [*DOUBLED[1], but(ANN, id="T7")])
    over = but(
        HALE, id="S8", first_name="Zed", last_name="Quist", email="z@x.example", mobile_phone="212 555 0133"
    )
    there = but(over, id="T8", email="z2@x.example", suffix="Sr")
    linked = but(there, id="S9")
    over = but(over, suffix="Jr")
    reviewed = answered(([*books[0], over, linked], [*books[1], there]))
    assert [item.cost for item in reviewed.queue] == [Cost.OVERWRITE, Cost.DOUBLED, Cost.HOUSEHOLD]
    first = reviewed.queue[0]
    assert (first.ours, first.theirs) == (("S8",), ("T8",))
    # Zed of T8 is S9 by his email: if S8 is the same person, S8 is a second record
    assert Answer.SAME in reviewed.offered(first.first)
    matched = reviewed.matched
    reviewed.take(("S8", "T8"), said(("S8", "T8"), Answer.DIFFERENT, matched))
    row = reviewed.row_of(simplenexus_id="S8")
    assert row is not None
    assert (row.verdict, row.reason) == (Verdict.CANNOT, Reason.WOULD_OVERWRITE)


def test_stronger_evidence_goes_first_and_what_was_put_off_last() -> None:
    weak = but(
        HALE, id="S2", first_name="Jane", last_name="Ito", birth_date="", street="", city="", postcode=""
    )
    weak = but(weak, mobile_phone="(212) 555-0199", email="j@x.example")
    books = (
        [*strangers(60, "S"), weak, HALE],
        [*strangers(60, "T"), as_theirs(weak, email="ito@y.example"), as_theirs(HALE)],
    )
    reviewed = answered(books)
    assert [item.key for item in reviewed.queue] == ["S S1", "S S2"]
    change = reviewed.take(("S1", "T1"), said(("S1", "T1"), Answer.LATER, reviewed.matched))
    assert [item.later for item in change.items] == [True]
    assert [item.key for item in reviewed.queue] == ["S S2", "S S1"]
    assert reviewed.progress == (0, 2)


def test_beside_a_link_the_linked_one_is_shown_and_a_second_record_of_the_person_is_never_sent() -> None:
    matched = match([ANN, but(ANN, id="S2")], [but(ANN, id="T1")], MatchOptions(standing=(("S1", "T1"),)))
    reviewed = review(matched, [], seal)
    (item,) = reviewed.queue
    assert item.first == ("S2", "T1")
    linked = reviewed.linked_to(item.first)
    assert linked is not None
    assert linked.simplenexus_ids == ("S1",)
    reviewed.take(item.first, said(item.first, Answer.SAME, matched))
    second = reviewed.row_of(simplenexus_id="S2")
    assert second is not None
    assert (second.verdict, second.reason) == (Verdict.LINKED, Reason.SECOND_RECORD)
    assert reviewed.row_of(simplenexus_id="S1") == linked
    reviewed.take(item.first, said(item.first, Answer.DIFFERENT, matched))
    assert reviewed.queue == ()


def test_a_link_that_stands_is_no_matter_of_answers() -> None:
    matched = match([ANN], [but(ANN, id="T1")], MatchOptions(standing=(("S1", "T1"), ("S9", "T9"))))
    assert review(matched, [said(("S1", "T1"), Answer.DIFFERENT, matched)], seal).rows == matched.rows
    gone = match([ANN], [], MatchOptions(standing=(("S1", "T1"),)))
    reviewed = review(gone, [], seal)
    assert reviewed.offered(reviewed.queue[0].first) == (Answer.LATER, Answer.UNLINK)


def test_nobody_is_linked_across_owners() -> None:
    books = [but(ANN, owner="lo1")], [but(TOM, owner="u2", email="t@x.example")]
    matched = match(*books, MatchOptions(owners=Owners({"u1": "lo1", "u2": "lo2"})))
    reviewed = review(matched, [said(("S1", "T1"), Answer.SAME, matched)], seal)
    assert Answer.SAME not in reviewed.offered(("S1", "T1"))
    assert reviewed.rows == matched.rows


def test_of_two_who_were_both_said_to_be_one_the_newer_is_linked_and_the_older_is_a_second_record() -> None:
    books = (
        [ANN, but(TOM, id="S2", email="s2@x.example")],
        [but(ANN, id="T1", email="t1@x.example", first_name="Zoe")],
    )
    matched = match(*books)
    older, newer = said(("S1", "T1"), Answer.SAME, matched, 1), said(("S2", "T1"), Answer.SAME, matched, 2)
    reviewed = review(matched, [older, newer], seal)
    assert reviewed.row_of(total_expert_id="T1") == reviewed.row_of(simplenexus_id="S2")
    second = reviewed.row_of(simplenexus_id="S1")
    assert second is not None
    assert (second.verdict, second.reason) == (Verdict.LINKED, Reason.SECOND_RECORD)
    reviewed.take(("S2", "T1"), None)
    assert reviewed.row_of(total_expert_id="T1") == reviewed.row_of(simplenexus_id="S1")


def test_alike_are_those_of_one_pattern_class_and_verdict() -> None:
    def couple(n: int, **more: str) -> tuple[Contact, Contact]:
        ours = but(ANN, id=f"S{n}", email=f"{n}@x.example", mobile_phone="", **more)
        return ours, but(TOM, id=f"T{n}", email=f"{n}@x.example", mobile_phone="")

    pairs = [couple(1), couple(2), couple(3), couple(4, last_name="Ito")]
    reviewed = answered(([one for one, _ in pairs], [other for _, other in pairs]))
    first = reviewed.queue[0]
    assert [item.key for item in reviewed.alike(first)] == ["S S1", "S S2", "S S3"]
    assert reviewed.how_many_alike(first) == 3
    assert reviewed.how_many_alike(reviewed.queue[3]) == 1
    reviewed.take(("S2", "T2"), said(("S2", "T2"), Answer.LATER, reviewed.matched))
    assert [item.key for item in reviewed.alike(first)] == ["S S1", "S S3"]
    assert ("first_name", "different") in pattern(first)


def test_several_pairs_of_a_hold_are_gone_through_but_for_those_told_apart() -> None:
    books = [but(ANN, id=f"S{n}") for n in (1, 2)], [but(ANN, id=f"T{n}") for n in (1, 2)]
    reviewed = answered(books, ("S1", "T2", "different"))
    (item,) = reviewed.queue
    seen = [item.first]
    for _ in range(3):
        seen.append(reviewed.step(item, seen[-1], 1))
    assert seen == [("S1", "T1"), ("S2", "T1"), ("S2", "T2"), ("S1", "T1")]
    assert reviewed.step(item, ("S1", "T1"), -1) == ("S2", "T2")
    compared = reviewed.compare(("S2", "T2"))
    assert compared is not None
    assert compared.bits > 0
    assert reviewed.how_many_alike(item) == 1


COMPARED = {
    "first_name": "Anne",
    "middle_name": "B",
    "last_name": "Lea",
    "suffix": "Jr",
    "email": "lea@x.example",
    "mobile_phone": "(415) 555-0199",
    "birth_date": "1980-02-03",
    "street": "1 Elm St",
    "postcode": "94601",
}
PASSED_OVER = {
    "mobile_phone": "415.555.0142",
    "email": " LEE@x.example",
    "country": "US",
    "since": "2020-01-01",
}


@pytest.mark.parametrize("field", COMPARED)
def test_different_is_asked_again_when_a_compared_field_changed(field: str) -> None:
    before = said(("S1", "T1"), Answer.DIFFERENT, match([ANN], [TOM]))
    changed = but(ANN, **{field: COMPARED[field]})
    after = fingerprint(seal, changed, TOM)
    assert after != before.fingerprint
    reviewed = review(match([changed], [TOM]), [before], seal)
    assert field == "email" or [row.verdict for row in reviewed.rows] == [Verdict.HOUSEHOLD]


@pytest.mark.parametrize("field", PASSED_OVER)
def test_different_is_not_asked_again_for_anything_else(field: str) -> None:
    before = said(("S1", "T1"), Answer.DIFFERENT, match([ANN], [TOM]))
    reviewed = review(match([but(ANN, **{field: PASSED_OVER[field]})], [TOM]), [before], seal)
    assert reviewed.queue == ()


contacts = st.builds(
    Contact,
    id=st.just(""),
    first_name=st.sampled_from(["Ann", "Tom", "Ann", "A"]),
    last_name=st.sampled_from(["Lee", "Ito"]),
    email=st.sampled_from(["", "a@x", "b@x", "c@x", "d@x"]),
    mobile_phone=st.sampled_from(["", "4155550142", "2125550133"]),
    one_way=st.sampled_from([False, False, True]),
)
books = st.lists(contacts, max_size=6)
ids = st.tuples(st.sampled_from(["", *"012345"]), st.sampled_from(["", *"012345"]))
steps = st.lists(st.tuples(ids, st.sampled_from([*Answer, None])), max_size=12)
links = st.lists(ids, max_size=2)


def state(reviewed: Reviewed) -> tuple[object, ...]:
    queue: list[ReviewItem] = [*reviewed.queue]
    alike = [reviewed.alike(item) for item in queue]
    return reviewed.rows, queue, reviewed.counts, reviewed.costs, reviewed.progress, alike


@settings(max_examples=400, deadline=None)
@given(books, books, links, steps)
def test_answers_one_by_one_are_what_a_new_review_of_all_of_them_is(
    ours: list[Contact], theirs: list[Contact], standing: list[Ids], told: list[tuple[Ids, Answer | None]]
) -> None:
    matched = match(
        [but(one, id=str(n)) for n, one in enumerate(ours)],
        [but(one, id=str(n)) for n, one in enumerate(theirs)],
        MatchOptions(standing=tuple(standing)),
    )
    reviewed = review(matched, [], seal)
    left: dict[Ids, Judged] = {}
    for group, (pair, answer) in enumerate(told):
        judged = said(pair, answer, matched, group) if answer else None
        left.pop(pair, None)
        if judged:
            left[pair] = judged
        before = {item.key: item for item in reviewed.queue}
        change = reviewed.take(pair, judged)
        after = {key: item for key, item in before.items() if key not in change.gone}
        assert after | {item.key: item for item in change.items} == {
            item.key: item for item in reviewed.queue
        }
    assert state(reviewed) == state(review(matched, left.values(), seal))
    seen = Counter(one for row in reviewed.rows for one in row.own_simplenexus_ids)
    seen_there = Counter(one for row in reviewed.rows for one in row.own_total_expert_ids)
    assert seen == Counter(matched.simplenexus.keys())
    assert seen_there == Counter(matched.total_expert.keys())
    assert all(reviewed.question(item.row) == item for item in reviewed.queue)
    for one in matched.simplenexus:
        row = reviewed.row_of(simplenexus_id=one)
        assert row is not None
        assert one in row.simplenexus_ids
