"""Writes the small gateway to start from into a folder. It never overwrites a file."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

from core.error_words import why_failed
from core.errors import DeskError, UsageError

_FILES: Final = {
    "gateway.py": ("data.gateway_start", "gateway.py"),
    "openapi.yaml": ("data.contracts", "flex.yaml"),
    "README.md": ("data.gateway_start", "README.md"),
}
"""The files that are written, and where each comes from: package and name."""


def write_gateway(folder: Path) -> tuple[Path, ...]:
    """Write the gateway, its description and its README; return their paths. The folder is made if it is not there.

    Raises `UsageError` (file-there) if one of the files is there or a file is in the folder's place, and `DeskError`
    (cannot-write) if the disk refuses.
    """
    paths = {folder / name: source for name, source in _FILES.items()}
    try:
        there = [path.name for path in paths if path.exists() or path.is_symlink()]
        if there:
            raise UsageError("file-there", f"{folder} holds {', '.join(there)} already; nothing was written.")
        folder.mkdir(parents=True, exist_ok=True)
        for path, (package, name) in paths.items():
            with path.open("xb") as file:
                file.write(resources.files(package).joinpath(name).read_bytes())
    except (FileExistsError, NotADirectoryError):
        places = (*paths, folder, *folder.parents)
        taken = next((place for place in places if place.exists() and not place.is_dir()), folder)
        raise UsageError("file-there", f"{taken} is there already and is left as it is.") from None
    except OSError as error:
        raise DeskError("cannot-write", f"{folder} can't be written to ({why_failed(error)}).") from None
    return tuple(paths)
