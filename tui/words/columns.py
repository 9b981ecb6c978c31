"""The words about the columns of a file: which were found, which are not there, which are left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from core.errors import DeskError

if TYPE_CHECKING:
    from data.tables.columns import ColumnReport

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
    if report.absent:
        yield f"not in the file: {_named(report.absent)}"
    if report.kept:
        yield f"kept as further fields: {_named(report.kept)}"
    if report.ignored:
        yield f"left out: {_named(report.ignored)}"


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
    return DeskError(
        "columns-needed",
        f"{name} has no column {' and no column '.join(report.missing)}. Its headers are: {seen}.{first} "
        f"Columns that can be read: {_named(report.wanted)}.{others and f' {others}'}",
        columns=f'{flag} "{report.example()}"',
    )


def _pairs(found: Mapping[str, str]) -> list[str]:
    return [column if header == column else f"{column} ({header})" for column, header in found.items()]


def _named(names: Sequence[str]) -> str:
    if len(names) <= NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more (docs/files.md)"
