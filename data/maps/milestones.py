"""The milestone map that ships with the desk, and the operator's own file that changes it."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from core.errors import UsageError
from core.milestones.milestone_map import MilestoneMap, read_map
from data.settings import Settings

SHIPPED: Final = "milestones.toml"
LARGEST: Final = 1_000_000
"""Bytes of an own file that are read at most."""


def shipped_milestones() -> MilestoneMap:
    """Give the map that ships with the desk."""
    return read_map(_decoded(files("data.maps").joinpath(SHIPPED).read_bytes(), SHIPPED), SHIPPED)


def read_milestones(settings: Settings) -> MilestoneMap:
    """Give the map a profile uses: the shipped one, changed by the file that its key `milestones` names.

    Raises `UsageError` for a file that can't be read or used.
    """
    named = settings.profile.milestones
    if not named:
        return shipped_milestones()
    file = settings.home / Path(named).expanduser()
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        why = "it is not there" if isinstance(error, FileNotFoundError) else type(error).__name__
        raise _unusable(str(file), why) from None
    if len(content) > LARGEST:
        raise _unusable(str(file), "it is larger than 1 MB")
    return read_map(_decoded(content, str(file)), str(file), shipped_milestones())


def _decoded(content: bytes, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise _unusable(file, f"it is not TOML: {error}") from None


def _unusable(file: str, why: str) -> UsageError:
    return UsageError(
        "no-map", f"The milestone map {file} can't be read: {why}.", when="it is the milestone map"
    )
