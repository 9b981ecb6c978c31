"""The rows of pushes in the Activity room, updated push by push. Pure: knows no widget and no book."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from core.local_forms import DeskTime
from core.push.records import Push
from tui.activity.wording import PushRow, push_row
from tui.words.pushes import PushSection


class PushRows:
    """A row per push. `client` returns whom a push is for, `zone` local times; `today` is the present day."""

    def __init__(
        self, pushes: Iterable[Push], client: Callable[[Push], str], zone: DeskTime, today: date
    ) -> None:
        """`pushes` come with the oldest first. `build` makes their rows."""
        self.today = today
        self._client = client
        self._zone = zone
        self._pushes = {push.push_id: push for push in pushes}
        self._latest = {push.subject: push.push_id for push in self._pushes.values()}
        self._rows: dict[str, PushRow] = {}
        self._of_today: dict[str, PushRow] = {}
        self._asking: set[str] = set()
        self._left = iter(list(self._pushes))

    def build(self, count: int) -> bool:
        """Make the rows of the next `count` pushes. Return True if there are more."""
        for push_id in self._left:
            self._make(self._pushes[push_id])
            count -= 1
            if not count:
                return len(self._rows) < len(self._pushes)
        return False

    @property
    def newest_first(self) -> list[PushRow]:
        """Every row that was made, the newest first."""
        return list(reversed(self._rows.values()))

    @property
    def of_today(self) -> list[PushRow]:
        """The rows of pushes that were begun today."""
        return list(self._of_today.values())

    @property
    def asking(self) -> int:
        """How many pushes need a person."""
        return len(self._asking)

    def holds(self, push: Push) -> bool:
        """Return True if the rows have exactly this state of a push."""
        return self._pushes.get(push.push_id) is push

    def is_new(self, push: Push) -> bool:
        """Return True if the rows have no earlier state of a push."""
        return push.push_id not in self._pushes

    def take(self, push: Push, result: str = "") -> list[PushRow]:
        """Add a new push or update a changed push. Return the rows that differ from before.

        `result` is how far a running push is. A new push also changes the row of the earlier push of the same subject,
        which may no longer need a person.
        """
        changed = []
        before = self._latest.get(push.subject)
        if self.is_new(push):
            self._latest[push.subject] = push.push_id
        self._pushes[push.push_id] = push
        changed.append(self._make(push, result))
        if before is not None and before != self._latest[push.subject]:
            changed.append(self._make(self._pushes[before]))
        return changed

    def name_anew(self, push_ids: Iterable[str]) -> list[PushRow]:
        """Make the rows of these pushes again, because their clients are known now. Return the rows."""
        return [self._make(self._pushes[push_id]) for push_id in push_ids if push_id in self._rows]

    def _make(self, push: Push, result: str = "") -> PushRow:
        latest = self._latest[push.subject] == push.push_id
        row = push_row(push, self._client(push), self._zone, self.today, latest=latest, result=result)
        self._rows[push.push_id] = row
        if self._zone(push.created_at).date() == self.today:
            self._of_today[push.push_id] = row
        (self._asking.add if row.part is PushSection.NEEDS_YOU else self._asking.discard)(push.push_id)
        return row
