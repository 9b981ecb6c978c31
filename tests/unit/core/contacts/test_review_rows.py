"""Which answers hold, which records of a row they settle, and how the questions that are left are sorted."""

from __future__ import annotations

import pytest

from core.compare.agreement import AgreementLevel
from core.contacts.match.match import Matched, match
from core.contacts.match.rule import MatchOptions, Owners
from core.contacts.model import Comparison, Evidence, Likeness, Reason, Verdict, VerdictRow
from core.contacts.records import Answer
from core.contacts.review.answers import Answers, fingerprint
from core.contacts.review.decisions import Ids
from core.contacts.review.queue import Cost, ReviewItem, group_of, pattern, plain_rank, rank
from core.contacts.review.reviewed import Reviewed, review
from tests.support.people import HALE, but
from tests.unit.core.contacts.test_review import ANN, DOUBLED, HOLD, TOM, said, seal

OFFICES = Owners({"u1": "lo1", "u2": "lo2"})
FOUR = [ANN, but(ANN, id="S2")], [but(ANN, id="T1"), but(ANN, id="T2")]


def answered(matched: Matched, *answers: tuple[str, str, Answer]) -> Reviewed:
    """Return the review of a match after these answers; the last is the newest."""
    judged = [said((ours, theirs), answer, matched, n) for n, (ours, theirs, answer) in enumerate(answers)]
    return review(matched, judged, seal)


def rows_of(reviewed: Reviewed, *ids: str) -> list[tuple[Verdict, tuple[str, ...], tuple[str, ...], Reason]]:
    """Return the final rows that have one of these records."""
    return [
        (row.verdict, row.simplenexus_ids, row.total_expert_ids, row.reason)
        for row in reviewed.rows
        if {*ids} & {*row.simplenexus_ids, *row.total_expert_ids}
    ]


def facing(reviewed: Reviewed, key: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the records of an open question, ours and theirs."""
    item = reviewed.item(key)
    assert item is not None
    return item.ours, item.theirs


# -- which answers hold -------------------------------------------------------------------------------------


def test_the_hash_of_an_answer_is_made_of_values_that_no_version_changes() -> None:
    """An answer in a book holds only as long as its hash can be made again, also by a later version."""
    ours = but(HALE, middle_name="J.", suffix="Jr")
    assert fingerprint(seal, ours, None) == (
        "judged [['robert', 'j', 'hale', 'jr', '19710412', ['4155550142'], 'rob.hale@bayhome.example', "
        "['2', '88', 'pine', 'street'], '', ['94601', 'oakland', 'ca']], []]"
    )
    theirs = but(
        HALE,
        first_name="Dr. Bóbby Jo",
        last_name="O'Neil-Smith III",
        middle_name="",
        email='"Bob" <Bob.Hale+home@GMail.example>',
        birth_date="04/12/1971",
        mobile_phone="+1 (415) 555-0142 ext. 7",
        home_phone="510.555.0199",
        street="North 5th Ave.",
        street_2="Tower House",
        city="St. Louis",
        state="New  York",
        postcode="94601-1234",
    )
    assert fingerprint(seal, None, theirs) == (
        "judged [[], ['bobbyjo', '', 'oneilsmith', 'iii', '', ['4155550142', '5105550199'], "
        "'\"bob\" <bob.hale+home@gmail.example>', ['', '', 'north5th', 'avenue'], 'towerhouse', "
        "['94601', 'stlouis', 'newyork']]]"
    )


def test_a_birthday_has_no_year_to_change_in_total_expert_only() -> None:
    with_year, without = but(HALE, birth_date="1970-04-12"), but(HALE, birth_date="--04-12")
    assert fingerprint(seal, None, with_year) == fingerprint(seal, None, without)
    assert fingerprint(seal, with_year, None) != fingerprint(seal, without, None)


def test_an_answer_about_a_record_of_total_expert_alone_holds() -> None:
    matched = match([], [TOM, but(TOM, id="T2")])
    reviewed = answered(matched, ("", "T2", Answer.DIFFERENT))
    assert rows_of(reviewed, "T2") == [(Verdict.IMPORT, (), ("T2",), Reason.ONLY_HERE)]


def test_no_answer_settles_records_that_are_linked_twice() -> None:
    matched = match([ANN], [TOM, but(TOM, id="T2")], MatchOptions(standing=(("S1", "T1"), ("S1", "T2"))))
    reviewed = answered(matched, ("S1", "T1", Answer.SAME), ("S1", "T2", Answer.DIFFERENT))
    assert reviewed.rows == matched.rows
    assert reviewed.offered(("S1", "T1")) == (Answer.LATER,)


def test_two_records_whose_owners_are_both_tied_to_nobody_are_in_no_common_book() -> None:
    matched = match([but(ANN, owner="lo9")], [but(TOM, owner="u9")], MatchOptions(owners=OFFICES))
    assert not review(matched, [], seal).one_owner(("S1", "T1"))
    assert [row.verdict for row in answered(matched, ("S1", "T1", Answer.SAME)).rows] == [Verdict.CANNOT] * 2


def test_an_answer_that_was_taken_back_connects_no_pairs() -> None:
    matched = match(*FOUR)
    answers = Answers(matched, seal)
    same = said(("S1", "T1"), Answer.SAME, matched)
    apart_ours, apart_theirs = (
        said(("S1", "T2"), Answer.DIFFERENT, matched),
        said(("S2", "T1"), Answer.DIFFERENT, matched),
    )
    answers.note(same.ids, same)
    assert answers.note(apart_ours.ids, apart_ours) == {("S1", "T1"), ("S1", "T2")}
    answers.note(same.ids, None)
    assert answers.note(apart_ours.ids, None) == {("S1", "T2")}
    assert answers.note(apart_theirs.ids, apart_theirs) == {("S2", "T1")}


def test_the_newest_of_two_answers_about_one_simplenexus_record_holds() -> None:
    reviewed = answered(match(*FOUR), ("S1", "T1", Answer.SAME), ("S1", "T2", Answer.SAME))
    assert rows_of(reviewed, "T2") == [(Verdict.LINK, ("S1",), ("T2",), Reason.DECIDED)]
    assert rows_of(reviewed, "T1") == [(Verdict.LINKED, ("S1",), ("T1",), Reason.SECOND_RECORD)]


def test_an_undo_settles_the_answers_that_hang_on_each_other_anew() -> None:
    """S2 is linked with T2 by the newest answer, so that S1 may be linked with T1. Without it S2 is linked with T1."""
    reviewed = answered(
        match(*FOUR), ("S1", "T1", Answer.SAME), ("S2", "T1", Answer.SAME), ("S2", "T2", Answer.SAME)
    )
    decided = [row.simplenexus_ids + row.total_expert_ids for row in reviewed.rows]
    assert decided == [("S1", "T1"), ("S2", "T2")]
    reviewed.take(("S2", "T2"), None)
    assert rows_of(reviewed, "S1", "S2") == [
        (Verdict.LINKED, ("S1",), ("T1",), Reason.SECOND_RECORD),
        (Verdict.LINK, ("S2",), ("T1",), Reason.DECIDED),
    ]


# -- the records of a row -----------------------------------------------------------------------------------


def test_a_link_that_a_person_decided_keeps_the_comparison_of_its_two_records() -> None:
    matched = match(*DOUBLED)
    (question,) = (row for row in matched.rows if row.verdict is Verdict.POSSIBLE_DUPLICATE)
    assert question.comparison is not None
    linked = answered(matched, ("S1", "T1", Answer.SAME)).row_of("S1")
    assert linked is not None
    assert linked.comparison == question.comparison
    elsewhere = answered(matched, ("S1", "T-3", Answer.SAME)).row_of("S1")
    assert elsewhere is not None
    assert (elsewhere.total_expert_ids, elsewhere.comparison) == (("T-3",), None)


def test_the_other_record_of_a_possible_duplicate_may_be_a_second_record_after_one_is_linked_elsewhere() -> (
    None
):
    matched = match(*DOUBLED)
    assert rows_of(answered(matched, ("S1", "T-3", Answer.SAME)), "T1") == [
        (Verdict.POSSIBLE_DUPLICATE, ("S1",), ("T1",), Reason.SECOND_RECORD)
    ]
    assert rows_of(answered(matched, ("S-3", "T1", Answer.SAME)), "S1") == [
        (Verdict.POSSIBLE_DUPLICATE, ("S1",), ("T1",), Reason.SECOND_RECORD)
    ]


def test_what_is_left_of_a_household_is_held_beside_the_link() -> None:
    bob = but(HALE, id="T2")
    matched = match([ANN], [TOM, bob])
    assert rows_of(answered(matched, ("S1", "T2", Answer.SAME)), "T1") == [
        (Verdict.HOLD, (), ("T1",), Reason.BESIDE_A_LINK)
    ]
    assert rows_of(answered(match(*HOLD), ("S1", "T1", Answer.SAME)), "S2") == [
        (Verdict.HOLD, ("S2",), (), Reason.SEVERAL)
    ]


def test_a_record_is_settled_once_it_is_told_apart_from_everybody_who_is_free() -> None:
    """S1 is T1, so that only T2 could be S2."""
    reviewed = answered(match(*FOUR), ("S1", "T1", Answer.SAME), ("S2", "T2", Answer.DIFFERENT))
    assert rows_of(reviewed, "S2", "T2") == [
        (Verdict.PUSH, ("S2",), (), Reason.ONLY_HERE),
        (Verdict.IMPORT, (), ("T2",), Reason.ONLY_HERE),
    ]


def test_beside_two_links_one_answer_settles_a_record() -> None:
    names = ("Bea", "Cleo", "Dora")
    ours = [but(ANN, id=f"S{n}", first_name=name, mobile_phone="") for n, name in enumerate(names, 1)]
    theirs = [but(one, id=f"T{one.id[1:]}") for one in ours]
    links = MatchOptions(standing=(("S1", "T1"), ("S2", "T2")))
    mine = match(ours, theirs[:2], links)
    assert facing(review(mine, [], seal), "S S3") == (("S3",), ("T1", "T2"))
    assert rows_of(answered(mine, ("S3", "T1", Answer.DIFFERENT)), "S3")[0][0] is Verdict.PUSH
    yours = match(ours[:2], theirs, links)
    assert facing(review(yours, [], seal), "T T3") == (("S1", "S2"), ("T3",))
    assert rows_of(answered(yours, ("S1", "T3", Answer.DIFFERENT)), "T3")[0][0] is Verdict.IMPORT


def test_beside_a_link_of_two_emails_each_email_leads_to_the_linked_records() -> None:
    links = MatchOptions(standing=(("S1", "T1"),))
    ours = [but(ANN, email="new@x.example"), but(ANN, id="S2", email="old@x.example")]
    theirs = [but(TOM, email="old@x.example"), but(TOM, id="T2", email="new@x.example")]
    reviewed = review(match(ours, theirs, links), [], seal)
    assert facing(reviewed, "S S2") == (("S2",), ("T1",))
    assert facing(reviewed, "T T2") == (("S1",), ("T2",))


def test_beside_a_link_only_records_of_the_same_officer_are_in_question() -> None:
    """A couple shares an inbox, and each of the two has a loan officer."""
    ours = [but(ANN, owner="lo1"), but(ANN, id="S2", owner="lo2"), but(ANN, id="S3", owner="lo1")]
    theirs = [but(ANN, id="T1", owner="u1"), but(ANN, id="T2", owner="u2"), but(ANN, id="T3", owner="u2")]
    matched = match(ours, theirs, MatchOptions(owners=OFFICES, standing=(("S1", "T1"), ("S2", "T2"))))
    reviewed = review(matched, [], seal)
    assert facing(reviewed, "S S3") == (("S3",), ("T1",))
    assert facing(reviewed, "T T3") == (("S2",), ("T3",))


def test_a_push_can_change_contacts_of_the_officers_own_user_only() -> None:
    theirs = [but(ANN, id=f"T{n}", owner=f"u{n}", email=f"{n}@x.example") for n in (1, 2, 3)]
    matched = match([but(ANN, owner="lo1")], theirs, MatchOptions(owners=OFFICES))
    assert review(matched, [], seal).hits("S1") == ("T1",)


# -- the queue ----------------------------------------------------------------------------------------------


def compared(bits: float, likeness: Likeness = Likeness.PERSON) -> Comparison:
    return Comparison(likeness, bits, (Evidence("phone", AgreementLevel.EQUAL, bits),))


def question(
    key: str = "S S1",
    verdict: Verdict = Verdict.POSSIBLE_DUPLICATE,
    comparison: Comparison | None = None,
    place: int = 0,
    pairs: tuple[tuple[str, ...], tuple[str, ...]] = (("S1",), ("T1",)),
) -> ReviewItem:
    return ReviewItem(key, VerdictRow(verdict), *pairs, comparison, later=False, place=place)


def put_off(item: ReviewItem) -> ReviewItem:
    row, comparison = item.row, item.comparison
    return ReviewItem(item.key, row, item.ours, item.theirs, comparison, later=True, place=item.place)


def test_there_are_five_costs_the_most_expensive_mistake_first() -> None:
    assert [cost.name for cost in Cost] == ["OVERWRITE", "DOUBLED", "HOUSEHOLD", "HELD", "GONE"]
    assert sorted(Cost) == [*Cost]


@pytest.mark.parametrize(("pairs", "first"), [((("S1",), ()), ("S1", "")), (((), ("T1", "T2")), ("", "T1"))])
def test_the_first_pair_of_a_question_names_a_missing_record_with_no_id(
    pairs: tuple[tuple[str, ...], tuple[str, ...]], first: Ids
) -> None:
    assert question(pairs=pairs).first == first


@pytest.mark.parametrize(
    ("pairs", "count"),
    [((("S1",), ()), 1), (((), ("T1", "T2")), 2), ((("S1", "S2"), ("T1", "T2", "T3")), 6)],
)
def test_a_question_has_a_pair_for_each_choice_of_one_record_of_each_side(
    pairs: tuple[tuple[str, ...], tuple[str, ...]], count: int
) -> None:
    assert question(pairs=pairs).pairs == count


SORTED = (
    question("a", Verdict.PUSH, place=9),
    question("b", comparison=compared(3.0), place=8),
    question("e", comparison=compared(2.0), place=3),
    question("c", comparison=compared(2.0), place=4),
    question("d", comparison=compared(2.0), place=4),
    question("f", comparison=compared(9.0, Likeness.HOUSEHOLD), place=1),
    question("g", Verdict.HOUSEHOLD, compared(1.0, Likeness.HOUSEHOLD), place=5),
    question("h", Verdict.HOUSEHOLD, compared(9.0, Likeness.HOUSEHOLD), place=6),
    question("i", Verdict.HOLD, place=0),
    put_off(question("j", Verdict.PUSH, place=0)),
)
"""Questions in the order of the queue."""
LAST_FIRST = SORTED[::-1]


def test_the_queue_is_sorted_by_cost_then_evidence_then_place() -> None:
    assert sorted(LAST_FIRST, key=rank) == [*SORTED]


def test_in_blind_mode_the_evidence_does_not_sort_the_queue() -> None:
    keys = [item.key for item in sorted(LAST_FIRST, key=plain_rank)]
    assert keys == ["a", "f", "e", "c", "d", "b", "g", "h", "i", "j"]


def test_only_questions_of_one_verdict_one_likeness_and_one_pattern_are_answered_at_once() -> None:
    person, household = compared(2.0), compared(3.0, Likeness.HOUSEHOLD)
    item = question(comparison=person)
    assert group_of(item) == group_of(question("S S2", comparison=compared(5.0), place=7))
    others = (
        question(comparison=household),
        question(verdict=Verdict.HOLD, comparison=person),
        put_off(item),
    )
    assert group_of(item) not in [group_of(other) for other in others]


def test_a_question_without_a_comparison_has_no_pattern_and_no_group() -> None:
    several = question(verdict=Verdict.HOLD, pairs=(("S1", "S2"), ("T1",)))
    assert pattern(several) == ()
    assert group_of(several) is None


def test_a_question_with_several_pairs_has_no_comparison() -> None:
    """Contacts of one email, each with strong evidence: there is no single pair to compare."""
    (item,) = review(match(*FOUR), [], seal).queue
    assert (item.pairs, item.comparison) == (4, None)
