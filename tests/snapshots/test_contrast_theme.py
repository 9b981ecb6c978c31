"""How four screens look in the theme of high contrast, as pictures next to this test: made by `--snapshot-update`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.snapshots import test_contacts_screens, test_milestones_screens, test_screens
from tests.snapshots.test_screens import NORMAL, Scene, a_desk, painted
from tests.support.fake_contacts import FakeContactDesk
from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.fake_milestones import FakeMilestones
from tui.theme import CONTRAST

SCREENS: dict[str, tuple[Callable[[Path], FakeDesk], Scene]] = {
    "cards": (a_desk, test_screens.SCENES["in-flex"][0]),
    "confirm": (a_desk, test_screens.SCENES["confirm"][0]),
    "contacts": (FakeContactDesk, test_contacts_screens.SCENES["contacts"][0]),
    "milestones": (FakeMilestones, test_milestones_screens.SCENES["milestones"][0]),
}


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_in_the_theme_of_high_contrast(name: str, tmp_path: Path, snap_compare: Any) -> None:
    make, play = SCREENS[name]
    desk = make(tmp_path)
    app = fake_app(desk)
    app.theme = CONTRAST
    assert painted(snap_compare, desk, play, NORMAL, app)
