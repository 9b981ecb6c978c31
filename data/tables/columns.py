"""Which column of a table is which of ours: by name, by the headers of a known export, or by an answer. Pure.

A header is compared by letters and digits alone, without regard to case: `E-Mail`, `e_mail` and `Email` are one header.
An answer of a person comes first, then our own names, then the known exports, then the other names that a column has
elsewhere.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.local_forms import LocalZone, utc_zone
from data.tables.dates import DateOrder

LONGEST_HEADER: Final = 200
"""Characters. A longer cell is not a header."""


def header_key(header: str) -> str:
    """Return a header's letters and digits without regard to case; "" if it has none."""
    if len(header) > LONGEST_HEADER:
        return ""
    return "".join(char for char in unicodedata.normalize("NFKC", header).casefold() if char.isalnum())


_VALUE: Final = re.compile(r"[\d\s()+.,$/:-]{5,}|.*@.*", re.DOTALL)


def shown_header(cell: str, position: int) -> str:
    """Return a header as it is shown: a file without a header has a person's values there, which are not shown."""
    header = cell.strip()
    if not header or _VALUE.fullmatch(header) or len(header) > LONGEST_HEADER:
        return _by_place(position)
    return header


def _by_place(position: int) -> str:
    return f"Column {position}"


class LabelledColumns(Struct, frozen=True):
    """Columns in numbered groups, each group with a column that labels it. `{n}` stands for the number, from 1.

    `parts` says what each header of a group holds. A part that is "" goes to the column that `by_label` has for the
    label's key, and else to `otherwise`, if no other group has filled that; "" in `by_label` drops the group. Without
    such a part one group is taken: the one that is marked with a star, then the first with a label in `preferred`, then
    the first with a value.
    """

    label: tuple[str, ...]
    parts: Mapping[str, str]
    by_label: Mapping[str, str] = {}
    otherwise: str = ""
    preferred: tuple[str, ...] = ()


class KnownExport(Struct, frozen=True):
    """The headers of a program's export. A file is of this export if it has all headers of one entry of `marks`."""

    name: str
    marks: tuple[tuple[str, ...], ...]
    columns: Mapping[str, tuple[str, ...]]
    """The headers that a column has there; the first one that the file has counts."""
    labelled: tuple[LabelledColumns, ...] = ()


def _no_family(key: str) -> str:  # noqa: ARG001 - the form of `WantedColumns.family`
    return ""


@dataclass(frozen=True)
class WantedColumns:
    """The columns that a kind of file may have."""

    kind: str
    """What the rows are, in the plural: `contacts`."""
    names: tuple[str, ...]
    needed: tuple[tuple[str, ...], ...]
    """A file needs one column of each entry."""
    needed_with: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """A column that a file needs if it has one of others: each row with a value of those has to have one of it."""
    expected: tuple[str, ...] = ()
    """The columns without which a person is asked, if the file has headers that nothing matches."""
    asked: tuple[str, ...] = ()
    """The further columns that a person is asked about on that occasion."""
    exports: tuple[KnownExport, ...] = ()
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Headers that a column has in no export in particular; the first one that the file has counts."""
    family: Callable[[str], str] = _no_family
    """Returns the column of a numbered family (`product_1_name`) by its header's key; "" for none."""
    by_path: Callable[[str], str] = _no_family
    """Returns the column that a header names as a path (`contact__first_name`), if by no other name; "" for none."""
    keeps_others: bool = False
    """True if the columns that nothing matches are kept under their own headers."""

    def has(self, column: str) -> bool:
        """Return True if there is a column of this name."""
        return self.named_by(header_key(column)) == column

    def named_by(self, key: str) -> str:
        """Return the column whose own name has this key; "" for none."""
        return self._own.get(key) or self.family(key)

    def knows(self, header: str) -> bool:
        """Return True if a header names a column, by any name."""
        key = header_key(header)
        return (
            bool(self.named_by(key))
            or key in self._elsewhere
            or _numberless(key) in self._elsewhere
            or bool(self.by_path(header))
        )

    def column_of(self, key: str) -> str:
        """Return the column that a header with this key names, by any name that is no path's; "" for none."""
        return self.named_by(key) or self._by_alias.get(key, "")

    @cached_property
    def _own(self) -> Mapping[str, str]:
        return {header_key(name): name for name in self.names}

    @cached_property
    def _by_alias(self) -> Mapping[str, str]:
        """The columns by the keys of their other headers; of several columns the first counts."""
        tables = (*(export.columns for export in reversed(self.exports)), self.aliases)
        pairs = [(header_key(name), column) for table in tables for column in table for name in table[column]]
        return dict(reversed(pairs))

    @cached_property
    def _elsewhere(self) -> frozenset[str]:
        """The keys of all other headers that are known. A number in labelled columns is `#`."""
        tables = (self.aliases, *(export.columns for export in self.exports))
        keys = {header_key(header) for table in tables for headers in table.values() for header in headers}
        for rule in (rule for export in self.exports for rule in export.labelled):
            keys |= {_numberless(header_key(header.format(n=1))) for header in (*rule.label, *rule.parts)}
        return frozenset(keys - {""})


def _numberless(key: str) -> str:
    return re.sub(r"\d+", "#", key)


class ColumnProfile(Struct, frozen=True):
    """Answers about the headers of one form of file, under a name. A header without a column ("") is left out."""

    name: str
    kind: str
    headers: tuple[str, ...]
    columns: Mapping[str, str]

    def fits(self, kind: str, cells: Sequence[str]) -> bool:
        """Return True if a file of this kind has exactly these headers, in any order."""
        return self.kind == kind and _keys(self.headers) == _keys(cells)


class ColumnAnswers(Struct, frozen=True):
    """What a person said about columns: for this file (`given`), or earlier for files with the same headers."""

    given: ColumnProfile | None = None
    remembered: tuple[ColumnProfile, ...] = ()
    dates: DateOrder | None = None
    """The order of day and month in the dates of numbers; None if nobody said it."""
    zone: LocalZone = utc_zone
    """The time of the desk that reads the file: no birth date is later than its today."""

    def of(self, kind: str, cells: Sequence[str]) -> ColumnProfile | None:
        """Return the answers for a file's headers; None if there are none.

        Answers for this file count if they name one of its headers.
        """
        if self.given is not None and self.keys() & _keys(cells):
            return self.given
        return next((profile for profile in self.remembered if profile.fits(kind, cells)), None)

    def keys(self) -> frozenset[str]:
        """Return the keys of the headers that an answer for this file names."""
        return frozenset(map(header_key, self.given.columns)) if self.given is not None else frozenset()


NO_ANSWERS: Final = ColumnAnswers()


class ColumnReport(Struct, frozen=True):
    """Which columns of a file are which of ours. `found` has the headers by our column.

    Every other header is in `kept` (under its own name) or in `ignored`. `absent` are our columns that the file lacks.
    `lacking` are the needed ones that it lacks: of each entry one column would do.
    """

    kind: str
    found: Mapping[str, str] = {}
    absent: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    lacking: tuple[tuple[str, ...], ...] = ()
    rows_need: tuple[str, ...] = ()
    """The columns that the file lacks, and that most of its rows need: rows without them are refused."""
    questions: tuple[str, ...] = ()
    """The columns to ask a person about, because nobody answered yet for a file with these headers; () for none."""
    wanted: tuple[str, ...] = ()
    export: str = ""
    profile: str = ""
    headers: tuple[str, ...] = ()
    has_values: bool = False
    """True if the header has a value of a person, such as an email, and no known column: the file may have no header.

    Then every header is called by its place, because a name may be a person's.
    """

    @property
    def missing(self) -> tuple[str, ...]:
        """The needed columns that the file lacks, in words: `email, first_name or last_name`."""
        return tuple(map(_either, self.lacking))

    def settled_by(self, answers: Mapping[str, str]) -> bool:
        """Return True if answers, our columns by header, supply each needed column that the file lacks."""
        return all(set(group) & set(answers.values()) for group in self.lacking)

    @property
    def unmatched(self) -> tuple[str, ...]:
        """The headers that nothing matches."""
        return (*self.kept, *self.ignored)

    def example(self) -> str:
        """Return the answers that would supply what is missing, as `--columns` takes them.

        A header that resembles the column is proposed; else HEADER stands for it.
        """
        from difflib import get_close_matches  # noqa: PLC0415 - only an error needs it, and it loads slowly

        free = {header_key(header): header for header in self.unmatched if header_key(header)}
        pairs: list[str] = []
        for column in (*(group[0] for group in self.lacking), *self.rows_need):
            near = get_close_matches(header_key(column), free, 1, 0.6)
            pairs.append(f"{free.pop(near[0]) if near else 'HEADER'}={column}")
        return ",".join(pairs)


class _Group(Struct, frozen=True):
    """One numbered group of labelled columns in a file: positions from 0, the label's None if the file lacks it."""

    label: int | None
    parts: tuple[tuple[str, int], ...]


class _Labelled(Struct, frozen=True):
    rule: LabelledColumns
    groups: tuple[_Group, ...]

    def columns(self) -> Iterator[tuple[str, list[int]]]:
        """Yield the columns that a row may fill from here, each with the positions of its cells from 0."""
        for part in dict.fromkeys(self.rule.parts.values()):
            places = [at for group in self.groups for column, at in group.parts if column == part]
            filled = (part,) if part else (*self.rule.by_label.values(), self.rule.otherwise)
            yield from ((column, places) for column in dict.fromkeys(filled) if column and places)

    def choose(self, cells: Sequence[str]) -> Iterator[tuple[str, int]]:
        """Yield the columns that a row fills, each with the position of its cell from 0. The first of each counts."""
        filled = [group for group in self.groups if any(cells[at].strip() for _, at in group.parts)]
        if "" not in self.rule.parts.values():
            if filled:
                group = min(filled, key=lambda group: self._rank(group, cells))
                yield from group.parts
            return
        left: list[int] = []
        for group in filled:
            label = header_key(_label(group, cells))
            for _, at in group.parts:
                column = self.rule.by_label.get(label)
                if column is None:
                    left.append(at)
                elif column:
                    yield column, at
        if left:
            yield self.rule.otherwise, left[0]

    def further(self, cells: Sequence[str]) -> Iterator[str]:
        """Yield the columns of which a row has a further value that `choose` does not take, each once.

        A group of several parts is named by its first part.
        """
        chosen: dict[str, str] = {}
        for column, at in self.choose(cells):
            chosen.setdefault(column, cells[at].strip())
        named: dict[str, None] = {}
        for group in self.groups:
            label = header_key(_label(group, cells))
            columns = [part or self.rule.by_label.get(label, self.rule.otherwise) for part, _ in group.parts]
            texts = {cells[at].strip() for _, at in group.parts} - {""}
            if columns and columns[0] and not texts <= set(chosen.values()):
                named[columns[0]] = None
        yield from named

    def _rank(self, group: _Group, cells: Sequence[str]) -> int:
        label = _label(group, cells).strip()
        if label.startswith("*"):
            return 0
        return 1 if header_key(label) in self.rule.preferred else 2


def _label(group: _Group, cells: Sequence[str]) -> str:
    return "" if group.label is None else cells[group.label]


class ColumnMatch(Struct, frozen=True):
    """The columns of one table. Positions count from 1.

    `names` has our column of each position, or "". `place` has the first position of each column. `dropped` are the
    positions that somebody said to leave out. `repeats` are the positions of headers that the table has twice, each
    with the first position.
    """

    names: tuple[str, ...]
    place: Mapping[str, int]
    report: ColumnReport
    dropped: frozenset[int] = frozenset()
    repeats: tuple[tuple[int, int], ...] = ()
    labelled: tuple[_Labelled, ...] = ()

    def read(self, cells: Sequence[str]) -> tuple[dict[str, str], Mapping[str, int]]:
        """Return the values of a row that are not empty, by column, and where each column's cell is."""
        values = {name: cells[at - 1] for name, at in self.place.items() if cells[at - 1]}
        if not self.labelled:
            return values, self.place
        places = dict(self.place)
        for labelled in self.labelled:
            for column, at in labelled.choose(cells):
                if cells[at] and column not in values:
                    values[column] = cells[at]
                    places[column] = at + 1
        return values, places

    def further(self, cells: Sequence[str]) -> Iterator[str]:
        """Yield the columns of which a row has a further value that `read` does not return."""
        for labelled in self.labelled:
            yield from labelled.further(cells)


def score(cells: Sequence[str], wanted: WantedColumns, answers: ColumnAnswers) -> int:
    """Return how like a header a row is: how many cells name a column. A remembered header scores highest.

    A cell with a value, such as an email, counts against the row: the types of phones (Mobile, Cell) name columns too.
    """
    if any(profile.fits(wanted.kind, cells) for profile in answers.remembered):
        return 2 * len(cells)
    answered = answers.keys()
    headers = {key: cell for key, cell in zip(_header_keys(cells), cells, strict=True) if key}
    known = sum(key in answered or wanted.knows(header) for key, header in headers.items())
    values = sum(_VALUE.fullmatch(cell.strip()) is not None for cell in cells)
    return max(0, known - 2 * values)


def match_columns(cells: Sequence[str], wanted: WantedColumns, answers: ColumnAnswers) -> ColumnMatch:
    """Return which cell of a header is which column."""
    has_values = _looks_like_a_person(cells, wanted, answers)
    if has_values:
        cells = [_by_place(at) if cell.strip() else "" for at, cell in enumerate(cells, 1)]
    keys = _header_keys(cells)
    first = {key: at for at, key in reversed(list(enumerate(keys))) if key}
    profile = answers.of(wanted.kind, cells)
    export = next((export for export in wanted.exports if _is_export(export, first)), None)
    by_key = _by_key(first, wanted, profile, export)
    taken = set(by_key.values())
    for key, at in first.items():
        column = "" if key in by_key else wanted.by_path(cells[at])
        if column and column not in taken:
            by_key[key] = column
            taken.add(column)
    names = tuple(by_key.get(key, "") for key in keys)
    place: dict[str, int] = {}
    for position, name in enumerate(names, 1):
        if name:
            place.setdefault(name, position)
    rules = export.labelled if export else ()
    labelled = tuple(bound for bound in (_bound(rule, first, by_key) for rule in rules) if bound.groups)
    repeats = tuple((at + 1, first[key] + 1) for at, key in enumerate(keys) if key and first[key] != at)
    dropped = frozenset(at for at, key in enumerate(keys, 1) if key in by_key and not by_key[key])
    report = _report(cells, wanted, ColumnMatch(names, place, _NO_REPORT, dropped, repeats, labelled))
    report = replace(
        report,
        export=export.name if export else "",
        profile=profile.name if profile else "",
        questions=()
        if profile or has_values or (export and not report.lacking)
        else _questions(report, wanted),
        has_values=has_values,
    )
    return ColumnMatch(names, place, report, dropped, repeats, labelled)


def _looks_like_a_person(cells: Sequence[str], wanted: WantedColumns, answers: ColumnAnswers) -> bool:
    """Return True if a header has a value of a person and names no column: the file may have no header."""
    filled = [cell for cell in cells if cell.strip()]
    words = [cell for cell in filled if not _VALUE.fullmatch(cell.strip())]
    if len(words) == len(filled) or any(profile.fits(wanted.kind, cells) for profile in answers.remembered):
        return False
    return not score(words, wanted, answers)


def _by_key(
    first: Mapping[str, int],
    wanted: WantedColumns,
    profile: ColumnProfile | None,
    export: KnownExport | None,
) -> dict[str, str]:
    """Return our column for the key of each header that has one or was answered. `first` has the keys of the header."""
    by_key: dict[str, str] = {}
    taken: set[str] = set()
    for header, answer in profile.columns.items() if profile else ():
        key, column = header_key(header), wanted.named_by(header_key(answer))
        if key in first and key not in by_key and (column or not answer) and column not in taken:
            by_key[key] = column
            taken |= {column} - {""}
    for key in first:
        column = wanted.named_by(key)
        if column and key not in by_key and column not in taken:
            by_key[key] = column
            taken.add(column)
    for aliases in (export.columns if export else {}, wanted.aliases):
        for column, headers in aliases.items():
            free = (key for key in map(header_key, headers) if key in first and key not in by_key)
            if column not in taken and (alias := next(free, "")):
                by_key[alias] = column
                taken.add(column)
    return by_key


def _is_export(export: KnownExport, first: Mapping[str, int]) -> bool:
    return any(all(header_key(header) in first for header in marks) for marks in export.marks)


def _bound(rule: LabelledColumns, first: Mapping[str, int], answered: Container[str]) -> _Labelled:
    """Return the groups of labelled columns that a header has, without the headers that have an answer.

    The first number of which the header has no part is the end.
    """
    groups: list[_Group] = []
    for n in count(1):
        keys = {header_key(header.format(n=n)): column for header, column in rule.parts.items()}
        if not keys.keys() & first.keys():
            return _Labelled(rule, tuple(groups))
        parts = ((column, first[key]) for key, column in keys.items() if key in first and key not in answered)
        labels = (first.get(header_key(header.format(n=n))) for header in rule.label)
        groups.append(_Group(next((at for at in labels if at is not None), None), tuple(parts)))
    raise AssertionError("a header ends")


_NO_REPORT: Final = ColumnReport("")


def _report(cells: Sequence[str], wanted: WantedColumns, match: ColumnMatch) -> ColumnReport:
    """Return the report of a match, without the names of export and profile."""
    shown = [shown_header(cell, n) for n, cell in enumerate(cells, 1)]
    found: dict[str, str] = {}
    for name, header in zip(match.names, shown, strict=True):
        if name:
            found.setdefault(name, header)
    used: set[int] = set()
    for bound in match.labelled:
        for column, places in bound.columns():
            found.setdefault(column, ", ".join(shown[at] for at in places))
        used |= {at for group in bound.groups for _, at in group.parts}
        used |= {group.label for group in bound.groups if group.label is not None}
    named = [at for at, key in enumerate(_header_keys(cells)) if key or cells[at].strip()]
    free = [at for at in named if not match.names[at] and at not in used]
    kept = [at for at in free if wanted.keeps_others and at + 1 not in match.dropped]
    return ColumnReport(
        wanted.kind,
        found,
        absent=tuple(name for name in wanted.names if name not in found),
        kept=tuple(shown[at] for at in kept),
        ignored=tuple(shown[at] for at in free if at not in kept),
        lacking=tuple(group for group in wanted.needed if not found.keys() & set(group)),
        rows_need=_rows_need(wanted, found),
        wanted=wanted.names,
        headers=tuple(shown[at] for at in named),
    )


def _rows_need(wanted: WantedColumns, found: Mapping[str, str]) -> tuple[str, ...]:
    """Return the columns that a file lacks although it has columns that go with them."""
    return tuple(
        name
        for name, others in wanted.needed_with.items()
        if name not in found and not others.isdisjoint(found)
    )


def _questions(report: ColumnReport, wanted: WantedColumns) -> tuple[str, ...]:
    """Return the columns to ask about: if a needed or expected one is missing, and a header is left to choose."""
    expected = [name for name in wanted.expected if name not in report.found]
    if not report.unmatched or not (report.lacking or expected):
        return ()
    further = (name for name in wanted.asked if name not in report.found)
    return tuple(dict.fromkeys([*(name for group in report.lacking for name in group), *expected, *further]))


def join_reports(reports: Sequence[ColumnReport], wanted: WantedColumns) -> ColumnReport:
    """Return the report of a file whose rows have headers of their own. `reports` has one for each form of a row."""
    found: dict[str, str] = {}
    for column, header in (pair for report in reports for pair in report.found.items()):
        found.setdefault(column, header)
    used = set(found.values())
    joined = ColumnReport(
        wanted.kind,
        found,
        absent=tuple(name for name in wanted.names if name not in found),
        kept=_each(header for report in reports for header in report.kept if header not in used),
        ignored=_each(header for report in reports for header in report.ignored if header not in used),
        lacking=tuple(group for group in wanted.needed if not found.keys() & set(group)),
        rows_need=_rows_need(wanted, found),
        wanted=wanted.names,
        export=next((report.export for report in reports if report.export), ""),
        profile=next((report.profile for report in reports if report.profile), ""),
        headers=_each(header for report in reports for header in report.headers),
    )
    settled = bool(joined.profile) or (bool(joined.export) and not joined.lacking)
    return replace(joined, questions=() if settled else _questions(joined, wanted))


def _each(headers: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(headers))


def _either(names: Sequence[str]) -> str:
    return " or ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def answered_headers(answers: Mapping[str, str], report: ColumnReport) -> dict[str, str]:
    """Return the answers about headers that a file has. Their columns are as the report's file calls them."""
    there = _keys(report.headers)
    own = {header_key(name): name for name in report.wanted}
    return {
        header: own.get(header_key(column), column)
        for header, column in answers.items()
        if header_key(header) in there
    }


def own_name(column: str, wanted: Sequence[WantedColumns]) -> str:
    """Return our name of a column of any of these kinds of file; "" if none has such a column."""
    return next(filter(None, (kind.named_by(header_key(column)) for kind in wanted)), "")


def _keys(headers: Sequence[str]) -> frozenset[str]:
    return frozenset(filter(None, _header_keys(headers)))


def _header_keys(cells: Sequence[str]) -> list[str]:
    """Return the key of each cell of a header as it is shown, so that answers name what a person sees.

    A blank cell that others follow has the key of its place, `column1`.
    """
    last = max((at for at, cell in enumerate(cells, 1) if cell.strip()), default=0)
    return [header_key(shown_header(cell, at)) if at <= last else "" for at, cell in enumerate(cells, 1)]


class BadColumnAnswers(Exception):
    """Answers about columns that can't be used. The message says why."""


def split_answers(text: str) -> dict[str, str]:
    """Return the answers in `theirs=ours,theirs=ours`, the columns by header; "" for a header that is left out.

    A header with a comma is written as `"Name, first=first_name"`, in double quotes. Raises `BadColumnAnswers` with
    what is wrong: a part without `=`, or a header that comes twice.
    """
    answers: dict[str, str] = {}
    for part in next(csv.reader([text], skipinitialspace=True), []):
        header, sign, column = part.rpartition("=")
        header = header.strip()
        if not sign or not header_key(header):
            raise BadColumnAnswers(f"“{part.strip()}” is not THEIRS=OURS")
        if header in answers:
            raise BadColumnAnswers(f"{header} comes twice")
        answers[header] = column.strip()
    return answers


def parse_answers(text: str, wanted: Sequence[WantedColumns]) -> dict[str, str]:
    """Return the answers of `split_answers` with our names of the columns, which are those of any of `wanted`.

    Raises `BadColumnAnswers` as well for a column that there is not, or that two headers are said to be.
    """
    answers = split_answers(text)
    for header, column in answers.items():
        own = own_name(column, wanted)
        if column and not own:
            raise BadColumnAnswers(f"there is no column {column}")
        if own and own in (answers[other] for other in answers if other != header):
            raise BadColumnAnswers(f"{own} is given twice")
        answers[header] = own
    return answers
