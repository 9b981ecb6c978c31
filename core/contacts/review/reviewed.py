"""A match with the answers that hold: the final rows, and the questions that are open.

It is built once. After that, the cost of an answer depends on the rows that it touches, not on the size of the books.
After each answer it equals a new one that is built from all answers. Pure, except that `take` and `take_owners`
change it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from types import MappingProxyType

import msgspec
from msgspec import Struct

from core.compare.emails import inbox_keys
from core.contacts.linkage.features import Features, features_of
from core.contacts.linkage.scoring import MatchModel, match_model_of
from core.contacts.linkage.weights import prior
from core.contacts.match.differing import differing_links
from core.contacts.match.group_rows import STANDING_TROUBLE
from core.contacts.match.match import Matched
from core.contacts.match.owner_rule import OwnerPair, own_records
from core.contacts.model import Comparison, Contact, Reason, Verdict, VerdictRow
from core.contacts.records import Answer, Judged, JudgedOwners
from core.contacts.review.answers import Answers, is_fixed
from core.contacts.review.decisions import APART, Ids, PairAnswer, Seal
from core.contacts.review.queue import (
    Cost,
    Group,
    QuestionOrder,
    ReviewItem,
    cost_of,
    group_of,
    key_of,
    plain_rank,
    rank,
)
from core.contacts.review.resolve import NOBODY, RowResolver
from core.push.plan import System

SAMPLE = 5_000
"""Records of each book from which the match model for the pairs that the match did not compare is made."""


class ReviewChange(Struct, frozen=True):
    """What an answer changed in the queue: the keys of closed questions, and the open questions of the same rows."""

    gone: tuple[str, ...] = ()
    items: tuple[ReviewItem, ...] = ()


class Reviewed:
    """A match with the answers that hold. `review` makes it, and only `take` and `take_owners` change it."""

    def __init__(
        self,
        matched: Matched,
        judged: Iterable[Judged],
        seal: Seal,
        judged_owners: Iterable[JudgedOwners] = (),
    ) -> None:
        self.matched = matched
        self.version = 0
        """A number that is another one after each answer."""
        self.differing = {
            key_of(link.row): link
            for link in differing_links(matched.rows, matched.simplenexus, matched.total_expert)
            if link.differs
        }
        """The linked pairs that differ in names, emails or phones, by the key of their row. No answer changes them."""
        self._answers = Answers(matched, seal)
        for answer in judged:
            self._answers.note(answer.ids, answer)
        for said in judged_owners:
            self._answers.note_owners(said.pair, said)
        self._resolver = RowResolver(matched, self._answers)
        self._place_of_ours = {
            our_id: n for n, row in enumerate(matched.rows) for our_id in row.own_simplenexus_ids
        }
        self._place_of_theirs = {
            their_id: n for n, row in enumerate(matched.rows) for their_id in row.own_total_expert_ids
        }
        self._also_named: dict[tuple[System, str], list[int]] = {}
        """The places of the rows that name a record which another row decides about."""
        for n, row in enumerate(matched.rows):
            for system, ids in zip((System.SIMPLENEXUS, System.TOTAL_EXPERT), row.elsewhere, strict=True):
                for record_id in ids:
                    self._also_named.setdefault((system, record_id), []).append(n)
        self._of_owners = self._places_by_owners()
        """The places of the rows that have records of two owners with one email."""
        self._final: list[tuple[VerdictRow, ...]] = [()] * len(matched.rows)
        """The final rows of each row of the match."""
        self._counts = Counter[Verdict]()
        self._costs = Counter[Cost]()
        self._items: dict[str, ReviewItem] = {}
        self._orders: tuple[QuestionOrder, ...] = ()
        """The order of the queue, and its order in blind mode."""
        self._keys: dict[int, tuple[str, ...]] = {}
        """The keys of the open questions of each row of the match."""
        self._groups: dict[Group, dict[str, None]] = {}
        self._needed = {n for n, row in enumerate(matched.rows) if self._needs_person(row)}
        """The rows of the match that need a person before anything is answered."""
        self._needed_since = 0
        """The number of rows that need a person only because of an answer."""
        for n in range(len(matched.rows)):
            self._resolve(n)
        self._orders = (
            QuestionOrder(rank, self._items.values()),
            QuestionOrder(plain_rank, self._items.values()),
        )

    # -- the rows and the queue ------------------------------------------------------------------------

    @property
    def rows(self) -> tuple[VerdictRow, ...]:
        """The final rows. Every record of both books is decided in exactly one."""
        return tuple(chain.from_iterable(self._final))

    @property
    def counts(self) -> dict[Verdict, int]:
        """The number of final rows of each verdict, in the order of the verdicts."""
        return {verdict: self._counts[verdict] for verdict in Verdict}

    @property
    def costs(self) -> dict[Cost, int]:
        """The number of open questions of each cost, in the order of the costs."""
        return {cost: self._costs[cost] for cost in Cost}

    @property
    def answered(self) -> Mapping[Ids, Judged]:
        """The answer about each pair, including answers that no longer hold."""
        return MappingProxyType(self._answers.said)

    @property
    def answered_owners(self) -> Mapping[OwnerPair, JudgedOwners]:
        """The answer about all contacts of two owners, by their keys."""
        return MappingProxyType(self._answers.said_of_owners)

    @property
    def has_answers(self) -> bool:
        """True if there is an answer to take back."""
        return bool(self._answers.said or self._answers.said_of_owners)

    @property
    def queue(self) -> tuple[ReviewItem, ...]:
        """The open questions, the most expensive mistake first, the questions that were put off last."""
        return tuple(map(self._items.__getitem__, self._orders[0].keys()))

    @property
    def plain_queue(self) -> tuple[ReviewItem, ...]:
        """The open questions in an order that says nothing about the evidence."""
        return tuple(map(self._items.__getitem__, self._orders[1].keys()))

    @property
    def progress(self) -> tuple[int, int]:
        """How many rows people settled, and how many needed a person."""
        total = len(self._needed) + self._needed_since
        return total - len(self._keys), total

    def rows_behind_questions(self) -> list[VerdictRow]:
        """Return the rows of the match with an open question, and those of the records that the questions name."""
        places = set[int]()
        for item in list(self._items.values()):  # a copy: this may run in a thread while a person answers
            places.add(item.place)
            row = self.matched.rows[item.place]
            ours, theirs = (*item.ours, *row.simplenexus_ids), (*item.theirs, *row.total_expert_ids)
            places.update(self._place_of_ours[n] for n in ours if n in self._place_of_ours)
            places.update(self._place_of_theirs[n] for n in theirs if n in self._place_of_theirs)
        return [self.matched.rows[n] for n in sorted(places)]

    def question(self, row: VerdictRow) -> ReviewItem | None:
        """Return the open question about a final row; None if there is none."""
        item = self.item(key_of(row))
        return item if item is not None and item.row == row else None

    def item(self, key: str) -> ReviewItem | None:
        """Return an open question by its key; None if it is settled."""
        return self._items.get(key)

    def row_of(self, simplenexus_id: str = "", total_expert_id: str = "") -> VerdictRow | None:
        """Return the final row of a record; None if the record is not in the match."""
        our_id = self._answers.same_as_theirs.get(total_expert_id) or simplenexus_id
        n = self._place_of_ours.get(our_id) if our_id else self._place_of_theirs.get(total_expert_id)
        for row in self._final[n] if n is not None else ():
            if our_id in row.own_simplenexus_ids or total_expert_id in row.own_total_expert_ids:
                return row
        return None

    def contacts(self, ids: Ids) -> tuple[Contact | None, Contact | None]:
        """Return the two records of a pair; None for a record that is not in the match."""
        return self._answers.contacts(ids)

    def one_owner(self, ids: Ids) -> bool:
        """Return True if the owners of two records are tied to each other."""
        ours, theirs = self.contacts(ids)
        return ours is not None and theirs is not None and self._answers.one_book(ours, theirs)

    # -- one question ----------------------------------------------------------------------------------

    def alike(self, item: ReviewItem) -> list[ReviewItem]:
        """Return the questions that can be answered at once with this one, itself included, in the queue's order."""
        group = group_of(item)
        keys = self._groups.get(group, ()) if group is not None else ()
        return sorted((self._items[key] for key in keys), key=rank) or [item]

    def how_many_alike(self, item: ReviewItem) -> int:
        """Return the number of questions that `alike` returns."""
        group = group_of(item)
        return len(self._groups.get(group, ())) or 1 if group is not None else 1

    def taken_back_with(self, ids: Ids) -> list[Ids]:
        """Return the pairs whose links a person took back together with that of `ids`, and that still wait; or []."""
        removed = self.matched.terms.taken_back
        if (this := removed.get(ids)) is None:
            return []
        return [
            pair
            for pair, other in removed.items()
            if (other.at, other.by) == (this.at, this.by)
            and (row := self.row_of(*pair)) is not None
            and row.verdict is Verdict.UNLINKED
        ]

    def owner_pairs(self, item: ReviewItem) -> tuple[OwnerPair, ...]:
        """Return the owners who have the contact of a question; () if the question is not about owners."""
        if item.row.reason is not Reason.OTHER_OWNER:
            return ()
        own = own_records(item.row)
        pairs = (
            self.matched.owner_rule.pair(key, other)
            for key in own
            for other in self._resolver.open_others(key)
        )
        return tuple(dict.fromkeys(pairs))

    def of_owners(self, pair: OwnerPair) -> list[ReviewItem]:
        """Return the open questions about contacts that two owners have, in the queue's order."""
        keys = dict.fromkeys(key for n in self._of_owners.get(pair, ()) for key in self._keys.get(n, ()))
        items = [self._items[key] for key in keys]
        return sorted((item for item in items if pair in self.owner_pairs(item)), key=rank)

    def _places_by_owners(self) -> dict[OwnerPair, set[int]]:
        rule = self.matched.owner_rule
        places: dict[OwnerPair, set[int]] = {}
        for key in rule.records_of_several():
            is_ours = key[0] is System.SIMPLENEXUS
            place = (self._place_of_ours if is_ours else self._place_of_theirs).get(key[1])
            if place is None:  # of the last match, only the rows behind the questions are kept
                continue
            for other in rule.others(key):
                places.setdefault(rule.pair(key, other), set()).add(place)
        return places

    def step(self, item: ReviewItem, ids: Ids, by: int) -> Ids:
        """Return the pair `by` places after the pair `ids` of a question; the first pair follows the last.

        Pairs that were told apart are skipped. If all were, the first pair is returned.
        """
        ours, theirs = item.ours or NOBODY, item.theirs or NOBODY
        is_own_pair = ids[0] in ours and ids[1] in theirs
        place = ours.index(ids[0]) * len(theirs) + theirs.index(ids[1]) if is_own_pair else 0
        for _ in range(item.pairs):
            place = (place + by) % item.pairs
            pair = ours[place // len(theirs)], theirs[place % len(theirs)]
            if not self._answers.apart(pair) and not self._answers.same(pair) and not self._is_linked(pair):
                return pair
        return item.first

    def offered(self, ids: Ids) -> tuple[Answer, ...]:
        """Return the answers that can be given about two records; "" stands for a missing record.

        `same` is offered only if the owners are tied. If a record is linked with somebody else, the other record is
        noted as a second record of that person. If a link with a missing end or of several records is in the way, only
        `later` is offered. Nothing is offered about two records that are linked with each other, unless the evidence
        speaks against the link.
        """
        ours, theirs = self.contacts(ids)
        answers = self._answers
        ours_settled = ours is None or ids[0] in answers.fixed_ours
        theirs_settled = theirs is None or ids[1] in answers.fixed_theirs
        our_row, their_row = self.row_of(simplenexus_id=ids[0]), self.row_of(total_expert_id=ids[1])
        if (gone := self.gone(ids)) is not None:
            return self._offered_of_gone(gone, ids)
        in_trouble = any(row is not None and row.reason in STANDING_TROUBLE for row in (our_row, their_row))
        if ours_settled and theirs_settled:
            if in_trouble:
                return (Answer.LATER,)
            if our_row is None or their_row is None:
                return ()
            if our_row == their_row and our_row.reason is not Reason.DOUBTED:
                return ()
        if ours is None or theirs is None:
            return (Answer.DIFFERENT, Answer.LATER)
        without_same = (*sorted(APART), Answer.LATER)
        can_be_same = not in_trouble and answers.one_book(ours, theirs)
        return (Answer.SAME, *without_same) if can_be_same else without_same

    def gone(self, ids: Ids) -> VerdictRow | None:
        """Return the row of one of two records whose link asks where it goes; None if there is none."""
        rows = (self.row_of(simplenexus_id=ids[0]), self.row_of(total_expert_id=ids[1]))
        return next((row for row in rows if row is not None and row.verdict is Verdict.GONE), None)

    def _offered_of_gone(self, row: VerdictRow, ids: Ids) -> tuple[Answer, ...]:
        """Return the answers about a link whose record is gone or has another owner.

        `ids` are the record that is there and a candidate for the place of the other, or the two ends of the link. The
        id of the record that is gone may stand for that record.
        """
        if row.reason is Reason.MOVED:
            is_pair = ids == (row.simplenexus_ids[0], row.total_expert_ids[0])
            return (Answer.SAME, Answer.LATER, Answer.UNLINK) if is_pair else ()
        ours, theirs = self.contacts(ids)
        if ours is None or theirs is None:
            return Answer.LATER, Answer.UNLINK
        other = self.row_of(total_expert_id=ids[1]) if row.simplenexus_ids else self.row_of(ids[0])
        is_free = other is not None and not is_fixed(other)
        if is_free and self._answers.one_book(ours, theirs):
            return Answer.SAME, Answer.LATER, Answer.UNLINK
        return Answer.LATER, Answer.UNLINK

    def _candidates(self, row: VerdictRow) -> tuple[str, ...]:
        """Return who may have taken the place of a linked record that is gone, the best evidence first.

        These are the record that has its reference, records with the email of the linked record that is there, and
        records that the evidence takes for the same person. Nobody who is linked is among them.
        """
        is_ours = bool(row.simplenexus_ids)
        record_id = (row.simplenexus_ids or row.total_expert_ids)[0]
        left = (self.matched.simplenexus if is_ours else self.matched.total_expert)[record_id]
        book = self.matched.total_expert if is_ours else self.matched.simplenexus
        bearers = [
            pair[1] if is_ours else pair[0]
            for pair in self.matched.terms.successors
            if pair[0 if is_ours else 1] == record_id
        ]
        system = System.SIMPLENEXUS if is_ours else System.TOTAL_EXPERT
        alike = [
            other
            for n in self._also_named.get((system, record_id), ())
            for other in (
                self.matched.rows[n].own_total_expert_ids
                if is_ours
                else self.matched.rows[n].own_simplenexus_ids
            )
        ]
        by_email = self._ids_by_email[is_ours]
        same_email = [other for key in inbox_keys(left.email) for other in by_email.get(key, ())]
        fixed = self._answers.fixed_theirs if is_ours else self._answers.fixed_ours
        return tuple(
            n for n in dict.fromkeys((*bearers, *same_email, *alike)) if n in book and n not in fixed
        )

    @cached_property
    def _ids_by_email(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """The ids of SimpleNexus's records by email key, and those of Total Expert's."""
        found: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
        for ids, book in zip(found, (self.matched.simplenexus, self.matched.total_expert), strict=True):
            for contact in book.values():
                for key in inbox_keys(contact.email):
                    ids.setdefault(key, []).append(contact.id)
        return found

    def _is_linked(self, ids: Ids) -> bool:
        """Return True if two records are linked with each other, or will be by the next sync."""
        return ids[1] in self.partners(System.SIMPLENEXUS, ids[0])

    def apart(self, ids: Ids) -> bool:
        """Return True if a person told two records apart, and no compared field changed since."""
        return self._answers.apart(ids)

    def linked_to(self, ids: Ids) -> VerdictRow | None:
        """Return the row that links one of two records with somebody else; None if there is no such row."""
        for row in (self.row_of(simplenexus_id=ids[0]), self.row_of(total_expert_id=ids[1])):
            if row is None or (row.simplenexus_ids, row.total_expert_ids) == ((ids[0],), (ids[1],)):
                continue
            if row.verdict in (Verdict.LINK, Verdict.LINKED) or row.reason in STANDING_TROUBLE:
                return row
        return None

    def if_apart(self, ids: Ids) -> tuple[VerdictRow, ...]:
        """Return the rows that two records get by the rule if each is handled alone."""
        ours, theirs = self.contacts(ids)
        return tuple(self._resolver.alone([ids[0]] if ours else [], [ids[1]] if theirs else []))

    def hits(self, simplenexus_id: str) -> tuple[str, ...]:
        """Return the contacts of which Total Expert would change one if a SimpleNexus record were pushed."""
        return self._resolver.hits(simplenexus_id)

    def partners(self, system: System, record_id: str) -> tuple[str, ...]:
        """Return the ids of the other system's records that a record is linked with, or will be by the next sync."""
        is_ours = system is System.SIMPLENEXUS
        row = self.row_of(simplenexus_id=record_id) if is_ours else self.row_of(total_expert_id=record_id)
        if row is None or row.verdict not in (Verdict.LINK, Verdict.LINKED):
            return ()
        return row.total_expert_ids if is_ours else row.simplenexus_ids

    def what_if(self, answers: Sequence[PairAnswer]) -> tuple[VerdictRow, ...]:
        """Return the final rows that answers would make of the rows that they touch. Nothing changes.

        Only answers that are offered count.
        """
        before = [(ids, self.answered.get(ids)) for ids, _ in answers]
        offered = [(ids, answer) for ids, answer in answers if answer in self.offered(ids)]
        group = max(self._answers.by_group, default=0) + 1
        try:
            for place, (ids, answer) in enumerate(offered):
                self.take(ids, self._answers.trial(ids, answer, group, place))
            touched = sorted({n for ids, _ in answers for n in self._places(ids)})
            return tuple(row for n in touched for row in self._final[n])
        finally:
            for ids, judged in before:
                self.take(ids, judged)

    def _places(self, ids: Ids) -> set[int]:
        """Return the places of the rows of the match that have one of two records."""
        places = {self._place_of_ours.get(ids[0]), self._place_of_theirs.get(ids[1])}
        for record in ((System.SIMPLENEXUS, ids[0]), (System.TOTAL_EXPERT, ids[1])):
            places.update(self._also_named.get(record, ()))
        return {n for n in places if n is not None}

    def compare_features(self, left: Features, right: Features) -> Comparison:
        """Compare two records of either system with the match model of both books."""
        return self._model.compare(left, right)

    def compare(self, ids: Ids) -> Comparison | None:
        """Compare two records with the match model of both books; None if one of the two is missing."""
        ours, theirs = self.contacts(ids)
        if ours is None or theirs is None:
            return None
        return self._model.compare(features_of(ours), features_of(theirs, keeps_year=False))

    def prepare(self) -> None:
        """Make now what takes a while and would otherwise be made for the first question: for another thread."""
        _ = self._model, self._ids_by_email

    @cached_property
    def _model(self) -> MatchModel:
        """The model of the match if there is one pair of owners, else that of a sample of both books."""
        statistics = self.matched.statistics
        if statistics is not None and len(statistics.scopes) == 1:
            (used,) = statistics.scopes.values()
            return msgspec.structs.replace(used.model, prior=used.usual_prior)
        ours, theirs = self.matched.simplenexus, self.matched.total_expert
        model = match_model_of(
            [features_of(contact) for contact in _sample(ours.values())],
            [features_of(contact, keeps_year=False) for contact in _sample(theirs.values())],
        )
        return msgspec.structs.replace(model, prior=prior(len(ours), len(theirs)))

    # -- answers ---------------------------------------------------------------------------------------

    def take(self, ids: Ids, judged: Judged | None) -> ReviewChange:
        """Take in the answer about two records; None takes an answer back. Return what that changes in the queue."""
        touched = set[int]()
        for pair in self._answers.note(ids, judged):
            touched |= self._places(pair)
        return self._resolve_again(touched)

    def take_owners(self, pair: OwnerPair, judged: JudgedOwners | None) -> ReviewChange:
        """Take in the answer about all contacts of two owners; None takes an answer back. Return what that changes."""
        self._answers.note_owners(pair, judged)
        return self._resolve_again(self._of_owners.get(pair, ()))

    def _resolve_again(self, touched: Iterable[int]) -> ReviewChange:
        self.version += 1
        places = sorted(touched)
        keys_before = [key for n in places for key in self._keys.get(n, ())]
        for n in places:
            self._resolve(n)
        items = tuple(self._items[key] for n in places for key in self._keys.get(n, ()))
        keys_now = {item.key for item in items}
        return ReviewChange(tuple(key for key in keys_before if key not in keys_now), items)

    def _resolve(self, n: int) -> None:
        """Make the final rows of row `n` of the match, and their questions, with the answers that hold now."""
        self._counts.subtract(row.verdict for row in self._final[n])
        for key in self._keys.get(n, ()):
            self._remove(self._items.pop(key))
        self._needed_since -= n in self._keys and n not in self._needed
        self._keys.pop(n, None)
        self._final[n] = tuple(self._resolver.rows(self.matched.rows[n]))
        self._counts.update(row.verdict for row in self._final[n])
        items = [item for row in self._final[n] if (item := self._question(row, n)) is not None]
        for item in items:
            self._add(item)
        if items:
            self._keys[n] = tuple(item.key for item in items)
            self._needed_since += n not in self._needed

    def _needs_person(self, row: VerdictRow) -> bool:
        """Return True if a row needs a person. A push needs one only if it would change another contact.

        A link needs one only if the evidence has turned against it.
        """
        if row.verdict is Verdict.PUSH:
            return bool(self.hits(row.simplenexus_ids[0]))
        return cost_of(row) is not None

    def _question(self, row: VerdictRow, n: int) -> ReviewItem | None:
        """Return the question about a final row of row `n` of the match; None if the row needs nobody."""
        if not self._needs_person(row):
            return None
        if row.reason is Reason.DOUBTED and self._answers.confirmed(
            (row.simplenexus_ids[0], row.total_expert_ids[0])
        ):
            return None
        if row.reason is Reason.HALF_GONE:
            found = self._candidates(row)
            ours, theirs = row.simplenexus_ids or found, row.total_expert_ids or found
        elif row.verdict is Verdict.PUSH:
            our_id = row.simplenexus_ids[0]
            ours = row.simplenexus_ids
            theirs = tuple(hit for hit in self.hits(our_id) if not self._answers.apart((our_id, hit)))
        elif row.reason is Reason.OTHER_OWNER:
            ours, theirs = row.simplenexus_ids, row.total_expert_ids
        else:
            our_options, their_options = self._resolver.facing(self.matched.rows[n])
            ours, theirs = row.simplenexus_ids or our_options, row.total_expert_ids or their_options
        comparison = row.comparison
        if comparison is None and len(ours) == len(theirs) == 1:
            comparison = self.compare((ours[0], theirs[0]))
        later = self._answers.put_off(ours or NOBODY, theirs or NOBODY)
        if row.verdict is Verdict.GONE:
            link = link_of(row)
            later = self._answers.put_off(link[:1], link[1:])
        ours, theirs = self._first_open(ours, theirs)
        return ReviewItem(key_of(row), row, ours, theirs, comparison, later, n)

    def _first_open(
        self, ours: tuple[str, ...], theirs: tuple[str, ...]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the records of a question with those of a pair first that nobody answered about yet."""
        if len(ours) + len(theirs) < 3 or not ours or not theirs:
            return ours, theirs
        for our_id in ours:
            for their_id in theirs:
                pair = our_id, their_id
                answered = self._answers.apart(pair) or self._answers.same(pair) or self._is_linked(pair)
                if not answered:
                    return (
                        (our_id, *(n for n in ours if n != our_id)),
                        (their_id, *(n for n in theirs if n != their_id)),
                    )
        return ours, theirs

    def _add(self, item: ReviewItem) -> None:
        self._items[item.key] = item
        for order in self._orders:
            order.add(item)
        self._costs[item.cost] += 1
        if (group := group_of(item)) is not None:
            self._groups.setdefault(group, {})[item.key] = None

    def _remove(self, item: ReviewItem) -> None:
        for order in self._orders:
            order.remove(item)
        self._costs[item.cost] -= 1
        if (group := group_of(item)) is not None:
            del self._groups[group][item.key]


def link_of(row: VerdictRow) -> Ids:
    """Return the two ends of the link of a row whose verdict is `gone`."""
    return (row.simplenexus_ids or (row.gone,))[0], (row.total_expert_ids or (row.gone,))[0]


def review(
    matched: Matched, judged: Iterable[Judged], seal: Seal, judged_owners: Iterable[JudgedOwners] = ()
) -> Reviewed:
    """Return a match with all answers that are in the book, whoever gave them and when."""
    return Reviewed(matched, judged, seal, judged_owners)


def _sample(contacts: Collection[Contact]) -> list[Contact]:
    """Return at most `SAMPLE` records, spread evenly over a book."""
    step = max(1, -(-len(contacts) // SAMPLE))
    return [contact for n, contact in enumerate(contacts) if n % step == 0]
