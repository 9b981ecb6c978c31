"""The command line with a fault of its own planted: whatever reads a card fails, with text that means harm in hand."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from core.flex.desk import FlexDesk
from tests.tui.hostile import CORPUS
from tui.cli import main

SAID = "".join(CORPUS[name] for name in ("ansi", "the clipboard by OSC 52", "C1", "bidi override"))


def _fail(self: FlexDesk, *told: Any, **more: Any) -> NoReturn:
    held = SAID  # a local variable, as a traceback would print it
    raise ValueError(held)


if __name__ == "__main__":
    FlexDesk.preview = _fail  # type: ignore[method-assign]
    sys.exit(main())
