"""A note on its way to FLEX: what FLEX takes, what is refused in which words, and the same text twice."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest

from core.errors import DeskError, Unreachable
from core.flex.field_map.fates import Fate
from core.flex.model import Attachment, Note, RejectedRecord
from core.flex.plans.note import NoteInputs, plan_note
from core.flex.plans.note_decision import NoteDecision
from core.flex.plans.preview import Preview
from core.flex.records import NoteSent
from core.flex.use_cases.notes import ListedNote
from core.push.plan import Asset, Entity, Operation, System
from core.push.states import PushState
from tests.support.cards import FULL, MAP, but
from tests.support.flex_setup import START, FlexWorld, PapersInMemory

MB = 1024 * 1024
LINKED = but(FULL, flex_id="1-OPPT1", flex_kind="opportunity")
CALL = Note("N-1", "C-1", "Called the lender.", author="m.hale")
DECK = Attachment("A-1", "deck.pdf", "application/pdf", 5)


def planned(text: str = CALL.text, *files: bytes | str, **more: Any) -> Preview:
    """Plan a note with one attachment for each content; a content that is a text says why it can't be read."""
    attachments = tuple(
        Attachment(f"A-{n}", f"{n}.pdf", "application/pdf", len(content)) for n, content in enumerate(files)
    )
    contents = {one.id: content for one, content in zip(attachments, files, strict=True)}
    note = Note("N-1", "C-1", text, attachments=attachments)
    given = {"flex_id": "1-OPPT1", "decision": NoteDecision("N-1"), "card": LINKED, "files": contents, **more}
    return plan_note(NoteInputs(note=note, field_map=MAP, workspace="test", **given))


def sent_files(preview: Preview) -> list[str]:
    """Return the names of the files in the body that is sent."""
    return [file["FileName"] for file in preview.plan.steps[0].body.get("Attachments", [])]


def refusals(preview: Preview) -> dict[str, str]:
    """Return why each file that is not sent is refused, by its name."""
    return {line.about: line.reason for line in preview.fields if line.about and line.fate is Fate.REFUSED}


def objections(preview: Preview) -> list[tuple[str, str]]:
    return [(objection.code, objection.message) for objection in preview.reasons]


# -- the limits -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "refused"),
    [
        (31_999, []),
        (32_000, []),
        (32_001, [("long-note", "The note has 32,001 characters, FLEX takes 32,000.")]),
    ],
)
def test_a_note_has_at_most_32000_characters(length: int, refused: list[tuple[str, str]]) -> None:
    assert objections(planned("x" * length)) == refused


@pytest.mark.parametrize(
    ("size", "refused"),
    [(5 * MB - 1, {}), (5 * MB, {}), (5 * MB + 1, {"0.pdf": "larger than 5 MB"})],
)
def test_a_file_has_at_most_5_mb(size: int, refused: dict[str, str]) -> None:
    preview = planned(CALL.text, bytes(size))
    assert refusals(preview) == refused
    assert sent_files(preview) == ([] if refused else ["0.pdf"])
    assert preview.pushable, "the note goes without the file"


@pytest.mark.parametrize(
    ("number", "refused"), [(9, {}), (10, {}), (11, {"10.pdf": "FLEX takes 10 files a note"})]
)
def test_a_note_has_at_most_10_files(number: int, refused: dict[str, str]) -> None:
    preview = planned(CALL.text, *[b"x"] * number)
    assert refusals(preview) == refused
    assert sent_files(preview) == [f"{n}.pdf" for n in range(min(number, 10))]


@pytest.mark.parametrize(
    ("last", "refused"),
    [
        (3 * MB - 1, {}),
        (3 * MB, {}),
        (3 * MB + 1, {"1.pdf": "the files together are larger than 7 MB"}),
    ],
)
def test_the_files_of_a_note_have_at_most_7_mb_together(last: int, refused: dict[str, str]) -> None:
    preview = planned(CALL.text, bytes(4 * MB), bytes(last))
    assert refusals(preview) == refused
    assert sent_files(preview) == ["0.pdf"] + ([] if refused else ["1.pdf"])


def test_a_refused_file_counts_neither_as_a_file_nor_for_the_size() -> None:
    preview = planned(CALL.text, bytes(4 * MB), bytes(4 * MB), *[b"x"] * 9, bytes(3 * MB))
    assert refusals(preview) == {
        "1.pdf": "the files together are larger than 7 MB",
        "11.pdf": "FLEX takes 10 files a note",
    }
    assert len(sent_files(preview)) == 10


def test_a_warning_names_each_file_that_is_not_sent_and_why() -> None:
    preview = planned(CALL.text, bytes(5 * MB + 1), b"good", "The storage is down")
    assert preview.warnings == (
        "0.pdf is not sent: larger than 5 MB.",
        "2.pdf is not sent: The storage is down.",
    )


# -- the plan ---------------------------------------------------------------------------------------------


def test_a_note_is_one_new_record_on_the_cards_record_in_flex() -> None:
    preview = planned(CALL.text, b"\x00\xff")
    (step,) = preview.plan.steps
    assert (step.system, step.entity, step.operation) == (System.FLEX, Entity.NOTE, Operation.CREATE)
    assert (step.parent, step.identity, step.local_id) == ("1-OPPT1", ("Text",), "N-1")
    file = step.body.pop("Attachments")[0]
    assert step.body == {"IntegrationId": step.ref, "Parent": {"FLEXId": "1-OPPT1"}, "Text": CALL.text}
    assert (file["FileName"], file["ContentType"]) == ("0.pdf", "application/pdf")
    assert b64decode(file["Content"]) == b"\x00\xff"
    assert (preview.asset, preview.subject, preview.plan.asset) == (Asset.NOTE, "N-1", Asset.NOTE)
    assert (preview.plan.subject, preview.plan.about, preview.plan.title) == ("N-1", "C-1", LINKED.title)
    assert (preview.title, preview.flex_id) == ("C-1 Nguyen & Tran", "1-OPPT1")
    assert preview.flex_kind == "opportunity"


def test_a_decision_has_one_reference_and_the_next_decision_has_another() -> None:
    first, again, other = planned(), planned(), planned(decision=NoteDecision("N-1", 1))
    assert first.plan.steps[0].ref == again.plan.steps[0].ref
    assert first.plan.steps[0].ref != other.plan.steps[0].ref


def test_a_preview_shows_how_long_a_file_is_in_place_of_its_content() -> None:
    shown = planned(CALL.text, b"abcdef").payload["Note"]
    assert [file["Content"] for file in shown["Attachments"]] == ["(base64, 8 characters)"]
    assert "Attachments" not in planned().payload["Note"]


def test_each_file_has_a_line_with_its_name_size_and_type() -> None:
    note = but(CALL, attachments=(but(DECK, size=1_234_567),))
    gathered = NoteInputs(note, LINKED, "1-OPPT1", NoteDecision("N-1"), MAP, "test", {"A-1": b"12345"})
    line = plan_note(gathered).fields[1]
    assert (line.about, line.local_id, line.source_value, line.value) == (
        "deck.pdf",
        "A-1",
        "deck.pdf",
        "deck.pdf",
    )
    assert (line.fate, line.reason) == (Fate.SENT, "1,234,567 bytes, application/pdf")
    text = plan_note(gathered).fields[0]
    assert (text.target, text.value, text.local_id) == ("Note.Text", CALL.text, "N-1")
    assert line.target == "Note.Attachments"


def test_a_refused_files_line_holds_no_value_and_a_file_that_was_not_read_is_refused() -> None:
    note = but(CALL, attachments=(DECK,))
    preview = plan_note(NoteInputs(note, LINKED, "1-OPPT1", NoteDecision("N-1"), MAP, "test"))
    assert refusals(preview) == {"deck.pdf": "it could not be read"}
    assert preview.fields[1].value is None


@pytest.mark.parametrize(
    ("odd", "content_type"), [("a\ud800.pdf", "text/plain"), ("a.pdf", "text/\ud800plain")]
)
def test_a_file_with_half_a_character_in_its_name_or_type_is_refused(odd: str, content_type: str) -> None:
    note = but(CALL, attachments=(Attachment("A-1", odd, content_type, 1),))
    preview = plan_note(NoteInputs(note, LINKED, "1-OPPT1", NoteDecision("N-1"), MAP, "test", {"A-1": b"x"}))
    assert refusals(preview) == {odd: "its name holds half a character, which can't be sent"}


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
        ("one\n\n  two ", "one two"),
        ("a\ud800", "a�"),
    ],
)
def test_a_step_is_named_by_the_first_60_characters_of_its_note(text: str, summary: str) -> None:
    assert planned(text).plan.steps[0].summary == summary


def test_a_note_needs_a_text_that_can_be_sent_and_a_card_in_flex() -> None:
    assert objections(planned(" \n")) == [("empty-note", "The note holds no text.")]
    assert objections(planned("x", flex_id=None)) == [
        ("not-linked", "C-1 is not in FLEX yet: push or link the card first.")
    ]
    assert (
        planned(" \n", flex_id=None).payload["Note"].items() >= {"Text": "", "Parent": {"FLEXId": ""}}.items()
    )
    ((code, message),) = objections(planned("a\ud800"))
    assert code == "unsendable-note"
    assert message.startswith("The note's text can't be sent: ")


def test_the_same_text_on_the_card_already_is_the_first_warning() -> None:
    preview = planned(CALL.text, "It is gone", sent_before=["1 Nov 2026, 10:00", "2 Nov 2026, 11:00"])
    times = "1 Nov 2026, 10:00, 2 Nov 2026, 11:00"
    again = f"The same text was pushed to this card already: {times}. Pushing it makes a second note."
    assert preview.warnings == (again, "0.pdf is not sent: It is gone.")


# -- the use cases ----------------------------------------------------------------------------------------


async def test_a_cards_notes_are_listed_the_newest_first_with_what_is_set_aside() -> None:
    papers = PapersInMemory()
    odd = RejectedRecord("BrokerEngine", "N-2", "text", "it is missing")
    last = but(CALL, id="N-3", text="Second call.")
    papers.listed = [CALL, odd, last]
    world = FlexWorld(LINKED, papers=papers)
    await world.push(await world.notes.preview("N-1"))
    assert await world.notes.of_card("C-1") == [ListedNote(last, ()), odd, ListedNote(CALL, (START,))]


async def test_a_source_without_papers_has_no_notes_but_takes_a_written_note() -> None:
    world = FlexWorld(LINKED)
    assert await world.notes.of_card("C-1") == []
    with pytest.raises(DeskError, match="This source of cards has no notes") as caught:
        await world.notes.preview("N-1")
    assert (caught.value.code, caught.value.fix) == (
        "no-notes",
        "Write the note in brokerdesk, or in FLEX itself.",
    )
    push = await world.push(await world.notes.preview_written("C-1", "By hand."))
    assert (push.state, push.about) == (PushState.DONE, "C-1")
    assert push.subject.startswith("C-1-draft-")
    assert [row.fields["Text"] for row in world.flex.rows.values()] == ["By hand."]


async def test_two_decisions_about_one_note_are_two_records() -> None:
    papers = PapersInMemory()
    papers.listed = [CALL]
    world = FlexWorld(LINKED, papers=papers)
    await world.push(await world.notes.preview("N-1"))
    again = await world.notes.preview("N-1")
    assert again.warnings == (
        "The same text was pushed to this card already: at 0. Pushing it makes a second note.",
    )
    world.clock.at = START + 60
    await world.push(again)
    assert [row.fields["Text"] for row in world.flex.rows.values()] == [CALL.text] * 2
    (warning,) = (await world.notes.preview("N-1")).warnings
    assert "already: at 0, at 60." in warning


async def test_a_file_that_brokerengine_does_not_give_is_refused_in_its_words_and_the_others_go() -> None:
    papers = PapersInMemory()
    gone = Attachment("A-2", "gone.pdf", "application/pdf", 5)
    papers.listed = [but(CALL, attachments=(DECK, gone))]
    papers.files = {"A-1": b"12345", "A-2": DeskError("gone", "The file is gone.")}
    world = FlexWorld(LINKED, papers=papers)
    preview = await world.notes.preview("N-1")
    assert refusals(preview) == {"gone.pdf": "The file is gone"}
    assert preview.warnings == ("gone.pdf is not sent: The file is gone.",)
    assert sent_files(preview) == ["deck.pdf"]


async def test_a_file_that_can_not_be_asked_for_now_stops_the_preview() -> None:
    papers = PapersInMemory()
    papers.listed = [but(CALL, attachments=(DECK,))]
    papers.files = {"A-1": Unreachable("unreachable", "BrokerEngine is down.")}
    with pytest.raises(Unreachable, match="is down"):
        await FlexWorld(LINKED, papers=papers).notes.preview("N-1")


@pytest.mark.parametrize(
    ("text", "card", "state", "counts"),
    [
        ("Called.", "C-1", PushState.DONE, True),
        ("Called.", "C-1", PushState.NEEDS_YOU, True),
        (" Called.\n", "C-1", PushState.DONE, True),
        ("Called.", "C-1", PushState.REFUSED, False),
        ("Called.", "C-1", None, False),
        ("Called.", "C-9", PushState.DONE, False),
        ("called.", "C-1", PushState.DONE, False),
    ],
    ids=["done", "in doubt", "but for blanks", "refused", "no push", "another card", "another text"],
)
async def test_a_text_counts_as_pushed_unless_its_push_was_refused(
    text: str, card: str, state: PushState | None, counts: bool
) -> None:
    world = FlexWorld(LINKED)
    await world.book.commit(NoteSent("P0", card, world.book.keyed_hash("Note Text", "Called."), START + 9))
    if state is not None:
        await world.remember_push("P0", state, Asset.NOTE)
    preview = await world.notes.preview_written("C-1", text)
    assert [warning for warning in preview.warnings if "at 9" in warning] == list(preview.warnings)
    assert bool(preview.warnings) is counts


async def test_a_confirmed_note_is_stale_once_its_card_is_linked_elsewhere() -> None:
    world = FlexWorld(LINKED)
    preview = await world.notes.preview_written("C-1", "Called.")
    assert await world.notes.is_fresh(preview.plan)
    world.cards.held["C-1"] = but(LINKED, flex_id="1-OPPT2")
    assert not await world.notes.is_fresh(preview.plan)


async def test_a_note_with_an_objection_is_not_begun() -> None:
    world = FlexWorld(FULL)
    with pytest.raises(DeskError, match="C-1 is not in FLEX yet") as caught:
        await world.push(await world.notes.preview_written("C-1", "Called."))
    assert caught.value.code == "not-linked"
    assert world.flex.sent == []
