"""What differs between operating systems, for the app and the commands. `data.platform` says how."""

from __future__ import annotations

from data.platform import WINDOWS

__all__ = ["WINDOWS"]
