"""The desk's own webhooks: their state, and how they are registered, tested and removed. Asks before it sends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from core.errors import DeskError, UsageError
from core.push.plan import System
from core.webhooks.model import HARMLESS, WebhookPlan
from core.webhooks.plan import check_base, plan_new_secret, plan_removal, plan_tests
from tui.action_model import SaysWhyNot
from tui.actions import bindings_for
from tui.text import content, notify_error, paragraph, plain, wrap_hanging
from tui.widgets.confirm_dialog import ConfirmDialog, LineDialog, MessageDialog, live_lines
from tui.widgets.key_footer import KeyFooter
from tui.widgets.modal import Modal
from tui.wiring.webhooks import webhook_use_cases
from tui.words.webhooks import (
    BY_KEY,
    NO_REMOVAL,
    NO_TEST,
    NOTHING,
    NOTHING_TO_REKEY,
    plan_lines,
    report_lines,
    standing_lines,
)

if TYPE_CHECKING:
    from core.local_forms import DeskTime
    from core.webhooks.plan import WebhookStanding
    from core.webhooks.use_cases import WebhookUseCases
    from tui.wiring import Desk


_WIDTH: Final = 68
"""Cells of a line before the dialog has its size."""


class WebhooksDialog(Modal[bool], SaysWhyNot):
    """What is registered, as `brokerdesk webhooks list` says it. Ends with True if something was changed."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("webhooks")]
    CSS_PATH = "dialog.tcss"
    FOOTER_HIDES = True

    def __init__(self, desk: Desk, *, local: DeskTime, live: bool, grace: float) -> None:
        super().__init__()
        self._desk = desk
        self._local = local
        self._live = live
        self._grace = grace
        self._changed = False
        self._lines: Sequence[str] = ()
        self._standings: Sequence[WebhookStanding] | None = None
        """How the webhooks stood at the last look; None if that is not known."""

    def compose(self) -> ComposeResult:
        """Yield the title and the lines."""
        with Vertical(id="webhooks"):
            yield Static(content("[b]Webhooks[/b]"), id="webhooks-title")
            with VerticalScroll(id="webhooks-lines"):
                yield Static(id="webhooks-text")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Look."""
        self.action_read_webhooks()

    @work(exclusive=True, group="webhooks")
    async def action_read_webhooks(self) -> None:
        """Ask both systems again."""
        self._show(["asking …"])
        try:
            standings = await (await self._use_cases()).look()
        except DeskError as error:
            self._standings = None
            self._show([error.message, error.fix])
            return
        self._standings = standings
        self._show([line for standing in standings for line in standing_lines(standing, self._local, BY_KEY)])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to test, to change and to remove only what there is."""
        return super().check_action(action, parameters) if not self.why_not(action) else False

    def why_not(self, action: str) -> str:
        """Return why there is nothing to test, to change or to remove. Before the first look nothing is known."""
        if self._standings is None:
            return ""
        match action:
            case "test_webhooks":
                plan, nothing = plan_tests(self._standings, System.SIMPLENEXUS, HARMLESS), NO_TEST
            case "new_webhook_secret":
                plan, nothing = plan_new_secret(self._standings), NOTHING_TO_REKEY
            case "remove_webhooks":
                plan, nothing = plan_removal(self._standings), NO_REMOVAL
            case _:
                return ""
        return "" if plan.steps else nothing

    @work(exclusive=True, group="decide")
    async def action_register_webhooks(self) -> None:
        """Ask for the address, show what is missing, and create it after a yes."""
        line = plain("The https address at which brokerdesk listen is reached from outside:")
        url = await self.app.push_screen_wait(LineDialog("Register webhooks", line, self._wrong_url))
        if url:
            await self._do(
                "Register webhooks", "Register", lambda webhooks: webhooks.plan_registration(url), NOTHING
            )

    @work(exclusive=True, group="decide")
    async def action_test_webhooks(self) -> None:
        """Have a test event sent after a yes."""
        await self._do("Test webhooks", "Test", lambda webhooks: webhooks.plan_tests(HARMLESS), NO_TEST)

    @work(exclusive=True, group="decide")
    async def action_new_webhook_secret(self) -> None:
        """Give Total Expert's webhook a new secret after a yes."""
        await self._do(
            "New secret", "Give the new secret", lambda webhooks: webhooks.plan_new_secret(), NOTHING_TO_REKEY
        )

    @work(exclusive=True, group="decide")
    async def action_remove_webhooks(self) -> None:
        """Take back what brokerdesk made after a yes."""
        await self._do("Remove webhooks", "Remove", lambda webhooks: webhooks.plan_removal(), NO_REMOVAL)

    def action_close_webhooks(self) -> None:
        """Close."""
        self.dismiss(self._changed)

    async def _do(
        self,
        title: str,
        yes: str,
        planned: Callable[[WebhookUseCases], Awaitable[WebhookPlan]],
        nothing: str,
    ) -> None:
        """Show a plan, ask, carry it out, and show what was done. `nothing` is said of a plan without steps."""
        try:
            if self._desk.book.read_only is not None:
                raise self._desk.book.read_only
            webhooks = await self._use_cases()
            plan = await planned(webhooks)
            if not plan.steps:
                self._message(title, [nothing, *plan.left])
                return
            question = [*live_lines(live=self._live), *(plain(line) for line in plan_lines(plan))]
            dialog = ConfirmDialog(title, question, yes=yes, grace=self._grace)
            if not await self.app.push_screen_wait(dialog):
                return
            self._changed = True
            self._message(title, report_lines(await webhooks.carry_out(plan)))
        except DeskError as error:
            notify_error(self.app, error, title=title)
        self.action_read_webhooks()

    def _message(self, title: str, lines: Sequence[str]) -> None:
        self.app.push_screen(MessageDialog(title, [plain(line) for line in lines]))

    def _wrong_url(self, url: str) -> str:
        try:
            check_base(url, live=self._live)
        except UsageError as error:
            return error.message
        return ""

    def _show(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self.refresh_bindings()
        self._lay_out()

    def on_resize(self) -> None:
        """Wrap the lines for the new width."""
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        place = self.query_one("#webhooks-text", Static)
        wrapped = [part for line in self._lines for part in wrap_hanging(line, place.size.width or _WIDTH)]
        place.update(paragraph("\n".join(wrapped)))

    async def _use_cases(self) -> WebhookUseCases:
        return await webhook_use_cases(self._desk.settings, self._desk.book, self._desk.wires)
