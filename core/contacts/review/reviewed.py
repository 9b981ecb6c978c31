"""A match as it stands after what people answered: the rows, and the questions that are left. Pure but for itself.

It is built once; from then on an answer costs what its rows cost, not what the book does. What becomes of it answer by
answer is what a new one of all answers is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from itertools import chain
from types import MappingProxyType

import msgspec
from msgspec import Struct

from core.contacts.linkage.features import features_of
from core.contacts.linkage.scoring import MatchModel, match_model_of
from core.contacts.linkage.weights import prior
from core.contacts.match.match import Matched
from core.contacts.model import Comparison, Contact, Verdict, VerdictRow
from core.contacts.records import Answer, Judged
from core.contacts.review.answers import STANDING_TROUBLE, Answers
from core.contacts.review.decisions import APART, Ids, Seal
from core.contacts.review.queue import COSTS, Cost, Group, Rank, ReviewItem, group_of, key_of, rank
from core.contacts.review.resolve import NOBODY, RowResolver

SAMPLE = 5_000
"""Records of each side from which it is told how rare a value is, for pairs that the match did not compare."""


class ReviewChange(Struct, frozen=True):
    """What an answer did to the queue: keys of questions that are gone, and the questions of the same rows now."""

    gone: tuple[str, ...] = ()
    items: tuple[ReviewItem, ...] = ()


class Reviewed:
    """A match after the answers: see the module. Made by `review`; `take` is the one way to change it."""

    def __init__(self, matched: Matched, judged: Iterable[Judged], seal: Seal) -> None:
        self.matched = matched
        self._answers = Answers(matched, seal)
        for one in judged:
            self._answers.note(one.ids, one)
        self._outcomes = RowResolver(matched, self._answers)
        self._at_ours = {one: n for n, row in enumerate(matched.rows) for one in row.simplenexus_ids}
        self._at_theirs = {one: n for n, row in enumerate(matched.rows) for one in row.total_expert_ids}
        self._now: list[tuple[VerdictRow, ...]] = [()] * len(matched.rows)
        self._counts = Counter[Verdict]()
        self._costs = Counter[Cost]()
        self._items: dict[str, ReviewItem] = {}
        self._ranks: dict[str, Rank] = {}
        self._keys: dict[int, tuple[str, ...]] = {}
        self._groups: dict[Group, dict[str, None]] = {}
        self._asked = {n for n, row in enumerate(matched.rows) if self._asks(row)}
        self._unasked = 0
        for n in range(len(matched.rows)):
            self._renew(n)
        self._items = {item.key: item for item in self.queue}  # so that sorting it again finds it sorted

    # -- what stands ----------------------------------------------------------------------------------

    @property
    def rows(self) -> tuple[VerdictRow, ...]:
        """Every row as it stands; each record of both sides is in exactly one."""
        return tuple(chain.from_iterable(self._now))

    @property
    def counts(self) -> dict[Verdict, int]:
        """Give how many rows each verdict has, all verdicts in their order."""
        return {verdict: self._counts[verdict] for verdict in Verdict}

    @property
    def costs(self) -> dict[Cost, int]:
        """Give how many questions of each kind are left, all kinds in their order."""
        return {cost: self._costs[cost] for cost in Cost}

    @property
    def answered(self) -> Mapping[Ids, Judged]:
        """What was said of each pair, also where it does not hold any more."""
        return MappingProxyType(self._answers.said)

    @property
    def queue(self) -> tuple[ReviewItem, ...]:
        """What needs a person, the dearest mistake first, what was put off last."""
        return tuple(sorted(self._items.values(), key=lambda item: self._ranks[item.key]))

    @property
    def progress(self) -> tuple[int, int]:
        """Give how many rows people settled, of those that needed one."""
        total = len(self._asked) + self._unasked
        return total - len(self._keys), total

    def question(self, row: VerdictRow) -> ReviewItem | None:
        """Give what is to be decided about one of the rows; None where nothing is."""
        item = self.item(key_of(row))
        return item if item is not None and item.row == row else None

    def item(self, key: str) -> ReviewItem | None:
        """Give a question by its key; None where nothing is to be decided any more."""
        return self._items.get(key)

    def row_of(self, simplenexus_id: str = "", total_expert_id: str = "") -> VerdictRow | None:
        """Give the row that a record is in, None for one that is not there."""
        ours = self._answers.same_as_theirs.get(total_expert_id) or simplenexus_id
        n = self._at_ours.get(ours) if ours else self._at_theirs.get(total_expert_id)
        for row in self._now[n] if n is not None else ():
            if ours in row.simplenexus_ids or total_expert_id in row.total_expert_ids:
                return row
        return None

    def contacts(self, ids: Ids) -> tuple[Contact | None, Contact | None]:
        """Give the two records of a pair; None for one that is not there."""
        return self._answers.contacts(ids)

    def one_owner(self, ids: Ids) -> bool:
        """Say whether the owners of two records are tied to each other."""
        ours, theirs = self.contacts(ids)
        return ours is not None and theirs is not None and self._answers.one_book(ours, theirs)

    # -- one question ---------------------------------------------------------------------------------

    def alike(self, item: ReviewItem) -> list[ReviewItem]:
        """Give the questions of an item's verdict, class and pattern, itself among them, in the queue's order."""
        group = group_of(item)
        keys = self._groups.get(group, ()) if group is not None else ()
        return sorted((self._items[key] for key in keys), key=rank) or [item]

    def how_many_alike(self, item: ReviewItem) -> int:
        """Count what `alike` gives."""
        group = group_of(item)
        return len(self._groups.get(group, ())) or 1 if group is not None else 1

    def step(self, item: ReviewItem, ids: Ids, by: int) -> Ids:
        """Give the pair `by` places further on among an item's, around the end; those told apart are passed over."""
        ours, theirs = item.ours or NOBODY, item.theirs or NOBODY
        known = ids[0] in ours and ids[1] in theirs
        at = ours.index(ids[0]) * len(theirs) + theirs.index(ids[1]) if known else 0
        for _ in range(item.pairs):
            at = (at + by) % item.pairs
            pair = ours[at // len(theirs)], theirs[at % len(theirs)]
            if not self._answers.apart(pair):
                return pair
        return item.first

    def offered(self, ids: Ids) -> tuple[Answer, ...]:
        """Give what can be answered about two records, "" for nobody.

        `same` only where neither is linked to somebody else and the owner is one; but for `later` nothing where a link
        that stands is in the way.
        """
        ours, theirs = self.contacts(ids)
        said = self._answers
        fixed = ours is None or ids[0] in said.fixed_ours, theirs is None or ids[1] in said.fixed_theirs
        if all(fixed):
            row = self.row_of(*ids)
            return (Answer.LATER,) if row is not None and row.reason in STANDING_TROUBLE else ()
        if ours is None or theirs is None:
            return (Answer.DIFFERENT, Answer.LATER)
        apart = (*sorted(APART), Answer.LATER)
        free = self.linked_to(ids) is None and said.one_book(ours, theirs)
        return (Answer.SAME, *apart) if free else apart

    def linked_to(self, ids: Ids) -> VerdictRow | None:
        """Give the row by which one of two records is somebody else's; None where both are free for each other."""
        for row in (self.row_of(simplenexus_id=ids[0]), self.row_of(total_expert_id=ids[1])):
            if row is None or (row.simplenexus_ids, row.total_expert_ids) == ((ids[0],), (ids[1],)):
                continue
            if row.verdict in (Verdict.LINK, Verdict.LINKED) or row.reason in STANDING_TROUBLE:
                return row
        return None

    def if_apart(self, ids: Ids) -> tuple[VerdictRow, ...]:
        """Give what the rule would make of two records, each alone."""
        ours, theirs = self.contacts(ids)
        return tuple(self._outcomes.alone([ids[0]] if ours else [], [ids[1]] if theirs else []))

    def hits(self, simplenexus_id: str) -> tuple[str, ...]:
        """Give the contacts of which Total Expert would change one, were a record of SimpleNexus pushed."""
        return self._outcomes.hits(simplenexus_id)

    def compare(self, ids: Ids) -> Comparison | None:
        """Compare two records by the measure of both books; None where there is only one."""
        ours, theirs = self.contacts(ids)
        if ours is None or theirs is None:
            return None
        return self._scale.compare(features_of(ours), features_of(theirs, keeps_year=False))

    @cached_property
    def _scale(self) -> MatchModel:
        left, right = self.matched.simplenexus, self.matched.total_expert
        scale = match_model_of(
            [features_of(one) for one in _spread(left.values())],
            [features_of(one, keeps_year=False) for one in _spread(right.values())],
        )
        return msgspec.structs.replace(scale, prior=prior(len(left), len(right)))

    # -- answers --------------------------------------------------------------------------------------

    def take(self, ids: Ids, judged: Judged | None) -> ReviewChange:
        """Take in what is said of two records now, None for nothing; gives what that does to the queue."""
        touched = set[int]()
        for ours, theirs in self._answers.note(ids, judged):
            touched |= {n for n in (self._at_ours.get(ours), self._at_theirs.get(theirs)) if n is not None}
        places = sorted(touched)
        before = [key for n in places for key in self._keys.get(n, ())]
        for n in places:
            self._renew(n)
        items = tuple(self._items[key] for n in places for key in self._keys.get(n, ()))
        now = {item.key for item in items}
        return ReviewChange(tuple(key for key in before if key not in now), items)

    def _renew(self, n: int) -> None:
        """Make the rows that one row of the match becomes, and their questions, anew."""
        self._counts.subtract(pair.verdict for pair in self._now[n])
        for key in self._keys.get(n, ()):
            self._forget(self._items.pop(key))
        self._unasked -= n in self._keys and n not in self._asked
        self._keys.pop(n, None)
        self._now[n] = tuple(self._outcomes.rows(self.matched.rows[n]))
        self._counts.update(pair.verdict for pair in self._now[n])
        items = [item for pair in self._now[n] if (item := self._ask(pair, n)) is not None]
        for item in items:
            self._remember(item)
        if items:
            self._keys[n] = tuple(item.key for item in items)
            self._unasked += n not in self._asked

    def _asks(self, row: VerdictRow) -> bool:
        """Say whether a row of the match needs a person as long as nothing is answered."""
        return row.verdict in COSTS and (
            row.verdict is not Verdict.PUSH or bool(self.hits(row.simplenexus_ids[0]))
        )

    def _ask(self, row: VerdictRow, n: int) -> ReviewItem | None:
        if not self._asks(row):
            return None
        if row.verdict is Verdict.PUSH:
            one = row.simplenexus_ids[0]
            ours = row.simplenexus_ids
            theirs = tuple(hit for hit in self.hits(one) if not self._answers.apart((one, hit)))
        else:
            facing = self._outcomes.facing(self.matched.rows[n])
            ours, theirs = row.simplenexus_ids or facing[0], row.total_expert_ids or facing[1]
        compared = row.comparison
        if compared is None and len(ours) == len(theirs) == 1:
            compared = self.compare((ours[0], theirs[0]))
        return ReviewItem(
            key_of(row),
            row,
            ours,
            theirs,
            compared,
            self._answers.put_off(ours or NOBODY, theirs or NOBODY),
            n,
        )

    def _remember(self, item: ReviewItem) -> None:
        self._items[item.key] = item
        self._ranks[item.key] = rank(item)
        self._costs[item.cost] += 1
        if (group := group_of(item)) is not None:
            self._groups.setdefault(group, {})[item.key] = None

    def _forget(self, item: ReviewItem) -> None:
        del self._ranks[item.key]
        self._costs[item.cost] -= 1
        if (group := group_of(item)) is not None:
            del self._groups[group][item.key]


def review(matched: Matched, judged: Iterable[Judged], seal: Seal) -> Reviewed:
    """Give a match as it stands after what was answered, by whomever and in whichever run."""
    return Reviewed(matched, judged, seal)


def _spread(contacts: Collection[Contact]) -> list[Contact]:
    """Give at most `SAMPLE` records, spread evenly."""
    step = max(1, -(-len(contacts) // SAMPLE))
    return [one for n, one in enumerate(contacts) if n % step == 0]
