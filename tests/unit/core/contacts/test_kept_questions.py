"""The open questions of a match are kept without values, open again as they were, and are checked by the next match."""

from __future__ import annotations

import msgspec
import pytest

from core.contacts.match.match import Matched, match
from core.contacts.match.rule import MatchOptions, Owners
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.records import QUESTIONS_FILE, Answer, Judged
from core.contacts.review.kept_questions import decoded, encoded, kept_match
from core.contacts.review.reviewed import Reviewed, review
from core.contacts.review.use_cases import ReviewUseCases, open_questions
from core.erasure import forget, plan_erasure
from core.errors import DeskError
from core.push.records import Link
from tests.support.fakes import FakeBook
from tests.support.families import Habits, families
from tests.support.many_records import many_records
from tests.support.people import but
from tests.unit.core.contacts.test_gone_links import ANN, HERS, OWNERS
from tests.unit.core.contacts.test_review import seal
from tests.unit.core.contacts.test_review_use_cases import Clock, couples, pair


def snapshot(matched: Matched, at: float = 5.0) -> MatchSnapshot:
    books = tuple(matched.simplenexus.values()), tuple(matched.total_expert.values())
    return MatchSnapshot(*books, (), (), matched.terms.owners or Owners({}), (), {}, at=at)


def again(reviewed: Reviewed, gathered: MatchSnapshot | None = None) -> Reviewed:
    """Return what a new start makes of the questions of a review."""
    before = reviewed.matched
    kept = decoded(encoded(reviewed, snapshot(before), seal))
    assert kept is not None
    options = MatchOptions(owners=before.terms.owners)
    return review(kept_match(kept, gathered or snapshot(before), options, seal), [], seal)


def questions(reviewed: Reviewed) -> list[tuple[object, ...]]:
    return [(item.key, item.row, item.ours, item.theirs, item.comparison) for item in reviewed.queue]


def some_matches() -> list[Matched]:
    several = many_records(60, 4)
    shared = families(40, 3, Habits(inbox=0.6, several=0.3))
    links = [
        (one.id, other.id)
        for one, other in zip(several.simplenexus[:9], several.total_expert[:9], strict=True)
    ]
    of_two = [
        [but(one, owner="lo1" if n % 3 else "lo2") for n, one in enumerate(shared.simplenexus)],
        [but(one, owner="u1" if n % 2 else "u2") for n, one in enumerate(shared.total_expert)],
    ]
    return [
        match(several.simplenexus, several.total_expert, MatchOptions(standing=tuple(links))),
        match(shared.simplenexus, shared.total_expert),
        match(*of_two, MatchOptions(owners=OWNERS)),
        match([ANN], [HERS], MatchOptions(owners=OWNERS, standing=(("S1", "T1"),))),
    ]


@pytest.mark.parametrize("n", range(4))
def test_a_new_start_has_the_questions_of_the_last_match(n: int) -> None:
    before = review(some_matches()[n], [], seal)
    assert before.queue
    after = again(before)
    assert questions(after) == questions(before)
    for item in before.queue:
        assert after.offered(item.first) == before.offered(item.first)


@pytest.mark.parametrize("n", range(4))
def test_no_value_of_a_contact_is_kept(n: int) -> None:
    reviewed = review(some_matches()[n], [], seal)
    content = encoded(reviewed, snapshot(reviewed.matched), seal).decode()
    for contact in (*reviewed.matched.simplenexus.values(), *reviewed.matched.total_expert.values()):
        for value in (
            contact.first_name,
            contact.last_name,
            contact.email,
            *contact.phones,
            contact.birth_date,
        ):
            assert len(value) < 5 or f'"{value}"' not in content


def test_a_question_about_a_contact_that_changed_waits_for_the_match() -> None:
    before = review(couples(3), [], seal)
    gathered = snapshot(before.matched)
    changed = msgspec.structs.replace(
        gathered, total_expert=(but(gathered.total_expert[0], city="Reno"), *gathered.total_expert[1:-1])
    )
    assert [item.key for item in again(before, changed).queue] == ["S S1"]


@pytest.mark.parametrize(
    "content", [None, b"", b"{}", b'{"format":2,"at":1,"rows":[]}', b'{"format":1,"at":1}']
)
def test_what_this_version_does_not_understand_is_no_question(content: bytes | None) -> None:
    assert decoded(content) is None


# -- a start, and the match after it ------------------------------------------------------------------------


async def started(book: FakeBook, matched: Matched) -> tuple[ReviewUseCases, Reviewed]:
    """Return the review of a new start, after a run that made this match."""
    first = ReviewUseCases(book, Clock(), "m.hale")
    await first.keep(await first.begin(matched), snapshot(matched))
    desk = ReviewUseCases(book, Clock(), "m.hale")
    kept = await desk.last_questions()
    assert kept is not None
    options = MatchOptions(owners=matched.terms.owners)
    return desk, await desk.begin_last(kept, snapshot(matched), options)


async def test_an_answer_about_a_question_of_the_last_match_holds_if_its_records_are_the_same() -> None:
    book, matched = FakeBook(), couples(3)
    desk, reviewed = await started(book, matched)
    assert (desk.last_at, len(reviewed.queue)) == (5.0, 3)
    await desk.answer([pair(0)], Answer.SAME)
    await desk.answer([pair(1)], Answer.DIFFERENT)
    now = await desk.begin(matched)
    assert (desk.last_at, desk.taken_back) == (None, ())
    assert [item.key for item in now.queue] == ["S S2"]


@pytest.mark.parametrize("answer", [Answer.SAME, Answer.DIFFERENT, Answer.LATER])
async def test_an_answer_is_taken_back_if_a_compared_field_changed(answer: Answer) -> None:
    book, matched = FakeBook(), couples(2)
    desk, _ = await started(book, matched)
    await desk.answer([pair(0)], answer)
    await desk.answer([pair(1)], answer)
    theirs = [
        but(one, mobile_phone="4155550142") if one.id == "T0" else one
        for one in matched.total_expert.values()
    ]
    now = await desk.begin(match([*matched.simplenexus.values()], theirs))
    assert [judged.ids for judged in desk.taken_back] == [pair(0)]
    assert [judged.ids for judged in await book.all(Judged)] == [pair(1)]
    assert now.item("S S0") is not None


async def test_the_answer_that_one_replaced_is_there_again_when_it_is_taken_back() -> None:
    book, matched = FakeBook(), couples(1)
    earlier = ReviewUseCases(book, Clock(), "m.hale")
    await earlier.begin(matched)
    await earlier.answer([pair(0)], Answer.LATER)
    desk, _ = await started(book, matched)
    await desk.answer([pair(0)], Answer.SAME)
    changed = [but(matched.total_expert["T0"], city="Reno", postcode="89501")]
    await desk.begin(match([*matched.simplenexus.values()], changed))
    assert [judged.answer for judged in await book.all(Judged)] == [Answer.LATER]


async def test_an_answer_of_the_new_match_is_never_taken_back() -> None:
    book, matched = FakeBook(), couples(1)
    desk, _ = await started(book, matched)
    await desk.begin(matched)
    await desk.answer([pair(0)], Answer.SAME)
    changed = [but(matched.total_expert["T0"], city="Reno", postcode="89501")]
    await desk.begin(match([*matched.simplenexus.values()], changed))
    assert (desk.taken_back, [judged.answer for judged in await book.all(Judged)]) == ((), [Answer.SAME])


async def test_the_book_alone_says_how_many_questions_are_open() -> None:
    book, matched = FakeBook(), couples(3)
    assert await open_questions(book) == 0
    desk, _ = await started(book, matched)
    assert await open_questions(book) == 3
    await desk.answer([pair(0)], Answer.SAME)
    await desk.answer([pair(1)], Answer.LATER)
    assert await open_questions(book) == 2
    await book.put_file(QUESTIONS_FILE, b"nonsense")
    assert await open_questions(book) == 0


async def test_no_link_is_removed_before_both_systems_are_read() -> None:
    book = FakeBook()
    matched = match([ANN], [HERS], MatchOptions(owners=OWNERS, standing=(("S1", "T1"),)))
    desk, _ = await started(book, matched)
    for ids, answer in ((("S1", "T1"), Answer.UNLINK), (("S1", "T2"), Answer.SAME)):
        with pytest.raises(DeskError) as refused:
            await desk.answer([ids], answer)
        assert refused.value.code == "still-refreshing"
    assert await book.all(Judged) == []
    assert await book.all(Link) == []


async def test_forgetting_somebody_removes_the_questions_that_name_the_record() -> None:
    book, matched = FakeBook(), couples(2)
    await started(book, matched)
    await forget(book, await plan_erasure(book, "S7"))
    assert await book.get_file(QUESTIONS_FILE) is not None
    await forget(book, await plan_erasure(book, "S1"))
    assert await book.get_file(QUESTIONS_FILE) is None


def test_contacts_are_hashed_with_a_key() -> None:
    before = review(couples(1), [], seal)
    one = encoded(before, snapshot(before.matched), seal)
    other = encoded(
        before, snapshot(before.matched), lambda field, value: seal(field, [value, "another book"])
    )
    assert one != other
