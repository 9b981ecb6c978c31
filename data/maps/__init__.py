"""The field maps that ship with the desk, and how a map file is read."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

from core.errors import UsageError
from core.flex.fieldmap import FieldMap
from core.flex.map_checks import BrokenMap, check_map

SHIPPED = "flex.toml"


def shipped_map() -> FieldMap:
    """Give the map that ships with the desk."""
    return parse_map(files(__name__).joinpath(SHIPPED).read_text("utf-8"), SHIPPED)


def read_map(path: Path) -> FieldMap:
    """Read a map file. Raises `BrokenMap`, or `UsageError` where there is none to read."""
    try:
        return parse_map(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "no-map", f"The field map {path} can't be read: {error.__class__.__name__}.", "Check the path."
        ) from None


def parse_map(text: str, file: str) -> FieldMap:
    """Make a checked map of TOML text; `file` is its name in messages. Raises `BrokenMap`."""
    try:
        return check_map(tomllib.loads(text), file)
    except tomllib.TOMLDecodeError as error:
        raise BrokenMap(file, "the file", f"it is not TOML: {error}") from None
