"""The one rule for keys that are pressed before a list has rows. Knows no widget.

A key of the list (cursor, mark, open, sort) is kept, and obeyed in its order as soon as the first rows are shown. A key
after "open" is refused in words, because it belongs to a detail that is not there yet. If no rows can come, all kept
keys are refused in words. Keys of other actions never come here: `SaysWhyNot` refuses an action that needs a row or the
desk, and any other action acts at once. So no key is lost, and none acts on a row that the operator did not choose.
"""

from __future__ import annotations

from typing import Final

_OPEN: Final = "open_row"
_NOT_OPEN_YET: Final = "The row that you opened is still being read. Press the key again when it is there."
NO_ROWS: Final = "The keys that you pressed did nothing: the list could not be read."
"""The refusal of all kept keys if no rows can come."""


class EarlyKeys:
    """The actions of the keys that were pressed before the first rows."""

    def __init__(self) -> None:
        self._actions: list[str] = []
        self._has_all = False
        self.are_kept = True
        """True until there are rows."""

    def keep(self, action: str) -> str:
        """Keep an action. Return "", or in a sentence why it is refused."""
        if _OPEN in self._actions:
            return _NOT_OPEN_YET
        self._actions.append(action)
        return ""

    def all_rows_came(self) -> None:
        """Remember that no further rows come. If there is none to show, the kept actions are forgotten."""
        self._has_all = True

    def obeyed(self, *, has_rows: bool) -> tuple[str, ...]:
        """Return the actions to carry out now: all that were kept, once there are rows to show."""
        if not has_rows and not self._has_all:
            return ()
        actions = tuple(self._actions) if has_rows else ()
        self._actions.clear()
        self.are_kept = False
        return actions

    def refused(self) -> str:
        """Forget the kept actions, because no rows can come. Return a sentence about that, or "" if there was none."""
        had_some = bool(self._actions)
        self._actions.clear()
        return NO_ROWS if had_some else ""
