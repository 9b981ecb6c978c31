"""A group is one row: second records of a linked person, several links, links in doubt, chains of strangers."""

from __future__ import annotations

import pytest

from core.contacts.linkage.suggestions import suggest
from core.contacts.match.match import Matched, match
from core.contacts.match.rule import MatchOptions
from core.contacts.model import Contact, Reason, Verdict, VerdictRow
from core.contacts.records import Answer
from core.contacts.review.reviewed import review
from tests.support.many_records import Books, chained, many_records
from tests.support.people import HALE, as_theirs, but, strangers
from tests.unit.core.contacts.test_review import said, seal

LINKED = MatchOptions(standing=(("S1", "T1"),))
OURS, THEIRS = strangers(40, "S"), strangers(40, "T")
FIRST = as_theirs(HALE)


def matched(ours: list[Contact], theirs: list[Contact], options: MatchOptions | None = LINKED) -> Matched:
    return match([*OURS, HALE, *ours], [*THEIRS, FIRST, *theirs], options)


def row_of(found: Matched, record_id: str) -> VerdictRow:
    """Return the row that decides about a record."""
    (row,) = (row for row in found.rows if record_id in (*row.own_simplenexus_ids, *row.own_total_expert_ids))
    return row


@pytest.mark.parametrize("options", [LINKED, None])
@pytest.mark.parametrize(
    ("ours", "theirs", "second"),
    [
        ([], [but(FIRST, id="T2", email="r.hale@work.example")], "T2"),
        ([but(HALE, id="S2", email="r.hale@work.example")], [], "S2"),
        ([], [but(FIRST, id="T2", email="", street="", postcode="")], "T2"),
    ],
)
def test_a_second_record_of_a_linked_person_is_a_question_on_either_side(
    ours: list[Contact], theirs: list[Contact], second: str, options: MatchOptions | None
) -> None:
    """The two are linked before, or by the rule."""
    if options is None:
        theirs = [but(contact, birth_date="1971-04-12") for contact in theirs]
        found = match([*OURS, HALE, *ours], [*THEIRS, but(FIRST, email=HALE.email), *theirs])
    else:
        found = matched(ours, theirs)
    row = row_of(found, second)
    assert (row.verdict, row.reason) == (Verdict.POSSIBLE_DUPLICATE, Reason.SECOND_RECORD)
    assert {"S1", "T1"} <= {*row.simplenexus_ids, *row.total_expert_ids}
    assert row_of(found, "S1").verdict in (Verdict.LINKED, Verdict.LINK)


def test_the_father_of_a_linked_person_is_no_second_record() -> None:
    senior = but(FIRST, id="T2", email="hale.sr@post.example", suffix="Sr")
    found = match([but(HALE, suffix="Jr")], [but(FIRST, suffix="Jr"), senior], LINKED)
    assert row_of(found, "T2").verdict is Verdict.IMPORT


def test_several_records_of_one_person_are_one_row_with_all_of_them() -> None:
    again = [but(FIRST, id=f"T{n}", email=f"hale{n}@post.example") for n in (2, 3)]
    found = matched([but(HALE, id="S2", email="bob@hale.example")], again, None)
    row = row_of(found, "T2")
    assert {*row.simplenexus_ids} == {"S1", "S2"}
    assert {*row.total_expert_ids} == {"T1", "T2", "T3"}
    assert row.elsewhere == ((), ())
    assert len(row.suggestions) == 6
    assert row.verdict is Verdict.POSSIBLE_DUPLICATE


def test_a_question_that_joins_a_hold_names_all_pairs_of_one_person_in_it() -> None:
    """A couple shares an inbox in one book. In the other one of them has it, and the other another email."""
    wife = but(HALE, id="S2", first_name="Ines", birth_date="1974-09-30", mobile_phone="(212) 555-0133")
    other = but(as_theirs(wife), id="T2", email="ines@hale.example")
    for theirs in ([other, but(FIRST, email=HALE.email)], [but(FIRST, email=HALE.email), other]):
        found = match([*OURS, HALE, wife], [*THEIRS, *theirs])
        row = row_of(found, "T2")
        assert row_of(found, FIRST.id) is row
        pairs = {(pair.simplenexus_id, pair.total_expert_id) for pair in row.suggestions}
        assert {("S1", FIRST.id), ("S2", "T2")} <= pairs


def test_two_linked_pairs_of_one_person_are_a_question_for_which_nothing_is_sent() -> None:
    again = but(HALE, id="S2", email="bob@hale.example"), but(FIRST, id="T2", email="hale@post.example")
    found = matched([again[0]], [again[1]], MatchOptions(standing=(("S1", "T1"), ("S2", "T2"))))
    row = found.rows[-1]
    assert (row.verdict, row.reason) == (Verdict.POSSIBLE_DUPLICATE, Reason.SEVERAL_LINKS)
    assert row_of(found, "S2").verdict is Verdict.LINKED
    reviewed = review(found, [], seal)
    (item,) = (item for item in reviewed.queue if item.row == row)
    assert item.key == "G S1"
    for pair in (("S1", "T2"), ("S2", "T1")):
        assert Answer.SAME in reviewed.offered(pair)
        reviewed.take(pair, said(pair, Answer.SAME, found))
    assert reviewed.item(item.key) is None


def test_a_link_whose_evidence_has_turned_against_it_is_raised_until_a_person_answers() -> None:
    other = but(
        FIRST, first_name="Mary", last_name="Ito", birth_date="--09-30", mobile_phone="(212) 555-0133"
    )
    found = match([*OURS, HALE], [*THEIRS, other], LINKED)
    row = row_of(found, "S1")
    assert (row.verdict, row.reason) == (Verdict.LINKED, Reason.DOUBTED)
    reviewed = review(found, [], seal)
    assert [item.row for item in reviewed.queue] == [row]
    reviewed.take(("S1", "T1"), said(("S1", "T1"), Answer.SAME, found))
    assert reviewed.queue == ()
    assert row_of(found, "S1") in reviewed.rows
    changed = match([*OURS, but(HALE, postcode="10001")], [*THEIRS, other], LINKED)
    assert len(review(changed, [said(("S1", "T1"), Answer.SAME, found)], seal).queue) == 1


def test_a_group_is_undone_at_once() -> None:
    again = [but(FIRST, id=f"T{n}", email=f"hale{n}@post.example") for n in (2, 3)]
    found = matched([], again)
    reviewed = review(found, [], seal)
    before = reviewed.rows
    pairs = [("S1", "T2"), ("S1", "T3")]
    for pair in pairs:
        reviewed.take(pair, said(pair, Answer.SAME, found))
    assert all(reviewed.row_of(total_expert_id=n).reason is Reason.SECOND_RECORD for n in ("T2", "T3"))
    for pair in pairs:
        reviewed.take(pair, None)
    assert reviewed.rows == before


def scores(books: Books) -> tuple[float, float]:
    """Return precision and recall of the suggested pairs of two books."""
    found = {
        (pair.simplenexus_id, pair.total_expert_id) for pair in suggest(books.simplenexus, books.total_expert)
    }
    true = books.true_pairs
    return len(found & true) / len(found), len(found & true) / len(true)


def test_chains_of_strangers_are_told_apart() -> None:
    precision, recall = scores(chained(6, 12, 1))
    assert precision >= 0.9
    assert recall >= 0.9


@pytest.mark.parametrize("families", [0.0, 0.6])
def test_people_with_several_records_on_each_side_are_found(families: float) -> None:
    precision, recall = scores(many_records(120, 2, families=families))
    assert precision >= 0.95
    assert recall >= 0.85
