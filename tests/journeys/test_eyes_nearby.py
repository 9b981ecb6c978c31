"""Eyes nearby on real HTTP: no value of a client can be read anywhere, and no piece that a column leaves of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.contacts.match.snapshot import MatchSnapshot
from data.settings import sandbox_state
from tests.journeys.console import at_rest, console, flat, says, told, until
from tests.support.few_contacts import FEW
from tests.support.hostile_text import shown, strips
from tests.support.over_the_shoulder import Clients, Shoulder
from tests.support.sandbox_home import Home, Sandbox
from tui.app import DeskApp
from tui.contacts.pairs import PairList
from tui.contacts.plans.plan_dialog import PlanDialog
from tui.eyes.mask import PrivacyFilter
from tui.wiring.practice.opener import open_practice_with

BOTH = ("simplenexus", "total-expert")
SIZES = ((80, 24), (100, 30), (140, 45))
ROOMS = (
    *("2", "down", "down", "slash+n+g+u+y", "escape", "tab", "down", "down", "full_stop", "escape"),
    *(
        "tab",
        "down",
        "down",
        "down",
        "v",
        "v",
        "w",
        "equals_sign",
        "escape",
        "a",
        "escape",
        "p",
        "f",
        "escape",
    ),
    *(
        "1",
        "down",
        "p",
        "n",
        "h",
        "escape",
        "n",
        "escape",
        "V",
        "escape",
        "l",
        "escape",
        "P",
        "escape",
        "F",
        "escape",
    ),
    *(
        "slash+n+g+u+y",
        "escape",
        "escape",
        "tab",
        "enter",
        "tab",
        "tab",
        "tab",
        "tab",
        "down",
        "full_stop",
        "escape",
    ),
    *("question_mark", "escape", "vertical_line", "escape", "f4", "escape", "C", "escape", "m", "escape"),
    *("ctrl+p", "l+i+n+h", "escape", "I", "escape"),
    *("1", "home", "down", "down", "down", "down", "p", "y", "escape"),
    *(
        "4",
        "down",
        "tab",
        "d",
        "down",
        "3",
        "down",
        "y",
        "escape",
        "0",
        "down",
        "tab",
    ),
)
"""Keys that lead through the rooms and their dialogs. Those with "+" between them are pressed one after the other."""
DIALOGS = {
    "ByHand",
    "ConfirmDialog",
    "ConnectionsDialog",
    "HelpScreen",
    "ImportDialog",
    "LinkingUp",
    "MapDialog",
    "NotesDialog",
    "PaletteDialog",
    "PlanDialog",
    "PushDialog",
    "WholeValue",
}
OWN = re.compile(
    r"\b\d\d:\d\d\b|\b\d{1,2} [A-Z][a-z]{2}(?= (?:\d\d:\d\d|202\d)\b)|C-1\d{3}\b|\b\d+ (?=to decide|ready|fields|link)"
)
"""Times, dates, ids and counts of the app itself."""
WALK = ("down", "down", "tab", "down", "down", "down", "v", "escape", "3", "0", "tab", "2")


def data_in(contacts: MatchSnapshot) -> Iterator[str]:
    """Yield the names, emails and phones of both books."""
    for contact in (*contacts.simplenexus, *contacts.total_expert):
        values = (contact.first_name, contact.last_name, contact.email, *contact.phones)
        yield from (value for value in values if len(value) > 2)


def leaks(pilot: Pilot[Any], pattern: re.Pattern[str]) -> list[str]:
    return sorted({match[0] for match in pattern.finditer(flat(pilot))})


async def test_no_contact_of_either_book_is_on_a_screen_or_in_a_plan(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SIMPLENEXUS", "TOTAL_EXPERT"):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", "sandbox")
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=100_000)
    home = Home.at(tmp_path / "home", sandbox, 'writer = "desk"', systems=BOTH)
    async with console(home, rest=False) as pilot:
        app = pilot.app
        assert isinstance(app, DeskApp)
        await until(
            pilot,
            lambda: bool(app.screen.query(PairList)) and bool(app.screen.query_one(PairList).shown_keys),
        )
        contacts = app.last_contacts()
        assert contacts is not None
        either = "|".join(re.escape(value) for value in sorted(set(data_in(contacts)), key=len, reverse=True))
        pattern = re.compile(rf"(?<!\w)(?:{either})(?!\w)")
        assert leaks(pilot, pattern)
        await pilot.press("f6")
        await pilot.pause()
        for key in WALK:
            await pilot.press(key)
            await pilot.pause()
            assert leaks(pilot, pattern) == [], f"after {key}:\n{shown(app)}"
        await pilot.press("a")
        await until(pilot, lambda: app.screen.is_modal)
        await pilot.pause()
        assert leaks(pilot, pattern) == [], shown(app)
        await pilot.press("escape", "f6")
        await until(pilot, lambda: bool(leaks(pilot, pattern)))


def clients_of(*sandboxes: Sandbox) -> Clients:
    """Return the values of all clients of a sandbox. Officers and users are staff."""
    records = []
    for sandbox in sandboxes:
        of_total_expert = {"contacts": sandbox.records("total-expert")["contacts"]}
        of_simplenexus = {k: v for k, v in sandbox.records("simplenexus").items() if k != "loan-officers"}
        records += [sandbox.records("brokerengine"), sandbox.records(), of_simplenexus, of_total_expert]
    return Clients(*records)


def lines(pilot: Pilot[Any]) -> list[str]:
    return [strip.text for strip in strips(pilot.app)]


@pytest.fixture
def own_words_are_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Yield what became of each line that was hidden, and see that no time, date or count of the app was."""
    became: dict[str, str] = {}
    apply = PrivacyFilter.apply

    def noted(self: PrivacyFilter, segments: Any, background: Any) -> Any:
        painted = apply(self, segments, background)
        became["".join(part.text for part in segments)] = "".join(part.text for part in painted)
        return painted

    monkeypatch.setattr(PrivacyFilter, "apply", noted)
    yield became
    assert any(OWN.search(line) for line in became)
    lost = {line: now for line, now in became.items() if OWN.findall(line) != OWN.findall(now)}
    assert lost == {}


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_no_room_and_no_dialog_shows_a_value_or_what_a_column_leaves_of_one(
    tmp_path: Path, size: tuple[int, int], own_words_are_kept: dict[str, str]
) -> None:
    home = Home(tmp_path / "home")
    with Sandbox.serve(sandbox_state(home.path)) as sandbox:
        async with console(home, size=size, opener=open_practice_with("")) as pilot:
            await pilot.press("f3")
            await at_rest(pilot)
            shoulder = Shoulder(clients_of(sandbox))
            assert len(shoulder.reads(lines(pilot))) > size[1] // 2
            await pilot.press("f6")
            screens = set()
            for keys in ROOMS:
                await pilot.press(*(keys.split("+") if keys[:4] != "ctrl" else (keys,)))
                await at_rest(pilot)
                screens.add(type(pilot.app.screen).__name__)
                assert shoulder.reads(lines(pilot)) == [], f"after {keys}:\n{shown(pilot.app)}"
            assert screens >= DIALOGS, DIALOGS - screens
    assert own_words_are_kept


async def test_a_narrow_list_of_links_that_were_taken_back_shows_no_piece_of_an_email(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_words_are_kept: dict[str, str]
) -> None:
    for name in ("SIMPLENEXUS", "TOTAL_EXPERT"):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", "sandbox")
    with Sandbox.serve(tmp_path / "systems", *FEW) as sandbox:
        sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=100_000)
        home = Home.at(tmp_path / "home", sandbox, systems=BOTH)
        await told(home, "sync", "--yes")
        shoulder = Shoulder(clients_of(sandbox))
        async with console(home, size=(100, 34)) as pilot:
            await until(pilot, lambda: bool(pilot.app.screen.query(PairList)))
            await pilot.press("z")
            await until(pilot, lambda: isinstance(pilot.app.screen, PlanDialog) and pilot.app.screen.armed)
            await pilot.press("y")
            await says(pilot, "Done.")
            await pilot.press("n")
            await says(pilot, "link taken back")
            await pilot.press("f6")
            pairs = pilot.app.screen.query_one(PairList)
            for width in (100, 80, 90, 120, 140):
                await pilot.resize_terminal(width, 34)
                while pairs.cursor_row is None or pairs.cursor_row.verdict != "unlinked":
                    await pilot.press("v")
                    await at_rest(pilot)
                await at_rest(pilot)
                assert shoulder.reads(lines(pilot)) == [], shown(pilot.app)
    assert any(re.search(r"\w\.…", line) for line in own_words_are_kept), "emails were cut after a dot"
