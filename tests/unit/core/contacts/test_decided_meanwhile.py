"""A sync that was planned before somebody else decided: what was decided holds, however fresh the contacts are."""

from __future__ import annotations

import pytest

from core.contacts.model import Contact, Verdict
from core.contacts.records import Answer, Judged, JudgedOwners, OwnersAnswer
from core.contacts.review.answers import fingerprint
from core.contacts.sync.plan import Cause
from core.errors import DeskError
from core.push.records import Record, Unlinked
from tests.unit.core.contacts.test_sync_use_cases import ANN, BEA, CY, HERS, Desks

PAIR = ("S1", "T1")


async def linked_and_taken_back(desks: Desks) -> None:
    """Let somebody link all that can be linked, and take it back."""
    push = await desks.sync()
    desks.clock.at += 5
    undo = await desks.syncs.preview_undo(push.push_id)
    await desks.engine.run((await desks.syncs.confirm_undo(undo, desks.engine)).push_id)


def answer(desks: Desks, ids: tuple[str, str], word: Answer) -> Judged:
    """Return what somebody else answers about two contacts."""
    ours = next((one for one in desks.ours.held if one.id == ids[0]), None)
    theirs = next((one for one in desks.theirs.held if one.id == ids[1]), None)
    seal = fingerprint(desks.book.keyed_hash, ours, theirs)
    return Judged(*ids, word, seal, "s.osei", desks.clock.at, 7)


async def test_a_link_that_was_taken_back_since_the_match_is_not_planned_again() -> None:
    desks = Desks([ANN], [HERS])
    gathered, reviewed = await desks.read()
    await linked_and_taken_back(desks)
    preview = await desks.syncs.preview(gathered, reviewed)
    assert (preview.plan.links, preview.causes) == ((), {Cause.UNLINKED: 1})


async def test_a_link_that_was_taken_back_since_the_preview_is_not_made_again() -> None:
    desks = Desks([ANN], [HERS])
    gathered, reviewed = await desks.read()
    preview = await desks.syncs.preview(gathered, reviewed)
    await linked_and_taken_back(desks)
    with pytest.raises(DeskError) as caught:
        await desks.syncs.confirm(preview, gathered, desks.engine)
    assert caught.value.code == "plan-changed"
    assert await desks.links() == {}
    assert [(one.local_id, one.remote_id) for one in await desks.book.all(Unlinked)] == [PAIR]


@pytest.mark.parametrize(
    ("ours", "theirs", "decided"),
    [
        ([ANN], [HERS], (PAIR, Answer.DIFFERENT)),  # a link
        ([CY], [BEA], (("S2", "T2"), Answer.SAME)),  # an import and a push
    ],
)
async def test_what_somebody_answered_since_the_preview_holds(
    ours: list[Contact], theirs: list[Contact], decided: tuple[tuple[str, str], Answer]
) -> None:
    desks = Desks(ours, theirs)
    gathered, reviewed = await desks.read()
    preview = await desks.syncs.preview(gathered, reviewed)
    assert preview.does_anything
    await desks.book.commit(answer(desks, *decided))
    with pytest.raises(DeskError) as caught:
        await desks.syncs.confirm(preview, gathered, desks.engine)
    assert caught.value.code == "plan-changed"
    again = await desks.syncs.preview(*await desks.read())
    assert (again.plan.steps, again.plan.links) != (preview.plan.steps, preview.plan.links)


@pytest.mark.parametrize(
    "record",
    [
        Judged("S9", "T9", Answer.DIFFERENT, "f", "s.osei", 1.0, 7),
        JudgedOwners("a", "b", OwnersAnswer.LEAVE, "s.osei", 1.0, 7),
    ],
)
async def test_what_changes_nothing_of_the_plan_does_not_keep_it_back(record: Record) -> None:
    desks = Desks([ANN], [HERS])
    gathered, reviewed = await desks.read()
    assert reviewed.counts[Verdict.LINK] == 1
    preview = await desks.syncs.preview(gathered, reviewed)
    reads = desks.theirs.read
    await desks.book.commit(record)
    await desks.syncs.confirm(preview, gathered, desks.engine)
    assert await desks.links() == {("contact", "S1"): "T1"}
    assert desks.theirs.read - reads == isinstance(
        record, JudgedOwners
    )  # about other people: nothing is read again
