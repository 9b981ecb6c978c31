"""The one place that joins data to core: from settings to a desk with its book, its remotes and its engine.

The type checker compares each adapter with its port here. Modules that are not needed before the first screen are
imported in a thread by `warm` and then by a plain import, which the type checker can follow.

What opens a run can be imported from the package; everything else from the module that it is in. The package imports
nothing by itself: the modules of the four names are imported when a name is asked for, so that a small module of this
package does not bring the clients and the book with it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.wiring.book import open_book
    from tui.wiring.contacts import open_contacts
    from tui.wiring.desk import Desk, open_desk
    from tui.wiring.profile import settings_of

__all__ = ["Desk", "open_book", "open_contacts", "open_desk", "settings_of"]

_MODULES = {
    "Desk": "desk",
    "open_book": "book",
    "open_contacts": "contacts",
    "open_desk": "desk",
    "settings_of": "profile",
}


def __getattr__(name: str) -> object:
    """Import what is asked for. Raises `AttributeError` for any other name, as a module does."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
