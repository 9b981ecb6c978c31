"""The field map that a profile uses, and the operator's own file that changes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from data.settings import Settings

if TYPE_CHECKING:
    from core.flex.field_map.model import FieldMap
    from core.flex.field_map.operator_map import Maps


def own_map_file(settings: Settings) -> Path:
    """Say where a profile's own field map is or would be."""
    from data.maps import own_file

    return own_file(settings)


def read_maps(settings: Settings, file: str | Path | None = None) -> Maps:
    """Read the field map a profile uses, or would with another own file. Raises `BrokenMap`, `UsageError`."""
    from data import maps

    return maps.read_maps(settings) if file is None else maps.read_own_map(Path(file).expanduser().absolute())


def shipped_map() -> FieldMap:
    """Give the field map that ships with the desk."""
    from data import maps

    return maps.shipped_map()


def start_own_map(file: Path) -> bool:
    """Make an own map of the commented template; False where there is one already. Raises `UsageError`."""
    from data import maps

    return maps.start_own_map(file)
