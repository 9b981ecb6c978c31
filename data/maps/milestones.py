"""The milestone map that ships with the desk, and the operator's own file that changes it."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final

from core.error_words import why_failed
from core.errors import UsageError
from core.milestones.milestone_map import MilestoneMap, read_map
from data.operator_files.paths import expanded_path
from data.operator_files.text_file import UnreadableText, read_text_file
from data.operator_files.toml_text import BadToml, parse_toml
from data.settings import Settings

SHIPPED: Final = "milestones.toml"


def shipped_milestones() -> MilestoneMap:
    """Give the map that ships with the desk."""
    return read_map(_decoded(files("data.maps").joinpath(SHIPPED).read_text("utf-8"), SHIPPED), SHIPPED)


def read_milestones(settings: Settings) -> MilestoneMap:
    """Give the map a profile uses: the shipped one, changed by the file that its key `milestones` names.

    Raises `UsageError` for a file that can't be read or used.
    """
    named = settings.profile.milestones
    if not named:
        return shipped_milestones()
    file = settings.home / expanded_path(named)
    try:
        text = read_text_file(file)
    except FileNotFoundError as error:
        raise _unusable(str(file), why_failed(error)) from None
    except UnreadableText as error:
        raise _unusable(str(file), str(error)) from None
    return read_map(_decoded(text, str(file)), str(file), shipped_milestones())


def _decoded(text: str, file: str) -> dict[str, Any]:
    try:
        return parse_toml(text)
    except BadToml as error:
        raise _unusable(file, f"it is not TOML: {error}") from None


def _unusable(file: str, why: str) -> UsageError:
    return UsageError(
        "no-map", f"The milestone map {file} can't be read: {why}.", when="it is the milestone map"
    )
