"""Two people who decide about milestones on one book: the second sees the first before anything is saved."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.errors import DecidedMeanwhile
from core.milestones.events import EventKind
from core.milestones.ports import Outside
from core.milestones.records import MilestoneState, Skip
from core.milestones.use_cases import MilestoneUseCases
from tests.support.team_books import FakeTeamBook, Sender, SharedStore
from tests.unit.core.milestones.live_systems import Office
from tests.unit.core.milestones.test_use_cases import LINKED, lines, lived, told

_S = MilestoneState


@lived
async def test_the_second_sees_what_the_first_decided_about_a_milestone_and_may_then_decide(
    office: Office,
) -> None:
    ben = await second_desk(office)
    told(office, EventKind.ACCOUNT, "B0", 60)
    name = lines(await office.desk.look())[LINKED].name
    await ben.look()
    await office.desk.skip(name, "told him on the phone")
    office.clock.ahead += 300
    with pytest.raises(DecidedMeanwhile, match=r"^m.hale skipped this milestone, 5 min ago"):
        await ben.skip(name, "is a friend")
    (skip,) = await office.book.all(Skip)
    assert skip.by == "m.hale"
    assert ben.overview is not None
    assert lines(ben.overview)[LINKED].state is _S.SKIPPED
    await ben.unskip(name)
    with pytest.raises(DecidedMeanwhile, match="Somebody has taken back that this milestone is skipped"):
        await office.desk.unskip(name)
    await office.desk.pause("9000")
    with pytest.raises(DecidedMeanwhile, match=r"^m.hale paused the milestones of this contact"):
        await ben.skip(name, "is a friend")
    assert await office.book.all(Skip) == []


@lived
async def test_decisions_about_other_contacts_are_in_nobodys_way(office: Office) -> None:
    ben = await second_desk(office)
    told(office, EventKind.ACCOUNT, "B0", 60)
    name = lines(await office.desk.look())[LINKED].name
    await ben.look()
    await office.desk.pause("9001")
    await ben.skip(name, "is a friend")
    assert [skip.by for skip in await office.book.all(Skip)] == ["l.tran"]


async def second_desk(office: Office) -> MilestoneUseCases:
    """Put an office on a shared book, and return the milestones of a second desk on it."""
    store = SharedStore(office.clock.now)
    office.book = FakeTeamBook(store, Sender("s-1"))  # type: ignore[assignment]  # a book that does not die
    await office.restart()
    outside = Outside(office.applications, office.remote, office.ties, office.inbox)
    terms = replace(office.terms, operator="l.tran")
    return MilestoneUseCases(outside, FakeTeamBook(store, Sender("s-2")), terms, lambda: "P-x", office.clock)
