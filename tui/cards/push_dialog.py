"""The confirm dialog: the steps, the warnings and the plan's hash. Only `y` sends.

A key that is pressed before the dialog is painted, or in the half second after, confirms nothing. Once the push is
sent, the same dialog shows the state of each step. Closing the dialog does not stop the push, which belongs to the app.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Final, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from core.error_catalogue import fix_of, meaning_of
from core.flex.field_map.fates import Fate, Field
from core.flex.plans.preview import Preview, PreviewChange
from core.push.plan import Asset, Plan, System
from core.push.records import Push, StepRecord
from core.push.states import ACTIVE, PushState, StepState
from core.systems import display_name
from core.texts import how_many
from tui.action_model import SaysWhyNot
from tui.actions import bindings_for
from tui.cards import wording
from tui.cards.panes.fields import field_label
from tui.cards.signed_lines import SignedLine, SignedLines
from tui.messages import PushChanged
from tui.room import HearsPushes, HearsStop
from tui.text import content, joined, plain, set_text
from tui.widgets.answer_bar import AnswerBar
from tui.widgets.clickable.click_lines import ClickLines, KeyOffer, offers_line
from tui.widgets.modal import Modal
from tui.widgets.step_strip import StepStrip
from tui.words.by_hand import left_words
from tui.words.people import search_remark
from tui.words.plans import entity_word, outcome_sentence, plan_sentence
from tui.words.pushes import PUSH_SIGN, end_sentence, state_words
from tui.words.put_back import way_back

Send = Callable[[Preview], Awaitable[Push | None]]
"""Begins the confirmed push. Returns None if the push could not begin; the operator has then seen the reason."""

ALTERNATIVES: Final = {
    "fact_find_instead": "Nothing stops this push for a Fact Find.",
    "override_guard": "There is no guard to override.",
    "paste_instead": "This is nothing that is entered by hand.",
    "compare_people": "The search found nobody of this push in FLEX.",
    "enter_rest": "h opens the checklist once the push has arrived.",
}
"""Why an alternative is not offered."""
STAYS: Final = "Nothing can be sent before F9 lets sending continue."
_AROUND: Final = 13
"""Lines of the frame, the title, the last line, the answers, the header and the footer."""
_OFFERS: Final = 2
"""Lines of the offers, with a blank one above them."""


class Offers(NamedTuple):
    """The alternatives to sending that fit a preview; None for an alternative that does not fit."""

    fact_find: Callable[[], object] | None = None
    override: Callable[[], object] | None = None
    people: Callable[[], object] | None = None
    paste: Callable[[], object] | None = None
    by_hand: Callable[[], object] | None = None
    """Opens the checklist; offered once everything has arrived."""


NO_OFFERS: Final = Offers()


class AskSettings(NamedTuple):
    """How a push is asked about: whether it is live, the seconds before a yes counts, the days of an undo.

    `stopped` returns who stopped all sending now, as a sentence; "" if nobody did.
    """

    live: bool
    grace: float
    undo_days: int
    stopped: Callable[[], str] = str


class PushDialog(Modal[None], HearsPushes, HearsStop, SaysWhyNot):
    """Asks about a preview, or shows a running push."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("push-dialog")]
    CSS_PATH = "push_dialog.tcss"
    AUTO_FOCUS = "#dialog-body"

    def __init__(
        self,
        *,
        send: Send,
        settings: AskSettings,
        preview: Preview | None = None,
        changed: tuple[PreviewChange, ...] = (),
        running: tuple[Push, Plan | None, tuple[StepRecord, ...]] | None = None,
        confirmed_by: Callable[[Push], str] = lambda push: "",
        offers: Offers = NO_OFFERS,
        left: tuple[Field, ...] | None = None,
    ) -> None:
        """`confirmed_by` returns a sentence about a push that another person confirmed, "" for another push.

        `left` are the fields that a running push leaves to be entered by hand; None if that is not known.
        """
        super().__init__()
        self._undo_days = settings.undo_days
        self._stopped = settings.stopped
        self._confirmed_by = confirmed_by
        self._offers = offers
        self._send = send
        self._live = settings.live
        self._preview = preview
        self._changed = changed
        self._shown = running
        self._left = left if preview is None else preview.by_hand
        self._sent = False
        self._has_arrived = False
        self._answers = AnswerBar(grace=settings.grace)

    def compose(self) -> ComposeResult:
        """Yield the title, the steps, the warnings and the two answers."""
        with Vertical(id="dialog"):
            with Horizontal(id="dialog-head"):
                yield Static(self._title(), id="dialog-title")
                yield Static(self._hash(), id="dialog-hash")
            with VerticalScroll(id="dialog-body"):
                yield SignedLines(id="dialog-stop")
                yield SignedLines(id="dialog-questions")
                yield Static(id="dialog-changed")
                yield Static(id="dialog-sentence")
                yield SignedLines(id="dialog-warnings")
                yield StepStrip(id="dialog-steps")
                yield SignedLines(id="dialog-remark")
            yield Static(id="dialog-last")
            yield ClickLines(id="dialog-ways-out")
            yield self._answers

    @property
    def preview(self) -> Preview | None:
        """The preview that the dialog asks about, or None if it shows a running push."""
        return self._preview

    def on_mount(self) -> None:
        """Show the preview, or the running push."""
        self.query_one(StepStrip).can_focus = False
        body = self.query_one("#dialog-body")
        for changes in ("scroll_y", "virtual_size", "container_size"):
            self.watch(body, changes, self._show_rest, init=False)
        if self._shown is not None:
            self._show_push(*self._shown)
        elif self._preview is not None:
            self._ask(self._preview)

    def on_resize(self) -> None:
        """Limit the height of the body, so that the title and the answers are always visible."""
        self._limit_body()

    def _limit_body(self) -> None:
        offers = _OFFERS if self.query_one("#dialog-ways-out").display else 0
        self.query_one("#dialog-body").styles.max_height = max(3, self.app.size.height - _AROUND - offers)

    def _show_rest(self) -> None:
        """Say on the frame how many lines of the body are below what is shown."""
        body = self.query_one("#dialog-body")
        rest = max(0, body.max_scroll_y - body.scroll_offset.y)
        said = f" ↓ {how_many(rest, 'more line')} " if rest else ""
        self.query_one("#dialog").border_subtitle = plain(said)

    @property
    def armed(self) -> bool:
        """True once a yes counts."""
        return self._answers.armed

    # -- asking ----------------------------------------------------------------------------------------

    def _ask(self, preview: Preview) -> None:
        self.query_one(StepStrip).set_steps(wording.plan_steps(preview.plan))
        note = wording.note_lines(preview) if preview.asset is Asset.NOTE else plain("")
        above = [part for part in (change_lines(self._changed, preview.asset), note) if part.plain]
        self._say("dialog-changed", content("\n").join(above))
        may_be_sent = preview.pushable or preview.only_people_stop_it
        self._say("dialog-sentence", plain(plan_sentence(preview.plan) if may_be_sent else "", "bold"))
        questions: list[SignedLine] = []
        if preview.pushable:
            warnings = [SignedLine("!", "warn", warning) for warning in preview.warnings]
            live = content("[bold $error]LIVE. [/]") if self._live else plain("")
            back = way_back([preview.plan], self._undo_days)
            self._say("dialog-last", joined(live, plain(back, "$foreground-muted")))
        else:
            warnings = wording.objections(preview.reasons)
            if preview.questions:
                questions, warnings = warnings, []
            self._say("dialog-last", plain(""))
        self._signed("dialog-questions", questions)
        self._signed("dialog-warnings", warnings)
        remark = search_remark(preview) if preview.pushable else ""
        self._signed("dialog-remark", [SignedLine("", "muted", "", remark)] if remark else [])
        self.stop_changed()

    def stop_changed(self) -> None:
        """Say above everything else that all sending is stopped. Nothing can be sent then."""
        stopped = self._stopped()
        asks = self._preview is not None and not self._sent and self._shown is None
        self._signed("dialog-stop", [SignedLine("✗", "bad", stopped, STAYS)] if stopped and asks else [])
        self._show_answers()
        self.refresh_bindings()

    def _show_answers(self) -> None:
        ways_out = self.query_one("#dialog-ways-out", ClickLines)
        offers = self._ways_out()
        ways_out.show(offers_line(offers))
        ways_out.display = not (self._sent or self._shown) and bool(offers)
        self._limit_body()
        if self._may_send:
            once_more = self._preview is not None and bool(self._preview.in_flex_since)
            self._answers.ask("Send again, as a new note" if once_more else "Send")
        else:
            self._answers.offer_close()

    @property
    def _may_send(self) -> bool:
        is_asked = not self._sent and self._shown is None
        return self._preview is not None and self._preview.pushable and is_asked and not self._stopped()

    @on(AnswerBar.Yes)
    async def action_send(self) -> None:
        """Send the push once, if it may be sent and the answers are armed."""
        if not self._may_send or self._preview is None or not self._answers.counts():
            return
        self._sent = True
        self._show_answers()
        push = await self._send(self._preview)
        if push is None:
            self.dismiss()

    def footer_of(self, action: str) -> str | None:
        """Say that closing stops nothing, once there is nothing left to send."""
        return "close" if action == "not-now" and not self._may_send else super().footer_of(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only the alternatives that fit, and only before the push was sent."""
        offer = {
            "fact_find_instead": self._offers.fact_find,
            "override_guard": self._offers.override,
            "compare_people": self._offers.people,
            "paste_instead": self._offers.paste,
        }
        if action == "send":
            return self._may_send
        if action == "enter_rest":
            return self._has_arrived and self._offers.by_hand is not None
        if action in offer:
            return offer[action] is not None and not self._sent and self._shown is None
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Return why an action can't be done in this dialog now."""
        if action not in ("send", *ALTERNATIVES):
            return ""
        if action == "enter_rest":
            return "" if self.check_action(action, ()) else ALTERNATIVES[action]
        if self._sent or self._shown is not None:
            return "This push is confirmed already."
        if action == "send" and not self._may_send:
            return "This can't be pushed now: the dialog says why."
        return ALTERNATIVES.get(action, "") if self.check_action(action, ()) is False else ""

    def action_fact_find_instead(self) -> None:
        """Close, and show the Fact Find push."""
        self._leave_for(self._offers.fact_find)

    def action_override_guard(self) -> None:
        """Close, and ask for the card's id."""
        self._leave_for(self._offers.override)

    def action_compare_people(self) -> None:
        """Close, and look for the same people in FLEX."""
        self._leave_for(self._offers.people)

    def action_enter_rest(self) -> None:
        """Close, and show what no push carries, to enter it by hand."""
        self._leave_for(self._offers.by_hand)

    def action_paste_instead(self) -> None:
        """Close, and enter in FLEX by hand what the push would send."""
        self._leave_for(self._offers.paste)

    def _leave_for(self, alternative: Callable[[], object] | None) -> None:
        if alternative is not None:
            self.dismiss()
            self.app.call_later(alternative)

    @on(AnswerBar.No)
    def action_not_now(self) -> None:
        """Close. This sends nothing and stops no push."""
        self.dismiss()

    # -- watching --------------------------------------------------------------------------------------

    def push_changed(self, event: PushChanged) -> None:
        """Show the present state of this card's push.

        While the dialog asks, that is a push that somebody else has just confirmed. It takes the place of the question.
        """
        if not self.query(StepStrip):  # the dialog is being closed
            return
        subject = self._preview.subject if self._preview else self._shown[0].subject if self._shown else ""
        if event.push.subject != subject:
            return
        plan = self._preview.plan if self._preview else self._shown[1] if self._shown else None
        if not (self._sent or self._shown):
            if event.push.state not in ACTIVE:
                return
            plan = plan if plan is not None and plan.digest == event.push.plan else None
            self._shown = event.push, plan, tuple(event.steps)
        elif self._shown is not None:
            plan = self._shown[1]
        self._show_push(event.push, plan, event.steps)

    def _show_push(self, push: Push, plan: Plan | None, steps: tuple[StepRecord, ...]) -> None:
        self.query_one(StepStrip).set_steps(wording.push_strip(plan, steps))
        self._say("dialog-changed", plain(self._confirmed_by(push)))
        for part in ("dialog-stop", "dialog-questions", "dialog-remark"):
            self._signed(part, ())
        self._has_arrived = push.state is PushState.DONE
        self._say("dialog-sentence", plain(_outcome(push, plan, steps), "bold"))
        sign, tone = PUSH_SIGN[push.state]
        state = state_words(push).partition(":")[0]
        said = [] if self._has_arrived else [SignedLine(sign, tone, f"{state}{_why(push, steps)}")]
        self._signed("dialog-warnings", said)
        if self._has_arrived:
            left = content("[$foreground-muted]$left[/]", left=self._by_hand_words())
            end = end_sentence(push, self._refused)
            last = joined(content("[$success]✓[/]  $end", end=end), left)
        elif push.state in (PushState.QUEUED, PushState.RUNNING):
            last = plain("You can close this; the push goes on.", "$foreground-muted")
        else:
            fix = fix_of(push.reason) if push.reason else "See Activity (4) for what you can do."
            last = plain(fix, "$foreground-muted")
        self._say("dialog-last", last)
        self._show_answers()
        self.refresh_bindings()

    @property
    def _refused(self) -> int | None:
        """How many values FLEX refuses as they are; None if that is not known."""
        return None if self._left is None else sum(field.fate is Fate.REFUSED for field in self._left)

    def _by_hand_words(self) -> str:
        """Return how many fields are left to enter by hand, with the key of the list; "" for none."""
        of_a_note = self._preview is not None and self._preview.asset is Asset.NOTE
        if not (words := left_words(self._left or (), noun="file" if of_a_note else "field")):
            return ""
        return f" {words}: h" if self._offers.by_hand is not None else f" {words}."

    # -- words -----------------------------------------------------------------------------------------

    def _title(self) -> Content:
        subject = self._preview.subject if self._preview else self._shown[0].subject if self._shown else ""
        title = self._preview.title if self._preview else ""
        if self._preview is not None and self._preview.written is not None:
            return content("[b]Push a note to FLEX[/b]   $title", title=title)
        return content("[b]Push to FLEX[/b]   $subject $title", subject=subject, title=title)

    def _hash(self) -> Content:
        digest = self._preview.plan.digest if self._preview else self._shown[0].plan if self._shown else ""
        return content("[$foreground-muted]plan[/] $digest", digest=digest)

    def _ways_out(self) -> list[KeyOffer]:
        whom = _whom_to_compare(self._preview)
        ways = (
            (KeyOffer("f", "push the Fact Find instead", "fact_find_instead"), self._offers.fact_find),
            (KeyOffer("o", "override, by typing the card's id", "override_guard"), self._offers.override),
            (KeyOffer("i", whom, "compare_people"), self._offers.people),
            (KeyOffer("V", "enter it by hand instead", "paste_instead"), self._offers.paste),
        )
        return [shown for shown, offer in ways if offer is not None]

    @on(ClickLines.Clicked)
    async def _offer_clicked(self, event: ClickLines.Clicked) -> None:
        await self.run_action(event.action)

    def _say(self, name: str, text: Content) -> None:
        """Fill one of the dialog's parts. A part without text takes no line."""
        part = self._static(name)
        set_text(part, text)
        part.display = bool(text.plain)

    def _signed(self, name: str, lines: Sequence[SignedLine]) -> None:
        self.query_one(f"#{name}", SignedLines).set_lines(lines)

    def _static(self, name: str) -> Static:
        return self.query_one(f"#{name}", Static)


def _whom_to_compare(preview: Preview | None) -> str:
    """Return the offer to compare people, with their names."""
    if preview is None:
        return ""
    if preview.questions:
        names = ", ".join(question.person.name for question in preview.questions)
        return f"compare and choose: {names}"
    names = ", ".join(alike.person.name for alike in preview.look_alikes)
    return f"compare: FLEX holds somebody like {names}"


def _outcome(push: Push, plan: Plan | None, steps: tuple[StepRecord, ...]) -> str:
    """Return what a push does, what it did, or what became of it, in a sentence; "" if its plan is not known."""
    if plan is None or not plan.steps:
        return ""
    if push.state in (PushState.QUEUED, PushState.RUNNING):
        return plan_sentence(plan)
    return outcome_sentence(plan, steps)


def _why(push: Push, steps: tuple[StepRecord, ...]) -> str:
    """Return the reason of a push's state: its own reason, else the reason of the first step that went wrong."""
    if push.reason:
        waiting = next((step.system for step in steps if step.state is StepState.READY), None)
        return f": {_named(meaning_of(push.reason), waiting)}"
    for step in steps:
        if step.error and step.state is not StepState.BLOCKED:
            detail = f" ({step.detail})" if step.detail else ""
            if step.error == "refused":
                return f": {display_name(step.system)} refused the {entity_word(step.entity)}{detail}"
            return f": {entity_word(step.entity)}: {_named(meaning_of(step.error), step.system)}{detail}"
    return ""


def _named(meaning: str, system: System | None) -> str:
    """Return a meaning with the name of the system in place of "the system"."""
    return meaning if system is None else meaning.replace("the system", display_name(system), 1)


_CHANGED: Final[dict[Asset, str]] = {Asset.FACT_FIND: "Fact Find", Asset.NOTE: "note"}


def change_lines(changed: tuple[PreviewChange, ...], asset: Asset = Asset.CARD) -> Content:
    """Return what changed since the card, Fact Find or note was last shown, or an empty text."""
    if not changed:
        return plain("")
    what = _CHANGED.get(asset, "card")
    lines = [content("[$warning]![/]  [b]The $what changed since you looked at it:[/b]", what=what)]
    for change in changed[:8]:
        before = change.before.source_value if change.before else "nothing"
        after = change.after.source_value if change.after else "nothing"
        field = change.after or change.before
        name = field_label(field) if field else ""
        about = f", {field.about}" if field and field.about else ""
        template = "   $name$about: [$foreground-muted]$before[/] → $after"
        lines.append(
            content(template, name=name, about=about, before=before or "nothing", after=after or "nothing")
        )
    if len(changed) > 8:
        lines.append(content("   and $more more", more=len(changed) - 8))
    return content("\n").join(lines)
