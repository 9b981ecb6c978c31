"""The clipboard of the operating system, reached through the small programs that the system or the desktop brings.

The text goes to a program on its standard input, never as an argument, where other users of the machine could read it.
A program that does not end in time counts as none.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from data.platform.processes import OWN_GROUP

DEADLINE: Final = 2.0
"""Seconds after which a program of the clipboard is ended."""

Which = Callable[[str], str | None]
"""Returns the path of a program, or None if there is none of that name; as `shutil.which`."""


class ClipboardTool(NamedTuple):
    """The commands that write and read a clipboard. `read` is empty if the clipboard can't be read.

    `encoding` is what the programs take and give.
    """

    write: tuple[str, ...]
    read: tuple[str, ...] = ()
    encoding: str = "utf-8"


_MACOS: Final = (ClipboardTool(("pbcopy",), ("pbpaste",)),)
_WINDOWS: Final = (ClipboardTool(("clip.exe",), encoding="utf-16-le"),)
_WAYLAND: Final = (ClipboardTool(("wl-copy",), ("wl-paste", "--no-newline")),)
_X11: Final = (
    ClipboardTool(("xclip", "-selection", "clipboard"), ("xclip", "-selection", "clipboard", "-out")),
    ClipboardTool(("xsel", "--clipboard", "--input"), ("xsel", "--clipboard", "--output")),
)


def find_tool(
    environment: Mapping[str, str], platform: str = sys.platform, which: Which = shutil.which
) -> ClipboardTool | None:
    """Return the programs of the clipboard that the person in front of the terminal has, or None.

    In a session over ssh the programs of this machine would fill a clipboard that nobody looks at, so there is none.
    """
    if any(environment.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")):
        return None
    for tool in _tools(environment, platform):
        if all(which(command[0]) for command in (tool.write, tool.read) if command):
            return tool
    return None


def _tools(environment: Mapping[str, str], platform: str) -> Sequence[ClipboardTool]:
    if platform == "darwin":
        return _MACOS
    if platform == "win32":
        return _WINDOWS
    if environment.get("WSL_DISTRO_NAME"):  # the clipboard of the Windows around it
        return _WINDOWS
    wayland = _WAYLAND if environment.get("WAYLAND_DISPLAY") else ()
    return (*wayland, *(_X11 if environment.get("DISPLAY") else ()))


class ToolClipboard:
    """A clipboard behind programs. Every method blocks, for `DEADLINE` seconds at most."""

    def __init__(self, tool: ClipboardTool, deadline: float = DEADLINE) -> None:
        self._tool = tool
        self._deadline = deadline

    def put(self, text: str) -> bool:
        """Put a text into the clipboard. Return False if the program failed or took too long."""
        return (
            self._run(self._tool.write, text.encode(self._tool.encoding, "replace"), subprocess.DEVNULL)
            is not None
        )

    def get(self) -> str | None:
        """Return the text in the clipboard, or None if it can't be read."""
        if not self._tool.read:
            return None
        held = self._run(self._tool.read, b"", subprocess.PIPE)
        return None if held is None else held.decode(self._tool.encoding, "replace")

    def _run(self, command: Sequence[str], given: bytes, out: int) -> bytes | None:
        """Run a program. Return what it printed, if `out` is a pipe, else b""; None if it failed.

        A program that stays in the background to serve the clipboard must not hold a pipe of ours, so it gets none.
        """
        try:
            ended = subprocess.run(  # noqa: S603 - one of the commands above
                command,
                input=given,
                stdout=out,
                stderr=subprocess.DEVNULL,
                timeout=self._deadline,
                check=True,
                **OWN_GROUP,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return ended.stdout or b""
