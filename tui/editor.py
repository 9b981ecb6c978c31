"""Opens a file in the operator's own editor. The app gives it the terminal first; this module knows no screen."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from core.error_words import why_failed
from core.errors import UsageError
from tui.wiring.platform import WINDOWS


def editor_of(environment: Mapping[str, str] = os.environ, *, is_windows: bool = WINDOWS) -> list[str]:
    """Return the command of the operator's editor, in words: VISUAL, else EDITOR.

    Raises `UsageError` (no-editor) if neither is set, or if a quote in it is not closed. In a path of Windows a \\ is
    part of the path; elsewhere it quotes the next character.
    """
    for name in ("VISUAL", "EDITOR"):
        try:
            words = shlex.split(environment.get(name, ""), posix=not is_windows)
        except ValueError:
            raise UsageError(
                "no-editor",
                f"{name} can't be read: a quote is not closed, or nothing follows a \\.",
                when="the editor can't be started",
                editor_variable=name,
            ) from None
        if words:
            return [word.strip('"') for word in words] if is_windows else words
    raise UsageError("no-editor", "Neither VISUAL nor EDITOR says which editor to use.")


def edit_text(text: str) -> str:
    """Open the operator's editor on a private copy of a note's text, and return the text afterwards.

    Raises `UsageError` (no-editor); what was written in an editor that fails is not taken. The copy is removed.
    """
    with tempfile.TemporaryDirectory(prefix="brokerdesk-") as folder:
        file = Path(folder) / "note.txt"
        file.touch(mode=0o600)
        file.write_text(text, "utf-8")
        if failure := _edited(file, os.environ):
            raise UsageError("no-editor", failure, when="a note's editor failed")
        return file.read_text("utf-8", "replace").rstrip("\n")


def edit(file: Path, environment: Mapping[str, str] = os.environ) -> None:
    """Open a file of the operator in the editor, and wait until the editor is closed.

    Raises `UsageError` (no-editor) if the editor can't be started or ends with an error.
    """
    if failure := _edited(file, environment):
        raise UsageError("no-editor", failure, when="the editor failed", file=file)


def _edited(file: Path, environment: Mapping[str, str]) -> str:
    """Open a file in the editor until it is closed. Return what is said if the editor ends with an error, else ""."""
    command = [*editor_of(environment), str(file)]
    program = (
        shutil.which(command[0]) or command[0]
    )  # on Windows many an editor is a .cmd, which only `which` finds
    try:
        ended = subprocess.run([program, *command[1:]], check=False)  # noqa: S603 - the operator's own choice
    except OSError as error:
        raise UsageError(
            "no-editor",
            f"The editor {command[0]} can't be started: {why_failed(error)}.",
            when="the editor can't be started",
            editor_variable="VISUAL or EDITOR",
        ) from None
    return f"The editor {command[0]} ended with an error ({ended.returncode})." if ended.returncode else ""
