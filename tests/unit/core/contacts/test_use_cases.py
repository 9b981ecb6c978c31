"""Both systems read at once into one value, and that value matched: owners, one-way, what is set aside, one down."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from typing import Any

import pytest

from core.contacts.match.existing_links import LinkedIds
from core.contacts.match.known_links import HOLDS, HeldLinks, KnownLinks
from core.contacts.match.snapshot import MatchSnapshot, tie
from core.contacts.model import Contact, ContactKind, Reason, Verdict
from core.contacts.ports import Batch, Owner, RejectedContact
from core.contacts.reading.copy import ContactCopy
from core.contacts.use_cases import ContactSettings, ContactUseCases, MoreSources
from core.errors import DeskError, Unreachable
from core.push.plan import Entity, System, make_ref
from core.push.records import Link, Unlinked
from tests.support.copies import CopiesInMemory
from tests.support.fakes import FakeBook, LoopClock
from tests.support.patience import LAST_RESORT
from tests.support.people import but

SN, TE = System.SIMPLENEXUS, System.TOTAL_EXPERT
DANA = Owner("O1", "dana@desk.example", "Dana Whitlock")
COLIN = Owner("O2", "colin@desk.example")
USER = Owner("301", " Dana@Desk.example")
JO = Owner("302", "jo@desk.example")
ANN = Contact(
    "S1", first_name="Ann", last_name="Lee", email="ann@x.example", owner="O1", kind=ContactKind.BORROWER
)
HERS = Contact("T1", first_name="Ann", last_name="Lee", email="ann@x.example", owner="301")
DOWN = Unreachable("unreachable", "It is down.")


class FakeSide:
    """A system that gives what it is made of, page by page; a callable page is waited for."""

    def __init__(
        self,
        system: System,
        owners: Sequence[Owner],
        *pages: Batch | Callable[[], Any],
        aside: Sequence[RejectedContact] = (),
    ) -> None:
        self.system = system
        self._owners, self._pages, self._aside = owners, pages, aside
        self.read = 0

    async def owners(self) -> tuple[list[Owner], list[RejectedContact]]:
        return list(self._owners), list(self._aside)

    async def ids_by_email(self, emails: Collection[str], owners: Collection[str]) -> set[str]:
        raise AssertionError("nothing is created here")

    lists_by_owner = False

    def changes(self, owners: Sequence[Owner], since: float) -> AsyncIterator[Batch]:
        raise AssertionError("without a store every read is a full one")

    async def gone_among(self, contacts: Collection[Contact]) -> set[str]:
        return set()

    async def contacts(self, owners: Sequence[Owner]) -> AsyncIterator[Batch]:
        assert list(owners) == list(self._owners)
        for page in self._pages:
            self.read += 1
            if isinstance(page, Batch):
                yield page
            else:
                await page()


def ours(*contacts: Contact, owners: Sequence[Owner] = (DANA, COLIN), **more: Any) -> FakeSide:
    return FakeSide(SN, owners, Batch(contacts, **more))


def theirs(*contacts: Contact, owners: Sequence[Owner] = (USER, JO), **more: Any) -> FakeSide:
    return FakeSide(TE, owners, Batch(contacts, **more))


def desk(left: FakeSide, right: FakeSide, book: FakeBook | None = None, **terms: Any) -> ContactUseCases:
    terms_ = ContactSettings(workspace="w", operator="m.hale", **terms)
    return ContactUseCases(left, right, book or FakeBook(), terms_, lambda: "P1", LoopClock())


async def rows(made: ContactUseCases) -> list[tuple[Verdict, tuple[str, ...], tuple[str, ...], Reason]]:
    matched = await made.match(await made.gather())
    return [(row.verdict, row.simplenexus_ids, row.total_expert_ids, row.reason) for row in matched.rows]


# -- reading ------------------------------------------------------------------------------------------------


async def test_both_systems_are_read_at_the_same_time_and_progress_is_told() -> None:
    both = asyncio.Barrier(2)
    left = FakeSide(SN, [DANA], both.wait, Batch((ANN,)), Batch((but(ANN, id="S2"), but(ANN, id="S3"))))
    right = FakeSide(TE, [USER], both.wait, Batch((HERS,)))
    heard: list[tuple[System, int]] = []
    async with asyncio.timeout(LAST_RESORT):
        gathered = await desk(left, right).gather(lambda system, count: heard.append((system, count)))
    assert [count for system, count in heard if system is SN] == [0, 1, 3]
    assert [count for system, count in heard if system is TE] == [0, 1]
    assert [one.id for one in gathered.simplenexus] == ["S1", "S2", "S3"]
    assert (gathered.officers, gathered.users) == ((DANA,), (USER,))
    assert gathered.at >= 1_700_000_000


async def test_one_system_down_stops_the_other_and_its_own_error_is_raised() -> None:
    async def fail() -> None:
        raise DOWN

    stuck = FakeSide(TE, [USER], asyncio.Event().wait, Batch((HERS,)))
    async with asyncio.timeout(LAST_RESORT):
        with pytest.raises(Unreachable) as caught:
            await desk(FakeSide(SN, [DANA], fail), stuck).gather()
    assert caught.value is DOWN
    assert stuck.read == 1


async def test_both_systems_down_is_still_one_error_of_ours() -> None:
    both = asyncio.Barrier(2)

    async def fail() -> None:
        await both.wait()
        raise DOWN

    with pytest.raises(DeskError):
        await desk(FakeSide(SN, [DANA], fail), FakeSide(TE, [USER], fail)).gather()


async def test_what_does_not_fit_is_told_and_a_second_record_of_an_id_is_set_aside() -> None:
    bad, worse = (
        RejectedContact(SN, "S9", "its email holds half a character"),
        RejectedContact(SN, "O9", "no email"),
    )
    again = but(ANN, first_name="Other")
    left = FakeSide(SN, [DANA], Batch((ANN,), (bad,)), Batch((again,)), aside=[worse])
    gathered = await desk(left, theirs(HERS)).gather()
    assert gathered.simplenexus == (ANN,)
    assert gathered.aside[:2] == (worse, bad)
    (doubled,) = gathered.aside[2:]
    assert (doubled.system, doubled.record_id) == (SN, "S1")
    assert "read before" in doubled.why


async def test_what_does_not_fit_is_told_of_both_systems() -> None:
    ours_bad, theirs_bad = RejectedContact(SN, "S9", "no name"), RejectedContact(TE, "T9", "no owner")
    left = FakeSide(SN, [DANA], Batch((ANN,), (ours_bad,)))
    right = FakeSide(TE, [USER], Batch((HERS,), (theirs_bad,)))
    assert (await desk(left, right).gather()).aside == (ours_bad, theirs_bad)


# -- whose contact ------------------------------------------------------------------------------------------


def ties(
    officers: Iterable[Owner], users: Iterable[Owner], corrections: dict[str, str] | None = None
) -> dict[str, str]:
    return dict(tie(list(officers), list(users), corrections or {})[0].ties)


def test_users_are_tied_to_officers_by_email_as_the_operator_corrects_it() -> None:
    assert ties([DANA, COLIN], [USER, JO]) == {"301": "O1"}
    assert ties([DANA, COLIN], [USER, JO], {"JO@desk.example": " Colin@desk.example"}) == {
        "301": "O1",
        "302": "O2",
    }
    assert ties([DANA, COLIN], [USER, JO], {"dana@desk.example": "colin@desk.example"}) == {"301": "O2"}


def test_nobody_is_tied_to_who_left_nor_to_one_of_two() -> None:
    left = Owner("O1", "dana@desk.example", active=False)
    assert ties([left], [USER]) == {}
    assert ties([DANA, Owner("O3", "DANA@desk.example")], [USER]) == {}
    assert ties([left, Owner("O3", "DANA@desk.example")], [USER]) == {"301": "O3"}
    assert ties([Owner("O4", " ")], [Owner("303", "")]) == {}


def test_a_correction_that_names_nobody_ties_nobody_and_is_told() -> None:
    held, aside = tie(
        [DANA], [USER, JO], {"dana@desk.example": "gone@desk.example", "x@y.example": "dana@desk.example"}
    )
    assert held.ties == {}
    assert [(one.system, one.record_id) for one in aside] == [(TE, "301"), (TE, "")]
    assert "gone@desk.example" in aside[0].why
    assert "x@y.example" in aside[1].why


async def test_a_correction_that_names_nobody_is_told_with_what_was_set_aside() -> None:
    gathered = await desk(ours(ANN), theirs(HERS), ties={"dana@desk.example": "gone@desk.example"}).gather()
    assert [one.record_id for one in gathered.aside] == ["301"]


async def test_contacts_are_matched_within_their_owners_book_alone() -> None:
    colins = but(HERS, id="T2", owner="302")
    assert await rows(desk(ours(ANN), theirs(colins))) == [
        (Verdict.HOLD, ("S1",), ("T2",), Reason.OTHER_OWNER),
        (Verdict.CANNOT, (), ("T2",), Reason.NOT_TIED),
    ]
    corrected = desk(ours(ANN), theirs(colins), ties={"jo@desk.example": "dana@desk.example"})
    assert await rows(corrected) == [(Verdict.LINK, ("S1",), ("T2",), Reason.SAME_EMAIL)]


class Aliases:
    """The aliases of every loan officer, and of whom they were asked for."""

    def __init__(self, *aliases: str) -> None:
        self.given, self.asked = aliases, list[str]()

    async def aliases(self, officer: str) -> Sequence[str]:
        self.asked.append(officer)
        return self.given


async def test_the_aliases_of_an_officer_who_is_tied_to_nobody_are_asked_for_once_an_hour() -> None:
    source = Aliases("Team North", "JO@desk.example")
    clock = LoopClock()
    settings = ContactSettings(workspace="w", operator="m.hale")
    contacts = ContactUseCases(
        ours(but(ANN, owner="O2")),
        theirs(but(HERS, owner="302")),
        FakeBook(),
        settings,
        lambda: "P1",
        clock,
        MoreSources(aliases=source),
    )
    assert await rows(contacts) == [(Verdict.LINK, ("S1",), ("T1",), Reason.SAME_EMAIL)]
    await contacts.gather()
    assert source.asked == ["O2"]


async def test_no_alias_is_asked_for_while_every_user_is_tied() -> None:
    source = Aliases("jo@desk.example")
    settings = ContactSettings(workspace="w", operator="m.hale")
    right = theirs(HERS, owners=[USER])
    more = MoreSources(aliases=source)
    contacts = ContactUseCases(ours(ANN), right, FakeBook(), settings, lambda: "P1", LoopClock(), more)
    await contacts.gather()
    assert source.asked == []


# -- one-way ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("listed", ["ann@x.example", "dana@desk.example"])
async def test_the_one_way_integration_carries_listed_contacts_and_those_of_listed_officers(
    listed: str,
) -> None:
    left = ours(
        but(ANN, email=" Ann@X.example"),
        but(ANN, id="S2", email="bea@x.example", first_name="Bea", owner="O2"),
        owners=[but_owner(DANA, email="Dana@desk.example"), COLIN],
    )
    right = theirs(owners=[USER, but_owner(JO, email="colin@desk.example")])
    found = await rows(desk(left, right, one_way=frozenset({listed})))
    assert [(verdict, ids) for verdict, ids, _, _ in found] == [
        (Verdict.SKIP_ONE_WAY, ("S1",)),
        (Verdict.PUSH, ("S2",)),
    ]


def but_owner(owner: Owner, email: str) -> Owner:
    return Owner(owner.id, email, owner.name)


# -- links --------------------------------------------------------------------------------------------------

REF = make_ref("w", TE, Entity.CONTACT, "S1")
CHANGED = but(HERS, email="new@x.example")


async def test_links_of_the_book_and_of_references_are_linked_rows_also_with_other_emails() -> None:
    book = FakeBook()
    await book.commit(Link(TE, Entity.CONTACT, "S1", "T1", REF, 1.0))
    for made in (
        desk(ours(ANN), theirs(CHANGED), book),
        desk(ours(ANN), theirs(CHANGED, refs=((REF, "T1"),))),
        desk(ours(ANN), theirs(CHANGED, bears=(("S1", "T1"),))),
    ):
        assert await rows(made) == [(Verdict.LINKED, ("S1",), ("T1",), Reason.EMAIL_CHANGED)]


class CountingCopies(CopiesInMemory):
    loads = 0

    def load(self, system: System) -> ContactCopy | None:
        self.loads += 1
        return super().load(system)


class ClockSetForward(LoopClock):
    by = 0.0

    def now(self) -> float:
        return super().now() + self.by


def later_desk(store: CopiesInMemory, book: FakeBook, held: HeldLinks, clock: LoopClock) -> ContactUseCases:
    """A desk that reads no contact."""
    terms = ContactSettings(workspace="w", operator="m.hale")
    return ContactUseCases(
        FakeSide(SN, ()), FakeSide(TE, ()), book, terms, lambda: "P1", clock, MoreSources(store, links=held)
    )


async def test_a_desk_that_reads_nothing_knows_the_links_of_the_read_that_is_kept() -> None:
    store, book, held, clock = CountingCopies(), FakeBook(), HeldLinks(), ClockSetForward()
    assert await later_desk(store, book, held, clock).known_links() is None
    ref = make_ref("w", TE, Entity.CONTACT, "S1")
    elsewhere, users = but(ANN, id="S2", owner="O2"), [USER, Owner("302", "colin@desk.example")]
    reader = ContactUseCases(
        ours(ANN, elsewhere),
        theirs(HERS, but(HERS, id="T2"), owners=users, refs=((ref, "T1"),), bears=(("S2", "T2"),)),
        book,
        ContactSettings(workspace="w", operator="m.hale"),
        lambda: "P1",
        clock,
        MoreSources(store),
    )
    read = (await reader.gather()).known_links
    assert read == await reader.known_links() == KnownLinks((("S1", "T1"), ("S2", "T2")), (("S2", "T2"),))
    assert await later_desk(store, book, held, clock).known_links() == read
    loads = store.loads
    assert await later_desk(store, book, held, clock).known_links() == read
    assert store.loads == loads, "the links of the same read and book are held"
    await book.commit(Unlinked(TE, Entity.CONTACT, "S1", "T1", "contact", ref, "m.hale", 0.0))
    known = await later_desk(store, book, held, clock).known_links()
    assert known is not None
    assert known.links == (("S2", "T2"),)
    clock.by = HOLDS
    assert await later_desk(store, book, held, clock).known_links() is None, "that read is too old"


@pytest.mark.parametrize(("after", "asking"), [(-1.0, (("S9", "T9"),)), (1.0, ())])
async def test_a_link_that_is_younger_than_the_kept_read_does_not_ask_where_it_goes(
    after: float, asking: LinkedIds
) -> None:
    """A sync makes records and links them after its read, which has neither of the two."""
    store, book, clock = CopiesInMemory(), FakeBook(), LoopClock()
    terms = ContactSettings(workspace="w", operator="m.hale")
    sides = ours(ANN), theirs(HERS)
    await ContactUseCases(*sides, book, terms, lambda: "P1", clock, MoreSources(store)).gather()
    kept = [store.load(system) for system in (SN, TE)]
    at = min(copy.read_at for copy in kept if copy is not None) + after
    ref = make_ref("w", TE, Entity.CONTACT, "S9")
    await book.commit(Link(TE, Entity.CONTACT, "S9", "T9", ref, at))
    known = await later_desk(store, book, HeldLinks(), clock).known_links()
    assert known is not None
    assert known.asking == asking


async def test_a_pair_whose_link_was_taken_back_is_never_one_that_will_be_linked() -> None:
    book = FakeBook()
    await book.commit(Unlinked(TE, Entity.CONTACT, "S1", "T1", "contact", REF, "m.hale", 2.0))
    made = desk(ours(ANN), theirs(HERS, refs=((REF, "T1"),)), book)
    gathered = await made.gather()
    assert gathered.refs == {REF: "T1"}  # who sends it again has to know
    assert await rows(made) == [(Verdict.UNLINKED, ("S1",), ("T1",), Reason.TAKEN_BACK)]


async def test_a_record_that_a_push_changed_in_place_of_a_new_one_is_not_called_unlinked_by_a_person() -> (
    None
):
    book = FakeBook()
    diverted = Unlinked(TE, Entity.CONTACT, "S1", "T1", "contact", REF, "m.hale", 2.0, diverted=True)
    await book.commit(diverted)
    made = desk(ours(ANN), theirs(HERS, refs=((REF, "T1"),)), book)
    assert await rows(made) == [(Verdict.UNLINKED, ("S1",), ("T1",), Reason.DIVERTED)]


async def test_an_accepted_invitation_is_no_hold_but_the_account_in_the_prospects_place() -> None:
    note = make_ref("w", SN, Entity.PROSPECT, "T1")
    prospect = but(ANN, id="P1", kind=ContactKind.PROSPECT)
    made = desk(ours(prospect, ANN, refs=((note, "P1"),)), theirs(HERS))
    gathered = await made.gather()
    assert (gathered.taken_over, gathered.links) == ({"P1": "S1"}, ())
    assert await rows(made) == [(Verdict.LINK, ("S1",), ("T1",), Reason.TAKEN_OVER)]

    book = FakeBook()
    await book.commit(Link(SN, Entity.BORROWER, "T1", "S1", "BD-X", 1.0))
    shared = desk(ours(prospect, ANN, refs=((note, "P1"),)), theirs(CHANGED), book)
    assert await rows(shared) == [(Verdict.LINKED, ("S1",), ("T1",), Reason.EMAIL_CHANGED)]


async def test_an_account_that_may_be_somebody_elses_is_held_beside_the_prospect() -> None:
    note = make_ref("w", SN, Entity.PROSPECT, "T1")
    prospect, mary = but(ANN, id="P1", kind=ContactKind.PROSPECT), but(ANN, first_name="Mary")
    found = await rows(desk(ours(prospect, mary, refs=((note, "P1"),)), theirs(HERS)))
    assert [(verdict, ids, reason) for verdict, ids, _, reason in found] == [
        (Verdict.LINKED, ("P1",), Reason.STANDING),
        (Verdict.HOLD, ("S1",), Reason.BESIDE_A_LINK),
    ]


async def test_every_record_that_was_read_is_in_one_row_or_gave_way() -> None:
    note = make_ref("w", SN, Entity.PROSPECT, "T1")
    people = [
        ANN,
        but(ANN, id="P1", kind=ContactKind.PROSPECT),
        but(ANN, id="S2", email=""),
        but(ANN, id="S3", owner="O2"),
    ]
    made = desk(ours(*people, refs=((note, "P1"),)), theirs(HERS, but(HERS, id="T2", owner="")))
    gathered: MatchSnapshot = await made.gather()
    matched = await made.match(gathered)
    in_rows = Counter(
        one for row in matched.rows for one in (*row.own_simplenexus_ids, *row.own_total_expert_ids)
    )
    assert in_rows == Counter(["S1", "S2", "S3", "T1", "T2"])
    assert list(gathered.taken_over) == ["P1"]
