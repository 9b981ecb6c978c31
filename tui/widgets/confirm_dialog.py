"""Small dialogs: a yes-or-no question, one line of text to fill in, and a message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tui.actions import bindings_for
from tui.text import content, joined, paragraph, plain, safe_text
from tui.widgets.answer_bar import NOT_NOW, AnswerBar
from tui.widgets.modal import Modal

_FRAME = """
    align: center middle;
    & > Vertical {
        width: 72; max-width: 96%; height: auto; max-height: 90%;
        padding: 1 3; background: $surface; border: round $primary;
        border-title-color: $foreground; border-title-style: bold;
    }
    & Static { height: auto; }
    & Input { margin-top: 1; }
"""


def live_lines(*, live: bool) -> list[Content]:
    """Return the first line of a question in a live profile, where a yes sends to real systems; else nothing."""
    return [content("[bold $error]LIVE. [/]")] if live else []


class ConfirmDialog(Modal[bool]):
    """Asks a question; `y` is yes, every other closing key is no.

    `yes` and `no` are the words of the two answers: what each does, such as "Unlink". A yes counts only after the
    dialog was on the screen for `grace` seconds.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("question")]
    DEFAULT_CSS = f"ConfirmDialog {{{_FRAME}}}"

    def __init__(
        self, title: str, lines: Sequence[Content], *, yes: str, no: str = NOT_NOW, grace: float
    ) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._words = {"yes": yes, "no": no}
        self._answers = AnswerBar(grace=grace)
        self._answers.ask(yes, no)

    def footer_of(self, action: str) -> str | None:
        """Name the answers in the footer as the buttons do."""
        word = self._words.get(action)
        return f"{word[0].lower()}{word[1:]}" if word else super().footer_of(action)

    def compose(self) -> ComposeResult:
        """Yield the question and its two answers."""
        with Vertical() as frame:
            frame.border_title = safe_text(self._title)
            yield Static(content("\n").join(self._lines))
            yield self._answers

    @property
    def armed(self) -> bool:
        """True as soon as a yes counts."""
        return self._answers.armed

    @on(AnswerBar.Yes)
    def action_yes(self) -> None:
        """Answer yes."""
        if self._answers.counts():
            self.dismiss(True)

    @on(AnswerBar.No)
    def action_no(self) -> None:
        """Answer no."""
        self.dismiss(False)


EMPTY: Final = "Type something, or press Escape to go back."
"""What is said of an empty line for which a dialog has no words of its own."""


class LineDialog(Modal[str | None]):
    """Asks for one line of text. `text` is in the box at first. `wrong` returns what is wrong with a text, or "".

    `empty` is what is said of an empty line; "" lets an empty line through.

    `said` is shown below the box at first, such as the reason why the last text was refused.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("chooser"), *bindings_for("typed-line")]
    DEFAULT_CSS = f"LineDialog {{{_FRAME}}}"

    def __init__(
        self,
        title: str,
        line: Content,
        wrong: Callable[[str], str],
        text: str = "",
        said: str = "",
        empty: str = EMPTY,
    ) -> None:
        super().__init__()
        self._text = text
        self._said = said
        self._title = title
        self._line = line
        self._wrong = wrong
        self._empty = empty

    def compose(self) -> ComposeResult:
        """Yield the request, the box, and a line for what is wrong."""
        with Vertical() as frame:
            frame.border_title = safe_text(self._title)
            yield Static(joined(self._line))
            yield Input(self._text, compact=True)
            yield Static(paragraph(self._said, "$error"), id="wrong")

    def action_take_line(self) -> None:
        """Return what is typed, or say what is wrong with it."""
        given = self.query_one(Input).value.strip()
        if wrong := self._wrong(given) if given else self._empty:
            self.query_one("#wrong", Static).update(plain(wrong, "$error"))
        else:
            self.dismiss(given)

    def action_close_chooser(self) -> None:
        """Close without a text."""
        self.dismiss(None)


class MessageDialog(Modal[None]):
    """Shows a message until one of the closing keys is pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("help")]
    DEFAULT_CSS = f"MessageDialog {{{_FRAME}}}"

    def __init__(self, title: str, lines: Sequence[Content]) -> None:
        super().__init__()
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        """Yield the lines in their frame."""
        with Vertical() as frame:
            frame.border_title = safe_text(self._title)
            yield Static(content("\n").join(self._lines))
