"""Whether a cloud drive syncs a folder. A book there is changed behind the desk's back: it is refused.

Told by the path, by what the drives leave in their folders, and by where they say their folders are. Nothing here
is published by their makers for this use, so each rule is ours, from what their clients are seen to do.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Final

from msgspec import Struct

from core.errors import BookClosed

_NAMES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("Dropbox", re.compile(r"dropbox( ?\(.*\)|-.*)?|.* dropbox")),
    ("OneDrive", re.compile(r"onedrive( ?- ?.*)?")),
    ("iCloud Drive", re.compile(r"icloud ?drive|com~apple~clouddocs|mobile documents")),
    ("Google Drive", re.compile(r"google ?drive(-.*)?|my drive|google-drive:.*")),
)
"""What a drive's own folder is called, in any writing: “Dropbox (Acme)”, “Acme Dropbox”, “OneDrive - Acme”."""
_MARKS: Final = (
    # In the home folder of somebody who uses Dropbox `.dropbox` is a folder of settings; at the drive's top, a file.
    ("Dropbox", ".dropbox", "file"),
    ("Dropbox", ".dropbox.cache", "folder"),
    ("OneDrive", ".849C9593-D756-4E56-8D6E-42412F2A707B", "file"),
    ("Google Drive", ".tmp.drivedownload", "folder"),
    ("Google Drive", ".tmp.driveupload", "folder"),
    ("Google Drive", ".shortcut-targets-by-id", "folder"),
)
"""What a drive leaves at the top of its folder, whatever that is called."""
_VARIABLES: Final = ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")
"""Where OneDrive says its folders are, on Windows."""


class Machine(Struct, frozen=True):
    """The machine, as far as it matters here. `kind` says of a path whether it is a "file", a "folder" or "",
    `resolve` follows links.
    """

    platform: str
    user: PurePath
    environment: Mapping[str, str]
    kind: Callable[[PurePath], str]
    read: Callable[[PurePath], bytes]
    resolve: Callable[[PurePath], PurePath] = lambda path: path


def this_machine() -> Machine:
    """Give the machine this runs on."""
    return Machine(
        sys.platform,
        Path.home(),
        os.environ,
        _kind,
        lambda path: Path(path).read_bytes(),
        lambda path: Path(path).resolve(),
    )


def refuse_synced(home: PurePath, around: Machine | None = None) -> None:
    """Raise `BookClosed` (book-synced) where a cloud drive syncs brokerdesk's home."""
    if drive := synced_by(home, around):
        raise BookClosed(
            "book-synced",
            f"{home} is in a folder that {drive} syncs. Two computers could write the same book and damage it.",
            drive=drive,
        )


def synced_by(home: PurePath, around: Machine | None = None) -> str:
    """Name the drive that syncs a folder (which need not be there yet), "" where none is known to."""
    around = around or this_machine()
    named = (home, around.resolve(home))  # a link may lead into a drive
    return next((drive for path in named for drive in _drives_of(path, around)), "")


def _drives_of(home: PurePath, around: Machine) -> Iterator[str]:
    for part in home.parts:
        yield from (drive for drive, name in _NAMES if name.fullmatch(part.casefold()))
    folders = [home, *home.parents]
    yield from (drive for drive, mark, kind in _MARKS for at in folders if around.kind(at / mark) == kind)
    yield from (drive for drive, top in _told(around) if _is_in(home, top))


def _told(around: Machine) -> Iterator[tuple[str, PurePath]]:
    """Give the folders that the drives themselves, or the system, say are synced."""
    place = type(around.user)
    yield from (("OneDrive", place(top)) for name in _VARIABLES if (top := around.environment.get(name)))
    for base in (around.user / ".dropbox", *_windows_data(around)):
        yield from (("Dropbox", place(top)) for top in _dropbox_tops(around, base / "info.json"))
    if around.platform == "darwin":
        library = around.user / "Library"
        yield "a cloud drive", library / "CloudStorage"
        for name in ("Desktop", "Documents"):  # iCloud takes these two where it was told to
            if around.kind(library / "Mobile Documents" / "com~apple~CloudDocs" / name):
                yield "iCloud Drive", around.user / name


def _windows_data(around: Machine) -> list[PurePath]:
    given = (around.environment.get(name) for name in ("APPDATA", "LOCALAPPDATA"))
    return [type(around.user)(folder) / "Dropbox" for folder in given if folder]


def _dropbox_tops(around: Machine, file: PurePath) -> list[str]:
    """Read where Dropbox says its folders are: its own note of them, one entry an account."""
    try:
        told = json.loads(around.read(file))
    except (OSError, ValueError):
        return []
    accounts = told.values() if isinstance(told, dict) else ()
    return [str(one["path"]) for one in accounts if isinstance(one, dict) and one.get("path")]


def _is_in(home: PurePath, top: PurePath) -> bool:
    inside, outside = ([part.casefold() for part in path.parts] for path in (home, top))
    return len(outside) > 1 and inside[: len(outside)] == outside


def _kind(path: PurePath) -> str:
    """Say what is there; what can't be looked at is as if it were not."""
    try:
        return "folder" if Path(path).is_dir() else "file" if Path(path).is_file() else ""
    except OSError:
        return ""
