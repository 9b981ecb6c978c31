"""The words of a run as values: the command that they name, and its options by their names."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Final

APP: Final = ("app", "app")
"""The command of a run that names none."""


class Parsed(SimpleNamespace):
    """What was parsed. `command` is a module of tui.cli.commands and a function in it.

    The attributes that one command has, and others lack, are the fields of its own class of options.
    """

    command: tuple[str, str]
    json: bool

    def __getattr__(self, name: str) -> Any:
        """Raise `AttributeError`. It is here for the type checker: argparse sets the other attributes."""
        raise AttributeError(name)


def the_app() -> Parsed:
    """Return what a run without words means: the app, with the default home and profile."""
    return Parsed(command=APP, home=None, profile=None, json=False, app_faults="")
