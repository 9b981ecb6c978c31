"""The support bundle as a file: what may be told of settings and of the book's files, and the private zip."""

from __future__ import annotations

import json
import platform
import sys
import zipfile
from collections import Counter
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from core.error_words import why_failed
from core.errors import UsageError
from core.push.plan import System
from core.version import VERSION
from data.platform import WINDOWS
from data.private_files import new_file
from data.settings import Settings

_FILES: Final = ("book.log", "book.log.bak", "book.key", "book.lock", "book.lock.by")
_LIBRARIES: Final = ("textual", "rich", "httpx", "tinydb", "msgspec", "stamina", "filelock", "keyring")


def about(at: float) -> dict[str, Any]:
    """Give the versions of what runs, and when this was told (seconds since 1970, UTC)."""
    return {
        "brokerdesk": VERSION,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "filesystem_encoding": sys.getfilesystemencoding(),
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
        "at": at,
    }


def settings_told(settings: Settings) -> dict[str, Any]:
    """Give a profile's settings: of urls the host, of names, keys, files and ids only whether they are set."""
    profile = settings.profile
    return {
        "embedded": settings.embedded,
        "live": profile.live,
        "book": profile.book if profile.book == "tinydb" else "another",
        "writes": profile.writes,
        "auto_push": profile.auto_push,
        "at_most": profile.at_most,
        "careful_start": profile.careful_start,
        "same_email_other_name": profile.same_email_other_name,
        "same_email_other_owner": profile.same_email_other_owner,
        "undo_days": profile.undo_days,
        "full_read_days": profile.full_read_days,
        "receipt_years": profile.receipt_years,
        "one_way_list": profile.one_way != "none",
        "own_map": bool(profile.map),
        "own_milestones": bool(profile.milestones),
        "operator_named": bool(profile.operator),
        "keys": len(profile.keys),
        "owners": len(profile.owners),
        "scope": {"owners": len(profile.scope.owners), "groups": len(profile.scope.groups)},
        "systems": {
            system: {
                "host": _host(chosen.url),
                "folder": chosen is profile.brokerengine and bool(profile.brokerengine.folder),
                "client_id": bool(chosen.client_id),
                "settle": chosen.settle,
                "rate": chosen.rate,
                "deadline": chosen.deadline,
            }
            for system in System
            if (chosen := profile.system(system)) is not None
        },
    }


def files_told(folder: Path) -> dict[str, Any]:
    """Give size and mode of the book's own files, and how many private files it keeps, by their ending.

    Windows has no modes.
    """
    told: dict[str, Any] = {}
    for name in _FILES:
        try:
            found = (folder / name).stat()
        except OSError:
            continue
        mode = {} if WINDOWS else {"mode": f"{found.st_mode & 0o777:04o}"}
        told[name] = {"bytes": found.st_size, **mode}
    try:
        kept = Counter(_ending(path) for path in (folder / "kept").iterdir())
    except OSError:
        kept = Counter()
    return {"files": told, "kept": kept}


def write_bundle(path: Path, parts: Mapping[str, Any]) -> None:
    """Write a zip of JSON files that its owner alone can read; never over another file.

    Raises `UsageError` (unwritable-file).
    """
    try:
        with new_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, value in parts.items():
                packed.writestr(f"{name}.json", json.dumps(value, indent=1))
    except OSError as error:
        raise UsageError(
            "unwritable-file", f"{path} can't be written: {why_failed(error)}.", when="it is the bundle"
        ) from None


def _host(url: str) -> str:
    """Give an address's host alone: a path or a user in it may be anybody's."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return "unreadable"


def _ending(path: Path) -> str:
    return path.suffix if path.suffix in (".plan", ".undo", ".new") else "other"
