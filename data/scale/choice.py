"""Chooses how the groups of two books are found: pair by pair, or in columns. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from core.contacts.linkage import suggestions
from core.contacts.linkage.blocking import is_small
from core.contacts.linkage.suggestions import LinkageResult
from core.contacts.match.rule import SameEmail
from core.contacts.model import Contact, ContactKind, Verdict
from core.progress import Meter

if TYPE_CHECKING:
    from core.contacts.match.match import Matched
    from data.contact_files import ContactReading
    from data.tables.columns import ColumnAnswers

LARGE: Final = 20_000
"""Records of the larger book from which columns are worth the time that their libraries take to load."""


def is_installed() -> bool:
    """Return True if the extra `scale` is installed."""
    return all(find_spec(name) is not None for name in ("numpy", "polars"))


def is_large(left: int, right: int) -> bool:
    """Return True if books of `left` and `right` records are large enough to be compared in columns.

    A book that is compared by all its values, not by keys alone, never is.
    """
    smaller = min(left, right)
    return max(left, right) >= LARGE and not is_small(smaller, smaller)


def read_in_columns(
    data: bytes, kind: ContactKind, answers: ColumnAnswers, meter: Meter
) -> ContactReading | None:
    """Read the bytes of a large file into columns; None for any other file, or without the extra."""
    if data.count(b"\n") < LARGE or not is_installed():
        return None
    from data.scale.files import read_columns  # noqa: PLC0415 - loads polars and numpy

    return read_columns(data, kind, answers, meter)


def matched_in_columns(
    simplenexus: Sequence[Contact],
    total_expert: Sequence[Contact],
    same_email: SameEmail,
    heard: Callable[[Mapping[Verdict, int]], None],
    meter: Meter,
) -> Matched | None:
    """Match two large files that were read into columns; None for any other books."""
    if not is_large(len(simplenexus), len(total_expert)) or not is_installed():
        return None
    from data.scale.files import ColumnContacts  # noqa: PLC0415 - loads polars and numpy
    from data.scale.match import match_columns  # noqa: PLC0415 - as above

    if not isinstance(simplenexus, ColumnContacts) or not isinstance(total_expert, ColumnContacts):
        return None
    return match_columns(simplenexus, total_expert, same_email, heard, meter)


def find_groups(
    simplenexus: Sequence[Contact], total_expert: Sequence[Contact], links: Collection[tuple[str, str]] = ()
) -> LinkageResult:
    """Return which records of two books look like one person. `links` are the pairs of ids that are linked already."""
    if is_large(len(simplenexus), len(total_expert)) and is_installed():
        from data.scale import linkage  # noqa: PLC0415 - loads polars and numpy

        return linkage.find_groups(simplenexus, total_expert, links)
    return suggestions.find_groups(simplenexus, total_expert, links)
