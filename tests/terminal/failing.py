"""The command line with a fault of its own planted: whatever reads a card fails, with text that means harm in hand."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from core.flex.use_cases.cards import CardUseCases
from tests.support.hostile_text import CORPUS
from tui.cli.main import main

SAID = "".join(CORPUS[name] for name in ("ansi", "the clipboard by OSC 52", "C1", "bidi override"))


def _fail(self: CardUseCases, *told: Any, **more: Any) -> NoReturn:
    held = SAID  # a local variable, as a traceback would print it
    raise ValueError(held)


if __name__ == "__main__":
    CardUseCases.preview = CardUseCases.glance = _fail  # type: ignore[method-assign]  # the planted fault
    sys.exit(main())
