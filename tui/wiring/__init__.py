"""The one place that joins data to core: from settings to a desk with its book, its remotes and its engine.

The type checker compares each adapter with its port here. Modules that are not needed before the first screen are
imported in a thread by `warm` and then by a plain import, which the type checker can follow.

What opens a run can be imported from the package; everything else from the module that it is in.
"""

from tui.wiring.book import open_book
from tui.wiring.contacts import open_contacts
from tui.wiring.desk import Desk, open_desk
from tui.wiring.profile import settings_of

__all__ = ["Desk", "open_book", "open_contacts", "open_desk", "settings_of"]
