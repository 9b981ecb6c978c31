"""A link whose record is gone, merged or another owner's: who waits, who is offered, and what an answer writes."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.contacts.match.existing_links import BookLinks, successors
from core.contacts.match.match import Matched, match
from core.contacts.match.rule import MatchOptions, Owners
from core.contacts.match.snapshot import MatchSnapshot, assemble
from core.contacts.model import Contact, ContactKind, Reason, Verdict
from core.contacts.ports import LostRecords, Owner, RejectedContact
from core.contacts.reading.copy import ContactCopy, CopyChanges, folded
from core.contacts.records import Answer, Judged
from core.contacts.review.consequences import asks, consequence, if_nobody_decides, why_not_same
from core.contacts.review.decisions import Ids
from core.contacts.review.reviewed import Reviewed, review
from core.contacts.review.use_cases import ReviewUseCases
from core.contacts.sync.share_plan import shareable
from core.errors import DeskError
from core.push.plan import Entity, System, make_ref
from core.push.records import Link, Record, Unlinked
from tests.support.fakes import FakeBook, LoopClock
from tests.support.people import but
from tests.unit.core.contacts.test_review import seal

ANN = Contact(
    "S1", first_name="Ann", last_name="Lee", email="ann@x.example", owner="lo1", kind=ContactKind.BORROWER
)
HERS = Contact("T2", first_name="Ann", last_name="Lee", email="ann@x.example", owner="u1")
OWNERS = Owners({"u1": "lo1", "u2": "lo2"})
REF = make_ref("w", System.TOTAL_EXPERT, Entity.CONTACT, "S1")
PUSHED = Link(System.TOTAL_EXPERT, Entity.CONTACT, "S1", "T1", REF, 5.0)
IMPORTED = Link(System.SIMPLENEXUS, Entity.PROSPECT, "T2", "S9", "BD-9", 5.0)


def matched(
    ours: list[Contact], theirs: list[Contact], link: Ids = ("S1", "T1"), after: tuple[Ids, ...] = ()
) -> Matched:
    return match(ours, theirs, MatchOptions(owners=OWNERS, standing=(link,), successors=after))


def verdicts(found: Matched) -> dict[str, tuple[Verdict, Reason]]:
    """Return the verdict and the reason of each record."""
    return {
        record_id: (row.verdict, row.reason)
        for row in found.rows
        for record_id in (*row.own_simplenexus_ids, *row.own_total_expert_ids)
    }


GONE = Verdict.GONE, Reason.HALF_GONE
HELD = Verdict.HOLD, Reason.BESIDE_A_LINK


# -- the rule -----------------------------------------------------------------------------------------------


def test_who_shares_one_of_several_emails_with_a_held_record_is_held_too() -> None:
    """The first record has an email of the one that is gone; the second has its other email."""
    two = Contact("S2", "Bo", email="ann@x.example; bo@x.example", owner="lo1")
    other = Contact("S3", "Bo", email="bo@x.example", owner="lo1")
    theirs = Contact("T3", "Bo", email="bo@x.example", owner="u1")
    found = verdicts(matched([ANN, two, other], [theirs]))
    assert found == {"S1": GONE, "S2": HELD, "S3": HELD, "T3": HELD}


def test_a_link_whose_record_is_gone_names_that_record_and_stays_alone() -> None:
    (row,) = matched([ANN], []).rows
    assert (row.verdict, row.simplenexus_ids, row.total_expert_ids, row.gone) == (
        Verdict.GONE,
        ("S1",),
        (),
        "T1",
    )
    (row,) = matched([], [but(HERS, id="T1")]).rows
    assert (row.verdict, row.simplenexus_ids, row.total_expert_ids, row.gone) == (
        Verdict.GONE,
        (),
        ("T1",),
        "S1",
    )


@pytest.mark.parametrize("owner", ["u1", "u2"])
def test_a_record_with_the_email_of_a_gone_link_is_held_whoever_its_owner_is(owner: str) -> None:
    assert verdicts(matched([ANN], [but(HERS, owner=owner)])) == {"S1": GONE, "T2": HELD}
    ours = but(ANN, id="S2", owner="lo1" if owner == "u1" else "lo2")
    assert verdicts(matched([ours], [but(HERS, id="T1")])) == {"T1": GONE, "S2": HELD}


def test_who_bears_the_reference_of_a_gone_record_is_held_whatever_the_email() -> None:
    merged = but(HERS, email="other@x.example", first_name="Zoe", last_name="Ito")
    other = but(ANN, id="S2", email="other@x.example", first_name="Zoe", last_name="Ito")
    assert verdicts(matched([ANN], [merged]))["T2"][0] is Verdict.IMPORT
    found = verdicts(matched([ANN, other], [merged], after=(("S1", "T2"),)))
    assert found == {"S1": GONE, "T2": HELD, "S2": HELD}
    nameless = but(merged, email="", mobile_phone="4155550142")
    assert verdicts(matched([ANN], [nameless], after=(("S1", "T2"),)))["T2"] == HELD


def test_a_linked_pair_whose_owners_are_tied_to_others_is_asked_about() -> None:
    theirs = but(HERS, id="T1", owner="u2")
    assert verdicts(matched([ANN], [theirs]))["S1"] == (Verdict.GONE, Reason.MOVED)
    for owner in ("u1", "nobody"):
        found = verdicts(matched([ANN], [but(theirs, owner=owner)]))
        assert found["S1"] == (Verdict.LINKED, Reason.STANDING)


def test_the_successor_bears_the_reference_of_the_record_that_is_gone() -> None:
    links = [PUSHED, Link(System.SIMPLENEXUS, Entity.PROSPECT, "T5", "S5", "BD-5", 5.0)]
    refs = {REF: "T2", "BD-5": "S6"}
    assert successors({"S1", "S6"}, {"T2", "T5"}, links, refs) == (("S1", "T2"), ("S6", "T5"))
    assert successors({"S1", "S5"}, {"T1", "T2", "T5"}, links, refs) == ()
    assert successors({"S1"}, {"T2"}, links, {REF: "T1"}) == ()
    assert successors({"S1"}, set(), links, refs) == ()


# -- the question -------------------------------------------------------------------------------------------


def asked(found: Matched, *answers: Judged) -> Reviewed:
    return review(found, answers, seal)


def test_the_question_says_what_is_gone_and_offers_who_may_have_taken_its_place() -> None:
    bearer = but(HERS, id="T8", email="b@x.example")
    linked = but(HERS, id="T7", email="ann@x.example")
    found = match(
        [ANN, but(ANN, id="S7", email="c@x.example")],
        [HERS, bearer, linked],
        MatchOptions(owners=OWNERS, standing=(("S1", "T1"), ("S7", "T7")), successors=(("S1", "T8"),)),
    )
    reviewed = asked(found)
    item = reviewed.item("S S1")
    assert item is not None
    assert item.ours == ("S1",)
    assert item.theirs[:2] == ("T8", "T2")
    assert "T7" not in item.theirs
    assert asks(item) == "T1 wasn't found in Total Expert. Where does the link go?"
    assert reviewed.offered(("S1", "T2")) == (Answer.SAME, Answer.LATER, Answer.UNLINK)
    assert consequence(reviewed, item, ("S1", "T2"), Answer.SAME) == "the link goes to this record"
    assert if_nobody_decides(reviewed, item, "desk").endswith("nothing is written to either record")


def test_without_a_candidate_the_link_can_be_removed_or_left() -> None:
    reviewed = asked(matched([ANN], []))
    (item,) = reviewed.queue
    assert item.first == ("S1", "")
    for ids in (("S1", ""), ("S1", "T1")):
        assert reviewed.offered(ids) == (Answer.LATER, Answer.UNLINK)
    words = consequence(reviewed, item, ("S1", ""), Answer.UNLINK)
    assert words == "the link is removed; pushed as a new record unless another record matches"
    reviewed = asked(matched([], [but(HERS, id="T1")]))
    (item,) = reviewed.queue
    words = consequence(reviewed, item, ("", "T1"), Answer.UNLINK)
    assert words == "the link is removed; imported as a new record unless another record matches"


def test_a_candidate_of_an_owner_who_is_tied_to_somebody_else_cannot_take_the_link() -> None:
    reviewed = asked(matched([ANN], [but(HERS, owner="u2")]))
    assert reviewed.offered(("S1", "T2")) == (Answer.LATER, Answer.UNLINK)
    assert why_not_same(reviewed, ("S1", "T2")) == "their owners are not matched with each other"


# -- the answers --------------------------------------------------------------------------------------------


class Desk:
    """A book with links, and the review of a match over it."""

    def __init__(self) -> None:
        self.book = FakeBook()
        self.clock = LoopClock()
        self.desk = ReviewUseCases(self.book, self.clock, "m.hale")

    async def with_links(self, *links: Record) -> Desk:
        await self.book.commit(*links)
        return self

    async def links(self) -> set[tuple[str, str]]:
        return {(link.local_id, link.remote_id) for link in await self.book.all(Link)}

    async def unlinked(self) -> set[tuple[str, str]]:
        return {(link.local_id, link.remote_id) for link in await self.book.all(Unlinked)}

    async def said(self) -> dict[Ids, Answer]:
        return {judged.ids: judged.answer for judged in await self.book.all(Judged)}


async def test_a_link_goes_to_the_record_that_took_the_place_of_the_other() -> None:
    desk = await Desk().with_links(PUSHED)
    await desk.desk.begin(matched([ANN], [HERS]))
    done = await desk.desk.answer([("S1", "T2")], Answer.SAME)
    assert done.changed_links
    assert await desk.said() == {("S1", "T2"): Answer.SAME, ("S1", "T1"): Answer.UNLINK}
    assert (await desk.links(), await desk.unlinked()) == (set(), {("S1", "T1")})
    again = match([ANN], [HERS], MatchOptions(owners=OWNERS))
    (row,) = (await desk.desk.begin(again)).rows
    assert (row.verdict, row.reason, row.total_expert_ids) == (Verdict.LINK, Reason.DECIDED, ("T2",))


@pytest.mark.parametrize("ids", [("S1", ""), ("S1", "T1")])
async def test_a_link_is_removed_and_the_record_is_handled_alone(ids: Ids) -> None:
    desk = await Desk().with_links(PUSHED)
    await desk.desk.begin(matched([ANN], []))
    await desk.desk.answer([ids], Answer.UNLINK)
    assert await desk.said() == {("S1", "T1"): Answer.UNLINK}
    assert (await desk.links(), await desk.unlinked()) == (set(), {("S1", "T1")})
    (row,) = (await desk.desk.begin(match([ANN], [], MatchOptions(owners=OWNERS)))).rows
    assert row.verdict is Verdict.PUSH


async def test_later_leaves_the_link_and_puts_the_question_last() -> None:
    desk = await Desk().with_links(PUSHED)
    reviewed = await desk.desk.begin(matched([ANN], [HERS]))
    done = await desk.desk.answer([("S1", "T2")], Answer.LATER)
    assert not done.changed_links
    assert (await desk.links(), await desk.unlinked()) == ({("S1", "T1")}, set())
    item = reviewed.item("S S1")
    assert item is not None
    assert item.later


async def test_undo_gives_the_link_back() -> None:
    desk = await Desk().with_links(PUSHED)
    await desk.desk.begin(matched([ANN], [HERS]))
    await desk.desk.answer([("S1", "T2")], Answer.SAME)
    undone = await desk.desk.undo()
    assert undone is not None
    assert undone.changed_links
    assert await desk.said() == {}
    assert (await desk.links(), await desk.unlinked()) == ({("S1", "T1")}, set())


async def test_undo_gives_no_link_back_where_a_sync_has_linked_again() -> None:
    desk = await Desk().with_links(PUSHED)
    await desk.desk.begin(matched([ANN], [HERS]))
    await desk.desk.answer([("S1", "T2")], Answer.SAME)
    now = Link(System.TOTAL_EXPERT, Entity.CONTACT, "S1", "T2", REF, 9.0)
    await desk.book.commit(now, drop=[(Unlinked, now.key)])
    await desk.desk.undo()
    assert await desk.said() == {}
    assert await desk.links() == {("S1", "T2")}


async def test_the_link_of_an_import_goes_to_another_prospect_too() -> None:
    prospect = but(ANN, id="S2", kind=ContactKind.PROSPECT)
    desk = await Desk().with_links(IMPORTED)
    await desk.desk.begin(matched([prospect], [HERS], ("S9", "T2")))
    await desk.desk.answer([("S2", "T2")], Answer.SAME)
    assert (await desk.links(), await desk.unlinked()) == (set(), {("T2", "S9")})


async def test_undo_gives_no_link_of_an_import_back_where_its_contact_is_linked_again() -> None:
    prospect = but(ANN, id="S2", kind=ContactKind.PROSPECT)
    desk = await Desk().with_links(IMPORTED)
    await desk.desk.begin(matched([prospect], [HERS], ("S9", "T2")))
    await desk.desk.answer([("S2", "T2")], Answer.SAME)
    await desk.book.commit(Link(System.TOTAL_EXPERT, Entity.CONTACT, "S2", "T2", "BD-2", 9.0))
    await desk.desk.undo()
    assert await desk.links() == {("S2", "T2")}


async def test_a_pair_with_two_owners_stays_linked_or_is_taken_apart() -> None:
    theirs = but(HERS, id="T1", owner="u2")
    desk = await Desk().with_links(PUSHED)
    reviewed = await desk.desk.begin(matched([ANN], [theirs]))
    (item,) = reviewed.queue
    assert asks(item) == "Two owners now: does the link stay?"
    await desk.desk.answer([("S1", "T1")], Answer.SAME)
    assert reviewed.queue == ()
    assert [row.verdict for row in reviewed.rows] == [Verdict.LINKED]
    assert await desk.links() == {("S1", "T1")}
    await desk.desk.undo()
    assert len(reviewed.queue) == 1
    await desk.desk.answer([("S1", "T1")], Answer.UNLINK)
    assert (await desk.links(), await desk.unlinked()) == (set(), {("S1", "T1")})


async def test_only_a_link_in_trouble_can_be_removed() -> None:
    desk = await Desk().with_links(PUSHED)
    await desk.desk.begin(matched([ANN], [but(HERS, id="T1")]))
    with pytest.raises(DeskError) as caught:
        await desk.desk.answer([("S1", "T1")], Answer.UNLINK)
    assert caught.value.code == "not-offered"
    await desk.desk.begin(matched([ANN], [HERS]))
    with pytest.raises(DeskError) as caught:
        await desk.desk.answer([("S1", "T9")], Answer.UNLINK)
    assert caught.value.code == "unknown-pair"


# -- links that the records alone tell of ---------------------------------------------------------------------


def lost_after(before: ContactCopy, *gone: str) -> ContactCopy:
    """Return a copy after an incremental read that found these records gone."""
    return folded(before, [CopyChanges(1.0, gone=list(gone))])


THEIRS = ContactCopy(
    contacts={"T1": but(HERS, id="T1")}, bears=[("S1", "T1"), ("X", "T1")], refs=[("BD-1", "T1")]
)


def test_a_record_that_is_gone_leaves_its_references_and_external_ids() -> None:
    lost = lost_after(THEIRS, "T1").lost
    assert (lost.ids, lost.refs, lost.bears) == (("T1",), (("BD-1", "T1"),), (("S1", "T1"), ("X", "T1")))
    full = ContactCopy(contacts={"T5": HERS}).after(lost_after(THEIRS, "T1"))
    assert full.lost == lost
    assert ContactCopy(contacts={"T5": HERS}).after(THEIRS).lost == lost
    back = folded(lost_after(THEIRS, "T1"), [CopyChanges(2.0, [but(HERS, id="T1")])])
    assert back.lost == LostRecords()
    aside = ContactCopy(aside=[RejectedContact(System.TOTAL_EXPERT, "T1", "no email")])
    assert aside.after(THEIRS).lost == LostRecords()


def snapshot(ours: ContactCopy, theirs: ContactCopy, *unlinked: Unlinked) -> MatchSnapshot:
    book = BookLinks(unlinked=unlinked)
    return assemble(ours.reading, theirs.reading, book, "w", frozenset(), {}, 0.0)


def test_a_link_that_only_the_records_tell_of_outlives_either_record() -> None:
    ours = ContactCopy(contacts={"S1": ANN})
    assert snapshot(ours, THEIRS).links == (("S1", "T1"),)
    assert snapshot(ours, lost_after(THEIRS, "T1")).links == (("S1", "T1"),)
    assert snapshot(lost_after(ours, "S1"), THEIRS).links == (("S1", "T1"),)
    moved = folded(lost_after(THEIRS, "T1"), [CopyChanges(2.0, [HERS], bears=[("S1", "T2")])])
    assert snapshot(ours, moved).links == (("S1", "T2"),), "who bears the external id now is linked"
    by_ref = ContactCopy(contacts={"T1": but(HERS, id="T1")}, refs=[(REF, "T1")])
    assert snapshot(ours, lost_after(by_ref, "T1")).links == (("S1", "T1"),)
    assert snapshot(lost_after(ours, "S1"), by_ref).links == (("S1", "T1"),)


async def test_such_a_link_is_removed_for_good_and_given_back_by_undo() -> None:
    desk = Desk()
    await desk.desk.begin(matched([ANN], []))
    await desk.desk.answer([("S1", "T1")], Answer.UNLINK)
    ours, theirs = ContactCopy(contacts={"S1": ANN}), lost_after(THEIRS, "T1")
    removed = await desk.book.all(Unlinked)
    assert snapshot(ours, theirs, *removed).links == ()
    await desk.desk.undo()
    assert (await desk.book.all(Unlinked), await desk.book.all(Link)) == ([], [])


def test_a_link_with_two_owners_asks_until_a_person_confirms_it() -> None:
    officers = [
        Owner("lo1", "a@desk.example"),
        Owner("lo2", "b@desk.example"),
        Owner("lo3", "c@desk.example"),
    ]
    users = [Owner("u1", "a@desk.example"), Owner("u2", "b@desk.example"), Owner("u4", "d@desk.example")]

    def found(our_owner: str, their_owner: str, *same: Ids) -> tuple[Ids, ...]:
        ours = ContactCopy(officers, contacts={"S1": but(ANN, owner=our_owner)})
        theirs = ContactCopy(users, contacts={"T1": but(HERS, id="T1", owner=their_owner)})
        book = BookLinks([PUSHED], same=frozenset(same))
        return assemble(ours.reading, theirs.reading, book, "w", frozenset(), {}, 0.0).asking

    assert found("lo1", "u2") == (("S1", "T1"),)
    assert found("lo1", "u2", ("S1", "T1")) == ()
    ours = ContactCopy(officers, contacts={"S1": ANN})
    aside = ContactCopy(users, aside=[RejectedContact(System.TOTAL_EXPERT, "T1", "no email")])
    for theirs, asking in ((ContactCopy(users), (("S1", "T1"),)), (aside, ())):
        read = assemble(ours.reading, theirs.reading, BookLinks([PUSHED]), "w", frozenset(), {}, 0.0)
        assert read.asking == asking
    for owners in (("lo1", "u1"), ("lo3", "u1"), ("lo1", "u4")):
        assert found(*owners) == (), owners


def test_the_app_is_not_shared_over_a_link_that_asks_where_it_goes() -> None:
    prospect = but(ANN, id="S9", kind=ContactKind.PROSPECT)
    ours, theirs = ContactCopy(contacts={"S9": prospect}), ContactCopy(contacts={"T2": HERS})
    book = BookLinks([IMPORTED])

    def found(theirs: ContactCopy) -> MatchSnapshot:
        return assemble(ours.reading, theirs.reading, book, "w", frozenset(), {}, 0.0)

    assert [one for one, _ in shareable(found(theirs))] == ["T2"]
    assert shareable(found(lost_after(theirs, "T2"))) == []
    assert shareable(replace(found(theirs), asking=(("S9", "T2"),))) == []
