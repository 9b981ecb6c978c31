"""Which linked contacts differ in names, emails or phones. Pure.

The book does not keep what the two held when they were linked. So a difference may be an edit, or it was there already.

Nothing is written because of a difference: a person changes one of the two records in its own system. Two values count
as equal by the table of equal forms, core/compare/equal_forms.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from core.compare.equal_forms import FieldKind, equal_form, is_equal
from core.contacts.field_limits import cut_at
from core.contacts.match.rule import is_same_email
from core.contacts.model import Contact, Verdict, VerdictRow


class DifferingField(Struct, frozen=True):
    """One field of a linked pair, and what each system has: `left` is SimpleNexus's value, `right` Total Expert's.

    `cut` is the limit of the field if one of the values was cut there, so that nobody edited it; otherwise 0.
    """

    field: str
    left: str
    right: str
    cut: int = 0


class DifferingLink(Struct, frozen=True):
    """A linked pair that differs, with the fields that differ or were cut."""

    row: VerdictRow
    fields: tuple[DifferingField, ...]

    @property
    def differs(self) -> bool:
        """True if a field differs that was not cut."""
        return not all(field.cut for field in self.fields)


_FIELDS: Final[tuple[tuple[str, FieldKind], ...]] = (
    ("first_name", FieldKind.NAME),
    ("last_name", FieldKind.NAME),
    ("email", FieldKind.EMAIL),
)
ROLE: Final = "role"
"""The field that differs if one system has an agent and the other a borrower."""
PHONE: Final = "phone"
"""The field under which all phones of a contact are compared."""


def differing_links(
    rows: Iterable[VerdictRow], simplenexus: Mapping[str, Contact], total_expert: Mapping[str, Contact]
) -> Iterator[DifferingLink]:
    """Yield the linked pairs among `rows` that differ or have a value that was cut, in the order of the rows.

    The books are by id.
    """
    for row in rows:
        if row.verdict is Verdict.LINKED:
            ours, theirs = simplenexus[row.simplenexus_ids[0]], total_expert[row.total_expert_ids[0]]
            if fields := differing_fields(ours, theirs):
                yield DifferingLink(row, fields)


def differing_fields(ours: Contact, theirs: Contact) -> tuple[DifferingField, ...]:
    """Return the fields in which two records of one person differ.

    A name or an email that one side lacks is a difference. A phone is a difference only if both sides have phones and
    one of SimpleNexus's is none of Total Expert's: SimpleNexus keeps one number, Total Expert three.
    """
    found = []
    for name, kind in _FIELDS:
        left, right = getattr(ours, name), getattr(theirs, name)
        if left != right and not (
            is_same_email(left, right) if name == "email" else is_equal(kind, left, right)
        ):
            found.append(DifferingField(name, left, right, cut_at(name, ours, theirs)))
    if ours.has_other_role(theirs):
        found.append(DifferingField(ROLE, ours.role, theirs.role))
    their_numbers = {equal_form(FieldKind.PHONE, phone) for phone in theirs.phones}
    our_numbers = {equal_form(FieldKind.PHONE, phone) for phone in ours.phones}
    if their_numbers and not our_numbers <= their_numbers:
        found.append(DifferingField(PHONE, ", ".join(ours.phones), ", ".join(theirs.phones)))
    return tuple(found)
