"""How a group of records looks in the Contacts room, at three sizes: made again by `--snapshot-update`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.snapshots.test_screens import EVERY, Scene, painted_at, scene
from tests.support.fake_contacts import FakeContactDesk, FakeContacts, people
from tests.support.groups import books

SCENES: dict[str, tuple[int, Scene]] = {
    "group-of-3": (3, scene("2", "enter")),
    "group-of-4": (4, scene("2", "enter", "right", "t")),
    "group-of-9": (9, scene("2", "enter", "right", "right", "right")),
}
CASES = [pytest.param(name, size, id=f"{name}-{size[0]}x{size[1]}") for name in SCENES for size in EVERY]


@pytest.mark.parametrize(("name", "size"), CASES)
def test_a_group_looks_as_it_did(name: str, size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    records, play = SCENES[name]
    (left, right), (more_left, more_right) = books(records), people()
    more = [*more_left[5:6], *more_left[20:]], [*more_right[5:6], *more_right[20:]]

    def desk() -> FakeContactDesk:
        contacts = FakeContacts(([*left, *more[0]], [*right, *more[1]]))
        contacts.links = ()
        return FakeContactDesk(tmp_path, contacts)

    assert painted_at(snap_compare, name, size, EVERY, desk, play)
