"""What a match of large books hands over for the match of later changes: `LinkageStatistics`, of columns of codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from core.compare.addresses import Street
from core.contacts.linkage.blocking import CROWD, KEYS, Blocking, is_small
from core.contacts.linkage.features import features_of
from core.contacts.linkage.scoring import MatchModel
from core.contacts.linkage.suggestions import LinkageStatistics
from core.contacts.linkage.term_frequency import THE_PAIR, TermFrequency
from core.contacts.model import Contact
from data.scale.candidates import blocking_keys
from data.scale.codes import Ints
from data.scale.columns import Columns
from data.scale.model import Frequency, ScaleModel

ContactOf = Callable[[int], Contact]
"""Returns the contact of a record."""


def statistics_of(
    columns: Columns, model: ScaleModel, priors: tuple[float, float, float], contact: ContactOf
) -> LinkageStatistics:
    """Return the compact statistics of two books, as `whole_books` of core/contacts/linkage makes them.

    `priors` are the open, the usual and the highest prior, in bits.
    """
    ours, theirs = columns.left, columns.records - columns.left
    crowds = {is_left: _crowded(columns, contact, is_left=is_left) for is_left in (True, False)}

    def blocking(left: int, right: int, *, is_left: bool) -> Blocking:
        small = is_small(left, right)
        return Blocking(small, [] if small else crowds[is_left])

    return LinkageStatistics(
        _match_model(columns, model),
        *priors,
        blocking(ours, theirs, is_left=False),
        blocking(ours, ours, is_left=True),
        blocking(theirs, theirs, is_left=False),
    )


def _match_model(columns: Columns, model: ScaleModel) -> MatchModel:
    names = columns.given.values
    return MatchModel(
        given=_with_counts(model.given, names),
        surname=_with_counts(model.surname, names),
        middle=_with_counts(model.middle, columns.middle.values),
        initial=model.initial.compact,
        born=_with_counts(model.born, columns.born.values),
        day=_with_counts(model.day, model.days.values),
        phone=_with_counts(model.phone, columns.phone_values),
        email=_with_counts(model.email, columns.email.values),
        local=_with_counts(model.local, columns.local.values),
        home=_homes(columns, model.home),
        road=_with_counts(model.road, columns.core.values),
        building=_with_counts(model.building, columns.building.values),
        place=_with_counts(model.place, columns.place_key.values),
        city=_with_counts(model.city, columns.city.values),
        chance=model.chance,
        compare_given=model.compare_given,
        m=model.m,
        prior=0.0,
    )


def _with_counts(frequency: Frequency, values: Sequence[str]) -> TermFrequency:
    """Return the frequencies with the counts of the values that others than the two records of a pair hold."""
    codes = np.flatnonzero(frequency.counts > THE_PAIR)
    counts = zip(codes.tolist(), frequency.counts[codes].tolist(), strict=True)
    return msgspec.structs.replace(
        frequency.term, counts=Counter({values[code]: count for code, count in counts})
    )


def _homes(columns: Columns, frequency: Frequency) -> TermFrequency:
    codes = np.flatnonzero(frequency.counts > THE_PAIR)
    record_of = np.zeros(columns.homes, np.int64)
    record_of[columns.home] = np.arange(columns.records)
    counts = Counter[str]()
    for code, record in zip(codes.tolist(), record_of[codes].tolist(), strict=True):
        number = columns.number.values[columns.number.codes[record]]
        core = columns.core.values[columns.core.codes[record]]
        counts[Street(number=number, core=core).key] = int(frequency.counts[code])
    return msgspec.structs.replace(frequency.term, counts=counts)


def _crowded(columns: Columns, contact: ContactOf, *, is_left: bool) -> list[frozenset[int]]:
    """Return the hashes of the crowded values of each blocking key, by the records of one book."""
    crowded: list[frozenset[int]] = []
    for n, (codes, records) in enumerate(blocking_keys(columns)):
        in_book = (records < columns.left) == is_left
        found, places, counts = np.unique(codes[in_book], return_index=True, return_counts=True)
        crowds = counts > CROWD
        holders: Ints = records[in_book][places[crowds]]
        held = zip(found[crowds].tolist(), holders.tolist(), strict=True)
        crowded.append(
            frozenset(hash(_value(columns, n, code, contact(record), is_left)) for code, record in held)
        )
    return crowded


def _value(columns: Columns, n: int, code: int, holder: Contact, keeps_year: bool) -> object:
    """Return a value of the blocking key `n` as the key has it. A holder has several values of the first two keys."""
    if n == 0:
        return columns.phone_values[code]
    if n == 1:
        return columns.local.values[code]
    return KEYS[n](features_of(holder, keeps_year=keeps_year))[0]
