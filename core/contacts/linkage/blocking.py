"""Which pairs of records are worth comparing. Pure.

In a small book a pair is passed over only where all that it could share can't outweigh the odds, so nothing is lost.
In a large one it must share one of several keys, and a key that many share is no key: that keeps memory flat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from math import log2
from typing import Final

from msgspec import Struct

from core.compare import names
from core.compare.agreement import AgreementLevel
from core.contacts.linkage.scoring import Features, MatchModel
from core.contacts.linkage.weights import M, TermFrequency

SMALL: Final = 30_000_000
"""Pairs up to which nothing is passed over."""
SLACK: Final = 5.0
"""Bits that a pair may gain by what no key finds: an initial, a neighbouring place, two slips in one value."""
CROWD: Final = 40
"""Records of one side that may share a key in a large book."""

Candidates = Iterator[tuple[int, Sequence[int]]]
"""A record of the left side, by its place, and those of the right side to compare it with."""


def candidate_pairs(left: Sequence[Features], right: Sequence[Features], scale: MatchModel) -> Candidates:
    """Give the pairs that may be one person, each once or more."""
    if len(left) * len(right) <= SMALL:
        yield from _all(left, right, scale)
    else:
        yield from _by_key(left, right)


Values = Callable[[Features], tuple[str, ...]]


class _Field(Struct, frozen=True):
    """Values by which records are found, and what two that are equal, or a slip apart, say at most.

    `most` is the m of equal values, `slip` the bits of a slip; 0 where slips are not looked for.
    """

    values: Values
    rare: TermFrequency
    most: float
    slip: float = 0.0
    nicknames: bool = False

    def worth(self, value: str, other: str) -> float:
        """Give the bits that two values can say."""
        if value == other:
            return log2(self.most / self.rare.u(value))
        return self.slip


def _fields(scale: MatchModel) -> tuple[_Field, ...]:
    m = {field: levels[AgreementLevel.EQUAL] for field, levels in M.items()}
    near_name = log2(0.06 / 0.002)
    return (
        _Field(_given, scale.given, m["first_name"], near_name, nicknames=True),
        _Field(_surnames, scale.surname, m["last_name"], near_name),
        _Field(_crossed, scale.surname, 0.01, 0.0),
        _Field(lambda one: _some(one.middle), scale.middle, m["middle_name"]),
        _Field(_born, scale.born, m["birth_date"], log2(M["birth_date"][AgreementLevel.CLOSE] / 1e-3)),
        _Field(lambda one: _some(one.born[-4:]), scale.day, M["birth_date"][AgreementLevel.DAY_AND_MONTH]),
        _Field(
            lambda one: one.phones, scale.phone, m["phone"], log2(M["phone"][AgreementLevel.CLOSE] / 2e-5)
        ),
        _Field(lambda one: _some(one.local), scale.local, M["email"][AgreementLevel.CLOSE]),
        _Field(lambda one: _some(one.street.key), scale.home, m["address"], log2(0.1 / 1e-4)),
        _Field(lambda one: _some(one.building), scale.building, M["address"][AgreementLevel.CLOSE]),
        _Field(lambda one: _some(one.place_key), scale.place, m["place"], 4.5),
    )


def _some(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _given(one: Features) -> tuple[str, ...]:
    return _some(one.given)


def _surnames(one: Features) -> tuple[str, ...]:
    return (one.surname, *_pieces(one)) if one.surname else ()


def _crossed(one: Features) -> tuple[str, ...]:
    return (" ".join(sorted((one.given, one.surname))),) if one.given and one.surname else ()


def _born(one: Features) -> tuple[str, ...]:
    """Give the date; and, for a swapped day and month, month and day in order."""
    if len(one.born) != 8:
        return ()
    month, day = one.born[4:6], one.born[6:]
    return (one.born,) if month == day else (one.born, f"{one.born[:4]}~{min(month, day)}{max(month, day)}")


def _pieces(one: Features) -> tuple[str, ...]:
    words = names.parts(one.contact.last_name)
    return words if len(words) > 1 else ()


Found = list[tuple[float, list[int]]]


def _all(left: Sequence[Features], right: Sequence[Features], scale: MatchModel) -> Candidates:
    fields = _fields(scale)
    tables = [_table(field, left, right) for field in fields]
    needed = -scale.prior - SLACK
    for i, one in enumerate(left):
        worth: dict[int, float] = {}
        for field, table in zip(fields, tables, strict=True):
            _add(worth, [table[value] for value in field.values(one)])
        chosen = [j for j, said in worth.items() if said >= needed]
        if chosen:
            yield i, chosen


def _add(worth: dict[int, float], found: Sequence[Found]) -> None:
    """Add what one field says of each record, the best of its values where it has several."""
    if len(found) == 1:
        for said, places in found[0]:
            for j in places:
                worth[j] = worth.get(j, 0.0) + said
        return
    best: dict[int, float] = {}
    for said, places in chain.from_iterable(found):
        for j in places:
            if said > best.get(j, 0.0):
                best[j] = said
    for j, said in best.items():
        worth[j] = worth.get(j, 0.0) + said


def _table(field: _Field, left: Sequence[Features], right: Sequence[Features]) -> dict[str, Found]:
    """Give for each value of the left side where the right side has it or a slip of it, and what that says."""
    places: dict[str, list[int]] = {}
    for j, one in enumerate(right):
        for value in field.values(one):
            places.setdefault(value, []).append(j)
    slips = _Slips(places) if field.slip else None
    table: dict[str, Found] = {}
    for one in left:
        for value in field.values(one):
            if value in table:
                continue
            near = slips.near(value) if slips else {value} & places.keys()
            if field.nicknames:
                near |= names.nicknames(value) & places.keys()
            table[value] = [(field.worth(value, other), places[other]) for other in near]
    return table


class _Slips:
    """Finds the values that are one slip apart: two such values are equal when a letter is left out of either."""

    def __init__(self, values: dict[str, list[int]]) -> None:
        self._values = values
        self._without: dict[str, list[str]] = {}
        for value in values:
            for one in _one_left_out(value):
                self._without.setdefault(one, []).append(value)

    def near(self, value: str) -> set[str]:
        """Give the values that are the same or one slip away."""
        found = set(self._without.get(value, ()))
        if value in self._values:
            found.add(value)
        for one in _one_left_out(value):
            if one in self._values:
                found.add(one)
            found.update(self._without.get(one, ()))
        return found


LONGEST_SLIP: Final = 64
"""Characters beyond which a value is compared whole: the ways to leave one out grow with its square."""


def _one_left_out(value: str) -> set[str]:
    if not 4 <= len(value) <= LONGEST_SLIP:
        return set()
    return {value[:n] + value[n + 1 :] for n in range(len(value))}


def _by_key(left: Sequence[Features], right: Sequence[Features]) -> Candidates:
    """Give pairs key by key, so that only one index is in memory; a pair comes where it first shares a key."""
    for n, key in enumerate(_KEYS):
        index: dict[int, list[int]] = {}
        for j, one in enumerate(right):
            for value in key(one):
                index.setdefault(hash(value), []).append(j)
        crowded = [value for value, places in index.items() if len(places) > CROWD]
        for value in crowded:
            del index[value]
        for i, one in enumerate(left):
            found = {j for value in key(one) for j in index.get(hash(value), ())}
            if found:
                yield i, [j for j in found if not _shared_before(n, one, right[j])]


def _shared_before(n: int, one: Features, other: Features) -> bool:
    """Say whether an earlier key had the pair already, so that few pairs are compared twice."""
    return any(key(one) == key(other) != () for key in _KEYS[:n])


_KEYS: Final[tuple[Callable[[Features], tuple[object, ...]], ...]] = (
    lambda one: one.phones,
    lambda one: (one.local,) if len(one.local) > 5 else (),
    lambda one: ((one.street.key, one.place[0]),) if one.street.key else (),
    lambda one: ((one.born, one.surname),) if one.born and one.surname else (),
    lambda one: ((one.born, one.given),) if one.born and one.given else (),
    lambda one: (
        ((one.surname, one.given) if one.surname < one.given else (one.given, one.surname),)
        if one.given and one.surname
        else ()
    ),
    lambda one: ((one.surname, one.place_key),) if one.surname and one.place_key else (),
    lambda one: ((one.given, one.place_key),) if one.given and one.place_key else (),
    lambda one: ((one.born, one.place_key),) if len(one.born) == 8 and one.place_key else (),
)
"""Each finds what the others miss; a hash may find too much, which the comparison settles."""
