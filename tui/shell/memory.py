"""Python's garbage collection, which would delay keys by scanning what stays loaded."""

from __future__ import annotations

import gc


def collect_from_now_on() -> None:
    """Collect garbage again, if the start had switched that off. What the start loaded stays, and is not scanned."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def settle_memory() -> None:
    """Exclude what is loaded from garbage collection: it stays, and scanning it again would delay keys."""
    gc.collect()
    gc.freeze()
