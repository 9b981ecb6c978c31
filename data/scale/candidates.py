"""The candidate pairs of large books, by the blocking keys of core/contacts/linkage/blocking.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.compare.emails import plain_local
from core.contacts.linkage.blocking import CROWD, LONG_LOCAL
from data.scale.codes import Bools, Ints, Keys, packed, sorted_unique
from data.scale.columns import Columns
from data.scale.levels import lengths

_NOTHING: Final = np.zeros(0, np.uint64)


def candidate_edges(columns: Columns) -> Keys:
    """Return the candidate pairs of records as packed keys, each once, the smaller record first."""
    pairs = [_pairs(values, records, columns.left) for values, records in blocking_keys(columns)]
    return sorted_unique(np.concatenate(pairs))


def blocking_keys(columns: Columns) -> Iterator[tuple[npt.NDArray[Any], Ints]]:
    """Yield each blocking key of core as (values, records), in their order. A record without a value is left out."""
    everyone = np.arange(columns.records, dtype=np.int32)
    given, surname, born = columns.given.codes, columns.surname.codes, columns.born.codes
    place = columns.place_key.codes
    phones = np.concatenate(columns.phones)
    yield _having(phones != 0, phones, np.tile(everyone, 3))
    yield _locals(columns, everyone)
    yield _having(columns.home != 0, packed(columns.home, columns.postcode.codes), everyone)
    for one, other in ((born, surname), (born, given)):
        yield _having((one != 0) & (other != 0), packed(one, other), everyone)
    names = packed(np.minimum(given, surname), np.maximum(given, surname))
    yield _having((given != 0) & (surname != 0), names, everyone)
    for one in (surname, given):
        yield _having((one != 0) & (place != 0), packed(one, place), everyone)
    whole = lengths(columns.born.values) == 8
    yield _having(whole[born] & (place != 0), packed(born, place), everyone)


def _having(has: Bools, values: npt.NDArray[Any], records: Ints) -> tuple[npt.NDArray[Any], Ints]:
    return values[has], records[has]


def _locals(columns: Columns, everyone: Ints) -> tuple[npt.NDArray[Any], Ints]:
    """Return the local parts of emails that are long enough, also those of a record's further inboxes."""
    local = columns.local
    long_enough = lengths(local.values) >= LONG_LOCAL
    values, records = _having(long_enough[local.codes], local.codes, everyone)
    if not columns.several:
        return values, records
    code_of = {value: code for code, value in enumerate(local.values)}
    more = [
        (code_of[part], record)
        for record, keys in columns.several.items()
        for part in dict.fromkeys(plain_local(key) for key in keys)
        if len(part) >= LONG_LOCAL and part != local.values[local.codes[record]]
    ]
    further = np.array(more, np.int32).reshape(-1, 2)
    return np.concatenate([values, further[:, 0]]), np.concatenate([records, further[:, 1]])


def _pairs(values: npt.NDArray[Any], records: Ints, left: int) -> Keys:
    """Return the pairs of records that share a value which is not crowded.

    A value is crowded if more than `CROWD` records of the second book of a pair have it: of the right book for a pair
    of both books, of the one book for a pair of one book.
    """
    if not len(values):
        return _NOTHING
    if np.any(records[1:] < records[:-1]):
        order = np.argsort(records, kind="stable")
        values, records = values[order], records[order]
    order = np.argsort(values, kind="stable")
    values, records = values[order], records[order]
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    sizes = np.diff(np.append(starts, len(values)))
    is_left = records < left
    ours = np.add.reduceat(is_left, starts, dtype=np.int64)
    theirs = sizes - ours
    pairs = [
        _across(records, starts, ours, np.where(theirs <= CROWD, theirs, 0)),
        *_within(
            records, np.repeat(np.arange(len(starts)), sizes), np.repeat(ours <= CROWD, sizes) & is_left
        ),
        *_within(
            records, np.repeat(np.arange(len(starts)), sizes), np.repeat(theirs <= CROWD, sizes) & ~is_left
        ),
    ]
    return np.concatenate(pairs)


def _across(
    records: Ints, starts: npt.NDArray[Any], ours: npt.NDArray[Any], theirs: npt.NDArray[Any]
) -> Keys:
    """Return the pairs of a record of the left book with one of the right book, for groups of sorted records."""
    rights = np.repeat(theirs, ours)
    left_places = _ranges(starts, ours)
    first_right = np.repeat(starts + ours, ours)
    left = np.repeat(records[left_places], rights)
    return packed(left, records[_ranges(first_right, rights)])


def _ranges(starts: npt.NDArray[Any], lengths: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the numbers of each range that begins at a start, one range after the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    ranges: npt.NDArray[np.int64] = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
    return ranges


def _within(records: Ints, groups: npt.NDArray[Any], used: Bools) -> Iterator[Keys]:
    """Yield the pairs of two records of one group, of those that are used. Records of a group are sorted."""
    records, groups = records[used], groups[used]
    at = np.arange(len(records))
    for step in range(1, CROWD):
        at = at[at < len(records) - step]
        at = at[groups[at] == groups[at + step]]
        if not len(at):
            return
        yield packed(records[at], records[at + step])
