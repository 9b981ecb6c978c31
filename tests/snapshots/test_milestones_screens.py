"""How the Milestones room looks, as pictures next to this test: made again by `--snapshot-update`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.milestones.insights import InsightContact
from core.send_hours import SendHours, zone_named
from tests.snapshots.test_screens import EVERY, NORMAL, UNREACHABLE, Scene, painted, painted_at, scene
from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.fake_milestones import FakeMilestones
from tests.support.until import at_rest, says
from tests.unit.core.milestones.milestone_setup import OWNER
from tui.theme import LIGHT


def at(*keys: str) -> Scene:
    """Give a scene of the room, once everything was looked at."""

    async def play(desk: FakeDesk, pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        await says(pilot, "need you")
        await at_rest(pilot)
        await scene(*keys)(desk, pilot)

    return play


SCENES: dict[str, tuple[Scene, tuple[tuple[int, int], ...]]] = {
    "milestones": (at(), EVERY),
    "countdown": (at("slash", "k", "a", "t", "e", "enter", "tab", "G"), EVERY),
    "due": (at("slash", "r", "u", "i", "z", "enter", "tab", "G"), EVERY),
    "sent": (at("slash", "r", "u", "i", "z", "enter", "tab"), EVERY),
    "ask": (at("slash", "r", "u", "i", "z", "enter", "tab", "G", "y"), EVERY),
    "skip": (at("tab", "G", "s"), EVERY),
    "paused": (at("p"), EVERY),
    "by-itself": (at("b"), EVERY),
    "skipped": (at("G"), EVERY),
}
AT_SIZES = pytest.mark.parametrize("size", EVERY, ids=lambda size: f"{size[0]}x{size[1]}")
CASES = [
    pytest.param(name, size, id=f"{name}-{size[0]}x{size[1]}")
    for name, (_, sizes) in SCENES.items()
    for size in sizes
]


@pytest.mark.parametrize(("name", "size"), CASES)
def test_the_milestones_look_as_they_did(
    name: str, size: tuple[int, int], tmp_path: Path, snap_compare: Any
) -> None:
    play, sizes = SCENES[name]
    assert painted_at(snap_compare, f"milestones {name}", size, sizes, lambda: FakeMilestones(tmp_path), play)


OPTED_OUT = {
    "SN-4": InsightContact(
        "TE-4",
        OWNER,
        "contact TE-4: email no, calls yes, mail yes, silenced",
        "no email (contact TE-4), silenced (contact TE-4)",
        "silenced (contact TE-4)",
    ),
    "SN-2": InsightContact("TE-2", OWNER, "contact TE-2: email no", "no email (contact TE-2)", "", "NY"),
}
AT_SIX = {"SN-2": InsightContact("TE-2", OWNER, state="CA")}
HOURS = SendHours(8, 20, zone_named("UTC"))
WISHES: dict[str, tuple[str, ...]] = {
    "opted-out": ("slash", "l", "u", "i", "s", "enter", "tab"),
    "hours": ("slash", "r", "u", "i", "z", "enter", "tab", "G"),
    "ask-opted-out": ("slash", "r", "u", "i", "z", "enter", "tab", "G", "y"),
}


@AT_SIZES
@pytest.mark.parametrize("name", WISHES)
def test_opt_outs_and_hours_are_shown(
    name: str, size: tuple[int, int], tmp_path: Path, snap_compare: Any
) -> None:
    def make() -> FakeDesk:
        return FakeMilestones(tmp_path, wishes=AT_SIX if name == "hours" else OPTED_OUT, hours=HOURS)

    assert painted_at(snap_compare, f"wishes {name}", size, EVERY, make, at(*WISHES[name]))


async def empty(_: FakeDesk, pilot: Pilot[Any]) -> None:
    await pilot.press("3")
    await says(pilot, "No milestones yet")


@AT_SIZES
def test_nothing_happened_yet(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    make = partial(FakeMilestones, tmp_path, happened=False)
    assert painted_at(snap_compare, "no milestones", size, EVERY, make, empty)


async def unread(_: FakeDesk, pilot: Pilot[Any]) -> None:
    await pilot.press("3")
    await says(pilot, "does not answer")
    await at_rest(pilot)


@AT_SIZES
def test_milestones_that_can_not_be_read(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    async def failing() -> dict[str, Any]:
        raise UNREACHABLE

    def make() -> FakeDesk:
        desk = FakeMilestones(tmp_path, happened=False)
        desk.remote.insight_types = failing
        return desk

    assert painted_at(snap_compare, "milestones failing", size, EVERY, make, unread)


@AT_SIZES
def test_a_profile_without_contact_systems(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    make = partial(FakeDesk, tmp_path)
    assert painted_at(snap_compare, "milestones of no systems", size, EVERY, make, scene("3"))


def test_milestones_in_the_light_theme(tmp_path: Path, snap_compare: Any) -> None:
    desk = FakeMilestones(tmp_path)
    app = fake_app(desk)
    app.theme = LIGHT
    assert painted(snap_compare, desk, at(), NORMAL, app)


def test_milestones_without_colours(
    tmp_path: Path, snap_compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert painted(snap_compare, FakeMilestones(tmp_path), at(), NORMAL)
