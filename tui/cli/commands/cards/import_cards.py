"""`import`: cards from a file into the profile's own, for a desk without a gateway, or beside one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import DeskError
from tui.cli.options import ConfirmedOptions
from tui.cli.output import emit_json, say
from tui.cli.prompts import answered_yes, can_ask
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
    """Import the good cards of a file and say what was set aside; 1 where none was good."""
    settings = settings_of(options.home, options.profile)
    found = read_import(settings, Path(options.file).expanduser())
    if found.lines and settings.embedded and not _confirmed(options, found):
        return 1
    kept = found.keep()
    if options.json:
        emit_json(
            {
                "imported": kept.imported,
                "changed": kept.changed,
                "unchanged": kept.unchanged,
                "older": found.older,
                "person_ids_made": found.named,
                "set_aside": [_misfit_form(one) for one in found.set_aside],
            }
        )
    else:
        say(f"{kept.imported} imported, {kept.changed} changed, {kept.unchanged} unchanged")
        if found.older:
            say(f"{_count(found.older, 'older version')} in the same file passed over")
        if found.named:
            people = "1 person" if found.named == 1 else f"{found.named} people"
            say(f"{people} without a person_id got one made from card id, name and birth date")
        say(*(_misfit_line(one) for one in found.set_aside))
    return 0 if found.lines else DeskError.exit_code


def _confirmed(options: ImportOptions, found: Import) -> bool:
    if options.yes:
        return True
    if options.json or not can_ask():
        raise DeskError(
            "not-confirmed", f"Nothing was imported. {SANDBOX_WARNING}", when="cards go into the sandbox"
        )
    say(SANDBOX_WARNING)
    return answered_yes(
        f"Import {_count(len(found.lines), 'card')} into the sandbox all the same? [y/N] ",
        otherwise="Nothing was imported.",
    )


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
