"""Connections: what is found out about settings, systems, book and files, what to do, and whom to ask.

What is fine takes one line for each system. What needs a look is shown finding by finding.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from core.diagnostics.asks import Administrator, AdminMessage
from core.diagnostics.findings import SETTINGS, Finding, FindingLevel, bad, messages_to_send
from core.errors import DeskError
from core.systems import SYSTEMS
from tui.actions import bindings_for
from tui.text import content, joined, notify, notify_error, paragraph, plain
from tui.widgets.key_footer import KeyFooter
from tui.widgets.line_view import Heading, Tone
from tui.widgets.modal import Modal
from tui.widgets.row_list import ListColumn, Listing, RowList
from tui.wiring.setup import examine, mark_changes_known, sender_of

if TYPE_CHECKING:
    from tui.app import DeskApp

TITLES: Final[dict[str, str]] = {system: names.display_name for system, names in SYSTEMS.items()}
"""The heading over the findings of a system. Other findings are under the name of what they are about."""
SIGNS: Final[dict[FindingLevel, tuple[str, Tone]]] = {
    FindingLevel.OK: ("✓", "good"),
    FindingLevel.WARN: ("!", "warn"),
    FindingLevel.BAD: ("✗", "bad"),
    FindingLevel.OPEN: ("?", "lilac"),
}
_STYLES: Final = {
    FindingLevel.OK: "$success",
    FindingLevel.WARN: "$warning",
    FindingLevel.BAD: "$error",
    FindingLevel.OPEN: "$accent",
}


FINE: Final = Heading("Fine")
"""The heading over what needs no look: one line for each system."""


class FindingRow(NamedTuple):
    """A finding, or several fine findings of one system in a line. `is_alone` says that nothing of it needs a look."""

    key: str
    findings: tuple[Finding, ...]
    is_alone: bool = False

    @property
    def finding(self) -> Finding:
        """The finding, or the first of those that are folded."""
        return self.findings[0]

    @property
    def level(self) -> FindingLevel:
        """The level that all the findings of the row have."""
        return self.finding.level

    @property
    def about(self) -> str:
        """What the findings are about, as people call it."""
        about = self.finding.about
        return TITLES.get(about, about)

    @property
    def says(self) -> str:
        """The line."""
        number = len(self.findings)
        if not self.is_folded:
            return self.finding.what
        if self.is_alone:
            name = self.about[:1].upper() + self.about[1:]
            return f"{name}: {number} check{' is' if number == 1 else 's are'} fine"
        return f"{number} more {'is' if number == 1 else 'are'} fine"

    @property
    def is_folded(self) -> bool:
        """True if the row sums up findings that Enter opens."""
        return self.key.startswith(_FOLDED)


_FOLDED: Final = "fine "


def finding_rows(findings: Sequence[Finding], opened: Collection[str]) -> list[FindingRow]:
    """Return what needs a look, system by system, then a line for each system that is fine.

    `opened` names what is shown finding by finding: systems, or "settings", "book", "files".
    """
    groups: dict[str, list[tuple[int, Finding]]] = {}
    for n, finding in enumerate(findings):
        groups.setdefault(finding.about, []).append((n, finding))
    wrong: list[FindingRow] = []
    fine: list[FindingRow] = []
    for about, group in groups.items():
        folded = [] if about in opened else [one for _, one in group if one.level is FindingLevel.OK]
        shown = [FindingRow(str(n), (one,)) for n, one in group if one not in folded]
        is_alone = len(folded) == len(group)
        if folded:
            shown.append(FindingRow(f"{_FOLDED}{about}", tuple(folded), is_alone=is_alone))
        (fine if is_alone else wrong).extend(shown)
    return [*wrong, *fine]


ROWS: Final[Listing[FindingRow]] = Listing(
    columns=(
        ListColumn("sign", lambda row: SIGNS[row.level][0], width=1, gap=1,
               style=lambda row: SIGNS[row.level][1]),
        ListColumn("what", lambda row: row.says, minimum=20, share=5,
               style=lambda row: "plain" if row.level is FindingLevel.OK else "strong"),
    ),
    key=lambda row: row.key,
    section=lambda row: FINE if row.is_alone else Heading(row.about),
    can_mark=False,
    empty="Asking each system …",
)  # fmt: skip


class ConnectionsDialog(Modal[None]):
    """The findings by what they are about; the one under the cursor in full, with what to do."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("connections")]
    CSS_PATH = "dialog.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._messages: dict[Administrator, AdminMessage] = {}
        self._findings: list[Finding] = []
        self._opened: frozenset[str] = frozenset()
        """What is shown finding by finding although it is fine."""

    def compose(self) -> ComposeResult:
        """Yield the title, the findings, and the one under the cursor."""
        with Vertical(id="connections"):
            yield Static(id="connections-title")
            yield RowList(ROWS, id="connections-list")
            yield Static(id="connections-one")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Look."""
        self._list.focus()
        self.action_look_again()

    def action_look_again(self) -> None:
        """Look again at everything."""
        self._title(plain("asking …", "$foreground-muted"))
        self._look()

    @work(exclusive=True, group="connections")
    async def _look(self) -> None:
        app = cast("DeskApp", self.app)
        try:
            if app.desk is not None:
                await app.desk.keep_changes()
            findings = await examine(app.settings, app.desk.wires if app.desk is not None else None)
        except DeskError as error:
            findings = [bad(SETTINGS, error)]
        self._messages = {
            message.to: message for message in messages_to_send(findings, sender_of(app.settings))
        }
        self._title(counted(findings))
        self._findings = findings
        self._show_rows()
        await self._list.settled()
        self._list.move_to(_gravest(finding_rows(findings, self._opened)))
        self._show_one()

    def _show_rows(self) -> None:
        self._list.set_rows(finding_rows(self._findings, self._opened))

    @on(RowList.Selected, "#connections-list")
    def _open_row(self) -> None:
        """Show the fine findings of one system, or hide them again."""
        row = self._list.cursor_row
        if row is not None and row.level is FindingLevel.OK:
            self._opened ^= {row.finding.about}
            self._show_rows()

    def action_open_all(self) -> None:
        """Show every finding, or only what needs a look."""
        every = frozenset(finding.about for finding in self._findings)
        self._opened = frozenset() if self._opened >= every else every
        self._show_rows()

    def _title(self, said: Content) -> None:
        title = content("[b]Connections[/b]   $said", said=said)
        self.query_one("#connections-title", Static).update(title)

    @on(RowList.Highlighted, "#connections-list")
    def _show_one(self) -> None:
        row = self._list.cursor_row
        if row is not None:
            self.query_one("#connections-one", Static).update(in_full(row))

    def action_copy_message(self) -> None:
        """Copy the message to the administrator who is asked about the finding under the cursor."""
        row = self._list.cursor_row
        asked = row.finding.ask if row is not None and not row.is_folded else None
        if asked is None:
            notify(self.app, "Nobody has to be asked about this.", severity="warning")
            return
        message = self._messages[asked.to]
        text = f"{message.subject}\n\n{message.text}\n"
        cast("DeskApp", self.app).copy_text(text, f"The message to {message.to}")

    async def action_mark_known(self) -> None:
        """Mark what has changed at the vendors as known."""
        app = cast("DeskApp", self.app)
        book = app.desk.book if app.desk is not None and app.desk.book.read_only is None else None
        try:
            marked = await mark_changes_known(app.settings, book)
        except DeskError as error:
            notify_error(self.app, error)
            return
        if not marked:
            notify(self.app, "There is no change that is not known.", severity="warning")
            return
        notify(self.app, f"{marked} change{'' if marked == 1 else 's'} at the vendors marked as known.")
        self.action_look_again()

    @work(exclusive=True, group="decide")
    async def action_webhooks(self) -> None:
        """Show the desk's own webhooks, then look again at everything."""
        from tui.connections.webhooks import WebhooksDialog  # noqa: PLC0415 - seldom needed

        app = cast("DeskApp", self.app)
        if app.desk is None or app.desk.contacts is None:
            notify(
                app,
                "This profile names no system with webhooks, or brokerdesk could not open its book.",
                severity="warning",
            )
            return
        if await app.push_screen_wait(
            WebhooksDialog(app.desk, local=app.local, live=app.live, grace=app.grace)
        ):
            self.action_look_again()

    def action_close_connections(self) -> None:
        """Close."""
        self.dismiss()

    @property
    def _list(self) -> RowList[FindingRow]:
        return self.query_one("#connections-list", RowList)


def counted(findings: list[Finding]) -> Content:
    """Say how many findings there are of each level."""
    words = {
        FindingLevel.OK: "fine",
        FindingLevel.WARN: "to look at",
        FindingLevel.BAD: "bad",
        FindingLevel.OPEN: "open",
    }
    parts: list[Content] = []
    for level, word in words.items():
        number = sum(finding.level is level for finding in findings)
        style = _STYLES[level] if number else "$foreground-muted"
        parts.append(plain(f"{number} {word}   ", style))
    return joined(*parts)


def in_full(row: FindingRow) -> Content:
    """Return a finding in full, with what to do and whom to ask; for a folded row, what is fine."""
    if row.is_folded:
        said = "\n".join(finding.what for finding in row.findings)
        return joined(paragraph(said, "$foreground-muted"), content("\nEnter shows them one by one."))
    finding = row.finding
    fix = finding.fix if finding.level is not FindingLevel.OK else ""
    parts = [paragraph(finding.what), content("\n"), paragraph(fix, _STYLES[finding.level])]
    if finding.ask is not None:
        asked = f"Ask {finding.ask.to}: c copies the message."
        parts += [content("\n" if fix else ""), paragraph(asked, _STYLES[finding.level])]
    return joined(*parts)


def _gravest(rows: Sequence[FindingRow]) -> str:
    """Return the key of the first row with the worst level; "" without rows."""
    order = (FindingLevel.BAD, FindingLevel.WARN, FindingLevel.OPEN, FindingLevel.OK)
    return min(rows, key=lambda row: order.index(row.level)).key if rows else ""
