"""The field map that a profile uses, and the operator's own file that changes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from data.operator_files.paths import expanded_path
from data.settings import Settings

if TYPE_CHECKING:
    from core.flex.field_map.model import FieldMap
    from core.flex.field_map.operator_map import Maps


def own_map_file(settings: Settings) -> Path:
    """Return the path of a profile's own field map, whether the file exists or not."""
    from data.maps import own_file

    return own_file(settings)


def read_maps(settings: Settings, file: str | Path | None = None) -> Maps:
    """Return the field map that a profile uses, or would with `file` as its own. Raises `BrokenMap`, `UsageError`."""
    from data import maps

    return maps.read_maps(settings) if file is None else maps.read_own_map(expanded_path(file).absolute())


def shipped_map() -> FieldMap:
    """Return the field map that ships with the desk."""
    from data import maps

    return maps.shipped_map()


def map_value(settings: Settings, table: str, value: str, word: str) -> Maps:
    """Write into the own map that a value goes to FLEX as `word`. Raises `BrokenMap`, `UsageError`."""
    from data import maps

    return maps.map_value(settings, table, value, word)


def start_own_map(file: Path) -> bool:
    """Create an own map from the commented template. Return False if the file exists. Raises `UsageError`."""
    from data import maps

    return maps.start_own_map(file)
