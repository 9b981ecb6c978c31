"""The field map that ships with the desk, the operator's own file that changes it, and how both are read."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from core.compare.keys import label_key
from core.error_words import why_failed
from core.errors import UsageError
from core.flex.field_map.checks import BrokenMap, check_map
from core.flex.field_map.map_value import checked_word, with_entry
from core.flex.field_map.model import FieldMap
from core.flex.field_map.operator_map import Maps, merge
from data.operator_files.paths import expanded_path
from data.operator_files.text_file import UnreadableText, read_text_file
from data.operator_files.toml_text import BadToml, parse_toml
from data.private_files import new_file, replaced_file
from data.settings import Settings

SHIPPED: Final = "flex.toml"
TEMPLATE: Final = "own.toml"
OWN: Final = "map.toml"
"""The own file's name in the profile's folder, where the profile names none."""


@cache
def shipped_map() -> FieldMap:
    """Give the map that ships with the desk. It is read once a process, and nobody changes it."""
    return parse_map(files(__name__).joinpath(SHIPPED).read_text("utf-8"), SHIPPED)


def parse_map(text: str, file: str) -> FieldMap:
    """Make a checked map of TOML text; `file` is its name in messages. Raises `BrokenMap`."""
    return check_map(_decoded(text, file), file)


def own_file(settings: Settings) -> Path:
    """Say where a profile's own map is or would be: as the key `map` says, from the home; else in its folder."""
    named = settings.profile.map
    return settings.home / expanded_path(named) if named else settings.folder / OWN


def read_maps(settings: Settings) -> Maps:
    """Give the map a profile uses: the shipped one, changed by the own file where there is one.

    Raises `BrokenMap`, and `UsageError` where the profile names a file that is not there.
    """
    file = own_file(settings)
    if settings.profile.map or file.exists():
        return read_own_map(file)
    shipped = shipped_map()
    return Maps(shipped, shipped)


def read_own_map(file: Path) -> Maps:
    """Read an own file and merge it into the shipped map. Raises `BrokenMap`, `UsageError` (no-map)."""
    shipped = shipped_map()
    return Maps(merge(shipped, _decoded(_read(file), str(file)), str(file)), shipped, str(file))


def start_own_map(file: Path) -> bool:
    """Make an own file of the commented template, for its owner alone; False where there is one already.

    Raises `UsageError` (no-map).
    """
    text = files(__name__).joinpath(TEMPLATE).read_bytes()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with new_file(file) as opened:
            opened.write(text)
    except OSError as error:
        if isinstance(error, FileExistsError) and file.exists():
            return False
        raise _unusable(file, why_failed(error)) from None
    return True


def map_value(settings: Settings, table: str, value: str, word: str) -> Maps:
    """Write into the own file that a value goes to FLEX as `word`, and return the maps as they are from then on.

    The file is made of the template where there is none. It is written only if the whole file is in order afterwards
    and the value goes as asked. Raises `BrokenMap`, `UsageError` (no-map, no-such-table, no-such-word,
    value-in-your-map).
    """
    maps = read_maps(settings)
    word = checked_word(maps.in_use, table, word)
    file = own_file(settings)
    start_own_map(file)
    before = _read(file)
    value = value.strip()
    if label_key(value) in {
        label_key(key) for key in _decoded(before, str(file)).get("tables", {}).get(table, {})
    }:
        raise UsageError(
            "value-in-your-map",
            f"Your own map already has an entry for “{value}” in the table {table}.",
            file=file,
        )
    after = with_entry(before, table, value, word)
    merged = merge(maps.shipped, _decoded(after, str(file)), str(file))
    try:
        with replaced_file(file) as opened:
            opened.write(after.encode("utf-8"))
    except OSError as error:
        raise _unusable(file, why_failed(error)) from None
    return Maps(merged, maps.shipped, str(file))


def _read(file: Path) -> str:
    try:
        return read_text_file(file)
    except FileNotFoundError as error:
        raise _unusable(file, why_failed(error)) from None
    except UnreadableText as error:
        raise _unusable(file, str(error)) from None


def _unusable(file: Path, why: str) -> UsageError:
    return UsageError("no-map", f"The field map {file} can't be used: {why}.")


def _decoded(text: str, file: str) -> dict[str, Any]:
    try:
        return parse_toml(text)
    except BadToml as error:
        raise BrokenMap(file, "the file", f"it is not TOML: {error}") from None
