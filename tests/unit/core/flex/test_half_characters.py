"""Half a character in a Fact Find or a note never stops the desk, and is never sent."""

from __future__ import annotations

import msgspec
import pytest

from core.flex.field_map.fates import Fate
from core.flex.model import Applicant, Attachment, FactFind, Note, Property
from core.flex.plans.fact_find import FactFindInputs, plan_fact_find
from core.flex.plans.note import NoteInputs, plan_note
from core.flex.plans.note_decision import NoteDecision
from tests.support.cards import BAO, FULL, MAP, but, gather

ODD = "a\ud800"
CARD = but(FULL, title=ODD)


def test_a_fact_find_of_an_oddly_named_card_can_be_planned() -> None:
    fact_find = FactFind("FF-1", "C-1", "completed", True, (Applicant(ODD, but(BAO, email=ODD)),), Property())
    shown = plan_fact_find(FactFindInputs(fact_find, gather(CARD)))
    assert len(shown.plan.digest) == 8
    assert [field.source for field in shown.fields if field.fate is Fate.REFUSED] == ["Email Address"]


def _note(text: str, *files: Attachment) -> NoteInputs:
    contents = {file.id: b"x" for file in files}
    note = Note("N-1", "C-1", text, attachments=files)
    return NoteInputs(note, CARD, "1-OPPT1", NoteDecision("N-1"), MAP, "test", contents)


@pytest.mark.parametrize("text", [ODD, "plain"])
def test_a_note_on_an_oddly_named_card_can_be_planned(text: str) -> None:
    shown = plan_note(_note(text))
    assert len(shown.plan.digest) == 8
    assert shown.pushable is (text == "plain")


def test_a_file_of_an_odd_name_is_refused_and_the_others_go() -> None:
    odd, good = Attachment("A-1", ODD, "text/plain", 1), Attachment("A-2", "b.txt", "text/plain", 1)
    shown = plan_note(_note("plain", odd, good))
    assert [field.fate for field in shown.fields] == [Fate.SENT, Fate.REFUSED, Fate.SENT]
    (step,) = shown.plan.steps
    assert [file["FileName"] for file in step.body["Attachments"]] == ["b.txt"]
    msgspec.json.encode(shown.plan)
