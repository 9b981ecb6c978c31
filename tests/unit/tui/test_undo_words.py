"""What undoing a sync says before it is done: only what is really undone."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from core.contacts.sync.undo_plan import Stays, UndoPreview
from core.push.plan import Asset, Entity, Operation, Plan, Step, System
from core.push.records import Link
from tests.support.fakes import person_step
from tui.cli.commands.contacts.sync import _show_undo, _undo_question
from tui.contacts.plans.plan_wording import undo_lines
from tui.words.put_back import way_back

LINKS = tuple(Link(System.TOTAL_EXPERT, Entity.CONTACT, f"S{n}", f"T{n}", f"BD-{n}", 1.0) for n in range(2))
PUT_BACK = msgspec.structs.replace(person_step(), operation=Operation.WRITE_BACK, summary="Ann Lee")
OFF = msgspec.structs.replace(person_step(), operation=Operation.DISABLE, summary="Jo Ng")


def preview(links: tuple[Link, ...], *steps: Step, stays: tuple[Stays, ...] = ()) -> UndoPreview:
    return UndoPreview(Plan(Asset.UNDO, "undo-P1", "undo P1", steps, about="P1"), links, stays)


def test_a_push_says_what_of_it_can_be_undone() -> None:
    def of(*operations: Operation) -> list[Plan]:
        steps = [msgspec.structs.replace(person_step(), operation=operation) for operation in operations]
        return [Plan(Asset.CARD, "C-1", "", (step,)) for step in steps]

    put_back = "What this replaces on contacts in FLEX, z in Activity (4) puts back, for 30 days."
    assert way_back(of(Operation.CREATE), 30) == "This can't be undone from brokerdesk."
    assert way_back(of(Operation.UPDATE), 0) == "This can't be undone from brokerdesk."
    assert way_back(of(Operation.UPDATE), 30) == put_back
    both = way_back(of(Operation.UPDATE, Operation.CREATE), 30)
    assert both == f"New records can't be undone from brokerdesk. {put_back}"


@pytest.mark.parametrize(
    ("shown", "lines", "question"),
    [
        (preview(LINKS), ["2 links are removed"], "Remove 2 links?"),
        (
            preview(LINKS[:1], PUT_BACK),
            ["1 link is removed", "1 contact gets its old values back"],
            "Remove 1 link and restore 1 contact?",
        ),
        (
            preview(LINKS, PUT_BACK, OFF),
            [
                "2 links are removed",
                "1 contact gets its old values back",
                "1 partner is switched off in SimpleNexus",
            ],
            "Remove 2 links, restore 1 contact and switch off 1 partner?",
        ),
    ],
)
def test_an_undo_counts_only_what_is_undone(shown: UndoPreview, lines: list[str], question: str) -> None:
    said = [line.plain for line in undo_lines(shown)]
    assert [line for line in said if not line.startswith("  ")] == lines
    assert _undo_question(shown) == question


def test_an_undo_that_changes_nothing_says_so(capsys: Any) -> None:
    stays = Stays("Ann Lee", "T1", "brokerdesk never deletes a client's record")
    shown = preview((), stays=(stays,))
    first, *rest = [line.plain for line in undo_lines(shown)]
    assert first == "Nothing of this sync can be undone."
    assert "STAYS AS IT IS" in rest
    _show_undo(shown)
    assert capsys.readouterr().out == f"UNDO  P1\n\nSTAYS AS IT IS\n  Ann Lee: {stays.why}\n"
