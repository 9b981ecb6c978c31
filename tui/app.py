"""The app: it opens the desk, runs every push and shows the rooms. A push never belongs to a screen."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, ClassVar, Protocol

import msgspec
from textual import events, on, work
from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver
from textual.notifications import Notify
from textual.worker import Worker, WorkerFailed

from core.errors import BookClosed, DeskError
from tui.actions import bindings_for, validate_keymap, why_not
from tui.messages import DeskFailed, DeskOpened, PushChanged
from tui.milestones.messages import MilestonesFailed, MilestonesSeen
from tui.room import ROOMS, HearsPushes, Room
from tui.text import notify, plain, safe_text
from tui.theme import VARIABLE, first_theme, register_themes, variable_defaults
from tui.widgets.answer_bar import GRACE
from tui.widgets.row_list import RowList
from tui.widgets.top_bar import Light, TopBar
from tui.wiring.clock import desk_time
from tui.wiring.profile import screen_choices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from textual.filter import LineFilter

    from core.automatic.backoff import WaitingSend
    from core.automatic.records import BrakedRound
    from core.contacts.match.snapshot import MatchSnapshot
    from core.contacts.model import Verdict
    from core.contacts.review.queue import Cost
    from core.contacts.sync.auto_push import AutoPushEvent
    from core.flex.field_map.model import FieldMap
    from core.flex.plans.preview import Preview
    from core.local_forms import DeskTime
    from core.overview.model import CardsKnown
    from core.push.caretaker import CareEvent
    from core.push.live_push import Listener
    from core.push.plan import System
    from core.push.records import Push, StepRecord
    from core.receipts.keeper import ReceiptOutcome
    from core.stop import Stop
    from data.book.stop_file import StopFile
    from data.settings import Settings
    from tui.attention.attention import Attention
    from tui.clipboard import Clipboard
    from tui.eyes.eyes import EyesNearby
    from tui.eyes.idle import IdleGuard
    from tui.lists.controller import ListController
    from tui.milestones.watch import MilestoneWatch
    from tui.palette.entries import PaletteEntry
    from tui.reconciliation.rows import Place
    from tui.tour.tour import Tour
    from tui.wiring import Desk
    from tui.wiring.profile import ScreenChoices

    class Opener(Protocol):
        """Opens a desk for the app, as `tui.wiring.open_desk` does."""

        def __call__(
            self, settings: Settings, *, write: bool, listen: Listener
        ) -> AbstractAsyncContextManager[Desk]:
            """Open a desk. The app shows the `DeskError` that this raises."""


QUIT_PATIENCE = 10.0
"""Seconds that leaving waits for the step in flight."""
LEAVING = "leaving"
"""The group of the workers that end the app."""
STOP_EVERY = 5.0
"""Seconds after which the app looks whether somebody else has stopped all sending, or let it go on."""
LOOK_EVERY = 15.0
"""Seconds after which the header shows again how old the last answer of each system is."""
SHOW_EVERY = 0.25
"""Seconds after which a running push of many steps is shown again."""
MANY_STEPS = 100
"""A push with more steps changes more often than anybody can see, and takes long to show."""
KEEP_EVERY = 600.0
"""Seconds after which the app writes down again what has changed at the vendors."""


class _AppClock:
    """The app's clock, as core takes it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        """Returns seconds since 1970, UTC."""


def _collect_from_now_on() -> None:
    """Collect garbage again, if the start had switched that off. What the start loaded is not looked at: it stays."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _room_class(room: str) -> type[Room]:
    """Import a room and return its class. A room that is not shown is never imported."""
    match room:
        case "overview":
            from tui.overview.screen import OverviewScreen

            return OverviewScreen
        case "cards":
            from tui.cards.screen import CardsScreen

            return CardsScreen
        case "contacts":
            from tui.contacts.screen import ContactsScreen

            return ContactsScreen
        case "milestones":
            from tui.milestones.screen import MilestonesScreen

            return MilestonesScreen
        case "activity":
            from tui.activity.screen import ActivityScreen

            return ActivityScreen
        case _:
            raise ValueError(f"there is no room {room!r}")


class DeskApp(App[str]):
    """brokerdesk on a terminal. `run` returns what is left to say after the screen is gone."""

    TITLE = "brokerdesk"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("app")]
    ENABLE_COMMAND_PALETTE = False
    """Ours is another one: `action_palette`."""

    def __init__(
        self,
        settings: Settings,
        *,
        local: DeskTime | None = None,
        clock: Callable[[], float] = time.time,
        grace: float = GRACE,
        opener: Opener | None = None,
        clipboard: Clipboard | None = None,
    ) -> None:
        first = "cards" if settings.has_cards else "contacts"
        self.DEFAULT_MODE = first  # type: ignore[misc] # a class variable, which Textual reads from the instance
        # The first room's style sheet is read with the app's: each further one is a pass over the whole screen.
        super().__init__(css_path=[self.CSS_PATH, f"{first}/screen.tcss"])
        for name in ROOMS:
            self.add_mode(name, partial(self._room, name))
        self._opener = opener
        self._copies_to = clipboard
        self.settings = settings
        self._screen_file = screen_choices(settings)
        self.screen_choices = self._screen_file.read()
        """What a person chose about the screen."""
        self._theme_choice = first_theme(
            (
                (VARIABLE, os.environ.get(VARIABLE, "")),
                ("screen.json", self.screen_choices.theme_for(settings.profile.theme)),
                (f"theme in the profile “{settings.name}”", settings.profile.theme),
            )
        )
        self._begin_with_theme(self._theme_choice.name)
        self.local = local or desk_time(settings)
        """The desk's time: its zone, with the forms of its country."""
        self._clock = clock
        self.titles: dict[str, str] = {}
        """The cards' titles by id, as they were read from the board; the journal holds no names."""
        self.grace = grace
        self.desk: Desk | None = None
        self.trouble: DeskError | None = None
        self._milestone_watch: MilestoneWatch | None = None
        self._rooms: dict[str, Room] = {}
        self.begins_anew = False
        """True after the app has ended because a person wants to reset the sandbox."""
        self.failure: BaseException | None = None
        """The error that ended the app; None after an orderly end."""
        self._leaving = asyncio.Event()
        self._is_leaving = False
        self._keeper: Worker[None] | None = None
        self._lights: dict[str, Light] = {}
        self._to_show: set[str] = set()
        """The ids of running pushes of many steps that changed since they were shown."""
        self.tour: Tour | None = None
        """The tour that runs or is offered; None if there is none."""
        self._eyes: EyesNearby | None = None
        self._idle_guard: IdleGuard | None = None
        self._differences = 0
        """How many differences the last reconciliation found."""
        self._watch_died = 0.0
        """When a watch that died gave its last sign of life, in seconds since 1970; 0 if none died."""
        self._braked: list[BrakedRound] = []
        """The rounds of automatic work that wait for a person's word, as they were seen last."""
        self.stop: Stop | None = None
        """The stop of all sending, as it was seen last."""
        self._attention: Attention | None = None
        self._own_keys = validate_keymap(settings.profile.keys)

    @property
    def live(self) -> bool:
        """True if pushes go to live systems."""
        return self.settings.profile.live

    @property
    def milestone_watch(self) -> MilestoneWatch:
        """The watch over the milestones, for every room."""
        if self._milestone_watch is None:
            from random import SystemRandom

            from core.automatic.backoff import RetryTimer
            from tui.milestones.watch import MilestoneWatch

            timer = RetryTimer(_AppClock(self._clock), SystemRandom())
            self._milestone_watch = MilestoneWatch(self, timer)
        return self._milestone_watch

    @property
    def attention(self) -> Attention:
        """What asks for a person, for every room: counts, notices, long work."""
        if self._attention is None:
            from tui.attention.attention import Attention

            self._attention = Attention(self, self.settings.profile.notices, self._clock)
        return self._attention

    @property
    def copies_to(self) -> Clipboard:
        """The clipboard to which the desk copies: the browser's, or the operating system's, or the terminal's."""
        if self._copies_to is None:
            from tui.wiring.clipboard import browser_clipboard, find_clipboard

            find = browser_clipboard if self.is_web else find_clipboard
            self._copies_to = find(self.to_terminal)
        return self._copies_to

    def to_terminal(self, sequence: str) -> None:
        """Write a control sequence to the terminal, also after the screen is gone."""
        from tui.clipboard import send

        terminal = self._driver if self.is_running else sys.__stdout__
        if terminal is not None:
            send(terminal, sequence)

    @work(exclusive=True, group="copy")
    async def copy_text(self, text: str, what: str) -> None:
        """Copy a text, and say how far it came. `what` names it."""
        reached = await asyncio.to_thread(self.copies_to.copy, text)
        notify(self, f"{what}: {reached.value}")

    def clear_clipboard(self) -> None:
        """Overwrite what was copied for now, if it is still there. Blocks for a moment."""
        if self._copies_to is not None:
            self._copies_to.clear()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our own colours, for themes that lack them."""
        return variable_defaults(self.current_theme)

    def _begin_with_theme(self, theme: str) -> None:
        """Take a theme before anything is styled. Setting `theme` would style the first screen once more."""
        register_themes(self)
        self.set_reactive(DeskApp.theme, theme)
        self.add_class(f"-theme-{theme}", update=False)
        self.set_class(self.current_theme.dark, "-dark-mode", update=False)
        self.set_class(not self.current_theme.dark, "-light-mode", update=False)
        self._refresh_truecolor_filter(self.ansi_theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def on_load(self) -> None:
        """Let a task begin when its turn comes, as on Python 3.11.

        From Python 3.12 on, Textual 8.2.8 lets a task begin at once. The filter of the first room then asks for the
        app's screen before the app has one, and the app ends.
        """
        asyncio.get_running_loop().set_task_factory(None)

    def on_mount(self) -> None:
        """Open the desk once the first room is painted."""
        self.set_keymap(self._own_keys.keys)
        self.call_after_refresh(self._open_desk)
        self._handle_signals()
        self.set_interval(STOP_EVERY, self._look_at_stop)
        self.call_after_refresh(self._look_at_stop)
        for problem in self._own_keys.problems:
            notify(self, problem, title="Keys", severity="warning")
        for problem in self._theme_choice.problems:
            notify(self, problem, title="Theme", severity="warning")

    def get_driver_class(self) -> type[Driver]:
        """Return the driver: on Linux and macOS one that ends the app when the terminal goes away."""
        driver = super().get_driver_class()
        if driver.__name__ != "LinuxDriver":
            return driver
        from tui.lasting_driver import LastingDriver

        return LastingDriver

    def _handle_signals(self) -> None:
        """End in order when the system says so or the terminal is gone. Textual itself would close nothing."""
        if self.is_headless or threading.current_thread() is not threading.main_thread():
            return
        from tui.wiring.platform.signals import END, HANG_UP, obey

        obey(dict.fromkeys((*END, *HANG_UP), partial(self.call_later, self.action_quit)))
        self.set_interval(STOP_EVERY, self._look_at_terminal)

    async def _look_at_terminal(self) -> None:
        """End in order once the terminal is gone: nobody would see the app, and it would keep the book."""
        if getattr(self._driver, "is_lost", False):
            await self.action_quit()

    def _room(self, name: str) -> Room:
        room = _room_class(name)()
        room.begin(self)
        self.call_after_refresh(self._introduce, name, room)
        return room

    def _introduce(self, name: str, room: Room) -> None:
        """Tell a new room what the other rooms already know. It hears everything later together with them."""
        self._rooms[name] = room
        for rows in room.query(RowList):
            rows.show_columns(self.screen_choices.columns.get(rows.id or "", ()))
        self._show_badge()
        if self.desk is not None:
            room.desk_opened(self.desk)
        elif self.trouble is not None:
            room.desk_failed(self.trouble)

    # -- the desk --------------------------------------------------------------------------------------

    def _open_desk(self) -> None:
        """Open the desk once the first screen is painted."""
        if not self._leaving.is_set():
            self._keeper = self._keep_desk()

    def open_desk_again(self) -> None:
        """Open the desk once more, because what kept it from opening may be gone."""
        self.trouble = None
        self._open_desk()

    @work(exclusive=True, group="desk")
    async def _keep_desk(self) -> None:
        """Keep the desk open until the app ends, then close it in order."""
        opener = self._opener
        if opener is None:
            opener = await asyncio.to_thread(self._find_opener)
        try:
            async with opener(self.settings, write=True, listen=self._heard) as desk:
                self.post_message(DeskOpened(desk))
                await self._leaving.wait()
        except DeskError as error:
            self.post_message(DeskFailed(error))

    def _find_opener(self) -> Opener:
        """Import what opens the desk. Blocks, so it runs in a thread: keys are answered meanwhile."""
        from tui.wiring.systems import begin

        begin(self.settings)
        from tui.wiring.desk import open_desk

        return open_desk

    def _heard(self, push: Push, steps: Sequence[StepRecord]) -> None:
        """Pass a change of a push on to the rooms."""
        from core.push.states import PushState

        if len(steps) <= MANY_STEPS or push.state is not PushState.RUNNING:
            self._to_show.discard(push.push_id)
            self.post_message(PushChanged(push, steps))
        elif push.push_id not in self._to_show:
            self._to_show.add(push.push_id)
            self.set_timer(SHOW_EVERY, partial(self._show_long_push, push, steps))

    def _show_long_push(self, push: Push, steps: Sequence[StepRecord]) -> None:
        """Show how far a push of many steps is, unless its end was shown meanwhile."""
        if push.push_id in self._to_show:
            self._to_show.discard(push.push_id)
            self.post_message(PushChanged(push, steps))

    def _receipt(self, outcome: ReceiptOutcome) -> None:
        """Say it if a value that was sent did not arrive as it was sent, or if a receipt can't be written."""
        from core.receipts.model import Arrival

        if isinstance(outcome, DeskError):
            notify(self, f"{outcome.message}\n{outcome.fix}", title="No receipt yet", severity="warning")
        elif outcome is not None and (differs := outcome.record.counts.get(Arrival.DIFFERS, 0)):
            values = "value differs" if differs == 1 else "values differ"
            notify(
                self,
                f"{differs} {values} from what was sent. Look at the receipt in Activity (4, then p).",
                title=f"Receipt {outcome.record.number}",
                severity="warning",
            )

    @on(DeskOpened)
    def _desk_opened(self, event: DeskOpened) -> None:
        _collect_from_now_on()
        self.desk = event.desk
        if event.desk.keeper is not None:
            event.desk.keeper.tell = self._receipt
        for room in self._rooms.values():
            room.desk_opened(event.desk)
        for notice in event.desk.book.notices:
            notify(self, notice, title="The book", severity="warning")
        if event.desk.book.read_only is not None:
            notify(
                self, event.desk.book.read_only.message, title="Reading only", severity="warning", seconds=15
            )
        self._show_badge()
        self.attention.opened(event.desk)
        self.look_at_systems()
        self.set_interval(LOOK_EVERY, self._age_lights)
        self.set_interval(LOOK_EVERY, self._look_at_watch)
        self.set_interval(KEEP_EVERY, self._keep_changes)
        self.set_interval(LOOK_EVERY, self.look_at_differences)
        self._look_at_watch()
        self.look_at_differences()
        self._take_up()
        self._try_again()
        self._push_new_users()
        self.milestone_watch.begin()
        self._follow_sandbox()
        self._offer_tour()
        if self.settings.profile.lock_after:
            self.set_interval(LOOK_EVERY, self.idle_guard.look)

    @work(group="sandbox", exclusive=True)
    async def _follow_sandbox(self) -> None:
        """Look at the milestones whenever something happened in the built-in sandbox."""
        if self.desk is not None and self.desk.practice is not None:
            async for _ in self.desk.practice.run():
                self.milestone_watch.read()

    @on(DeskFailed)
    def _desk_failed(self, event: DeskFailed) -> None:
        _collect_from_now_on()
        self.trouble = event.error
        for room in self._rooms.values():
            room.desk_failed(event.error)

    @work(group="systems", exclusive=True)
    async def look_at_systems(self) -> None:
        """Ask each system whether it answers, and show the result in the top bar."""
        desk = self.desk
        if desk is None:
            return
        for system in desk.wires:
            self._light(system, "asking")
        for system in desk.wires:
            self._light(system, "up" if await desk.answers(system) else "down")

    def _light(self, system: System, state: str, age: float = 0.0) -> None:
        self._lights = {**self._lights, system.value: Light(state, minutes=int(age // 60))}
        self._show_badge()

    def _age_lights(self) -> None:
        """Show how the last request to each system ended, and how long ago."""
        if self.desk is None:
            return
        for system in self.desk.wires:
            last = self.desk.last_answer(system)
            asking = self._lights.get(system.value, Light("")).state == "asking"
            if last is not None and not asking:
                works, age = last
                self._light(system, "up" if works else "down", age)

    def _show_badge(self) -> None:
        for room in self._rooms.values():
            for bar in room.query(TopBar):
                self.show_badge(bar)

    def show_badge(self, bar: TopBar) -> None:
        """Show in a top bar what the app knows now."""
        word = "LIVE" if self.live else "SANDBOX"
        name = (
            ""
            if self.settings.embedded
            else f" {safe_text(self.settings.profile.label or self.settings.name)}"
        )
        read_only = self.desk is not None and self.desk.book.read_only is not None
        sends = " · sending" if self._sends and self.stop is None else ""
        bar.badge = (
            f"{word}{name}{' · reading only' if read_only else sends}"
            f"{self._badge_of_differences()}{self._badge_of_watch()}{self._badge_of_waiting()}"
        )
        bar.waits = self.held_back
        bar.live = self.live
        bar.stopped = self.stop is not None
        bar.lights = self._lights
        bar.counts = self._attention.counts if self._attention is not None else {}

    def attention_changed(self) -> None:
        """Show the counts of what needs a person."""
        self._show_badge()

    @on(Notify)
    def _notified(self, event: Notify) -> None:
        """Tell whoever does not look at the app that it shows a warning."""
        if event.notification.severity != "information" and self._attention is not None:
            self._attention.warned()

    @property
    def _sends(self) -> bool:
        """True while the watch over the milestones sends what is due."""
        return self._milestone_watch is not None and self._milestone_watch.sends

    async def _look_at_brake(self) -> None:
        """Show in the header what waits for a person's word. A closed book shows nothing new."""
        if self.desk is None or self.desk.brake is None:
            return
        with suppress(DeskError):
            braked = await self.desk.brake.waiting()
            if braked != self._braked:
                self._braked = braked
                self._show_badge()

    def _badge_of_waiting(self) -> str:
        """Return how many sends wait for a next try, and when the next of them is; "" if there is none.

        While sending is stopped there is no next try.
        """
        waiting = self.waiting()
        if not waiting:
            return ""
        verb = "waits" if len(waiting) == 1 else "wait"
        after = f", next {self.local.clock(waiting[0].next_at)}" if self.stop is None else ""
        return f" · {len(waiting)} {verb}{after}"

    def _badge_of_differences(self) -> str:
        """Return how many differences wait for a person, "" if there is none."""
        return f" ≠{self._differences:,}" if self._differences else ""

    def _badge_of_watch(self) -> str:
        """Return since when a watch that nobody ended gives no sign of life, "" if there is none."""
        if not self._watch_died:
            return ""
        return f" · no watch since {self.local.clock_or_day(self._watch_died, self._clock())}"

    @work(group="keep-changes", exclusive=True)
    async def _keep_changes(self) -> None:
        """Write down what has changed at the vendors."""
        if self.desk is not None:
            with suppress(BookClosed):
                await self.desk.keep_changes()

    @work(group="watch", exclusive=True)
    async def _look_at_watch(self) -> None:
        """Show in the header whether a watch that was started has died, and what waits for a person's word."""
        from core.automatic.watch_status import is_dead
        from tui.wiring.book import watch_file

        await self._look_at_brake()
        status = await asyncio.to_thread(watch_file(self.settings).read)
        died = status.alive_at if status is not None and is_dead(status, self._clock()) else 0.0
        if died != self._watch_died:
            self._watch_died = died
            self._show_badge()

    def waiting(self) -> list[WaitingSend]:
        """Return what waits and is tried again by itself, the next one first."""
        if self.desk is None:
            return []
        pushes = self.desk.resumption.waiting() if self.desk.resumption is not None else []
        users = self.desk.auto_push.waiting if self.desk.auto_push is not None else None
        others = [waiting for waiting in (users, self.milestone_watch.waiting) if waiting is not None]
        return sorted([*pushes, *others], key=lambda waiting: waiting.next_at)

    def now(self) -> datetime:
        """Return the local time."""
        return self.local(self._clock())

    def warn(self, text: str, *, title: str) -> None:
        """Show a warning over whatever is on the screen."""
        notify(self, text, title=title, severity="warning")

    def settle_memory(self) -> None:
        """Exclude what is loaded from garbage collection: it stays, and scanning it again would delay keys."""
        gc.collect()
        gc.freeze()

    # -- pushes ----------------------------------------------------------------------------------------

    async def send(self, preview: Preview) -> Push | None:
        """Begin the push that a person confirmed. Return None, and show why, if it can't begin."""
        desk = self.desk
        if desk is None:
            return None
        try:
            push = await desk.flex.confirm(preview, desk.can_push)
        except DeskError as error:
            notify(self, f"{error.message}\n{error.fix}", title="Not pushed", severity="error")
            return None
        self._run(push.push_id)
        return push

    def use_map(self, field_map: FieldMap) -> None:
        """Use another field map from now on. If a broken map kept the desk from opening, open it now."""
        if self.desk is not None:
            self.desk.flex.field_map = field_map
            for room in self._rooms.values():
                room.map_changed()
        elif self.trouble is not None and self.trouble.code in ("broken-map", "no-map"):
            self.trouble = None
            self._keeper = self._keep_desk()

    def resume(self, push_id: str) -> None:
        """Continue a paused push. A person asked for it, so its connections are tried again at once."""
        if self.desk is not None and self.desk.engine is not None:
            for breaker in self.desk.engine.breakers.values():
                breaker.reset()
            self._run(push_id)
            self._push_new_users()
            self.look_at_systems()

    def run_push(self, push_id: str) -> None:
        """Run a push that was begun, whichever screen is shown."""
        self._run(push_id)

    def _run(self, push_id: str) -> None:
        desk = self.desk
        if desk is not None and desk.engine is not None:
            desk.engine.run(push_id).add_done_callback(self._ran)

    def _ran(self, task: asyncio.Task[Push]) -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, DeskError):
            notify(
                self,
                f"{error.message}\n{error.fix}",
                title="Sending has stopped",
                severity="error",
                seconds=30,
            )
        else:
            raise error

    @work(group="take-up", exclusive=True)
    async def _take_up(self) -> None:
        """Show what the caretaker does for as long as the app is open."""
        if self.desk is None or self.desk.caretaker is None:
            return
        async for event in self.desk.caretaker.run():
            self._show_care(event)

    def _show_care(self, event: CareEvent) -> None:
        from core.push.caretaker import (
            CareStopped,
            GoingOn,
            NeedsPerson,
            SecondRecord,
        )

        match event:
            case GoingOn(push=push, run=run):
                notify(self, f"Going on with {push.asset} {push.subject}.")
                run.add_done_callback(self._ran)
            case NeedsPerson(push=push, run=run):
                notify(self, f"The {push.asset} {push.subject} needs you: see Activity (4).")
                run.add_done_callback(self._ran)
            case SecondRecord(step=step):
                notify(
                    self,
                    f"{step.operation} {step.entity} {step.local_id} is there twice: {', '.join(step.candidates)}.",
                    title="A second record turned up",
                    severity="error",
                    seconds=60,
                )
            case CareStopped(error=error):
                notify(self, f"{error.message}\n{error.fix}", title="The book", severity="error")

    @work(group="try-again", exclusive=True)
    async def _try_again(self) -> None:
        """Go on by itself with what a failed connection has paused, and say so."""
        from core.automatic.resumption import PausedPush, TriedAgain
        from tui.words.waiting import waiting_sentence

        desk = self.desk
        if desk is None or desk.resumption is None or desk.engine is None:
            return
        async for event in desk.resumption.run(desk.engine):
            match event:
                case PausedPush(waiting=waiting):
                    if waiting.failures == 1:
                        notify(self, waiting_sentence(waiting, self.local), title="Waits", severity="warning")
                case TriedAgain(run=run):
                    run.add_done_callback(self._ran)
            self._show_badge()

    @work(group="auto-push", exclusive=True)
    async def _push_new_users(self) -> None:
        """Push new users that need no decision every few minutes, in a profile with `auto_push`."""
        if self.desk is None or self.desk.auto_push is None:
            return
        async for event in self.desk.auto_push.run():
            self._show_new_users(event)
            self._show_badge()

    def _show_new_users(self, event: AutoPushEvent) -> None:
        from core.contacts.sync.auto_push import (
            NewUsersAfterFirstSync,
            NewUsersAsked,
            NewUsersBegun,
            NewUsersNeedPerson,
            NewUsersNeedWord,
            NewUsersStopped,
            NewUsersWait,
        )
        from tui.milestones.watch import LOOK_AT_IT
        from tui.words.waiting import waiting_sentence

        match event:
            case NewUsersAfterFirstSync():
                said = "New users are pushed automatically after the first sync, which you confirm in Contacts (a)."
                notify(self, said, title="New users")
            case NewUsersAsked(number=number):
                self._ask_about_new_users(number)
            case NewUsersBegun(push=push):
                users = "user" if push.size == 1 else "users"
                notify(self, f"{push.size} new {users} on the way to Total Expert.", title="New users")
                self._run(push.push_id)
            case NewUsersWait(error=error, waiting=waiting):
                said = f"{error.message}\n{waiting_sentence(waiting, self.local)}"
                notify(self, said, title="New users", severity="warning")
            case NewUsersNeedPerson():
                said = "New users wait: the sync before them needs you, in Activity (4)."
                notify(self, said, title="New users", severity="warning")
            case NewUsersNeedWord(error=error):
                said = LOOK_AT_IT if error.code == "many-at-once" else error.fix
                notify(
                    self, f"{error.message}\n{said}", title="New users wait for your word", severity="warning"
                )
                self._look_at_watch()
            case NewUsersStopped(error=error):
                again = "New users are pushed again after the next start, or once you resume a push (Activity, r)."
                said = f"{error.message}\n{error.fix}\n{again}"
                notify(self, said, title="New users are not pushed", severity="error", seconds=30)

    @work(group="ask-about-new-users", exclusive=True)
    async def _ask_about_new_users(self, number: int) -> None:
        """Ask what becomes of the users who are new at the first automatic push. It waits for the answer."""
        from tui.widgets.confirm_dialog import ConfirmDialog, live_lines

        users = "user is" if number == 1 else "users are"
        lines = [
            *live_lines(live=self.live),
            plain(f"{number:,} {users} only in SimpleNexus so far. The profile says auto_push = true."),
            plain("Yes: they are pushed to Total Expert now, and later ones automatically."),
            plain("No: they are left to you (a in Contacts); later ones are pushed automatically."),
        ]
        question = f"Push {number:,} new {'user' if number == 1 else 'users'} too?"
        takes_them = await self.push_screen_wait(ConfirmDialog(question, lines, grace=self.grace))
        auto_push = self.desk.auto_push if self.desk is not None else None
        if auto_push is None:
            return
        try:
            await auto_push.answer(takes_them=takes_them)
        except DeskError as error:
            notify(self, f"{error.message}\n{error.fix}", title="New users", severity="error")

    @on(PushChanged)
    async def _push_changed(self, event: PushChanged) -> None:
        from core.push.plan import Asset
        from core.push.states import PushState
        from core.stop import STOPPED

        for screen in [*self._rooms.values(), *self.screen_stack]:
            if isinstance(screen, HearsPushes) and screen.is_mounted:
                screen.push_changed(event)
        self.attention.push_changed(event.push)
        self.milestone_watch.push_changed(event.push)
        if self._idle_guard is not None:
            self._idle_guard.push_changed(event.push)
        self._show_badge()
        if event.push.asset is Asset.NOTE and event.push.state is PushState.DONE and self.desk is not None:
            await self._settle_drafts(self.desk)
        if event.push.reason == STOPPED and self.stop is None:
            self._look_at_stop()
        if event.push.state is PushState.REFUSED and event.push.reason == "plan-changed":
            await self._ask_anew(event.push)

    async def _settle_drafts(self, desk: Desk) -> None:
        """Delete the draft of a note that has arrived. A draft that stays goes at the next start."""
        with suppress(DeskError):
            await desk.notes.settle_drafts()

    @on(MilestonesSeen)
    def _milestones_seen(self, event: MilestonesSeen) -> None:
        self.milestone_watch.seen(event.overview)

    @on(MilestonesFailed)
    def _milestones_failed(self, event: MilestonesFailed) -> None:
        self.milestone_watch.failed(event.error)

    def milestones_changed(self) -> None:
        """Show in every room and in the top bar what the watch knows now."""
        self.attention.milestones_seen(self.milestone_watch.overview, sends=self._sends)
        self._show_badge()
        self._look_at_watch()
        for room in self._rooms.values():
            room.milestones_seen()

    async def _ask_anew(self, push: Push) -> None:
        """Show what changed while the dialog of a push was open, and ask again. A written note keeps its text."""
        from core.flex.plans.note_decision import is_written_here
        from core.push.plan import Asset
        from tui.cards.push_dialog import PushDialog
        from tui.cards.screen import CardsScreen

        dialog = self.screen
        cards = self._rooms.get("cards")
        asked = dialog.preview if isinstance(dialog, PushDialog) else None
        if asked is not None and asked.plan.digest == push.plan and isinstance(cards, CardsScreen):
            await dialog.dismiss()
            cards.controller.ask_again(asked)
            return
        kept = ""
        if push.asset is Asset.NOTE and is_written_here(push.subject, push.about):
            kept = " Its text is kept as a draft (n)."
        about = push.about if kept else push.subject
        notify(self, f"{about} changed since it was confirmed; nothing was sent.{kept}", severity="warning")

    # -- actions ---------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Say why a key does nothing now. A key that acts, or that no action has, goes on as usual."""
        if reason := why_not(self.screen, event.key, self._own_keys.keys):
            notify(self, reason, severity="warning")
            event.prevent_default()

    async def action_room(self, room: str) -> None:
        """Go to a room."""
        if room in ROOMS and not self.screen.is_modal:
            await self.switch_mode(room)

    async def go_to(self, room: str, words: str) -> None:
        """Go to a room, and show in its list only what holds these words ("" for everything)."""
        await self.action_room(room)
        if room in self._rooms:
            self._rooms[room].show_only(words)

    # -- what the overview asks --------------------------------------------------------------------------

    def known_cards(self) -> CardsKnown | None:
        """Return what the rooms have read of the cards; None if none of them has read any."""
        return next(filter(None, (room.known_cards() for room in self._rooms.values())), None)

    def known_match(self) -> tuple[float, Mapping[Verdict, int], Mapping[Cost, int]] | None:
        """Return the match that a room shows, as `Room.known_match` does; None if no room shows one."""
        return next(filter(None, (room.known_match() for room in self._rooms.values())), None)

    @property
    def held_back(self) -> int:
        """How much automatic work waits for a person's word."""
        return sum(braked.number for braked in self._braked)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only rooms that exist, and the end of the tour only while there is one."""
        if action == "room":
            return bool(parameters) and parameters[0] in ROOMS
        if action == "end_tour":
            return self.tour is not None
        return super().check_action(action, parameters)

    def action_connections(self) -> None:
        """Show what is right and wrong with settings, connections and the book."""
        from tui.connections.dialog import ConnectionsDialog

        if not self.screen.is_modal:
            self.push_screen(ConnectionsDialog())

    def action_reconcile(self) -> None:
        """Show where the book differs from the systems, and go where the operator wants to mend that."""
        from tui.reconciliation.dialog import ReconciliationDialog

        if not self.screen.is_modal:
            self.push_screen(ReconciliationDialog(), self._go_to)

    async def _go_to(self, place: Place | None) -> None:
        """Go to a place that the reconciliation named."""
        if place is None:
            return
        if place.receipt_of:
            await self._show_receipt(place.receipt_of)
            return
        if place.look_for:
            await self.lists.look_for(place.room, place.look_for)
        else:
            await self.switch_mode(place.room)

    async def _show_receipt(self, push_id: str) -> None:
        """Show the last receipt of a push."""
        from tui.activity.receipt_dialog import ReceiptDialog

        desk = self.desk
        if desk is None or desk.receipts is None:
            return
        try:
            shown = await desk.receipts.of_push(push_id)
        except DeskError as error:
            notify(self, f"{error.message}\n{error.fix}", title="Receipt", severity="error")
            return
        if shown is None:
            notify(self, f"The receipt of push {push_id} is not kept any more.", severity="warning")
        else:
            await self.push_screen(ReceiptDialog(desk.receipts, shown, may_write=desk.engine is not None))

    @work(group="differences", exclusive=True)
    async def look_at_differences(self) -> None:
        """Show in the header how many differences the last reconciliation found."""
        from tui.wiring.reconcile import reconciliation_file

        kept = await asyncio.to_thread(reconciliation_file(self.settings).read)
        number = len(kept.report.rows) if kept.report is not None else 0
        if number != self._differences:
            self._differences = number
            self._show_badge()

    @work(group="answer-brake", exclusive=True)
    async def action_answer_brake(self) -> None:
        """Show each round of automatic work that waits for a person's word, and carry out the answer."""
        from tui.brake_question import BrakeAnswer, ask_about_round

        await self._look_at_brake()
        desk = self.desk
        if desk is None or desk.brake is None or desk.orders is None or not self._braked:
            notify(self, "Nothing waits for your word.")
            return
        if desk.book.read_only is not None:
            notify(self, desk.book.read_only.message, title="Reading only", severity="warning")
            return
        self.clear_notifications()  # what they say is in the dialog, which they would cover
        for braked in self._braked:
            answer = await ask_about_round(self, braked)
            try:
                if answer is BrakeAnswer.ALLOW:
                    await desk.brake.allow(braked)
                elif answer is BrakeAnswer.LEAVE:
                    await desk.orders.leave(braked.what, braked.ids)
                    await desk.brake.forget(braked)
                    self.milestone_watch.leave(braked.ids)
            except DeskError as error:
                notify(self, f"{error.message}\n{error.fix}", title="Not answered", severity="error")
        await self._look_at_brake()
        self.milestone_watch.look()
        if desk.auto_push is not None:
            desk.auto_push.hurry()

    # -- the tour --------------------------------------------------------------------------------------

    @work(group="tour", exclusive=True)
    async def _offer_tour(self) -> None:
        """Offer the tour at the first start on the built-in sandbox."""
        if self.desk is None or self.desk.practice is None:
            return
        from tui.wiring.practice.first_start import is_first_start

        if await asyncio.to_thread(is_first_start, self.settings) and self.tour is None:
            from tui.tour.tour import Tour

            self.tour = Tour(self, -1)

    def action_tour(self) -> None:
        """Begin the tour, or go to its next step."""
        from tui.tour.steps import SANDBOX_ALONE
        from tui.tour.tour import Tour

        if not self.settings.embedded:
            notify(self, SANDBOX_ALONE, title="Tour")
        elif self.tour is None:
            self.tour = Tour(self, 0)
        else:
            self.tour.go_on()

    def action_tour_from_help(self) -> None:
        """Close the help, and begin the tour."""
        self.pop_screen()
        self.action_tour()

    def action_end_tour(self) -> None:
        """End the tour."""
        if self.tour is not None:
            self.tour.end()

    # -- eyes nearby -------------------------------------------------------------------------------------

    def action_eyes_nearby(self) -> None:
        """Hide what belongs to clients, or show it again."""
        if self._eyes is None:
            from tui.eyes.eyes import EyesNearby

            self._eyes = EyesNearby(self)
        self._eyes.switch()
        self.copies_to.is_closed = self._eyes.is_on
        says = "hidden. F6 shows them again" if self._eyes.is_on else "shown again"
        notify(self, f"Names, phones, emails, amounts and birth dates are {says}.", title="Eyes nearby")

    @property
    def idle_guard(self) -> IdleGuard:
        """What covers the screen when nobody is there."""
        if self._idle_guard is None:
            from tui.eyes.idle import IdleGuard

            self._idle_guard = IdleGuard(self, self._clock, self.settings.profile.lock_after)
        return self._idle_guard

    async def action_lock(self) -> None:
        """Show counts alone until a key is pressed."""
        await self.idle_guard.lock()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what each line passes before it is painted."""
        filters = [*super().get_line_filters()]
        if self._eyes is not None:
            filters += self._eyes.filters()
        if self._idle_guard is not None:
            filters += self._idle_guard.filters()
        return filters

    def last_contacts(self) -> MatchSnapshot | None:
        """Return the contacts of both systems as they were read last."""
        contacts = self.desk.contacts if self.desk is not None else None
        return contacts.last if contacts is not None else None

    def copy_to_clipboard(self, text: str) -> None:
        """Copy what a person has selected on the screen, unless client data is hidden."""
        if self._eyes is not None and self._eyes.is_on:
            self.copy_text(text, "Not copied")
        else:
            super().copy_to_clipboard(text)

    async def on_event(self, event: events.Event) -> None:
        """Take every event, except the key that shows the desk again."""
        is_new = not event.is_forwarded
        if self._idle_guard is not None and is_new and self._idle_guard.swallows(event):
            return
        await super().on_event(event)
        if self.tour is not None and is_new and isinstance(event, events.Key):
            self.tour.pressed(event)

    def action_help(self) -> None:
        """Show the keys of the room or dialog, then all others."""
        from tui.actions import help_for
        from tui.palette.help import HelpScreen

        self.push_screen(HelpScreen(help_for(self.screen, self._own_keys.keys)))

    def action_copy_under_cursor(self) -> None:
        """Copy what the cursor is on."""
        from tui.under_cursor import copyable_on

        if (found := copyable_on(self.screen)) is None:
            notify(self, "There is nothing to copy under the cursor.", severity="warning")
        else:
            self.copy_text(found.text, found.name)

    # -- palette, themes, lists ------------------------------------------------------------------------

    @property
    def own_keys(self) -> Mapping[str, str]:
        """The operator's own keys, by the action's name."""
        return self._own_keys.keys

    @property
    def rooms(self) -> tuple[Room, ...]:
        """The rooms that were opened."""
        return tuple(room for room in self._rooms.values() if room.is_mounted)

    def action_palette(self) -> None:
        """Show everything that can be done now, and do what is chosen."""
        from tui.palette.dialog import PaletteDialog
        from tui.palette.sources import all_entries, more_entries

        if not isinstance(self.screen, PaletteDialog):
            self.push_screen(PaletteDialog(all_entries(self), partial(more_entries, self)), self._run_entry)

    def _run_entry(self, entry: PaletteEntry | None) -> None:
        if entry is not None:
            self.call_later(entry.run)

    def choose_theme(self, name: str) -> None:
        """Show a theme from now on, also after the next start."""
        over = self.settings.profile.theme
        self.theme = name
        self.keep(lambda choices: msgspec.structs.replace(choices, theme=name, theme_over=over))

    @work(group="keep-choices")
    async def keep(self, change: Callable[[ScreenChoices], ScreenChoices]) -> None:
        """Keep what a person chose about the screen."""
        from core.error_words import why_failed

        self.screen_choices = change(self.screen_choices)
        try:
            self.screen_choices = await asyncio.to_thread(self._screen_file.change, change)
        except OSError as error:
            said = f"The choice holds until the app is left: it can't be kept: {why_failed(error)}."
            notify(self, said, severity="warning")

    @cached_property
    def lists(self) -> ListController:
        """What every list offers in a dialog."""
        from tui.lists.controller import ListController

        return ListController(self)

    @on(RowList.ColumnsWanted)
    @work(group="choose", exclusive=True)
    async def _columns_wanted(self, event: RowList.ColumnsWanted) -> None:
        await self.lists.choose_columns(event.row_list)

    @on(RowList.ExportWanted)
    @work(group="choose", exclusive=True)
    async def _export_wanted(self, event: RowList.ExportWanted) -> None:
        await self.lists.export(event.row_list)

    @work(group="choose", exclusive=True)
    async def action_views(self) -> None:
        """Offer the saved views of the room's list; show, save or remove one."""
        if isinstance(room := self.screen, Room):
            await self.lists.choose_view(room)

    def action_whole_value(self) -> None:
        """Show what the cursor is on in full."""
        from tui.lists.whole_value import WholeValue
        from tui.under_cursor import whole_values_on

        if values := whole_values_on(self.screen):
            self.push_screen(WholeValue(values))
        else:
            notify(self, "There is no value under the cursor.", severity="warning")

    def _stop_file(self) -> StopFile:
        """Return the file that stops all sending. It works before the desk is open, and if it can't be opened.

        The first call imports it, so each call is made in a thread.
        """
        from tui.wiring.book import stop_file

        return stop_file(self.settings)

    @work(group="stop", exclusive=True)
    async def _look_at_stop(self) -> None:
        """Show whether all sending is stopped. Once a stop is lifted, go on with the pushes that it held."""
        before = self.stop
        self.stop = await asyncio.to_thread(lambda: self._stop_file().now())
        if self.stop != before:
            self._show_badge()
        if self.stop is not None and before is None:
            reason = f"\nThe reason: {self.stop.reason}" if self.stop.reason else ""
            notify(self, f"{self.stop}{reason}", title="Stopped", severity="error", seconds=30)
        engine = self.desk.engine if self.desk is not None else None
        if self.stop is None and engine is not None:
            for push in engine.held_by_stop():
                self._run(push.push_id)

    @work(group="switch-stop", exclusive=True)
    async def action_stop_sending(self) -> None:
        """Stop all sending at once; if it is stopped, ask whether it goes on."""
        from core.error_words import why_failed
        from core.stop import Stop

        try:
            if (stop := await asyncio.to_thread(lambda: self._stop_file().now())) is None:
                stop = Stop(self.settings.operator, self._clock())
                await asyncio.to_thread(lambda: self._stop_file().set(stop))
            elif await self._may_go_on(stop):
                await asyncio.to_thread(lambda: self._stop_file().lift())
        except OSError as error:
            notify(self, f"The file of the stop could not be changed: {why_failed(error)}.", severity="error")
        self._look_at_stop()

    async def _may_go_on(self, stop: Stop) -> bool:
        """Ask whether sending goes on."""
        from tui.widgets.confirm_dialog import ConfirmDialog

        engine = self.desk.engine if self.desk is not None else None
        held = len(engine.held_by_stop()) if engine is not None else 0
        pushes = "push that waits for this goes" if held == 1 else "pushes that wait for this go"
        lines = [plain(str(stop)), *([plain(f"The reason: {stop.reason}")] if stop.reason else [])]
        lines.append(plain(f"{held} {pushes} on at once." if held else "No push of this app waits for this."))
        return await self.push_screen_wait(ConfirmDialog("Let sending continue?", lines, grace=self.grace))

    def action_leave(self) -> None:
        """Leave, in the background, so that a second press is heard: it waits for nothing any more."""
        if not self._is_leaving:
            self.run_worker(self.action_quit(), group=LEAVING)
        elif self.desk is not None:
            self.run_worker(self._hurry(self.desk), group=LEAVING)

    async def _hurry(self, desk: Desk) -> None:
        """Wait no longer for what is on its way. The next start checks it."""
        if desk.engine is not None:
            await desk.engine.stop(0)
        if desk.keeper is not None:
            await desk.keeper.stop(0)

    async def action_quit(self) -> None:
        """End the app: send nothing new, wait for the step in flight, and say what the next start will do."""
        if self._is_leaving:
            return
        self._is_leaving = True
        said = ""
        if self.desk is not None and self.desk.engine is not None:
            if waits := self.attention.leaving_words(self.desk, QUIT_PATIENCE):
                notify(self, waits, title="Leaving", seconds=QUIT_PATIENCE)
            not_begun = self.attention.stop_works()
            left = await self.desk.engine.stop(QUIT_PATIENCE)
            said = self.attention.farewell(self.desk, left, not_begun)
        await asyncio.to_thread(self.clear_clipboard)
        for reading in [worker for worker in self.workers if worker is not self._keeper]:
            if reading.group != LEAVING:
                reading.cancel()  # nobody is left to see what it reads, and its connection closes now
        self._leaving.set()
        if self._keeper is not None:
            await self._keeper.wait()
        if self._attention is not None:
            self._attention.end()
        self.exit(said or None)

    def _fatal_error(self) -> None:
        """End without a traceback: it would print local variables, which hold clients' data and secrets."""
        self.bell()
        if self._attention is not None:
            self._attention.end()
        error = self._exception or sys.exception()
        self.failure = error.error if isinstance(error, WorkerFailed) else error
        self._exit_renderables.clear()
        self._close_messages_no_wait()
