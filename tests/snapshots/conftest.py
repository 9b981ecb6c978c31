"""Pictures are taken of apps that draw every frame."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.frames import all_frames


@pytest.fixture(autouse=True)
def _every_frame_is_drawn() -> Iterator[None]:
    with all_frames():
        yield
