"""Why a mark is missed, by part and by the words of the figure. The page shows a text only while its mark is missed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WHY: Final[Mapping[str, Mapping[str, str]]] = {}
