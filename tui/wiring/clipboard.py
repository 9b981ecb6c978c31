"""Chooses the clipboard of this terminal."""

from __future__ import annotations

import os
from collections.abc import Mapping

from data.desktop.clipboard import ToolClipboard, find_tool
from tui.clipboard import Clipboard, Reached, Write, for_tmux, takes_osc_52


def find_clipboard(write: Write | None, environment: Mapping[str, str] = os.environ) -> Clipboard:
    """Return the operating system's clipboard where there is one, else the terminal's.

    `write` writes to the terminal; None if there is no terminal.
    """
    tool = find_tool(environment)
    terminal = write if takes_osc_52(environment) else None
    if write is not None and terminal is not None and environment.get("TMUX"):
        terminal = _inside_tmux(write)
    return Clipboard(ToolClipboard(tool) if tool is not None else None, terminal)


def browser_clipboard(write: Write) -> Clipboard:
    """Return the clipboard of a browser. The one of this machine may be another person's, or nobody's.

    `write` writes to the terminal in the page.
    """
    return Clipboard(None, write, Reached.BROWSER)


def _inside_tmux(write: Write) -> Write:
    return lambda sequence: write(for_tmux(sequence))
