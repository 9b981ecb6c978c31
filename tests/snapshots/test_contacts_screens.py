"""How the Contacts room looks, at three sizes, as pictures next to this test: made again by `--snapshot-update`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.local_forms import Country, DeskTime
from tests.snapshots.test_screens import EVERY, NARROW, NORMAL, UNREACHABLE, Scene, painted, painted_at, scene
from tests.support.fake_contacts import FakeContactDesk
from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.until import at_rest, says
from tui.theme import LIGHT

PAIR = scene("2", "down")
"""Katherine Moss and Kate Moss-Lee."""


async def alike(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await scene("2", "v", "v")(desk, pilot)
    await pilot.press("equals_sign")
    await says(pilot, "What is true of all 3?")
    await pilot.press("down", "enter")
    await says(pilot, "3 alike")


SCENES: dict[str, tuple[Scene, tuple[tuple[int, int], ...]]] = {
    "contacts": (PAIR, EVERY),
    "bits": (scene("2", "down", "w"), EVERY),
    "list": (scene("2", "down", "f"), (NARROW,)),
    "blind": (scene("2", "b", "down"), EVERY),
    "decided": (scene("2", "d", "s", "h", "l"), EVERY),
    "overwrite": (scene("2"), EVERY),
    "household": (scene("2", "v", "v", "enter"), EVERY),
    "hold": (scene("2", "G", "right"), EVERY),
    "links": (scene("2", "v", "v", "v", "v", "v", "enter"), EVERY),
    "told": (scene("2", "d", "up"), EVERY),
    "filter": (scene("2", "slash", "r", "u", "i", "z"), EVERY),
    "alike": (alike, EVERY),
}
AT_SIZES = pytest.mark.parametrize("size", EVERY, ids=lambda size: f"{size[0]}x{size[1]}")
CASES = [
    pytest.param(name, size, id=f"{name}-{size[0]}x{size[1]}")
    for name, (_, sizes) in SCENES.items()
    for size in sizes
]


@pytest.mark.parametrize(("name", "size"), CASES)
def test_the_contacts_look_as_they_did(
    name: str, size: tuple[int, int], tmp_path: Path, snap_compare: Any
) -> None:
    play, sizes = SCENES[name]
    if name == "alike":  # its list scrolls on a small screen and stays scrolled on a larger one
        sizes = (size,)
        name += f" {size}"
    assert painted_at(snap_compare, f"contacts {name}", size, sizes, lambda: FakeContactDesk(tmp_path), play)


async def reading(_: FakeDesk, pilot: Pilot[Any]) -> None:
    await pilot.press("2")
    await says(pilot, "Reading both systems", "Total Expert 300")


async def failing(_: FakeDesk, pilot: Pilot[Any]) -> None:
    await pilot.press("2")
    await says(pilot, "does not answer")
    await at_rest(pilot)


def slow_systems(folder: Path) -> FakeDesk:
    desk = FakeContactDesk(folder)
    desk.contacts.may_answer.clear()
    return desk


def failing_systems(folder: Path) -> FakeDesk:
    desk = FakeContactDesk(folder)
    desk.contacts.trouble = UNREACHABLE
    return desk


@AT_SIZES
def test_contacts_that_are_still_read(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    # each size has its own app: resizing one would wait until nothing is read any more
    assert painted(snap_compare, slow_systems(tmp_path), reading, size)


@AT_SIZES
def test_contacts_that_can_not_be_read(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    make = partial(failing_systems, tmp_path)
    assert painted_at(snap_compare, "contacts failing", size, EVERY, make, failing)


@AT_SIZES
def test_a_profile_without_contact_systems(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    make = partial(FakeDesk, tmp_path)
    assert painted_at(snap_compare, "no contacts", size, EVERY, make, scene("2"))


@AT_SIZES
@pytest.mark.parametrize("name", ["contacts", "hold"])
def test_contacts_of_a_desk_in_the_usa(
    name: str, size: tuple[int, int], tmp_path: Path, snap_compare: Any
) -> None:
    desk = FakeContactDesk(tmp_path)
    app = fake_app(desk)
    app.local = DeskTime(app.local.zone, Country.US)
    assert painted(snap_compare, desk, SCENES[name][0], size, app)


def test_contacts_without_colours(tmp_path: Path, snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert painted(snap_compare, FakeContactDesk(tmp_path), PAIR, NORMAL)


def test_contacts_in_the_light_theme(tmp_path: Path, snap_compare: Any) -> None:
    desk = FakeContactDesk(tmp_path)
    app = fake_app(desk)
    app.theme = LIGHT
    assert painted(snap_compare, desk, PAIR, NORMAL, app)
