"""The words about a file that is read: its columns, the order of its dates, and what becomes of its cards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from core.errors import DeskError
from core.texts import how_many

if TYPE_CHECKING:
    from data.cards.import_store import Import, StoredCards
    from data.tables.columns import ColumnReport

SANDBOX_WARNING: Final = (
    "This is the embedded sandbox, for trying things out: real clients don't belong there. "
    "For real work set up a profile in config.toml and name it with --profile."
)
NOTHING_IMPORTED: Final = "Nothing was imported."
NAME_RULE: Final = "A name has letters, digits, blanks, dots and hyphens, 60 at most."
"""What a name for remembered answers may be."""
DATE_ORDERS: Final = {"dmy": "day first: 3/4/1985 is 3 April", "mdy": "month first: 3/4/1985 is 4 March"}
"""The orders of day and month, with what they mean."""
NAMED: Final = 30
"""How many columns a line names at most. `--json` names all that a file has and lacks."""


def column_form(report: ColumnReport | None) -> dict[str, Any] | None:
    """Return the columns of a file as JSON; None for a file that has no header."""
    if report is None:
        return None
    return {
        "known_as": report.export or None,
        "answers": report.profile or None,
        "found": dict(report.found),
        "absent": list(report.absent),
        "missing": list(report.missing),
        "kept": list(report.kept),
        "ignored": list(report.ignored),
    }


def column_lines(report: ColumnReport) -> Iterator[str]:
    """Yield what a person reads about the columns of a file, each line without the file's name."""
    known = f" of {report.export}" if report.export else ""
    answered = f" as answered in “{report.profile}”" if report.profile else ""
    yield f"columns{known}{answered}: {_named(_pairs(report.found))}"
    if report.kept:
        yield f"kept as further fields: {_named(report.kept)}"
    if report.ignored:
        yield f"left out: {_named(report.ignored)}"
    if report.absent:
        yield f"not in the file: {_named(report.absent)}"


def noted(notice: str) -> str:
    """Return a notice about a file as a line."""
    return f"note: {notice}"


def columns_needed(name: str, report: ColumnReport, flag: str, others: str = "") -> DeskError:
    """Return the error for a file without the columns that it needs. `flag` is the option that takes answers.

    `others` says what other kinds of file need, which the command reads too.
    """
    seen = _named(report.headers) or "none"
    first = (
        " Its first line looks like a person: add a line with headers above it." if report.has_values else ""
    )
    missing = " and no column ".join((*report.missing, *report.rows_need))
    return DeskError(
        "columns-needed",
        f"{name} has no column {missing}. Its headers are: {seen}.{first} "
        f"Columns that can be read: {_named(report.wanted)}.{others and f' {others}'}",
        columns=f'{flag} "{report.example()}"',
    )


def could_be_both(dates: int) -> str:
    """Return what is open about the dates of a file. `dates` counts them."""
    return f"{how_many(dates, 'date')} could be d/m/y or m/d/y"


def number_lines(found: Import, numbers: StoredCards, new: str) -> Iterator[str]:
    """Yield the numbers of an import: of its cards, of its notes and Fact Finds. `new` is the word for new ones."""
    if found.lines or not found.papers:
        cards = ((numbers.imported, new), (numbers.changed, "changed"), (numbers.unchanged, "unchanged"))
        yield f"cards: {_counts_of(*cards) or 'none'}"
    if found.papers:
        same = len(found.papers) - numbers.notes - numbers.fact_finds
        papers = _list_of((numbers.notes, "note"), (numbers.fact_finds, "Fact Find"))
        said = (f"{papers} {new}" if papers else "", _counts_of((same, "unchanged")))
        yield f"notes and Fact Finds: {', '.join(filter(None, said))}"


def _counts_of(*numbers: tuple[int, str]) -> str:
    """Return numbers with their words, without those that count nothing: "1 new, 3 unchanged"."""
    return ", ".join(f"{number:,} {word}" for number, word in numbers if number)


def what_is_in(found: Import) -> str:
    """Return what a file holds: "2 cards and 1 note"."""
    fact_finds = len(found.papers) - found.notes
    return _list_of((len(found.lines), "card"), (found.notes, "note"), (fact_finds, "Fact Find"))


def _list_of(*numbers: tuple[int, str]) -> str:
    return " and ".join(how_many(number, what) for number, what in numbers if number)


def import_notices(found: Import) -> Iterator[str]:
    """Yield what was assumed about a file of cards, and whether it is empty."""
    yield from found.notices
    if found.is_empty and not found.set_aside:
        yield "the file holds no cards, notes or Fact Finds"


def import_lines(found: Import) -> Iterator[str]:
    """Yield what a person reads about a file of cards, without the numbers and what could not be read."""
    if found.columns is not None:
        yield from column_lines(found.columns)
    yield from map(noted, import_notices(found))
    if found.older:
        yield f"{how_many(found.older, 'older version')} in the same file passed over"
    if found.named:
        people = how_many(found.named, "person", "people")
        yield f"{people} without a person_id got one made from card id, name and birth date"


def rejected_lines(refused: Iterable[str], set_aside: Iterable[str]) -> Iterator[str]:
    """Yield the lines about refused values and about what was set aside, each with what happens to them."""
    yield from (f"refused in the preview: {line}" for line in refused)
    yield from (f"set aside: {line}" for line in set_aside)


def _pairs(found: Mapping[str, str]) -> list[str]:
    return [column if header == column else f"{column} ({header})" for column, header in found.items()]


def _named(names: Sequence[str]) -> str:
    if len(names) <= NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more (docs/files.md)"
