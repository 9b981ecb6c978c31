"""Every screen and dialog with records that mean harm: nothing falls over, only text reaches the terminal.

`make matrix` tries all texts on each screen. `test_text.py` tries all of them in each widget.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from core.errors import DeskError, Unreachable
from core.flex.model import Address, Extra, Phones, Product, Property, RejectedRecord, Requirements
from core.push.activity import Activity
from core.push.plan import Entity
from core.push.states import PushState
from tests.support.fake_desk import CARDS, FakeDesk, card, fake_app, person
from tests.support.hostile_text import CORPUS, shown
from tests.support.matrix import some
from tests.support.sandbox_home import Home, Sandbox
from tests.support.until import at_rest, until
from tui.text import safe_text
from tui.widgets.row_list import RowList

LITERAL = ("closing tag", "a tag", "an action", "half a tag", "a variable", "a formula", "accents")
"""Texts of one line that can be shown as they are."""


TOURED = ("closing tag", "an action", "ansi", "bidi override", "lone surrogates", "a megabyte")


def hostile_card(text: str) -> Any:
    """Give a card with a text in every place that takes one."""
    where = Address(text, text, text, text, text, text)
    who = [
        person(
            f"P-{n}",
            text or "Ann",
            text or "Lee",
            email=text,
            phones=Phones(text, text, text),
            home_address=where,
            postal_address=where,
            other=(Extra(text, text, text),),
        )
        for n in range(2)
    ]
    loan = Requirements(Decimal(1), Decimal(30), text, text, text, True)
    product = Product("L-9", text, text, True, True, True, True)
    return card(
        "C-0001",
        text,
        text,
        who,
        kind=text,
        requirements=loan,
        property=Property(Decimal(2), text, text, text, where),
        products=(product, msgspec.structs.replace(product, id="L-8", tracked=False)),
        other=(Extra(text, text, text),),
    )


async def looked_at(pilot: Pilot[Any], *keys: str) -> str:
    """Press keys, looking at every character of the screen after each."""
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
        shown(pilot.app)
    await at_rest(pilot)
    return shown(pilot.app)


@pytest.mark.parametrize("name", some(TOURED, 2))
async def test_a_card_that_means_harm_is_only_text(name: str, tmp_path: Path) -> None:
    text = CORPUS[name]
    aside = RejectedRecord("BrokerEngine", "C-0002", text or "it", text or "is")
    desk = FakeDesk(tmp_path, cards=(hostile_card(text), aside, *CARDS))
    desk.flex.replies[Entity.OPPORTUNITY].append("refused")
    app = fake_app(desk)
    async with app.run_test(size=(160, 50)) as pilot:
        await at_rest(pilot)
        await pilot.press("slash")
        await pilot.pause()
        await pilot.press(*"0001", "enter")
        await at_rest(pilot)
        seen = shown(app)
        if name in LITERAL:
            assert safe_text(text)[:20] in seen
        await looked_at(pilot, "tab", "tab", "tab", "tab", "enter", "down", "down", "escape")
        await looked_at(pilot, "w", "escape", "e", "escape")
        await looked_at(pilot, "h", "escape")
        assert "Go to the card" in await looked_at(pilot, "ctrl+p", *"0001")
        await looked_at(pilot, "escape", "full_stop", "escape", "c")
        held = desk.cards.held["C-0001"]
        desk.cards.change("C-0001", title=f"{text}!", stage=f"{held.stage}?", kind=f"{text}.")
        await looked_at(pilot, "p")
        await looked_at(pilot, "y")
        await looked_at(pilot, "n", "4", "tab", "down", "down", "e", "escape", "escape")
        await looked_at(pilot, "slash", "x", "escape", "1", "r")
        await app.run_action("app.quit")


@pytest.mark.parametrize("names", some([tuple(CORPUS)[part::4] for part in range(4)], 4), ids=str)
async def test_every_text_that_means_harm_on_the_card_and_in_the_dialog(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    desk = FakeDesk(tmp_path, cards=(hostile_card(""), *CARDS))
    app = fake_app(desk)
    async with app.run_test(size=(160, 50)) as pilot:
        await at_rest(pilot)
        for name in names:
            text = CORPUS[name]
            desk.cards.held["C-0001"] = hostile_card(text)
            await pilot.press("r")
            app.screen.query_one("#card-list", RowList).move_to("C-0001")
            await at_rest(pilot)
            seen = shown(app)
            if name in LITERAL:
                assert safe_text(text)[:20] in seen
            await looked_at(pilot, "tab", "tab", "p", "n", "tab", "tab")
            app.clear_notifications()
        await app.run_action("app.quit")


async def test_what_a_remote_says_is_only_text(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path).pushed("C-1051", 3, opportunity="doubled")
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await at_rest(pilot)
        await looked_at(pilot, "4")
        room: Any = app.screen
        told = room._told
        assert told.push.state is PushState.NEEDS_YOU
        for text in some(CORPUS.values(), 4, first=1):
            room._told = said_everywhere(told, text)
            room._show_push()
            await pilot.pause()
            shown(app)
            await looked_at(pilot, "e", "escape", "i", "escape")
        await app.run_action("app.quit")


def said_everywhere(told: Activity, text: str) -> Activity:
    """Give a push of which every word that comes from outside is this one."""
    steps = tuple(
        msgspec.structs.replace(
            step,
            detail=text,
            error=text,
            candidates=(text, f"{text}2"),
            remote_id=text,
            local_id=text,
            trail=tuple(msgspec.structs.replace(one, said=f"{text} → {text}") for one in step.trail),
        )
        for step in told.steps
    )
    return Activity(msgspec.structs.replace(told.push, reason=text, operator=text, plan=text), steps)


async def test_what_goes_wrong_is_said_in_text(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path)
    app = fake_app(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        for text in some(CORPUS.values(), 4, first=2):
            desk.cards.trouble = Unreachable(
                "bad-answer", f"It said {text}", when="another program answers", path=text
            )
            await looked_at(pilot, "r", "p", "down")
            app.clear_notifications()
        await app.run_action("app.quit")


@pytest.mark.parametrize("name", ["closing tag", "ansi", "bidi override", "lone surrogates", "a megabyte"])
async def test_a_desk_that_does_not_open_says_so_in_text(name: str, tmp_path: Path) -> None:
    trouble = DeskError("broken-map", f"It said {CORPUS[name]}", place=CORPUS[name], file="map.toml")
    app = fake_app(FakeDesk(tmp_path, trouble=trouble))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.trouble is not None)
        assert "It said" in await looked_at(pilot, "p", "4", "1", "slash", "a", "escape")
        await app.run_action("app.quit")


async def test_the_sandboxes_own_hostile_records_are_shown_as_they_are(home: Home, sandbox: Sandbox) -> None:
    from tests.journeys.console import console, find, says  # noqa: PLC0415 - this test alone starts the sandbox

    sandbox.change(
        "cards", "C-1002", {"title": "\x1b]52;c;aGVsbG8=\x07[@click=app.quit]Priya[/]", "stage": "[red"}
    )
    sandbox.change("contacts", "P-2003", {"first_name": "Priya\u202e[/]", "last_name": "\x9b31m$primary"})
    async with console(home) as pilot:
        await find(pilot, "C-1002")
        await says(pilot, "[@click=app.quit]Priya", "[red", "$primary")
        await looked_at(pilot, "tab", "tab", "p")
        await says(pilot, "Push to FLEX")
        await looked_at(pilot, "n")
        await pilot.click("#card-list", offset=(15, 0))
        await pilot.click("#card-title")
        assert pilot.app.is_running
