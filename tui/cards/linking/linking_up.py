"""The dialog that links many cards and people in one go: a search over all cards, a list to review, one answer.

`core.flex.use_cases.linking_up` searches and links; this module shows what was found and what will be linked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from core.errors import DeskError
from core.flex.plans.identity import LookAlike
from core.flex.plans.linking_up import LinkSuggestion
from core.flex.use_cases.linking_up import (
    FoundLinks,
    LinkTaken,
    LinkUpUseCases,
    SearchFailed,
    SearchProgress,
    choices_digest,
)
from core.push.engine import Engine
from core.push.plan import Entity
from tui.actions import bindings_for
from tui.cards.signed_lines import SignedLine, SignedLines
from tui.text import content, joined, plain
from tui.widgets.answer_bar import AnswerBar
from tui.widgets.line_view import Heading, Tone
from tui.widgets.modal import Modal
from tui.widgets.row_list import ListColumn, Listing, RowList
from tui.words.links import choice_of_links
from tui.words.pushes import PUSH_SIGN, state_words


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    """One suggestion, or what was not searched for. `flex_id` is the choice, or None."""

    key: str
    section: str
    name: str
    flex_id: str | None
    said: str
    sign: str
    tone: Tone


_SECTIONS: Final = ("People", "Cards", "Not searched")
LISTING: Final[Listing[SuggestionRow]] = Listing(
    columns=(
        ListColumn("sign", lambda row: row.sign, width=1, style=lambda row: row.tone, gap=1),
        ListColumn("id", lambda row: row.key, width=10, style="muted", gap=1),
        ListColumn("name", lambda row: row.name, minimum=14, share=2, lit="strong"),
        ListColumn("flex", lambda row: row.flex_id or "", width=10, lit="strong"),
        ListColumn("said", lambda row: row.said, minimum=18, share=3, style=lambda row: row.tone),
    ),
    key=lambda row: row.key,
    section=lambda row: Heading(row.section),
    sections=tuple(Heading(name) for name in _SECTIONS),
    empty="FLEX has nothing that looks like a card or a person that is not linked yet.",
)


class LinkingUp(Modal[None]):
    """Searches FLEX for all cards, lets the operator review what fits, and links on `y` what is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("linking-up")]
    CSS_PATH = "linking_up.tcss"

    def __init__(
        self,
        desk: LinkUpUseCases,
        engine: Engine,
        *,
        live: bool,
        grace: float,
        linked: Callable[[], None],
    ) -> None:
        super().__init__()
        self._desk = desk
        self._engine = engine
        self._live = live
        self._answers = AnswerBar(grace=grace)
        self._tell_linked = linked
        self._found: FoundLinks | None = None
        self._choices: dict[str, str] = {}
        self._sent = False

    def compose(self) -> ComposeResult:
        """Yield the list, the sum and the two answers."""
        with Vertical(id="linking-up"):
            yield Static(
                content("[b]Find links[/b]   [$foreground-muted]nothing is linked before your answer[/]"),
                id="linking-up-title",
            )
            yield RowList(LISTING, id="linking-up-list")
            yield SignedLines(id="linking-up-said")
            yield Static(id="linking-up-sum")
            yield self._answers

    def on_mount(self) -> None:
        """Begin the search."""
        self._list.focus()
        self._answers.hold()
        self._answers.offer_close()
        self._search()

    # -- searching -------------------------------------------------------------------------------------

    @work(exclusive=True, group="linking-up")
    async def _search(self) -> None:
        """Search. Closing the dialog cancels this task."""
        try:
            self._found = await self._desk.find(self._show_progress)
        except DeskError as error:
            self._say(content("[$error]$said[/] $fix", said=error.message, fix=error.fix))
            return
        self._choices = choice_of_links(self._found.suggestions, {})
        rows = [self._row(suggestion) for suggestion in self._found.suggestions]
        self._list.set_rows([*rows, *map(_failed_row, self._found.failed)])
        self._answers.release()
        self._show_sum()

    def _show_progress(self, progress: SearchProgress) -> None:
        self._say(
            content(
                "[$foreground-muted]Searching FLEX: $done of $total cards[/]",
                done=progress.done,
                total=progress.total,
            )
        )

    # -- reviewing -------------------------------------------------------------------------------------

    @on(RowList.Marked)
    def _toggled(self, event: RowList.Marked) -> None:
        """Take or leave what was marked, and take the list's own marks away."""
        if event.keys:
            self._list.mark(())
            for key in event.keys:
                self._toggle(key)

    @on(RowList.Highlighted)
    def _show_whole(self) -> None:
        """Show the whole text about the row under the cursor."""
        row = self._list.cursor_row
        lines = [SignedLine(row.sign, row.tone, f"{row.name or row.key}: {row.said}")] if row else []
        self.query_one(SignedLines).set_lines(lines)

    def footer_of(self, action: str) -> str | None:
        """Say what a mark does here."""
        return "take or leave" if action == "list-mark" else super().footer_of(action)

    @on(RowList.Selected)
    def _opened(self, event: RowList.Selected) -> None:
        self._compare(event.key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to link and to compare only while there is something to link or to compare."""
        if action == "take_links":
            return bool(self._choices) and not self._sent
        if action in ("compare_link", "list_mark"):
            return self._found is not None and bool(self._found.suggestions)
        return super().check_action(action, parameters)

    def action_compare_link(self) -> None:
        """Compare the person under the cursor with FLEX's contacts."""
        if (row := self._list.cursor_row) is not None:
            self._compare(row.key)

    def _toggle(self, key: str) -> None:
        """Leave a choice out, or take the only candidate. Several candidates are compared first."""
        suggestion = self._suggestion(key)
        if suggestion is None or self._sent:
            return
        if key in self._choices:
            del self._choices[key]
        elif len(suggestion.candidates) == 1 or suggestion.sure:
            self._choices[key] = suggestion.sure or suggestion.candidates[0].flex_id
        else:
            self._compare(key)
            return
        self._show(suggestion)

    @work(group="compare-link")
    async def _compare(self, key: str) -> None:
        """Show a person and FLEX's contacts side by side. A card takes its candidates in turn."""
        suggestion = self._suggestion(key)
        if suggestion is None or self._sent:
            return
        if suggestion.person is None:
            ids = [candidate.flex_id for candidate in suggestion.candidates]
            at = ids.index(self._choices[key]) + 1 if key in self._choices else 0
            self._choose(suggestion, ids[at] if at < len(ids) else None)
            return
        from tui.cards.linking.look_alikes import LookAlikes, pairs_of_alikes  # noqa: PLC0415 - not on the first screen

        contacts = tuple(candidate.contact for candidate in suggestion.candidates if candidate.contact)
        chosen = await self.app.push_screen_wait(
            LookAlikes(pairs_of_alikes([LookAlike(suggestion.person, contacts)]))
        )
        if chosen is not None:
            self._choose(suggestion, chosen.get(key))

    def _choose(self, suggestion: LinkSuggestion, flex_id: str | None) -> None:
        self._choices.pop(suggestion.local_id, None)
        if flex_id is not None:
            self._choices[suggestion.local_id] = flex_id
        self._show(suggestion)

    def _suggestion(self, key: str) -> LinkSuggestion | None:
        suggestions = self._found.suggestions if self._found else ()
        return next((suggestion for suggestion in suggestions if suggestion.local_id == key), None)

    def _show(self, suggestion: LinkSuggestion) -> None:
        self._list.update_row(suggestion.local_id, self._row(suggestion))
        self._show_whole()
        self._show_sum()

    def _row(self, suggestion: LinkSuggestion) -> SuggestionRow:
        flex_id = self._choices.get(suggestion.local_id)
        section = "People" if suggestion.entity is Entity.PERSON else "Cards"
        if flex_id is None:
            words = "; ".join(candidate.words for candidate in suggestion.candidates)
            said = f"{suggestion.reason}: {words}"
            return SuggestionRow(suggestion.local_id, section, suggestion.name, None, said, "?", "warn")
        words = next(candidate.words for candidate in suggestion.candidates if candidate.flex_id == flex_id)
        reason = suggestion.reason if flex_id == suggestion.sure else "chosen by you"
        said = f"{reason}: {words}"
        return SuggestionRow(suggestion.local_id, section, suggestion.name, flex_id, said, "✓", "good")

    # -- linking ---------------------------------------------------------------------------------------

    @property
    def armed(self) -> bool:
        """True once the search is over and the dialog was on the screen for a while."""
        return self._answers.armed

    @on(AnswerBar.Yes)
    def action_take_links(self) -> None:
        """Link what is chosen, one after the other."""
        if not self._sent and self._choices and self._found is not None and self._answers.counts():
            self._sent = True
            self.app.run_worker(self._take(self._found), group="linking-up-take")
            self._show_sum()

    async def _take(self, found: FoundLinks) -> None:
        """Link, and show how each link goes. The app owns this task, so that closing the dialog stops nothing."""
        async for result in self._desk.take(found.suggestions, self._choices, self._engine):
            flex_id = self._choices[result.local_id]
            if isinstance(result, LinkTaken):
                sign, tone = PUSH_SIGN[result.push.state]
                self._tick(result.local_id, flex_id, state_words(result.push), sign, tone)
            else:
                self._tick(result.local_id, flex_id, result.error.message, "✗", "bad")
        self._tell_linked()

    def _tick(self, key: str, flex_id: str, said: str, sign: str, tone: Tone) -> None:
        suggestion = self._suggestion(key)
        if suggestion is not None and self in self.app.screen_stack:  # a closed one may have no widgets
            section = "People" if suggestion.entity is Entity.PERSON else "Cards"
            self._list.update_row(
                key, SuggestionRow(key, section, suggestion.name, flex_id, said, sign, tone)
            )

    @on(AnswerBar.No)
    def action_close_links(self) -> None:
        """Close. A search ends; confirmed links go on."""
        self.dismiss()

    # -- words -----------------------------------------------------------------------------------------

    def _show_sum(self) -> None:
        if self._found is None:
            return
        left = len(self._found.suggestions) - len(self._choices)
        live = content("[bold $error]LIVE. [/]") if self._live else plain("")
        chosen = content("[$success]$n[/] to link", n=len(self._choices))
        looks = content("   [$warning]$n[/] to look at", n=left) if left else plain("")
        plan = content("   [$foreground-muted]plan $hash[/]", hash=choices_digest(self._choices))
        self._say(joined(live, chosen, looks, plan if self._choices else plain("")))
        if self._choices and not self._sent:
            self._answers.ask(f"Link {len(self._choices)}")
        else:
            self._answers.offer_close()
        self.refresh_bindings()

    def _say(self, text: Content) -> None:
        self.query_one("#linking-up-sum", Static).update(text)

    @property
    def _list(self) -> RowList[SuggestionRow]:
        return self.query_one(RowList)


def _failed_row(failed: SearchFailed) -> SuggestionRow:
    return SuggestionRow(failed.what, "Not searched", "", None, failed.message, "✗", "bad")
