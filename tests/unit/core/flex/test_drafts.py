"""A draft is kept as it was written, and goes only when its own text has arrived."""

from __future__ import annotations

import pytest

from core.flex.model import WrittenFile
from core.flex.plans.preview import Preview
from core.flex.use_cases import drafts
from core.flex.use_cases.drafts import Draft, draft_file
from core.flex.use_cases.notes import NoteUseCases
from core.push.ports import NotSent, Refused
from core.push.resolutions import Choice, Resolution
from core.push.states import PushState
from tests.support.cards import FULL, but
from tests.support.flex_setup import FlexWorld
from tests.support.team_books import FakeTeamBook, Sender, SharedStore

LINKED = but(FULL, flex_id="1-OPPT1", flex_kind="opportunity")
OWN = draft_file("C-1")


async def texts(world: FlexWorld) -> list[str]:
    return [draft.text for draft in await world.notes.drafts("C-1")]


async def written_and_previewed(world: FlexWorld, text: str, *files: WrittenFile) -> Preview:
    """Write a note in the card's draft, and preview its push."""
    draft = await world.notes.draft_to_write("C-1")
    await world.notes.keep_draft(but(draft, text=text, files=tuple(file.path for file in files)))
    return await world.notes.preview_written("C-1", text, files)


@pytest.mark.parametrize(
    "draft",
    [
        Draft(OWN, " half a sentenç "),
        Draft(OWN, "two\nlines\n"),
        Draft(OWN, "\0odd"),
        Draft(OWN, "with a file", ("/home/m/pay slip.pdf",)),
        Draft(OWN, "", ("/home/m/a.pdf", "/home/m/b.pdf")),
        Draft(OWN, '{"text": "no JSON"}'),
    ],
)
async def test_a_draft_is_kept_as_it_was_written(draft: Draft) -> None:
    world = FlexWorld(LINKED)
    await world.notes.keep_draft(draft)
    assert await world.notes.drafts("C-1") == [draft]
    assert await world.notes.drafts("C-2") == []


async def test_a_draft_of_an_earlier_version_is_its_text() -> None:
    world = FlexWorld(LINKED)
    await world.book.put_file("draft-432d31", b"Spoke to Amara")
    assert await world.notes.drafts("C-1") == [Draft(OWN, "Spoke to Amara")]


async def test_a_blank_draft_is_deleted() -> None:
    world = FlexWorld(LINKED)
    await world.notes.keep_draft(Draft(OWN, "text"))
    await world.notes.keep_draft(Draft(OWN, " \n"))
    assert await world.book.list_files() == []


async def test_half_a_character_is_replaced() -> None:
    world = FlexWorld(LINKED)
    await world.notes.keep_draft(Draft(OWN, "a\ud800"))
    await world.notes.keep_draft(Draft(draft_file("C-1", "x"), "b\ud800", ("/f",)))
    assert await texts(world) == ["a?", "b?"]


def test_the_name_of_a_drafts_file_holds_nothing_that_a_path_could_mean() -> None:
    assert draft_file("../C 1") == "draft-2e2e2f432031"
    assert draft_file("C-1", "P1") == "draft-432d31-P1"


async def test_a_draft_goes_when_its_text_has_arrived_and_not_before() -> None:
    world = FlexWorld(LINKED)
    preview = await written_and_previewed(world, "By hand.")
    world.flex.script.append(NotSent("unreachable", hopeless=True))
    push = await world.push(preview)
    assert push.state is PushState.PAUSED
    await world.notes.settle_drafts()
    assert await texts(world) == [], "a note that is on its way is no draft"
    assert await world.book.get_file(draft_file("C-1", push.push_id)) == b"By hand."
    await world.engine.resume()
    await world.notes.settle_drafts()
    assert [name for name in await world.book.list_files() if name.startswith("draft-")] == []


async def test_a_note_that_is_refused_is_a_draft_again() -> None:
    world = FlexWorld(LINKED)
    preview = await written_and_previewed(world, "By hand.", WrittenFile("/a.pdf", "a.pdf", "x/y", b"abc"))
    world.flex.script.append(Refused("refused"))
    assert (await world.push(preview)).state is PushState.REFUSED
    await world.notes.settle_drafts()
    (draft,) = await world.notes.drafts("C-1")
    assert (draft.text, draft.files) == ("By hand.", ("/a.pdf",))


async def test_a_note_that_changed_while_it_was_confirmed_is_a_draft_again() -> None:
    world = FlexWorld(LINKED)
    preview = await written_and_previewed(world, "By hand.")
    world.cards.held["C-1"] = but(LINKED, flex_id="1-OPPT2")
    assert (await world.push(preview)).reason == "plan-changed"
    assert await texts(world) == ["By hand."]


async def test_a_note_that_a_person_leaves_is_a_draft_again() -> None:
    world = FlexWorld(LINKED)
    world.flex.can_look = False
    world.flex.script.append("lost")
    push = await world.push(await written_and_previewed(world, "By hand."))
    assert push.state is PushState.NEEDS_YOU
    assert (await world.engine.decide(push.push_id, 0, Resolution(Choice.LEAVE))).state is PushState.DONE
    await world.notes.settle_drafts()
    assert await texts(world) == ["By hand."]


async def test_the_draft_of_another_note_stays_when_a_note_arrives() -> None:
    world = FlexWorld(LINKED)
    first = await written_and_previewed(world, "The first.")
    world.flex.script.append(NotSent("unreachable", hopeless=True))
    await world.push(first)
    await world.notes.keep_draft(but(await world.notes.draft_to_write("C-1"), text="The second"))
    await world.engine.resume()
    await world.notes.settle_drafts()
    assert await texts(world) == ["The second"]


async def test_a_draft_that_was_changed_after_the_preview_stays() -> None:
    world = FlexWorld(LINKED)
    preview = await written_and_previewed(world, "The first.")
    await world.notes.keep_draft(Draft(OWN, "The first, and more."))
    await world.push(preview)
    await world.notes.settle_drafts()
    assert await texts(world) == ["The first, and more."]


async def test_going_on_with_a_note_that_did_not_arrive_frees_it_from_its_push() -> None:
    """The old push may still be sent and arrive; what was written since must stay."""
    world = FlexWorld(LINKED)
    preview = await written_and_previewed(world, "By hand.")
    world.flex.script.append(Refused("refused"))
    push = await world.push(preview)
    (begun,) = await world.notes.drafts("C-1")
    draft = await world.notes.draft_to_write("C-1", begun)
    await world.notes.keep_draft(but(draft, text="By hand, and more."))
    await world.engine.decide(push.push_id, 0, Resolution(Choice.AGAIN))
    await world.notes.settle_drafts()
    assert await texts(world) == ["By hand, and more."]


async def test_two_drafts_of_a_card_do_not_write_over_each_other() -> None:
    world = FlexWorld(LINKED)
    preview = await written_and_previewed(world, "Refused.")
    world.flex.script.append(Refused("refused"))
    await world.push(preview)
    await world.notes.keep_draft(but(await world.notes.draft_to_write("C-1"), text="Begun."))
    assert sorted(await texts(world)) == ["Begun.", "Refused."]
    refused = next(draft for draft in await world.notes.drafts("C-1") if draft.text == "Refused.")
    moved = await world.notes.draft_to_write("C-1", refused)
    assert moved.name not in (OWN, refused.name)
    assert sorted(await texts(world)) == ["Begun.", "Refused."]
    another = await world.notes.draft_to_write("C-1")
    assert another.name not in (OWN, moved.name)
    assert another.is_blank


async def test_a_push_that_never_began_leaves_a_draft() -> None:
    world = FlexWorld(LINKED)
    preview = await world.notes.preview_written("C-1", "By hand.")
    assert preview.written is not None
    await drafts.set_on_its_way(world.book, "P99", preview.written)
    await world.notes.settle_drafts()
    assert await texts(world) == ["By hand."]


async def test_two_people_on_one_book_never_write_over_each_others_draft() -> None:
    store = SharedStore(lambda: 0.0)
    anna, ben = (desk_of(store, name) for name in ("anna", "ben"))
    await anna.keep_draft(but(await anna.draft_to_write("C-1"), text="Anna writes."))
    assert await ben.begun_draft("C-1") is None
    await ben.keep_draft(but(await ben.draft_to_write("C-1"), text="Ben writes."))
    assert {(draft.by, draft.text) for draft in await anna.drafts("C-1")} == {
        ("anna", "Anna writes."),
        ("ben", "Ben writes."),
    }
    begun = await anna.begun_draft("C-1")
    assert begun is not None
    assert await anna.draft_to_write("C-1", begun) == begun
    (of_anna,) = [draft for draft in await ben.drafts("C-1") if draft.by == "anna"]
    copied = await ben.draft_to_write("C-1", of_anna)
    assert (copied.by, copied.text) == ("ben", "Anna writes.")
    await ben.keep_draft(but(copied, text="Anna writes, and Ben goes on."))
    assert sorted(draft.text for draft in await anna.drafts("C-1")) == [
        "Anna writes, and Ben goes on.",
        "Anna writes.",
        "Ben writes.",
    ]
    await ben.keep_draft(but(copied, text=""))
    assert len(await anna.drafts("C-1")) == 2


def desk_of(store: SharedStore, operator: str) -> NoteUseCases:
    """Return the notes of a person's desk on a shared book."""
    world = FlexWorld(LINKED)
    world.desk.book, world.desk.operator = FakeTeamBook(store, Sender(operator)), operator
    return world.notes
