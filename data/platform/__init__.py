"""What differs between Windows, macOS and Linux. No other package asks which system this is, except for its own tools.

docs/windows.md says what works differently there.
"""

from __future__ import annotations

import os
from typing import Final

WINDOWS: Final = os.name == "nt"
"""True on Windows, False on Linux and macOS."""
