"""`import`: cards, notes and Fact Finds from a file into the profile's own, with a gateway or without one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import DeskError
from tui.cli.column_questions import ask_columns, ask_day_first, ask_name, can_ask_about_file
from tui.cli.options import ConfirmedOptions
from tui.cli.output import emit_json, report, say
from tui.cli.prompts import TerminalPrompts, answered_yes, can_ask
from tui.wiring import settings_of
from tui.wiring.files import (
    path_of,
    proposed_answers_name,
    read_import,
    remember_columns,
    settle_columns,
    trouble_lines,
)
from tui.words.columns import column_form, column_lines, columns_needed, noted

if TYPE_CHECKING:
    from data.cards.import_store import Import, StoredCards
    from data.settings import Settings
    from data.tables.rejected import RejectedLine

SANDBOX_WARNING = (
    "This is the embedded sandbox, for trying things out: real clients don't belong there. "
    "For real work set up a profile in config.toml and name it with --profile."
)
OTHER_KINDS = "Notes need card_id and text, Fact Finds card_id and fact_find_id."


@dataclass(frozen=True, kw_only=True)
class ImportOptions(ConfirmedOptions):
    """The options of `import`."""

    file: str
    columns: str
    """Which header is which column, as `THEIRS=OURS,…` or as the name of remembered answers; "" without."""
    dates: str
    """The order of day and month, `dmy` or `mdy`; "" for what each column proves."""


def import_cards(options: ImportOptions) -> int:
    """Import what is good in a file and say what was set aside; 1 where nothing was good."""
    settings = settings_of(options.home, options.profile)
    found = _read(options, settings)
    if found.columns is not None:
        settle_columns(settings, options.columns, {Path(options.file): found.columns})
        if found.columns.missing and found.is_empty:
            error = columns_needed(_name(options), found.columns, "--columns", OTHER_KINDS)
            return report(error, as_json=options.json, more=_about(found))
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
                **_about(found),
                "refused": [_misfit_form(one) for one in found.refused],
                "set_aside": [_misfit_form(one) for one in found.set_aside],
            }
        )
    else:
        if found.lines or not found.papers:
            say(f"{kept.imported} imported, {kept.changed} changed, {kept.unchanged} unchanged")
        if found.papers:
            say(_papers_line(found, kept))
        if found.columns is not None:
            say(*column_lines(found.columns))
        say(*map(noted, _notices(found)))
        if found.older:
            say(f"{_count(found.older, 'older version')} in the same file passed over")
        if found.named:
            people = "1 person" if found.named == 1 else f"{found.named} people"
            say(f"{people} without a person_id got one made from card id, name and birth date")
        say(*(f"refused in the preview: {line}" for line in trouble_lines(found.refused)))
        say(*(f"set aside: {line}" for line in trouble_lines(found.set_aside)))
    return DeskError.exit_code if found.is_empty else 0


def _papers_line(found: Import, kept: StoredCards) -> str:
    """Return how many notes and Fact Finds were imported, in words."""
    same = len(found.papers) - kept.notes - kept.fact_finds
    numbers = ((kept.notes, "note"), (kept.fact_finds, "Fact Find"))
    parts = [_count(number, what) for number, what in numbers if number]
    return f"{' and '.join(parts) or 'no note or Fact Find'} imported, {same} unchanged"


def _about(found: Import) -> dict[str, Any]:
    """Return what `--json` says of a file: its columns, and what was assumed about it."""
    return {"columns": column_form(found.columns), "notices": [*_notices(found)]}


def _notices(found: Import) -> Iterator[str]:
    """Yield what was assumed about a file, and whether it is empty."""
    yield from found.notices
    if found.is_empty and not found.set_aside:
        yield "the file holds no cards, notes or Fact Finds"


def _read(options: ImportOptions, settings: Settings) -> Import:
    """Read the file. At a terminal ask about its columns and dates, and read it again with the answers."""
    found, columns = _with_columns(options, settings)
    if not found.open_dates or options.dates or not can_ask_about_file(options, options.file):
        return found
    order = ask_day_first(TerminalPrompts(), _name(options), found.open_dates)
    return read_import(settings, path_of(options.file), columns, order)


def _with_columns(options: ImportOptions, settings: Settings) -> tuple[Import, str]:
    """Return the file, and the answers about columns by which it was read."""
    file = path_of(options.file)
    found = read_import(settings, file, options.columns, options.dates)
    if found.columns is None or not found.columns.questions or not can_ask_about_file(options, options.file):
        return found, options.columns
    prompts = TerminalPrompts()
    answers = ask_columns(prompts, _name(options), found.columns)
    if not found.columns.settled_by(answers):
        return found, options.columns
    name = remember_columns(
        settings, file, found.columns, answers, ask_name(prompts, proposed_answers_name(file))
    )
    return read_import(settings, file, name, options.dates), name


def _name(options: ImportOptions) -> str:
    return "standard input" if options.file == "-" else options.file


def _confirmed(options: ImportOptions, found: Import) -> bool:
    if options.yes:
        return True
    if options.json or not can_ask():
        raise DeskError(
            "not-confirmed", f"Nothing was imported. {SANDBOX_WARNING}", when="cards go into the sandbox"
        )
    say(SANDBOX_WARNING)
    return answered_yes(
        f"Import {_said(found)} into the sandbox all the same? [y/N] ",
        otherwise="Nothing was imported.",
    )


def _said(found: Import) -> str:
    """Return what a file holds, such as "2 cards and 1 note"."""
    fact_finds = len(found.papers) - found.notes
    numbers = ((len(found.lines), "card"), (found.notes, "note"), (fact_finds, "Fact Find"))
    return " and ".join(_count(number, what) for number, what in numbers if number)


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
