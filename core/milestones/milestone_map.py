"""How a milestone map is read from decoded TOML: the map that ships, and the operator's own changes to it.

The map is data (data/maps/milestones.toml). It names insight types and groups as Total Expert names them. Both are
looked up there and never created.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from core.errors import UsageError
from core.milestones.milestone import Milestone, MilestoneMap, MilestoneMapRow, MilestoneRules


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
        given = msgspec.convert(raw, _File, strict=True)
        rows = dict(base.rows) if base else {}
        named: set[Milestone] = set()
        for change in given.milestone:
            if change.milestone in named:
                raise _broken(file, f"“{change.milestone}” is there twice")
            named.add(change.milestone)
            own = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not None}
            row = rows.get(change.milestone)
            before = msgspec.structs.asdict(row) if row else {}
            rows[change.milestone] = msgspec.convert(before | own, MilestoneMapRow)
    except msgspec.ValidationError as error:
        raise _broken(file, str(error)) from None
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
