"""Turns the name of a file, as a person writes it, into a path. Reads nothing."""

from __future__ import annotations

from pathlib import Path


def expanded_path(name: str | Path) -> Path:
    """Return a path with `~` and `~user` as the folders that they stand for.

    `~user` of a user who is not there stays as it is: whoever opens that path says that it is not there.
    """
    path = Path(name)
    try:
        return path.expanduser()
    except RuntimeError:  # how Python says that there is no such user
        return path
