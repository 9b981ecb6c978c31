"""The confirm dialog of a sync, a share or an undo. After the answer, the same dialog shows the progress.

The app owns the push, so closing the dialog stops nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from msgspec import Struct
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from core.push.records import Push
from core.push.states import ACTIVE, PushState
from tui.actions import bindings_for
from tui.contacts.plans.plan_wording import ending, progress_bar, push_line
from tui.messages import PushChanged
from tui.room import HearsPushes
from tui.text import content, joined, plain, set_text, wrap
from tui.widgets.answer_bar import AnswerBar
from tui.widgets.modal import Modal

Confirm = Callable[[], Awaitable[Push | None]]
"""Begins the confirmed push. Returns None if the push could not begin; the operator has then seen the reason."""
_AROUND = 9
"""Lines of the frame, the title and the answers, with the blank lines between the parts."""
_SHARE = 0.96
"""The share of the screen that the frame takes at most, as in plan_dialog.tcss."""
_BARS = 2
"""Lines of the header, which says whether the profile is live, and of the footer: both stay in sight."""
_WIDEST = 92
_SIDES = 8
"""The most cells of the frame, and the cells of its border and padding."""


class ShownPlan(Struct, frozen=True):
    """What the dialog asks: title, hash of the plan, what will be done, and the last line before the answers.

    `yes` is what `y` does, or "" if there is nothing to confirm. `subject` is the subject of the push. `after` is said
    once the push is done. `links` is the number of pairs that the confirmation links, or of links that an undo removes.
    """

    title: str
    digest: str
    lines: Sequence[Content]
    last: str
    yes: str
    subject: str
    after: str = ""
    links: int = 0


class PlanDialog(Modal[None], HearsPushes):
    """Asks about a plan, then shows the push that carries the plan out."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("plan-dialog")]
    CSS_PATH = "plan_dialog.tcss"
    AUTO_FOCUS = "#plan-body"

    def __init__(
        self,
        shown: ShownPlan,
        confirm: Confirm,
        *,
        live: bool,
        grace: float,
        clock: Callable[[], float],
        running: PushChanged | None = None,
        confirmed_by: Callable[[Push], str] = lambda push: "",
    ) -> None:
        """`confirmed_by` returns a sentence about a push that another person confirmed, "" for another push."""
        super().__init__()
        self._confirmed_by = confirmed_by
        self._shown = shown
        self._confirm = confirm
        self._live = live
        self._clock = clock
        self._under_way = running
        self._sent = running is not None
        self._since: tuple[float, int] | None = None
        self._answers = AnswerBar(grace=grace)

    def compose(self) -> ComposeResult:
        """Yield the title, what will be done, and the two answers."""
        with Vertical(id="plan-frame"):
            with Horizontal(id="plan-head"):
                yield Static(content("[b]$title[/b]", title=self._shown.title), id="plan-title")
                yield Static(
                    content("[$foreground-muted]plan[/] $digest", digest=self._shown.digest), id="plan-hash"
                )
            with VerticalScroll(id="plan-body"):
                yield Static(content("\n").join(self._shown.lines), id="plan-told")
            yield Static(id="plan-progress")
            yield Static(id="plan-last")
            yield self._answers

    def on_mount(self) -> None:
        """Show the last line and the answers, or the progress of a running push."""
        self._show_last()
        self._static("plan-progress").display = False
        self._show_answers()
        if self._under_way is not None:
            self.push_changed(self._under_way)

    def _show_last(self) -> None:
        live = content("[bold $error]LIVE. [/]") if self._live and not self._sent else plain("")
        self._static("plan-last").update(joined(live, plain(self._shown.last, "$foreground-muted")))
        self._fit()

    def on_resize(self) -> None:
        """Limit the height of the body for the new size."""
        self._fit()

    def _fit(self) -> None:
        """Limit the height of the body, so that the title, the last lines and the answers are always visible."""
        width = min(_WIDEST, int(self.size.width * _SHARE)) - _SIDES
        parts = [part for name in ("plan-last", "plan-progress") if (part := self._static(name)).display]
        lines = sum(len(wrap(part.content, width)) for part in parts)
        most = min(int(self.size.height * _SHARE), self.size.height - _BARS)
        room = most - _AROUND - lines - (len(parts) - 1)
        self.query_one("#plan-body").styles.max_height = max(3, room)

    def show_plan(self, shown: ShownPlan, confirm: Confirm) -> None:
        """Ask about another plan instead. A yes counts after the grace time of the answers."""
        self._shown, self._confirm = shown, confirm
        self._static("plan-title").update(content("[b]$title[/b]", title=shown.title))
        self._static("plan-hash").update(content("[$foreground-muted]plan[/] $digest", digest=shown.digest))
        self._static("plan-told").update(content("\n").join(shown.lines))
        self._show_last()
        self._show_answers()

    @property
    def is_confirmed(self) -> bool:
        """True once the plan was confirmed, or if the dialog shows a running push."""
        return self._sent

    def hold_answers(self) -> None:
        """Ignore every yes until `release_answers`."""
        self._answers.hold()

    def release_answers(self) -> None:
        """Accept a yes again."""
        self._answers.release()

    @property
    def armed(self) -> bool:
        """True once a yes counts."""
        return self._answers.armed

    @property
    def _may_confirm(self) -> bool:
        return bool(self._shown.yes) and not self._sent

    def _show_answers(self) -> None:
        if self._may_confirm:
            self._answers.ask(self._shown.yes)
        else:
            self._answers.offer_close()
        self.refresh_bindings()

    def footer_of(self, action: str) -> str | None:
        """Name the answers in the footer as the buttons do."""
        yes = self._shown.yes if self._may_confirm else ""
        match action:
            case "confirm":
                return f"{yes[:1].lower()}{yes[1:]}"
            case "plan-not-now":
                return None if yes else "close"
            case _:
                return super().footer_of(action)

    @on(AnswerBar.Yes)
    async def action_confirm(self) -> None:
        """Do what is shown once, if it may be done and the answers are armed."""
        if not (self._may_confirm and self._answers.counts()):
            return
        self._sent = True
        self._show_answers()
        if await self._confirm() is None:
            self.dismiss()

    @on(AnswerBar.No)
    def action_not_now(self) -> None:
        """Close. This sends nothing and stops no push."""
        self.dismiss()

    def push_changed(self, event: PushChanged) -> None:
        """Show how far the confirmed push is.

        While the dialog asks, that is a push that somebody else has just confirmed. It takes the place of the question.
        """
        is_other = event.push.subject != self._shown.subject
        if is_other or not (self._sent or event.push.state in ACTIVE) or not self.query("#plan-progress"):
            return
        self._sent = True
        now = self._clock()
        bar = self._static("plan-progress")
        bar.display = True
        progress, self._since = progress_bar(event.steps, self._since, now, max(20, self.size.width // 3))
        bar.update(content("\n").join([progress, push_line(event.push, event.steps)]))
        after = f" {self._shown.after}" if self._shown.after and event.push.state is PushState.DONE else ""
        said = ending(event.push, event.steps, self._shown.links)
        by = self._confirmed_by(event.push)
        set_text(self._static("plan-last"), plain(f"{by} {said}{after}".strip(), "$foreground-muted"))
        self._fit()
        self._show_answers()

    def _static(self, name: str) -> Static:
        return self.query_one(f"#{name}", Static)
