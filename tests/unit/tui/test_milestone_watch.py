from collections.abc import Callable, Coroutine

from textual.message import Message

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


DOWN = Unreachable("down", "Total Expert does not answer.")


def test_the_same_trouble_is_shown_once_and_another_one_again() -> None:
    host = Host()
    watch = MilestoneWatch(host)
    watch.failed(DOWN)
    watch.failed(DOWN)
    assert len(host.warnings) == 1
    watch.failed(DeskError("broken-map", "The map is broken."))
    assert len(host.warnings) == 2
    assert host.changes == 3


def test_a_profile_without_milestones_is_never_looked_at() -> None:
    host = Host()
    MilestoneWatch(host).begin()
    assert (host.started, host.intervals) == ([], [])


async def test_sending_without_asking_is_off_until_it_is_switched_on_and_shown_at_once() -> None:
    host = Host()
    watch = MilestoneWatch(host)
    assert not watch.sends
    watch.start_sending()
    assert (watch.sends, host.changes) == (True, 1)
    watch.stop_sending()
    assert (watch.sends, host.changes) == (False, 2)
    for work in host.started:
        await work
    assert host.posted == []
