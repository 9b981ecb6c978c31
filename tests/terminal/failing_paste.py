"""The command line with a fault of its own planted: a tick in paste mode fails."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from core.flex.use_cases.paste import PasteUseCases
from tui.cli.main import main


def _fail(self: PasteUseCases, *told: Any, **more: Any) -> NoReturn:
    raise ValueError("planted")


if __name__ == "__main__":
    PasteUseCases.tick = _fail  # type: ignore[method-assign]  # the planted fault
    sys.exit(main())
