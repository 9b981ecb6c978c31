"""The event loop in which a command runs."""

from __future__ import annotations

from data.platform.loops import run

__all__ = ["run"]
