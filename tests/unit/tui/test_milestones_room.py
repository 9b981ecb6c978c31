"""The keys of the Milestones room: nothing leaves without a yes, and what a person decides is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from core.local_forms import UTC_TIME
from core.milestones.events import EventKind
from core.milestones.inputs import MilestoneLine
from core.milestones.milestone_map import Milestone
from core.milestones.records import Approval, MilestoneState, Pause, Skip
from tests.support.fake_desk import fake_app
from tests.support.fake_milestones import MINUTE, PEOPLE, FakeMilestones
from tests.support.hostile_text import CORPUS, shown
from tests.support.matrix import some
from tests.support.until import at_rest, flat, says, until
from tests.unit.core.milestones.milestone_setup import TYPES
from tui.milestones import wording
from tui.milestones.rows import MilestoneRow
from tui.widgets.clickable.click_lines import ClickText
from tui.widgets.confirm_dialog import ConfirmDialog
from tui.words.contact_desk.milestones import short

BEFORE = 4
"""Insights that were sent before the app starts, and one that is not ours."""


async def opened(pilot: Pilot[Any]) -> None:
    await pilot.press("3")
    await says(pilot, "need you")
    await at_rest(pilot)


async def find(pilot: Pilot[Any], name: str) -> None:
    """Go to a contact by typing his name, and into his timeline: on the milestone that asks most."""
    await pilot.press("slash", *name, "enter", "tab")
    await at_rest(pilot)


def sent(desk: FakeMilestones) -> list[tuple[str, str]]:
    """What Total Expert was sent since the app began: contact and type's id."""
    return [(contact, one.type_id) for contact, one in desk.remote.held[BEFORE + 1 :]]


def a(milestone: Milestone) -> str:
    return TYPES[milestone.casefold()][0]


async def asks(pilot: Pilot[Any], *words: str) -> None:
    """Wait until a dialog says these words, and until a yes counts."""
    await says(pilot, *words)
    await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog) and pilot.app.screen.armed)


async def test_a_milestone_is_never_laid_out_for_a_width_that_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its texts would be wrapped after every word, and their place could stay that high."""
    widths: list[int] = []
    key_lines = wording.key_lines

    def noted(*args: Any, width: int, **words: Any) -> ClickText:
        widths.append(width)
        return key_lines(*args, width=width, **words)

    monkeypatch.setattr(wording, "key_lines", noted)
    app = fake_app(FakeMilestones(tmp_path))
    async with app.run_test(size=(132, 34)) as pilot:
        await until(pilot, lambda: app.milestone_watch.overview is not None)  # known before the room is there
        await opened(pilot)
        assert widths
        assert min(widths) > 40


async def test_what_is_due_is_sent_after_a_yes_and_then_says_that_it_stays(tmp_path: Path) -> None:
    desk = FakeMilestones(tmp_path)
    async with fake_app(desk).run_test(size=(132, 34)) as pilot:
        await opened(pilot)
        assert not sent(desk)
        await find(pilot, "ruiz")
        await says(pilot, "Send it now?", "leaves the group “SN Loan Application Started”")
        await pilot.press("y")
        await says(pilot, "can't be taken back", "Sends one insight")
        await pilot.press("n")
        await at_rest(pilot)
        assert not sent(desk)
        await pilot.press("enter")
        await asks(pilot, "Sends one insight")
        await pilot.press("y")
        await says(pilot, "Sent. It can't be taken back")
        assert sent(desk) == [("TE-2", a(Milestone.ABANDONED))]
        assert "TE-2" not in desk.remote.started
        await pilot.press("y")
        await at_rest(pilot)
        assert len(sent(desk)) == 1


async def test_all_that_is_due_is_counted_first(tmp_path: Path) -> None:
    desk = FakeMilestones(tmp_path)
    async with fake_app(desk).run_test(size=(132, 34)) as pilot:
        await opened(pilot)
        await pilot.press("a")
        await asks(pilot, "Send 2 milestones", "Jonathan Ruiz", "Luis Ortega")
        await pilot.press("y")
        await until(pilot, lambda: len(sent(desk)) == 2)
        await says(pilot, "1 due")  # Submitted, now that Started is sent
        await at_rest(pilot)
        assert sorted(sent(desk)) == [("TE-2", a(Milestone.ABANDONED)), ("TE-4", a(Milestone.STARTED))]


async def test_a_person_may_let_everything_go_by_itself_and_stop_that(tmp_path: Path) -> None:
    desk = FakeMilestones(tmp_path)
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await opened(pilot)
        await pilot.press("b")
        await says(pilot, "without asking", "Now due: 2")
        await pilot.press("escape")
        await at_rest(pilot)
        assert not app.milestone_watch.sends
        await pilot.press("b")
        await says(pilot, "Now due: 2")
        await pilot.press("y")
        await until(pilot, lambda: len(sent(desk)) == 3)
        assert "SANDBOX · sending" in flat(pilot)
        assert sent(desk)[-1] == ("TE-4", a(Milestone.SUBMITTED))
        await pilot.press("b")
        await at_rest(pilot)
        assert "sending" not in flat(pilot)
        desk.tell(EventKind.ACCOUNT, "SN-4", 60)
        await pilot.press("r")
        await says(pilot, "1 due")
        await at_rest(pilot)
        assert len(sent(desk)) == 3


async def test_a_doubt_is_overruled_and_sent_by_two_keys(tmp_path: Path) -> None:
    desk = FakeMilestones(tmp_path)
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await opened(pilot)
        await find(pilot, "whitfield")
        await says(pilot, "Send it anyway?", "can't be read again: 403")
        await pilot.press("e")
        await says(pilot, "Send it now?")
        assert app.desk is not None
        (said,) = await app.desk.book.all(Approval)
        assert (said.doubt, said.by) == ("unreadable", "m.hale")
        await pilot.press("y")
        await asks(pilot, "Sends one insight")
        await pilot.press("y")
        await says(pilot, "Sent. It can't be taken back")
        assert sent(desk) == [("TE-3", a(Milestone.ABANDONED))]


async def auto_send(pilot: Pilot[Any]) -> None:
    """Switch auto-send on, and wait until nothing that may be sent is left."""
    await pilot.press("b")
    await asks(pilot, "without asking")
    await pilot.press("y")
    await says(pilot, "auto-send is on")
    await at_rest(pilot)


async def test_while_auto_send_is_on_an_approval_asks_first_because_it_sends(tmp_path: Path) -> None:
    desk = FakeMilestones(tmp_path)
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await opened(pilot)
        await auto_send(pilot)
        before = sent(desk)
        await find(pilot, "whitfield")
        await says(pilot, "asks first; then it is sent at once, for good")
        await pilot.press("e")
        await asks(pilot, "Ann Whitfield", "can't be read again: 403", "sent at once", "can't be taken back")
        await pilot.press("n")
        await at_rest(pilot)
        assert app.desk is not None
        assert (await app.desk.book.all(Approval), sent(desk)) == ([], before)
        await pilot.press("e")
        await asks(pilot, "Ann Whitfield")
        await pilot.press("y")
        await says(pilot, "Sent. It can't be taken back")
        assert sent(desk)[len(before) :] == [("TE-3", a(Milestone.ABANDONED))]


async def test_while_auto_send_is_on_the_end_of_a_skip_or_a_pause_asks_first(tmp_path: Path) -> None:
    desk = FakeMilestones(tmp_path)
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await opened(pilot)
        assert app.desk is not None
        await find(pilot, "ruiz")
        await pilot.press("p")
        await says(pilot, "paused: nothing of this contact is sent")
        await pilot.press("escape", "escape")
        await at_rest(pilot)
        await find(pilot, "ortega")
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press(*"by hand", "enter")
        await says(pilot, "u undo skip")
        await auto_send(pilot)
        before = sent(desk)
        await pilot.press("u")
        await asks(pilot, "Luis Ortega", "skipped: by hand", "sent at once", "can't be taken back")
        await pilot.press("n")
        await at_rest(pilot)
        assert len(await app.desk.book.all(Skip)) == 1
        await pilot.press("escape", "escape")
        await at_rest(pilot)
        await find(pilot, "ruiz")
        await pilot.press("p")
        await asks(pilot, "Jonathan Ruiz", "Abandoned", "sent at once", "can't be taken back")
        await pilot.press("n")
        await at_rest(pilot)
        assert (len(await app.desk.book.all(Pause)), sent(desk)) == (1, before)
        await pilot.press("p")
        await asks(pilot, "Jonathan Ruiz")
        await pilot.press("y")
        await until(pilot, lambda: len(sent(desk)) == len(before) + 1)
        await at_rest(pilot)
        assert not await app.desk.book.all(Pause)


async def test_the_timelines_cursor_goes_on_with_what_the_row_names(tmp_path: Path) -> None:
    desk = FakeMilestones(tmp_path)
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await opened(pilot)
        await find(pilot, "ortega")
        room: Any = app.screen

        def here() -> Any:
            return room._line.milestone

        assert here() is Milestone.STARTED
        await pilot.press("y")
        await asks(pilot, "Sends one insight")
        await pilot.press("y")
        await until(pilot, lambda: len(sent(desk)) == 1)
        await until(pilot, lambda: room._contact.chief.milestone is Milestone.SUBMITTED)
        await at_rest(pilot)
        assert here() is Milestone.SUBMITTED
        await pilot.press("up")
        assert here() is Milestone.STARTED
        app.milestone_watch.read()
        await at_rest(pilot)
        assert here() is Milestone.STARTED, "a person looks at it"


@pytest.mark.parametrize(
    ("ago", "closed", "label"), [(60.0, False, "happened"), (-60.0, False, "happens"), (-60.0, True, "")]
)
def test_only_what_is_over_is_said_to_have_happened(ago: float, closed: bool, label: str) -> None:
    now = 1_764_500_000.0
    line = MilestoneLine(
        Milestone.ABANDONED, "B1", now - ago, MilestoneState.SKIPPED, is_closed=closed, application="A1"
    )
    first = wording.fact_lines(line, UTC_TIME, now, 80).plain.split()[0]
    assert first == (label or "application")


async def test_a_skip_needs_a_reason_and_a_pause_is_shown(tmp_path: Path) -> None:
    desk = FakeMilestones(tmp_path)
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await opened(pilot)
        await find(pilot, "azmi")
        await pilot.press("s")
        await says(pilot, "not be sent?")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("enter")
        await says(pilot, "Say why")
        await pilot.press(*"by hand", "enter")
        await says(pilot, "Skipped: it is not sent", "by hand (m.hale skipped it)", "u undo skip")
        assert [note.message for note in app._notifications] == ["Skipped. u takes that back."]
        assert app.desk is not None
        (skip,) = await app.desk.book.all(Skip)
        assert (skip.reason, skip.by) == ("by hand", "m.hale")
        await pilot.press("u")
        await says(pilot, "Send it anyway?")
        assert not app._notifications, "the toast that said so is gone"
        assert not await app.desk.book.all(Skip)
        await pilot.press("escape", "escape")
        await at_rest(pilot)
        await find(pilot, "ruiz")
        await pilot.press("p")
        await says(pilot, "paused: nothing of this contact is sent")
        assert [one.contact for one in await app.desk.book.all(Pause)] == ["TE-2"]
        await pilot.press("y")
        await at_rest(pilot)
        assert not sent(desk)
        await pilot.press("p")
        await says(pilot, "Send it now?")
        assert not await app.desk.book.all(Pause)


def counts_down(room: Any) -> bool:
    """Return True if the room will wake the app to show a countdown anew."""
    return room._tick is not None


async def test_a_countdown_is_shown_anew_when_it_reads_differently_and_not_before(tmp_path: Path) -> None:
    desk = FakeMilestones(tmp_path)
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await opened(pilot)
        await find(pilot, "kate")
        await says(pilot, "Abandoned in 42 min unless they return", "in 42 min unless they return")
        room: Any = app.screen
        assert counts_down(room)
        desk.clock.at += 61
        room._count_down()
        await says(pilot, "Abandoned in 41 min unless they return")
        await pilot.press("1")
        await at_rest(pilot)
        assert not counts_down(room), "a hidden room does not wake the app"
        await pilot.press("3")
        await at_rest(pilot)
        assert counts_down(room)
        desk.clock.at += 42 * MINUTE
        desk.lives["A-100"] = (*desk.lives["A-100"][:3], "SN-1")
        app.milestone_watch.look()
        await says(pilot, "Send it now?")
        assert not counts_down(room), "nothing counts down any more"


async def test_what_comes_in_is_folded_while_another_room_is_shown(tmp_path: Path) -> None:
    desk = FakeMilestones(tmp_path, happened=False)
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await at_rest(pilot)
        desk.tell(EventKind.ACCOUNT, "SN-1", 0)
        app.milestone_watch.look()
        await at_rest(pilot)
        assert not desk.inbox.held
        await pilot.press("3")
        await says(pilot, "Kate Moss-Lee", "Send it now?", "1 due")


async def test_a_console_that_may_only_read_offers_nothing_that_writes(tmp_path: Path) -> None:
    desk = FakeMilestones(tmp_path, locked=True)
    async with fake_app(desk).run_test(size=(132, 34)) as pilot:
        await opened(pilot)
        held = len(desk.inbox.held)
        await find(pilot, "ruiz")
        await pilot.press("y", "p", "s", "a", "b")
        await at_rest(pilot)
        assert "can't be taken back" not in flat(pilot)
        assert (sent(desk), len(desk.inbox.held)) == ([], held)


async def test_text_that_means_harm_is_only_text(tmp_path: Path) -> None:
    desk = FakeMilestones(tmp_path)
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await opened(pilot)
        seen = app.milestone_watch.overview
        assert seen is not None
        for text in some(CORPUS.values(), 4):
            app.desk.contacts.last = msgspec.structs.replace(
                app.desk.contacts.last,
                total_expert=tuple(
                    msgspec.structs.replace(one, first_name=text, last_name=text) for one in PEOPLE.values()
                ),
            )
            app.milestone_watch.overview = msgspec.structs.replace(
                seen,
                lines=tuple(
                    msgspec.structs.replace(line, reason=text, application=text, insight_id=text)
                    for line in seen.lines
                ),
            )
            app.milestones_changed()
            for key in ("down", "tab", "down", "a", "escape", "escape"):
                await pilot.press(key)
                await pilot.pause()
                shown(app)
        await app.run_action("app.quit")


def test_every_milestone_has_a_short_name_of_its_own() -> None:
    names = {short(MilestoneLine(each, "", 1.0, MilestoneState.WAITING)) for each in Milestone}
    assert len(names) == len(Milestone)


def test_a_row_of_nobody_has_a_key_of_its_own() -> None:
    one, other = (
        MilestoneLine(Milestone.STARTED, "", 1.0, MilestoneState.WAITING, application=n) for n in "AB"
    )
    assert MilestoneRow(one, "").key != MilestoneRow(other, "").key


@pytest.mark.parametrize("read", [True, False])
async def test_activity_names_the_client_of_a_milestone_and_privacy_hides_it(
    tmp_path: Path, read: bool
) -> None:
    """The names come from the contacts, also from those of an earlier run."""
    desk = FakeMilestones(tmp_path, reads_contacts=read)
    app = fake_app(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.milestone_watch.overview is not None)
        await pilot.press("4")
        await says(pilot, "star Jonathan Ruiz", "star Kate Moss-Lee", "borr Kate Moss-Lee")
        await at_rest(pilot)
        await pilot.press("slash", *"ruiz", "enter")
        await says(pilot, "milestone · Jonathan Ruiz: Started")
        await pilot.press("f6")
        await at_rest(pilot)
        assert "Ruiz" not in shown(app).replace("/ ruiz", "")
