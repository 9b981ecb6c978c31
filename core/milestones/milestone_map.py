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
    """Make a map of decoded TOML; with `base` it only changes what it names. `file` is its name in messages.

    Raises `UsageError` (bad-milestone-map) saying what is wrong and where.
    """
    try:
        given = msgspec.convert(raw, _File, strict=True)
        rows = dict(base.rows) if base else {}
        told: set[Milestone] = set()
        for change in given.milestone:
            if change.milestone in told:
                raise _broken(file, f"“{change.milestone}” is there twice")
            told.add(change.milestone)
            own = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not None}
            held = rows.get(change.milestone)
            kept = msgspec.structs.asdict(held) if held else {}
            rows[change.milestone] = msgspec.convert(kept | own, MilestoneMapRow)
    except msgspec.ValidationError as error:
        raise _broken(file, str(error)) from None
    missing = [one for one in Milestone if one not in rows]
    if missing:
        raise _broken(file, f"it has no row for “{missing[0]}”")
    for row in rows.values():
        if row.join and row.join == row.leave:
            raise _broken(file, f"“{row.milestone}” joins and leaves the same group")
    return MilestoneMap({one: rows[one] for one in Milestone}, _rules(given.rules, base))


def _rules(given: _Rules, base: MilestoneMap | None) -> MilestoneRules:
    held = base.rules if base else MilestoneRules()
    return MilestoneRules(
        held.started_again if given.started_again is None else given.started_again,
        held.late if given.late_hours is None else given.late_hours * _HOUR,
    )


_HOUR: Final = 3600.0


def _broken(file: str, what: str) -> UsageError:
    known = ", ".join(f"“{one}”" for one in Milestone)
    return UsageError("bad-milestone-map", f"The milestone map {file}: {what}.", milestones=known)
