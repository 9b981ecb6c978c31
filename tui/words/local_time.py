"""How a room gets the operator's local time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

Zone: TypeAlias = Callable[[float], datetime]
"""Turns seconds since 1970 into the operator's local time."""
