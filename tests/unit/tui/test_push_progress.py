"""How far a running push is: said once it has run for a second, with its rate and the time left."""

from __future__ import annotations

import msgspec

from core.push.live_push import first_record
from core.push.records import StepRecord
from core.push.states import StepState
from tests.support.fakes import person_step
from tui.activity.progress import Pace


def steps(done: int, total: int = 600) -> list[StepRecord]:
    made = [first_record("P1", n, person_step(f"P-{n}")) for n in range(total)]
    return [msgspec.structs.replace(step, state=StepState.DONE) for step in made[:done]] + made[done:]


def test_a_push_that_has_just_begun_says_nothing() -> None:
    pace = Pace()
    pace.take(steps(0), 100.0)
    pace.take(steps(5), 100.9)
    assert (pace.short, pace.line().plain) == ("", "")


def test_a_push_of_a_minute_says_count_rate_time_left_and_how_to_stop() -> None:
    pace = Pace()
    pace.take(steps(100), 100.0)
    pace.take(steps(200), 160.0)
    assert pace.short == "200 of 600"
    assert pace.line().plain == "200 of 600 steps · 100 a minute · 4 min left   F9 stops all sending"


def test_a_push_that_stands_still_gives_no_time() -> None:
    pace = Pace()
    pace.take(steps(100), 100.0)
    pace.take(steps(100), 160.0)
    assert pace.line().plain.startswith("100 of 600 steps   F9")
