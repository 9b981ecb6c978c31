"""`map show`, `check`, `edit` and `value`: the field map in use, and the operator's own file that changes it."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from core.errors import UsageError
from core.flex.field_map.model import FieldMapRow
from core.flex.field_map.operator_map import Difference, Maps, RowOrigin
from tui.cli.json_output import map_form
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say, say_table
from tui.editor import edit as open_editor
from tui.editor import editor_of
from tui.wiring import settings_of
from tui.wiring.field_maps import map_value, own_map_file, read_maps, start_own_map


@dataclass(frozen=True, kw_only=True)
class MapCheckOptions(CommandOptions):
    """The options of `map check`."""

    file: str | None
    """The file to check; None stands for the profile's own."""


@dataclass(frozen=True, kw_only=True)
class MapValueOptions(CommandOptions):
    """The options of `map value`."""

    table: str
    value: str
    flex_value: str


def show(options: CommandOptions) -> int:
    """Print every row and table of the map in use."""
    maps = read_maps(settings_of(options.home, options.profile))
    if options.json:
        emit_json(map_form(maps))
        return 0
    say(f"map {maps.in_use.version}{f'  {maps.file}' if maps.file else ''}")
    section = ""
    for row in maps.in_use.row:
        if row.section != section:
            section = row.section
            say("", section.upper())
            say_table([_cells(maps, one) for one in maps.in_use.row if one.section == section], indent="  ")
    for name, table in maps.in_use.tables.items():
        say("", f"TABLE {name}")
        say_table(
            [(key, "→", word, _entry_mark(maps, name, key)) for key, word in table.items()],
            indent="  ",
        )
    return 0


def _cells(maps: Maps, row: FieldMapRow) -> tuple[str, ...]:
    target = "(switched off)" if row.off else row.target
    how = f"{row.transform} {row.table}".rstrip()
    said = (_yours(maps.origin(row)), row.remark)
    return row.source, "→", target, how, row.confidence, " · ".join(part for part in said if part)


def _entry_mark(maps: Maps, table: str, key: str) -> str:
    return "guess" if maps.in_use.is_guess(table, key) else _yours(maps.entry_origin(table, key))


def _yours(origin: RowOrigin) -> str:
    return "yours" if origin is RowOrigin.YOURS else ""


def check(options: MapCheckOptions) -> int:
    """Check an own file, and say what it changes."""
    return _tell(read_maps(settings_of(options.home, options.profile), options.file), as_json=options.json)


def value(options: MapValueOptions) -> int:
    """Write one entry of a table into the own file."""
    settings = settings_of(options.home, options.profile)
    maps = map_value(settings, options.table, options.value, options.flex_value)
    key = options.value.strip()
    word = maps.in_use.tables[options.table][key]
    if options.json:
        emit_json(
            {
                "version": maps.in_use.version,
                "file": maps.file,
                "table": options.table,
                "value": key,
                "target": word,
            }
        )
        return 0
    say(f"“{key}” goes to FLEX as “{word}” from now on, by {maps.file}: map {maps.in_use.version}.")
    return 0


def edit(options: CommandOptions) -> int:
    """Open the own file in the operator's editor, made of a template where there is none; then check it."""
    settings = settings_of(options.home, options.profile)
    file = own_map_file(settings)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "no-terminal",
            "There is no terminal here to open an editor on.",
            when="the map is edited",
            file=file,
        )
    editor_of()
    made = start_own_map(file)
    open_editor(file)
    if made and not options.json:
        say(f"{file} is new.")
    return _tell(read_maps(settings, file), as_json=options.json)


def _tell(maps: Maps, *, as_json: bool) -> int:
    differences = maps.differences
    if as_json:
        emit_json(
            {
                "version": maps.in_use.version,
                "file": maps.file or None,
                "differences": differences,
            }
        )
        return 0
    if not maps.file:
        say(f"There is no map of your own; the shipped one is used, version {maps.in_use.version}.")
        return 0
    say(f"{maps.file} is in order: map {maps.in_use.version}.")
    if not differences:
        say("It changes nothing.")
    say_table([difference_cells(one) for one in differences], indent="  ")
    return 0


def difference_cells(one: Difference) -> tuple[str, ...]:
    """Return a difference as a line: what, where, before, after."""
    if one.what == "row" and not one.key:
        return "new row", one.place, "", "→", one.yours
    return one.what, one.place, one.key, f"{one.shipped or '(none)'} →", one.yours or "(none)"
