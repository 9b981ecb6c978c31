"""A push of many steps changes more often than a screen can show: its rooms hear of it a few times a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from core.push.live_push import first_record
from core.push.plan import Asset
from core.push.records import Push, StepRecord
from core.push.states import PushState, StepState
from data.settings import load_settings
from tests.support.fakes import person_step
from tui.app import DeskApp
from tui.messages import PushChanged
from tui.sending.pushes import MANY_STEPS


class HeardApp(DeskApp):
    """Notes what its rooms would hear, and what it would do later."""

    def __init__(self, home: Path) -> None:
        super().__init__(load_settings(home, None))
        self.heard: list[PushChanged] = []
        self.later: list[Callable[[], Any]] = []

    def post_message(self, message: Any) -> bool:
        """Note a change of a push."""
        if isinstance(message, PushChanged):
            self.heard.append(message)
        return True

    def set_timer(self, delay: float, callback: Any = None, **_: Any) -> Any:
        """Note what is to be done later."""
        self.later.append(callback)


def push_of(number: int, state: PushState) -> tuple[Push, list[StepRecord]]:
    steps = [first_record("P1", n, person_step(f"P-{n}")) for n in range(number)]
    return Push("P1", Asset.SYNC, "sync", "7f3a9c1e", state, "m.hale", 0.0, 0.0, number), steps


def test_a_short_push_is_shown_at_each_change(tmp_path: Path) -> None:
    app = HeardApp(tmp_path)
    push, steps = push_of(MANY_STEPS, PushState.RUNNING)
    for _ in range(3):
        app.pushes.heard(push, steps)
    assert (len(app.heard), app.later) == (3, [])


def test_a_long_push_is_shown_once_for_many_changes_and_then_as_it_is(tmp_path: Path) -> None:
    app = HeardApp(tmp_path)
    push, steps = push_of(MANY_STEPS + 1, PushState.RUNNING)
    for n in range(3):
        steps[n] = msgspec.structs.replace(steps[n], state=StepState.DONE)
        app.pushes.heard(push, steps)
    assert app.heard == []
    (show,) = app.later
    show()
    (shown,) = app.heard
    assert [step.state for step in shown.steps].count(StepState.DONE) == 3
    app.pushes.heard(push, steps)
    assert len(app.later) == 2


def test_the_end_of_a_long_push_is_shown_at_once_and_nothing_older_after_it(tmp_path: Path) -> None:
    app = HeardApp(tmp_path)
    push, steps = push_of(MANY_STEPS + 1, PushState.RUNNING)
    app.pushes.heard(push, steps)
    app.pushes.heard(msgspec.structs.replace(push, state=PushState.DONE), steps)
    for show in app.later:
        show()
    assert [message.push.state for message in app.heard] == [PushState.DONE]


def test_what_a_room_was_shown_stays_as_it_was() -> None:
    push, steps = push_of(2, PushState.RUNNING)
    message = PushChanged(push, steps)
    before = message.steps
    steps[0] = msgspec.structs.replace(steps[0], state=StepState.DONE)
    assert message.steps == before
    assert before[0].state is StepState.READY
