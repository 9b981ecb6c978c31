"""The signals that the app and the commands hear."""

from __future__ import annotations

from data.platform.signals import END, HANG_UP, INTERRUPT, obey, obeying

__all__ = ["END", "HANG_UP", "INTERRUPT", "obey", "obeying"]
