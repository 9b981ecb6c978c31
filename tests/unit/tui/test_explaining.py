"""What `e` says in the Activity room: what is on the screen comes first, in the words of the screen."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from core.error_catalogue import meaning_of
from core.push.activity import Activity
from core.push.plan import Asset
from core.push.records import Push, TrailEvent
from core.push.states import PushState, StepState
from tests.support.book_fakes import a_step
from tui.activity.detail import headline, step_words
from tui.activity.explaining import explain_lines

PUSH = Push("P1", Asset.CARD, "C-1042", "7f3a", PushState.DONE, "m.hale", 0.0, 0.0, 1, about="C-1042")
TRAIL = (TrailEvent(1.0, "intent"), TrailEvent(2.0, "applied"))


@pytest.mark.parametrize(("push_state", "step_state"), list(itertools.product(PushState, StepState)))
def test_the_headline_and_the_step_come_first_in_the_words_of_the_screen(
    push_state: PushState, step_state: StepState
) -> None:
    push = msgspec.structs.replace(PUSH, state=push_state)
    step = msgspec.structs.replace(a_step(0, step_state), trail=TRAIL)
    said = [line.plain for line in explain_lines(Activity(push, (step,)), step, is_open=False)]
    assert said[0].startswith(headline(push, step))
    assert said[1].startswith(f"Step 1: {step_words(step)}")
    for code in ("intent", "applied"):
        assert not any(code in line.split() for line in said), "nothing on the screen is called so"


def test_events_are_explained_once_they_are_on_the_screen_in_their_own_words() -> None:
    step = msgspec.structs.replace(a_step(0, StepState.DONE), trail=TRAIL)
    closed = [line.plain for line in explain_lines(Activity(PUSH, (step,)), step, is_open=False)]
    assert closed[-1].startswith("d shows every event")
    opened = "\n".join(
        line.plain.casefold() for line in explain_lines(Activity(PUSH, (step,)), step, is_open=True)
    )
    for code in ("intent", "applied"):
        assert meaning_of(code).casefold() in opened


def test_a_reason_is_explained_with_what_to_do() -> None:
    push = msgspec.structs.replace(PUSH, state=PushState.REFUSED, reason="plan-changed")
    said = [line.plain for line in explain_lines(Activity(push, ()), None, is_open=False)]
    assert said[0].startswith("Nothing was sent")
    assert any("(plan-changed)" in line for line in said)
