"""Blocking: chooses the candidate pairs, the pairs of records that are worth comparing. Pure.

In a small book, a pair is skipped only if all values that the two share cannot outweigh the prior, with some slack, so
hardly any suggestion is lost. In a large book, a pair must share a blocking key, and a key value that many records
share is ignored. That keeps the memory flat.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import log2
from typing import Final

from msgspec import Struct

from core.compare import names
from core.compare.agreement import AgreementLevel
from core.compare.name_parts import surname_words
from core.contacts.linkage.features import Features
from core.contacts.linkage.scoring import SLIP_U, MatchModel
from core.contacts.linkage.term_frequency import TermFrequency

SMALL: Final = 30_000_000
"""Possible pairs, up to which a book is small."""
SLACK: Final = 5.0
"""Bits that a pair may gain from agreement that no shared value shows: an initial, a close place, two typing errors."""
CROWD: Final = 40
"""Records of the right book; a key value that more of them share is ignored in a large book."""

Candidates = Iterator[tuple[int, Sequence[int]]]
"""The index of a record of the left book, and the indexes of the records of the right book to compare it with."""


def is_small(left: int, right: int) -> bool:
    """Return True if books of `left` and `right` records are compared by every shared value, not by keys alone."""
    return left * right <= SMALL


class Blocking(Struct, frozen=True):
    """How the candidate pairs of two books are chosen: by all shared values, or by blocking keys if not `is_small`.

    `crowded` are the hashes of the ignored values of each key. The first run over the whole books fills it. A later run
    over a few of their records then ignores the same values.
    """

    is_small: bool
    crowded: list[frozenset[int]]


def blocking_of(left: int, right: int) -> Blocking:
    """Return how the candidate pairs of books of `left` and `right` records are chosen."""
    return Blocking(is_small(left, right), [])


def candidate_pairs(
    left: Sequence[Features], right: Sequence[Features], model: MatchModel, blocking: Blocking | None = None
) -> Candidates:
    """Yield the candidate pairs of two books, or of one book that is given twice."""
    blocking = blocking or blocking_of(len(left), len(right))
    if blocking.is_small:
        yield from _by_shared_values(left, right, model)
    else:
        yield from _by_key(left, right, blocking.crowded)


# -- small books -------------------------------------------------------------------------------------------

Values = Callable[[Features], tuple[str, ...]]


class _SharedField(Struct, frozen=True):
    """A field with values that are looked up in the right book, and the match weight that a shared value can have.

    `m` is the m of equal values. `slip_bits` is the match weight of two values that differ by one character; 0 means
    that such values are not looked for.
    """

    values: Values
    frequency: TermFrequency
    m: float
    slip_bits: float = 0.0
    nicknames: bool = False

    def bits(self, left: str, right: str) -> float:
        """Return the highest match weight of two values that are equal, one character apart or nicknames."""
        if left == right:
            return log2(self.m / self.frequency.u(left))
        return self.slip_bits


def _shared_fields(model: MatchModel) -> tuple[_SharedField, ...]:
    equal = {field: levels[AgreementLevel.EQUAL] for field, levels in model.m.items()}
    birth_date, phone = model.m["birth_date"], model.m["phone"]
    close_email = model.m["email"][AgreementLevel.CLOSE]
    close_address = model.m["address"][AgreementLevel.CLOSE]
    close_name = log2(0.06 / 0.002)
    close_date = log2(birth_date[AgreementLevel.CLOSE] / 1e-3)
    close_phone = log2(phone[AgreementLevel.CLOSE] / SLIP_U)
    slip_email = log2(close_email / SLIP_U)
    return (
        _SharedField(_given, model.given, equal["first_name"], close_name, nicknames=True),
        _SharedField(_surnames, model.surname, equal["last_name"], close_name),
        _SharedField(_both_names, model.surname, 0.01, 0.0),
        _SharedField(lambda features: _if_any(features.middle), model.middle, equal["middle_name"]),
        _SharedField(_birth_dates, model.born, equal["birth_date"], close_date),
        _SharedField(
            lambda features: _if_any(features.born[-4:]),
            model.day,
            birth_date[AgreementLevel.DAY_AND_MONTH],
        ),
        _SharedField(lambda features: features.phones, model.phone, equal["phone"], close_phone),
        _SharedField(lambda features: features.local_parts, model.local, close_email, slip_email),
        _SharedField(
            lambda features: _if_any(features.street.key), model.home, equal["address"], log2(0.1 / 1e-4)
        ),
        _SharedField(lambda features: _if_any(features.building), model.building, close_address),
        _SharedField(lambda features: _if_any(features.place_key), model.place, equal["place"], 4.5),
    )


def _if_any(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _given(features: Features) -> tuple[str, ...]:
    return _if_any(features.given)


def _surnames(features: Features) -> tuple[str, ...]:
    """Return the surname, and its words if there are several: a part of a double name is close to the whole."""
    if not features.surname:
        return ()
    words = surname_words(features.last_name)
    return (features.surname, *words) if len(words) > 1 else (features.surname,)


def _both_names(features: Features) -> tuple[str, ...]:
    """Return both names in alphabetical order, which is the same if first and last name are swapped."""
    if not features.given or not features.surname:
        return ()
    return (" ".join(sorted((features.given, features.surname))),)


def _birth_dates(features: Features) -> tuple[str, ...]:
    """Return the whole birth date, and a value that is the same if day and month are swapped."""
    if len(features.born) != 8:
        return ()
    year, month, day = features.born[:4], features.born[4:6], features.born[6:]
    swapped = f"{year}~{min(month, day)}{max(month, day)}"
    return (features.born,) if month == day else (features.born, swapped)


Hits = list[tuple[float, list[int]]]
"""A match weight in bits, and the indexes of the records of the right book that have it; one item for each value."""


class SharedValues:
    """Knows which records of a book hold which values, and finds the records that share enough with another one.

    A record has a number. A record that changed is added again; its old values then find it too.
    """

    def __init__(self, model: MatchModel, records: Iterable[Features] = ()) -> None:
        """Take in records that have the numbers 0, 1, 2 and so on."""
        self.fields = _shared_fields(model)
        self._places: list[dict[str, list[int]]] = [{} for _ in self.fields]
        self._slips = [
            _Slips(places) if field.slip_bits else None
            for field, places in zip(self.fields, self._places, strict=True)
        ]
        for number, features in enumerate(records):
            self.add(number, features)

    def add(self, number: int, features: Features) -> None:
        """Take in one more record."""
        for field, places, slips in zip(self.fields, self._places, self._slips, strict=True):
            for value in field.values(features):
                if (holders := places.get(value)) is not None:
                    holders.append(number)
                else:
                    places[value] = [number]
                    if slips is not None:
                        slips.add(value)

    def candidates(self, features: Features, needed: float, known: Sequence[dict[str, Hits]]) -> list[int]:
        """Return the records whose values in common with a record weigh `needed` bits or more.

        `known` keeps, for each field, what was found for a value before.
        """
        bits_of: dict[int, float] = {}
        for n, (field, table) in enumerate(zip(self.fields, known, strict=True)):
            hits_of_values = []
            for value in field.values(features):
                if (hits := table.get(value)) is None:
                    hits = table[value] = self._hits(n, value)
                hits_of_values.append(hits)
            _add(bits_of, hits_of_values)
        return [number for number, bits in bits_of.items() if bits >= needed]

    def _hits(self, n: int, value: str) -> Hits:
        """Return the records that hold a value of a field, or a value close to it."""
        field, places, slips = self.fields[n], self._places[n], self._slips[n]
        near = slips.near(value) if slips is not None else {value} & places.keys()
        if field.nicknames:
            near |= names.nicknames(value) & places.keys()
        return [(field.bits(value, other), places[other]) for other in near]


def needed_bits(highest_prior: float) -> float:
    """Return the bits that the shared values of a pair must have in a small book."""
    return -highest_prior - SLACK


def _by_shared_values(left: Sequence[Features], right: Sequence[Features], model: MatchModel) -> Candidates:
    index = SharedValues(model, right)
    known: list[dict[str, Hits]] = [{} for _ in index.fields]
    needed = needed_bits(model.prior)
    for i, features in enumerate(left):
        chosen = index.candidates(features, needed, known)
        if chosen:
            yield i, chosen


def _add(bits_of: dict[int, float], hits_of_values: Sequence[Hits]) -> None:
    """Add the match weight of one field to each record's sum. Of several values of a field, the best one counts."""
    if len(hits_of_values) == 1:
        for bits, places in hits_of_values[0]:
            for j in places:
                bits_of[j] = bits_of.get(j, 0.0) + bits
        return
    best: dict[int, float] = {}
    for bits, places in chain.from_iterable(hits_of_values):
        for j in places:
            if bits > best.get(j, 0.0):
                best[j] = bits
    for j, bits in best.items():
        bits_of[j] = bits_of.get(j, 0.0) + bits


class _Slips:
    """Finds values that differ by one character: they are equal after one character is left out of either value."""

    def __init__(self, values: Mapping[str, object]) -> None:
        """`values` are the values that can be found; each of them is added too."""
        self._values = values
        self._by_shortened: dict[str, list[str]] = {}

    def add(self, value: str) -> None:
        """Take in a value."""
        for shortened in _one_left_out(value):
            self._by_shortened.setdefault(shortened, []).append(value)

    def near(self, value: str) -> set[str]:
        """Return the values that are equal to `value` or differ from it by one character."""
        near = set(self._by_shortened.get(value, ()))
        if value in self._values:
            near.add(value)
        for shortened in _one_left_out(value):
            if shortened in self._values:
                near.add(shortened)
            near.update(self._by_shortened.get(shortened, ()))
        return near


LONGEST_SLIP: Final = 64
"""Characters. A longer value is only compared as a whole, because the work grows with the square of the length."""


def _one_left_out(value: str) -> set[str]:
    """Return every form of `value` with one character left out; none if the value is very short or very long."""
    if not 4 <= len(value) <= LONGEST_SLIP:
        return set()
    return {value[:n] + value[n + 1 :] for n in range(len(value))}


# -- large books -------------------------------------------------------------------------------------------


def _by_key(left: Sequence[Features], right: Sequence[Features], crowded: list[frozenset[int]]) -> Candidates:
    """Yield the pairs that share a value of a blocking key, key by key, so that one index is in memory at a time.

    A value that many records of the right book share is ignored, as if nobody had it: `crowded` is that of `Blocking`.
    Of one book, given as `left` and as `right`, each pair comes once, the smaller index first.
    """
    earlier: list[_SharedKey] = []
    for n, values in enumerate(KEYS):
        shared = _SharedValues if values in _SEVERAL else _SharedValue
        key = shared(values, left, right, crowded[n] if n < len(crowded) else None)
        if n == len(crowded):
            crowded.append(key.crowded)
        for i in range(len(left)):
            places = key.places(i)
            if left is right:
                places = [j for j in places if j > i]
            chosen = [j for j in places if not any(before.has(i, j) for before in earlier)] if places else []
            if chosen:
                yield i, chosen
        key.forget_index()
        earlier.append(key)


def _without_crowds(index: dict[int, list[int]], known: frozenset[int] | None) -> frozenset[int]:
    """Take the values that too many records share out of an index, and return them. `known` are those to take out."""
    crowded = known
    if crowded is None:
        crowded = frozenset(value for value, places in index.items() if len(places) > CROWD)
    for value in crowded:
        index.pop(value, None)
    return crowded


class _SharedValues:
    """A blocking key with several values for a record, and the records of the right book by value.

    Values are hashes. Two values may have one hash; the comparison drops such pairs.
    """

    def __init__(
        self,
        values: KeyValues,
        left: Sequence[Features],
        right: Sequence[Features],
        crowded: frozenset[int] | None,
    ) -> None:
        self._values = values
        self._left = left
        self._right = right
        self._index: dict[int, list[int]] = {}
        for j, features in enumerate(right):
            for value in values(features):
                self._index.setdefault(hash(value), []).append(j)
        self.crowded = _without_crowds(self._index, crowded)

    def places(self, i: int) -> Sequence[int]:
        """Return the records of the right book that share a value with a record of the left book."""
        values = self._values(self._left[i])
        if not values:
            return ()
        found = [self._index.get(hash(value), ()) for value in values]
        return found[0] if len(found) == 1 else [*dict.fromkeys(chain.from_iterable(found))]

    def has(self, i: int, j: int) -> bool:
        """Return True if `places` names record `j` for record `i`."""
        others = self._values(self._right[j])
        return any(
            value in others and hash(value) not in self.crowded for value in self._values(self._left[i])
        )

    def forget_index(self) -> None:
        """Free the memory that `places` needs, but not `has`."""
        self._index = {}


class _SharedValue:
    """A blocking key with at most one value for a record. The hash of each record's value is kept, 0 for none."""

    def __init__(
        self,
        values: KeyValues,
        left: Sequence[Features],
        right: Sequence[Features],
        crowded: frozenset[int] | None,
    ) -> None:
        self._ours = _hashes(values, left)
        self._theirs = self._ours if left is right else _hashes(values, right)
        self._index: dict[int, list[int]] = {}
        for j, value in enumerate(self._theirs):
            if value:
                self._index.setdefault(value, []).append(j)
        self.crowded = _without_crowds(self._index, crowded)
        if self.crowded:
            for hashes in (self._ours, self._theirs):
                for n, value in enumerate(hashes):
                    if value in self.crowded:
                        hashes[n] = 0

    def places(self, i: int) -> Sequence[int]:
        """Return the records of the right book that share the value of a record of the left book."""
        return self._index.get(self._ours[i], ())

    def has(self, i: int, j: int) -> bool:
        """Return True if `places` names record `j` for record `i`."""
        value = self._ours[i]
        return value != 0 and value == self._theirs[j]

    def forget_index(self) -> None:
        """Free the memory that `places` needs, but not `has`."""
        self._index = {}


_SharedKey = _SharedValues | _SharedValue


def _hashes(values: KeyValues, records: Sequence[Features]) -> array[int]:
    found = (values(features) for features in records)
    return array("q", (hash(value[0]) if value else 0 for value in found))


KeyValues = Callable[[Features], tuple[object, ...]]
"""Returns the values of a blocking key that a record has."""

LONG_LOCAL: Final = 6
"""Characters from which the part of an email before the @ is a blocking key."""
_SEVERAL: Final[tuple[KeyValues, ...]] = (
    lambda record: record.phones,
    lambda record: tuple(local for local in record.local_parts if len(local) >= LONG_LOCAL),
)
_ONE: Final[tuple[KeyValues, ...]] = (
    lambda record: ((record.street.key, record.place[0]),) if record.street.key else (),
    lambda record: ((record.born, record.surname),) if record.born and record.surname else (),
    lambda record: ((record.born, record.given),) if record.born and record.given else (),
    lambda record: (
        (tuple(sorted((record.surname, record.given))),) if record.given and record.surname else ()
    ),
    lambda record: ((record.surname, record.place_key),) if record.surname and record.place_key else (),
    lambda record: ((record.given, record.place_key),) if record.given and record.place_key else (),
    lambda record: ((record.born, record.place_key),) if len(record.born) == 8 and record.place_key else (),
)
KEYS: Final = (*_SEVERAL, *_ONE)
"""The blocking keys. Each finds pairs that the others miss."""
