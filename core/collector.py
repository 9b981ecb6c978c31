"""Keeps the garbage collector away from what is loaded and stays in memory. Knows nothing of what is loaded."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Pause the garbage collector: it would look at all that was loaded, again and again, and find nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def set_apart_what_is_loaded() -> None:
    """Never look at what is in memory now. What is loaded from here on is looked at alone, which takes little."""
    gc.freeze()


@contextmanager
def loading() -> Iterator[None]:
    """Pause the garbage collector, and exclude what was loaded from later collections.

    A collection of a large match takes half a second, in which no key is heard. What is replaced later is freed all the
    same, because nothing in it refers to itself.
    """
    with without_collecting():
        try:
            yield
        finally:
            set_apart_what_is_loaded()
