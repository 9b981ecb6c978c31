"""The match that a process holds: the next snapshot is matched by what changed in it, or whole if that is due. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Lock

from msgspec.structs import replace

from core.contacts.linkage.suggestions import FindGroups, find_groups
from core.contacts.match.live.live_match import BookChange, LiveMatch, RowChange
from core.contacts.match.match import Matched, match
from core.contacts.match.owner_rule import OwnerRule
from core.contacts.match.rule import MatchOptions, Owners
from core.contacts.model import Contact, VerdictRow


class HeldMatch:
    """Matches two books again and again. Each method may take long and runs in a thread; another call waits.

    `find` finds the groups of a whole match.
    """

    def __init__(self, find: FindGroups = find_groups) -> None:
        self._find = find
        self._one_at_a_time = Lock()
        self._matched: Matched | None = None
        self._live: LiveMatch | None = None
        self.was_whole = True
        """True if the last match was a whole one."""

    def prepare(self) -> None:
        """Make ready for changes, so that the next match is a fast one."""
        with self._one_at_a_time:
            self._prepare()

    def _prepare(self) -> None:
        if self._live is None and self._matched is not None and self._matched.statistics is not None:
            self._live = LiveMatch(self._matched)
            self._matched = replace(self._matched, connected=())

    def match(
        self, simplenexus: Sequence[Contact], total_expert: Sequence[Contact], terms: MatchOptions
    ) -> Matched:
        """Return the match of two books, with the statistics of the last whole match (docs/matching.md, "Changes")."""
        with self._one_at_a_time:
            return self._match(simplenexus, total_expert, terms)

    def _match(
        self, simplenexus: Sequence[Contact], total_expert: Sequence[Contact], terms: MatchOptions
    ) -> Matched:
        before = self._matched
        change = None if before is None else change_between(before, simplenexus, total_expert, terms)
        if before is not None and change is not None:
            if change.is_empty and terms.standing == before.terms.standing:
                self.was_whole = False
                return before
            self._prepare()
        live = self._live
        if before is None or change is None or live is None or not live.can_take(change):
            self._live = None
            self._matched, self.was_whole = match(simplenexus, total_expert, terms, find=self._find), True
            return self._matched
        done = live.apply(change)
        books = _by_id(simplenexus), _by_id(total_expert)
        rows = with_change(before, done, terms, live)
        doubles = tuple(_other_doubles(before, done)) + done.doubles
        rule = OwnerRule(*books, terms)
        self._matched = Matched(*books, rows, terms, doubles, rule, live.statistics)
        self.was_whole = False
        return self._matched


def change_between(
    before: Matched, simplenexus: Sequence[Contact], total_expert: Sequence[Contact], terms: MatchOptions
) -> BookChange | None:
    """Return what changed since a match; None if a whole match has to find out.

    That is so if other owners are tied or left, if another setting holds, or if known records come in another order.
    """
    counted = _changed_owners(before.terms.owners, terms.owners)
    if counted is None or _settings(before.terms) != _settings(terms):
        return None
    ours = _changed(before.simplenexus, simplenexus, counted=())
    theirs = _changed(before.total_expert, total_expert, counted)
    if ours is None or theirs is None:
        return None
    links_before, links = dict.fromkeys(before.terms.standing), dict.fromkeys(terms.standing)
    return BookChange(
        ours[0],
        theirs[0],
        ours[1],
        theirs[1],
        [pair for pair in links if pair not in links_before],
        [pair for pair in links_before if pair not in links],
        terms.successors if terms.successors != before.terms.successors else None,
        terms.owners if counted else None,
    )


def _settings(terms: MatchOptions) -> MatchOptions:
    return replace(terms, owners=None, standing=(), successors=(), taken_back={})


def _changed_owners(before: Owners | None, now: Owners | None) -> Iterable[str] | None:
    """Return the contacts of Total Expert that count as another owner's now; None if ties or owners changed."""
    if before is None or now is None:
        return () if before is now else None
    if (before.ties, before.left) != (now.ties, now.left):
        return None
    ids = before.counted.keys() | now.counted.keys()
    return {record_id for record_id in ids if before.counted.get(record_id) != now.counted.get(record_id)}


def _changed(
    before: Mapping[str, Contact], now: Sequence[Contact], counted: Iterable[str]
) -> tuple[list[Contact], list[str]] | None:
    """Return the new and changed contacts of a book, and the ids of those that are gone.

    Return None if the known contacts come in another order, or a new one comes before a known one.
    """
    put = []
    known = 0
    order = iter(before)
    is_end = False
    ids = set[str]()
    others = frozenset(counted)
    for contact in now:
        old = before.get(contact.id)
        ids.add(contact.id)
        if old is None:
            is_end = True
            put.append(contact)
            continue
        known += 1
        if is_end or not _follows(order, contact.id):
            return None
        if (old is not contact and old != contact) or contact.id in others:
            put.append(contact)
    return put, [record_id for record_id in before if record_id not in ids] if known < len(before) else []


def _follows(order: Iterator[str], record_id: str) -> bool:
    """Return True if an id comes later in an order. The ids before it are used up."""
    return record_id in order


def with_change(
    before: Matched, change: RowChange, terms: MatchOptions, live: LiveMatch
) -> tuple[VerdictRow, ...]:
    """Return the rows of a match after a change that `live` took in, in the order of the rule."""
    kept = [
        row
        for row in before.rows
        if change.ours.isdisjoint(row.simplenexus_ids) and change.theirs.isdisjoint(row.total_expert_ids)
    ]
    links: tuple[dict[str, int], dict[str, int]] = ({}, {})
    for n, pair in enumerate(terms.standing):
        for side in (0, 1):
            links[side].setdefault(pair[side], n)

    def place(row: VerdictRow) -> tuple[int, int]:
        """Links come first in their order, then SimpleNexus's records, then Total Expert's, then linked pairs alike."""
        own = row.own_simplenexus_ids, row.own_total_expert_ids
        linked = [
            links[side][record_id] for side in (0, 1) for record_id in own[side] if record_id in links[side]
        ]
        if linked:
            return 0, min(linked)
        for side in (0, 1):
            if own[side]:
                return side + 1, min(live.place(record_id, is_theirs=side == 1) for record_id in own[side])
        return 3, min(live.place(record_id, is_theirs=False) for record_id in row.simplenexus_ids)

    if not _same_order(before.terms.standing, terms.standing):
        return tuple(sorted((*kept, *change.rows), key=place))
    places: dict[int, list[VerdictRow]] = {}
    for row in sorted(change.rows, key=place):
        places.setdefault(bisect_right(kept, place(row), key=place), []).append(row)
    rows: list[VerdictRow] = []
    start = 0
    for at, new in places.items():
        rows += [*kept[start:at], *new]
        start = at
    return (*rows, *kept[start:])


def _same_order(before: Sequence[tuple[str, str]], now: Sequence[tuple[str, str]]) -> bool:
    """Return True if the links that stand before and now come in one order."""
    both = set(before) & set(now)
    return [pair for pair in before if pair in both] == [pair for pair in now if pair in both]


def _by_id(contacts: Iterable[Contact]) -> dict[str, Contact]:
    return {contact.id: contact for contact in contacts}


def _other_doubles(matched: Matched, change: RowChange) -> Iterable[tuple[str, ...]]:
    """Yield the doubles that a change does not replace. A double is of one book."""
    for double in matched.doubles:
        is_ours = all(record_id in matched.simplenexus for record_id in double)
        if not (change.ours if is_ours else change.theirs).issuperset(double):
            yield double
