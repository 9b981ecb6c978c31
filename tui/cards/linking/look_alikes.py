"""Find and link: compare a person of a push with contacts of FLEX; choose one of them or a new contact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

from msgspec import Struct
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from core.compare.addresses import compare_streets, street_of
from core.compare.agreement import AgreementLevel
from core.compare.dates import compare_dates
from core.compare.emails import compare_emails
from core.compare.names import compare_given, compare_surname
from core.compare.people import plain_birth_date
from core.compare.phones import digits
from core.flex.model import FlexPerson, Person
from core.flex.plans.identity import LookAlike
from core.flex.plans.inputs import NEW
from core.flex.plans.preview import Preview
from core.push.plan import System
from core.systems import display_name
from tui.actions import bindings_for
from tui.cards.signed_lines import SignedLine, SignedLines
from tui.text import content, width_of
from tui.widgets.clickable.click_lines import ClickLines, ClickText, Spot
from tui.widgets.field_table import FieldLine, FieldRow, FieldTable
from tui.widgets.line_view import Tone
from tui.widgets.modal import Modal


class ComparedPair(Struct, frozen=True):
    """One page of the dialog: a person, a contact of FLEX that may be the person, and what can be answered.

    `contact` is None if FLEX has nobody to compare. `question` says why an answer is needed; "" if none is.
    """

    person: Person
    contact: FlexPerson | None
    question: str
    choices: tuple[str, ...]

    @property
    def may_be_used(self) -> bool:
        """True if the contact can be chosen."""
        return self.contact is not None and self.contact.flex_id in self.choices


def pairs_of(preview: Preview) -> list[ComparedPair]:
    """Return the pairs to compare: those of open questions first, then the other look-alikes."""
    pairs: list[ComparedPair] = []
    for question in preview.questions:
        pairs += [
            ComparedPair(question.person, contact, question.message, question.choices)
            for contact in question.found or (None,)
        ]
    asked = {question.person.id for question in preview.questions}
    return pairs + pairs_of_alikes(alike for alike in preview.look_alikes if alike.person.id not in asked)


def pairs_of_alikes(alikes: Iterable[LookAlike]) -> list[ComparedPair]:
    """Return the pairs to compare of people about whom nothing has to be answered."""
    return [
        ComparedPair(alike.person, contact, "", tuple(hit.flex_id for hit in alike.found))
        for alike in alikes
        for contact in alike.found
    ]


class LookAlikes(Modal[dict[str, str] | None]):
    """Asks about each person in turn.

    Returns the chosen FLEX IDs, or `NEW`, by person id; None if the operator left.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("look-alikes")]
    CSS_PATH = "look_alikes.tcss"

    def __init__(self, pairs: list[ComparedPair]) -> None:
        super().__init__()
        self._pairs = pairs
        self._at = 0
        self._chosen: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """Yield the question, the two records side by side, and what each answer does."""
        with Vertical(id="alikes"):
            yield Static(id="alikes-title")
            yield SignedLines(id="alikes-question")
            yield FieldTable(id="alikes-fields")
            yield ClickLines(id="alikes-answers")

    def on_mount(self) -> None:
        """Show the first pair."""
        self._show()

    @property
    def _pair(self) -> ComparedPair:
        return self._pairs[self._at]

    @property
    def _is_last_of_person(self) -> bool:
        later = self._pairs[self._at + 1 :]
        return all(pair.person.id != self._pair.person.id for pair in later)

    def _show(self) -> None:
        title = content(
            "[b]Same person?[/b]   [$foreground-muted]$n of $all[/]", n=self._at + 1, all=len(self._pairs)
        )
        self.query_one("#alikes-title", Static).update(title)
        asked = [SignedLine("!", "warn", self._pair.question)] if self._pair.question else []
        self.query_one(SignedLines).set_lines(asked)
        self.query_one(FieldTable).set_lines(side_by_side(self._pair.person, self._pair.contact))
        answers = list(self._answers())
        spots = [
            Spot(n, 0, width_of(line.plain), action) for n, (line, action) in enumerate(answers) if action
        ]
        self.query_one(ClickLines).show(ClickText(tuple(line for line, _ in answers), tuple(spots)))
        self.refresh_bindings()

    @on(ClickLines.Clicked)
    async def _answer_clicked(self, event: ClickLines.Clicked) -> None:
        await self.run_action(event.action)

    def _answers(self) -> Iterator[tuple[Content, str]]:
        """Yield a line for each answer, with the action that it stands for; "" for none."""
        pair = self._pair
        use = "[bold $primary]u[/] use this one   [$foreground-muted]$id is updated, nobody is created[/]"
        if pair.may_be_used and pair.contact is not None:
            yield content(use, id=pair.contact.flex_id), "use_this"
        elif pair.contact is not None:
            yield (
                content("[$foreground-muted]$id can't be used for this person[/]", id=pair.contact.flex_id),
                "",
            )
        another = "[bold $primary]n[/] another        [$foreground-muted]$what[/]"
        yield content(another, what=self._after_no()), "not_this"
        leave = "[bold $primary]esc[/] leave        [$foreground-muted]back, nothing is chosen[/]"
        yield content(leave), "leave_alikes"

    def _after_no(self) -> str:
        if not self._is_last_of_person:
            return "the next contact"
        if self._pair.question and NEW not in self._pair.choices:
            return "the question stays open"
        return "a new contact"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to use the contact only where it can be chosen."""
        if action == "use_this":
            return self._pair.may_be_used
        return super().check_action(action, parameters)

    def action_use_this(self) -> None:
        """Choose this contact, and skip the other contacts like the same person."""
        if self._pair.contact is not None:
            self._chosen[self._pair.person.id] = self._pair.contact.flex_id
        self._next()

    def action_not_this(self) -> None:
        """Go on to the next pair. After the last contact of a person with a question, a new contact is chosen."""
        if self._is_last_of_person and self._pair.question and NEW in self._pair.choices:
            self._chosen[self._pair.person.id] = NEW
        self._next()

    def _next(self) -> None:
        self._at += 1
        while self._at < len(self._pairs) and self._pair.person.id in self._chosen:
            self._at += 1
        if self._at < len(self._pairs):
            self._show()
        else:
            self.dismiss(self._chosen)

    def action_leave_alikes(self) -> None:
        """Choose nothing."""
        self.dismiss(None)


# -- side by side --------------------------------------------------------------------------------------


def side_by_side(person: Person, contact: FlexPerson | None) -> list[FieldLine]:
    """Return our fields and FLEX's fields side by side; a sign and a colour say how they compare.

    Phones compare by their digits, streets by their parts, emails without case, names without case and accents.
    """
    theirs = contact or FlexPerson("")
    birth = f"{person.birth_date:%d/%m/%Y}" if person.birth_date else ""
    dates = compare_dates(plain_birth_date(birth), plain_birth_date(theirs.birth_date))
    names = compare_given(person.first_name or "", theirs.first_name)
    last = compare_surname(person.last_name or "", theirs.last_name)
    phones = person.phones
    head = f"FLEX {contact.flex_id}" if contact else "FLEX has nobody like this"
    return [
        FieldRow("", display_name(System.BROKERENGINE), "", head, tone="strong"),
        _row("First name", person.first_name, theirs.first_name, names),
        _row("Last name", person.last_name, theirs.last_name, last),
        _row("Email", person.email, theirs.email, compare_emails(person.email or "", theirs.email)),
        _row("Birth date", birth, theirs.birth_date, dates),
        _phone("Mobile", phones.mobile, theirs.mobile),
        _phone("Home phone", phones.home, theirs.home_phone),
        _phone("Office phone", phones.office, theirs.work_phone),
        _street(person, theirs),
    ]


def _phone(label: str, ours: str | None, theirs: str) -> FieldRow:
    left, right = digits(ours or ""), digits(theirs)
    level = AgreementLevel.EQUAL if left == right else AgreementLevel.DIFFERENT
    return _row(label, ours, theirs, level if left and right else AgreementLevel.MISSING)


def _street(person: Person, theirs: FlexPerson) -> FieldRow:
    address = person.home_address
    lines = (address.street_1 or "", address.street_2 or "") if address else ("", "")
    level = compare_streets(street_of(*lines), street_of(theirs.street))
    return _row("Street", " ".join(filter(None, lines)), theirs.street, level)


_SIGNS: Final[dict[AgreementLevel, tuple[str, Tone]]] = {
    AgreementLevel.EQUAL: ("=", "good"),
    AgreementLevel.CLOSE: ("≈", "plain"),
    AgreementLevel.NICKNAME: ("≈", "plain"),
    AgreementLevel.INITIAL: ("≈", "plain"),
    AgreementLevel.CROSSED: ("≈", "plain"),
    AgreementLevel.SWAPPED: ("≈", "plain"),
    AgreementLevel.DAY_AND_MONTH: ("≈", "plain"),
    AgreementLevel.PARTLY: ("≈", "plain"),
    AgreementLevel.NEARBY: ("≈", "plain"),
    AgreementLevel.YEARS: ("≠", "warn"),
    AgreementLevel.DIFFERENT: ("≠", "warn"),
}


def _row(label: str, ours: str | None, theirs: str, level: AgreementLevel) -> FieldRow:
    if not ours or not theirs or level is AgreementLevel.MISSING:
        return FieldRow(label, ours or "", "·", theirs, tone="muted")
    sign, tone = _SIGNS.get(level, ("≠", "warn"))
    return FieldRow(label, ours, sign, theirs, tone=tone)
