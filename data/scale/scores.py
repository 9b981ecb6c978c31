"""The lines of evidence of many pairs at once: the agreement level and the match weight of each field.

The same as `MatchModel.lines` (core/contacts/linkage/scoring.py) pair by pair. Match weights are in hundredths of a
bit. A pair is two numbers of records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from core.compare import names
from core.compare.addresses import are_close_streets
from core.compare.agreement import AgreementLevel
from core.compare.emails import compare_emails, plain_local, plain_locals, shared_inbox
from core.compare.folding import parts
from core.compare.name_parts import surname_words
from core.contacts.field_limits import cut_at
from core.contacts.linkage.scoring import (
    CHANCE,
    DATE_U,
    FIELDS,
    OTHER_SUFFIX_U,
    PLACE_OF_STREET,
    SAME_SUFFIX_U,
    SLIP_U,
    STRANGE_U,
    SWAPPED_WITH_YEAR_U,
    close_place_u,
    close_street_u,
    crossed_levels,
    slip_place_u,
)
from core.contacts.linkage.weights import match_weight
from core.contacts.model import Contact
from data.scale.codes import Bools, Cents, Coded, Ints, numbered, packed, unpacked
from data.scale.columns import Columns
from data.scale.levels import (
    CLOSE,
    CROSSED,
    DAY_AND_MONTH,
    DIFFERENT,
    EQUAL,
    INITIAL,
    LEVELS,
    MISSING,
    NICKNAME,
    NUMBER,
    SWAPPED,
    Dates,
    Levels,
    PhoneNumbers,
    distances,
    lengths,
)
from data.scale.model import Frequency, ScaleModel, cents, of_pairs

FIRST, LAST, MIDDLE, SUFFIX, BORN, PHONE, EMAIL, ADDRESS, PLACE = range(len(FIELDS))


class Lines(Struct, frozen=True):
    """The lines of evidence of pairs: levels and match weights by field, in the order of `FIELDS`."""

    levels: list[Levels]
    cents: list[Cents]

    def total(self) -> Cents:
        """Return the sum of the match weights of each pair."""
        total: Cents = np.sum(self.cents, axis=0, dtype=np.int32)
        return total

    def taken(self, places: Ints | Bools | npt.NDArray[np.int64]) -> Lines:
        """Return the lines of some of the pairs."""
        return Lines([level[places] for level in self.levels], [weight[places] for weight in self.cents])


def joined(several: list[Lines]) -> Lines:
    """Return the lines of all pairs."""
    return Lines(
        [np.concatenate([lines.levels[n] for lines in several]) for n in range(len(FIELDS))],
        [np.concatenate([lines.cents[n] for lines in several]) for n in range(len(FIELDS))],
    )


_Line = tuple[Levels, Cents]


class Scorer:
    """Compares pairs of records. `contact_of` returns the contact of a record, where its codes do not say enough."""

    def __init__(self, columns: Columns, model: ScaleModel, contact_of: Callable[[int], Contact]) -> None:
        self._columns = columns
        self._model = model
        self._contact_of = contact_of
        self._several = np.zeros(columns.records, np.bool_)
        self._several[list(columns.several)] = True
        self._dates = Dates(columns.born.values)
        self._phones = PhoneNumbers(Coded(np.zeros(0, np.int32), columns.phone_values))
        self._names = _Names(columns, model)
        self._emails = _Emails(columns.email, columns.local)
        self._places = _Places(columns)
        equal = AgreementLevel.EQUAL
        self._born_equal = model.born.equal(model.m["birth_date"][equal])
        self._day_equal = model.day.equal(model.m["birth_date"][AgreementLevel.DAY_AND_MONTH])
        self._phone_equal = model.phone.equal(model.m["phone"][equal])
        self._email_equal = model.email.equal(model.m["email"][equal])
        self._local_equal = model.local.equal(model.m["email"][AgreementLevel.CLOSE])
        self._home_equal = model.home.equal(model.m["address"][equal])
        close = model.m["address"][AgreementLevel.CLOSE]
        self._building_equal = model.building.equal(close, close)

    @property
    def dates(self) -> Dates:
        """The dates of birth."""
        return self._dates

    def lines(self, left: Ints, right: Ints) -> Lines:
        """Return the lines of evidence of pairs."""
        return self._above(left, right, None)[0]

    def lines_above(self, left: Ints, right: Ints, least: int) -> tuple[Lines, Ints]:
        """Return the lines of those pairs that sum up to more than `least`, and the places of these pairs."""
        return self._above(left, right, least)

    def _above(self, left: Ints, right: Ints, least: int | None) -> tuple[Lines, Ints]:
        """Compare what numbers decide first. A pair that names and place can't raise above `least` is left out."""
        address = self._address(left, right)
        numeric = {
            SUFFIX: self._suffix(left, right),
            BORN: self._birth_date(left, right),
            PHONE: self._phone(left, right),
            EMAIL: self._email(left, right),
            ADDRESS: address,
        }
        places = np.arange(len(left), dtype=np.int32)
        if least is not None:
            known = np.sum([weight for _, weight in numeric.values()], axis=0, dtype=np.int32)
            bound = known + self._names.bound(left, right) + self._places.bound(left, right, self._model)
            places = np.flatnonzero(bound > least).astype(np.int32)
            left, right = left[places], right[places]
            numeric = {field: (level[places], weight[places]) for field, (level, weight) in numeric.items()}
        first, last, middle = self._names.lines(left, right, self._cut)
        place = self._place(left, right, numeric[ADDRESS][0])
        by_field = {**numeric, FIRST: first, LAST: last, MIDDLE: middle, PLACE: place}
        lines = Lines(
            [by_field[field][0] for field in range(len(FIELDS))],
            [by_field[field][1] for field in range(len(FIELDS))],
        )
        if least is None:
            return lines, places
        kept = lines.total() > least
        return lines.taken(kept), places[kept]

    def _cut(self, left: Ints, right: Ints) -> list[tuple[int, bool, bool]]:
        """Return which of some pairs have a first or a last name that was cut, as (place, first, last)."""
        long_name = self._columns.long_name
        found = []
        for place in np.flatnonzero(long_name[left] | long_name[right]).tolist():
            ours, theirs = self._contact_of(int(left[place])), self._contact_of(int(right[place]))
            cut = bool(cut_at("first_name", ours, theirs)), bool(cut_at("last_name", ours, theirs))
            if any(cut):
                found.append((place, *cut))
        return found

    # -- one field after the other -----------------------------------------------------------------------

    def _suffix(self, left: Ints, right: Ints) -> _Line:
        generation = self._columns.generation.codes
        a, b = generation[left], generation[right]
        known, same = (a != 0) & (b != 0), a == b
        level = np.where(known, np.where(same, EQUAL, DIFFERENT), MISSING).astype(np.int8)
        equal = self._model.weight("suffix", AgreementLevel.EQUAL, SAME_SUFFIX_U)
        weight = np.where(known, np.where(same, equal, self._model.against("suffix", OTHER_SUFFIX_U)), 0)
        return level, weight.astype(np.int32)

    def _birth_date(self, left: Ints, right: Ints) -> _Line:
        born = self._columns.born.codes
        a, b = born[left], born[right]
        level = self._dates.compare(a, b)
        by_level = np.zeros(len(LEVELS), np.int32)
        for agreement, u in DATE_U.items():
            by_level[NUMBER[agreement]] = self._model.weight("birth_date", agreement, u)
        by_level[DIFFERENT] = self._model.against("birth_date")
        weight = by_level[level]
        weight = np.where(level == EQUAL, self._born_equal[a], weight)
        weight = np.where(level == DAY_AND_MONTH, self._day_equal[self._model.days.codes[left]], weight)
        with_year = (self._dates.size[a] == 8) & (self._dates.size[b] == 8)
        swapped = self._model.weight("birth_date", AgreementLevel.SWAPPED, SWAPPED_WITH_YEAR_U)
        return level, np.where((level == SWAPPED) & with_year, swapped, weight).astype(np.int32)

    def _phone(self, left: Ints, right: Ints) -> _Line:
        """Of several numbers that two records share, the rarest counts. One number that is a slip is enough."""
        ours = [codes[left] for codes in self._columns.phones]
        theirs = [codes[right] for codes in self._columns.phones]
        shared = np.full(len(left), -1, np.int32)
        for a in ours:
            for b in theirs:
                same = np.flatnonzero((a == b) & (a != 0))
                shared[same] = np.maximum(shared[same], self._phone_equal[a[same]])
        known = (ours[0] != 0) & (theirs[0] != 0)
        level = np.where(known, np.where(shared >= 0, EQUAL, DIFFERENT), MISSING).astype(np.int8)
        for a in ours:
            for b in theirs:
                open_pairs = np.flatnonzero((level == DIFFERENT) & (a != 0) & (b != 0))
                level[open_pairs[self._phones.are_slips(a[open_pairs], b[open_pairs])]] = CLOSE
        by_level = np.zeros(len(LEVELS), np.int32)
        by_level[CLOSE] = self._model.weight("phone", AgreementLevel.CLOSE, SLIP_U)
        by_level[DIFFERENT] = self._model.against("phone")
        return level, np.where(level == EQUAL, shared, by_level[level]).astype(np.int32)

    def _email(self, left: Ints, right: Ints) -> _Line:
        email, local = self._columns.email.codes, self._columns.local.codes
        a, b = email[left], email[right]
        known, same = (a != 0) & (b != 0), a == b
        level = np.where(known, np.where(same, EQUAL, DIFFERENT), MISSING).astype(np.int8)
        same_local = (local[left] == local[right]) & (local[left] != 0)
        open_pairs = np.flatnonzero(level == DIFFERENT)
        alike = self._emails.are_alike(a[open_pairs], b[open_pairs], same_local[open_pairs])
        level[open_pairs[alike]] = CLOSE
        slip = self._model.weight("email", AgreementLevel.CLOSE, SLIP_U)
        close = np.where(same_local, self._local_equal[local[left]], slip)
        by_level = np.zeros(len(LEVELS), np.int32)
        by_level[DIFFERENT] = self._model.against("email")
        weight = np.where(
            level == EQUAL, self._email_equal[a], np.where(level == CLOSE, close, by_level[level])
        )
        for place in np.flatnonzero(self._several[left] | self._several[right]).tolist():
            level[place], weight[place] = self._several_emails(int(left[place]), int(right[place]))
        return level, weight.astype(np.int32)

    def _several_emails(self, left: int, right: int) -> tuple[int, int]:
        """Return level and weight of the emails of two records of which one has several inboxes."""
        ours, theirs = self._contact_of(left).email, self._contact_of(right).email
        level = compare_emails(ours, theirs)
        model = self._model
        if level is AgreementLevel.MISSING:
            return MISSING, 0
        if level is AgreementLevel.DIFFERENT:
            return DIFFERENT, model.against("email")
        if level is AgreementLevel.EQUAL:
            count = self._emails.count(shared_inbox(ours, theirs), model.email)
            return EQUAL, model.weight("email", level, model.email.term.u_of_count(count))
        others = plain_locals(theirs)
        shared = next((part for part in plain_locals(ours) if part in others), "")
        if not shared:
            return CLOSE, model.weight("email", level, SLIP_U)
        count = self._emails.count_of_local(shared, self._columns.local, model.local)
        return CLOSE, model.weight("email", level, model.local.term.u_of_count(count))

    def _address(self, left: Ints, right: Ints) -> _Line:
        columns, model = self._columns, self._model
        core, number = columns.core.codes, columns.number.codes
        a, b = core[left], core[right]
        m, n = number[left], number[right]
        known, same = (a != 0) & (b != 0), a == b
        numbered, same_number = (m != 0) & (n != 0), m == n
        level = np.where(known, DIFFERENT, MISSING).astype(np.int8)
        # Another street can be close only with an equal number or without one.
        asked = np.flatnonzero(known & ~same & (~numbered | same_number))
        level[asked[self._streets_are_close(left[asked], right[asked])]] = CLOSE
        same_street = known & same
        level[same_street & ~numbered] = CLOSE
        whole = same_street & numbered & same_number
        unit, kind = columns.unit.codes, columns.kind.codes
        other = _both_and_other(unit[left], unit[right]) | _both_and_other(kind[left], kind[right])
        level[whole] = np.where(other, CLOSE, EQUAL)[whole]
        slips = np.flatnonzero(same_street & numbered & ~same_number)
        level[slips[self._numbers_are_slips(m[slips], n[slips])]] = CLOSE
        weight = np.zeros(len(left), np.int32)
        weight[level == EQUAL] = self._home_equal[columns.home[left]][level == EQUAL]
        weight[(level == DIFFERENT) & ~same] = model.against("address")
        close = np.flatnonzero(level == CLOSE)
        most = model.m["address"][AgreementLevel.CLOSE]
        for both in (False, True):
            chosen = close[numbered[close] == both]
            street_u = partial(close_street_u, most=most, numbered=both)
            weight[chosen] = model.road.of_pair(a[chosen], b[chosen], partial(_weight, most, street_u))
        building = columns.building.codes
        shared = (building[left] != 0) & (building[left] == building[right])
        shared &= (level == DIFFERENT) | (level == MISSING)
        level[shared] = CLOSE
        weight[shared] = self._building_equal[building[left]][shared]
        return level, weight

    def _streets_are_close(self, left: Ints, right: Ints) -> Bools:
        """Return where two different streets differ by typing errors (core/compare/addresses.py)."""
        core, kind = self._columns.core, self._columns.kind
        a, b = packed(core.codes[left], kind.codes[left]), packed(core.codes[right], kind.codes[right])
        everything, places = numbered(np.concatenate([a, b]))
        cores, kinds = unpacked(everything)
        texts = [
            (core.values[c], kind.values[k]) for c, k in zip(cores.tolist(), kinds.tolist(), strict=True)
        ]

        def is_close(one: int, other: int) -> int:
            return are_close_streets(*texts[one], *texts[other])

        half = len(left)
        found: Bools = of_pairs(places[:half], places[half:], is_close).astype(np.bool_)
        return found

    def _numbers_are_slips(self, left: Ints, right: Ints) -> Bools:
        values = self._columns.number.values
        ours, theirs = ([values[code] for code in codes.tolist()] for codes in (left, right))
        size = lengths(values)
        slips: Bools = (np.maximum(size[left], size[right]) > 1) & (distances(ours, theirs, 1) <= 1)
        return slips

    def _place(self, left: Ints, right: Ints, street: Levels) -> _Line:
        model = self._model
        level = self._places.compare(left, right)
        weight = np.zeros(len(left), np.int32)
        weight[level == DIFFERENT] = model.against("place")
        equal = level == EQUAL
        weight[equal] = self._places.equal(left[equal], right[equal], model)
        close = level == CLOSE
        weight[close] = self._places.close(left[close], right[close], model)
        for agreement, most in PLACE_OF_STREET.items():
            bounded = (street == EQUAL) & (level == NUMBER[agreement])
            weight[bounded] = np.minimum(weight[bounded], cents(most))
        return level, weight


def _weight(m: float, u_of: Callable[[float, float], float], left: float, right: float) -> float:
    """Return the match weight of two values in bits, by the u of each."""
    return match_weight(m, u_of(left, right))


def _town_u(city: float, _: float, *, same_size: bool) -> float:
    return close_place_u(city, same_size=same_size)


def _both_and_other(left: Ints, right: Ints) -> Bools:
    other: Bools = (left != 0) & (right != 0) & (left != right)
    return other


# -- names -------------------------------------------------------------------------------------------------


class _Names:
    """Compares first, middle and last names of pairs."""

    def __init__(self, columns: Columns, model: ScaleModel) -> None:
        self._columns = columns
        self._model = model
        values = columns.given.values
        self._size = lengths(values)
        self._letter = np.array([ord(value[0]) if value else 0 for value in values], np.int32)
        # Names sound alike only if both are known. Any other name has a sound of its own.
        sounds: dict[str, int] = {}
        self._sound = np.array(
            [
                sounds.setdefault(names.sound(value), len(sounds))
                if value and (value in model.frequent or names.is_known(value))
                else -1 - code
                for code, value in enumerate(values)
            ],
            np.int32,
        )
        self._spelling = np.array([names.spelling_line(value) for value in values], np.int32)
        code_of = {value: code for code, value in enumerate(values)}
        nicknames = [
            (code, other)
            for code, value in enumerate(values)
            for name in names.nicknames(value)
            if (other := code_of.get(name)) is not None
        ]
        pairs = np.array(nicknames, np.int64).reshape(-1, 2)
        self._nicknames = np.unique(packed(pairs[:, 0], pairs[:, 1]))
        # What is one word of letters is compared by its folded form alone.
        self._plain_first = np.array([_is_one_word(name) for name in columns.first.values], np.bool_)
        self._plain_last = np.array([len(surname_words(name)) == 1 for name in columns.last.values], np.bool_)
        equal = AgreementLevel.EQUAL
        self._given_equal = self._equal("first_name", model.given)
        self._surname_equal = model.surname.equal(model.m["last_name"][equal])
        single = self._size == 1
        letters = self._initials("last_name", equal)
        self._surname_equal = np.where(single, letters, self._surname_equal)
        self._bounds = {
            "first_name": self._bound("first_name"),
            "last_name": self._bound("last_name"),
            "middle_name": self._bound("middle_name"),
        }
        self._middle_size = lengths(columns.middle.values)
        letters = self._initials("middle_name", equal, columns.middle.values)
        whole = model.middle.equal(model.m["middle_name"][equal])
        self._middle_equal = np.where(self._middle_size == 1, letters, whole)
        middles = columns.middle.values
        self._middle_self = np.array(
            [NUMBER[names.compare_middle(value, value)] for value in middles], np.int8
        )

    def _equal(self, field: str, frequency: Frequency) -> Cents:
        equal = frequency.equal(self._model.m[field][AgreementLevel.EQUAL])
        return np.where(self._size == 1, self._initials(field, AgreementLevel.EQUAL), equal)

    def _initials(self, field: str, level: AgreementLevel, values: Sequence[str] | None = None) -> Cents:
        """Return by code what an agreeing initial weighs: the first letter of each name."""
        known: dict[str, int] = {}

        def weight(value: str) -> int:
            letter = value[:1]
            if letter not in known:
                known[letter] = self._model.weight(field, level, self._model.initial.u(letter))
            return known[letter]

        return np.array(
            [weight(value) if value else 0 for value in values or self._columns.given.values], np.int32
        )

    def _bound(self, field: str) -> tuple[int, int]:
        """Return the most that two names weigh that are not equal: with an initial, and as slip or nickname."""
        m, model = self._model.m[field], self._model
        rarest = min((model.initial.u(letter) for letter in model.initial.counts), default=1.0)
        levels = [AgreementLevel.CLOSE, AgreementLevel.NICKNAME]
        close = [
            match_weight(m[level], model.chance.get((field, level), CHANCE)) for level in levels if level in m
        ]
        initial = match_weight(m[AgreementLevel.INITIAL], rarest)
        return cents(max(initial, 0.0)), cents(max(*close, 0.0))

    def bound(self, left: Ints, right: Ints) -> Cents:
        """Return at least what the three names of each pair weigh."""
        columns = self._columns
        given, surname, middle = columns.given.codes, columns.surname.codes, columns.middle.codes
        ga, gb, sa, sb = given[left], given[right], surname[left], surname[right]
        bound = _bounded((ga, gb), self._size, self._given_equal, self._bounds["first_name"])
        bound += _bounded((sa, sb), self._size, self._surname_equal, self._bounds["last_name"])
        both_middle = middle[left], middle[right]
        bound += _bounded(both_middle, self._middle_size, self._middle_equal, self._bounds["middle_name"])
        # Names that stand in each other's place can weigh more than a slip.
        crossing = (ga != gb) & (sa != sb) & (ga != 0) & (gb != 0) & (sa != 0) & (sb != 0)
        bound[crossing] += _CROSSING
        return bound

    def lines(
        self, left: Ints, right: Ints, cut: Callable[[Ints, Ints], list[tuple[int, bool, bool]]]
    ) -> tuple[_Line, _Line, _Line]:
        """Return the lines of first, last and middle name. `cut` says which names were cut off."""
        columns = self._columns
        given, surname = columns.given.codes, columns.surname.codes
        ga, gb, sa, sb = given[left], given[right], surname[left], surname[right]
        first = self._first(columns.first.codes[left], columns.first.codes[right], ga, gb)
        last = self._last(columns.last.codes[left], columns.last.codes[right], sa, sb)
        for place, first_cut, last_cut in cut(left, right):
            if first_cut and first[place] != EQUAL:
                first[place] = CLOSE
            if last_cut and last[place] != EQUAL:
                last[place] = CLOSE
        both = np.flatnonzero((first == DIFFERENT) & (last == DIFFERENT))
        first[both], last[both] = self._crossed(ga[both], gb[both], sa[both], sb[both])
        first_weight = self._weights("first_name", first, (ga, gb), self._model.given, self._given_equal)
        last_weight = self._weights("last_name", last, (sa, sb), self._model.surname, self._surname_equal)
        return (first, first_weight), (last, last_weight), self._middle(left, right)

    def _weights(
        self, field: str, level: Levels, codes: tuple[Ints, Ints], frequency: Frequency, equal: Cents
    ) -> Cents:
        model = self._model
        a, b = codes
        weight = np.where(level == EQUAL, equal[a], 0)
        weight[level == DIFFERENT] = model.against(field, STRANGE_U)
        initials = np.flatnonzero(level == INITIAL)
        weight[initials] = self._initials(field, AgreementLevel.INITIAL)[a[initials]]
        for number in (CLOSE, NICKNAME, CROSSED):
            chosen = np.flatnonzero(level == number)
            if len(chosen):
                weight[chosen] = self._alike(field, LEVELS[number], a[chosen], b[chosen], frequency)
        return weight.astype(np.int32)

    def _alike(self, field: str, level: AgreementLevel, a: Ints, b: Ints, frequency: Frequency) -> Cents:
        m = self._model.m[field][level]
        chance = 0.0 if level is AgreementLevel.CROSSED else self._model.chance.get((field, level), CHANCE)
        return frequency.of_pair(a, b, lambda one, two: match_weight(m, min(0.9, one + two) + chance))

    def _first(self, a: Ints, b: Ints, ga: Ints, gb: Ints) -> Levels:
        level = np.full(len(a), DIFFERENT, np.int8)
        level[(ga == 0) | (gb == 0)] = MISSING
        level[(ga == gb) & (ga != 0)] = EQUAL
        open_pairs = np.flatnonzero(level == DIFFERENT)
        unique, places = numbered(packed(a[open_pairs], b[open_pairs]))
        level[open_pairs] = self._first_of_unique(*unpacked(unique))[places]
        return level

    def _first_of_unique(self, a: Ints, b: Ints) -> Levels:
        """Return how pairs of first names compare that are not equal. What can't be alike is different."""
        first = self._columns.first
        table = np.zeros(len(first.values), np.int32)
        table[first.codes] = self._columns.given.codes
        ga, gb = table[a], table[b]
        level = np.full(len(a), DIFFERENT, np.int8)
        plain = self._plain_first[a] & self._plain_first[b]
        initial = plain & ((self._size[ga] == 1) | (self._size[gb] == 1))
        level[initial & (self._letter[ga] == self._letter[gb])] = INITIAL
        asked = ~plain | (~initial & self._may_be_alike(ga, gb))
        for place in np.flatnonzero(asked).tolist():
            found = self._model.compare_given(first.values[a[place]], first.values[b[place]])
            level[place] = NUMBER[found]
        return level

    def _may_be_alike(self, a: Ints, b: Ints) -> Bools:
        """Return where two folded names, of codes, may be nicknames, spellings or slips of one another."""
        values = self._columns.given.values
        may: Bools = (self._sound[a] == self._sound[b]) | (
            (self._spelling[a] >= 0) & (self._spelling[a] == self._spelling[b])
        )
        may |= np.isin(packed(a, b), self._nicknames)
        rest = np.flatnonzero(~may)
        ours, theirs = ([values[code] for code in codes[rest].tolist()] for codes in (a, b))
        longest = np.maximum(self._size[a[rest]], self._size[b[rest]])
        may[rest] = distances(ours, theirs, _MOST_SLIPS) <= np.where(longest <= 4, 1, _MOST_SLIPS)
        return may

    def _last(self, a: Ints, b: Ints, sa: Ints, sb: Ints) -> Levels:
        level = np.full(len(a), DIFFERENT, np.int8)
        level[(sa == 0) | (sb == 0)] = MISSING
        level[(sa == sb) & (sa != 0)] = EQUAL
        open_pairs = np.flatnonzero(level == DIFFERENT)
        unique, places = numbered(packed(a[open_pairs], b[open_pairs]))
        level[open_pairs] = self._last_of_unique(*unpacked(unique))[places]
        return level

    def _last_of_unique(self, a: Ints, b: Ints) -> Levels:
        """Return how pairs of last names compare that are not equal (core/compare/names.py, `compare_surname`)."""
        last, values = self._columns.last, self._columns.surname.values
        table = np.zeros(len(last.values), np.int32)
        table[last.codes] = self._columns.surname.codes
        sa, sb = table[a], table[b]
        level = np.full(len(a), DIFFERENT, np.int8)
        plain = self._plain_last[a] & self._plain_last[b]
        initial = plain & ((self._size[sa] == 1) | (self._size[sb] == 1))
        level[initial & (self._letter[sa] == self._letter[sb])] = INITIAL
        rest = np.flatnonzero(plain & ~initial)
        ours, theirs = ([values[code] for code in codes[rest].tolist()] for codes in (sa, sb))
        longest = np.maximum(self._size[sa[rest]], self._size[sb[rest]])
        allowed = np.where(longest < 4, 0, np.where(longest < 7, 1, 2))
        level[rest[distances(ours, theirs, 2) <= allowed]] = CLOSE
        for place in np.flatnonzero(~plain).tolist():
            found = names.compare_surname(last.values[a[place]], last.values[b[place]])
            level[place] = NUMBER[found]
        return level

    def _crossed(self, ga: Ints, gb: Ints, sa: Ints, sb: Ints) -> tuple[Levels, Levels]:
        """Return the levels of first and last names that both differ, of which one may stand in the other's place."""
        first, last = np.full(len(ga), DIFFERENT, np.int8), np.full(len(ga), DIFFERENT, np.int8)
        whole = np.flatnonzero((ga != 0) & (gb != 0) & (sa != 0) & (sb != 0))
        may = self._unique_may_be_alike(ga[whole], sb[whole]) | self._unique_may_be_alike(
            gb[whole], sa[whole]
        )
        values = self._columns.given.values
        for place in whole[may].tolist():
            left = values[ga[place]], values[sa[place]]
            right = values[gb[place]], values[sb[place]]
            given, surname = crossed_levels(left, right)
            first[place], last[place] = NUMBER[given], NUMBER[surname]
        return first, last

    def _unique_may_be_alike(self, a: Ints, b: Ints) -> Bools:
        unique, places = numbered(packed(a, b))
        may: Bools = self._may_be_alike(*unpacked(unique))[places]
        return may

    def _middle(self, left: Ints, right: Ints) -> _Line:
        middle, model = self._columns.middle, self._model
        a, b = middle.codes[left], middle.codes[right]
        level = np.full(len(left), MISSING, np.int8)
        known = (a != 0) & (b != 0)
        same = np.flatnonzero(known & (a == b))
        level[same] = self._middle_self[a[same]]
        other = np.flatnonzero(known & (a != b))
        level[other] = of_pairs(
            a[other],
            b[other],
            lambda one, two: NUMBER[names.compare_middle(middle.values[one], middle.values[two])],
        )
        weight = np.where(level == EQUAL, self._middle_equal[a], 0)
        weight[level == DIFFERENT] = model.against("middle_name", STRANGE_U)
        initials = np.flatnonzero(level == INITIAL)
        weight[initials] = self._initials("middle_name", AgreementLevel.INITIAL, middle.values)[a[initials]]
        close = np.flatnonzero(level == CLOSE)
        weight[close] = self._alike("middle_name", AgreementLevel.CLOSE, a[close], b[close], model.middle)
        return level, weight.astype(np.int32)


_MOST_SLIPS: Final = 3
"""The most slips that a comparison of first names forgives (core/compare/names.py, `is_typo`); 1 up to 4 letters."""
_CROSSING: Final = 100_000
"""More than anything weighs: a pair of which the names may be crossed is always compared."""


def _bounded(codes: tuple[Ints, Ints], size: Ints, equal: Cents, most: tuple[int, int]) -> Cents:
    """Return at least what two names of each pair weigh. `size` and `equal` are by code, `most` is that of `_bound`."""
    a, b = codes
    initial, close = most
    other = np.where((size[a] == 1) | (size[b] == 1), initial, close)
    return np.where((a != 0) & (b != 0), np.where(a == b, np.maximum(equal[a], 0), other), 0).astype(np.int32)


def _is_one_word(name: str) -> bool:
    """Return True if a first name is one word of letters, and no word that stands between two names."""
    return name.isalpha() and len(parts(name)) == 1 and name.casefold() not in ("and", "und")


# -- emails and places -------------------------------------------------------------------------------------


class _Emails:
    """Compares the emails of records that have one inbox."""

    def __init__(self, email: Coded, local: Coded) -> None:
        self._email = email
        self._size = lengths(email.values)
        self._plain_size = np.zeros(len(email.values), np.int32)
        self._plain_size[email.codes] = lengths(local.values)[local.codes]
        held = np.zeros(len(email.values), np.bool_)
        held[email.codes] = True
        for code in np.flatnonzero(~held).tolist():
            self._plain_size[code] = len(plain_local(email.values[code]))
        texts = email.texts
        self._begin = texts.str.head(2).hash().to_numpy()
        self._end = texts.str.extract(r"(?s)([^@]{0,3}@.*)$").hash().to_numpy()
        """Hashes of how the emails begin and end."""
        self._code_of: dict[str, int] = {}
        self._local_code_of: dict[str, int] = {}

    def are_alike(self, a: Ints, b: Ints, same_local: Bools) -> Bools:
        """Return where two emails that are not equal look alike (core/compare/emails.py).

        One slip is at the beginning or after it, so that two emails one slip apart begin or end alike.
        """
        size, plain = self._size, self._plain_size
        alike = same_local & (plain[a] >= 4)
        long_enough = np.minimum(plain[a], plain[b]) >= 6
        may = ~alike & long_enough & (np.abs(size[a] - size[b]) <= 1)
        may &= (self._begin[a] == self._begin[b]) | (self._end[a] == self._end[b])
        asked = np.flatnonzero(may)
        alike[asked] = distances(self._email.at(a[asked]), self._email.at(b[asked]), 1) <= 1
        return alike

    def count(self, key: str, frequency: Frequency) -> int:
        """Return how many records name an inbox."""
        if not self._code_of:
            self._code_of = {value: code for code, value in enumerate(self._email.values)}
        return _count(key, self._code_of, frequency)

    def count_of_local(self, part: str, local: Coded, frequency: Frequency) -> int:
        """Return how many records have a part before the @."""
        if not self._local_code_of:
            self._local_code_of = {value: code for code, value in enumerate(local.values)}
        return _count(part, self._local_code_of, frequency)


def _count(value: str, code_of: dict[str, int], frequency: Frequency) -> int:
    code = code_of.get(value, -1)
    return int(frequency.counts[code]) if code >= 0 else 0


class _Places:
    """Compares the places of pairs: (postcode, city, state)."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._code_size = lengths(columns.postcode.values)
        self._city_size = lengths(columns.city.values)
        self._key_code = {value: code for code, value in enumerate(columns.place_key.values)}
        self._code_place = np.array(
            [self._key_code.get(value, 0) for value in columns.postcode.values], np.int32
        )
        self._equal: Cents | None = None

    def compare(self, left: Ints, right: Ints) -> Levels:
        """Return how the places of each pair compare (core/compare/addresses.py)."""
        code, city, state = self._columns.postcode, self._columns.city, self._columns.state
        a, b = code.codes[left], code.codes[right]
        c, d = city.codes[left], city.codes[right]
        s, t = state.codes[left], state.codes[right]
        both_codes, both_cities = (a != 0) & (b != 0), (c != 0) & (d != 0)
        level = np.full(len(left), DIFFERENT, np.int8)
        level[~both_codes & ~both_cities] = MISSING
        same_code = both_codes & (a == b)
        same_city = both_cities & (c == d)
        other_state = both_codes & _both_and_other(s, t)
        slips = both_codes & ~same_code & ~same_city & (s == t)
        slips &= np.minimum(self._code_size[a], self._code_size[b]) >= 4
        _mark_slips(level, slips, (a, b), code.values, 1)
        slips = both_cities & ~same_code & ~same_city & ~other_state & (level != CLOSE)
        slips &= np.minimum(self._city_size[c], self._city_size[d]) >= 6
        _mark_slips(level, slips, (c, d), city.values, 2)
        level[same_city] = np.where(both_codes, np.where(other_state, DIFFERENT, CLOSE), EQUAL)[same_city]
        level[same_code] = EQUAL
        return level

    def bound(self, left: Ints, right: Ints, model: ScaleModel) -> Cents:
        """Return at least what the places of each pair weigh, before their streets are known to be equal."""
        key = self._columns.place_key.codes
        a, b = key[left], key[right]
        equal = self._equal_by_key(model)
        # Another key can still be one city with a rare name, so that only known and other postcodes bound the weight.
        close = cents(match_weight(model.m["place"][AgreementLevel.CLOSE], 1e-4))
        most = int(max(equal.max(initial=0), close))
        city, code = self._columns.city.codes, self._columns.postcode.codes
        same_city = (city[left] == city[right]) & (city[left] != 0)
        both_codes = (code[left] != 0) & (code[right] != 0)
        slip = cents(match_weight(model.m["place"][AgreementLevel.CLOSE], 0.003))
        other = np.where(same_city, np.where(both_codes, close, most), slip)
        known = (a != 0) & (b != 0)
        return np.where(known, np.where(a == b, equal[a], other), np.where(same_city, most, 0)).astype(
            np.int32
        )

    def _equal_by_key(self, model: ScaleModel) -> Cents:
        if self._equal is None:
            self._equal = model.place.equal(model.m["place"][AgreementLevel.EQUAL])
        return self._equal

    def equal(self, left: Ints, right: Ints, model: ScaleModel) -> Cents:
        """Return what equal places weigh: by their key, or by city and state if a postcode is missing."""
        key = self._columns.place_key.codes
        a, b = key[left], key[right]
        weight = self._equal_by_key(model)[a]
        other = np.flatnonzero(a != b)
        city, state = self._columns.city, self._columns.state

        def of_town(town: int, of_state: int) -> int:
            code = self._key_code.get(f"{city.values[town]} {state.values[of_state]}", 0)
            u = model.place.term.u_of_count(int(model.place.counts[code]))
            return model.weight("place", AgreementLevel.EQUAL, u)

        weight[other] = of_pairs(city.codes[left[other]], state.codes[left[other]], of_town)
        return weight

    def close(self, left: Ints, right: Ints, model: ScaleModel) -> Cents:
        """Return what close places weigh."""
        columns = self._columns
        code, city = columns.postcode.codes, columns.city.codes
        m = model.m["place"][AgreementLevel.CLOSE]
        a, b = code[left], code[right]
        same_city = (city[left] != 0) & (city[left] == city[right])
        same_size = self._code_size[a] == self._code_size[b]
        weight = np.zeros(len(left), np.int32)
        for alike in (False, True):
            chosen = np.flatnonzero(same_city & (same_size == alike))
            towns = city[left[chosen]]
            town_u = partial(_town_u, same_size=alike)
            weight[chosen] = model.city.of_pair(towns, towns, partial(_weight, m, town_u))
        chosen = np.flatnonzero(~same_city)
        places = self._code_place[a[chosen]], self._code_place[b[chosen]]
        weight[chosen] = model.place.of_pair(*places, partial(_weight, m, slip_place_u))
        return weight


def _mark_slips(
    level: Levels, asked: Bools, codes: tuple[Ints, Ints], values: Sequence[str], most: int
) -> None:
    """Set the level of the pairs whose values differ by at most `most` slips to close."""
    places = np.flatnonzero(asked)
    unique, back = numbered(packed(codes[0][places], codes[1][places]))
    ours, theirs = ([values[code] for code in half.tolist()] for half in unpacked(unique))
    level[places[(distances(ours, theirs, most) <= most)[back]]] = CLOSE
