"""A browser for the tests of the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.chromium import PROGRAM, Chromium


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Chromium]:
    """A headless Chromium of the test's own. Without one the test is skipped."""
    if PROGRAM is None:
        pytest.skip("no Chromium is installed: apt install chromium")
    async with Chromium.running(tmp_path / "browser") as running:
        yield running
