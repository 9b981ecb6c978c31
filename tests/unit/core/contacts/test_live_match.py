"""A live match equals a whole match of the same books with the same statistics, whatever changed in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from msgspec.structs import replace

from core.contacts.linkage import blocking
from core.contacts.match.live.compact import HashIndex, Partners, Rings
from core.contacts.match.live.held import HeldMatch, change_between
from core.contacts.match.live.live_match import FEW, BookChange, LiveMatch
from core.contacts.match.match import Matched, match
from core.contacts.match.rule import MatchOptions, Owners
from core.contacts.model import Contact
from tests.support.families import Habits, families
from tests.support.many_records import chained, many_records
from tests.support.matrix import so_many

OFFICERS = ("L1", "L2", "L3")
"""The third is tied to nobody."""
TIES = {"U1": "L1", "U2": "L2"}
FIELDS = (
    "first_name",
    "last_name",
    "email",
    "mobile_phone",
    "birth_date",
    "street",
    "postcode",
    "suffix",
    "owner",
)


class _Desk:
    """Two books that change at random, with links and owners, and a held match of them."""

    def __init__(
        self, chance: Random, books: tuple[Sequence[Contact], Sequence[Contact]], owners: bool
    ) -> None:
        self.chance, self.has_owners = chance, owners
        self.books = tuple(
            {one.id: self._owned(one, side) for one in book} for side, book in enumerate(books)
        )
        self.links: list[tuple[str, str]] = []
        self.successors: tuple[tuple[str, str], ...] = ()
        self.counted: dict[str, str] = {}
        self.numbers = 0
        self.gone: list[tuple[int, Contact]] = []
        for _ in range(6):
            self.link()
        self.held = HeldMatch()

    def _owned(self, contact: Contact, side: int) -> Contact:
        owner = self.chance.choice(OFFICERS if side == 0 else ("U1", "U2", "U3")) if self.has_owners else ""
        return replace(contact, owner=owner)

    def somebody(self, side: int) -> Contact:
        return self.chance.choice([*self.books[side].values()])

    def add(self) -> None:
        """Add a record: one more of somebody who is there, or of two people's fields."""
        side, other = self.chance.randrange(2), self.chance.randrange(2)
        self.numbers += 1
        made = replace(self.somebody(other), id=f"N{self.numbers}", owner=self.somebody(side).owner)
        self.books[side][made.id] = self._with_others_fields(made, self.chance.choice((0, 0, 1, 4)))

    def change(self) -> None:
        side = self.chance.randrange(2)
        before = self.somebody(side)
        now = self._with_others_fields(before, self.chance.choice((1, 1, 2)))
        if self.chance.random() < 0.2:
            now = replace(now, email=f"{now.email}; {self.somebody(1 - side).email}")
        self.books[side][before.id] = now

    def _with_others_fields(self, contact: Contact, count: int) -> Contact:
        for field in self.chance.sample(FIELDS, count):
            side = self.chance.randrange(2)
            if field == "owner":
                value = (
                    contact.owner
                    if not self.has_owners
                    else self._owned(contact, "L" not in contact.owner).owner
                )
            else:
                value = self.chance.choice(("", getattr(self.somebody(side), field)))
            contact = replace(contact, **{field: value})
        return contact

    def remove(self) -> None:
        side = self.chance.randrange(2)
        gone = self.somebody(side)
        del self.books[side][gone.id]
        self.gone.append((side, gone))

    def come_back(self) -> None:
        """Put a record that was removed at the end of its book."""
        if self.gone:
            side, contact = self.gone.pop()
            self.books[side][contact.id] = contact

    def link(self) -> None:
        pair = self.somebody(0).id, self.somebody(1).id
        if pair not in self.links:
            self.links.append(pair)

    def unlink(self) -> None:
        if self.links:
            self.links.remove(self.chance.choice(self.links))

    def succeed(self) -> None:
        """Let a record bear the reference of a linked one that is gone."""
        if self.links:
            ours, theirs = self.chance.choice(self.links)
            self.books[1].pop(theirs, None)
            self.successors = ((ours, self.somebody(1).id),)

    def share(self) -> None:
        """Let a contact of Total Expert count as another officer's."""
        if self.has_owners:
            self.counted = {self.somebody(1).id: self.chance.choice(OFFICERS[:2])}

    def one_more_day(self) -> None:
        acts = (
            self.add,
            self.add,
            self.change,
            self.change,
            self.change,
            self.remove,
            self.link,
            self.unlink,
        )
        for _ in range(self.chance.choice((1, 1, 3))):
            self.chance.choice((*acts, self.come_back, self.succeed, self.share))()

    @property
    def terms(self) -> MatchOptions:
        owners = Owners(TIES, frozenset({"U2"}), dict(self.counted)) if self.has_owners else None
        return MatchOptions(owners=owners, standing=tuple(self.links), successors=self.successors)

    def matched(self) -> Matched:
        return self.held.match([*self.books[0].values()], [*self.books[1].values()], self.terms)

    def whole(self, statistics_of: Matched) -> Matched:
        ours, theirs = ([*book.values()] for book in self.books)
        return match(ours, theirs, self.terms, statistics_of.statistics)


def _books(kind: str, seed: int) -> tuple[Sequence[Contact], Sequence[Contact]]:
    if kind == "families":
        made = families(25, seed, Habits(inbox=0.5, several=0.3))
        return made.simplenexus, made.total_expert
    several = chained(5, 6, seed) if kind == "chained" else many_records(30, seed)
    return several.simplenexus, several.total_expert


@pytest.mark.parametrize("kind", ["families", "many records", "chained"])
@pytest.mark.parametrize("large", [False, True], ids=["small", "by keys"])
@pytest.mark.parametrize("owners", [False, True], ids=["one book", "owners"])
def test_after_any_changes_the_match_is_that_of_the_whole_books(
    monkeypatch: pytest.MonkeyPatch, kind: str, large: bool, owners: bool
) -> None:
    if large:
        monkeypatch.setattr(blocking, "SMALL", 10)
        monkeypatch.setattr(blocking, "CROWD", 4)
    by_changes = 0
    books = so_many(4, 1)
    for seed in range(books):
        desk = _Desk(Random(seed), _books(kind, seed), owners)
        desk.matched()
        for _ in range(12):
            desk.one_more_day()
            now = desk.matched()
            by_changes += not desk.held.was_whole
            expected = desk.whole(now)
            assert now.rows == expected.rows
            assert sorted(now.doubles) == sorted(expected.doubles)
            assert (now.simplenexus, now.total_expert) == (expected.simplenexus, expected.total_expert)
            assert [*now.forecasts()] == [*expected.forecasts()]
    assert by_changes > 10 * books


def test_a_change_looks_at_the_connected_records_alone() -> None:
    def touched(count: int) -> int:
        books = many_records(count, 3)
        live = LiveMatch(match(books.simplenexus, books.total_expert))
        changes = [live.apply(BookChange([replace(one, city="Reno")])) for one in books.simplenexus[:20]]
        return sum(len(change.ours) + len(change.theirs) for change in changes)

    assert touched(240) <= 1.5 * touched(80)


def test_a_whole_match_is_due_when_many_records_changed() -> None:
    books = many_records(150, 5)
    ours = {contact.id: contact for contact in books.simplenexus}
    held = HeldMatch()
    held.match([*ours.values()], books.total_expert, MatchOptions())
    contacts = iter(books.simplenexus)
    for n in range(FEW + 1):
        changed = next(contacts, None) or books.simplenexus[0]
        ours[changed.id] = replace(changed, city=f"Reno {n}")
        held.match([*ours.values()], books.total_expert, MatchOptions())
        assert held.was_whole is (n == FEW)


@pytest.mark.parametrize(
    "terms",
    [
        MatchOptions(owners=Owners({"U1": "L1"})),
        MatchOptions(owners=Owners({"U1": "L2"}, frozenset({"U1"}))),
    ],
    ids=["other ties", "somebody left"],
)
def test_other_owners_take_a_whole_match(terms: MatchOptions) -> None:
    books = many_records(10, 1)
    before = match(books.simplenexus, books.total_expert, MatchOptions(owners=Owners({"U1": "L2"})))
    assert change_between(before, books.simplenexus, books.total_expert, terms) is None


def test_known_records_in_another_order_take_a_whole_match() -> None:
    books = many_records(10, 1)
    before = match(books.simplenexus, books.total_expert)
    assert change_between(before, books.simplenexus[::-1], books.total_expert, MatchOptions()) is None
    new = replace(books.simplenexus[0], id="new")
    assert change_between(before, [new, *books.simplenexus], books.total_expert, MatchOptions()) is None
    added = change_between(before, [*books.simplenexus[1:], new], books.total_expert, MatchOptions())
    assert added == BookChange([new], [], [books.simplenexus[0].id], [], [], [])


def test_a_match_of_the_same_books_is_the_one_before() -> None:
    books = many_records(10, 1)
    held = HeldMatch()
    before = held.match(books.simplenexus, books.total_expert, MatchOptions())
    assert held.match([*books.simplenexus], [*books.total_expert], MatchOptions()) is before
    assert not held.was_whole


def test_links_that_come_in_another_order_put_their_rows_in_that_order() -> None:
    ours = [Contact(f"S{n}", f"Ann{n}", email=f"ann{n}@x.example") for n in range(4)]
    theirs = [Contact(f"T{n}", f"Ann{n}", email=f"ann{n}@x.example") for n in range(4)]
    links = tuple((f"S{n}", f"T{n}") for n in range(3))
    held = HeldMatch()
    held.match(ours, theirs, MatchOptions(standing=links))
    ours[3] = replace(ours[3], city="Reno")
    terms = MatchOptions(standing=links[::-1])
    now = held.match(ours, theirs, terms)
    assert not held.was_whole
    assert now.rows == match(ours, theirs, terms, now.statistics).rows
    assert [row.simplenexus_ids for row in now.rows][:3] == [("S2",), ("S1",), ("S0",)]


def test_a_match_without_its_statistics_can_not_be_held() -> None:
    with pytest.raises(ValueError, match="statistics"):
        LiveMatch(Matched({}, {}, ()))


# -- the parts --------------------------------------------------------------------------------------------


def test_an_index_finds_what_was_added_before_and_after_it_was_closed() -> None:
    index = HashIndex()
    values = [hash(f"value {n % 50}") for n in range(200)]
    for number, value in enumerate(values[:150]):
        index.add(value, number)
    index.close()
    for number, value in enumerate(values[150:], 150):
        index.add(value, number)
    for n in range(50):
        assert [*index.find(values[n])] == [n, n + 50, n + 100, n + 150]
    assert sorted(map(sorted, index.groups())) == [[n, n + 50, n + 100] for n in range(50)]
    assert [*index.find(hash("nobody"))] == []


def test_partners_are_kept_in_both_directions_until_they_are_unlinked() -> None:
    partners = Partners()
    for pair in ((0, 5), (0, 6), (1, 5), (0, 5)):
        partners.link(*pair)
    assert (partners.of(0), partners.of(5), partners.of(9)) == ((5, 6), (0, 1), ())
    partners.unlink(0, 5)
    partners.unlink(8, 9)
    assert (partners.of(0), partners.of(5), partners.of(6), partners.of(1)) == ((6,), (1,), (0,), (5,))


def test_rings_hold_who_is_connected() -> None:
    rings = Rings()
    rings.grow(9)
    rings.join_all([0, 1, 2])
    rings.join_all([4, 5])
    rings.join(2, 5)
    rings.join(0, 4)
    rings.grow(12)
    assert sorted(rings.of(1)) == [0, 1, 2, 4, 5]
    assert [*rings.of(3)] == [3]
    assert [*rings.of(11)] == [11]


def test_a_text_with_half_a_character_is_held_as_it_is() -> None:
    contact = Contact("S1", "a\ud800b", "c")
    live = LiveMatch(match([contact], []))
    assert [row.simplenexus_ids for row in live.apply(BookChange([replace(contact, city="Reno")])).rows] == [
        ("S1",)
    ]
