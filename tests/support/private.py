"""Whether a file or a folder is for its owner alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def is_private(path: Path) -> bool:
    """Return True if a file has the mode 0600, a folder 0700.

    On Windows, which has no modes, return True if it is there: the access list that stands for them is tested in
    `tests/unit/data/platform/test_files.py`.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    return os.name == "nt" or mode == (0o700 if path.is_dir() else 0o600)
