"""Child processes that Ctrl-C in the terminal does not reach."""

from __future__ import annotations

import subprocess
from typing import Final, TypedDict

from data.platform import WINDOWS


class GroupOptions(TypedDict, total=False):
    """The arguments of `subprocess.Popen` that give a child a group of its own."""

    start_new_session: bool
    creationflags: int


OWN_GROUP: Final[GroupOptions] = (
    {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    if WINDOWS
    else {"start_new_session": True}
)
"""Ctrl-C in the terminal ends this process alone, which then ends the child in order."""
