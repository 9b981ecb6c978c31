"""`export links|activity|audit --out FILE`: what is linked, was pushed, and who did what, for a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from core.audit import audit_lines
from core.push import activity as pushes
from tui.cli.json_output import link_form, push_form
from tui.cli.options import CommandOptions
from tui.cli.output import ascii_json, emit_json, say
from tui.cli.progress import shown_meter
from tui.wiring import open_book, settings_of
from tui.wiring.clock import desk_time
from tui.wiring.files import TableFormat, named_format, path_of, table_bytes, write_private

_LINK = ("system", "entity", "local_id", "remote_id", "ref", "linked_at")
_STEP = (
    *("push_id", "asset", "subject", "push_state", "reason", "operator", "created_at", "step", "system"),
    *("operation", "entity", "local_id", "state", "remote_id", "ref", "error", "attempts"),
)

_COUNTED = {"links": "links", "pushes": "pushes", "audit": "entries"}
_AUDIT = ("by", "day", "at", "what", "about", "push_id")


@dataclass(frozen=True, kw_only=True)
class ExportOptions(CommandOptions):
    """The options of `export links`, `export activity` and `export audit`."""

    out: str


async def links(options: ExportOptions) -> int:
    """Write the links."""
    book = await open_book(settings_of(options.home, options.profile), write=False)
    try:
        found = await pushes.links(book)
    finally:
        book.close()
    rows = [{**link_form(link), "linked_at": _moment(link.at)} for link in found]
    return _write(options, "links", _LINK, rows, rows)


async def activity(options: ExportOptions) -> int:
    """Write every push: as JSON a push with its steps, as CSV a step a row."""
    book = await open_book(settings_of(options.home, options.profile), write=False)
    try:
        told = [each async for each in pushes.read_activities(book, await pushes.pushes(book))]
    finally:
        book.close()
    rows = [
        {
            **msgspec.to_builtins(one.push),
            **msgspec.to_builtins(step),
            "push_state": one.push.state,
            "created_at": _moment(one.push.created_at),
            "step": step.n + 1,
        }
        for one in told
        for step in one.steps
    ]
    return _write(options, "pushes", _STEP, rows, [push_form(one.push, one.steps) for one in told])


async def audit(options: ExportOptions) -> int:
    """Write who did what, by person and time. The days are those of the desk's zone."""
    settings = settings_of(options.home, options.profile)
    book = await open_book(settings, write=False)
    try:
        lines = await audit_lines(book)
    finally:
        book.close()
    local = desk_time(settings)
    rows = [
        {**msgspec.to_builtins(line), "day": local(line.at).date().isoformat(), "at": _moment(line.at)}
        for line in lines
    ]
    return _write(options, "audit", _AUDIT, rows, rows)


def _write(
    options: ExportOptions,
    what: str,
    names: tuple[str, ...],
    rows: list[dict[str, Any]],
    form: Sequence[Mapping[str, Any]],
) -> int:
    file = path_of(options.out)
    match format_ := named_format(file):
        case TableFormat.CSV | TableFormat.XLSX:
            with shown_meter(str(file)) as meter:
                cells = ([row.get(name) for name in names] for row in rows)
                content = table_bytes(format_, what.capitalize(), names, cells, len(rows), meter)
        case TableFormat.JSON:
            content = ascii_json({what: form}, indent=2).encode("ascii")
    write_private(file, content)
    if options.json:
        emit_json({"file": str(file), what: len(form)})
    else:
        say(f"{file}: {len(form)} {_COUNTED[what]}. It holds ids and states; only you can read it.")
    return 0


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
