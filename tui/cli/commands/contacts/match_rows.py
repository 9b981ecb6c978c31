"""The rows of a match as JSON: as values, and as the lines of a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import msgspec

from core.contacts.match.match import ContactBook

if TYPE_CHECKING:
    from core.contacts.match.match import Matched
    from core.contacts.model import Contact, VerdictRow


def row_form(row: VerdictRow, matched: Matched) -> dict[str, Any]:
    """Return a row as JSON. A group's row may name several records of a side; the evidence is of its best pair.

    `roles` has the role of each record, in the order of the ids; null where its system does not say.
    """
    best = row.suggestions[0].comparison if row.suggestions else None
    compared = row.comparison or best
    return {
        "verdict": row.verdict.value,
        "reason": row.reason.value,
        "simplenexus_ids": list(row.simplenexus_ids),
        "total_expert_ids": list(row.total_expert_ids),
        "roles": {
            "simplenexus": roles_of(row.simplenexus_ids, matched.simplenexus),
            "total_expert": roles_of(row.total_expert_ids, matched.total_expert),
        },
        "gone": row.gone or None,
        "bits": compared.bits if compared else None,
        "class": compared.likeness.value if compared else None,
        "evidence": [
            {
                "field": one.field,
                "level": one.level.value,
                "bits": one.bits,
                "left": one.left,
                "right": one.right,
            }
            for one in (compared.evidence if compared else ())
        ],
        "elsewhere": {
            "simplenexus_ids": list(row.elsewhere[0]),
            "total_expert_ids": list(row.elsewhere[1]),
        },
        "suggestions": [
            {
                "simplenexus_id": pair.simplenexus_id,
                "total_expert_id": pair.total_expert_id,
                "bits": pair.comparison.bits,
                "class": pair.comparison.likeness.value,
            }
            for pair in row.suggestions
        ],
    }


def roles_of(ids: Sequence[str], contacts: Mapping[str, Contact]) -> list[str | None]:
    """Return the role of each record: `agent`, `borrower`, or None if its system does not say."""
    return list(map(_roles(contacts), ids))


def _roles(contacts: Mapping[str, Contact]) -> Callable[[str], str | None]:
    """Return what tells a record's role. Where a book makes its contacts when they are asked for, none is made."""
    of_known = (
        contacts.role if isinstance(contacts, ContactBook) else lambda record_id: contacts[record_id].role
    )

    def role(record_id: str) -> str | None:
        try:
            return of_known(record_id) or None
        except KeyError:
            return None

    return role


_PLAIN_ID: Final = re.compile(r"[!#-\[\]-~]+")
"""An id that JSON writes as it is."""
_TOGETHER: Final = 2_000
"""Rows of which the contacts are made together."""


def row_lines(matched: Matched) -> Iterator[Any]:
    """Yield the rows as `write_rows` takes them: what `row_form` returns, or the same as text where that is quicker.

    Rows about at most one record of each system, about which nothing was compared, differ in their ids alone if they
    have one verdict, one reason and the same roles. They are written from one pattern.
    """
    rows = iter(matched.rows)
    patterns: dict[tuple[object, ...], str] = {}
    while some := list(islice(rows, _TOGETHER)):
        compared = [row for row in some if row.comparison is not None or row.suggestions]
        _keep(matched.simplenexus, (one for row in compared for one in row.simplenexus_ids))
        _keep(matched.total_expert, (one for row in compared for one in row.total_expert_ids))
        yield from _lines(some, matched, patterns)


def _keep(contacts: Mapping[str, Contact], ids: Iterable[str]) -> None:
    if isinstance(contacts, ContactBook):
        contacts.keep(list(dict.fromkeys(ids)))


def _lines(
    rows: Sequence[VerdictRow], matched: Matched, patterns: dict[tuple[object, ...], str]
) -> Iterator[Any]:
    our_role, their_role = _roles(matched.simplenexus), _roles(matched.total_expert)
    for row in rows:
        if not _has_pattern(row):
            yield row_form(row, matched)
            continue
        ours, theirs = row.simplenexus_ids, row.total_expert_ids
        roles = our_role(ours[0]) if ours else None, their_role(theirs[0]) if theirs else None
        kind = row.verdict, row.reason, len(ours), len(theirs), roles
        pattern = patterns.get(kind)
        if pattern is None:
            pattern = patterns[kind] = _pattern(row, matched)
        yield msgspec.Raw(pattern % (*ours, *theirs))


def _has_pattern(row: VerdictRow) -> bool:
    """Return True if a row says nothing but a verdict about at most one record of each system, with plain ids."""
    if row.comparison is not None or row.suggestions or row.gone or any(row.elsewhere):
        return False
    ours, theirs = row.simplenexus_ids, row.total_expert_ids
    if len(ours) > 1 or len(theirs) > 1:
        return False
    return all(map(_PLAIN_ID.fullmatch, (*ours, *theirs)))


def _pattern(row: VerdictRow, matched: Matched) -> str:
    """Return a row as a line of JSON with a place for each id."""
    form = row_form(row, matched)
    mark = "<id>"
    for name in ("simplenexus_ids", "total_expert_ids"):
        form[name] = [mark for _ in form[name]]
    return msgspec.json.encode(form).decode().replace("%", "%%").replace(mark, "%s")
