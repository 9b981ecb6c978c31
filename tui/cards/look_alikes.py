"""Find and link: compare a person whom a push would create with FLEX's contacts; choose a contact or create one."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from core.compare.keys import text_key
from core.flex.model import FlexPerson, Person
from core.flex.use_cases.links import LookAlike
from core.push.equality import same_value
from core.push.plan import System
from core.systems import display_name
from tui.actions import bindings_for
from tui.text import content
from tui.widgets.field_table import FieldLine, FieldRow, FieldTable
from tui.widgets.key_footer import KeyFooter


class LookAlikes(ModalScreen[dict[str, str] | None]):
    """Asks about each person in turn. Returns the chosen FLEX IDs by person id, or None if the operator left."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("look-alikes")]
    CSS_PATH = "look_alikes.tcss"

    def __init__(self, alikes: list[LookAlike]) -> None:
        super().__init__()
        self._pairs = [(alike.person, found) for alike in alikes for found in alike.found]
        self._at = 0
        self._chosen: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """Yield the question, the two records side by side, and what each answer does."""
        with Vertical(id="alikes"):
            yield Static(id="alikes-title")
            yield FieldTable(id="alikes-fields")
            yield Static(id="alikes-answers")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Show the first pair."""
        self._show()

    def _show(self) -> None:
        person, found = self._pairs[self._at]
        title = content(
            "[b]Same person?[/b]   [$foreground-muted]$n of $all[/]", n=self._at + 1, all=len(self._pairs)
        )
        self.query_one("#alikes-title", Static).update(title)
        self.query_one(FieldTable).set_lines(side_by_side(person, found))
        answers = content(
            "  [bold $primary]u[/] use this one   [$foreground-muted]$id is updated, nobody is created[/]\n"
            "  [bold $primary]n[/] another        [$foreground-muted]the next, or a new contact after the last[/]\n"
            "  [bold $primary]esc[/] leave        [$foreground-muted]back, nothing is chosen[/]",
            id=found.flex_id,
        )
        self.query_one("#alikes-answers", Static).update(answers)

    def action_use_this(self) -> None:
        """Choose this contact, and skip the other contacts like the same person."""
        person, found = self._pairs[self._at]
        self._chosen[person.id] = found.flex_id
        self._next()

    def action_not_this(self) -> None:
        """Go on to the next pair."""
        self._next()

    def _next(self) -> None:
        self._at += 1
        while self._at < len(self._pairs) and self._pairs[self._at][0].id in self._chosen:
            self._at += 1
        if self._at < len(self._pairs):
            self._show()
        else:
            self.dismiss(self._chosen)

    def action_leave_alikes(self) -> None:
        """Choose nothing."""
        self.dismiss(None)


def side_by_side(person: Person, found: FlexPerson) -> list[FieldLine]:
    """Return our fields and FLEX's fields side by side; a sign and a colour say whether they are equal."""
    birth = f"{person.birth_date:%d/%m/%Y}" if person.birth_date else ""
    street = (person.home_address.street_1 or "") if person.home_address else ""
    pairs = (
        ("First name", person.first_name or "", found.first_name),
        ("Last name", person.last_name or "", found.last_name),
        ("Email", person.email or "", found.email),
        ("Birth date", birth, found.birth_date),
        ("Mobile", person.phones.mobile or "", found.mobile),
        ("Street", street, found.street),
    )
    head = FieldRow("", display_name(System.BROKERENGINE), "", f"FLEX {found.flex_id}", tone="strong")
    return [head, *(_pair(label, ours, theirs) for label, ours, theirs in pairs)]


def _pair(label: str, ours: str, theirs: str) -> FieldRow:
    if not ours or not theirs:
        return FieldRow(label, ours, "·", theirs, tone="muted")
    if same_value(text_key(ours).replace(" ", ""), text_key(theirs).replace(" ", "")):
        return FieldRow(label, ours, "=", theirs, tone="good")
    return FieldRow(label, ours, "≠", theirs, tone="warn")
