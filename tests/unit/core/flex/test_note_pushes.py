"""Which push of a note is the next one: its own subject, its generation, and what FLEX has already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from core.errors import DeskError
from core.flex.model import Attachment, FlexNote, Note, WrittenFile
from core.flex.plans.note import SEEN
from core.flex.plans.note_decision import NoteDecision, decision_of, is_written_here, written_note_id
from core.flex.plans.preview import Preview
from core.flex.use_cases.again import preview_again
from core.flex.use_cases.notes import NOT_REACHED, NOT_SEARCHED, ON_ITS_WAY
from core.push.engine import Engine
from core.push.plan import Asset, Entity, Operation, Plan, Step, System
from core.push.ports import NotSent
from core.push.records import Push
from core.push.resolutions import Choice, Resolution
from core.push.states import PushState
from tests.support.cards import FULL, but
from tests.support.flex_setup import FlexInMemory, FlexWorld, PapersInMemory

LINKED = but(FULL, flex_id="1-OPPT1", flex_kind="opportunity")
CALL = Note("N-1", "C-1", "Called the lender.", author="m.hale")
NOVEMBER = "2026-11-28T09:21:00+00:00"


def world_of(*notes: Note, records: FlexInMemory | None = None) -> FlexWorld:
    papers = PapersInMemory()
    papers.listed = [*notes]
    return FlexWorld(LINKED, papers=papers, records=records or FlexInMemory())


def there(preview: Preview, text: str = "", created_at: str = NOVEMBER) -> FlexNote:
    """Return the note that FLEX would have after the push of a preview."""
    (step,) = preview.plan.steps
    return FlexNote("1-NOTE1", text or str(step.body["Text"]), step.ref, created_at)


async def confirmed_while_down(world: FlexWorld, preview: Preview) -> Push:
    """Confirm a preview while FLEX can't be reached; its push waits."""
    world.flex.script.append(NotSent("unreachable", hopeless=True))
    push = await world.push(preview)
    assert push.state is PushState.PAUSED
    return push


# -- the decision -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "subject"),
    [
        (NoteDecision("N-3001"), "N-3001"),
        (NoteDecision("N-3001", 1), "N-3001@1"),
        (NoteDecision("N-3001", 12), "N-3001@12"),
        (NoteDecision("a@3"), "a@3@0"),
        (NoteDecision("a@b", 4), "a@b@4"),
        (NoteDecision("@"), "@@0"),
    ],
)
def test_a_subject_names_one_decision(decision: NoteDecision, subject: str) -> None:
    assert decision.subject == subject
    assert decision_of(subject) == decision


def test_each_generation_has_a_reference_of_its_own_and_every_book_derives_the_same() -> None:
    refs = [NoteDecision("N-1", generation).ref("desk") for generation in range(3)]
    assert len(set(refs)) == 3
    assert refs == [decision_of(subject).ref("desk") for subject in ("N-1", "N-1@1", "N-1@2")]


def test_a_subject_of_an_earlier_version_is_read_as_a_name() -> None:
    assert decision_of("N-1@P1") == NoteDecision("N-1@P1")


def test_a_note_that_was_written_here_is_told_from_brokerengines() -> None:
    name = written_note_id("C-1", "hash")
    assert is_written_here(NoteDecision(name, 3).subject, "C-1")
    assert not is_written_here("N-1", "C-1")
    assert name != written_note_id("C-1", "hash2")
    assert name != written_note_id("C-2", "hash")


# -- one push for each decision ---------------------------------------------------------------------------


async def test_two_written_notes_confirmed_while_flex_is_down_both_arrive_once_each() -> None:
    world = world_of()
    for text in ("The first.", "The second."):
        await confirmed_while_down(world, await world.notes.preview_written("C-1", text))
    await world.engine.resume()
    assert sorted(row.fields["Text"] for row in world.flex.rows.values()) == ["The first.", "The second."]
    assert world.engine.unfinished() == []


async def test_the_same_note_confirmed_again_while_it_waits_is_the_same_push() -> None:
    world = world_of(CALL)
    previews: list[Callable[[], Any]] = [
        lambda: world.notes.preview("N-1"),
        lambda: world.notes.preview_written("C-1", "By hand."),
    ]
    for preview in previews:
        first = await confirmed_while_down(world, await preview())
        again = await preview()
        assert again.warnings == (ON_ITS_WAY,)
        assert again.plan.digest == first.plan
        push = await world.push(again)
        assert (push.push_id, push.state) == (first.push_id, PushState.DONE)
    assert len(world.flex.rows) == 2


async def test_a_note_that_was_edited_while_it_waits_is_a_push_of_its_own() -> None:
    world = world_of(CALL)
    first = await confirmed_while_down(world, await world.notes.preview("N-1"))
    assert world.desk.papers is not None
    world.desk.papers.listed = [but(CALL, text="Called both lenders.")]
    second = await world.notes.preview("N-1")
    assert second.subject == "N-1@1"
    push = await world.push(second)
    assert push.push_id != first.push_id
    assert [row.fields["Text"] for row in world.flex.rows.values()] == ["Called both lenders."]


async def test_a_dry_run_of_a_written_note_has_the_hash_of_the_push() -> None:
    world = world_of()
    file = WrittenFile("/tmp/a.pdf", "a.pdf", "application/pdf", b"abc")
    dry = await world.notes.preview_written("C-1", "By hand.", [file])
    assert (await world.notes.preview_written("C-1", "By hand.", [file])).plan == dry.plan
    others = [
        await world.notes.preview_written("C-1", "By hand!", [file]),
        await world.notes.preview_written("C-1", "By hand."),
        await world.notes.preview_written("C-1", "By hand.", [but(file, content=b"abd")]),
    ]
    assert dry.plan.digest not in {other.plan.digest for other in others}
    assert len({other.subject for other in (dry, *others)}) == 4


async def test_a_refused_push_frees_its_generation() -> None:
    world = world_of(CALL)
    preview = await world.notes.preview("N-1")
    world.cards.held["C-1"] = but(LINKED, flex_id="1-OPPT2")
    assert (await world.push(preview)).state is PushState.REFUSED
    again = await world.notes.preview("N-1")
    assert (again.subject, again.plan.steps[0].parent) == ("N-1", "1-OPPT2")
    assert (await world.push(again)).state is PushState.DONE


async def test_a_note_that_a_person_left_unsent_is_not_taken_for_sent() -> None:
    world = world_of(CALL)
    push = await confirmed_while_down(world, await world.notes.preview("N-1"))
    world.flex.can_look = False
    world.flex.script.append("lost")
    await world.engine.resume()
    await world.engine.decide(push.push_id, 0, Resolution(Choice.LEAVE))
    assert (await world.notes.preview("N-1")).subject == "N-1@1"


async def test_an_old_push_of_a_note_keeps_its_subject_and_goes_on() -> None:
    world = world_of(CALL)
    step = Step(
        ref="BD-OLD",
        system=System.FLEX,
        entity=Entity.NOTE,
        operation=Operation.CREATE,
        local_id="N-1@P0",
        summary="Called the lender.",
        body={"IntegrationId": "BD-OLD", "Parent": {"FLEXId": "1-OPPT1"}, "Text": CALL.text},
        parent="1-OPPT1",
        identity=("Text",),
    )
    old = Plan(Asset.NOTE, "N-1", "", (step,), about="C-1")
    begun = await world.engine.begin(old, "m.hale", "P0")
    after = Engine(
        world.book,
        {System.FLEX: world.flex},
        world.clock,
        world.engine._random,
        fresh={Asset.NOTE: world.notes},
    )
    await after.recover()
    preview = await world.notes.preview("N-1")
    assert preview.subject == "N-1@1", "the confirmed note is not answered with the old push"
    await after.begin(preview.plan, "m.hale", "P9")
    assert [push.state for push in await after.resume()] == [PushState.DONE, PushState.DONE]
    assert sorted(row.ref or "" for row in world.flex.rows.values()) == sorted(
        ["BD-OLD", preview.plan.steps[0].ref]
    )
    assert begun.push_id == "P0"


# -- what FLEX has already --------------------------------------------------------------------------------


async def test_a_second_book_is_told_since_when_the_note_is_in_flex_and_takes_the_next_generation() -> None:
    records = FlexInMemory()
    first = await world_of(CALL).notes.preview("N-1")
    records.notes.append(("1-OPPT1", there(first)))
    again = await world_of(CALL, records=records).notes.preview("N-1")
    assert again.subject == "N-1@1"
    assert again.plan.steps[0].ref != first.plan.steps[0].ref
    (warning,) = again.warnings
    assert warning.startswith("The same note is in FLEX since at ")
    assert warning.endswith("Pushing it again makes a new note.")
    assert len(again.in_flex_since) == 1


async def test_every_generation_that_flex_has_is_left_out() -> None:
    records = FlexInMemory()
    for _ in range(3):
        preview = await world_of(CALL, records=records).notes.preview("N-1")
        note = there(preview)
        records.notes.append(("1-OPPT1", but(note, flex_id=f"1-NOTE{len(records.notes)}")))
    last = await world_of(CALL, records=records).notes.preview("N-1")
    assert last.subject == "N-1@3"
    assert len(last.in_flex_since) == 3


@pytest.mark.parametrize("text", ["By hand.", "By  hand.\r\n", " By hand. "])
async def test_a_text_that_flex_has_from_elsewhere_is_said_of_any_note(text: str) -> None:
    records = FlexInMemory()
    records.notes.append(("1-OPPT1", FlexNote("1-NOTE9", "By hand.", "", NOVEMBER)))
    records.notes.append(("1-OPPT2", FlexNote("1-NOTE8", "Elsewhere.", "", NOVEMBER)))
    world = world_of(but(CALL, text=text), records=records)
    for preview in (await world.notes.preview("N-1"), await world.notes.preview_written("C-1", text)):
        assert len(preview.in_flex_since) == 1
        assert preview.plan.overrides == (SEEN,)
        assert preview.pushable, "it may be pushed once more"
    elsewhere = await world.notes.preview_written("C-1", "Elsewhere.")
    assert (elsewhere.in_flex_since, elsewhere.warnings, elsewhere.plan.overrides) == ((), (), ())


async def test_a_note_that_says_no_time_is_still_said() -> None:
    records = FlexInMemory()
    records.notes.append(("1-OPPT1", FlexNote("1-NOTE9", CALL.text, "", "yesterday")))
    assert (await world_of(CALL, records=records).notes.preview("N-1")).in_flex_since == ("an unknown time",)


async def test_a_preview_says_that_flex_could_not_be_asked() -> None:
    records = FlexInMemory()
    world = world_of(CALL, records=records)
    records.down = True
    assert (await world.notes.preview("N-1")).warnings == (NOT_REACHED,)
    records.down, records.can_search_texts = False, False
    assert (await world.notes.preview_written("C-1", "By hand.")).warnings == (NOT_SEARCHED,)


async def test_whether_flex_could_be_asked_changes_no_hash() -> None:
    records = FlexInMemory()
    world = world_of(CALL, records=records)
    asked = await world.notes.preview("N-1")
    records.down = True
    assert (await world.notes.preview("N-1")).plan.digest == asked.plan.digest


# -- before the first send --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "Edited in FLEX."])
async def test_a_note_that_came_into_flex_meanwhile_is_never_adopted_without_a_word(text: str) -> None:
    records = FlexInMemory()
    world = world_of(CALL, records=records)
    records.down = True
    preview = await world.notes.preview("N-1")
    records.down = False
    records.notes.append(("1-OPPT1", there(preview, text)))
    push = await world.push(preview)
    assert (push.state, push.reason) == (PushState.REFUSED, "plan-changed")
    again = await preview_again(preview, world.desk, world.fact_finds, world.notes)
    assert (again.subject, len(again.in_flex_since)) == ("N-1@1", 1)
    assert (await world.push(again)).state is PushState.DONE


async def test_a_text_that_came_into_flex_meanwhile_is_asked_about_unless_it_was_said() -> None:
    records = FlexInMemory()
    world = world_of(records=records)
    unseen = await world.notes.preview_written("C-1", "By hand.")
    records.notes.append(("1-OPPT1", FlexNote("1-NOTE9", "By hand.", "", NOVEMBER)))
    assert not await world.notes.is_fresh(unseen.plan)
    seen = await world.notes.preview_written("C-1", "By hand.")
    assert await world.notes.is_fresh(seen.plan)


async def test_a_gateway_that_lists_no_notes_does_not_hold_a_note_back() -> None:
    records = FlexInMemory()
    records.can_search_texts = False
    world = world_of(records=records)
    push = await world.push(await world.notes.preview_written("C-1", "By hand."))
    assert push.state is PushState.DONE


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Called nobody."},
        {"attachments": (Attachment("A-1", "new.pdf", "application/pdf", 3),)},
    ],
    ids=["text", "files"],
)
async def test_a_note_that_changed_while_it_was_confirmed_is_asked_anew(change: dict[str, Any]) -> None:
    world = world_of(CALL)
    preview = await world.notes.preview("N-1")
    assert await world.notes.is_fresh(preview.plan)
    assert isinstance(world.desk.papers, PapersInMemory)
    world.desk.papers.listed = [but(CALL, **change)]
    world.desk.papers.files = {"A-1": b"abc"}
    push = await world.push(preview)
    assert (push.state, push.reason) == (PushState.REFUSED, "plan-changed")
    again = await preview_again(preview, world.desk, world.fact_finds, world.notes)
    assert (again.asset, again.subject) == (Asset.NOTE, "N-1")
    assert again.plan.digest != preview.plan.digest
    assert (await world.push(again)).state is PushState.DONE


async def test_a_written_note_that_is_asked_anew_keeps_its_text_and_its_files() -> None:
    world = world_of()
    file = WrittenFile("/gone/a.pdf", "a.pdf", "application/pdf", b"abc")
    preview = await world.notes.preview_written("C-1", "By hand.", [file])
    world.cards.held["C-1"] = but(LINKED, flex_id="1-OPPT2")
    assert (await world.push(preview)).state is PushState.REFUSED
    again = await preview_again(preview, world.desk, world.fact_finds, world.notes)
    (step,) = again.plan.steps
    assert (step.parent, step.body["Text"]) == ("1-OPPT2", "By hand.")
    assert step.body["Attachments"] == preview.plan.steps[0].body["Attachments"]


async def test_people_sent_again_are_asked_anew_as_people() -> None:
    world = world_of()
    person = LINKED.people[0].contact
    world.cards.held["C-1"] = but(
        LINKED,
        people=tuple(but(one, contact=but(one.contact, flex_id="1-PERS1")) for one in LINKED.people[:1]),
    )
    preview = await world.desk.preview_people("C-1")
    again = await preview_again(preview, world.desk, world.fact_finds, world.notes)
    assert again == preview
    assert person.id == again.plan.steps[0].local_id
    with pytest.raises(ValueError, match="no preview in this room"):
        await preview_again(
            msgspec.structs.replace(preview, asset=Asset.SYNC), world.desk, world.fact_finds, world.notes
        )


# -- before writing ---------------------------------------------------------------------------------------


async def test_a_note_on_a_card_that_is_not_in_flex_is_refused_before_it_is_written() -> None:
    world = FlexWorld(FULL)
    with pytest.raises(DeskError, match="C-1 is not in FLEX yet") as caught:
        await world.notes.check_can_write("C-1")
    assert caught.value.code == "not-linked"
    world.cards.held["C-1"] = LINKED
    await world.notes.check_can_write("C-1")


MB = 1024 * 1024


@pytest.mark.parametrize(
    ("contents", "refused"),
    [
        ((b"x",), ""),
        ((bytes(5 * MB + 1),), "0.pdf can't be sent: larger than 5 MB."),
        (("there is no such file",), "0.pdf can't be sent: there is no such file."),
        ((bytes(4 * MB), bytes(4 * MB)), "1.pdf can't be sent: the files together are larger than 7 MB."),
        ((*[b"x"] * 11,), "10.pdf can't be sent: FLEX takes 10 files a note."),
    ],
    ids=["fits", "large", "gone", "together", "eleven"],
)
async def test_a_written_note_is_refused_whole_if_one_of_its_files_can_not_be_sent(
    contents: tuple[bytes | str, ...], refused: str
) -> None:
    files = [WrittenFile(f"/{n}.pdf", f"{n}.pdf", "application/pdf", one) for n, one in enumerate(contents)]
    preview = await world_of().notes.preview_written("C-1", "By hand.", files)
    assert [(reason.code, reason.message) for reason in preview.reasons] == (
        [("unsendable-file", refused)] if refused else []
    )
    assert preview.warnings == ()


async def test_a_file_whose_name_flex_does_not_take_is_refused() -> None:
    file = WrittenFile("/x", "a" * 252 + ".pdf", "application/pdf", b"x")
    preview = await world_of().notes.preview_written("C-1", "By hand.", [file])
    assert [reason.code for reason in preview.reasons] == ["unsendable-file"]
