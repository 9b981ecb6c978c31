"""Counts of what needs a person, by room, for the header and the terminal's title. Knows no widget."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.push.activity import ENDED_BADLY, needs_you

if TYPE_CHECKING:
    from core.milestones.use_cases import Overview
    from core.push.records import Push


class AskingPushes:
    """The pushes that need a person, kept up push by push."""

    def __init__(self) -> None:
        self._asking: dict[str, Push] = {}
        self._newest: dict[str, tuple[float, str]] = {}
        """Time and id of the newest push that was heard of, by subject."""
        self._heard: set[str] = set()

    def begin(self, asking: Iterable[Push]) -> None:
        """Take the pushes that the book says need a person. A push that was heard of since is newer, and stays."""
        for push in asking:
            if push.push_id not in self._heard:
                self._put(push)

    def take(self, push: Push) -> None:
        """Take a new push, or the new state of a push."""
        self._heard.add(push.push_id)
        self._put(push)

    def _put(self, push: Push) -> None:
        age = (push.created_at, push.push_id)
        newest = max(self._newest.get(push.subject, age), age)
        self._newest[push.subject] = newest
        if needs_you(push, newest == age):
            self._asking[push.push_id] = push
        else:
            self._asking.pop(push.push_id, None)
        for other in list(self._asking.values()):
            replaced = other.subject == push.subject and (other.created_at, other.push_id) < newest
            if replaced and other.state in ENDED_BADLY:
                del self._asking[other.push_id]

    @property
    def number(self) -> int:
        """How many pushes need a person."""
        return len(self._asking)


def milestones_waiting(overview: Overview | None, *, sends: bool) -> int:
    """Return how many milestones need a person. What is due needs nobody while the app sends it automatically."""
    if overview is None:
        return 0
    asking = sum(line.state == "needs-you" and line.doubt is not None for line in overview.lines)
    return asking + (0 if sends else len(overview.due))
