"""What people decided about some records, as a match knows it and as the book holds it now.

On a book that others use too, and while both systems are read, the two can differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Final

from msgspec import Struct

from core.contacts.match.existing_links import taken_back
from core.contacts.records import Judged, JudgedOwners
from core.contacts.review.decisions import Ids
from core.contacts.review.reviewed import Reviewed
from core.push.ports import Book
from core.push.records import Unlinked

_FEW: Final = 50
"""Records up to which the book is asked about each; for more, all answers are read at once."""


class Decisions(Struct, frozen=True):
    """What people decided about some records: answers, answers about owners, and links that were taken back.

    Answers and links are by (SimpleNexus id, Total Expert id). All answers about owners are here.
    """

    answers: Mapping[Ids, Judged] = {}
    owners: Mapping[tuple[str, str], JudgedOwners] = {}
    taken_back: Mapping[Ids, Unlinked] = {}

    def about(self, ours: Set[str], theirs: Set[str]) -> Decisions:
        """Return those about records of SimpleNexus (`ours`) and of Total Expert (`theirs`)."""
        removed = {ids: one for ids, one in self.taken_back.items() if ids[0] in ours or ids[1] in theirs}
        return Decisions(about(self.answers, ours, theirs), self.owners, removed)


def about(answers: Mapping[Ids, Judged], ours: Set[str], theirs: Set[str]) -> dict[Ids, Judged]:
    """Return the answers about records of SimpleNexus (`ours`) and of Total Expert (`theirs`)."""
    return {ids: judged for ids, judged in answers.items() if ids[0] in ours or ids[1] in theirs}


def known_decisions(reviewed: Reviewed) -> Decisions:
    """Return every decision that a review knows, as it is now."""
    removed = reviewed.matched.terms.taken_back
    return Decisions(dict(reviewed.answered), dict(reviewed.answered_owners), removed)


async def held_decisions(book: Book, ours: Set[str], theirs: Set[str]) -> Decisions:
    """Return what the book holds now about records of the two systems. Raises `BookClosed`."""
    return Decisions(
        await held_answers(book, ours, theirs),
        {said.pair: said for said in await book.all(JudgedOwners)},
        taken_back(await book.all(Unlinked)),
    ).about(ours, theirs)


async def held_answers(book: Book, ours: Set[str], theirs: Set[str]) -> dict[Ids, Judged]:
    """Return the answers that the book holds now about records of the two systems. Raises `BookClosed`."""
    found: Iterable[Judged]
    if len(ours) + len(theirs) <= _FEW:
        found = [judged for our_id in ours for judged in await book.where(Judged, simplenexus_id=our_id)]
        for their_id in theirs:
            found += await book.where(Judged, total_expert_id=their_id)
    else:
        found = await book.all(Judged)
    return about({judged.ids: judged for judged in found}, ours, theirs)
