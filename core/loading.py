"""Loading of much data that stays: the garbage collector does not look at the data while it is made, nor later."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Pause the garbage collector, and exclude what was loaded from later collections.

    A collection of a large match takes half a second, in which no key is heard. What is replaced later is freed all the
    same, because nothing in it refers to itself.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
