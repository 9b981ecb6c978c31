"""The app: it opens the desk, shows the rooms, and joins the parts that outlive every screen."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on, work
from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver
from textual.notifications import Notify
from textual.screen import Screen
from textual.worker import Worker, WorkerFailed

from core.errors import DeskError
from tui.actions import bindings_for, validate_keymap, why_not
from tui.eyes.privacy import Privacy
from tui.messages import DeskFailed, DeskOpened, PushChanged
from tui.milestones.messages import MilestonesFailed, MilestonesSeen
from tui.room import ROOMS, HearsPushes, Room
from tui.sending.brake import BrakedRounds
from tui.sending.stop import StopSwitch
from tui.shell.choices import KeptChoices
from tui.shell.copying import Copying
from tui.shell.desk_keeper import DeskKeeper
from tui.shell.header import Header
from tui.shell.key_order import KeyOrder, Typed
from tui.shell.leaving import Leaving
from tui.shell.memory import collect_from_now_on, settle_memory
from tui.shell.rooms import Rooms
from tui.shell.terminal import end_in_order, lasting_driver, write_to_terminal
from tui.text import notify
from tui.theme import register_themes, variable_defaults
from tui.widgets.answer_bar import GRACE
from tui.widgets.row_list import RowList
from tui.wiring.clock import desk_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.filter import LineFilter

    from core.automatic.backoff import WaitingSend
    from core.contacts.match.snapshot import MatchSnapshot
    from core.flex.field_map.model import FieldMap
    from core.flex.plans.preview import Preview
    from core.local_forms import DeskTime
    from core.push.records import Push
    from data.settings import Settings
    from tui.attention.attention import Attention
    from tui.clipboard import Clipboard
    from tui.lists.controller import ListController
    from tui.milestones.watch import MilestoneWatch
    from tui.palette.entries import PaletteEntry
    from tui.sending.new_users import NewUserPushes
    from tui.sending.pushes import PushSender
    from tui.shell.desk_keeper import Opener
    from tui.tour.tour import Tour
    from tui.widgets.top_bar import RoomCount
    from tui.wiring import Desk


class DeskApp(App[str]):
    """brokerdesk on a terminal. `run` returns what is left to say after the screen is gone.

    Each part that outlives the screens is an object of its own: `rooms`, `header`, `pushes`, `stop_switch` and so on.
    A part that the first frame does not need is imported when it is first used.
    """

    TITLE = "brokerdesk"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("app")]
    ENABLE_COMMAND_PALETTE = False
    """The app has a palette of its own: `action_palette`."""

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
        """Make the app of a profile. What tests replace: the desk's time, the clock, the opener, the clipboard.

        `clock` returns seconds since 1970, UTC. `grace` is how many seconds a dialog ignores its answer keys.
        """
        first = "cards" if settings.has_cards else "contacts"
        self.DEFAULT_MODE = first  # type: ignore[misc] # a class variable, which Textual reads from the instance
        # The first room's style sheet is read with the app's: each further one is a pass over the whole screen.
        super().__init__(css_path=[self.CSS_PATH, f"{first}/screen.tcss"])
        self.settings = settings
        self.choices = KeptChoices(self)
        self._begin_with_theme(self.choices.theme.name)
        self.local = local or desk_time(settings)
        """The desk's time: its zone, with the forms of its country."""
        self.clock = clock
        """Returns seconds since 1970, UTC."""
        self.titles: dict[str, str] = {}
        """The cards' titles by id, as they were read from the board; the journal holds no names."""
        self.grace = grace
        self.desk: Desk | None = None
        self.trouble: DeskError | None = None
        """Why the desk could not be opened; None if it could, or while it is being opened."""
        self.begins_anew = False
        """True after the app has ended because a person wants to reset the sandbox."""
        self.not_reset: DeskError | None = None
        """Why the sandbox could not be reset before this start; None if it was, or if nobody wanted that."""
        self.failure: BaseException | None = None
        """The error that ended the app; None after an orderly end."""
        self._own_keys = validate_keymap(settings.profile.keys)
        self.tour: Tour | None = None
        """The tour that runs or is offered; None if there is none."""
        self.rooms = Rooms(self)
        self.desk_keeper = DeskKeeper(self, opener)
        self.leaving = Leaving(self)
        self.header = Header(self)
        self.stop_switch = StopSwitch(self)
        self.brake = BrakedRounds(self)
        self.privacy = Privacy(self)
        self.copying = Copying(self, clipboard)
        self.key_order = KeyOrder(self, self._typed)
        for name in ROOMS:
            self.add_mode(name, partial(self.rooms.make, name))

    # -- the parts that the first frame does without ---------------------------------------------------

    @cached_property
    def pushes(self) -> PushSender:
        """What runs every push."""
        from tui.sending.pushes import PushSender

        return PushSender(self)

    @cached_property
    def new_users(self) -> NewUserPushes:
        """What pushes new users automatically."""
        from tui.sending.new_users import NewUserPushes

        return NewUserPushes(self)

    @cached_property
    def lists(self) -> ListController:
        """What every list offers in a dialog."""
        from tui.lists.controller import ListController

        return ListController(self)

    @cached_property
    def milestone_watch(self) -> MilestoneWatch:
        """The watch over the milestones, for every room."""
        from tui.milestones.watch import watch_for

        return watch_for(self, self.clock)

    @cached_property
    def attention(self) -> Attention:
        """What asks for a person, for every room: counts, notices, long work."""
        from tui.attention.attention import Attention

        return Attention(self, self.settings.profile.notices, self.clock)

    # -- what the parts and the rooms ask --------------------------------------------------------------

    @property
    def live(self) -> bool:
        """True if pushes go to live systems."""
        return self.settings.profile.live

    @property
    def own_keys(self) -> Mapping[str, str]:
        """The operator's own keys, by the action's name."""
        return self._own_keys.keys

    @property
    def copies_to(self) -> Clipboard:
        """The clipboard to which the desk copies."""
        return self.copying.clipboard

    @property
    def room_counts(self) -> Mapping[str, RoomCount]:
        """How much waits for a person in each room; empty until the desk is open."""
        return self.attention.counts if self.desk is not None else {}

    @property
    def sends_milestones(self) -> bool:
        """True while the watch over the milestones sends what is due."""
        return self.desk is not None and self.milestone_watch.sends

    def waiting(self) -> list[WaitingSend]:
        """Return what waits and is tried again automatically, the next one first."""
        return self.pushes.waiting() if self.desk is not None else []

    def last_contacts(self) -> MatchSnapshot | None:
        """Return the contacts of both systems as they were read last."""
        contacts = self.desk.contacts if self.desk is not None else None
        return contacts.last if contacts is not None else None

    def now(self) -> datetime:
        """Return the local time."""
        return self.local(self.clock())

    def warn(self, text: str, *, title: str) -> None:
        """Show a warning over whatever is on the screen."""
        notify(self, text, title=title, severity="warning")

    def begin_work(
        self, work: Callable[[], Coroutine[Any, Any, None]], group: str, *, exclusive: bool = True
    ) -> Worker[None]:
        """Run work of a part in the background. If `exclusive`, it takes the place of work of the same group."""
        worker: Worker[None] = self.run_worker(work, group=group, exclusive=exclusive)
        return worker

    def to_terminal(self, sequence: str) -> None:
        """Write a control sequence to the terminal, also after the screen is gone."""
        write_to_terminal(self._driver if self.is_running else None, sequence)

    async def send(self, preview: Preview) -> Push | None:
        """Begin the push that a person confirmed. Return None, and show why, if it can't begin."""
        return await self.pushes.send(preview)

    def run_push(self, push_id: str) -> None:
        """Run a push that was begun, whichever screen is shown."""
        self.pushes.run(push_id)

    def look_at_systems(self) -> None:
        """Ask each system whether it answers, and show the result in the header."""
        self.header.look_at_systems()

    def copy_text(self, text: str, what: str) -> None:
        """Copy a text, and say how far it came. `what` names the text."""
        self.copying.copy(text, what)

    def use_map(self, field_map: FieldMap) -> None:
        """Use another field map from now on."""
        self.desk_keeper.use_map(field_map)

    def settle_memory(self) -> None:
        """Exclude what is loaded from garbage collection."""
        settle_memory()

    # -- the start -------------------------------------------------------------------------------------

    def on_load(self) -> None:
        """Let a task begin when its turn comes, as on Python 3.11.

        From Python 3.12 on, Textual 8.2.8 lets a task begin at once. The filter of the first room then asks for the
        app's screen before the app has one, and the app ends.
        """
        asyncio.get_running_loop().set_task_factory(None)

    def on_mount(self) -> None:
        """Open the desk once the first room is painted."""
        self.set_keymap(self._own_keys.keys)
        self.call_after_refresh(self.desk_keeper.open)
        end_in_order(self)
        self.stop_switch.begin()
        if self.not_reset is not None:
            said = f"{self.not_reset.message}\n{self.not_reset.fix}"
            notify(self, said, title="Sandbox not reset", severity="error", seconds=30)
        for problem in self._own_keys.problems:
            notify(self, problem, title="Keys", severity="warning")
        for problem in self.choices.theme.problems:
            notify(self, problem, title="Theme", severity="warning")

    def get_driver_class(self) -> type[Driver]:
        """Return the driver: on Linux and macOS one that notices that the terminal is gone."""
        return lasting_driver(super().get_driver_class())

    async def look_at_terminal(self) -> None:
        """End in order once the terminal is gone."""
        if getattr(self._driver, "is_lost", False):
            await self.action_quit()

    @on(DeskOpened)
    def _desk_opened(self, event: DeskOpened) -> None:
        collect_from_now_on()
        desk = self.desk = event.desk
        for room in self.rooms:
            room.desk_opened(desk)
        for notice in desk.book.notices:
            notify(self, notice, title="The book", severity="warning")
        if desk.book.read_only is not None:
            said = desk.book.read_only.message
            notify(self, said, title="Reading only", severity="warning", seconds=15)
        self.header.show()
        self.attention.opened(desk)
        self.header.begin()
        self.desk_keeper.opened(desk)
        self.pushes.begin()
        if desk.auto_push is not None:
            self.new_users.begin()
        self.milestone_watch.begin()
        if desk.practice is not None:
            self.begin_work(self._offer_tour, "tour")
        self.privacy.begin()

    @on(DeskFailed)
    def _desk_failed(self, event: DeskFailed) -> None:
        collect_from_now_on()
        self.trouble = event.error
        for room in self.rooms:
            room.desk_failed(event.error)

    # -- what the app hears ----------------------------------------------------------------------------

    @on(PushChanged)
    async def _push_changed(self, event: PushChanged) -> None:
        screens: list[Screen[Any]] = [*self.rooms, *self.screen_stack]
        for screen in screens:
            if isinstance(screen, HearsPushes) and screen.is_mounted:
                screen.push_changed(event)
        self.attention.push_changed(event.push)
        self.milestone_watch.push_changed(event.push)
        self.privacy.push_changed(event.push)
        self.header.show()
        await self.pushes.changed(event.push)

    @on(MilestonesSeen)
    def _milestones_seen(self, event: MilestonesSeen) -> None:
        self.milestone_watch.seen(event.overview)

    @on(MilestonesFailed)
    def _milestones_failed(self, event: MilestonesFailed) -> None:
        self.milestone_watch.failed(event.error)

    def milestones_changed(self) -> None:
        """Show in every room and in the header what the watch knows now."""
        self.attention.milestones_seen(self.milestone_watch.overview, sends=self.sends_milestones)
        self.header.show()
        self.header.look_at_watch()
        for room in self.rooms:
            room.milestones_seen()

    def attention_changed(self) -> None:
        """Show the counts of what needs a person."""
        self.header.show()

    @on(Notify)
    def _notified(self, event: Notify) -> None:
        """Tell whoever does not look at the app that it shows a warning."""
        if event.notification.severity != "information" and self.desk is not None:
            self.attention.warned()

    def on_key(self, event: events.Key) -> None:
        """Say why a key does nothing now. A key that acts, or that no action has, goes on as usual."""
        if reason := why_not(self.screen, event.key, self.own_keys):
            notify(self, reason, severity="warning")
            event.prevent_default()

    async def _shutdown(self) -> None:
        """End all work before the screens: none of it may look for a widget that is gone."""
        self.workers.cancel_all()
        await super()._shutdown()

    async def on_event(self, event: events.Event) -> None:
        """Take every event, except the key that shows the desk again."""
        if event.is_forwarded:
            await super().on_event(event)
        elif isinstance(event, events.Key | events.Paste):
            await self.key_order.typed(event)
        elif not self.privacy.swallows(event):
            await super().on_event(event)

    async def _typed(self, event: Typed) -> None:
        if self.privacy.swallows(event):
            return
        await super().on_event(event)
        if self.tour is not None and isinstance(event, events.Key):
            self.tour.pressed(event)

    # -- what Textual asks ------------------------------------------------------------------------------

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our own colours, for themes that lack them."""
        return variable_defaults(self.current_theme)

    def _begin_with_theme(self, theme: str) -> None:
        """Take a theme before anything is styled. Setting `theme` would style the first screen a second time."""
        register_themes(self)
        self.set_reactive(DeskApp.theme, theme)
        self.add_class(f"-theme-{theme}", update=False)
        self.set_class(self.current_theme.dark, "-dark-mode", update=False)
        self.set_class(not self.current_theme.dark, "-light-mode", update=False)
        self._refresh_truecolor_filter(self.ansi_theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what each line passes before it is painted."""
        return [*super().get_line_filters(), *self.privacy.filters()]

    def copy_to_clipboard(self, text: str) -> None:
        """Copy what a person has selected on the screen, unless client data is hidden."""
        if self.privacy.is_hidden:
            self.copy_text(text, "Not copied")
        else:
            super().copy_to_clipboard(text)

    # -- actions ---------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only rooms that exist, and the end of the tour only while there is one."""
        if action == "room":
            return bool(parameters) and parameters[0] in ROOMS
        if action == "end_tour":
            return self.tour is not None
        return super().check_action(action, parameters)

    async def action_room(self, room: str) -> None:
        """Go to a room."""
        await self.rooms.go_to(room)

    def action_connections(self) -> None:
        """Show what is right and wrong with settings, connections and the book."""
        from tui.connections.dialog import ConnectionsDialog

        if not self.screen.is_modal:
            self.push_screen(ConnectionsDialog())

    def action_reconcile(self) -> None:
        """Show where the book differs from the systems, and go where the operator wants to mend that."""
        from tui.reconciliation.dialog import ReconciliationDialog

        if not self.screen.is_modal:
            self.push_screen(ReconciliationDialog(), self.rooms.go_to_place)

    def action_answer_brake(self) -> None:
        """Ask about each round of automatic work that waits for a person's OK."""
        self.brake.answer()

    def action_stop_sending(self) -> None:
        """Stop all sending at once; if it is stopped, ask whether it goes on."""
        self.stop_switch.switch()

    def action_eyes_nearby(self) -> None:
        """Hide what belongs to clients, or show it again."""
        self.privacy.switch_eyes()

    async def action_lock(self) -> None:
        """Show counts alone until a key is pressed."""
        await self.privacy.idle_guard.lock()

    def action_help(self) -> None:
        """Show the keys of the room or dialog, then all others."""
        from tui.actions import help_for
        from tui.palette.help import HelpScreen

        self.push_screen(HelpScreen(help_for(self.screen, self.own_keys)))

    def action_palette(self) -> None:
        """Show everything that can be done now, and do what is chosen."""
        from tui.palette.dialog import PaletteDialog
        from tui.palette.sources import all_entries, more_entries

        if not isinstance(self.screen, PaletteDialog):
            self.push_screen(PaletteDialog(all_entries(self), partial(more_entries, self)), self._run_entry)

    def _run_entry(self, entry: PaletteEntry | None) -> None:
        if entry is not None:
            self.call_later(entry.run)

    def action_copy_under_cursor(self) -> None:
        """Copy what the cursor is on."""
        self.copying.copy_under_cursor()

    def action_whole_value(self) -> None:
        """Show what the cursor is on in full."""
        from tui.lists.whole_value import show_whole_value

        show_whole_value(self)

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

    # -- the tour --------------------------------------------------------------------------------------

    async def _offer_tour(self) -> None:
        """Offer the tour at the first start on the built-in sandbox."""
        from tui.wiring.practice.first_start import is_first_start

        if await asyncio.to_thread(is_first_start, self.settings) and self.tour is None:
            from tui.tour.tour import Tour

            self.tour = Tour(self, -1)

    def action_tour(self) -> None:
        """Begin the tour, or go to its next step."""
        from tui.tour.tour import begin_or_go_on

        begin_or_go_on(self)

    def action_tour_from_help(self) -> None:
        """Close the help, and begin the tour."""
        self.pop_screen()
        self.action_tour()

    def action_end_tour(self) -> None:
        """End the tour."""
        if self.tour is not None:
            self.tour.end()

    # -- leaving ---------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """Leave. A second press waits for nothing any more."""
        self.leaving.begin()

    async def action_quit(self) -> None:
        """End the app: send nothing new, wait for the step in flight, and say what the next start will do."""
        await self.leaving.leave()

    def give_title_back(self) -> None:
        """Let the terminal's window have the title again that it had before the app."""
        if self.desk is not None:
            self.attention.end()

    def _fatal_error(self) -> None:
        """End without a traceback: it would print local variables, which hold clients' data and secrets."""
        self.bell()
        self.give_title_back()
        error = self._exception or sys.exception()
        self.failure = error.error if isinstance(error, WorkerFailed) else error
        self._exit_renderables.clear()
        self._close_messages_no_wait()
