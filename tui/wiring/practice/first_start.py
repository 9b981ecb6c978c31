"""Notices the first start of the app on the built-in sandbox, when the tour is offered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.private_files import new_file

if TYPE_CHECKING:
    from data.settings import Settings

MARK = "tour.offered"
"""An empty file in the home: the tour was offered."""


def is_first_start(settings: Settings) -> bool:
    """Return True once for each home. A home that can't be written has no first start. Blocks."""
    try:
        with new_file(settings.home / MARK):
            return True
    except OSError:
        return False
