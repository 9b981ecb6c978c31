"""The milestones, and the map that says what each of them does in Total Expert.

The map is data (data/maps/milestones.toml). It names insight types and groups as Total Expert names them. Both are
looked up there and never created. This module reads a map from decoded TOML; it knows no file, no event and no book.
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from core.decoding.typed_json import convert_value
from core.error_words import shape_fault
from core.errors import UsageError


class Milestone(StrEnum):
    """The milestones, by SimpleNexus's names for them, in the order in which they come."""

    BORROWER_LINKED = "SN Borrower Linked"
    PARTNER_LINKED = "SN Partner Linked"
    RAN_CALCULATION = "SN Contact Ran Calculation"
    STARTED = "SN Loan Application Started"
    ABANDONED = "SN Loan Application Abandoned"
    SUBMITTED = "SN Loan Application Submitted"


ONCE: Final = frozenset({Milestone.BORROWER_LINKED, Milestone.PARTNER_LINKED, Milestone.RAN_CALCULATION})
"""The milestones that a contact has once, for ever. The others belong to an application."""

_ENCODED: Final = re.compile(
    rf"(.*?)\|({'|'.join(re.escape(milestone) for milestone in Milestone)})\|(.*?)(?:\|([1-9][0-9]*))?",
    re.DOTALL,
)


class MilestoneId(Struct, frozen=True):
    """The identity of one milestone: the id of its contact in Total Expert, what it is, and of which application.

    `application` is "" for a milestone that a contact has once. `round` counts how often the application was abandoned
    and begun again before; the first round is 0.
    """

    contact: str
    milestone: Milestone
    application: str = ""
    round: int = 0

    def encode(self) -> str:
        """Return the text that the book, a plan and JSON hold, as in `9001|SN Loan Application Started|A1|1`.

        The round is left out if it is 0. Two milestones with the same text are one milestone for the book.
        """
        return f"{self.contact}|{self.milestone}|{self.application}" + (
            f"|{self.round}" if self.round else ""
        )

    @classmethod
    def decode(cls, text: str) -> MilestoneId:
        """Return the identity that `text` encodes. Raises `ValueError` if it encodes none.

        An id may contain `|`. The first name of a milestone between two bars ends the contact's id, and a number after
        the last bar is the round. Encoding the result gives `text` again, whatever the ids contain.
        """
        match = _ENCODED.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} names no milestone")
        contact, milestone, application, round_ = match.groups()
        return cls(contact, Milestone(milestone), application, int(round_ or 0))


_Name = Annotated[str, Meta(max_length=120)]


class MilestoneMapRow(Struct, frozen=True, forbid_unknown_fields=True):
    """What one milestone does: the name of its insight type, and of the groups to join and to leave ("": none).

    A milestone that is `off` is neither sent nor waited for.
    """

    milestone: Milestone
    insight: Annotated[str, Meta(min_length=1, max_length=120)]
    join: _Name = ""
    leave: _Name = ""
    off: bool = False


class MilestoneRules(Struct, frozen=True, forbid_unknown_fields=True):
    """What the operator may decide about all milestones, with our defaults.

    `started_again`: an application that was abandoned and changes again begins a new round, with a Started and perhaps
    an Abandoned of its own. The default is no, because an insight can't be taken back. `late` is the number of seconds
    after which a milestone is sent only with a person's approval, because a Journey speaks of today.
    """

    started_again: bool = False
    late: float = 72 * 3600.0


class MilestoneMap(Struct, frozen=True):
    """A row for each milestone, and the rules for all of them."""

    rows: dict[Milestone, MilestoneMapRow]
    rules: MilestoneRules = MilestoneRules()

    @property
    def version(self) -> str:
        """Eight hex digits that change when anything in the map changes."""
        whole = msgspec.json.encode(self, order="deterministic")
        return hashlib.sha256(whole).hexdigest()[:8]


# -- reading a map --------------------------------------------------------------------------------------


class _Change(Struct, frozen=True, forbid_unknown_fields=True):
    milestone: Milestone
    insight: str | None = None
    join: str | None = None
    leave: str | None = None
    off: bool | None = None


class _Rules(Struct, frozen=True, forbid_unknown_fields=True):
    started_again: bool | None = None
    late_hours: Annotated[float, Meta(ge=0, le=24 * 365)] | None = None


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    milestone: list[_Change] = []
    rules: _Rules = _Rules()


def read_map(raw: dict[str, Any], file: str, base: MilestoneMap | None = None) -> MilestoneMap:
    """Return the map that decoded TOML describes. With `base`, `raw` names only what changes.

    `file` is the file's name for messages. Raises `UsageError` (bad-milestone-map) with what is wrong and where.
    """
    try:
        given = convert_value(raw, _File)
        rows = dict(base.rows) if base else {}
        named: set[Milestone] = set()
        for change in given.milestone:
            if change.milestone in named:
                raise _broken(file, f"“{change.milestone}” is there twice")
            named.add(change.milestone)
            own = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not None}
            row = rows.get(change.milestone)
            before = msgspec.structs.asdict(row) if row else {}
            rows[change.milestone] = convert_value(before | own, MilestoneMapRow)
    except msgspec.ValidationError as error:
        wrong, path = shape_fault(error)
        raise _broken(file, f"{path}: {wrong}" if path else wrong) from None
    missing = [milestone for milestone in Milestone if milestone not in rows]
    if missing:
        raise _broken(file, f"it has no row for “{missing[0]}”")
    for row in rows.values():
        if row.join and row.join == row.leave:
            raise _broken(file, f"“{row.milestone}” joins and leaves the same group")
    return MilestoneMap({milestone: rows[milestone] for milestone in Milestone}, _rules(given.rules, base))


def _rules(given: _Rules, base: MilestoneMap | None) -> MilestoneRules:
    before = base.rules if base else MilestoneRules()
    return MilestoneRules(
        before.started_again if given.started_again is None else given.started_again,
        before.late if given.late_hours is None else given.late_hours * _HOUR,
    )


_HOUR: Final = 3600.0


def _broken(file: str, what: str) -> UsageError:
    known = ", ".join(f"“{milestone}”" for milestone in Milestone)
    return UsageError("bad-milestone-map", f"The milestone map {file}: {what}.", milestones=known)
