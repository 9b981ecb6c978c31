"""`import`: cards, notes and Fact Finds from a file into the profile's own, with a gateway or without one."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import DeskError
from tui.cli.options import ConfirmedOptions
from tui.cli.output import emit_json, say
from tui.wiring import settings_of
from tui.wiring.files import read_import

if TYPE_CHECKING:
    from data.cards.import_store import Import
    from data.cards.reading import RejectedLine

SANDBOX_WARNING = (
    "This is the embedded sandbox, for trying things out: real clients don't belong there. "
    "For real work set up a profile in config.toml and name it with --profile."
)


@dataclass(frozen=True, kw_only=True)
class ImportOptions(ConfirmedOptions):
    """The options of `import`."""

    file: str


def import_cards(options: ImportOptions) -> int:
    """Import what is good in a file and say what was set aside; 1 where nothing was good."""
    settings = settings_of(options.home, options.profile)
    found = read_import(settings, Path(options.file).expanduser())
    if not found.is_empty and settings.embedded and not _confirmed(options, found):
        return 1
    kept = found.keep()
    if options.json:
        emit_json(
            {
                "imported": kept.imported,
                "changed": kept.changed,
                "unchanged": kept.unchanged,
                "notes": kept.notes,
                "fact_finds": kept.fact_finds,
                "older": found.older,
                "person_ids_made": found.named,
                "set_aside": [_misfit_form(one) for one in found.set_aside],
            }
        )
    else:
        if found.lines or not found.papers:
            say(f"{kept.imported} imported, {kept.changed} changed, {kept.unchanged} unchanged")
        if found.papers:
            same = len(found.papers) - kept.notes - kept.fact_finds
            parts = [_count(kept.notes, "note"), _count(kept.fact_finds, "Fact Find"), f"{same} unchanged"]
            say(f"Of cards: {', '.join(parts)}")
        if found.older:
            say(f"{_count(found.older, 'older version')} in the same file passed over")
        if found.named:
            people = "1 person" if found.named == 1 else f"{found.named} people"
            say(f"{people} without a person_id got one made from card id, name and birth date")
        say(*(_misfit_line(one) for one in found.set_aside))
    return DeskError.exit_code if found.is_empty else 0


def _confirmed(options: ImportOptions, found: Import) -> bool:
    if options.yes:
        return True
    if options.json or not sys.stdin.isatty():
        raise DeskError(
            "not-confirmed", f"Nothing was imported. {SANDBOX_WARNING}", when="cards go into the sandbox"
        )
    say(SANDBOX_WARNING)
    try:
        answer = input(
            f"Import {_count(len(found.lines) + len(found.papers), 'record')} into the sandbox all the same? [y/N] "
        )
    except EOFError:
        answer = ""
    if answer.strip().casefold() not in ("y", "yes"):
        say("Nothing was imported.")
        return False
    return True


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _misfit_form(one: RejectedLine) -> dict[str, Any]:
    return {
        "line": one.line,
        "column": one.column,
        "field": one.field,
        "reason": one.reason,
        "id": one.card_id,
    }


def _misfit_line(one: RejectedLine) -> str:
    column = "" if one.column is None else f", column {one.column}"
    whose = f" of {one.card_id}" if one.card_id else ""
    return f"set aside: line {one.line}{column}: {one.field}{whose}: {one.reason}"
