from collections.abc import Callable, Coroutine
from random import Random

from textual.message import Message

from core.automatic.backoff import RetryTimer
from core.errors import DeskError, Unreachable
from tui.milestones.watch import MilestoneWatch
from tui.wiring import Desk


class Host:
    """An app without a screen and without a desk: it notes what the watch asks for."""

    def __init__(self) -> None:
        self.desk: Desk | None = None
        self.titles: dict[str, str] = {}
        self.posted: list[Message] = []
        self.started: list[Coroutine[None, None, None]] = []
        self.intervals: list[float] = []
        self.warnings: list[str] = []
        self.changes = 0

    def post_message(self, message: Message, /) -> bool:
        self.posted.append(message)
        return True

    def run_worker(self, work: Coroutine[None, None, None], /, *, group: str) -> object:
        self.started.append(work)
        return None

    def set_interval(self, interval: float, callback: Callable[[], None], /) -> object:
        self.intervals.append(interval)
        return None

    def run_push(self, push_id: str) -> None:
        raise AssertionError("nothing is due here")

    def warn(self, text: str, *, title: str) -> None:
        self.warnings.append(text)

    def milestones_changed(self) -> None:
        self.changes += 1


class StillClock:
    def now(self) -> float:
        return 1_700_000_000.0


def watch_of(host: Host) -> MilestoneWatch:
    return MilestoneWatch(host, RetryTimer(StillClock(), Random(1)))


DOWN = Unreachable("unreachable", "Total Expert does not answer.")


async def test_the_same_trouble_is_shown_once_and_another_one_again() -> None:
    host = Host()
    watch = watch_of(host)
    watch.failed(DOWN)
    watch.failed(DOWN)
    assert len(host.warnings) == 1
    watch.failed(DeskError("broken-map", "The map is broken."))
    assert len(host.warnings) == 2
    assert host.changes == 3


def test_a_profile_without_milestones_is_never_looked_at() -> None:
    host = Host()
    watch_of(host).begin()
    assert (host.started, host.intervals) == ([], [])


async def test_sending_without_asking_is_off_until_it_is_switched_on_and_shown_at_once() -> None:
    host = Host()
    watch = watch_of(host)
    assert not watch.sends
    watch.start_sending()
    assert (watch.sends, host.changes) == (True, 1)
    watch.stop_sending()
    assert (watch.sends, host.changes) == (False, 2)
    for work in host.started:
        await work
    assert host.posted == []


async def test_after_a_failure_the_next_look_waits_longer_and_longer_and_then_is_made() -> None:
    host = Host()
    timer = RetryTimer(StillClock(), Random(1))
    watch = MilestoneWatch(host, timer)
    looks = 0

    def begin(how: object) -> None:
        nonlocal looks
        looks += 1

    watch._begin_look = begin  # type: ignore[method-assign,assignment]  # what a look does is another test
    watch.look()
    assert (looks, watch.waiting) == (1, None)
    watch.failed(DOWN)
    watch.look()
    assert looks == 1, "it is not due"
    assert watch.waiting is not None
    assert watch.waiting.next_at > StillClock().now()
    timer.succeeded()
    watch.look()
    assert looks == 2


async def test_what_a_person_has_to_mend_is_not_looked_at_again_by_itself() -> None:
    watch = watch_of(Host())
    watch.failed(Unreachable("forbidden", "Total Expert forbids it."))
    before = watch._looking
    watch.look()
    assert (watch._looking, before, watch.waiting) == (False, False, None)
