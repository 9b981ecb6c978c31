"""What journeys share: a desk that does not wait half a minute for a system that does not answer."""

from __future__ import annotations

import pytest


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send a request twice, not five times, and ask what became of it twice, not six times: the waits grow."""
    for attempts in ("SENDS_A_RUN", "LOOKS_A_RUN"):
        monkeypatch.setattr(f"core.push.step_runner.{attempts}", 2)
