"""The rows of a match as JSON: as values, and as the lines of a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from core.contacts.match.match import AlikeRows, ContactBook

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
    if isinstance(contacts, ContactBook):
        return [contacts.role(contact_id) or None if contact_id in contacts else None for contact_id in ids]
    return [contacts[contact_id].role or None if contact_id in contacts else None for contact_id in ids]


_PLAIN_IDS: Final = re.compile(r"[!#-\[\]-~]*")
"""Ids that JSON writes as they are."""
_TOGETHER: Final = 10_000
"""Rows that are written together."""


def row_lines(matched: Matched) -> Iterator[Any]:
    """Yield the rows as `write_rows` takes them: what `row_form` returns, or the same as text where that is quicker.

    Rows that differ in their ids alone are written from one pattern.
    """
    rows = matched.rows
    if not isinstance(rows, AlikeRows):
        yield from (row_form(row, matched) for row in rows)
        return
    for begin in range(0, len(rows), _TOGETHER):
        end = min(begin + _TOGETHER, len(rows))
        lines: dict[int, msgspec.Raw] = {}
        for places, ids in rows.alike(begin, end):
            pattern = _pattern(row_form(rows[places[0]], matched))
            lines |= {
                place: msgspec.Raw(pattern % of_row)
                for place, of_row in zip(places, ids, strict=True)
                if _PLAIN_IDS.fullmatch("".join(of_row))
            }
        others = {place: rows[place] for place in range(begin, end) if place not in lines}
        _keep(matched.simplenexus, (one for row in others.values() for one in row.simplenexus_ids))
        _keep(matched.total_expert, (one for row in others.values() for one in row.total_expert_ids))
        for place in range(begin, end):
            yield lines[place] if place in lines else row_form(others[place], matched)


def _keep(contacts: Mapping[str, Contact], ids: Iterable[str]) -> None:
    if isinstance(contacts, ContactBook):
        contacts.keep(list(dict.fromkeys(ids)))


def _pattern(form: dict[str, Any]) -> str:
    """Return the form of a row as a line of JSON with a place for each id."""
    mark = "<id>"
    for name in ("simplenexus_ids", "total_expert_ids"):
        form[name] = [mark for _ in form[name]]
    return msgspec.json.encode(form).decode().replace("%", "%%").replace(mark, "%s")
