"""The day of a note is the day on which the operator's clock showed it."""

from __future__ import annotations

from datetime import UTC, datetime

from core.flex.model import Note
from core.flex.use_cases.notes import ListedNote
from core.local_forms import DeskTime, zone_named
from tui.cards.notes import note_rows


def test_a_note_has_the_local_day() -> None:
    zone = DeskTime(zone_named("Australia/Sydney"))

    def day(moment: datetime | None) -> str:
        listed = ListedNote(Note("N-1", "C-1", "Hi.", created_at=moment), ())
        return next(row.when for row in note_rows([listed], [], zone) if row.key == "N-1")

    assert day(datetime(2026, 11, 19, 20, 30, tzinfo=UTC)) == "20 Nov"
    assert day(datetime(2026, 11, 19, 2, 30, tzinfo=UTC)) == "19 Nov"
    assert day(datetime(2026, 11, 19, 20, 30)) == "19 Nov"
    assert day(None) == ""
