"""Why a key of the Cards room can't act now, for each kind of row."""

from __future__ import annotations

from typing import Any

import pytest

from tui.cards.asking.refusals import RoomNow, needs_desk, why_not


class Row:
    """A row of the list, as far as refusals ask."""

    id = "C-1"

    def __init__(self, flex_id: str | None = None, *, is_card: bool = True) -> None:
        self.card: Any = self if is_card else None
        self.flex_id = flex_id


class FactFindLess:
    fact_find_id = None


def room(
    row: Any = None, *, preview: Any = None, marked: int = 0, waits: bool = False, bad: bool = False
) -> RoomNow:
    return RoomNow(row, preview, marked, waits, bad)


@pytest.mark.parametrize(
    ("action", "now", "said"),
    [
        ("push", room(Row()), ""),
        ("push", room(), "There is no card under the cursor."),
        ("push", room(marked=2), ""),
        ("link", room(marked=2), "There is no card under the cursor."),
        ("push", room(Row(), waits=True), "The cards are still being read."),
        ("choose_owner", room(waits=True), "The cards are still being read."),
        ("push", room(waits=True, bad=True), "The cards could not be read: r reads them again."),
        ("filter", room(waits=True, bad=True), ""),
        ("note", room(Row(is_card=False)), "C-1 was set aside"),
        ("unlink", room(Row()), "C-1 is not in FLEX yet"),
        ("unlink", room(Row("1-6")), ""),
        ("link", room(Row("1-6")), "C-1 is linked to 1-6 already"),
        ("fact_find", room(Row()), ""),
        ("fact_find", room(Row(), preview=FactFindLess()), "C-1 has no Fact Find."),
        ("refresh", room(), ""),
    ],
)
def test_an_action_is_refused_with_its_reason(action: str, now: RoomNow, said: str) -> None:
    reason = why_not(action, now)
    assert reason.startswith(said)
    assert bool(reason) is bool(said)


def test_what_shows_no_card_works_before_the_desk_is_open() -> None:
    assert not needs_desk("screen.filter")
    assert not needs_desk("import_file")
    assert needs_desk("push")
