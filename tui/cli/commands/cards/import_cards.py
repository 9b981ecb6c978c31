"""`import`: cards, notes and Fact Finds from a file into the profile's own, with a gateway or without one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.errors import DeskError
from tui.cli.column_questions import ask_columns, ask_day_first, ask_name, can_ask_about_file
from tui.cli.options import ConfirmedOptions
from tui.cli.output import emit_json, report, say, stopped_at_question
from tui.cli.progress import shown_meter
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
from tui.words.columns import (
    NOTHING_IMPORTED,
    SANDBOX_WARNING,
    column_form,
    columns_needed,
    import_lines,
    import_notices,
    number_lines,
    rejected_lines,
    what_is_in,
)

if TYPE_CHECKING:
    from data.cards.import_store import Import
    from data.settings import Settings
    from data.tables.rejected import RejectedLine

OTHER_KINDS: Final = "Notes need card_id and text, Fact Finds card_id and fact_find_id."


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
    try:
        found = _read(options, settings)
    except KeyboardInterrupt:
        raise stopped_at_question(NOTHING_IMPORTED) from None
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
        say(*number_lines(found, kept, "imported"))
        say(*import_lines(found))
        say(*rejected_lines(trouble_lines(found.refused), trouble_lines(found.set_aside)))
    return DeskError.exit_code if found.is_empty else 0


def _about(found: Import) -> dict[str, Any]:
    """Return what `--json` says of a file: its columns, and what was assumed about it."""
    return {"columns": column_form(found.columns), "notices": [*import_notices(found)]}


def _read(options: ImportOptions, settings: Settings) -> Import:
    """Read the file. At a terminal ask about its columns and dates, and read it again with the answers."""
    found, columns = _with_columns(options, settings)
    if not found.open_dates or options.dates or not can_ask_about_file(options, options.file):
        return found
    order = ask_day_first(TerminalPrompts(), _name(options), found.open_dates)
    return _read_once(options, settings, columns, order)


def _with_columns(options: ImportOptions, settings: Settings) -> tuple[Import, str]:
    """Return the file, and the answers about columns by which it was read."""
    file = path_of(options.file)
    found = _read_once(options, settings, options.columns, options.dates)
    if found.columns is None or not found.columns.questions or not can_ask_about_file(options, options.file):
        return found, options.columns
    prompts = TerminalPrompts()
    answers = ask_columns(prompts, _name(options), found.columns)
    if not found.columns.settled_by(answers):
        return found, options.columns
    name = remember_columns(
        settings, file, found.columns, answers, ask_name(prompts, proposed_answers_name(file))
    )
    return _read_once(options, settings, name, options.dates), name


def _read_once(options: ImportOptions, settings: Settings, columns: str, dates: str) -> Import:
    """Read the file by these answers, and show how far that has come."""
    with shown_meter(_name(options)) as meter:
        return read_import(settings, path_of(options.file), columns, dates, meter)


def _name(options: ImportOptions) -> str:
    return "standard input" if options.file == "-" else options.file


def _confirmed(options: ImportOptions, found: Import) -> bool:
    if options.yes:
        return True
    if options.json or not can_ask():
        raise DeskError(
            "not-confirmed", f"{NOTHING_IMPORTED} {SANDBOX_WARNING}", when="cards go into the sandbox"
        )
    say(SANDBOX_WARNING)
    return answered_yes(
        f"Import {what_is_in(found)} into the sandbox anyway? [y/N] ",
        otherwise=NOTHING_IMPORTED,
    )


def _misfit_form(one: RejectedLine) -> dict[str, Any]:
    return {
        "line": one.line,
        "column": one.column,
        "field": one.field,
        "reason": one.reason,
        "id": one.card_id,
    }
